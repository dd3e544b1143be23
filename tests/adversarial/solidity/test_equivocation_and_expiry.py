"""Two stories told by the Validators freeze the client; silence expires it; both end everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eth_abi import abi as eth_abi

from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import (
    FIRST_HEIGHT,
    LEDGER_ID,
    MAX_CLOCK_DRIFT_S,
    MISBEHAVIOUR,
    NO_OP,
    ROUTER,
    TREE,
    TRUSTING_PERIOD_S,
    UPDATE,
    ClientBench,
    updated_bench,
)
from tests.fakes.progmat_oracle import ValidatorSet

OTHER_ROOT = oracle.keccak(b"another history")
HEIGHT = FIRST_HEIGHT + 1


def refuses_everything(bench: ClientBench, error: str) -> None:
    """Every entrance of the client refuses with this error and nothing changes."""
    now_s = bench.sandbox.now_s
    header = bench.header(bench.checkpoint(HEIGHT + 1))
    fork = (header, bench.header(replace(bench.checkpoint(HEIGHT + 1), root=OTHER_ROOT)))
    seen_s = now_s.to_bytes(8, "big")
    attempts: list[Callable[[], object]] = [
        lambda: bench.update(header),
        lambda: bench.report(*fork),
        lambda: bench.member(b"key 7", b"value 7", proof=seen_s + TREE.prove(b"key 7").encode()),
        lambda: bench.absent(b"nothing", proof=seen_s + TREE.prove(b"nothing").encode()),
        lambda: bench.client.call("verifiedCheckpoint", header),
    ]
    before = bench.state
    for attempt in attempts:
        with pytest.raises(Reverted) as caught:
            attempt()
        assert caught.value.error == error
    assert bench.state == before


def is_frozen(bench: ClientBench) -> bool:
    return bench.state[4]


def test_two_roots_at_the_latest_height_freeze_the_client() -> None:
    bench = updated_bench()
    assert bench.update(bench.header(bench.checkpoint(HEIGHT, root=OTHER_ROOT))) == MISBEHAVIOUR
    assert is_frozen(bench)
    refuses_everything(bench, "ProgmatClientFrozen")


def test_another_root_at_an_earlier_verified_height_freezes_the_client() -> None:
    bench = updated_bench()
    assert bench.update(bench.header(bench.checkpoint(HEIGHT + 1))) == UPDATE
    assert bench.update(bench.header(bench.checkpoint(HEIGHT, root=OTHER_ROOT))) == MISBEHAVIOUR
    refuses_everything(bench, "ProgmatClientFrozen")


def test_another_time_at_a_verified_height_freezes_the_client() -> None:
    bench = updated_bench()
    assert bench.update(bench.header(bench.checkpoint(HEIGHT, timestamp_s=bench.sandbox.now_s - 1))) == MISBEHAVIOUR
    refuses_everything(bench, "ProgmatClientFrozen")


def test_time_running_backwards_freezes_the_client() -> None:
    bench = updated_bench()
    backwards = bench.checkpoint(HEIGHT + 1, timestamp_s=bench.sandbox.now_s - 1)
    assert bench.update(bench.header(backwards)) == MISBEHAVIOUR
    refuses_everything(bench, "ProgmatClientFrozen")


def test_standing_time_is_no_misbehaviour() -> None:
    bench = updated_bench()
    assert bench.update(bench.header(bench.checkpoint(HEIGHT + 1))) == UPDATE


def test_the_same_checkpoint_again_changes_nothing() -> None:
    bench = updated_bench()
    before = bench.state
    assert bench.update(bench.header(bench.checkpoint(HEIGHT), [1, 2, 3])) == NO_OP
    assert bench.state == before


@pytest.mark.parametrize(
    "change",
    [
        {"root": OTHER_ROOT},
        {"journal_hash": oracle.keccak(b"another journal")},
        {"next_set_hash": ValidatorSet.of(1, 1, first=500).hash},
    ],
)
def test_evidence_of_two_checkpoints_at_a_height_not_yet_known_freezes_the_client(change: dict[str, bytes]) -> None:
    bench = updated_bench()
    one = bench.checkpoint(HEIGHT + 5)
    bench.report(bench.header(one), bench.header(replace(one, **change)))  # type: ignore[arg-type]  # bytes fields
    refuses_everything(bench, "ProgmatClientFrozen")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_evidence_of_a_later_height_with_an_earlier_time_freezes_the_client(order: tuple[int, int]) -> None:
    bench = updated_bench()
    now_s = bench.sandbox.now_s
    headers = [
        bench.header(bench.checkpoint(HEIGHT + 5, timestamp_s=now_s)),
        bench.header(bench.checkpoint(HEIGHT + 6, timestamp_s=now_s - 1)),
    ]
    bench.report(headers[order[0]], headers[order[1]])
    refuses_everything(bench, "ProgmatClientFrozen")


def test_consistent_headers_are_no_evidence() -> None:
    bench = updated_bench()
    one = bench.header(bench.checkpoint(HEIGHT + 5))
    same_with_other_signers = bench.header(bench.checkpoint(HEIGHT + 5), [1, 2, 3])
    for other in (one, same_with_other_signers, bench.header(bench.checkpoint(HEIGHT + 6))):
        with pytest.raises(Reverted) as caught:
            bench.report(one, other)
        assert caught.value.error == "ProgmatEvidenceConsistent"
    assert not is_frozen(bench)


def test_forged_evidence_is_refused() -> None:
    bench = updated_bench()
    good = bench.header(bench.checkpoint(HEIGHT + 5))
    impostors = ValidatorSet.of(3, 4, first=200)
    untrusted = oracle.header(bench.checkpoint(HEIGHT + 5, root=OTHER_ROOT), impostors, LEDGER_ID)
    too_few = bench.header(bench.checkpoint(HEIGHT + 5, root=OTHER_ROOT), [0, 1])
    for forged, error in ((untrusted, "ProgmatValidatorSetUntrusted"), (too_few, "ProgmatSignersInsufficient")):
        for pair in ((good, forged), (forged, good)):
            with pytest.raises(Reverted) as caught:
                bench.report(*pair)
            assert caught.value.error == error
    assert not is_frozen(bench)


@pytest.mark.parametrize("evidence", [b"", b"\x00" * 64, b"\xff" * 96])
def test_evidence_that_is_no_pair_of_headers_is_refused(evidence: bytes) -> None:
    bench = updated_bench()
    with pytest.raises(Reverted):
        bench.client.transact("misbehaviour", evidence, sender=ROUTER)
    assert not is_frozen(bench)


def test_a_step_back_to_a_height_never_verified_is_refused() -> None:
    bench = updated_bench()
    assert bench.update(bench.header(bench.checkpoint(HEIGHT + 5))) == UPDATE
    with pytest.raises(Reverted) as caught:
        bench.update(bench.header(bench.checkpoint(HEIGHT + 3)))
    assert (caught.value.error, caught.value.error_args) == ("ProgmatConsensusUnknown", (HEIGHT + 3,))


def test_a_checkpoint_from_the_future_is_refused_beyond_the_drift_only() -> None:
    bench = updated_bench()
    edge_s = bench.sandbox.now_s + MAX_CLOCK_DRIFT_S
    with pytest.raises(Reverted) as caught:
        bench.update(bench.header(bench.checkpoint(HEIGHT + 1, timestamp_s=edge_s + 1)))
    assert (caught.value.error, caught.value.error_args) == ("ProgmatHeaderFromFuture", (edge_s + 1, edge_s))
    assert bench.update(bench.header(bench.checkpoint(HEIGHT + 1, timestamp_s=edge_s))) == UPDATE


@pytest.mark.parametrize("late_s", [0, 1, TRUSTING_PERIOD_S])
def test_an_expired_client_refuses_everything(late_s: int) -> None:
    bench = updated_bench()
    bench.sandbox.now_s += TRUSTING_PERIOD_S + late_s
    refuses_everything(bench, "ProgmatClientExpired")


def test_one_second_before_expiry_the_client_still_works_and_an_update_renews_it() -> None:
    bench = updated_bench()
    verified_s = bench.sandbox.now_s
    bench.sandbox.now_s += TRUSTING_PERIOD_S - 1
    proof = verified_s.to_bytes(8, "big") + TREE.prove(b"key 7").encode()
    assert bench.member(b"key 7", b"value 7", proof=proof) == verified_s
    assert bench.update(bench.header(bench.checkpoint(HEIGHT + 1))) == UPDATE
    bench.sandbox.now_s += TRUSTING_PERIOD_S - 1
    assert bench.member(b"key 7", b"value 7", proof=proof) == verified_s


def test_strangers_cannot_update_or_report() -> None:
    bench = updated_bench()
    header = bench.header(bench.checkpoint(HEIGHT + 1))
    evidence = eth_abi.encode(["bytes", "bytes"], [header, bench.header(bench.checkpoint(HEIGHT + 1, root=OTHER_ROOT))])
    for function, message in (("updateClient", header), ("misbehaviour", evidence)):
        with pytest.raises(Reverted) as caught:
            bench.client.transact(function, message)
        assert caught.value.error == "ProgmatCallerNotRouter"
    assert bench.state[1] == HEIGHT
