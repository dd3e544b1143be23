"""Our test doubles of ibet's contracts, as messages of one deployer. Not ibet's code: see `IbetDoubles.sol`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from chains.evm.client.account import created_address
from chains.evm.client.artifacts import Artifact, read_artifact

FOLDER: Final = Path(__file__).resolve().parent / "artifacts"
BOOKS, EXCHANGE, REGISTER, TOKEN = (
    *("IbetDvpStorageDouble", "IbetDvpDouble"),
    *("IbetPersonalInfoDouble", "IbetSecurityTokenDouble"),
)
Step = tuple[bytes, bytes]
"""Receiver (empty: a creation) and data."""


@cache
def ibet_artifact(name: str) -> Artifact:
    """Read one of the doubles. Raises `ArtifactInvalid`."""
    return read_artifact(name, FOLDER / f"{name}.json")


def registration(issuer: bytes) -> bytes:
    """Give the data with which a holder enters the register for an issuer's tokens, itself."""
    return ibet_artifact(REGISTER).call_data("register", issuer, "")


@dataclass
class IbetSuite:
    """Collects the messages of a deployer that issues the tokens; addresses follow from its nonce."""

    admin: bytes
    nonce: int
    steps: list[Step] = field(default_factory=list)

    def take_steps(self) -> Iterator[Step]:
        """Give the steps not given yet, in order."""
        while self.steps:
            yield self.steps.pop(0)

    def deploy_exchange(self) -> bytes:
        """A delivery exchange with its books."""
        books = self._create(BOOKS)
        exchange = self._create(EXCHANGE, books)
        self._call(BOOKS, books, "upgradeVersion", exchange)
        return exchange

    def deploy_register(self) -> bytes:
        """The register of holders."""
        return self._create(REGISTER)

    def deploy_token(self, register: bytes, holder: bytes, supply: int, exchange: bytes = b"") -> bytes:
        """A token whose whole supply one holder has; deliveries go through ``exchange``, where there is one."""
        token = self._create(TOKEN, register, supply)
        self._call(TOKEN, token, "transfer", holder, supply)
        if exchange:
            self._call(TOKEN, token, "setTradableExchange", exchange)
        return token

    def _create(self, name: str, *arguments: object) -> bytes:
        at = created_address(self.admin, self.nonce)
        self._add(b"", ibet_artifact(name).creation_code(*arguments))
        return at

    def _call(self, name: str, contract: bytes, function: str, *arguments: object) -> None:
        self._add(contract, ibet_artifact(name).call_data(function, *arguments))

    def _add(self, receiver: bytes, data: bytes) -> None:
        self.steps.append((receiver, data))
        self.nonce += 1
