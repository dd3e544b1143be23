"""Recorded attestations of real hardware, and simulated ones against an independent verifier."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation import (
    AWS_NITRO_ROOT_PIN,
    INTEL_SGX_ROOT_PIN,
    TcbStatus,
    Technology,
    verify_nitro_document,
    verify_sgx_quote,
)
from light_clients.enclave.attestation.cbor import decode_cbor
from light_clients.enclave.attestation.nitro import decode_nitro_document
from light_clients.enclave.attestation.sgx_collateral import cut_signed_object, decode_collateral, encode_collateral
from light_clients.enclave.attestation.x509_chain import load_der_certificate
from light_clients.enclave.errors import AttestationRefused, MalformedAttestation
from primitives.hashing import sha256
from relayer.enclave.simulation import SimulatedRoot, TcbFacts
from tests.fakes.enclave_world import MEASUREMENT
from tests.fakes.qbft_headers import TIME_0_S

VECTORS = Path(__file__).parents[2] / "vectors" / "attestation"
QUOTE = (VECTORS / "sgx_v3_quote.bin").read_bytes()
COLLATERAL_JSON = (VECTORS / "sgx_v3_collateral.json").read_bytes()
COLLATERAL = decode_collateral(COLLATERAL_JSON)
IN_TIME = TimeBounds.at(int(datetime(2025, 7, 1, tzinfo=UTC).timestamp()))
NITRO = (VECTORS / "nitro_valid.cbor").read_bytes()


def test_pins_are_the_hashes_of_the_recorded_roots() -> None:
    assert sha256((VECTORS / "intel_sgx_root_ca.der").read_bytes()) == INTEL_SGX_ROOT_PIN
    pem = (VECTORS / "aws_nitro_root_g1.pem").read_bytes()
    der = serialization.Encoding.DER
    assert sha256(x509.load_pem_x509_certificate(pem).public_bytes(der)) == AWS_NITRO_ROOT_PIN
    assert load_der_certificate((VECTORS / "intel_sgx_root_ca.der").read_bytes())


def test_a_recorded_quote_is_verified_as_expected() -> None:
    found = verify_sgx_quote(QUOTE, COLLATERAL, {INTEL_SGX_ROOT_PIN}, IN_TIME)
    assert found.technology is Technology.SGX
    assert found.tcb_status is TcbStatus.CONFIGURATION_AND_SW_HARDENING_NEEDED
    assert found.advisories == ("INTEL-SA-00289", "INTEL-SA-00615")
    assert found.measurement.hex().startswith("33d8736d")
    assert found.report_data.rstrip(b"\0") == b"Hello, world!"
    assert not found.is_debug
    assert found.valid_from_s <= IN_TIME.earliest_s <= found.valid_until_s
    assert found.tcb_evaluation_number == 17


def test_a_recorded_nitro_document_is_verified_at_its_own_time() -> None:
    made_s = decode_nitro_document(NITRO).timestamp_s
    found = verify_nitro_document(NITRO, {AWS_NITRO_ROOT_PIN}, TimeBounds.at(made_s))
    assert found.technology is Technology.NITRO
    assert any(found.measurement)


def test_a_recorded_nitro_document_of_debug_mode_is_refused() -> None:
    document = (VECTORS / "nitro_debug_mode.cbor").read_bytes()
    made_s = decode_nitro_document(document).timestamp_s
    with pytest.raises(AttestationRefused, match="debug mode"):
        verify_nitro_document(document, {AWS_NITRO_ROOT_PIN}, TimeBounds.at(made_s))


def test_collateral_survives_its_json_form() -> None:
    assert decode_collateral(encode_collateral(COLLATERAL)) == COLLATERAL


def test_the_signed_object_is_cut_out_of_an_answer_byte_for_byte() -> None:
    body = (
        b'{"tcbInfo":' + COLLATERAL.tcb_info + b',"signature":"' + COLLATERAL.tcb_info_signature.hex().encode() + b'"}'
    )
    assert cut_signed_object(body, "tcbInfo") == (COLLATERAL.tcb_info, COLLATERAL.tcb_info_signature)


@pytest.mark.parametrize(
    "body",
    [
        b'{"tcbInfo":{"a":1},"signature":"00","tcbInfo":{"a":1}}',
        b'{"tcbInfo":{"a":1},"signature":"00","more":1}',
        b'{"signature":"00","tcbInfo":{"a":1}}',
        b'{"tcbInfo": {"a":1}, "signature":"00"}',
        b'{"tcbInfo":[1],"signature":"00"}',
        b'{"tcbInfo":{"a":1.5},"signature":"00"}',
        b'{"tcbInfo":{"a":1},"signature":"0g"}',
        b"[" * 5000,
    ],
)
def test_an_answer_that_is_not_one_signed_object_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedAttestation):
        cut_signed_object(body, "tcbInfo")


def oracle(quote: bytes, collateral_json: bytes, root_der: bytes, now_s: int) -> tuple[str, list[str]]:
    """What another implementation says."""
    dcap_qvl = pytest.importorskip("dcap_qvl", reason="the independent verifier is not installed (PyPI: dcap-qvl)")
    parsed = dcap_qvl.QuoteCollateralV3.from_json(collateral_json.decode())
    report = dcap_qvl.verify_with_root_ca(quote, parsed, root_der, now_s)
    return report.status, list(report.advisory_ids)


def test_an_independent_verifier_agrees_on_the_recorded_quote() -> None:
    root = (VECTORS / "intel_sgx_root_ca.der").read_bytes()
    status, advisories = oracle(QUOTE, COLLATERAL_JSON, root, IN_TIME.earliest_s)
    assert status == "ConfigurationAndSWHardeningNeeded"
    assert sorted(advisories) == ["INTEL-SA-00289", "INTEL-SA-00615"]


@pytest.mark.parametrize(
    "facts",
    [
        TcbFacts(),
        TcbFacts(status="SWHardeningNeeded", advisories=("INTEL-SA-00615",)),
        TcbFacts(status="ConfigurationNeeded", qe_status="OutOfDate"),
        TcbFacts(status="SWHardeningNeeded", qe_status="OutOfDate"),
    ],
)
def test_an_independent_verifier_agrees_on_simulated_quotes(facts: TcbFacts) -> None:
    maker = SimulatedRoot.generate(TIME_0_S)
    quote = maker.platform(TIME_0_S).quote(bytes(64), MEASUREMENT)
    collateral = maker.collateral(TIME_0_S, facts)
    ours = verify_sgx_quote(quote, collateral, {maker.pin}, TimeBounds.at(TIME_0_S))
    der = maker.root.certificate.public_bytes(serialization.Encoding.DER)
    status, advisories = oracle(quote, encode_collateral(collateral), der, TIME_0_S)
    assert status.upper() == ours.tcb_status.name.replace("_", "")
    assert sorted(advisories) == sorted(ours.advisories)


@pytest.mark.parametrize(
    ("encoded", "value"),
    [
        ("00", 0),
        ("17", 23),
        ("1818", 24),
        ("1903e8", 1000),
        ("1b000000e8d4a51000", 1000000000000),
        ("20", -1),
        ("3903e7", -1000),
        ("f4", False),
        ("f5", True),
        ("f6", None),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("6449455446", "IETF"),
        ("83010203", [1, 2, 3]),
        ("a201020304", {1: 2, 3: 4}),
        ("a26161016162820203", {"a": 1, "b": [2, 3]}),
    ],
)
def test_cbor_is_read_as_the_examples_of_rfc_8949_say(encoded: str, value: object) -> None:
    assert decode_cbor(bytes.fromhex(encoded), max_bytes=64) == value


NOT_STRICT = """
    1817 190018 5f42010243030405ff 9fff bf6161019fff f97e00 c11a514b67b0 f7 f818 0000 a2010201 a201020103 61ff 1c 82
    9b0000000100000000 a1f500 81818181818181818100
"""


@pytest.mark.parametrize("encoded", ["", *NOT_STRICT.split()])
def test_cbor_of_another_form_is_refused(encoded: str) -> None:
    with pytest.raises(MalformedAttestation):
        decode_cbor(bytes.fromhex(encoded), max_bytes=64)


def test_the_recorded_collateral_is_no_longer_json_that_intel_signed_when_written_again() -> None:
    rewritten = json.dumps(json.loads(COLLATERAL.tcb_info)).encode()
    assert rewritten != COLLATERAL.tcb_info
