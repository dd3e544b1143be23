"""``OutputProof``: one output of a ledger transaction, proved under its id, with nothing else of it shown.

A tear-off shows a component group whole; whoever receives a coin out of a transaction with several outputs is not
concerned with the others. The way from one output's leaf to the group's root is a partial Merkle tree, the way from
there to the id are the group roots (Corda's ``FilteredTransaction`` over a ``PartialMerkleTree``). With it goes the
contract package that made the output, which whoever verifies an upgrade of it must know.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chains.progmat.transactions import attestation_codec as codec
from chains.progmat.transactions.component_codec import decode_contract_package_hash, decode_state
from chains.progmat.transactions.component_hashing import component_leaf, transaction_id
from chains.progmat.transactions.errors import MalformedComponent, TearOffRefused
from chains.progmat.transactions.filtered import GROUP_COUNT
from chains.progmat.transactions.model import (
    MAX_COMPONENT_BYTES,
    Group,
    StateRef,
    TransactionState,
    check_hash,
    check_range,
)
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import Refusal
from primitives.merkle import PartialMerkleTree
from primitives.types import Hash32


@dataclass(frozen=True)
class OutputProof:
    """Output ``ref.index`` of the ledger transaction ``ref.tx_id``. Nothing is proved before ``verify`` returned."""

    ref: StateRef
    group_roots: tuple[Hash32, ...]
    nonce: bytes
    component: bytes
    path: PartialMerkleTree
    package_nonce: bytes = b""
    package_component: bytes = b""
    """Both empty: a proof of an earlier release, which does not say what package made the output."""

    def __post_init__(self) -> None:
        check_range("output proof's group roots", len(self.group_roots), GROUP_COUNT, GROUP_COUNT)
        for root in self.group_roots:
            check_hash("group root", root)
        check_hash("nonce of the output", self.nonce)
        check_range("output's bytes", len(self.component), 1, MAX_COMPONENT_BYTES)
        if self.path.indexes != (self.ref.index,):
            raise MalformedComponent(
                "the partial tree is that of the output", expected=self.ref.index, found=str(self.path.indexes)
            )
        if self.package_nonce or self.package_component:
            check_hash("nonce of the contract package", self.package_nonce)
            _ = decode_contract_package_hash(self.package_component)

    @classmethod
    def of(cls, wire: WireTransaction, index: int) -> OutputProof:
        """The proof of one output; raises ``ValueError`` when there is none of that number."""
        components, nonces = wire.components.get(Group.OUTPUTS, ()), wire.nonces.get(Group.OUTPUTS, ())
        if not 0 <= index < len(components):
            raise ValueError(f"{wire.id.hex()} has no output {index}")
        leaves = [component_leaf(n, c) for n, c in zip(nonces, components, strict=True)]
        path = PartialMerkleTree.build(leaves, [index])
        return cls(
            StateRef(wire.id, index),
            wire.group_roots,
            nonces[index],
            components[index],
            path,
            wire.nonces[Group.CONTRACT_PACKAGE][0],
            wire.components[Group.CONTRACT_PACKAGE][0],
        )

    @cached_property
    def state(self) -> TransactionState:
        """The output; raises MalformedComponent, DecodeError."""
        return decode_state(self.component)

    @cached_property
    def contract_package(self) -> Hash32 | None:
        """The package that made the output, if the proof says; raises MalformedComponent, DecodeError."""
        return decode_contract_package_hash(self.package_component) if self.package_component else None

    def verify(self) -> None:
        """Recompute the id from the output up; raises TearOffRefused, MalformedComponent, DecodeError."""
        found = transaction_id(self.group_roots)
        if found != self.ref.tx_id:
            raise TearOffRefused("group roots lead to the transaction id", expected=self.ref.tx_id, found=found)
        try:
            self.path.verify(self.group_roots[Group.OUTPUTS], [component_leaf(self.nonce, self.component)])
        except Refusal as error:
            raise TearOffRefused(
                "the output is under the outputs' root", expected=self.group_roots[Group.OUTPUTS], found=str(error)
            ) from error
        _ = self.state
        self._verify_package()

    def _verify_package(self) -> None:
        """The group has one component, whose leaf is the group's root."""
        if not self.package_component:
            return
        found = component_leaf(self.package_nonce, self.package_component)
        if found != self.group_roots[Group.CONTRACT_PACKAGE]:
            raise TearOffRefused(
                "the package is under its group's root",
                expected=self.group_roots[Group.CONTRACT_PACKAGE],
                found=found,
            )

    def encode(self) -> bytes:
        """Canonical bytes."""
        return codec.encode_output_proof(
            tx_id=self.ref.tx_id,
            group_roots=self.group_roots,
            index=self.ref.index,
            nonce=self.nonce,
            component=self.component,
            partial_tree=self.path.encode(),
            package_nonce=self.package_nonce,
            package_component=self.package_component,
        )

    @classmethod
    def decode(cls, data: bytes) -> OutputProof:
        """The proof in ``data``, not yet verified; raises DecodeError."""
        raw = codec.decode_output_proof(data)
        return cls(
            StateRef(Hash32(raw.tx_id), raw.index),
            tuple(map(Hash32, raw.group_roots)),
            raw.nonce,
            raw.component,
            PartialMerkleTree.decode(raw.partial_tree),
            raw.package_nonce,
            raw.package_component,
        )
