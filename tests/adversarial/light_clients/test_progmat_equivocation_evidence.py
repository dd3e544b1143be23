"""Attacks on evidence that a Validator signed twice: it must convict the guilty and nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from light_clients.progmat import (
    Checkpoint,
    SignedStatement,
    decode_equivocation,
    encode_equivocation,
    equivocation_of,
    prove_equivocation,
)
from light_clients.progmat.equivocation import MAX_EQUIVOCATION_BYTES, CheckpointEquivocation
from light_clients.progmat.errors import ForeignSignature, MalformedCheckpoint, NoMisbehaviour
from primitives.errors import DecodeError, Refusal
from primitives.keccak import keccak256
from primitives.secp256k1 import ORDER
from relayer.cli.verify.equivocation import verify_equivocation_file
from relayer.cli.verify.errors import Refused, Unreadable
from relayer.watch.evidence_file import equivocation_document
from tests.fakes.checkpoints import CheckpointScenario, signature
from tests.fakes.qbft_headers import ValidatorKey, validator_keys

SCENARIO = CheckpointScenario()
TRUTH = SCENARIO.next_checkpoint
LIE = replace(TRUTH, root=keccak256(b"another root"))
GUILTY, INNOCENT, *_ = SCENARIO.keys


def said(key: ValidatorKey, checkpoint: Checkpoint) -> SignedStatement:
    return SignedStatement(checkpoint, signature(key, checkpoint))


EVIDENCE = equivocation_of(said(GUILTY, TRUTH), said(GUILTY, LIE))


@pytest.mark.parametrize(
    "lie",
    [
        LIE,
        replace(TRUTH, timestamp_s=TRUTH.timestamp_s + 1),
        replace(TRUTH, journal_hash=bytes(32)),
        replace(TRUTH, next_validator_set_hash=bytes(32)),
    ],
    ids=["another root", "another time", "another journal", "another next set"],
)
def test_any_two_checkpoints_of_one_height_convict_their_signer(lie: Checkpoint) -> None:
    evidence = equivocation_of(said(GUILTY, lie), said(GUILTY, TRUTH))
    assert prove_equivocation(evidence) == GUILTY.address
    assert decode_equivocation(encode_equivocation(evidence)) == evidence
    assert equivocation_of(evidence.second, evidence.first) == evidence


def test_the_same_digest_twice_convicts_nobody() -> None:
    with pytest.raises(NoMisbehaviour, match="same"):
        prove_equivocation(equivocation_of(said(GUILTY, TRUTH), said(GUILTY, TRUTH)))


def test_one_digest_under_two_encodings_of_the_signature_convicts_nobody() -> None:
    honest = said(GUILTY, TRUTH)
    parity, s = honest.signature[32] >> 7, int.from_bytes(honest.signature[32:], "big") % 2**255
    twin = honest.signature[:32] + (((ORDER - s) | (1 - parity) << 255) % 2**256).to_bytes(32, "big")
    with pytest.raises(Refusal):
        prove_equivocation(equivocation_of(honest, SignedStatement(TRUTH, twin)))


def test_two_heights_convict_nobody_even_with_time_running_backwards() -> None:
    later = replace(TRUTH, height=TRUTH.height + 1, timestamp_s=TRUTH.timestamp_s - 1)
    with pytest.raises(NoMisbehaviour, match="heights"):
        prove_equivocation(equivocation_of(said(GUILTY, TRUTH), said(GUILTY, later)))


def test_statements_of_two_validators_convict_neither() -> None:
    with pytest.raises(ForeignSignature, match="different keys"):
        prove_equivocation(equivocation_of(said(GUILTY, TRUTH), said(INNOCENT, LIE)))


def test_two_ledgers_checkpoints_convict_nobody() -> None:
    elsewhere = replace(LIE, ledger_id="progmat-tesu")
    with pytest.raises(NoMisbehaviour, match="ledgers"):
        prove_equivocation(equivocation_of(said(GUILTY, TRUTH), said(GUILTY, elsewhere)))


def test_another_ledgers_statements_relabelled_as_ours_do_not_name_a_validator() -> None:
    """The digest binds the ledger: under another id the same signatures recover to keys that nobody has."""
    ours = [SignedStatement(replace(it.checkpoint, ledger_id="progmat-tesu"), it.signature) for it in _statements()]
    try:
        convicted = prove_equivocation(equivocation_of(*ours))
    except ForeignSignature:
        return
    assert convicted not in {key.address for key in SCENARIO.keys}


def _statements() -> tuple[SignedStatement, SignedStatement]:
    return EVIDENCE.first, EVIDENCE.second


@pytest.mark.parametrize("forged", [bytes(64), b"\xff" * 64], ids=["zero", "ones"])
def test_a_forged_signature_convicts_nobody(forged: bytes) -> None:
    with pytest.raises(ForeignSignature):
        prove_equivocation(equivocation_of(said(GUILTY, TRUTH), SignedStatement(LIE, forged)))


def test_evidence_has_one_encoding() -> None:
    packed = encode_equivocation(EVIDENCE)
    swapped = encode_equivocation(CheckpointEquivocation(EVIDENCE.second, EVIDENCE.first))
    for broken in (swapped, packed + b"\0", packed[:-1], b"", bytes([packed[0] + 1]) + packed[1:], b"\0" + packed[1:]):
        with pytest.raises(MalformedCheckpoint):
            decode_equivocation(broken)
    with pytest.raises(MalformedCheckpoint):
        decode_equivocation(bytes(MAX_EQUIVOCATION_BYTES + 1))
    with pytest.raises(MalformedCheckpoint):
        SignedStatement(TRUTH, bytes(65))


@given(data=st.binary(max_size=MAX_EQUIVOCATION_BYTES + 8))
def test_garbage_is_refused_or_is_the_one_encoding_of_something(data: bytes) -> None:
    try:
        evidence = decode_equivocation(data)
    except DecodeError:
        return
    assert encode_equivocation(evidence) == data


@given(place=st.integers(min_value=0, max_value=8 * len(encode_equivocation(EVIDENCE)) - 1))
def test_no_bit_of_evidence_may_change_and_still_convict_the_same_key(place: int) -> None:
    bent = bytearray(encode_equivocation(EVIDENCE))
    bent[place // 8] ^= 1 << place % 8
    try:
        convicted = prove_equivocation(decode_equivocation(bytes(bent)))
    except Refusal:
        return
    assert convicted != GUILTY.address


def test_the_offline_verifier_says_who_signed_twice() -> None:
    document = equivocation_document(EVIDENCE)
    validators = ["0x" + key.address.hex() for key in SCENARIO.keys]
    document["validator_set"] = {"threshold": 3, "validators": validators}
    facts = {fact.label: fact.text for fact in verify_equivocation_file(document).facts}
    assert facts["signed twice by"] == "0x" + GUILTY.address.hex()
    assert facts["one root"] != facts["other root"]


@pytest.mark.parametrize(
    "changes",
    [
        {"expected": {"validator": "0x" + INNOCENT.address.hex()}},
        {"expected": {"height": 1}},
        {"expected": {"ledger_id": "progmat-tesu"}},
        {"validator_set": {"threshold": 1, "validators": ["0x" + INNOCENT.address.hex()]}},
        {"equivocation": "0x" + encode_equivocation(equivocation_of(said(GUILTY, TRUTH), said(INNOCENT, LIE))).hex()},
        {"equivocation": "0x00"},
    ],
    ids=["another validator", "another height", "another ledger", "a key that is none's", "two keys", "garbage"],
)
def test_the_offline_verifier_refuses_what_does_not_hold(changes: dict[str, object]) -> None:
    with pytest.raises(Refused):
        verify_equivocation_file(equivocation_document(EVIDENCE) | changes)


def test_the_offline_verifier_complains_of_a_file_without_evidence() -> None:
    with pytest.raises(Unreadable):
        verify_equivocation_file({"header": "0x"})


def test_an_innocent_validators_words_cannot_be_made_into_a_document() -> None:
    stranger = validator_keys(1, name="stranger")[0]
    with pytest.raises(Refusal):
        equivocation_document(equivocation_of(said(INNOCENT, TRUTH), said(stranger, LIE)))
