"""``NetworkParameters``: what every member agrees on; each transaction names them by hash, as in Corda."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chains.progmat.transactions import network_parameters_codec as codec
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Party, check_hash, check_name, check_range
from primitives.composite_key import Key
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.types import Address, Hash32

MAX_VALIDATORS: Final = 255
MAX_CONTRACT_PACKAGES: Final = 64
_DOMAIN: Final = b"crossdvp/network-parameters/1"


@dataclass(frozen=True, slots=True)
class CheckpointSigners:
    """The Validators as other chains know them: ``threshold`` of ``addresses``, strictly ascending."""

    threshold: int
    addresses: tuple[Address, ...]

    def __post_init__(self) -> None:
        check_range("number of Validators", len(self.addresses), 1, MAX_VALIDATORS)
        check_range("checkpoint threshold", self.threshold, 1, len(self.addresses))
        if any(len(a) != 20 or not any(a) for a in self.addresses) or list(self.addresses) != sorted(
            set(self.addresses)
        ):
            raise MalformedComponent(
                "Validators' addresses are 20 bytes, not zero, and ascend", found=str(self.addresses)
            )


@dataclass(frozen=True)
class NetworkParameters:
    """One epoch of the network: the notary, the Validators, the operator, and the contract packages in force."""

    epoch: int
    ledger_id: str
    notary: Party
    validator_key: Key
    validators: CheckpointSigners
    operator_key: PublicKey
    contract_packages: tuple[Hash32, ...]
    platform_version: int

    def __post_init__(self) -> None:
        check_range("NetworkParameters.epoch", self.epoch, 1, 2**63 - 1)
        check_name("NetworkParameters.ledger_id", self.ledger_id)
        check_range("contract packages", len(self.contract_packages), 1, MAX_CONTRACT_PACKAGES)
        for package in self.contract_packages:
            check_hash("contract package", package)
        if list(self.contract_packages) != sorted(set(self.contract_packages)):
            raise MalformedComponent("contract packages ascend", found=str(self.contract_packages))
        check_range("NetworkParameters.platform_version", self.platform_version, 1, 2**31 - 1)

    @cached_property
    def hash(self) -> Hash32:
        """What transactions name these parameters by."""
        return Hash32(sha256(_DOMAIN + self.encode()))

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_network_parameters(
            epoch=self.epoch,
            ledger_id=self.ledger_id,
            notary=self.notary,
            validator_key=self.validator_key,
            checkpoint_threshold=self.validators.threshold,
            checkpoint_validators=self.validators.addresses,
            operator_key=self.operator_key,
            contract_packages=self.contract_packages,
            platform_version=self.platform_version,
        )

    @classmethod
    def decode(cls, data: bytes) -> NetworkParameters:
        """The parameters in ``data``; raises DecodeError."""
        raw = codec.decode_network_parameters(data)
        return cls(
            epoch=raw.epoch,
            ledger_id=raw.ledger_id,
            notary=raw.notary,
            validator_key=raw.validator_key,
            validators=CheckpointSigners(raw.checkpoint_threshold, tuple(map(Address, raw.checkpoint_validators))),
            operator_key=raw.operator_key,
            contract_packages=tuple(map(Hash32, raw.contract_packages)),
            platform_version=raw.platform_version,
        )
