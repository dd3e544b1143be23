"""One way to drive the DvP app, over the model and over the contracts with any family of tokens.

Each act is tried by whoever may try it, with every proof the ledger can give; it returns whether anything changed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from chains.evm.client.dvp_app import terms_words
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import LeadLeg, SecurityLeg, SettlementTerms, packet_of, terms_hash
from ibc.packet import Packet
from primitives.types import Address
from tests.fakes.adapter_worlds import FAMILIES, AdapterWorld
from tests.fakes.dvp_app_model import DvpAppModel, EvmRevertedError
from tests.fakes.dvp_deployment import BUYER, CLIENT_ID, LEDGER_CLIENT_ID, SELLER
from tests.fakes.evm_chain_model import EvmChainModel
from tests.fakes.evm_sandbox import CHAIN_ID, GENESIS_TIME_S, Reverted
from tests.fakes.ibc_oracle import Packet as OraclePacket
from tests.fakes.ibc_oracle import Terms
from tests.fakes.settlement_terms import some_terms

QUANTITY = 25
HOLDING = 1000
SETTLE_BY_S = GENESIS_TIME_S + 3600
RECLAIM_FROM_S = SETTLE_BY_S + 600
ON, OFF = True, False


class DvpAppDriver(Protocol):
    """The app, one token of one family, and a ledger that proves whatever it has written."""

    def earmark(self, trade: int) -> bool: ...

    def receive(self, trade: int) -> bool:
        """The packet of the trade's cash lock arrives; true if it delivered."""

    def reclaim(self, trade: int) -> bool: ...

    def lock_and_send(self, trade: int) -> bool: ...

    def answer(self, trade: int, acknowledgement: bytes) -> bool:
        """The ledger's answer to the trade's packet arrives; the ledger gives one answer to a packet, for ever."""

    def time_out(self, trade: int) -> bool: ...

    def halt(self) -> None:
        """The issuer lets nothing go to buyers."""

    def resume(self) -> None: ...

    def advance_to(self, time_s: int) -> None: ...

    def units(self) -> tuple[int, int, int]:
        """Of seller and buyer, and held for trades."""

    def terms(self, trade: int) -> SettlementTerms:
        """Odd trades: cash leads; even ones: securities."""


def driver_terms(trade: int, adapter: bytes, token: bytes, ids_from: int = 0) -> SettlementTerms:
    """Terms of a numbered trade; `ids_from` keeps the ids of several tokens' trades apart."""
    terms = replace(some_terms(ids_from + trade, lock_by_s=GENESIS_TIME_S + 1800), settle_by_s=SETTLE_BY_S)
    seller, buyer = Address(SELLER.address), Address(BUYER.address)
    security = SecurityLeg(CHAIN_ID, Address(token), Address(adapter), QUANTITY, seller, buyer)
    return replace(terms, security=security, lead_leg=LeadLeg.CASH if trade % 2 else LeadLeg.SECURITIES)


PAID = b"paid"
ANSWERS = {"paid": PAID, "refused": UNIVERSAL_ERROR_ACK, "nonsense": b"\x01"}


@dataclass
class ModelDriver:
    """Over `DvpAppModel`."""

    app: DvpAppModel = field(default_factory=lambda: DvpAppModel(EvmChainModel(GENESIS_TIME_S)))
    sent: dict[int, Packet] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)
    adapter: bytes = b"\x0a" * 20
    token: bytes = b"\x0b" * 20

    def __post_init__(self) -> None:
        self.app.units = {"seller": HOLDING, "buyer": 0, "escrow": 0}

    def terms(self, trade: int) -> SettlementTerms:
        return driver_terms(trade, self.adapter, self.token)

    def earmark(self, trade: int) -> bool:
        return _goes(EvmRevertedError, lambda: self.app.earmark(self.terms(trade)))

    def receive(self, trade: int) -> bool:
        packet = packet_of(self.terms(trade), 1000 + trade, LEDGER_CLIENT_ID, CLIENT_ID)
        with suppress(EvmRevertedError):
            return self.app.receive(packet, self.terms(trade)) != UNIVERSAL_ERROR_ACK
        return False

    def reclaim(self, trade: int) -> bool:
        return _goes(EvmRevertedError, lambda: self.app.reclaim(self.terms(trade)))

    def lock_and_send(self, trade: int) -> bool:
        with suppress(EvmRevertedError):
            self.sent[trade] = self.app.lock_and_send(self.terms(trade), CLIENT_ID, LEDGER_CLIENT_ID)
            return True
        return False

    def answer(self, trade: int, acknowledgement: bytes) -> bool:
        if trade not in self.sent:
            return False
        given = self.answers.setdefault(trade, _answer(self.terms(trade), acknowledgement))
        with suppress(EvmRevertedError):
            return self.app.acknowledge(self.sent[trade], self.terms(trade), given)
        return False

    def time_out(self, trade: int) -> bool:
        if trade not in self.sent or trade in self.answers:
            return False
        with suppress(EvmRevertedError):
            return self.app.time_out(self.sent[trade], self.terms(trade), self.app.evm.now_s)
        return False

    def halt(self) -> None:
        self.app.halted = True

    def resume(self) -> None:
        self.app.halted = False

    def advance_to(self, time_s: int) -> None:
        self.app.evm.now_s = time_s

    def units(self) -> tuple[int, int, int]:
        units = self.app.units
        return units["seller"], units["buyer"], units["escrow"]


