"""Who verifies requesters' signatures: this process, or worker processes of its own that only verify.

One Ed25519 verification costs about as much as everything else the event loop does for a request.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from chains.progmat.notary.errors import RequesterSignatureRefused, SignatureWorkersFailed
from chains.progmat.notary.model import Requester
from chains.progmat.notary.requester import signable_bytes, verify_requester
from chains.progmat.notary.verify_frames import HOLDS, encode_items
from primitives.types import Hash32

MAX_TOGETHER: Final = 64
_WORKER: Final = "chains.progmat.notary.verify_worker"

_log = structlog.get_logger(__name__)


class SignatureChecks(Protocol):
    """Verification of requesters' signatures, wherever it is done."""

    async def verify(self, requester: Requester, tx_id: Hash32) -> None:
        """Return if ``requester`` asked for this transaction.

        Raises RequesterSignatureRefused; SignatureWorkersFailed (Unavailable) when it could not be found out.
        """
        ...

    async def start(self) -> None:
        """Get ready."""
        ...

    async def stop(self) -> None:
        """End; checks under way fail as unavailable."""
        ...


class InlineChecks:
    """In the event loop: for tests, demonstrations, and a notary with nothing to do."""

    async def verify(self, requester: Requester, tx_id: Hash32) -> None:
        """See SignatureChecks."""
        verify_requester(requester, tx_id)

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""


@dataclass(frozen=True, slots=True)
class _Check:
    requester: Requester
    tx_id: Hash32
    done: asyncio.Future[None]


class WorkerChecks:
    """In ``workers`` processes, as many signatures at once as queued up meanwhile, at most 64.

    Workers are new programs, never forks of this one (which has a gRPC server). They end when this process does,
    however it ends: their input closes. One that dies is replaced; what it was asked fails as unavailable.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._queue: deque[_Check] = deque()
        self._queued = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def verify(self, requester: Requester, tx_id: Hash32) -> None:
        """See SignatureChecks."""
        if not self._tasks:
            raise SignatureWorkersFailed("they are not running")
        check = _Check(requester, tx_id, asyncio.get_running_loop().create_future())
        self._queue.append(check)
        self._queued.set()
        await check.done

    async def start(self) -> None:
        """Start the workers."""
        self._tasks = [
            asyncio.create_task(self._keep_working(number), name=f"notary-verify-{number}")
            for number in range(self._workers)
        ]

    async def stop(self) -> None:
        """End the workers."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        _fail(list(self._queue), "they stop")
        self._queue.clear()

    async def _keep_working(self, number: int) -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", _WORKER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            try:
                await self._feed(process)
            except (OSError, EOFError) as error:
                _log.error("a signature worker died and is replaced", worker=number, detail=str(error))
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    async def _feed(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101 - tells the type checker what PIPE means
        assert process.stdout is not None  # noqa: S101 - as above
        while True:
            checks = await self._next()
            try:
                items = [(c.requester.key.encoded(), signable_bytes(c.tx_id), c.requester.signature) for c in checks]
                process.stdin.write(encode_items(items))
                await process.stdin.drain()
                verdicts = await process.stdout.readexactly(len(checks))
            except BaseException:
                _fail(checks, "one died, it is replaced")
                raise
            _settle(checks, verdicts)

    async def _next(self) -> list[_Check]:
        while not self._queue:
            self._queued.clear()
            await self._queued.wait()
        count = min(MAX_TOGETHER, len(self._queue))
        return [self._queue.popleft() for _ in range(count)]


def _settle(checks: Sequence[_Check], verdicts: bytes) -> None:
    for check, verdict in zip(checks, verdicts, strict=True):
        if check.done.done():
            continue
        if verdict == HOLDS:
            check.done.set_result(None)
        else:
            requester = check.requester
            check.done.set_exception(RequesterSignatureRefused(requester.name, requester.key.encoded()))


def _fail(checks: Sequence[_Check], cause: str) -> None:
    for check in checks:
        if not check.done.done():
            check.done.set_exception(SignatureWorkersFailed(cause))
