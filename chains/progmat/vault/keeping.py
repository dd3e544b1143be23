"""What a keeper looks for in accounts of other nodes: states to force, freeze and thaw, and whether any is frozen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum

from sqlalchemy import Connection, and_, bindparam, func, select, tuple_

from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.indexing import AccountAsset, Asset, IndexedHolding
from chains.progmat.vault.queries import VaultState, find_states
from chains.progmat.vault.schema import holdings
from ibc.dvp import CashAccount


class Standing(Enum):
    """Which states of an account are looked for; those that encumber a trade never are."""

    FREE = "free"
    FROZEN = "frozen"


_FROZEN_OF = holdings.c.frozen.is_(True) & holdings.c.consumed.is_(False) & (holdings.c.issuer == bindparam("keeper"))
_ANY_FROZEN = Prepared(select(holdings.c.owner_key).where(_FROZEN_OF).limit(1))


def states_in_account(
    connection: Connection, asset: Asset, account: CashAccount, notary: str, standing: Standing, limit: int
) -> list[VaultState[IndexedHolding]]:
    """Unconsumed states of an account at a notary, largest first, whoever has reserved them here."""
    row = holdings.c
    wanted = and_(
        *(row[name] == value for name, value in asset._asdict().items()),
        row.node == account.node,
        row.owner_key == account.key,
        row.notary == notary,
        row.consumed.is_(False),
        row.frozen.is_(standing is Standing.FROZEN),
        row.trade_id.is_(None),
    )
    return find_states(connection, IndexedHolding, wanted, row.amount.desc(), limit)


def any_state_of(connection: Connection, asset: Asset, account: CashAccount) -> TransactionState | None:
    """One of the states that an account has, or had and which are kept here."""
    row = holdings.c
    of_asset = (row[name] == value for name, value in asset._asdict().items())
    of_account = and_(*of_asset, row.node == account.node, row.owner_key == account.key)
    found = find_states(connection, IndexedHolding, of_account, row.consumed.asc(), 1)
    return found[0].state if found else None


def states_made_by(connection: Connection, tx_id: bytes) -> dict[StateRef, VaultState[IndexedHolding]]:
    """The amounts a recorded ledger_tx made that are unconsumed here."""
    row = holdings.c
    found = find_states(
        connection, IndexedHolding, and_(row.tx_id == tx_id, row.consumed.is_(False)), row.output_index.asc(), None
    )
    return {state.ref: state for state in found}


def frozen_among(connection: Connection, keeper: str, accounts: Iterable[AccountAsset]) -> list[AccountAsset]:
    """Those of the accounts that hold something which ``keeper`` has frozen; mostly nothing is, which is soon told."""
    if _ANY_FROZEN.first(connection, {"keeper": keeper}) is None:
        return []
    columns = [holdings.c[name] for name in AccountAsset._fields]
    wanted = [tuple(account) for account in accounts]
    query = select(*columns).where(_FROZEN_OF, tuple_(*columns).in_(wanted)).distinct()
    return [AccountAsset(*row) for row in connection.execute(query, {"keeper": keeper})]


def existing_units(connection: Connection, assets: Collection[Asset]) -> dict[Asset, tuple[int, int]]:
    """Of each asset: what this vault holds of it unconsumed, and how much of that is frozen."""
    found = {}
    for asset in assets:
        of_asset = and_(*(holdings.c[name] == value for name, value in asset._asdict().items()))
        query = (
            select(holdings.c.frozen, func.sum(holdings.c.amount))
            .where(of_asset, holdings.c.consumed.is_(False))
            .group_by(holdings.c.frozen)
        )
        sums = {bool(frozen): int(amount) for frozen, amount in connection.execute(query)}
        found[asset] = (sum(sums.values()), sums.get(True, 0))
    return found
