"""The trust's ledger follows the vault's books: a batch of updates is posted and checked in one database transaction.

The cursor is written with the postings, so an update is posted once wherever the node dies. What follows is the books'
entries, which are kept for ever, so no cursor falls behind what is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, select

from chains.progmat.flows.issue_permits import permits
from chains.progmat.flows.schema import flows
from chains.progmat.market.trust.coins import registered_coins
from chains.progmat.market.trust.deposits import DepositStatus, deposit, issued
from chains.progmat.market.trust.invariant import Difference, check
from chains.progmat.market.trust.legs import Leg, LegKind, legs_of
from chains.progmat.market.trust.postings import BY_LEDGER, Posting, Side, YenAccount, post
from chains.progmat.market.trust.redemptions import owe
from chains.progmat.market.trust.tables import cursors, unmatched
from chains.progmat.node.storage import Prepared, insert
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import entries
from chains.progmat.vault.updates import newest_sequence

CURSOR: Final = "entries"
_REACHED: Final = Prepared(select(cursors.c.sequence).where(cursors.c.name == CURSOR))
_ANY_UNMATCHED: Final = Prepared(select(unmatched.c.tx_id).limit(1))
MAX_UPDATES: Final = 1000
"""Of one batch, so that the commit stays short."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What one batch did: updates passed, ledger_txs posted, what the check found, and whether there is more."""

    passed: int
    posted: int
    differences: tuple[Difference, ...]
    is_behind: bool


def follow(connection: Connection, issuer: str, now_ms: int, most: int = MAX_UPDATES) -> Followed:
    """Post the next updates that touch registered coins of ``issuer``, then check each coin that they touched."""
    after = cursor(connection)
    newest = newest_sequence(connection)
    reached = min(newest, after + most)
    coins = tuple(coin.coin_id for coin in registered_coins(connection, issuer))
    changes = _changes(connection, issuer, coins, after, reached)
    for (_, tx_id, coin_id), by_node in changes.items():
        for leg in legs_of(by_node):
            _post(connection, coin_id, tx_id, leg, now_ms)
    touched = {coin_id for _, _, coin_id in changes} | _matched_since(connection, now_ms)
    found = [each for coin_id in sorted(touched) for each in check(connection, coin_id, issuer, reached, now_ms)]
    _set_cursor(connection, reached)
    return Followed(reached - after, len(changes), tuple(found), is_behind=reached < newest)


def cursor(connection: Connection) -> int:
    """The sequence that was followed to; 0 before the first batch."""
    found = _REACHED.first(connection)
    return found[0] if found else 0


def has_to_follow(connection: Connection, issuer: str) -> bool:
    """Whether ``follow`` has anything to do: what was recorded before any coin was registered concerns no trust."""
    if _ANY_UNMATCHED.first(connection) is not None:
        return True
    return newest_sequence(connection) > cursor(connection) and bool(registered_coins(connection, issuer))


def _changes(
    connection: Connection, issuer: str, coins: Sequence[str], after: int, reached: int
) -> Mapping[tuple[int, bytes, str], Mapping[str, int]]:
    """Each intermediary's change, by update, ledger_tx and coin, in order."""
    row = entries.c
    within = (row.sequence > after, row.sequence <= reached)
    of_coins = (row.network == SC, row.issuer == issuer, row.asset_id.in_(coins))
    found: dict[tuple[int, bytes, str], dict[str, int]] = defaultdict(dict)
    for sequence, tx_id, coin_id, node, change in connection.execute(
        select(row.sequence, row.tx_id, row.asset_id, row.node, func.sum(row.change_amount))
        .where(*within, *of_coins)
        .group_by(row.sequence, row.tx_id, row.asset_id, row.node)
        .order_by(row.sequence, row.asset_id)
    ):
        if change:
            found[sequence, bytes(tx_id), coin_id][node] = int(change)
    return found


def _post(connection: Connection, coin_id: str, tx_id: bytes, leg: Leg, now_ms: int) -> None:
    trust = YenAccount.TRUST
    match leg.kind:
        case LegKind.ISSUE:
            _post_issue(connection, coin_id, tx_id, leg.target, leg.amount_yen, now_ms)
            return
        case LegKind.MOVE:
            cause = f"move/{tx_id.hex()}/{leg.source}/{leg.target}"
            debit, credit = Side(trust, leg.source), Side(trust, leg.target)
        case LegKind.REDEEM:
            cause = f"redeem/{tx_id.hex()}/{leg.source}"
            debit, credit = Side(trust, leg.source), Side(YenAccount.PAYABLE, leg.source)
            owe(connection, coin_id, tx_id, leg.source, leg.amount_yen, now_ms)
    post(connection, Posting(coin_id, cause, debit, credit, leg.amount_yen, tx_id.hex()), BY_LEDGER, now_ms)


def _post_issue(connection: Connection, coin_id: str, tx_id: bytes, node: str, amount_yen: int, now_ms: int) -> None:
    """Against the deposit whose flow made it; an issue that no deposit stands behind is kept, and is a difference."""
    row = permits.c
    made_by = permits.join(flows, flows.c.flow_id == row.flow_id)
    exact = (flows.c.tx_id == tx_id, row.coin_id == coin_id, row.node == node, row.amount_yen == amount_yen)
    deposit_id = connection.execute(select(row.deposit_id).select_from(made_by).where(*exact)).scalar_one_or_none()
    if deposit_id is None or deposit(connection, deposit_id).status is not DepositStatus.CONFIRMED:
        values = {"tx_id": tx_id, "coin_id": coin_id, "node": node, "amount_yen": amount_yen}
        connection.execute(insert(unmatched).values(**values).on_conflict_do_nothing())
        return
    cause = f"issue/{tx_id.hex()}/{node}"
    sides = Side(YenAccount.RECEIVED, node), Side(YenAccount.TRUST, node)
    post(connection, Posting(coin_id, cause, *sides, amount_yen, tx_id.hex()), BY_LEDGER, now_ms)
    issued(connection, deposit_id, tx_id)


def _matched_since(connection: Connection, now_ms: int) -> set[str]:
    """Coins of which an issue without a deposit found one; there are hardly ever any."""
    touched = set()
    for row in connection.execute(select(unmatched)).all():
        at = (unmatched.c.tx_id == row.tx_id, unmatched.c.coin_id == row.coin_id, unmatched.c.node == row.node)
        connection.execute(delete(unmatched).where(*at))
        _post_issue(connection, row.coin_id, bytes(row.tx_id), row.node, row.amount_yen, now_ms)
        if connection.execute(select(unmatched.c.tx_id).where(*at)).one_or_none() is None:
            touched.add(row.coin_id)
    return touched


def _set_cursor(connection: Connection, sequence: int) -> None:
    added = insert(cursors).values(name=CURSOR, sequence=sequence)
    connection.execute(added.on_conflict_do_update(index_elements=["name"], set_={"sequence": sequence}))
