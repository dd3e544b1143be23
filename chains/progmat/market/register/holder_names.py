"""Who an account belongs to: the seam to the master data, which alone knows (its ids, never a person's name)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from sqlalchemy import Connection

from ibc.dvp import CashAccount


class HolderNames(Protocol):
    """The investor ids (受益者ID) of accounts, as this node's master data have them."""

    def investor_ids(self, connection: Connection, accounts: Iterable[CashAccount]) -> Mapping[CashAccount, str]:
        """Ids of those accounts that are known; the others stand in the register by their key alone."""
        ...
