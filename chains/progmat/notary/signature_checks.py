"""Who verifies requesters' signatures: this process, or worker processes of its own that only verify.

One Ed25519 verification costs more than everything else the event loop does for a request.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from chains.progmat.notary.errors import SignatureWorkersFailed
from chains.progmat.notary.requester import Claim, has_signed
from chains.progmat.notary.verify_frames import HOLDS, encode_claims
from primitives.public_key import PublicKey

MAX_AHEAD: Final = 128
"""Signatures that a worker has been sent and not answered: enough that it never waits for a busy event loop."""

_WORKER: Final = "chains.progmat.notary.verify_worker"

_log = structlog.get_logger(__name__)


class SignatureChecks(Protocol):
    """Verification of requesters' signatures, wherever it is done."""

    async def verify(self, key: PublicKey, claims: Sequence[Claim]) -> Sequence[bool]:
        """Whether ``key`` signed each of these, in their order.

        Raises SignatureWorkersFailed (Unavailable) when it could not be found out.
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

    async def verify(self, key: PublicKey, claims: Sequence[Claim]) -> Sequence[bool]:
        """See SignatureChecks."""
        return [has_signed(key, claim) for claim in claims]

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""


@dataclass(frozen=True, slots=True)
class _Check:
    frame: bytes
    count: int
    verdicts: asyncio.Future[Sequence[bool]]


class WorkerChecks:
    """In ``workers`` processes; each is sent more while it verifies, so that it never waits for a busy event loop.

    Workers are new programs, never forks of this one (which has a gRPC server). They end when this process does,
    however it ends: their input closes. One that dies is replaced; what it was asked fails as unavailable.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._queue: deque[_Check] = deque()
        self._pipes: list[_Pipe] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def verify(self, key: PublicKey, claims: Sequence[Claim]) -> Sequence[bool]:
        """See SignatureChecks."""
        if not self._tasks:
            raise SignatureWorkersFailed("they are not running")
        verdicts: asyncio.Future[Sequence[bool]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Check(encode_claims(key.encoded(), claims), len(claims), verdicts))
        self._hand_out()
        return await verdicts

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
        _fail(self._queue, "they stop")

    async def _keep_working(self, number: int) -> None:
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", _WORKER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            pipe = _Pipe(process)
            self._pipes.append(pipe)
            try:
                self._hand_out()
                while True:
                    await pipe.settle_next()
                    self._hand_out()
            except (OSError, EOFError) as error:
                _log.error("a signature worker died and is replaced", worker=number, detail=str(error))
            finally:
                self._pipes.remove(pipe)
                _fail(pipe.ahead, "one died, it is replaced")
                if process.returncode is None:
                    process.kill()
                await process.wait()

    def _hand_out(self) -> None:
        """Send what waits to the workers that have least to do, as far as they are to be sent ahead."""
        while self._queue and self._pipes:
            pipe = min(self._pipes, key=lambda each: each.signatures_ahead)
            if pipe.ahead and pipe.signatures_ahead + self._queue[0].count > MAX_AHEAD:
                return
            pipe.send(self._queue.popleft())


class _Pipe:
    """One worker: ``ahead`` is what it was sent and has not answered, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None  # noqa: S101 - tells the type checker what PIPE means
        assert process.stdout is not None  # noqa: S101 - as above
        self._to_worker, self._from_worker = process.stdin, process.stdout
        self._sent = asyncio.Event()
        self.ahead: deque[_Check] = deque()
        self.signatures_ahead = 0

    def send(self, check: _Check) -> None:
        """Needs no draining: what is ahead is bounded."""
        self.ahead.append(check)
        self.signatures_ahead += check.count
        self._to_worker.write(check.frame)
        self._sent.set()

    async def settle_next(self) -> None:
        """Wait for the next answer. Raises OSError or EOFError when the worker is gone."""
        while not self.ahead:
            self._sent.clear()
            if self._from_worker.at_eof():
                raise EOFError
            await self._sent.wait()
        verdicts = await self._from_worker.readexactly(self.ahead[0].count)
        check = self.ahead.popleft()
        self.signatures_ahead -= check.count
        if not check.verdicts.done():
            check.verdicts.set_result([verdict == HOLDS for verdict in verdicts])


def _fail(checks: deque[_Check], cause: str) -> None:
    while checks:
        verdicts = checks.popleft().verdicts
        if not verdicts.done():
            verdicts.set_exception(SignatureWorkersFailed(cause))
