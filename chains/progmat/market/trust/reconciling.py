"""Trust and ledger side by side, intermediary by intermediary, for people; and lifting a halt when they agree."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from chains.progmat.flows.issue_permits import halt_of, lift_halt
from chains.progmat.market.trust.coins import registered_coin
from chains.progmat.market.trust.errors import NotReconciled
from chains.progmat.market.trust.following import cursor
from chains.progmat.market.trust.invariant import Unspent, differences, unspent_of
from chains.progmat.market.trust.postings import BANK, Side, YenAccount, balances_of


@dataclass(frozen=True, slots=True)
class ReconciledLine:
    """One intermediary's share, in yen. ``received``: paid in, not issued; ``payable``: redeemed, not paid out."""

    node: str
    trust_yen: int
    unspent: Unspent
    received_yen: int
    payable_yen: int
    difference_yen: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A coin as of update ``reached``; ``halted_because`` is empty while it is issued."""

    coin_id: str
    lines: tuple[ReconciledLine, ...]
    bank_yen: int
    reached: int
    halted_because: str

    @property
    def difference_yen(self) -> int:
        """Of all intermediaries, no two of which cancel out."""
        return sum(abs(line.difference_yen) for line in self.lines)


def reconcile(connection: Connection, issuer: str, coin_id: str) -> Reconciliation:
    """The table of a coin. Raises ``CoinUnknown``."""
    registered_coin(connection, issuer, coin_id)
    reached = cursor(connection)
    unspent = unspent_of(connection, coin_id, issuer)
    yen = balances_of(connection, coin_id)
    apart = {each.node: each.trust_yen - each.unspent_yen for each in differences(connection, coin_id, issuer, reached)}
    nodes = {*unspent, *(side.node for side in yen if side.node), *apart}
    return Reconciliation(
        coin_id=coin_id,
        lines=tuple(
            ReconciledLine(
                node=node,
                trust_yen=yen.get(Side(YenAccount.TRUST, node), 0),
                unspent=unspent.get(node, Unspent()),
                received_yen=yen.get(Side(YenAccount.RECEIVED, node), 0),
                payable_yen=yen.get(Side(YenAccount.PAYABLE, node), 0),
                difference_yen=apart.get(node, 0),
            )
            for node in sorted(nodes)
        ),
        bank_yen=yen.get(BANK, 0),
        reached=reached,
        halted_because=halt_of(connection, coin_id) or "",
    )


def resume_issues(connection: Connection, issuer: str, coin_id: str) -> None:
    """Lift the halt. Raises ``CoinUnknown``, ``NotReconciled`` while trust and ledger differ."""
    found = reconcile(connection, issuer, coin_id)
    if found.difference_yen:
        raise NotReconciled(coin_id, found.difference_yen)
    lift_halt(connection, coin_id)
