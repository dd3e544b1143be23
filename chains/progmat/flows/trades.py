"""Read off recorded transactions: what became of each trade this node took part in, and its packets' IBC events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import Connection, bindparam, literal_column, select, union_all, update

from chains.progmat.contracts import dvp_lock, dvp_receipt, native_dvp, trade
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.dvp_lock_codec import AckEvidence, decode_evidence
from chains.progmat.contracts.dvp_receipt_codec import decode_pay_evidence, decode_refuse_evidence
from chains.progmat.contracts.names import CASH, DVP_LOCK, DVP_RECEIPT, NATIVE_DVP, TRADE
from chains.progmat.contracts.native_terms import decode_native_terms
from chains.progmat.contracts.terms_codec import decode_terms
from chains.progmat.flows.schema import dvps, ibc_events, receipts, trades
from chains.progmat.flows.views import DvpRecord, IbcEvent, IbcEventKind, ReceiptRecord, TradeRecord, TradeStatus
from chains.progmat.node.storage import Prepared, insert
from chains.progmat.transactions.model import Command, StateRef, TransactionState
from chains.progmat.transactions.replacing import replaces_states
from chains.progmat.transactions.wire import WireTransaction
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import DvpPayload, terms_hash
from ibc.errors import InvalidTerms
from ibc.packet import Packet, encode_packet
from ibc.paths import receipt_path

SETTLED: Final = "SETTLED"
"""How a trade id of native terms is used up."""
_TRADE: Final = Prepared(select(trades).where(trades.c.trade_id == bindparam("of_trade")))
_TRADES: Final = Prepared(select(trades).where(trades.c.trade_id.in_(bindparam("of_trades", expanding=True))))
_DVP: Final = Prepared(
    select(dvps.c.trade_id, dvps.c.terms_hash, dvps.c.tx_id).where(dvps.c.trade_id == bindparam("of_trade")).limit(1)
)
_USES: Final = union_all(
    select(trades.c.status.label("use")).where(trades.c.trade_id == bindparam("of_trade")),
    select(literal_column(f"'{SETTLED}'")).where(dvps.c.trade_id == bindparam("of_trade")),
).subquery()
_USE: Final = Prepared(select(_USES.c.use))
_NOTE_DVP: Final = Prepared(insert(dvps), columns=dvps.c.keys())
_OPEN_TRADE: Final = Prepared(insert(trades), columns=trades.c.keys())
_CLOSING: Final = ("status", "closing_tx_id", "closing_position")
_CLOSE_TRADE: Final = Prepared(
    update(trades)
    .where(trades.c.trade_id == bindparam("of_trade"))
    .values({name: bindparam(f"new_{name}") for name in _CLOSING})
)
_NOTE_RECEIPT: Final = Prepared(insert(receipts), columns=receipts.c.keys())
_RECEIPT: Final = Prepared(
    select(receipts.c.acknowledgement, receipts.c.tx_id, receipts.c.journal_position).where(
        receipts.c.path == bindparam("of_path"), receipts.c.packet == bindparam("of_packet")
    )
)
_ADD_EVENT: Final = Prepared(
    insert(ibc_events).on_conflict_do_nothing(),
    columns=[column.name for column in ibc_events.c if column is not ibc_events.c.cursor],
)
_EVENTS: Final = Prepared(
    select(
        ibc_events.c.cursor,
        ibc_events.c.kind,
        ibc_events.c.packet,
        ibc_events.c.acknowledgement,
        ibc_events.c.tx_id,
        ibc_events.c.journal_position,
    )
    .where(ibc_events.c.cursor > bindparam("after"))
    .order_by(ibc_events.c.cursor)
    .limit(bindparam("most"))
)


def note_trades(
    connection: Connection, wire: WireTransaction, inputs: Mapping[StateRef, TransactionState], position: int
) -> None:
    """Enter what a freshly recorded transaction does to a trade; does nothing for the others."""
    for command in wire.commands:
        done = (command.contract, command.name)
        if done == (DVP_LOCK, dvp_lock.LOCK):
            _note_lock(connection, wire, position)
        elif done == (DVP_LOCK, dvp_lock.UNLOCK):
            _note_unlock(connection, wire, command, inputs, position)
        elif done == (TRADE, trade.CANCEL):
            _note_cancel(connection, wire, command, position)
        elif done == (NATIVE_DVP, native_dvp.SETTLE):
            _note_dvp(connection, wire, command)
        elif done == (DVP_RECEIPT, dvp_receipt.PAY):
            _note_payment(connection, wire, command, position)
        elif done == (DVP_RECEIPT, dvp_receipt.REFUSE):
            sent = decode_refuse_evidence(command.data).sent
            _note_receipt(connection, wire, sent.packet, UNIVERSAL_ERROR_ACK, position)


def packet_sent_by(wire: WireTransaction) -> bytes:
    """The packet that a lock sends (ABI-encoded); empty for any other transaction, also one that replaces the lock."""
    for state in wire.outputs:
        if state.contract == DVP_LOCK and not replaces_states(wire.commands):
            return encode_packet(DvpLockState.of(state).packet)
    return b""


def find_trade(connection: Connection, trade_id: bytes) -> TradeRecord | None:
    """One trade, or None."""
    row = _TRADE.first(connection, {"of_trade": trade_id})
    return None if row is None else _trade_of(dict(zip(trades.c.keys(), row, strict=True)))


def find_trades(connection: Connection, trade_ids: Collection[bytes]) -> list[TradeRecord]:
    """Those of these trades that are known, in no order."""
    rows = _TRADES.rows(connection, {"of_trades": tuple(trade_ids)})
    return [_trade_of(dict(zip(trades.c.keys(), row, strict=True))) for row in rows]


def find_trade_of_packet(connection: Connection, packet: Packet) -> TradeRecord | None:
    """The trade whose lock sent, or whose payment received, exactly this packet, or None.

    Its words name the trade: nothing but the trade's id is searched for.
    """
    try:
        trade_id = DvpPayload.decode(packet.payloads[0].value).trade_id
    except InvalidTerms:
        return None
    found = find_trade(connection, trade_id)
    return found if found is not None and found.packet == encode_packet(packet) else None


def find_dvp(connection: Connection, trade_id: bytes) -> DvpRecord | None:
    """The settlement of a native trade, or None."""
    row = _DVP.first(connection, {"of_trade": trade_id})
    return None if row is None else DvpRecord(*row)


def use_of(connection: Connection, trade_id: bytes) -> str | None:
    """How this node knows a trade id to be used: the status of a trade across chains, or ``SETTLED``; None if not."""
    row = _USE.first(connection, {"of_trade": trade_id})
    return None if row is None else str(row[0])


def find_receipt(connection: Connection, packet: Packet) -> ReceiptRecord | None:
    """How exactly this packet of another chain was answered, or None."""
    path = receipt_path(packet.destination_client, packet.sequence)
    row = _RECEIPT.first(connection, {"of_path": path, "of_packet": encode_packet(packet)})
    return None if row is None else ReceiptRecord(*row)


def events_after(connection: Connection, cursor: int, limit: int) -> list[IbcEvent]:
    """Events in order, after a cursor."""
    return [
        IbcEvent(at, IbcEventKind(kind), *rest)
        for at, kind, *rest in _EVENTS.rows(connection, {"after": cursor, "most": limit})
    ]


def _note_lock(connection: Connection, wire: WireTransaction, position: int) -> None:
    for state in wire.outputs:
        if state.contract == DVP_LOCK:
            lock = DvpLockState.of(state)
            packet = encode_packet(lock.packet)
            _open_trade(connection, lock.terms.trade_id, TradeStatus.LOCKED, lock.terms_hash, packet, wire.id, position)
            _add_event(connection, IbcEventKind.SEND_PACKET, packet, b"", wire.id, position)


def _note_cancel(connection: Connection, wire: WireTransaction, command: Command, position: int) -> None:
    terms = decode_terms(command.data)
    cancelled = TradeStatus.CANCELLED
    _open_trade(connection, terms.trade_id, cancelled, terms_hash(terms), b"", wire.id, position)


def _note_dvp(connection: Connection, wire: WireTransaction, command: Command) -> None:
    terms = decode_native_terms(command.data)
    _NOTE_DVP.change(connection, {"tx_id": bytes(wire.id), "trade_id": terms.trade_id, "terms_hash": terms.hash})


def _note_payment(connection: Connection, wire: WireTransaction, command: Command, position: int) -> None:
    """Opened and closed by one ledger_tx."""
    evidence = decode_pay_evidence(command.data)
    terms, packet, hashed = evidence.terms, evidence.sent.packet, terms_hash(evidence.terms)
    _open_trade(connection, terms.trade_id, TradeStatus.PAID, hashed, encode_packet(packet), wire.id, position)
    _close_trade(connection, terms.trade_id, TradeStatus.PAID, wire.id, position)
    _note_receipt(connection, wire, packet, hashed, position)


def _note_receipt(
    connection: Connection, wire: WireTransaction, packet: Packet, acknowledgement: bytes, position: int
) -> None:
    values = {
        "path": receipt_path(packet.destination_client, packet.sequence),
        "packet": encode_packet(packet),
        "acknowledgement": acknowledgement,
        "tx_id": bytes(wire.id),
        "journal_position": position,
    }
    _NOTE_RECEIPT.change(connection, values)
    _add_event(connection, IbcEventKind.ACK_WRITTEN, encode_packet(packet), acknowledgement, wire.id, position)


def _note_unlock(
    connection: Connection,
    wire: WireTransaction,
    command: Command,
    inputs: Mapping[StateRef, TransactionState],
    position: int,
) -> None:
    evidence = decode_evidence(command.data)
    paid_to = {CashState.of(state).owner for state in wire.outputs if state.contract == CASH}
    for state in inputs.values():
        if state.contract == DVP_LOCK:
            lock = DvpLockState.of(state)
            status = TradeStatus.PAID if lock.seller_key in paid_to else TradeStatus.RETURNED
            _close_trade(connection, lock.terms.trade_id, status, wire.id, position)
            acknowledged = isinstance(evidence, AckEvidence)
            kind = IbcEventKind.ACK_PROCESSED if acknowledged else IbcEventKind.TIMEOUT_PROCESSED
            acknowledgement = evidence.acknowledgement if isinstance(evidence, AckEvidence) else b""
            _add_event(connection, kind, encode_packet(lock.packet), acknowledgement, wire.id, position)


def _open_trade(
    connection: Connection,
    trade_id: bytes,
    status: TradeStatus,
    terms: bytes,
    packet: bytes,
    tx_id: bytes,
    position: int,
) -> None:
    values = {
        "trade_id": trade_id,
        "status": status.value,
        "terms_hash": terms,
        "packet": packet,
        "opening_tx_id": bytes(tx_id),
        "opening_position": position,
        "closing_tx_id": b"",
        "closing_position": 0,
    }
    _OPEN_TRADE.change(connection, values)


def _close_trade(connection: Connection, trade_id: bytes, status: TradeStatus, tx_id: bytes, position: int) -> None:
    closing = {"new_status": status.value, "new_closing_tx_id": bytes(tx_id), "new_closing_position": position}
    _CLOSE_TRADE.change(connection, {**closing, "of_trade": trade_id})


def _add_event(
    connection: Connection, kind: IbcEventKind, packet: bytes, acknowledgement: bytes, tx_id: bytes, position: int
) -> None:
    values = {
        "kind": kind.value,
        "packet": packet,
        "acknowledgement": acknowledgement,
        "tx_id": bytes(tx_id),
        "journal_position": position,
    }
    _ADD_EVENT.change(connection, values)


def _trade_of(columns: Mapping[str, Any]) -> TradeRecord:
    return TradeRecord(**{**columns, "status": TradeStatus(columns["status"])})
