"""Attacks on SGX attestation: every part of a quote and of its collateral changed, and makers who are not the maker."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation import (
    INTEL_SGX_ROOT_PIN,
    SgxCollateral,
    TcbStatus,
    VerifiedAttestation,
    verify_sgx_quote,
)
from light_clients.enclave.attestation.der import der_sequence
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS
from light_clients.enclave.attestation.sgx_collateral import decode_collateral
from light_clients.enclave.attestation.sgx_quote import decode_sgx_quote
from light_clients.enclave.attestation.sgx_tcb import read_qe_identity, read_tcb_info
from light_clients.enclave.errors import (
    BrokenChain,
    ForeignQuote,
    MalformedAttestation,
    PlatformRefused,
    RevokedCertificate,
    StaleAttestation,
    UntrustedRoot,
)
from primitives.errors import Refusal
from relayer.enclave.simulation import SimulatedRoot, TcbFacts
from tests.fakes.enclave_world import MEASUREMENT
from tests.fakes.qbft_headers import TIME_0_S

VECTORS = Path(__file__).parents[2] / "vectors" / "attestation"
QUOTE = (VECTORS / "sgx_v3_quote.bin").read_bytes()
COLLATERAL_JSON = (VECTORS / "sgx_v3_collateral.json").read_bytes()
COLLATERAL = decode_collateral(COLLATERAL_JSON)
IN_TIME = TimeBounds.at(int(datetime(2025, 7, 1, tzinfo=UTC).timestamp()))
NOW = TimeBounds.at(TIME_0_S)
MAKER = SimulatedRoot.generate(TIME_0_S)
PLATFORM = MAKER.platform(TIME_0_S)
FIELDS = tuple(SgxCollateral.__slots__)


def verify(
    quote: bytes = QUOTE, collateral: SgxCollateral = COLLATERAL, now: TimeBounds = IN_TIME
) -> VerifiedAttestation:
    return verify_sgx_quote(quote, collateral, {INTEL_SGX_ROOT_PIN}, now)


def simulated(
    maker: SimulatedRoot = MAKER, facts: TcbFacts | None = None, now: TimeBounds = NOW
) -> VerifiedAttestation:
    quote = PLATFORM.quote(bytes(64), MEASUREMENT)
    return verify_sgx_quote(quote, MAKER.collateral(TIME_0_S, facts), {maker.pin}, now)


def flipped(data: bytes, place: int, mask: int) -> bytes:
    return data[:place] + bytes((data[place] ^ mask,)) + data[place + 1 :]


@pytest.mark.parametrize("start", range(0, len(QUOTE), 61))
def test_no_byte_of_a_quote_can_be_changed(start: int) -> None:
    with pytest.raises(Refusal):
        verify(flipped(QUOTE, start, 1))


@given(place=st.integers(0, len(QUOTE) - 1), mask=st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_no_byte_anywhere_in_a_quote_can_be_changed(place: int, mask: int) -> None:
    with pytest.raises(Refusal):
        verify(flipped(QUOTE, place, mask))


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("part", range(0, 100, 9))
def test_no_byte_of_any_field_of_the_collateral_can_be_changed(name: str, part: int) -> None:
    value = getattr(COLLATERAL, name)
    place = part * (len(value) - 1) // 99
    with pytest.raises(Refusal):
        verify(collateral=replace(COLLATERAL, **{name: flipped(value, place, 1)}))


@given(place=st.integers(0, len(COLLATERAL_JSON) - 1), mask=st.integers(1, 255))
@settings(max_examples=150, deadline=None)
def test_a_changed_collateral_file_is_refused_or_says_the_same(place: int, mask: int) -> None:
    with contextlib.suppress(Refusal):
        changed = decode_collateral(flipped(COLLATERAL_JSON, place, mask))
        verify(collateral=changed)
        assert changed == COLLATERAL  # the case of a hexadecimal digit


@pytest.mark.parametrize("cut", [0, 1, 47, 48, 431, 432, 435, 436, 1000, 1012, 1014, 1050, len(QUOTE) - 1])
def test_a_quote_cut_off_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(MalformedAttestation):
        verify(QUOTE[:cut])


def test_bytes_behind_a_quote_are_refused() -> None:
    with pytest.raises(MalformedAttestation):
        verify(QUOTE + b"\0")


@given(st.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_random_bytes_are_refused_by_every_parser(data: bytes) -> None:
    for parse in (decode_sgx_quote, decode_collateral, read_tcb_info, read_qe_identity, der_sequence):
        with contextlib.suppress(MalformedAttestation):
            parse(data)


@pytest.mark.parametrize("name", ["tcb_info", "qe_identity"])
def test_signed_json_that_was_written_again_is_refused(name: str) -> None:
    rewritten = getattr(COLLATERAL, name).replace(b":", b": ", 1)
    with pytest.raises(ForeignQuote):
        verify(collateral=replace(COLLATERAL, **{name: rewritten}))


def test_tcb_info_and_qe_identity_cannot_stand_in_for_each_other() -> None:
    swapped = replace(COLLATERAL, tcb_info=COLLATERAL.qe_identity, tcb_info_signature=COLLATERAL.qe_identity_signature)
    with pytest.raises(MalformedAttestation):
        verify(collateral=swapped)


@pytest.mark.parametrize("year", [2024, 2026])
def test_collateral_before_or_after_its_time_is_refused(year: int) -> None:
    with pytest.raises(StaleAttestation):
        verify(now=TimeBounds.at(int(datetime(year, 7, 1, tzinfo=UTC).timestamp())))


def test_collateral_is_judged_to_the_second_and_over_the_whole_window() -> None:
    until_s = verify().valid_until_s
    verify(now=TimeBounds.at(until_s))
    with pytest.raises(StaleAttestation):
        verify(now=TimeBounds(until_s, until_s + 1))


def test_the_simulated_root_is_refused_where_the_makers_are_pinned() -> None:
    with pytest.raises(UntrustedRoot):
        verify_sgx_quote(PLATFORM.quote(bytes(64), MEASUREMENT), MAKER.collateral(TIME_0_S), PRODUCTION_ROOT_PINS, NOW)


def test_the_simulated_root_is_accepted_where_it_is_pinned() -> None:
    assert simulated().measurement == MEASUREMENT


def test_another_simulated_root_of_the_same_name_is_refused() -> None:
    with pytest.raises(UntrustedRoot):
        simulated(SimulatedRoot.generate(TIME_0_S))


def test_collateral_of_another_root_is_refused_even_if_both_are_pinned() -> None:
    other = SimulatedRoot.generate(TIME_0_S)
    quote = PLATFORM.quote(bytes(64), MEASUREMENT)
    with pytest.raises((UntrustedRoot, BrokenChain)):
        verify_sgx_quote(quote, other.collateral(TIME_0_S), {MAKER.pin, other.pin}, NOW)


def test_a_revoked_pck_certificate_is_refused() -> None:
    collateral = MAKER.collateral(TIME_0_S, revoked=[PLATFORM.pck_certificate])
    with pytest.raises(RevokedCertificate):
        verify_sgx_quote(PLATFORM.quote(bytes(64), MEASUREMENT), collateral, {MAKER.pin}, NOW)


@pytest.mark.parametrize("part", ["pck_authority", "tcb_signer"])
def test_a_revoked_authority_or_tcb_signer_is_refused(part: str) -> None:
    collateral = MAKER.collateral(TIME_0_S, revoked=[getattr(MAKER, part).certificate])
    with pytest.raises(RevokedCertificate):
        verify_sgx_quote(PLATFORM.quote(bytes(64), MEASUREMENT), collateral, {MAKER.pin}, NOW)


def test_a_pck_certificate_cannot_sign_collateral() -> None:
    chain = PLATFORM.pck_chain
    with pytest.raises(BrokenChain):
        verify_sgx_quote(
            PLATFORM.quote(bytes(64), MEASUREMENT),
            replace(MAKER.collateral(TIME_0_S), tcb_info_issuer_chain=chain),
            {MAKER.pin},
            NOW,
        )


def test_a_quote_whose_attestation_key_the_platform_did_not_vouch_for_is_refused() -> None:
    impostor = replace(PLATFORM, attestation_key=MAKER.platform(TIME_0_S).attestation_key)
    genuine, forged = PLATFORM.quote(bytes(64), MEASUREMENT), impostor.quote(bytes(64), bytes(32))
    signature_and_key = slice(436, 436 + 128)
    spliced = forged[:436] + forged[signature_and_key] + genuine[436 + 128 :]
    with pytest.raises(ForeignQuote):
        verify_sgx_quote(spliced, MAKER.collateral(TIME_0_S), {MAKER.pin}, NOW)


def test_a_quote_for_another_platform_family_is_refused() -> None:
    with pytest.raises(PlatformRefused):
        simulated(facts=TcbFacts(fmspc=bytes(6)))


@pytest.mark.parametrize(
    ("platform", "quoting_enclave", "merged"),
    [
        ("UpToDate", "UpToDate", TcbStatus.UP_TO_DATE),
        ("UpToDate", "OutOfDate", TcbStatus.OUT_OF_DATE),
        ("SWHardeningNeeded", "OutOfDate", TcbStatus.OUT_OF_DATE),
        ("ConfigurationNeeded", "OutOfDate", TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED),
        ("ConfigurationAndSWHardeningNeeded", "OutOfDate", TcbStatus.OUT_OF_DATE_CONFIGURATION_NEEDED),
        ("UpToDate", "Revoked", TcbStatus.REVOKED),
        ("Revoked", "UpToDate", TcbStatus.REVOKED),
    ],
)
def test_an_outdated_quoting_enclave_does_not_hide_behind_its_platform(
    platform: str, quoting_enclave: str, merged: TcbStatus
) -> None:
    assert simulated(facts=TcbFacts(status=platform, qe_status=quoting_enclave)).tcb_status is merged
