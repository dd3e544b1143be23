"""``NetworkParameters``: what every member agrees on; each transaction names them by hash, as in Corda."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chains.progmat.transactions import network_parameters_codec as codec
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.key_succession import KeySuccession, newest_keys
from chains.progmat.transactions.model import MAX_TIME_S, Party, check_hash, check_name, check_range
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary, require_notaries_apart
from chains.progmat.transactions.package_approval import MAX_APPROVALS, PackageApproval
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
    """One epoch of the network: its notaries, the Validators, the operator, and the contract packages in force.

    ``notary`` is the journal's: the only one that takes provable writes. ``other_notaries`` are beside it.

    ``previous_hash`` names the epoch before (empty in the first one), ``effective_from_s`` is when this one begins, in
    UTC seconds on the notary's clock; whether it continues that epoch is for ``ParametersHistory`` to say.
    ``package_approvals`` are those of the packages that this epoch brings in.
    """

    epoch: int
    ledger_id: str
    notary: Party
    validator_key: Key
    validators: CheckpointSigners
    operator_key: PublicKey
    contract_packages: tuple[Hash32, ...]
    platform_version: int
    previous_hash: bytes = b""
    effective_from_s: int = 0
    key_successions: tuple[KeySuccession, ...] = ()
    package_approvals: tuple[PackageApproval, ...] = ()
    other_notaries: tuple[OtherNotary, ...] = ()

    def __post_init__(self) -> None:
        check_range("NetworkParameters.epoch", self.epoch, 1, 2**63 - 1)
        check_name("NetworkParameters.ledger_id", self.ledger_id)
        check_range("contract packages", len(self.contract_packages), 1, MAX_CONTRACT_PACKAGES)
        for package in self.contract_packages:
            check_hash("contract package", package)
        if list(self.contract_packages) != sorted(set(self.contract_packages)):
            raise MalformedComponent("contract packages ascend", found=str(self.contract_packages))
        check_range("package approvals", len(self.package_approvals), 0, MAX_APPROVALS)
        if list(self.package_approvals) != sorted(set(self.package_approvals)):
            raise MalformedComponent("package approvals ascend", found=len(self.package_approvals))
        check_range("NetworkParameters.platform_version", self.platform_version, 1, 2**31 - 1)
        if self.previous_hash:
            check_hash("NetworkParameters.previous_hash", self.previous_hash)
        check_range("NetworkParameters.effective_from_s", self.effective_from_s, 0, MAX_TIME_S)
        require_notaries_apart(self.notary, self.other_notaries)
        for notary in self.notaries:
            if notary in self._newest_keys:
                raise MalformedComponent(
                    f"the key of notary {notary.name} is its newest", expected="a key not replaced", found="replaced"
                )

    @cached_property
    def notaries(self) -> tuple[Party, ...]:
        """All of them with their present keys, the journal's first."""
        return (self.notary, *(other.party for other in self.other_notaries))

    def notary_named(self, name: str) -> Party | None:
        """The notary of that name with its present key; None if the network has no such notary in this epoch."""
        return next((notary for notary in self.notaries if notary.name == name), None)

    def known(self, party: Party) -> bool:
        """Whether the party, by whichever of its keys, is a notary of this epoch."""
        return self.current(party) in self.notaries

    def serves(self, party: Party) -> bool:
        """Whether the party, by whichever of its keys, notarises whatever names it: the journal's, or OPEN."""
        present = self.current(party)
        return present == self.notary or OtherNotary(present, NotaryService.OPEN) in self.other_notaries

    @cached_property
    def _newest_keys(self) -> Mapping[Party, Party]:
        return newest_keys(self.key_successions)

    @cached_property
    def _successors(self) -> Mapping[Party, Party]:
        return {Party(item.name, item.old_key): Party(item.name, item.new_key) for item in self.key_successions}

    @cached_property
    def _predecessors(self) -> Mapping[Party, Party]:
        return {new: old for old, new in self._successors.items()}

    def current(self, party: Party) -> Party:
        """The party with the key that signs for it in this epoch."""
        return self._newest_keys.get(party, party) if self.key_successions else party

    def identity(self, party: Party) -> Party:
        """The party with its first key: what states name it by, whichever of its keys is asked about."""
        while self.key_successions and party in self._predecessors:
            party = self._predecessors[party]
        return party

    @cached_property
    def key_heirs(self) -> Mapping[Key, Key]:
        """For each replaced key, the key that signs in its place in this epoch."""
        return {old.key: newest.key for old, newest in self._newest_keys.items()}

    def successor(self, party: Party) -> Party | None:
        """The party with the key that took its key's place, if one did."""
        return self._successors.get(party) if self.key_successions else None

    def heirs(self, party: Party) -> frozenset[PublicKey]:
        """The keys that took the place of the party's, one after the other; empty for most."""
        found: set[PublicKey] = set()
        while (heir := self.successor(party)) is not None:
            found.add(heir.key)
            party = heir
        return frozenset(found)

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
            previous_hash=self.previous_hash,
            effective_from_s=self.effective_from_s,
            key_successions=self.key_successions,
            package_approvals=self.package_approvals,
            other_notaries=self.other_notaries,
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
            previous_hash=raw.previous_hash,
            effective_from_s=raw.effective_from_s,
            key_successions=raw.key_successions,
            package_approvals=raw.package_approvals,
            other_notaries=raw.other_notaries,
        )
