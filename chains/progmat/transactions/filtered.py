"""``FilteredTransaction``: a tear-off that proves chosen component groups and nothing else.

A group is either visible with all its components or hidden; the group's root recomputed from its components must be
the root that leads to the transaction id, so nothing can be left out of a visible group. A hidden group is told from an
absent one by its root (Corda's ``FilteredTransaction.checkAllComponentsVisible``).
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, cast

from chains.progmat.transactions import component_hashing, filtered_codec
from chains.progmat.transactions.errors import MalformedComponent, TearOffRefused
from chains.progmat.transactions.group_views import GroupViews
from chains.progmat.transactions.model import (
    MAX_COMPONENT_BYTES,
    MAX_COMPONENTS_PER_GROUP,
    Group,
    check_hash,
    check_range,
    out_of_range,
)
from primitives.lazily import lazily
from primitives.merkle import ALL_ONES_HASH, HASH_SIZE
from primitives.types import Hash32

NOTARY_GROUPS: Final = frozenset(
    {
        Group.INPUTS,
        Group.NOTARY,
        Group.TIME_WINDOW,
        Group.REFERENCES,
        Group.NETWORK_PARAMETERS,
        Group.PROVABLE_WRITES,
    }
)
"""What a non-validating notary sees, and what the journal keeps as evidence."""

RETIRING_NOTARY_GROUPS: Final = NOTARY_GROUPS | {Group.COMMANDS}
"""What a retiring notary sees besides: that states are moved to another notary, and nothing else is done."""

GROUP_COUNT: Final = max(Group) + 1


@dataclass(frozen=True, slots=True)
class VisibleGroup:
    """All components of one group, with their nonces."""

    ordinal: int
    nonces: tuple[bytes, ...]
    components: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.ordinal < GROUP_COUNT:
            raise out_of_range("visible group", self.ordinal, 0, GROUP_COUNT - 1)
        sizes = list(map(len, self.components))
        if not 1 <= len(sizes) <= MAX_COMPONENTS_PER_GROUP:
            raise out_of_range("visible components", len(sizes), 1, MAX_COMPONENTS_PER_GROUP)
        if len(self.nonces) != len(sizes):
            raise MalformedComponent("one nonce per visible component", expected=len(sizes), found=len(self.nonces))
        if set(map(len, self.nonces)) != {HASH_SIZE}:
            for nonce in self.nonces:
                check_hash("nonce of a visible component", nonce)
        for size in sizes:
            if not 1 <= size <= MAX_COMPONENT_BYTES:
                raise out_of_range("visible component bytes", size, 1, MAX_COMPONENT_BYTES)


@dataclass(frozen=True)
class FilteredTransaction(GroupViews):
    """All 18 group roots of the transaction ``tx_id``, and the visible groups in ascending order.

    Nothing is proved before ``verify`` returned.
    """

    tx_id: Hash32
    group_roots: tuple[Hash32, ...]
    visible: tuple[VisibleGroup, ...]

    def __post_init__(self) -> None:
        check_hash("tear-off's transaction id", self.tx_id)
        check_range("tear-off's group roots", len(self.group_roots), GROUP_COUNT, GROUP_COUNT)
        if set(map(len, self.group_roots)) != {HASH_SIZE}:  # all at once: this is the notary's hot path
            for root in self.group_roots:
                check_hash("group root", root)
        ordinals = [group.ordinal for group in self.visible]
        if sorted(set(ordinals)) != ordinals:
            raise MalformedComponent("visible groups ascend", expected=str(sorted(set(ordinals))), found=str(ordinals))

    @property
    def id(self) -> Hash32:
        """The transaction id, which ``verify`` proves."""
        return self.tx_id

    @lazily
    def components(self) -> Mapping[int, tuple[bytes, ...]]:
        """Visible component bytes by group ordinal."""
        return {group.ordinal: group.components for group in self.visible}

    def verify(self) -> None:
        """Recompute the id from the group roots, and each visible group's root from its components.

        Raises TearOffRefused.
        """
        found = component_hashing.transaction_id(self.group_roots)
        if found != self.tx_id:
            raise TearOffRefused("group roots lead to the transaction id", expected=self.tx_id, found=found)
        for group in self.visible:
            root = component_hashing.group_root(group.nonces, group.components)
            if root != self.group_roots[group.ordinal]:
                raise TearOffRefused(
                    f"group {group.ordinal} is shown whole", expected=self.group_roots[group.ordinal], found=root
                )

    def require_visible(self, groups: AbstractSet[Group]) -> None:
        """Refuse a tear-off in which one of ``groups`` exists but is hidden; raises TearOffRefused."""
        for group in sorted(groups):
            if group not in self.components and self.group_roots[group] != ALL_ONES_HASH:
                raise TearOffRefused(
                    f"group {group.name} is visible or absent", expected=ALL_ONES_HASH, found=self.group_roots[group]
                )

    def require_nothing_else(self, groups: AbstractSet[Group]) -> None:
        """Refuse a tear-off that shows more than ``groups``: need-to-know; raises TearOffRefused."""
        excess = sorted(set(self.components) - groups)
        if excess:
            raise TearOffRefused(
                "only the needed groups are shown", expected=str(sorted(map(int, groups))), found=str(excess)
            )

    def verify_for_notary(self, groups: AbstractSet[Group] = NOTARY_GROUPS) -> None:
        """Everything a non-validating notary demands of a tear-off, but its typed content; raises TearOffRefused."""
        self.verify()
        self.require_visible(groups)
        self.require_nothing_else(groups)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return filtered_codec.encode_filtered(
            self.tx_id, self.group_roots, [(g.ordinal, g.nonces, g.components) for g in self.visible]
        )

    @classmethod
    def decode(cls, data: bytes) -> FilteredTransaction:
        """The tear-off in ``data``, not yet verified; raises DecodeError."""
        tx_id, roots, visible = filtered_codec.decode_filtered(data)
        # Sizes are checked where the value is made; 18 calls of a NewType would only cost time.
        return cls(Hash32(tx_id), cast("tuple[Hash32, ...]", roots), tuple([VisibleGroup(*group) for group in visible]))
