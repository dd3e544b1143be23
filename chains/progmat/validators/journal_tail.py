"""Follows the notary's journal: read, check, apply; stop signing at the first entry that no honest notary hands out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from chains.progmat.network.parameters_source import ParametersSource, source_of
from chains.progmat.node.peers import PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.notary import codec
from chains.progmat.notary.errors import JournalError, JournalForked, JournalRolledBack
from chains.progmat.notary.service import READ_JOURNAL
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.validators import ledger_view
from chains.progmat.validators.journal_check import check_entries
from chains.progmat.validators.ledger_view import LedgerHeight
from chains.progmat.validators.signing_gate import SigningGate
from chains.progmat.validators.tree_store import NodeCache
from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError

FEW_ENTRIES: Final = 8
"""So many are checked sooner than another thread would wake up; more would keep the event loop from everything else."""

_log = structlog.get_logger(__name__)


BeforeJudging = Callable[[int], Awaitable[None]]
"""Called with the time up to which entries are about to be judged; raises UnavailableError if that must wait."""


async def nothing_to_learn(_until_s: int) -> None:
    """For a network that stays in its first epoch."""


@dataclass(frozen=True, slots=True)
class TailSettings:
    """``wait_s``: how long the notary may hold a read; ``retry_s``: pause after a failed one.

    ``linger_s``: pause after one that brought something. Entries come in bursts, and a page of many is read, committed
    and announced for little more than one of one; who comes after a silence is not kept waiting.
    """

    page_entries: int = 256
    wait_s: float = 20.0
    answer_margin_s: float = 10.0
    retry_s: float = 1.0
    linger_s: float = 0.05


class JournalTail:
    """The Validator's head, moved by the journal. Use ``open``.

    Guarantees: the head moves by checked entries only, each applied once, in order, durably before ``head`` shows it.
    Not guaranteed: that it is the notary's head; a notary that withholds entries only delays it.
    """

    def __init__(
        self,
        database: NodeDatabase,
        network: PeerNetwork,
        parameters: ParametersSource,
        gate: SigningGate,
        settings: TailSettings,
        head: LedgerHeight,
        before_judging: BeforeJudging,
    ) -> None:
        self._database = database
        self._network = network
        self._epochs = parameters
        self._before_judging = before_judging
        self._gate = gate
        self._settings = settings
        self._head = head
        self._fate_unknown = False
        self._nodes = NodeCache()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._problem: CrossDvpError | None = None
        self._watchers: list[Callable[[], None]] = []
        self.on_shown: Callable[[str, int], None] = lambda _notary, _height: None
        """Called with the notary's name and the highest position it shows, at each answer."""

    @classmethod
    async def open(
        cls,
        database: NodeDatabase,
        network: PeerNetwork,
        parameters: NetworkParameters | ParametersSource,
        gate: SigningGate,
        settings: TailSettings | None = None,
        before_judging: BeforeJudging | None = None,
    ) -> JournalTail:
        """The tail where this database left it. ``before_judging`` learns the epochs in force by then, if need be."""
        epochs = source_of(parameters)
        ledger_id = epochs.history.first.ledger_id
        head = await database.read(lambda connection: ledger_view.head(connection, ledger_id))
        before_judging = before_judging or nothing_to_learn
        return cls(database, network, epochs, gate, settings or TailSettings(), head, before_judging)

    @property
    def head(self) -> LedgerHeight:
        """The highest height that was checked and applied."""
        return self._head

    def require_readable(self) -> None:
        """Raises why the journal could not be read the last time."""
        if self._problem is not None:
            raise self._problem

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called in the event loop when ``require_readable`` begins or ceases to raise."""
        self._watchers.append(changed)

    def start(self) -> None:
        """Follow the journal until ``stop``."""
        self._task = asyncio.create_task(self._follow(), name="journal-tail")

    async def stop(self) -> None:
        """Stop following; what was applied stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def wait_for_height(self, height: int, wait_s: float) -> LedgerHeight:
        """The head once it is at least ``height``, or as it is after ``wait_s``, or when signing stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while self._head.height < height and self._gate.alarm is None:
                    await self._moved.wait()
        return self._head

    async def advance(self, wait_s: float) -> LedgerHeight:
        """Read one page, waiting at most ``wait_s`` for its first entry; check and apply it. Returns the head.

        Raises JournalError for what no honest notary hands out (signing has stopped then), UnavailableError,
        DecodeError or the notary's refusal.
        """
        if self._fate_unknown:
            await self._look()
        request = codec.ReadRequest(self._head.height, self._settings.page_entries, int(wait_s * 1000))
        body = await self._network.request(
            self._epochs.history.first.notary.name,
            READ_JOURNAL,
            codec.encode_read_request(request),
            wait_s + self._settings.answer_margin_s,
        )
        try:
            await self._take(codec.decode_page(body))
        except JournalError as misbehaviour:
            await self._gate.stop_signing(misbehaviour, body)
            self._announce()
            raise
        return self._head

    async def _take(self, page: codec.JournalPage) -> None:
        start = self._head
        self.on_shown(self._epochs.history.first.notary.name, page.head_position)
        if page.head_position < start.height:
            raise JournalRolledBack(start.height, page.head_position)
        if page.head_position == start.height and page.head_hash != start.journal_hash:
            raise JournalForked(start.height, start.journal_hash, page.head_hash)
        if not page.entries:
            return
        await self._before_judging(page.entries[-1].time_s)
        if len(page.entries) <= FEW_ENTRIES:
            checked = check_entries(start.journal_head, page.entries, self._epochs)
        else:
            checked = await asyncio.to_thread(check_entries, start.journal_head, page.entries, self._epochs)
        try:
            applied = await self._database.submit(
                lambda connection: ledger_view.apply_entries(connection, start, checked, self._nodes)
            )
        except StorageFailed:
            self._fate_unknown = True  # what may be applied must not be taken for the notary's second attempt at it
            raise
        self._nodes.keep(applied.nodes)
        self._head = applied.head
        self._announce()

    async def _look(self) -> None:
        """Find out whether the last page was applied."""
        ledger_id = self._epochs.history.first.ledger_id
        self._head = await self._database.read(lambda connection: ledger_view.head(connection, ledger_id))
        self._fate_unknown = False
        self._announce()

    def _announce(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    async def _follow(self) -> None:
        while self._gate.alarm is None:
            reached = self._head.height
            try:
                await self.advance(self._settings.wait_s)
            except JournalError:
                return  # the gate has logged it, once
            except (UnavailableError, CallerError, PeerError) as error:
                self._note(error)
                await asyncio.sleep(self._settings.retry_s)
            else:
                self._note(None)
                if self._head.height > reached:
                    await asyncio.sleep(self._settings.linger_s)

    def _note(self, problem: CrossDvpError | None) -> None:
        """How a reading ended; said once for each reason in turn."""
        before, self._problem = self._problem, problem
        if problem is not None and (before is None or before.reason != problem.reason):
            _log.warning("journal cannot be read", reason=problem.reason, detail=str(problem))
        if (before is None) is not (problem is None):
            for changed in self._watchers:
                changed()
