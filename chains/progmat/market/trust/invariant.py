"""Sum of unspent coin = yen in trust, per coin and intermediary: the check, at the sequence that was followed to.

The two sides are counted apart: the trust's from postings, which follow entries of the vault's books; the coin's from
the unspent states themselves. A difference is stored for ever and halts further issues of that coin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from chains.progmat.flows.issue_permits import halt
from chains.progmat.market.trust.postings import YenAccount, balances_of
from chains.progmat.market.trust.tables import mismatches
from chains.progmat.node.storage import insert
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.schema import entries, holdings


@dataclass(frozen=True, slots=True)
class Difference:
    """Trust and ledger apart, at one intermediary."""

    coin_id: str
    node: str
    trust_yen: int
    unspent_yen: int


@dataclass(frozen=True, slots=True)
class Unspent:
    """Unspent coin of one intermediary's customers, in yen; the three parts add up. ``reserved`` is part of free."""

    free_yen: int = 0
    locked_yen: int = 0
    frozen_yen: int = 0

    @property
    def total_yen(self) -> int:
        """All of it."""
        return self.free_yen + self.locked_yen + self.frozen_yen


def unspent_of(connection: Connection, coin_id: str, issuer: str) -> Mapping[str, Unspent]:
    """Unspent states of a coin by intermediary, as this vault has them now."""
    row = holdings.c
    of_coin = (row.network == SC, row.asset_id == coin_id, row.issuer == issuer, row.consumed.is_(False))
    is_locked = row.encumbered.is_(True) & row.frozen.is_(False)

    def part(condition: object) -> object:
        return func.coalesce(func.sum(case((condition, row.amount), else_=0)), 0)  # type: ignore[arg-type] # a condition

    rows = connection.execute(
        select(row.node, func.sum(row.amount), part(is_locked), part(row.frozen.is_(True)))  # type: ignore[call-overload] # as above
        .where(*of_coin)
        .group_by(row.node)
    )
    return {
        node: Unspent(int(total) - int(locked) - int(frozen), int(locked), int(frozen))
        for node, total, locked, frozen in rows
    }


def differences(connection: Connection, coin_id: str, issuer: str, reached: int) -> list[Difference]:
    """Where trust and unspent coin are apart after update ``reached``; what came later is taken out of the count."""
    counted: dict[str, int] = defaultdict(int)
    for node, unspent in unspent_of(connection, coin_id, issuer).items():
        counted[node] += unspent.total_yen
    row = entries.c
    later = (row.sequence > reached, row.network == SC, row.asset_id == coin_id, row.issuer == issuer)
    for node, change in connection.execute(
        select(row.node, func.sum(row.change_amount)).where(*later).group_by(row.node)
    ):
        counted[node] -= int(change)
    trust = {
        side.node: yen for side, yen in balances_of(connection, coin_id).items() if side.account is YenAccount.TRUST
    }
    return [
        Difference(coin_id, node, trust.get(node, 0), counted.get(node, 0))
        for node in sorted({*trust, *counted})
        if trust.get(node, 0) != counted.get(node, 0)
    ]


def check(connection: Connection, coin_id: str, issuer: str, reached: int, now_ms: int) -> list[Difference]:
    """As ``differences``; what is found is stored and halts the coin's issues, in the caller's transaction."""
    found = differences(connection, coin_id, issuer, reached)
    for each in found:
        connection.execute(
            insert(mismatches)
            .values(
                coin_id=coin_id,
                sequence=reached,
                node=each.node,
                trust_yen=each.trust_yen,
                unspent_yen=each.unspent_yen,
                at_ms=now_ms,
            )
            .on_conflict_do_nothing()
        )
    if found:
        apart = sum(abs(each.trust_yen - each.unspent_yen) for each in found)
        halt(connection, coin_id, f"trust and ledger differ by {apart} yen since update {reached}", now_ms)
    return found
