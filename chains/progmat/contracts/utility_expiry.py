"""When utility tokens lapse: used and moved before their expiry, destroyed by their registrar after it.

The time is the token's own, in its state, and the notary's clock decides: what moves or redeems units that expire has a
time window that ends by then, what destroys them one that begins no earlier. So a use after the expiry cannot be
notarised, and an expiry cannot come early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from chains.progmat.contracts.holding_nouns import Asset
from chains.progmat.contracts.holdings import ISSUE
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command

EXPIRE: Final = "Expire"


class Expiring(Protocol):
    """A token's state, as far as its expiry goes."""

    @property
    def asset(self) -> Asset:
        """Its token."""

    @property
    def expires_s(self) -> int:
        """Unix seconds; 0: never."""


def verify_before_expiry(
    rules: RuleBook, command: Command, ledger_tx: LedgerTransaction, tokens: Sequence[Expiring]
) -> None:
    """Units that expire move and are redeemed in time, and go on expiring when they did; raises the rules' error."""
    for expires_s in _expiries(rules, tokens).values():
        if expires_s and command.name != ISSUE:
            until_s = None if ledger_tx.time_window is None else ledger_tx.time_window.until_s
            if until_s is None:
                raise rules.broken("units that expire are used by a deadline", expected=f"until {expires_s}", found=0)
            rules.at_most("units are used before they expire", limit=expires_s, found=until_s)


def verify_expire(
    rules: RuleBook, ledger_tx: LedgerTransaction, expired: Sequence[Expiring], left: Sequence[Expiring]
) -> None:
    """The registrar alone destroys units whose time is over; raises the rules' error."""
    rules.some("expired units are destroyed", expired)
    rules.none("nothing is left of expired units", left)
    asset, expires_s = rules.one("units of one token are destroyed", list(_expiries(rules, expired).items()))
    registrar = asset[1]
    from_s = None if ledger_tx.time_window is None else ledger_tx.time_window.from_s
    if not expires_s or from_s is None or from_s < expires_s:
        found = "no time window" if from_s is None else from_s
        raise rules.broken("no unit expires before its time", expected=expires_s or "never", found=found)
    rules.signed_by(f"registrar {registrar.name} signs", signer=registrar.key, signers=ledger_tx.signers)


def _expiries(rules: RuleBook, tokens: Sequence[Expiring]) -> dict[Asset, int]:
    """When the units of each token expire: all of one token together."""
    expiries: dict[Asset, int] = {}
    for token in tokens:
        known = expiries.setdefault(token.asset, token.expires_s)
        rules.equal("units of one token expire together", expected=known, found=token.expires_s)
    return expiries
