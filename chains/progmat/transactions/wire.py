"""``WireTransaction``: fixed component bytes and a salt, hence an id; and the checks of its shape."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

from chains.progmat.transactions import component_hashing, wire_codec
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.filtered import FilteredTransaction, VisibleGroup
from chains.progmat.transactions.group_views import GroupViews
from chains.progmat.transactions.model import (
    MAX_COMPONENT_BYTES,
    MAX_COMPONENTS_PER_GROUP,
    MAX_TRANSACTION_BYTES,
    SALT_BYTES,
    ComponentGroup,
    Group,
    check_range,
    out_of_range,
)
from primitives.composite_key import Key, leaf_keys
from primitives.lazily import lazily
from primitives.public_key import PublicKey
from primitives.types import Hash32

_ALLOWED_GROUPS = frozenset(Group) - {Group.ATTACHMENTS}
_DECISIVE_GROUPS = (Group.INPUTS, Group.REFERENCES, Group.TIME_WINDOW, Group.PROVABLE_WRITES)
"""What there is for a notary to check."""

_REQUIRED_GROUPS = (Group.NETWORK_PARAMETERS, Group.CONTRACT_PACKAGE)


@dataclass(frozen=True)
class WireTransaction(GroupViews):
    """Component groups in ascending order under a 32-byte salt. The bytes of each component are what is hashed.

    Every transaction names its network parameters and contract package, so its tree always has 18 group roots: a
    tear-off cannot pass an inner node of the tree for a group root. Raises MalformedComponent for groups out of order,
    unknown, empty, too many or too large.
    """

    salt: bytes
    groups: tuple[ComponentGroup, ...]

    def __post_init__(self) -> None:
        check_range("transaction salt length", len(self.salt), SALT_BYTES, SALT_BYTES)
        if not any(self.salt):
            raise MalformedComponent("transaction salt is random", expected="32 random bytes", found="zeros")
        ordinals = [group.ordinal for group in self.groups]
        if sorted(set(ordinals)) != ordinals:
            raise MalformedComponent(
                "component groups ascend", expected=str(sorted(set(ordinals))), found=str(ordinals)
            )
        total = sum(map(_checked_size, self.groups))
        check_range("bytes of all components", total, 1, MAX_TRANSACTION_BYTES)
        for required in _REQUIRED_GROUPS:
            if required not in ordinals:
                raise MalformedComponent(
                    f"group {required.name} is present", expected=int(required), found=str(ordinals)
                )

    @lazily
    def components(self) -> Mapping[int, tuple[bytes, ...]]:
        """Component bytes by group ordinal."""
        return {group.ordinal: group.components for group in self.groups}

    @lazily
    def nonces(self) -> Mapping[int, tuple[bytes, ...]]:
        """Nonces of the components, by group ordinal."""
        return {
            group.ordinal: component_hashing.group_nonces(self.salt, group.ordinal, group.components)
            for group in self.groups
        }

    @lazily
    def group_roots(self) -> tuple[Hash32, ...]:
        """Roots of groups 0..17; shared by the id and by every tear-off."""
        return component_hashing.group_roots(self.nonces, self.components)

    @lazily
    def id(self) -> Hash32:
        """The transaction id."""
        return component_hashing.transaction_id(self.group_roots)

    @lazily
    def required_signers(self) -> frozenset[Key]:
        """Keys that the commands need, and the notary's if there is something for it to check.

        Source: Corda's ``SignedTransaction.requiredSigningKeys``.
        """
        keys = {key for command in self.commands for key in command.signers}
        if self.notary is not None and self.needs_notarisation:
            keys.add(self.notary.key)
        return frozenset(keys)

    @lazily
    def outputs_used(self) -> Mapping[bytes, frozenset[int]]:
        """The outputs that inputs and references name, by transaction id, in order of first use."""
        used: dict[bytes, set[int]] = {}
        for ref in (*self.inputs, *self.references):
            used.setdefault(ref.tx_id, set()).add(ref.index)
        return {tx_id: frozenset(indexes) for tx_id, indexes in used.items()}

    @lazily
    def signing_keys(self) -> frozenset[PublicKey]:
        """The single keys of all required signers."""
        if all(isinstance(key, PublicKey) for key in self.required_signers):
            return cast("frozenset[PublicKey]", self.required_signers)
        return frozenset().union(*map(leaf_keys, self.required_signers))

    @lazily
    def needs_notarisation(self) -> bool:
        """Whether uniqueness, references, time or provable writes have to be checked by the notary."""
        return not self.components.keys().isdisjoint(_DECISIVE_GROUPS)

    def filter(self, groups: AbstractSet[Group]) -> FilteredTransaction:
        """A tear-off that shows the chosen groups whole and of the others only the root."""
        visible = [
            VisibleGroup(group.ordinal, self.nonces[group.ordinal], group.components)
            for group in self.groups
            if group.ordinal in groups
        ]
        return FilteredTransaction(self.id, self.group_roots, tuple(visible))

    def decode_all(self) -> None:
        """Decode every view, so that malformed components show now; raises MalformedComponent."""
        _ = (self.inputs, self.outputs, self.commands, self.notary, self.time_window, self.references)
        _ = (self.network_parameters_hash, self.provable_writes, self.contract_package)

    def encode(self) -> bytes:
        """Canonical bytes; for a decoded transaction, the bytes received."""
        return wire_codec.encode_wire(self.salt, self.groups)

    @classmethod
    def decode(cls, data: bytes) -> WireTransaction:
        """The transaction in ``data`` (at most 512 KiB); raises DecodeError."""
        salt, groups = wire_codec.decode_wire(data)
        return cls(salt, groups)


def _checked_size(group: ComponentGroup) -> int:
    """Bytes of all components of a group that is as it should be; raises MalformedComponent."""
    if group.ordinal not in _ALLOWED_GROUPS:
        raise MalformedComponent(
            "component group is in use", expected=str(sorted(int(g) for g in _ALLOWED_GROUPS)), found=group.ordinal
        )
    sizes = list(map(len, group.components))
    if not 1 <= len(sizes) <= MAX_COMPONENTS_PER_GROUP:
        raise out_of_range(f"components of group {group.ordinal}", len(sizes), 1, MAX_COMPONENTS_PER_GROUP)
    for size in sizes:
        if not 1 <= size <= MAX_COMPONENT_BYTES:
            raise out_of_range(f"component bytes in group {group.ordinal}", size, 1, MAX_COMPONENT_BYTES)
    return sum(sizes)
