"""Attacks on AWS Nitro documents."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation import AWS_NITRO_ROOT_PIN, INTEL_SGX_ROOT_PIN, verify_nitro_document
from light_clients.enclave.attestation.nitro import MAX_AGE_S, decode_nitro_document
from light_clients.enclave.errors import MalformedAttestation, StaleAttestation, UntrustedRoot
from primitives.errors import Refusal

DOCUMENT = (Path(__file__).parents[2] / "vectors" / "attestation" / "nitro_valid.cbor").read_bytes()
MADE_S = decode_nitro_document(DOCUMENT).timestamp_s
PINS = {AWS_NITRO_ROOT_PIN}


def flipped(place: int, mask: int) -> bytes:
    return DOCUMENT[:place] + bytes((DOCUMENT[place] ^ mask,)) + DOCUMENT[place + 1 :]


@pytest.mark.parametrize("start", range(0, len(DOCUMENT), 61))
def test_no_byte_of_a_document_can_be_changed(start: int) -> None:
    with pytest.raises(Refusal):
        verify_nitro_document(flipped(start, 1), PINS, TimeBounds.at(MADE_S))


@given(place=st.integers(0, len(DOCUMENT) - 1), mask=st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_no_byte_anywhere_in_a_document_can_be_changed(place: int, mask: int) -> None:
    with pytest.raises(Refusal):
        verify_nitro_document(flipped(place, mask), PINS, TimeBounds.at(MADE_S))


@pytest.mark.parametrize("tail", [b"\0", b"\xf6"])
def test_bytes_behind_a_document_are_refused(tail: bytes) -> None:
    with pytest.raises(MalformedAttestation):
        verify_nitro_document(DOCUMENT + tail, PINS, TimeBounds.at(MADE_S))


def test_a_document_under_a_root_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(UntrustedRoot):
        verify_nitro_document(DOCUMENT, {INTEL_SGX_ROOT_PIN}, TimeBounds.at(MADE_S))


def test_an_old_document_is_refused_to_the_second_although_its_leaf_still_lives() -> None:
    verify_nitro_document(DOCUMENT, PINS, TimeBounds.at(MADE_S + MAX_AGE_S))
    with pytest.raises(StaleAttestation):
        verify_nitro_document(DOCUMENT, PINS, TimeBounds(MADE_S, MADE_S + MAX_AGE_S + 1))


def test_a_document_from_the_future_is_refused() -> None:
    with pytest.raises(StaleAttestation):
        verify_nitro_document(DOCUMENT, PINS, TimeBounds.at(MADE_S - 1))


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_refused(data: bytes) -> None:
    with contextlib.suppress(MalformedAttestation):
        decode_nitro_document(data)
