"""Acknowledgements, paths, identifiers, time-outs and time bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.acknowledgement import MAX_ACK_BYTES, UNIVERSAL_ERROR_ACK, ack_commitment, is_error
from ibc.errors import (
    InvalidAcknowledgement,
    InvalidIdentifier,
    InvalidTimeout,
    TimeoutNotReached,
)
from ibc.identifiers import client_id, port_id
from ibc.light_client import TimeBounds
from ibc.paths import ack_path, commitment_path, receipt_path
from ibc.timeout import (
    MAX_TIMEOUT_DELTA_S,
    validate_timed_out,
    validate_timeout_at_send,
)
from primitives.errors import DecodeError, InvalidArgument

NOW_S = 1_800_000_000


def test_acknowledgement_commitments_are_those_of_ibc_go() -> None:
    assert ack_commitment([b"some bytes"]).hex() == "f03b4667413e56aaf086663267913e525c442b56fa1af4fa3f3dab9f37044c5b"
    assert UNIVERSAL_ERROR_ACK.hex() == "4774d4a575993f963b1c06573736617a457abef8589178db8d10c94b4ab511ab"
    assert (
        ack_commitment([UNIVERSAL_ERROR_ACK]).hex()
        == "e2fb30dfbf7abdeaca82d426534d2b3a9d5444dd2a87fa16d38b77ba1a13ced7"
    )


def test_only_the_universal_error_is_an_error() -> None:
    assert is_error(UNIVERSAL_ERROR_ACK)
    assert not is_error(UNIVERSAL_ERROR_ACK + b"\x00")
    assert not is_error(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT")


@pytest.mark.parametrize("acks", [[], [b""], [b"ok", b""], [bytes(MAX_ACK_BYTES + 1)]], ids=len)
def test_missing_empty_and_oversized_acknowledgements_are_refused(acks: list[bytes]) -> None:
    with pytest.raises(InvalidAcknowledgement):
        ack_commitment(acks)


def test_the_error_acknowledgement_stands_alone() -> None:
    with pytest.raises(InvalidAcknowledgement, match="alone"):
        ack_commitment([b"ok", UNIVERSAL_ERROR_ACK])


def test_paths_are_client_tag_and_sequence() -> None:
    assert commitment_path("qbft-0", 1) == b"qbft-0\x01" + bytes(7) + b"\x01"
    assert receipt_path("qbft-0", 256) == b"qbft-0\x02" + bytes(6) + b"\x01\x00"
    assert ack_path("qbft-0", 2**64 - 1) == b"qbft-0\x03" + b"\xff" * 8


@given(st.tuples(st.sampled_from(["ab", "ab0", "abc"]), st.integers(1, 2**64 - 1)))
def test_no_two_paths_are_equal(packet: tuple[str, int]) -> None:
    makers = (commitment_path, receipt_path, ack_path)
    neighbours = [(client, packet[1]) for client in ("ab", "ab0", "abc")]
    assert len({maker(*neighbour) for maker in makers for neighbour in neighbours}) == 9


@pytest.mark.parametrize("sequence", [0, -1, 2**64])
def test_a_sequence_out_of_range_has_no_path(sequence: int) -> None:
    with pytest.raises(DecodeError):
        commitment_path("qbft-0", sequence)


@pytest.mark.parametrize("value", ["ab", "07-tendermint-0", "a.b_c+d-e#f[g]h<i>", "x" * 64])
def test_identifiers_of_the_alphabet_are_accepted(value: str) -> None:
    assert client_id(value) == value
    assert port_id(value) == value


@pytest.mark.parametrize("value", ["", "a", "a b", "a/b", "ab\n", "ab\x01", "é" * 2, "x" * 129, "٣٤"])
def test_other_identifiers_are_refused(value: str) -> None:
    for check in (client_id, port_id):
        with pytest.raises(InvalidIdentifier):
            check(value)


def test_a_port_may_be_longer_than_a_client() -> None:
    assert port_id("x" * 128)
    with pytest.raises(InvalidIdentifier):
        client_id("x" * 65)


@pytest.mark.parametrize("delta_s", [1, 60, MAX_TIMEOUT_DELTA_S])
def test_a_time_out_within_a_day_may_be_sent(delta_s: int) -> None:
    validate_timeout_at_send(NOW_S + delta_s, NOW_S)


@pytest.mark.parametrize("delta_s", [-1, 0, MAX_TIMEOUT_DELTA_S + 1])
def test_a_time_out_in_the_past_or_too_far_away_may_not_be_sent(delta_s: int) -> None:
    with pytest.raises(InvalidTimeout):
        validate_timeout_at_send(NOW_S + delta_s, NOW_S)


def test_one_second_before_the_time_out_a_packet_is_not_timed_out() -> None:
    with pytest.raises(TimeoutNotReached) as caught:
        validate_timed_out(NOW_S, NOW_S - 1)
    assert (caught.value.timeout_s, caught.value.clock_s) == (NOW_S, NOW_S - 1)


@pytest.mark.parametrize("late_s", [0, 1])
def test_at_and_after_the_time_out_a_packet_is_timed_out(late_s: int) -> None:
    validate_timed_out(NOW_S, NOW_S + late_s)


@pytest.mark.parametrize("bounds", [(5, 4), (-1, 4)])
def test_time_bounds_are_in_order(bounds: tuple[int, int]) -> None:
    with pytest.raises(InvalidArgument):
        TimeBounds(*bounds)
    assert TimeBounds.at(5) == TimeBounds(5, 5)
