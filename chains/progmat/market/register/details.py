"""What the register says of a transfer beside its amounts: its kind (移転区分), the trade, who ordered it and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from chains.progmat.contracts import native_dvp
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE, THAW
from chains.progmat.contracts.names import NATIVE_DVP, TOKENS
from chains.progmat.contracts.native_terms import decode_native_terms
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote, decode_note
from chains.progmat.transactions.wire import WireTransaction


class RegisterKind(Enum):
    """The kind of a transfer (移転区分), and what else makes an entry."""

    PRIMARY = "PRIMARY"
    """Issued to its first holder (新規記録)."""
    SECONDARY = "SECONDARY"
    """From holder to holder."""
    FORCED = "FORCED"
    """By the registrar alone, with a second approver (強制移転)."""
    REDEMPTION = "REDEMPTION"
    CANCELLATION = "CANCELLATION"
    """Back to where the cancelled transfer came from (取消)."""
    COUPON = "COUPON"
    GRANT = "GRANT"
    USE = "USE"
    FREEZE = "FREEZE"
    """Units of an account are frozen: it holds as much as before."""
    THAW = "THAW"
    OTHER = "OTHER"
    """States are at another notary, or of another contract package; nobody holds more or less."""


@dataclass(frozen=True, slots=True)
class TransferDetails:
    """What a transfer says of itself; empty where it says nothing. Staff are ids, a reference a case number."""

    kind: RegisterKind = RegisterKind.OTHER
    trade_id: bytes = b""
    cancelled_tx_id: bytes = b""
    settlement_date: str = ""
    reason: str = ""
    reference: str = ""
    author: str = ""
    approver: str = ""


_KINDS: Final = {
    ISSUE: RegisterKind.PRIMARY,
    MOVE: RegisterKind.SECONDARY,
    REDEEM: RegisterKind.REDEMPTION,
    FORCE: RegisterKind.FORCED,
    CANCEL: RegisterKind.CANCELLATION,
    FREEZE: RegisterKind.FREEZE,
    THAW: RegisterKind.THAW,
}
"""What the command says by itself."""
_WITHOUT_TRANSFER: Final = (RegisterKind.FREEZE, RegisterKind.THAW)


def details_of(wire: WireTransaction) -> TransferDetails:
    """Read off a recorded transaction's commands, which its contracts have checked."""
    trade_id = b""
    for command in wire.commands:
        if (command.contract, command.name) == (NATIVE_DVP, native_dvp.SETTLE):
            trade_id = decode_native_terms(command.data).trade_id
    for command in wire.commands:
        if command.contract in TOKENS:
            return _details(command.name, decode_note(command.data), trade_id)
    return TransferDetails()


def _details(command_name: str, note: TransferNote, trade_id: bytes) -> TransferDetails:
    """The note's word, where there is one: it cannot contradict its command."""
    kind = _KINDS.get(command_name, RegisterKind.OTHER)
    if note.kind is not TransferKind.NONE and kind not in _WITHOUT_TRANSFER:
        kind = RegisterKind[note.kind.name]
    return TransferDetails(
        kind=kind,
        trade_id=note.trade_id or trade_id,
        cancelled_tx_id=note.cancelled_tx_id,
        settlement_date="" if note.settlement_date is None else note.settlement_date.isoformat(),
        reason=note.reason,
        reference=note.reference,
        author=note.author,
        approver=note.approver,
    )
