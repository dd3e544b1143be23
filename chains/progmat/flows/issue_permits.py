"""Which flows may issue a registered coin: one permit for each deposit confirmed as paid in, and halts of a whole coin.

The trustee's desk writes both (``market.trust``), in the database transaction in which it enters the yen; the builder
of an issue reads them. A permit names one flow and everything that the flow will issue, so it is good for one issue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, Index, LargeBinary, MetaData, Table, delete, select

from chains.progmat.flows.coin_errors import CoinDepositMissing, CoinIssueHalted
from chains.progmat.node.storage import insert
from chains.progmat.node.storage.column_types import Int64, Text
from ibc.dvp import CashAccount

issue_permits_metadata = MetaData()

permits: Final = Table(
    "coin_issue_permits",
    issue_permits_metadata,
    Column("flow_id", Text, primary_key=True),
    Column("coin_id", Text, nullable=False),
    Column("amount_yen", Int64, nullable=False),
    Column("node", Text, nullable=False),
    Column("account_key", LargeBinary, nullable=False),
    Column("deposit_id", Text, nullable=False),
)
Index("coin_issue_permits_deposit", permits.c.deposit_id)
halts: Final = Table(
    "coin_issue_halts",
    issue_permits_metadata,
    Column("coin_id", Text, primary_key=True),
    Column("since_ms", Int64, nullable=False),
    Column("why", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class IssuePermit:
    """Flow ``flow_id`` may issue ``amount_yen`` of a coin to an account, for the deposit of that id."""

    flow_id: str
    coin_id: str
    amount_yen: int
    to: CashAccount
    deposit_id: str


def give_permit(connection: Connection, permit: IssuePermit) -> None:
    """Enter a permit; once per flow."""
    connection.execute(
        insert(permits).values(
            flow_id=permit.flow_id,
            coin_id=permit.coin_id,
            amount_yen=permit.amount_yen,
            node=permit.to.node,
            account_key=permit.to.key,
            deposit_id=permit.deposit_id,
        )
    )


def find_permit(connection: Connection, flow_id: str) -> IssuePermit | None:
    """The permit of a flow."""
    row = connection.execute(select(permits).where(permits.c.flow_id == flow_id)).one_or_none()
    if row is None:
        return None
    return IssuePermit(row.flow_id, row.coin_id, row.amount_yen, CashAccount(row.node, row.account_key), row.deposit_id)


def require_permit(connection: Connection, flow_id: str, coin_id: str, amount_yen: int, to: CashAccount) -> None:
    """Return if this flow may issue exactly this now.

    Raises ``CoinDepositMissing`` without a confirmed deposit, ``CoinIssueHalted`` (the flow waits) while the coin and
    its trust do not agree.
    """
    permit = find_permit(connection, flow_id)
    if permit is None or (permit.coin_id, permit.amount_yen, permit.to) != (coin_id, amount_yen, to):
        raise CoinDepositMissing(coin_id, amount_yen, flow_id)
    why = halt_of(connection, coin_id)
    if why is not None:
        raise CoinIssueHalted(coin_id, why)


def halt_of(connection: Connection, coin_id: str) -> str | None:
    """Why no more of a coin is issued; None if it is."""
    return connection.execute(select(halts.c.why).where(halts.c.coin_id == coin_id)).scalar_one_or_none()


def halt(connection: Connection, coin_id: str, why: str, now_ms: int) -> None:
    """No more of this coin is issued from now on; the first reason stands."""
    values = {"coin_id": coin_id, "since_ms": now_ms, "why": why}
    connection.execute(insert(halts).values(**values).on_conflict_do_nothing())


def lift_halt(connection: Connection, coin_id: str) -> None:
    """The coin is issued again."""
    connection.execute(delete(halts).where(halts.c.coin_id == coin_id))
