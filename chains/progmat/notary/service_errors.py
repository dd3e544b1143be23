"""What a notary refuses because of its place in the network (see ``transactions.other_notaries``)."""

from __future__ import annotations

from chains.progmat.notary.errors import NotaryRefusal
from primitives.errors import CallerError


class NotaryRetires(NotaryRefusal):
    """A retiring notary was asked for something other than a move of states to another notary."""

    reason = "NOTARY_RETIRES"

    def __init__(self, notary: str) -> None:
        self.notary = notary
        super().__init__(f"{notary} is retiring and only moves states to another notary: change their notary first")


class CommandsShown(NotaryRefusal):
    """A notary that serves was shown the commands: it needs not know them."""

    reason = "COMMANDS_SHOWN"

    def __init__(self, notary: str) -> None:
        self.notary = notary
        super().__init__(f"{notary} is not retiring and is not to see commands: show it the notary's groups only")


class WritesElsewhere(NotaryRefusal):
    """Provable writes were sent to a notary whose journal no other chain follows."""

    reason = "WRITES_ELSEWHERE"

    def __init__(self, found: str, expected: str) -> None:
        self.found, self.expected = found, expected
        super().__init__(f"provable writes are made at {expected}, not at {found}: move the states there first")


class NotANotary(CallerError):
    """A node was started as a notary and no epoch of the network names it as one."""

    reason = "NOT_A_NOTARY"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no epoch known here names {name} as a notary: give this node the epoch that adds it")
