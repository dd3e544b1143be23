"""``OtherNotary``: a notary of the network beside the journal's one, and what it still does.

Only the journal's notary takes provable writes, because other chains follow its journal; any number of others (at most
16) may decide on uniqueness for states that name them. One that is to go away is RETIRING first: it notarises only
ledger transactions that move states to another notary. The single command of contract ``notary_change`` makes such a
ledger transaction (source of the idea: Corda's ``NotaryChangeWireTransaction``).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command, Party, check_range

MAX_OTHER_NOTARIES: Final = 16
NOTARY_CHANGE: Final = "notary_change"
"""The contract name that the one command of a move to another notary has; no state ever has it."""


class NotaryService(enum.Enum):
    """What a notary beside the journal's one does."""

    OPEN = 1
    RETIRING = 2


@dataclass(frozen=True, slots=True)
class OtherNotary:
    """A party with its present key, and its service."""

    party: Party
    service: NotaryService


def require_notaries_apart(notary: Party, others: Sequence[OtherNotary]) -> None:
    """At most 16, ascending by name, each with a name and a key of its own; raises MalformedComponent."""
    check_range("other notaries", len(others), 0, MAX_OTHER_NOTARIES)
    names = [other.party.name for other in others]
    if names != sorted(set(names)):
        raise MalformedComponent("other notaries ascend by name", expected=str(sorted(set(names))), found=str(names))
    if notary.name in names:
        raise MalformedComponent("the journal's notary is not among the others", found=notary.name)
    keys = [notary.key, *(other.party.key for other in others)]
    if len(set(keys)) != len(keys):
        raise MalformedComponent("each notary has a key of its own", expected=len(keys), found=len(set(keys)))


def is_notary_change(commands: Sequence[Command]) -> bool:
    """Whether a ledger transaction with these commands claims to move states to another notary and nothing else."""
    return is_notary_change_of([command.contract for command in commands])


def is_notary_change_of(contracts: Sequence[str]) -> bool:
    """As ``is_notary_change``, by the contracts of the commands."""
    return list(contracts) == [NOTARY_CHANGE]
