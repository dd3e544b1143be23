"""Worker processes that verify requesters' signatures: they say what the event loop would, and are replaced."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.notary.errors import RequesterSignatureRefused, SignatureWorkersFailed
from chains.progmat.notary.signature_checks import InlineChecks, SignatureChecks, WorkerChecks
from chains.progmat.notary.verify_frames import encode_items, read_items
from tests.fakes.commit_requests import asked_by, tx_id_of
from tests.fakes.notary_world import CN_2_SIGNER, STRANGER

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["inline", "workers"])
async def checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SignatureChecks]:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'proto' / 'gen'}")
    made: SignatureChecks = InlineChecks() if request.param == "inline" else WorkerChecks(2)
    await made.start()
    yield made
    await made.stop()


async def test_a_signature_by_the_requester_over_this_transaction_holds(checks: SignatureChecks) -> None:
    ids = [tx_id_of(f"tx {number}") for number in range(200)]
    await asyncio.gather(*(checks.verify(asked_by(tx_id), tx_id) for tx_id in ids))
    await checks.verify(asked_by(ids[0], "v-1", STRANGER), ids[0])  # Validators' keys are of another scheme


async def test_every_other_signature_is_refused_and_spoils_no_other(checks: SignatureChecks) -> None:
    tx_id, other = tx_id_of("tx"), tx_id_of("other")
    good = asked_by(tx_id)
    bad = [
        asked_by(other),
        replace(good, signature=asked_by(tx_id, "cn-2", CN_2_SIGNER).signature),
        replace(good, signature=bytes(64)),
        replace(good, signature=good.signature[:-1] + bytes([good.signature[-1] ^ 1])),
    ]
    asked = [checks.verify(requester, tx_id) for requester in (good, *bad, good)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert outcomes[0] is None
    assert outcomes[-1] is None
    assert all(isinstance(outcome, RequesterSignatureRefused) for outcome in outcomes[1:-1])


async def test_a_worker_that_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'proto' / 'gen'}")
    checks = WorkerChecks(1)
    await checks.start()
    tx_id = tx_id_of("tx")
    await checks.verify(asked_by(tx_id), tx_id)
    kill_workers()
    outcomes = [outcome async for outcome in asked_until_it_holds(checks)]
    assert all(isinstance(outcome, SignatureWorkersFailed) for outcome in outcomes)
    await checks.stop()
    with pytest.raises(SignatureWorkersFailed):
        await checks.verify(asked_by(tx_id), tx_id)


def kill_workers() -> None:
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        if "verify_worker" in Path(f"/proc/{child}/cmdline").read_text():
            os.kill(int(child), signal.SIGKILL)


async def asked_until_it_holds(checks: WorkerChecks) -> AsyncIterator[Exception]:
    tx_id = tx_id_of("again")
    for _ in range(10):
        try:
            await checks.verify(asked_by(tx_id), tx_id)
        except SignatureWorkersFailed as error:
            yield error
        else:
            return
    raise AssertionError("it never came back")


def test_a_worker_ends_when_the_notary_does() -> None:
    command = [sys.executable, "-m", "chains.progmat.notary.verify_worker"]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as worker:
        assert worker.stdin is not None
        worker.stdin.write(encode_items([(b"key", b"message", bytes(64))])[:9])  # killed in the middle of a frame
        worker.stdin.close()
        assert worker.wait(30) == 0


def test_a_frame_comes_out_as_it_went_in_and_a_cut_one_is_the_end() -> None:
    items = [(b"key", b"", bytes(64)), (b"", b"message", b"s" * 64)]
    frame = encode_items(items)
    assert read_items(io.BytesIO(frame)) == items
    assert all(read_items(io.BytesIO(frame[:cut])) is None for cut in range(len(frame)))
