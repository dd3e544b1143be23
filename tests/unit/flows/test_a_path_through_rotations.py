"""What a light client is to be shown when the Validators changed since it was last brought up to date."""

from __future__ import annotations

import asyncio

import pytest

from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.errors import TooFewCheckpointSignatures
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.progmat import ProgmatClientState, ProgmatLightClient, ValidatorSet
from light_clients.progmat.client_state import encode_client_state
from tests.fakes.manual_clock import ManualClock
from tests.fakes.qbft_headers import validator_keys
from tests.fakes.scripted_validators import LEDGER_ID, RotatingLedger, ScriptedValidator, ms_until_done, set_of

A_KEYS, B_KEYS, C_KEYS = (validator_keys(4, name) for name in "abc")
OVERLAP_KEYS = (*A_KEYS[1:], B_KEYS[0])
A, B, C, OVERLAP = (set_of(keys, 3) for keys in (A_KEYS, B_KEYS, C_KEYS, OVERLAP_KEYS))
EVERYBODY = tuple({key.address: key for key in (*A_KEYS, *B_KEYS, *C_KEYS)}.values())
CLIENT = ProgmatLightClient()


def collector(ledger: RotatingLedger, configured: ValidatorSet = A) -> CheckpointCollector:
    return CheckpointCollector(LEDGER_ID, configured, [ScriptedValidator(key, ledger) for key in EVERYBODY])


async def shown(relayer: CheckpointCollector, ledger: RotatingLedger, trusted: int, height: int) -> list[int]:
    """The heights on the path, each verified and taken by a light client that trusts what was true at ``trusted``."""
    at, following = ledger.checkpoint(trusted), ledger.signing_set(trusted + 1).hash()
    latest = ConsensusAt(trusted, at.consensus_state)
    state = encode_client_state(
        ProgmatClientState(LEDGER_ID, trusted, 10**6, 60, frozen=False, validator_set_hash=following)
    )
    path = await relayer.path_to(trusted, height)
    for item in path:
        now = TimeBounds.at(item.checkpoint.timestamp_s)
        CLIENT.verify_client_message(state, latest, item.header, now)
        result = CLIENT.update_state(state, item.header)
        state, (latest,) = result.client_state, result.consensus_states
    assert latest.height == height
    return [item.height for item in path]


async def test_without_a_rotation_one_checkpoint_is_enough() -> None:
    ledger = RotatingLedger({1: A}, 30)
    assert await shown(collector(ledger), ledger, 5, 30) == [30]


async def test_a_whole_set_that_is_replaced_hands_over_first() -> None:
    ledger = RotatingLedger({1: A, 11: B}, 30)
    assert await shown(collector(ledger), ledger, 5, 30) == [10, 30]


async def test_several_rotations_while_the_relayer_was_down_are_all_shown_in_order() -> None:
    ledger = RotatingLedger({1: A, 11: B, 16: OVERLAP, 21: C}, 30)
    assert await shown(collector(ledger), ledger, 5, 30) == [10, 15, 20, 30]


async def test_sets_that_overlap_by_a_threshold_hand_over_all_the_same() -> None:
    ledger = RotatingLedger({1: A, 11: OVERLAP}, 30)
    assert await shown(collector(ledger), ledger, 5, 30) == [10, 30]


async def test_a_set_that_came_back_is_reached_through_the_one_between() -> None:
    ledger = RotatingLedger({1: A, 11: B, 21: A}, 30)
    assert await shown(collector(ledger), ledger, 5, 30) in ([30], [10, 20, 30])
    assert await shown(collector(ledger), ledger, 15, 30) == [20, 30], (
        "another relayer brought the client into B's time"
    )


async def test_a_rotation_is_followed_as_it_happens() -> None:
    ledger = RotatingLedger({1: A}, 8)
    relayer = collector(ledger)
    assert await shown(relayer, ledger, 5, 8) == [8]
    ledger.sets = {1: A, 11: B}
    ledger.head_height = 12
    assert await shown(relayer, ledger, 8, 12) == [10, 12]
    assert await shown(relayer, ledger, 10, 12) == [12], "a client that stands at the hand-over has passed it"


async def test_a_relayer_that_was_told_of_a_later_set_only_finds_the_hand_overs_after_it() -> None:
    ledger = RotatingLedger({1: C, 6: A, 11: B}, 30)
    assert await shown(collector(ledger, configured=A), ledger, 7, 30) == [10, 30]


async def test_a_liar_who_tells_of_a_hand_over_that_never_was_changes_nothing() -> None:
    ledger, told = RotatingLedger({1: A}, 30), RotatingLedger({1: A, 11: B}, 30)
    validators = [ScriptedValidator(key, ledger) for key in A_KEYS[1:]]
    liar = ScriptedValidator(A_KEYS[0], told)
    relayer = CheckpointCollector(LEDGER_ID, A, [liar, *validators])
    assert await shown(relayer, ledger, 5, 30) == [30]


async def test_a_hand_over_that_nobody_can_sign_any_more_is_said_not_skipped() -> None:
    ledger = RotatingLedger({1: A, 11: B}, 30)
    relayer = CheckpointCollector(LEDGER_ID, A, [ScriptedValidator(key, ledger) for key in B_KEYS])
    with pytest.raises(TooFewCheckpointSignatures):
        await relayer.path_to(5, 30)


async def test_validators_that_are_still_reading_are_waited_for() -> None:
    """A settlement has ended, and the journal's last entry is not yet with those who sign it."""
    ledger = RotatingLedger({1: A, 11: B}, 9, coming_height=12)
    relayer = collector(ledger)
    with pytest.raises(TooFewCheckpointSignatures):
        await relayer.path_to(0, 12)
    assert [item.height for item in await relayer.path_through([9, 12], 1000)] == [9, 10, 12]
    with pytest.raises(TooFewCheckpointSignatures):
        await relayer.path_through([12, 13], 1)


@pytest.mark.parametrize(("wait_ms", "waits_ms", "found"), [(13_000, 12_000, [10, 11]), (10_000, 10_000, None)])
async def test_several_heights_have_one_time_limit(wait_ms: int, waits_ms: int, found: list[int] | None) -> None:
    """Each of them comes within ten seconds of the one before: that is not what was promised."""
    ledger, clock = RotatingLedger({1: A}, 9), ManualClock()
    relayer = CheckpointCollector(LEDGER_ID, A, [ScriptedValidator(key, ledger, clock=clock) for key in A_KEYS])
    work = asyncio.create_task(relayer.path_through([10, 11], wait_ms))
    assert await ms_until_done(work, ledger, clock, entry_ms=6_000) == waits_ms
    if found is None:
        assert isinstance(work.exception(), TooFewCheckpointSignatures)
    else:
        assert [item.height for item in work.result()] == found
