"""What was prepared for platforms to sign, and what they handed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import sqlalchemy as sa

from chains.evm.client.unsigned_tx import UnsignedEvmTx
from relayer.database import Int64


class OperationState(Enum):
    """What became of a transaction that was handed in."""

    PENDING = "pending"
    INCLUDED = "included"
    FAILED = "failed"


@dataclass(frozen=True)
class Prepared:
    """A transaction to be signed. ``evm_tx_hash`` is empty until it was handed in. Times in Unix seconds."""

    prepared_id: str
    platform: str
    trade_id: bytes
    step: str
    sender: bytes
    content: UnsignedEvmTx
    most_gas_price_wei: int
    expires_s: int
    evm_tx_hash: bytes = b""

    @property
    def name(self) -> str:
        """The resource name."""
        return f"preparedTransactions/{self.prepared_id}"


@dataclass(frozen=True)
class Operation:
    """A transaction that was handed in. Times in Unix seconds; ``height`` 0 while it is in no block."""

    evm_tx_hash: bytes
    platform: str
    prepared_id: str
    trade_id: bytes
    step: str
    sender: bytes
    nonce: int
    raw: bytes
    state: OperationState
    created_s: int
    updated_s: int
    height: int = 0
    gas_used: int = 0
    error_reason: str = ""
    error_message: str = ""

    @property
    def name(self) -> str:
        """The resource name."""
        return f"operations/0x{self.evm_tx_hash.hex()}"


class CustodyTable:
    """Both, in the gateway's database."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self._prepared = sa.Table(
            "prepared_transactions",
            metadata,
            sa.Column("prepared_id", sa.String, primary_key=True),
            sa.Column("platform", sa.String, nullable=False),
            sa.Column("trade_id", sa.LargeBinary, nullable=False, index=True),
            sa.Column("step", sa.String, nullable=False),
            sa.Column("sender", sa.LargeBinary, nullable=False),
            sa.Column("unsigned", sa.JSON, nullable=False),
            sa.Column("most_gas_price_wei", sa.String, nullable=False),
            sa.Column("expires_s", Int64, nullable=False),
            sa.Column("evm_tx_hash", sa.LargeBinary, nullable=False),
        )
        self._operations = sa.Table(
            "operations",
            metadata,
            sa.Column("evm_tx_hash", sa.LargeBinary, primary_key=True),
            sa.Column("platform", sa.String, nullable=False),
            sa.Column("prepared_id", sa.String, nullable=False),
            sa.Column("trade_id", sa.LargeBinary, nullable=False),
            sa.Column("step", sa.String, nullable=False),
            sa.Column("sender", sa.LargeBinary, nullable=False),
            sa.Column("nonce", Int64, nullable=False),
            sa.Column("raw", sa.LargeBinary, nullable=False),
            sa.Column("state", sa.String, nullable=False, index=True),
            sa.Column("created_s", Int64, nullable=False),
            sa.Column("updated_s", Int64, nullable=False),
            sa.Column("height", Int64, nullable=False),
            sa.Column("gas_used", Int64, nullable=False),
            sa.Column("error_reason", sa.String, nullable=False),
            sa.Column("error_message", sa.String, nullable=False),
        )

    def prepared(self, connection: sa.Connection, prepared_id: str) -> Prepared | None:
        """One of them."""
        query = sa.select(self._prepared).where(self._prepared.c.prepared_id == prepared_id)
        row = connection.execute(query).one_or_none()
        return None if row is None else _prepared(row)

    def prepared_alone(self, connection: sa.Connection, prepared_id: str) -> Prepared | None:
        """One of them, which nobody else hands in or replaces until this transaction ends."""
        query = sa.select(self._prepared).where(self._prepared.c.prepared_id == prepared_id).with_for_update()
        row = connection.execute(query).one_or_none()
        return None if row is None else _prepared(row)

    def replace_steps(self, connection: sa.Connection, prepared: Sequence[Prepared], now_s: int) -> None:
        """In the place of the same steps that were not handed in, and of all that have expired."""
        columns = self._prepared.c
        open_ones = columns.evm_tx_hash == b""
        connection.execute(sa.delete(self._prepared).where(open_ones & (columns.expires_s <= now_s)))
        for each in prepared:
            same = (columns.platform == each.platform) & (columns.trade_id == each.trade_id)
            connection.execute(sa.delete(self._prepared).where(open_ones & same & (columns.step == each.step)))
            values = {
                **{name: value for name, value in vars(each).items() if name not in {"content", "most_gas_price_wei"}},
                "unsigned": _unsigned_json(each.content),
                "most_gas_price_wei": str(each.most_gas_price_wei),
            }
            connection.execute(sa.insert(self._prepared).values(**values))

    def hand_in(self, connection: sa.Connection, operation: Operation) -> None:
        """A prepared transaction becomes an operation."""
        columns = self._prepared.c
        handed = sa.update(self._prepared).where(columns.prepared_id == operation.prepared_id)
        connection.execute(handed.values(evm_tx_hash=operation.evm_tx_hash))
        connection.execute(sa.insert(self._operations).values(**{**vars(operation), "state": operation.state.value}))

    def operation(self, connection: sa.Connection, evm_tx_hash: bytes) -> Operation | None:
        """One of them."""
        query = sa.select(self._operations).where(self._operations.c.evm_tx_hash == evm_tx_hash)
        row = connection.execute(query).one_or_none()
        return None if row is None else _operation(row)

    def pending(self, connection: sa.Connection, limit: int) -> Sequence[Operation]:
        """Those with no end yet, by account and nonce, those that were looked at longest ago first."""
        columns = self._operations.c
        query = sa.select(self._operations).where(columns.state == OperationState.PENDING.value)
        oldest = query.order_by(columns.updated_s, columns.sender, columns.nonce).limit(limit)
        return [_operation(row) for row in connection.execute(oldest)]

    def update(self, connection: sa.Connection, operation: Operation) -> None:
        """What became of it; one that has ended stays so."""
        columns = self._operations.c
        still = (columns.evm_tx_hash == operation.evm_tx_hash) & (columns.state == OperationState.PENDING.value)
        changed = ("updated_s", "height", "gas_used", "error_reason", "error_message")
        values = {name: getattr(operation, name) for name in changed}
        connection.execute(sa.update(self._operations).where(still).values(state=operation.state.value, **values))


