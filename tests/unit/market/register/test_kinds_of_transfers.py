"""What the register says of a transfer: its note's word, or what follows from the command."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE, THAW
from chains.progmat.contracts.names import SECURITY_TOKEN
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.market.register.details import RegisterKind, TransferDetails, details_of
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command
from primitives.types import hash32
from tests.fakes.ledger_parties import AN, NN

FRAME = TransactionBuilder(NN.party, hash32(b"\x01" * 32), hash32(b"\x03" * 32))


def told(name: str, note: TransferNote) -> TransferDetails:
    command = Command(SECURITY_TOKEN, name, note.encode(), (AN.key,))
    return details_of(replace(FRAME, commands=(command,)).to_wire(b"\x02" * 32))


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        (ISSUE, TransferKind.NONE, RegisterKind.PRIMARY),
        (ISSUE, TransferKind.GRANT, RegisterKind.GRANT),
        (MOVE, TransferKind.NONE, RegisterKind.SECONDARY),
        (MOVE, TransferKind.PRIMARY, RegisterKind.PRIMARY),
        (MOVE, TransferKind.COUPON, RegisterKind.COUPON),
        (REDEEM, TransferKind.USE, RegisterKind.USE),
        (REDEEM, TransferKind.NONE, RegisterKind.REDEMPTION),
        (FORCE, TransferKind.FORCED, RegisterKind.FORCED),
        (FREEZE, TransferKind.FORCED, RegisterKind.FREEZE),
        (THAW, TransferKind.FORCED, RegisterKind.THAW),
        (CANCEL, TransferKind.CANCELLATION, RegisterKind.CANCELLATION),
    ],
)
def test_the_kind_is_the_notes_or_the_commands(name: str, kind: TransferKind, expected: RegisterKind) -> None:
    assert told(name, TransferNote(kind)).kind is expected


def test_reason_people_and_the_cancelled_transfer_are_told() -> None:
    note = TransferNote(
        TransferKind.CANCELLATION, b"\x05" * 32, b"\x06" * 32, date(2026, 9, 30), "WRONG", "R8-1", "a.sato", "k.mori"
    )
    assert told(CANCEL, note) == TransferDetails(
        RegisterKind.CANCELLATION, b"\x05" * 32, b"\x06" * 32, "2026-09-30", "WRONG", "R8-1", "a.sato", "k.mori"
    )


def test_what_is_no_transfer_of_tokens_is_told_as_other() -> None:
    assert details_of(FRAME.to_wire(b"\x02" * 32)) == TransferDetails()
