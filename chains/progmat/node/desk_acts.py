"""Who stands behind a change at the desks: checked, and written into the audit, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from chains.progmat.flows.clock import Clock
from chains.progmat.market.people.acts import Act, require_one, require_two
from chains.progmat.market.people.audit import SALT_BYTES, append

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Acting:
    """An act, its author, what it is about, the certificate it came with; a second person where the act needs one."""

    act: str
    author: str
    resource: str
    caller: str
    approver: str = ""
    reason: str = ""


NEED_TWO = frozenset({"RegisterCashMethod", "CancelNativeTrade", "MatchBankLine"})
"""Four eyes."""


class DeskActs:
    """Checks and audits, with the node's clock and dice."""

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._clock = clock
        self._random_bytes = random_bytes

    def doing(self, acting: Acting, change: Callable[[Connection, Act], ResultT]) -> Callable[[Connection], ResultT]:
        """The transaction of a change and its audit entry; raises leaves of ``ActRefused`` before it changes."""
        salt, at_s = self._random_bytes(SALT_BYTES), self._clock.now_ms() // 1000

        def run(connection: Connection) -> ResultT:
            if acting.act in NEED_TWO:
                by = require_two(connection, acting.act, acting.author, acting.approver, acting.reason)
            else:
                by = require_one(connection, acting.act, acting.author, acting.reason)
            result = change(connection, by)
            append(connection, acting.act, by, acting.resource, at_s=at_s, salt=salt, caller=acting.caller)
            return result

        return run
