"""The coins that a trustee has registered, and who is admitted to them: as its vault has them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin import CoinState
from chains.progmat.contracts.coin_holder import HolderState
from chains.progmat.contracts.names import COIN, HOLDER
from chains.progmat.flows.coin_errors import CoinUnknown, HolderUnknown
from chains.progmat.vault.rules import rules_kept_by
from ibc.dvp import CashAccount

MAX_COINS: Final = 1000
MAX_HOLDERS: Final = 100_000


def registered_coins(connection: Connection, issuer: str) -> tuple[CoinState, ...]:
    """Coins of this issuer, by id."""
    return tuple(CoinState.of(found.state) for found in rules_kept_by(connection, COIN, issuer, MAX_COINS))


def registered_coin(connection: Connection, issuer: str, coin_id: str) -> CoinState:
    """A coin of this issuer; raises ``CoinUnknown``."""
    found = [coin for coin in registered_coins(connection, issuer) if coin.coin_id == coin_id]
    if not found:
        raise CoinUnknown(coin_id, issuer)
    return found[0]


def admitted_accounts(connection: Connection, issuer: str, coin_id: str) -> tuple[CashAccount, ...]:
    """Accounts that may receive a wholesale coin."""
    holders = (HolderState.of(found.state) for found in rules_kept_by(connection, HOLDER, issuer, MAX_HOLDERS))
    return tuple(CashAccount(holder.node, holder.owner.encoded()) for holder in holders if holder.coin_id == coin_id)


def require_may_receive(connection: Connection, coin: CoinState, to: CashAccount) -> None:
    """Return if new coin may go to an account; raises ``HolderUnknown`` for one not admitted to a wholesale coin."""
    if coin.kind is CoinKind.WHOLESALE and to not in admitted_accounts(connection, coin.issuer.name, coin.coin_id):
        raise HolderUnknown(coin.coin_id, to.node, to.key)
