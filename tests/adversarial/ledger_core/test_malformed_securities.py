"""Bytes of securities, gates, controls, notes and questions about them: cut, flipped, longer, out of range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from crossdvp.ledger.v1 import securities_states_pb2 as pb
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.errors import ContractViolation
from chains.progmat.contracts.names import NETWORK_CONTROL, SECURITY, SECURITY_TOKEN, TRANSFER_GATE
from chains.progmat.contracts.network_control import NetworkControlState, Opening
from chains.progmat.contracts.security import SecurityState
from chains.progmat.contracts.token import TokenState
from chains.progmat.contracts.transfer_gate import TransferGateState
from chains.progmat.contracts.transfer_note import decode_note
from chains.progmat.flows import peer_codec
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import TransactionState
from primitives.errors import DecodeError
from tests.fakes.ledger_parties import NN, STRANGER
from tests.fakes.security_parties import ACT, TERMS, a_security, gate, gated
from tests.fakes.token_parties import ST

Again = Callable[[bytes], bytes]


def _state(contract: str, of: Callable[[TransactionState], object]) -> Again:
    return lambda data: of(TransactionState(contract, data, NN.party)).encode()  # type: ignore[attr-defined] # all of them have it


def _question(data: bytes) -> bytes:
    return peer_codec.encode_fetch_rule_state(*peer_codec.decode_fetch_rule_state(data))


WHOLE: Final[dict[str, tuple[bytes, Again]]] = {
    "security": (a_security().encode(), _state(SECURITY, SecurityState.of)),
    "gate": (gate(controlled=True).encode(), _state(TRANSFER_GATE, TransferGateState.of)),
    "control": (NetworkControlState(ST, Opening.OPEN).encode(), _state(NETWORK_CONTROL, NetworkControlState.of)),
    "token": (gated(5, frozen=True).encode(), _state(SECURITY_TOKEN, TokenState.of)),
    "note": (ACT.encode(), lambda data: decode_note(data).encode()),
    "question": (peer_codec.encode_fetch_rule_state(TRANSFER_GATE, "GATE-1"), _question),
}


@pytest.mark.parametrize("what", WHOLE)
@pytest.mark.parametrize("tail", [b"\x00", b"\x7a\x01x", b"\xff"], ids=["zero", "unknown field", "cut field"])
def test_what_has_more_behind_is_refused(what: str, tail: bytes) -> None:
    whole, again = WHOLE[what]
    assert again(whole) == whole

    with pytest.raises(DecodeError):
        again(whole + tail)


@pytest.mark.parametrize("what", WHOLE)
@given(position=st.integers(0, 10_000), flip=st.integers(1, 255), cut=st.booleans())
@settings(max_examples=60, deadline=None)
def test_bytes_flipped_or_cut_give_something_else_whole_or_a_named_error(
    what: str,
    position: int,
    flip: int,
    cut: bool,  # noqa: FBT001 # drawn
) -> None:
    whole, again = WHOLE[what]
    at = position % len(whole)
    other = whole[:at] if cut else whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
    try:
        assert again(other) == other
    except (DecodeError, ContractViolation) as error:  # the latter: whole, but of the other network's contract
        assert error.reason  # noqa: PT017 # either outcome is right, but each by its own rule


@pytest.mark.parametrize(
    "changes",
    [
        {"isin": "JP90A000001"},
        {"isin": "jp90a0000015"},
        {"units": 0},
        {"units": 10**15 + 1},
        {"redemption_date": date(2026, 4, 1)},
        {"record_dates": ((9, 30), (3, 31))},
        {"record_dates": ((3, 31), (3, 31))},
        {"record_dates": ((2, 30),)},
        {"record_dates": ((1, 1), (2, 2), (3, 3))},
        {"trust_contract_id": " TC-1"},
    ],
    ids=["short isin", "small isin", "none", "many", "over at once", "order", "twice", "no day", "three", "blank"],
)
def test_terms_out_of_range_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedComponent):
        replace(TERMS, **changes)  # type: ignore[arg-type] # any field


def test_a_security_has_one_to_eight_approvers_in_order() -> None:
    keys = a_security().approvers
    for approvers in ((), keys[::-1], (keys[0], keys[0]), (STRANGER.key,) * 9):
        with pytest.raises(MalformedComponent, match="approvers"):
            replace(a_security(), approvers=approvers)


@pytest.mark.parametrize("number", [0, 3, 99])
def test_what_is_neither_open_nor_closed_is_refused(number: int) -> None:
    message = pb.NetworkControlState()
    message.ParseFromString(NetworkControlState(ST, Opening.OPEN).encode())
    message.opening = number  # type: ignore[assignment] # not a value of it

    with pytest.raises(DecodeError):
        NetworkControlState.of(TransactionState(NETWORK_CONTROL, message.SerializeToString(), NN.party))
