"""Bytes and fields that are no proposal, ballot or result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.proposal_codec import decode_record, encode_record
from chains.progmat.contracts.proposal_states import BallotChoice, BallotState, ProposalOutcome, ResultState
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Party
from primitives.errors import DecodeError
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.fakes.proposal_world import NEW_PACKAGE, SC, proposal_of
from tests.fakes.token_parties import NOW_S

FOR, UNCAST = BallotChoice.FOR, BallotChoice.UNCAST


@pytest.mark.parametrize("data", [b"", b"\x0a\x00", b"\x12\x02\x18\x09", b"\x1a\x00", b"\xff" * 40])
def test_bytes_that_are_no_record_are_refused(data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_record(data)


@pytest.mark.parametrize(
    "changes",
    [
        {"roll": ()},
        {"roll": (CN_B.party, CN_A.party)},
        {"roll": (CN_A.party, Party(CN_A.name, CN_B.key))},
        {"package_hash": b"short"},
        {"needed_percent": 0},
        {"needed_percent": 101},
        {"closes_s": 0},
    ],
)
def test_a_proposal_out_of_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedComponent):
        replace(proposal_of(NOW_S), **changes)


def test_records_survive_their_encoding() -> None:
    result = ResultState(SC, NEW_PACKAGE, NEW_PACKAGE, NEW_PACKAGE, NOW_S, 4, 3, 1, ProposalOutcome.APPROVED)
    cast = BallotState(SC, CN_A.party, FOR, bytes(32))
    for item in (proposal_of(NOW_S), BallotState(SC, CN_A.party), cast, result):
        assert decode_record(encode_record(item)) == item
    with pytest.raises(MalformedComponent):
        replace(result, votes_for=4)
    with pytest.raises(MalformedComponent):
        BallotState(SC, CN_A.party, UNCAST, bytes(32))
