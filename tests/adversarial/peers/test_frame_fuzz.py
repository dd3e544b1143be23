"""Arbitrary and mutated frames: decoded to exactly what was meant, or refused by name; nothing else escapes."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.node.peers import PeerLimits
from chains.progmat.node.peers.errors import ProtocolViolation
from chains.progmat.node.peers.frame_codec import (
    Answer,
    Failure,
    Request,
    Response,
    decode_answers,
    decode_requests,
    encode_frame,
    size_in_frame,
)
from chains.rpc_status import Blame

LIMITS = PeerLimits(max_body_bytes=200, max_frame_bytes=9000)
IDS = st.integers(min_value=1, max_value=2**64 - 1)
BODIES = st.binary(max_size=200)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=16)
REQUESTS = st.builds(Request, IDS, TEXTS, BODIES)
ANSWERS = st.one_of(st.builds(Response, IDS, BODIES), st.builds(Failure, IDS, TEXTS, TEXTS, st.sampled_from(Blame)))


@given(st.lists(REQUESTS, min_size=1, max_size=32))
def test_requests_survive_the_wire(requests: list[Request]) -> None:
    data = encode_frame(requests)
    assert len(data) <= sum(map(size_in_frame, requests))
    assert decode_requests("bob", data, LIMITS) == requests


@given(st.lists(ANSWERS, min_size=1, max_size=32))
def test_answers_survive_the_wire(answers: list[Answer]) -> None:
    data = encode_frame(answers)
    assert len(data) <= sum(map(size_in_frame, answers))
    assert decode_answers("bob", data, LIMITS) == answers


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_by_name_or_mean_themselves(data: bytes) -> None:
    with contextlib.suppress(ProtocolViolation):
        assert encode_frame(decode_requests("bob", data, LIMITS)) == data
    with contextlib.suppress(ProtocolViolation):
        assert encode_frame(decode_answers("bob", data, LIMITS)) == data


@settings(max_examples=300)
@given(st.lists(REQUESTS, min_size=1, max_size=4), st.data())
def test_a_changed_byte_is_refused_or_is_another_frame(requests: list[Request], data: st.DataObject) -> None:
    frame = bytearray(encode_frame(requests))
    position = data.draw(st.integers(min_value=0, max_value=len(frame) - 1))
    frame[position] ^= data.draw(st.integers(min_value=1, max_value=255))
    with contextlib.suppress(ProtocolViolation):
        decoded = decode_requests("bob", bytes(frame), LIMITS)
        assert decoded != requests
        assert encode_frame(decoded) == bytes(frame)