def _unsigned_json(content: UnsignedEvmTx) -> dict[str, object]:
    hexed = {"to": content.to.hex(), "data": content.data.hex()}
    names = ("chain_id", "nonce", "gas_price_wei", "gas", "value_wei")
    return {**{name: str(getattr(content, name)) for name in names}, **hexed}


def _prepared(row: Any) -> Prepared:  # noqa: ANN401  # a row
    read = dict(row.unsigned)
    to, data = bytes.fromhex(read.pop("to")), bytes.fromhex(read.pop("data"))
    content = UnsignedEvmTx(to=to, data=data, **{name: int(value) for name, value in read.items()})
    return Prepared(
        prepared_id=row.prepared_id,
        platform=row.platform,
        trade_id=bytes(row.trade_id),
        step=row.step,
        sender=bytes(row.sender),
        content=content,
        most_gas_price_wei=int(row.most_gas_price_wei),
        expires_s=row.expires_s,
        evm_tx_hash=bytes(row.evm_tx_hash),
    )


def _operation(row: Any) -> Operation:  # noqa: ANN401  # a row
    read = Operation(**{**row._mapping, "state": OperationState(row.state)})  # noqa: SLF001  # SQLAlchemy's public name
    return replace(
        read,
        evm_tx_hash=bytes(read.evm_tx_hash),
        trade_id=bytes(read.trade_id),
        sender=bytes(read.sender),
        raw=bytes(read.raw),
    )