@dataclass
class ContractDriver:
    """Over the contracts, with the adapter and token of one world."""

    world: AdapterWorld
    sent: dict[int, OraclePacket] = field(default_factory=dict)
    answers: dict[int, bytes] = field(default_factory=dict)

    def terms(self, trade: int) -> SettlementTerms:
        ids_from = 1000 * (1 + FAMILIES.index(self.world.family))
        return driver_terms(trade, self.world.dvp.adapter.address, self.world.dvp.token.address, ids_from)

    def _terms(self, trade: int) -> Terms:
        return terms_words(self.terms(trade))  # type: ignore[return-value]  # the same eight types

    def earmark(self, trade: int) -> bool:
        return self._whole(lambda: self.world.earmark(self._terms(trade)))

    def receive(self, trade: int) -> bool:
        with suppress(Reverted):
            receipt = self.world.deliver(self._terms(trade), self._sequence(trade))
            return bool(receipt.named("Delivered"))
        return False

    def _sequence(self, trade: int) -> int:
        """The ledger's packets of all families come over one client."""
        return 1000 * (1 + FAMILIES.index(self.world.family)) + trade

    def reclaim(self, trade: int) -> bool:
        return _goes(Reverted, lambda: self.world.dvp.app.transact("reclaim", self._terms(trade)))

    def lock_and_send(self, trade: int) -> bool:
        def send() -> None:
            self.sent[trade] = self.world.lock_and_send(self._terms(trade))

        return self._whole(send)

    def answer(self, trade: int, acknowledgement: bytes) -> bool:
        if trade not in self.sent:
            return False
        given = self.answers.setdefault(trade, _answer(self.terms(trade), acknowledgement))
        self.world.answer(self.sent[trade], given)
        with suppress(Reverted):
            return not self.world.acknowledge(self.sent[trade], given).named("Noop")
        return False

    def time_out(self, trade: int) -> bool:
        if trade not in self.sent:
            return False
        self.world.dvp.update()
        with suppress(Reverted):
            return not self.world.time_out(self.sent[trade]).named("Noop")
        return False

    def halt(self) -> None:
        if self.world.family.startswith("ibet"):
            self.world.dvp.token.transact("setStatus", OFF)
        elif self.world.family == "erc3643":
            self.world.dvp.token.transact("setAddressFrozen", BUYER.address, ON)
        else:
            self.world.dvp.token.transact("disallow", BUYER.address)

    def resume(self) -> None:
        if self.world.family.startswith("ibet"):
            self.world.dvp.token.transact("setStatus", ON)
        elif self.world.family == "erc3643":
            self.world.dvp.token.transact("setAddressFrozen", BUYER.address, OFF)
        else:
            self.world.dvp.token.transact("allow", BUYER.address)

    def advance_to(self, time_s: int) -> None:
        self.world.dvp.sandbox.now_s = time_s

    def units(self) -> tuple[int, int, int]:
        return self.world.units()

    def _whole(self, act: Callable[[], object]) -> bool:
        """What the parties prepared for an earmark that is refused is undone, as the model has no such steps."""
        try:
            with self.world.dvp.sandbox.undone():
                act()
        except Reverted:
            return False
        act()
        return True


def _answer(terms: SettlementTerms, acknowledgement: bytes) -> bytes:
    return terms_hash(terms) if acknowledgement == PAID else acknowledgement


def _goes(refusal: type[Exception], act: Callable[[], object]) -> bool:
    try:
        act()
    except refusal:
        return False
    return True
