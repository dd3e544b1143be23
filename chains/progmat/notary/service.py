"""The notary as its peers see it: the handlers of ``notary.notarise`` and ``notary.read_journal``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

import structlog

from chains.progmat.network.parameters_source import ParametersSource, source_of
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.notary import codec, rules
from chains.progmat.notary.batch_writer import Answer, BatchWriter, Result, sign_again
from chains.progmat.notary.duty import Duty
from chains.progmat.notary.errors import (
    JournalReadRefused,
    NotarisationConflict,
    NotaryStopping,
    RequesterSignatureRefused,
    RequesterUnknown,
    WrongParameters,
)
from chains.progmat.notary.intake import Asked, Intake, TearOffIntake
from chains.progmat.notary.keys import NotaryKeys, key_in_force, signer_of
from chains.progmat.notary.model import CommitRequest, Requester
from chains.progmat.notary.signature_checks import InlineChecks, SignatureChecks
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.errors import ParametersUnknown
from chains.progmat.transactions.filtered import FilteredTransaction
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.errors import CallerError, CrossDvpError, PeerError
from primitives.public_key import PublicKey
from primitives.signatures import Signer

NOTARISE: Final = "notary.notarise"
READ_JOURNAL: Final = "notary.read_journal"

T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class NotarySettings:
    """``journal_readers`` are the Validators' node names; nobody else may read the journal."""

    journal_readers: Container[str]
    tick_interval_s: float = 5.0
    max_batch: int = 256
    max_waiting: int = 4096
    max_page_entries: int = 256
    max_wait_s: float = 30.0


_Signed = tuple[Asked, Requester]
"""A request whose requester's signature holds."""


class _Page(NamedTuple):
    """What one reading of the journal found."""

    is_full: bool
    """There are entries in it."""
    head_position: int
    encoded: bytes


