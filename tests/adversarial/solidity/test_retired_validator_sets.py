"""The contract's twin of the rules on retired sets: evidence of their own heights counts, for a trusting period."""

from __future__ import annotations

from dataclasses import replace

import pytest

from light_clients.progmat import ProgmatLightClient
from light_clients.progmat.client_state import RetiredSet, decode_client_state
from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import (
    FIRST_HEIGHT,
    LEDGER_ID,
    TRUSTING_PERIOD_S,
    UPDATE,
    ClientBench,
    client_bench,
)
from tests.fakes.progmat_oracle import Checkpoint, ValidatorSet

NEW = ValidatorSet.of(3, 4, first=500)
LAST = FIRST_HEIGHT + 3


def rotated() -> tuple[ClientBench, Checkpoint]:
    """A client whose first set has handed over, and the checkpoint by which it did."""
    bench = client_bench()
    handover = replace(bench.checkpoint(LAST), next_set_hash=NEW.hash)
    assert bench.update(bench.header(handover)) == UPDATE
    return bench, handover


def fork(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, root=bytes(31) + b"\1")


def is_frozen(bench: ClientBench) -> bool:
    return bench.state[4]


@pytest.mark.parametrize("height", [LAST, LAST - 1, 1])
def test_two_roots_of_a_height_that_was_its_own_still_freeze(height: int) -> None:
    bench, handover = rotated()
    at = replace(handover, height=height)
    bench.report(bench.header(at), bench.header(fork(at)))
    assert is_frozen(bench)


def test_a_retired_set_answers_for_no_height_after_its_last_and_updates_nothing() -> None:
    bench, handover = rotated()
    beyond = replace(handover, height=LAST + 1)
    attempts = (
        lambda: bench.report(bench.header(beyond), bench.header(fork(beyond))),
        lambda: bench.update(bench.header(beyond)),
        lambda: bench.update(bench.header(fork(handover))),
    )
    for attempt in attempts:
        with pytest.raises(Reverted) as refused:
            attempt()
        assert refused.value.error == "ProgmatValidatorSetUntrusted"
    assert not is_frozen(bench)


@pytest.mark.parametrize("late_s", [-1, 0])
def test_a_retired_set_answers_for_a_trusting_period_to_the_second(late_s: int) -> None:
    bench, handover = rotated()
    end_s = handover.timestamp_s + TRUSTING_PERIOD_S
    bench.sandbox.now_s = end_s - 10
    kept = Checkpoint(LAST + 1, end_s - 10, handover.root, NEW.hash)
    assert bench.update(oracle.header(kept, NEW, LEDGER_ID)) == UPDATE
    bench.sandbox.now_s = end_s + late_s
    if late_s < 0:
        bench.report(bench.header(handover), bench.header(fork(handover)))
        assert is_frozen(bench)
        return
    with pytest.raises(Reverted) as refused:
        bench.report(bench.header(handover), bench.header(fork(handover)))
    assert refused.value.error == "ProgmatValidatorSetUntrusted"
    assert not is_frozen(bench)


def test_time_that_ran_backwards_across_the_hand_over_freezes() -> None:
    bench, handover = rotated()
    later = Checkpoint(LAST + 1, handover.timestamp_s - 1, handover.root, NEW.hash)
    bench.report(bench.header(handover), oracle.header(later, NEW, LEDGER_ID))
    assert is_frozen(bench)


def test_both_clients_remember_the_same_retired_set() -> None:
    bench, handover = rotated()
    set_hash, height, timestamp = bench.client.call("getRetiredSet")
    fresh = client_bench()
    twin = ProgmatLightClient().update_state(fresh.client.call("getClientState"), fresh.header(handover))
    retired = decode_client_state(twin.client_state).retired
    assert retired == RetiredSet(set_hash, height, timestamp)
    assert (height, timestamp) == (LAST, handover.timestamp_s)
    assert fresh.client.call("getRetiredSet") == (bytes(32), 0, 0)


def test_evidence_too_short_to_name_a_set_is_refused() -> None:
    bench, handover = rotated()
    good = bench.header(handover)
    for short in (b"", good[:8], good[:113], good[:120]):
        with pytest.raises(Reverted) as refused:
            bench.report(good, short)
        assert refused.value.error == "ProgmatHeaderLengthInvalid"
