"""Attacks on a progmat client beyond signatures: time, heights, rotation, equivocation, proofs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import TimeBounds
from light_clients.progmat import ProgmatLightClient, encode_proof
from light_clients.progmat.client_state import decode_client_state
from light_clients.progmat.errors import (
    HeaderFromFuture,
    NoMisbehaviour,
    RootMismatch,
    StaleHeader,
    TooFewSignatures,
    UntrustedValidatorSet,
)
from light_clients.progmat.misbehaviour import encode_misbehaviour
from primitives.errors import DecodeError, InvalidArgument, Refusal
from primitives.keccak import keccak256
from primitives.smt_proof import encode_smt_proof
from tests.fakes.checkpoints import (
    DRIFT_S,
    LATEST_HEIGHT,
    NOW,
    TRUSTING_PERIOD_S,
    CheckpointScenario,
    set_of,
)
from tests.fakes.qbft_headers import TIME_0_S, validator_keys

CLIENT = ProgmatLightClient()
PATH = b"progmat-0\x01" + (1).to_bytes(8, "big")
ABSENT_PATH = b"progmat-0\x02" + (1).to_bytes(8, "big")
VALUE = keccak256(b"commitment")
ENTRIES = {b"entry %d" % number: keccak256(b"%d" % number) for number in range(20)} | {PATH: VALUE}
SCENARIO = CheckpointScenario(entries=ENTRIES)
NEXT = SCENARIO.next_checkpoint
LATEST = SCENARIO.latest_checkpoint


def verify(message: bytes, now: TimeBounds = NOW, client_state: bytes = SCENARIO.client_state) -> None:
    CLIENT.verify_client_message(client_state, SCENARIO.latest, message, now)


def test_a_checkpoint_ahead_of_the_clock_by_more_than_the_drift_is_refused_to_the_second() -> None:
    at_limit = replace(NEXT, timestamp_s=NOW.earliest_s + DRIFT_S)
    verify(SCENARIO.message(at_limit))
    with pytest.raises(HeaderFromFuture):
        verify(SCENARIO.message(replace(at_limit, timestamp_s=at_limit.timestamp_s + 1)))


def test_an_expired_client_refuses_everything_to_the_second() -> None:
    expiry_s = TIME_0_S + TRUSTING_PERIOD_S
    verify(SCENARIO.message(NEXT), TimeBounds.at(expiry_s - 1))
    for now in (TimeBounds.at(expiry_s), TimeBounds(TIME_0_S, expiry_s)):
        with pytest.raises(ClientExpired):
            verify(SCENARIO.message(NEXT), now)
        with pytest.raises(ClientExpired):
            CLIENT.verify_membership(SCENARIO.client_state, SCENARIO.latest, SCENARIO.proof(PATH), PATH, VALUE, now)


def test_a_frozen_client_refuses_everything() -> None:
    frozen = CLIENT.freeze(SCENARIO.client_state)
    fork = replace(NEXT, root=bytes(32))
    for message in (SCENARIO.message(NEXT), encode_misbehaviour(SCENARIO.message(NEXT), SCENARIO.message(fork))):
        with pytest.raises(ClientFrozen):
            verify(message, client_state=frozen)
    with pytest.raises(ClientFrozen):
        CLIENT.verify_membership(frozen, SCENARIO.latest, SCENARIO.proof(PATH), PATH, VALUE, NOW)
    with pytest.raises(ClientFrozen):
        CLIENT.verify_non_membership(frozen, SCENARIO.latest, SCENARIO.proof(ABSENT_PATH), ABSENT_PATH, NOW)


def test_after_a_rotation_the_old_set_signs_nothing_any_more() -> None:
    newcomers = CheckpointScenario(keys=validator_keys(7, name="newcomer"), threshold=5)
    rotation = replace(NEXT, next_validator_set_hash=newcomers.validator_set.hash())
    updated = CLIENT.update_state(SCENARIO.client_state, SCENARIO.message(rotation))
    (latest,) = updated.consensus_states
    third = replace(NEXT, height=NEXT.height + 1)
    with pytest.raises(UntrustedValidatorSet):
        CLIENT.verify_client_message(updated.client_state, latest, SCENARIO.message(third), NOW)
    CLIENT.verify_client_message(updated.client_state, latest, newcomers.message(third), NOW)


def test_the_next_set_cannot_sign_its_own_installation() -> None:
    newcomers = CheckpointScenario(keys=validator_keys(4, name="newcomer"))
    with pytest.raises(UntrustedValidatorSet):
        verify(newcomers.message(replace(NEXT, next_validator_set_hash=newcomers.validator_set.hash())))


def test_two_roots_at_the_latest_height_are_misbehaviour() -> None:
    for fork in (replace(LATEST, root=bytes(32)), replace(LATEST, timestamp_s=TIME_0_S + 1)):
        message = SCENARIO.message(fork)
        verify(message)
        assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.latest, message)


def test_the_same_checkpoint_again_is_a_no_op() -> None:
    message = SCENARIO.message(LATEST, (1, 2, 3))
    verify(message)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.latest, message)
    result = CLIENT.update_state(SCENARIO.client_state, message)
    assert result.consensus_states == ()
    assert result.client_state == SCENARIO.client_state


def test_time_that_turns_back_at_a_higher_height_is_misbehaviour() -> None:
    message = SCENARIO.message(replace(NEXT, timestamp_s=TIME_0_S - 1))
    verify(message)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.latest, message)
    standing_still = SCENARIO.message(replace(NEXT, timestamp_s=TIME_0_S))
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.latest, standing_still)


def test_a_misbehaviour_check_without_anything_known_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidArgument):
        CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, SCENARIO.message(NEXT))


def test_a_step_backwards_is_refused() -> None:
    with pytest.raises(StaleHeader):
        CLIENT.update_state(SCENARIO.client_state, SCENARIO.message(replace(NEXT, height=LATEST_HEIGHT - 1)))


@pytest.mark.parametrize(
    "other",
    [
        replace(NEXT, root=bytes(32)),
        replace(NEXT, journal_hash=bytes(32)),
        replace(NEXT, next_validator_set_hash=b"\1" * 32),
        replace(NEXT, height=NEXT.height + 1, timestamp_s=NEXT.timestamp_s - 1),
        replace(NEXT, height=NEXT.height - 5, timestamp_s=NEXT.timestamp_s + 1),
    ],
    ids=["root", "journal", "next set", "later height, earlier time", "earlier height, later time"],
)
def test_contradicting_checkpoints_are_evidence_in_either_order(other: object) -> None:
    pair = SCENARIO.message(NEXT), SCENARIO.message(other, (1, 2, 3))  # type: ignore[arg-type]  # checkpoints all
    for evidence in (encode_misbehaviour(*pair), encode_misbehaviour(*pair[::-1])):
        verify(evidence)
        assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, evidence)
        with pytest.raises(InvalidArgument):
            CLIENT.update_state(SCENARIO.client_state, evidence)


def test_forged_or_empty_evidence_does_not_freeze() -> None:
    honest, fork = SCENARIO.message(NEXT), replace(NEXT, root=bytes(32))
    later = SCENARIO.message(replace(NEXT, height=NEXT.height + 1))
    strangers = CheckpointScenario(keys=validator_keys(4, name="stranger"))
    for other, error in (
        (honest, NoMisbehaviour),
        (SCENARIO.message(NEXT, (1, 2, 3)), NoMisbehaviour),
        (later, NoMisbehaviour),
        (SCENARIO.message(fork, (0, 1)), TooFewSignatures),
        (strangers.message(fork), UntrustedValidatorSet),
        (b"", DecodeError),
    ):
        for pair in ((honest, other), (other, honest)):
            with pytest.raises(error):
                verify(encode_misbehaviour(*pair))
    with pytest.raises(DecodeError):
        verify(encode_misbehaviour(honest, SCENARIO.message(fork)) + b"\0")


def test_a_client_held_against_another_height_than_its_latest_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidArgument):
        CLIENT.verify_client_message(
            SCENARIO.client_state, replace(SCENARIO.latest, height=LATEST_HEIGHT - 1), SCENARIO.message(NEXT), NOW
        )


def present(proof: bytes, path: bytes = PATH, value: bytes = VALUE) -> int:
    return CLIENT.verify_membership(SCENARIO.client_state, SCENARIO.latest, proof, path, value, NOW)


def absent(proof: bytes, path: bytes = ABSENT_PATH) -> int:
    return CLIENT.verify_non_membership(SCENARIO.client_state, SCENARIO.latest, proof, path, NOW)


def test_honest_proofs_give_the_checkpoints_time() -> None:
    assert present(SCENARIO.proof(PATH)) == TIME_0_S
    assert absent(SCENARIO.proof(ABSENT_PATH)) == TIME_0_S


def test_absence_of_a_present_key_and_presence_of_an_absent_one_are_refused() -> None:
    for proof in (SCENARIO.proof(PATH), SCENARIO.proof(ABSENT_PATH)):
        with pytest.raises(Refusal):
            absent(proof, PATH)
        with pytest.raises(Refusal):
            present(proof, ABSENT_PATH)


def test_another_value_another_path_and_another_ledgers_proof_are_refused() -> None:
    elsewhere = CheckpointScenario(entries={PATH: VALUE, b"more": VALUE})
    with pytest.raises(RootMismatch):
        present(SCENARIO.proof(PATH), value=keccak256(VALUE))
    with pytest.raises(Refusal):
        present(SCENARIO.proof(PATH), path=b"entry 1")
    with pytest.raises(RootMismatch):
        present(elsewhere.proof(PATH))


def test_a_proof_that_names_another_time_is_refused() -> None:
    smt_proof = encode_smt_proof(SCENARIO.tree().prove(PATH))
    for timestamp_s in (TIME_0_S + 1, TIME_0_S - 1, 0):
        with pytest.raises(RootMismatch):
            present(encode_proof(timestamp_s, smt_proof))


FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "trailing byte": lambda proof: proof + b"\0",
    "truncated": lambda proof: proof[:-1],
    "without siblings": lambda proof: proof[:-32],
    "one sibling more": lambda proof: proof + b"\1" * 32,
    "siblings reordered": lambda proof: proof[:-64] + proof[-32:] + proof[-64:-32],
    "changed sibling": lambda proof: proof[:-1] + bytes([proof[-1] ^ 1]),
    "another kind": lambda proof: proof[:8] + bytes([proof[8] ^ 1]) + proof[9:],
    "another depth": lambda proof: proof[:10] + bytes([proof[10] + 1]) + proof[11:],
    "only a time": lambda proof: proof[:8],
    "nothing": lambda _: b"",
    "oversized": lambda proof: proof + bytes(20_000),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_proof_is_refused_for_presence_and_for_absence(forgery: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Refusal):
        present(forgery(SCENARIO.proof(PATH)))
    with pytest.raises(Refusal):
        absent(forgery(SCENARIO.proof(ABSENT_PATH)))


def test_a_client_state_in_another_encoding_is_refused() -> None:
    packed = SCENARIO.client_state
    for broken in (packed + bytes(32), packed[:-1], packed[:32], b"", bytes(1000), packed[:159] + b"\2" + packed[160:]):
        with pytest.raises(DecodeError):
            decode_client_state(broken)


def test_a_set_that_hashes_alike_has_the_same_members_and_threshold() -> None:
    keys = validator_keys(4)
    assert len({set_of(keys, threshold).hash() for threshold in (1, 2, 3, 4)}) == 4
