"""Acts of staff at the venue and at a broker's desk: may they, and an entry in the node's audit log of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import Act, require_one, require_two

SALT_BYTES: Final = audit.SALT_BYTES
SET_LISTING: Final = "SetListing"
SET_TRADER: Final = "SetTrader"
CHANGE_DAY: Final = "ChangeDay"
PUBLISH_AGAIN: Final = "PublishAgain"
WITHDRAW: Final = "WithdrawExecution"
REGISTER_ORDER: Final = "RegisterOrder"
REVISE_ORDER: Final = "ReviseOrder"
BY_TWO: Final = frozenset({SET_LISTING, SET_TRADER, WITHDRAW})


@dataclass(frozen=True, slots=True)
class StaffAct:
    """``act`` upon ``resource`` by ``author``; acts ``BY_TWO`` need an ``approver``, others have none.

    ``salt``: SALT_BYTES fresh random bytes.
    """

    act: str
    author: str
    approver: str
    resource: str
    at_ms: int
    salt: bytes

    def require(self, connection: Connection) -> Act:
        """Who does it, if they may; raises leaves of ``people.errors.ActRefused``."""
        if self.act in BY_TWO:
            return require_two(connection, self.act, self.author, self.approver)
        return require_one(connection, self.act, self.author)

    def enter(self, connection: Connection) -> None:
        """As ``require``, with the audit's entry: call it in the database transaction that does the act."""
        by = self.require(connection)
        audit.append(connection, self.act, by, self.resource, at_s=self.at_ms // 1000, salt=self.salt)