class NotaryService:
    """One notary. ``start`` before use, ``stop`` before the store is closed.

    Guarantees: an answer is sent only after the transaction is durable in the store; the same transaction gets the same
    position and time every time; the journal's time never goes back and moves at least every ``tick_interval_s`` while
    the clock moves. Not guaranteed: that a request which failed with an UnavailableError was not committed.

    ``name`` is this notary's in the network parameters, ``keys`` are its own, one for each epoch's; ``key_of`` is the
    network map: the key of a node's name. ``intake`` reads requests as the notary's mode wants them.
    """

    def __init__(
        self,
        *,
        name: str,
        store: UniquenessStore,
        keys: NotaryKeys,
        parameters: NetworkParameters | ParametersSource,
        key_of: Callable[[str], PublicKey | None],
        clock_s: Callable[[], int],
        settings: NotarySettings,
        checks: SignatureChecks | None = None,
        intake: Intake | None = None,
        duty: Duty | None = None,
    ) -> None:
        self._name = name
        self._store = store
        self._keys = keys
        self._epochs = source_of(parameters)
        self._key_of = key_of
        self._settings = settings
        self._checks = checks or InlineChecks()
        self._intake = intake or TearOffIntake()
        self._duty = duty
        self._writer = BatchWriter(
            store,
            self._present_signer,
            clock_s,
            self._journal_grew,
            self._standing_changed,
            max_batch=settings.max_batch,
            max_waiting=settings.max_waiting,
        )
        self._reader_thread = ThreadPoolExecutor(1, thread_name_prefix="notary-reader")
        self._grown = asyncio.Event()
        self._reading: dict[tuple[int, int], asyncio.Future[_Page]] = {}
        """Under way, and begun since the journal grew last: by position and size."""
        self._ticker: asyncio.Task[None] | None = None
        self._running = False
        self._watchers: list[Callable[[], None]] = []
        if duty is not None:
            duty.watch(self._duty_changed)

    async def start(self) -> None:
        """Begin to take requests and to tick."""
        self._running = True
        await self._checks.start()
        self._writer.start()
        if self._duty is not None:
            await self._duty.start()
        self._ticker = asyncio.create_task(self._tick_when_idle(), name="notary-ticker")

    async def stop(self) -> None:
        """Finish what is queued; later requests fail with NotaryStopping."""
        self._running = False
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.gather(self._ticker, return_exceptions=True)
        await self._writer.stop()
        if self._duty is not None:
            await self._duty.stop()
        await self._checks.stop()
        self._journal_grew()
        self._reader_thread.shutdown()

    def require_able(self) -> None:
        """Raises why the store takes nothing, or cannot say who may write. A worker that stands by does its work."""
        stands_by = self._duty is not None and not self._duty.is_active
        failure = self._duty.failure if self._duty is not None else None
        if failure is None and not stands_by:
            failure = self._writer.failure
        if failure is not None:
            raise failure

    def about(self) -> str:
        """Which of a notary's workers this is."""
        if self._duty is None or self._duty.is_active:
            return "commits"
        return f"stands by for {self._duty.holder}"

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called in the event loop whenever ``require_able`` may say something else."""
        self._watchers.append(changed)

    async def notarise(self, peer: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``notary.notarise``: NotariseRequest bytes in, NotariseResponse bytes out.

        A conflict is an answer, not an error, so that its evidence reaches the asker whole. Raises DecodeError and
        TearOffRefused for a bad request, NotaryRefusal and SignatureRefused for one that will not be notarised,
        NotActive, NotaryBusy and NotaryStopping for later.
        """
        (answer,) = await self.notarise_group(peer, (body,))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def notarise_group(self, peer: PeerIdentity, bodies: Sequence[bytes]) -> Sequence[bytes | Exception]:
        """Group handler of ``notary.notarise``: each as ``notarise`` would, what that raises in the answer's place.

        Their signatures are verified together and they are queued together. Raises what concerns them all.
        """
        if self._duty is not None:
            self._duty.require_active()
        answers: dict[int, bytes | Exception] = {}
        requests: dict[int, CommitRequest] = {}
        for at, asked in (await self._really_asked(peer, self._read_all(bodies, answers), answers)).items():
            try:
                judged = await self._judged(peer, asked)
            except CrossDvpError as error:
                answers[at] = error
            else:
                if isinstance(judged, CommitRequest):
                    requests[at] = judged
                else:
                    answers[at] = _encoded(judged)
        if requests:
            results = await self._writer.commit(list(requests.values()))
            answers.update(zip(requests, map(_encoded, results), strict=True))
        return [answers[at] for at in range(len(bodies))]

    async def read_journal(self, peer: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``notary.read_journal``: waits at most ``max_wait_s`` for the first entry wanted.

        A reader that is ahead of the journal is answered at once: the head in the answer tells it. Raises DecodeError,
        JournalReadRefused, NotaryStopping.
        """
        wanted = codec.decode_read_request(body)
        if peer.name not in self._settings.journal_readers:
            raise JournalReadRefused(peer.name)
        wait_s = min(wanted.wait_ms / 1000, self._settings.max_wait_s)
        if wait_s > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    return await self._first_page(wanted)
        return (await self._page(wanted)).encoded

    async def tick(self) -> None:
        """Let the journal's time catch up with the clock now, without waiting for the interval."""
        await self._writer.tick()

    def _read_all(self, bodies: Sequence[bytes], answers: dict[int, bytes | Exception]) -> dict[int, Asked]:
        asked: dict[int, Asked] = {}
        for at, body in enumerate(bodies):
            try:
                asked[at] = self._intake.read(body)
            except CrossDvpError as error:
                answers[at] = error
        return asked

    async def _really_asked(
        self, peer: PeerIdentity, asked: dict[int, Asked], answers: dict[int, bytes | Exception]
    ) -> dict[int, _Signed]:
        """Those that ``peer`` has signed with its key on the network map."""
        if not asked:
            return {}
        key = self._key_of(peer.name)
        if key is None:
            raise RequesterUnknown(peer.name)
        claims = list(dict.fromkeys(each.claim for each in asked.values()))  # what was signed together, once
        holds = dict(zip(claims, await self._checks.verify(key, claims), strict=True))
        signed: dict[int, _Signed] = {}
        for at, each in asked.items():
            if holds[each.claim]:
                signed[at] = each, Requester(peer.name, key, each.requester_signature)
            else:
                answers[at] = RequesterSignatureRefused(peer.name, key.encoded())
        return signed

    async def _judged(self, peer: PeerIdentity, signed: _Signed) -> CommitRequest | Answer:
        """What is to be committed, or the old answer of what is final already; raises what is to be said against it."""
        asked, requester = signed
        try:
            epoch = self._epoch_of(asked.tear_off)
            rules.validate_new(asked.tear_off, asked.approvals, epoch, self._name)
            await self._intake.validate(peer, asked)
        except (CallerError, PeerError) as objection:
            return await self._answer_of_old(asked.tear_off, objection)
        admission = self._epochs.history.admission(epoch, asked.tear_off.notary)
        approval = rules.approval_of(asked.tear_off, asked.approvals, epoch)
        return rules.commit_request_of(asked.tear_off, asked.evidence, requester, admission, approval)

    def _epoch_of(self, tear_off: FilteredTransaction) -> NetworkParameters:
        """The epoch it pins; whether that one's time is now is decided with the other time window, at the commit."""
        try:
            return self._epochs.pinned(tear_off.network_parameters_hash)
        except ParametersUnknown as error:
            raise WrongParameters(self._epochs.in_force().hash, tear_off.network_parameters_hash) from error

    async def _answer_of_old(self, tear_off: FilteredTransaction, objection: Exception) -> Answer:
        """The old answer of a transaction that would not be accepted any more; the objection if there is none."""
        committed = await self._in_reader(self._store.find_committed, tear_off.id)
        if committed is None:
            raise objection
        return sign_again(self._present_signer(), committed)

    def _present_signer(self) -> Signer:
        """Of the key that the epoch in force names: new answers and old ones alike are signed with it."""
        return signer_of(self._keys, key_in_force(self._epochs, self._name))

    async def _first_page(self, wanted: codec.ReadRequest) -> bytes:
        """A page once there is something to tell."""
        while True:
            grown = self._grown  # taken before the read: growth after it wakes us
            page = await self._page(wanted)
            if page.is_full or page.head_position < wanted.after_position:
                return page.encoded
            if page.head_position == wanted.after_position:
                await grown.wait()

    async def _page(self, wanted: codec.ReadRequest) -> _Page:
        """Readers are mostly at the same place, and woken together: they get what one of them reads.

        Not what was begun before the journal grew. Who stops waiting takes nothing from the others.
        """
        at = (wanted.after_position, min(max(wanted.max_entries, 1), self._settings.max_page_entries))
        reading = self._reading.get(at)
        if reading is None:
            reading = self._reading[at] = asyncio.ensure_future(self._in_reader(self._read_page, *at))
            reading.add_done_callback(lambda done: self._reading.get(at) is done and self._reading.pop(at))
        return await asyncio.shield(reading)

    def _read_page(self, after_position: int, limit: int) -> _Page:
        """In the reader's thread. Entries first: the head that is told is at or past the last of them."""
        entries = self._store.read_entries(after_position, limit)
        head = self._store.head()
        return _Page(bool(entries), head.position, codec.encode_page(entries, head))

    async def _in_reader(self, call: Callable[..., T], *arguments: object) -> T:
        if not self._running:
            raise NotaryStopping("it is not running")
        return await asyncio.get_running_loop().run_in_executor(self._reader_thread, call, *arguments)

    def _duty_changed(self) -> None:
        self._writer.begin_anew()  # what failed before another worker wrote says nothing any more
        self._standing_changed()

    def _standing_changed(self) -> None:
        for changed in self._watchers:
            changed()

    def _journal_grew(self) -> None:
        self._reading.clear()
        self._grown.set()
        self._grown = asyncio.Event()

    async def _tick_when_idle(self) -> None:
        last_problem = ""
        while True:
            seen = self._grown
            await asyncio.sleep(self._settings.tick_interval_s)
            if seen.is_set() or (self._duty is not None and not self._duty.is_active):
                continue
            try:
                await self._writer.tick()
            except CrossDvpError as error:  # the next tick tries again: time stands still meanwhile, and nothing else
                if error.reason != last_problem:
                    _log.error("tick failed", reason=error.reason, detail=str(error))
                last_problem = error.reason
            else:
                last_problem = ""


def _encoded(result: Result) -> bytes | Exception:
    """NotariseResponse bytes; a conflict is told in them, any other refusal stays what it is."""
    if isinstance(result, NotarisationConflict):
        return codec.encode_conflict(result)
    if isinstance(result, Exception):
        return result
    committed = result.committed
    return codec.encode_notarised(
        codec.Notarised(encode_signature(result.signature), committed.position, committed.time_s)
    )
