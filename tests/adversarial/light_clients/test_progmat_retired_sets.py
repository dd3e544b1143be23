"""What a set of Validators answers for after it was replaced: its own heights, for a trusting period, nothing new."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.progmat import Checkpoint, ProgmatLightClient
from light_clients.progmat.client_state import decode_client_state
from light_clients.progmat.errors import NoMisbehaviour, TooFewSignatures, UntrustedValidatorSet
from light_clients.progmat.misbehaviour import encode_misbehaviour
from primitives.errors import DecodeError, Refusal
from tests.fakes.checkpoints import TRUSTING_PERIOD_S, CheckpointScenario
from tests.fakes.qbft_headers import TIME_0_S, validator_keys

CLIENT = ProgmatLightClient()
OLD = CheckpointScenario()
NEW = CheckpointScenario(keys=validator_keys(5, name="newcomer"), threshold=4)
HANDOVER = replace(OLD.next_checkpoint, next_validator_set_hash=NEW.validator_set.hash())
SOON = TimeBounds.at(HANDOVER.timestamp_s + 5)


def rotated() -> tuple[bytes, ConsensusAt]:
    """The client after the hand-over."""
    result = CLIENT.update_state(OLD.client_state, OLD.message(HANDOVER))
    return result.client_state, result.consensus_states[0]


def report(one: bytes, other: bytes, now: TimeBounds = SOON, client: tuple[bytes, ConsensusAt] | None = None) -> None:
    """Show evidence to a client, by default to the one after the hand-over."""
    state, latest = client or rotated()
    CLIENT.verify_client_message(state, latest, encode_misbehaviour(one, other), now)


def fork(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, root=bytes(31) + b"\1")


@pytest.mark.parametrize("back", [0, 1, 15], ids=["its last height", "the one before", "long before"])
def test_two_roots_of_a_height_that_was_its_own_still_freeze(back: int) -> None:
    at = replace(HANDOVER, height=HANDOVER.height - back)
    for pair in ((at, fork(at)), (fork(at), at)):
        report(OLD.message(pair[0]), OLD.message(pair[1]))


def test_time_that_ran_backwards_across_the_hand_over_freezes() -> None:
    later = replace(HANDOVER, height=HANDOVER.height + 1, timestamp_s=HANDOVER.timestamp_s - 1)
    report(OLD.message(HANDOVER), NEW.message(later))


def test_a_retired_set_answers_for_no_height_after_its_last() -> None:
    beyond = replace(HANDOVER, height=HANDOVER.height + 1)
    with pytest.raises(UntrustedValidatorSet):
        report(OLD.message(beyond), OLD.message(fork(beyond)))


def test_a_retired_set_answers_for_a_trusting_period_to_the_second() -> None:
    """Kept alive by the new set; the old keys may be anybody's by then, who must not freeze the client with them."""
    state, _ = rotated()
    end_s = HANDOVER.timestamp_s + TRUSTING_PERIOD_S
    kept = replace(HANDOVER, height=HANDOVER.height + 1, timestamp_s=end_s - 10)
    result = CLIENT.update_state(state, NEW.message(kept))
    state, latest = result.client_state, result.consensus_states[0]
    pair = OLD.message(HANDOVER), OLD.message(fork(HANDOVER))
    report(*pair, TimeBounds.at(end_s - 1), (state, latest))
    for now in (TimeBounds.at(end_s), TimeBounds(end_s - 5, end_s)):
        with pytest.raises(UntrustedValidatorSet):
            report(*pair, now, (state, latest))


def test_evidence_of_a_retired_set_is_judged_like_any_other() -> None:
    honest, lie = OLD.message(HANDOVER), fork(HANDOVER)
    strangers = CheckpointScenario(keys=validator_keys(4, name="stranger"))
    for other, error in (
        (honest, NoMisbehaviour),
        (OLD.message(HANDOVER, (1, 2, 3)), NoMisbehaviour),
        (OLD.message(lie, (0, 1)), TooFewSignatures),
        (strangers.message(lie), UntrustedValidatorSet),
    ):
        with pytest.raises(error):
            report(honest, other)


def test_a_retired_set_updates_nothing() -> None:
    state, latest = rotated()
    for height in (HANDOVER.height, HANDOVER.height + 1):
        with pytest.raises(UntrustedValidatorSet):
            CLIENT.verify_client_message(state, latest, OLD.message(replace(HANDOVER, height=height)), SOON)


def test_a_set_that_was_retired_before_the_last_one_answers_no_more() -> None:
    third = CheckpointScenario(keys=validator_keys(3, name="third"), threshold=2)
    state, _ = rotated()
    again = replace(HANDOVER, height=HANDOVER.height + 1, next_validator_set_hash=third.validator_set.hash())
    result = CLIENT.update_state(state, NEW.message(again))
    retired = decode_client_state(result.client_state).retired
    assert retired is not None
    assert (retired.set_hash, retired.last_height) == (NEW.validator_set.hash(), again.height)
    client = result.client_state, result.consensus_states[0]
    with pytest.raises(UntrustedValidatorSet):
        report(OLD.message(HANDOVER), OLD.message(fork(HANDOVER)), SOON, client)


def test_a_client_state_with_a_retired_set_has_one_encoding() -> None:
    state, _ = rotated()
    assert len(state) == len(OLD.client_state) + 96
    assert decode_client_state(state).retired is not None
    assert decode_client_state(CLIENT.freeze(state)).retired is not None
    no_hash = bytearray(state)
    no_hash[6 * 32 : 7 * 32] = bytes(32)
    for broken in (state[:-1], state + bytes(32), OLD.client_state + bytes(96), bytes(no_hash), state[:-32]):
        with pytest.raises(DecodeError):
            decode_client_state(broken)


def test_without_a_rotation_nothing_is_retired_and_the_first_set_goes_on() -> None:
    result = CLIENT.update_state(OLD.client_state, OLD.message(OLD.next_checkpoint))
    assert decode_client_state(result.client_state).retired is None
    assert OLD.next_checkpoint.timestamp_s > TIME_0_S
    client = result.client_state, result.consensus_states[0]
    with pytest.raises(Refusal):
        report(NEW.message(HANDOVER), NEW.message(fork(HANDOVER)), SOON, client)
