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

from chains.progmat.notary.errors import SignatureWorkersFailed
from chains.progmat.notary.model import Requester
from chains.progmat.notary.requester import Claim
from chains.progmat.notary.signature_checks import InlineChecks, SignatureChecks, WorkerChecks
from chains.progmat.notary.verify_frames import Claims, encode_claims, read_claims
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


def said(*requesters: Requester, tx_id: bytes) -> list[Claim]:
    return [(tx_id, requester.signature) for requester in requesters]


async def test_a_signature_by_the_requester_over_this_transaction_holds(checks: SignatureChecks) -> None:
    ids = [tx_id_of(f"tx {number}") for number in range(200)]
    asked = [asked_by(tx_id) for tx_id in ids]
    claims = [(tx_id, requester.signature) for tx_id, requester in zip(ids, asked, strict=True)]
    parts = [claims[:7], claims[7:8], claims[8:]]  # the last is more than a worker is sent ahead
    verdicts = await asyncio.gather(*(checks.verify(asked[0].key, part) for part in parts))
    assert [list(part) for part in verdicts] == [[True] * len(part) for part in parts]
    stranger = asked_by(ids[0], "v-1", STRANGER)  # Validators' keys are of another scheme
    assert list(await checks.verify(stranger.key, said(stranger, tx_id=ids[0]))) == [True]


async def test_every_other_signature_is_refused_and_spoils_no_other(checks: SignatureChecks) -> None:
    tx_id, other = tx_id_of("tx"), tx_id_of("other")
    good = asked_by(tx_id)
    bad = [
        asked_by(other),
        asked_by(tx_id, "cn-2", CN_2_SIGNER),
        replace(good, signature=bytes(64)),
        replace(good, signature=good.signature[:-1] + bytes([good.signature[-1] ^ 1])),
    ]
    together = await checks.verify(good.key, said(good, *bad, good, tx_id=tx_id))
    assert list(together) == [True, False, False, False, False, True]
    apart = await asyncio.gather(*(checks.verify(good.key, said(each, tx_id=tx_id)) for each in (*bad, good)))
    assert [list(verdicts) for verdicts in apart] == [[False]] * 4 + [[True]]


async def test_a_worker_that_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / 'proto' / 'gen'}")
    checks = WorkerChecks(1)
    await checks.start()
    tx_id = tx_id_of("tx")
    await checks.verify(asked_by(tx_id).key, said(asked_by(tx_id), tx_id=tx_id))
    kill_workers()
    outcomes = [outcome async for outcome in asked_until_it_holds(checks)]
    assert all(isinstance(outcome, SignatureWorkersFailed) for outcome in outcomes)
    await checks.stop()
    with pytest.raises(SignatureWorkersFailed):
        await checks.verify(asked_by(tx_id).key, said(asked_by(tx_id), tx_id=tx_id))


def kill_workers() -> None:
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        if "verify_worker" in Path(f"/proc/{child}/cmdline").read_text():
            os.kill(int(child), signal.SIGKILL)


async def asked_until_it_holds(checks: WorkerChecks) -> AsyncIterator[Exception]:
    tx_id = tx_id_of("again")
    for _ in range(10):
        try:
            await checks.verify(asked_by(tx_id).key, said(asked_by(tx_id), tx_id=tx_id))
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
        worker.stdin.write(encode_claims(b"key", [(bytes(32), bytes(64))])[:9])  # killed in the middle of a frame
        worker.stdin.close()
        assert worker.wait(30) == 0


def test_a_frame_comes_out_as_it_went_in_and_a_cut_one_is_the_end() -> None:
    claims = ((b"i" * 32, bytes(64)), (b"j" * 32, b"s" * 64))
    frame = encode_claims(b"key", claims)
    source = io.BytesIO(frame + encode_claims(b"", ()))
    assert [read_claims(source) for _ in range(3)] == [Claims(b"key", claims), Claims(b"", ()), None]
    assert all(read_claims(io.BytesIO(frame[:cut])) is None for cut in range(len(frame)))
