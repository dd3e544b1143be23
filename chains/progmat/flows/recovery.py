"""Getting back from peers what this node should have and has not: after an outage, a lost delivery, a restored backup.

Each peer lists the final transactions in which this node takes part, in the order in which it recorded them; what is
not here is fetched, verified like any delivery and recorded. A cursor per peer makes the next listing begin where this
one ended, so that asking is cheap when nothing is missing. A peer's cursor is bound to the peer's records: after the
peer itself was restored its listing begins anew. A cursor is kept only when everything before it is here.

Peers are not trusted: what they list counts for nothing until it is verified, and a list that never ends, goes back or
names what cannot be fetched costs that peer's part of the report and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection, bindparam, select

from chains.progmat.flows import peer_codec
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.delivery import owe_finality
from chains.progmat.flows.peer_codec import MAX_FETCHED_IDS, MAX_LISTED_IDS, FinalListing, ListingCursor
from chains.progmat.flows.recovery_errors import BadListing, RecoveryUnderWay
from chains.progmat.flows.schema import listing_cursors, recovered
from chains.progmat.flows.seams import Directory, Recording
from chains.progmat.identity import VAULT_ROLES
from chains.progmat.node.peers.errors import PeerTimedOut
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import (
    NodeDatabase,
    Prepared,
    StoredTransaction,
    insert,
    listed_for,
    stored_transaction,
    unknown_transactions,
)
from chains.progmat.transactions.signed import SignedTransaction
from primitives.errors import CrossDvpError

LIST_TIMEOUT_S: Final = 15.0
MAX_PAGES: Final = 10_000
MAX_MISSING: Final = 1024
"""What a peer may list and not show in one run, before it is believed no more."""
MAX_ASKING_S: Final = 300.0
"""One peer's part of a run; where its list is longer, or it is slow, the next run goes on from its cursor."""
EVERY_S: Final = 600
"""A partition that nobody noticed is healed within this time."""

_WITH_RECORDS: Final = tuple(sorted(VAULT_ROLES, key=lambda role: role.value))
_CURSOR_OF = Prepared(
    select(listing_cursors.c.history_id, listing_cursors.c.after).where(listing_cursors.c.peer == bindparam("of_peer"))
)
_CURSOR = insert(listing_cursors)
_KEEP_CURSOR = Prepared(
    _CURSOR.on_conflict_do_update(
        index_elements=[listing_cursors.c.peer],
        set_={"history_id": _CURSOR.excluded.history_id, "after": _CURSOR.excluded.after},
    ),
    columns=listing_cursors.c.keys(),
)
_REMEMBER_MADE = Prepared(insert(recovered).on_conflict_do_nothing(), columns=recovered.c.keys())
_FIND_RECOVERED = Prepared(select(recovered.c.tx_id).where(recovered.c.salt == bindparam("of_salt")))

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PeerReport:
    """What asking one peer brought. ``problem`` is empty if it answered to the end and nothing is missing."""

    peer: str
    listed: int = 0
    fetched: int = 0
    missing: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReconcileReport:
    """What asking all peers brought, by peer."""

    peers: tuple[PeerReport, ...]

    @property
    def fetched(self) -> int:
        """Transactions that came back."""
        return sum(peer.fetched for peer in self.peers)

    @property
    def is_complete(self) -> bool:
        """Every peer answered to the end, and all it listed is here."""
        return not any(peer.problem for peer in self.peers)


@dataclass
class _Progress:
    """Of one peer's listing."""

    listed: int = 0
    fetched: int = 0
    missing: int = 0
    problems: dict[str, None] = field(default_factory=dict)

    def problem(self, error: CrossDvpError) -> None:
        """Each kind once."""
        if error.reason not in {text.split(":")[0] for text in self.problems}:
            self.problems[f"{error.reason}: {error}"] = None


class Recovery:
    """``reconcile`` asks all peers once; ``start`` does so now and every ten minutes, until ``stop``."""

    def __init__(
        self,
        own_name: str,
        database: NodeDatabase,
        network: PeerNetwork,
        directory: Directory,
        back_chain: BackChain,
        recorder: Recording,
        clock: Clock,
        every_s: int,
        on_owed: Callable[[], None],
    ) -> None:
        self._own_name = own_name
        self._database = database
        self._network = network
        self._directory = directory
        self._back_chain = back_chain
        self._recorder = recorder
        self._clock = clock
        self._every_s = every_s
        self._on_owed = on_owed
        self._fetching = asyncio.Lock()  # what one peer brings, the next need not
        self._requested_ms: int | None = None
        self._requested: asyncio.Task[ReconcileReport] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; what is missing after a restart comes back without anybody's doing."""
        self._task = asyncio.create_task(self._keep_up(), name="recovery")

    async def stop(self) -> None:
        """Stop; a listing that was not finished is asked again."""
        tasks = [task for task in (self._task, self._requested) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def reconcile(self) -> ReconcileReport:
        """Ask every peer that keeps records; never raises for what a peer does."""
        names = {name for role in _WITH_RECORDS for name in self._directory.names_with(role)} - {self._own_name}
        report = ReconcileReport(tuple(await asyncio.gather(*(self._ask(name) for name in sorted(names)))))
        if report.fetched:
            self._on_owed()
        return report

    async def reconcile_on_request(self) -> ReconcileReport:
        """As ``reconcile``, for a caller from outside: one at a time, beside the node's own run.

        A run asks every peer and may verify all that comes back: callers could otherwise have each peer asked, and
        this node's readers busy, as often as they like. If the caller leaves, the run goes on, so that what came back
        is passed on, and is the next caller's. Raises ``RecoveryUnderWay``.
        """
        now_ms = self._clock.now_ms()
        if self._requested_ms is not None:
            running_s = max(0, now_ms - self._requested_ms) // 1000
            # A peer that is silent ends a run after LIST_TIMEOUT_S; one that has much to show may take longer.
            raise RecoveryUnderWay(running_s, max(1.0, LIST_TIMEOUT_S - running_s))
        if self._requested is None or self._requested.done():
            self._requested = asyncio.create_task(self.reconcile(), name="reconcile")
            self._requested.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # perhaps nobody's
        self._requested_ms = now_ms
        try:
            return await asyncio.shield(self._requested)
        finally:
            self._requested_ms = None

    async def _keep_up(self) -> None:
        while True:
            try:
                report = await self.reconcile()
            except CrossDvpError as error:  # our own database: its failure is told elsewhere
                _log.warning("not reconciled", reason=error.reason)
            else:
                if report.fetched:
                    _log.warning("missed transactions came back", fetched=report.fetched)
            await self._clock.sleep_ms(self._every_s * 1000)

    async def _ask(self, peer: str) -> PeerReport:
        progress = _Progress()
        try:
            async with asyncio.timeout(MAX_ASKING_S):
                await self._walk(peer, progress)
        except TimeoutError:
            waiting_for = f"the end of its list, {progress.listed} so far"
            progress.problem(PeerTimedOut(peer, peer_codec.LIST_FINAL, MAX_ASKING_S, waiting_for))
        except CrossDvpError as error:
            progress.problem(error)
        return PeerReport(peer, progress.listed, progress.fetched, progress.missing, "; ".join(progress.problems))

    async def _walk(self, peer: str, progress: _Progress) -> None:
        """Page by page; the cursor moves as long as nothing is missing."""
        cursor = await self._database.read(partial(_cursor_of, peer=peer))
        for number in range(MAX_PAGES):
            body = peer_codec.encode_list_request(cursor)
            answer = await self._network.request(peer, peer_codec.LIST_FINAL, body, LIST_TIMEOUT_S)
            page = peer_codec.decode_listing(answer)
            _check_progress(peer, cursor, page, number)
            progress.listed += len(page.tx_ids)
            async with self._fetching:
                await self._fetch(peer, page.tx_ids, progress)
            cursor = page.cursor
            if not progress.missing:
                await self._database.submit(partial(_keep_cursor, peer=peer, cursor=cursor))
            if page.is_complete:
                return
        raise BadListing(peer, f"more than {MAX_PAGES} pages")

    async def _fetch(self, peer: str, tx_ids: Sequence[bytes], progress: _Progress) -> None:
        """What is not here, in small lots: one that cannot be had holds up its lot only."""
        unknown = await self._database.read(partial(unknown_transactions, tx_ids=tx_ids)) if tx_ids else []
        for start in range(0, len(unknown), MAX_FETCHED_IDS):
            lot = unknown[start : start + MAX_FETCHED_IDS]
            try:
                await self._back_chain.fetch(peer, lot, partial(self._came_back, peer, frozenset(lot)))
            except CrossDvpError as error:
                progress.problem(error)
            left = len(await self._database.read(partial(unknown_transactions, tx_ids=lot)))
            progress.fetched += len(lot) - left
            progress.missing += left
            if progress.missing > MAX_MISSING:
                raise BadListing(peer, f"it listed more than {MAX_MISSING} transactions that it does not show")

    def _came_back(
        self, peer: str, listed: frozenset[bytes], connection: Connection, signed: SignedTransaction
    ) -> None:
        """Remember by its salt what may have been made here (see ``salts``), and pass it on.

        Whoever made it owed it to all participants; if that was this node, it has forgotten that, too.
        """
        participants = self._recorder.participants(connection, signed.wire)
        if self._own_name not in participants:
            if bytes(signed.id) in listed:
                raise BadListing(peer, f"{self._own_name} takes no part in {signed.id.hex()}")
            return
        remember_made(connection, signed)
        now_s = self._clock.now_ms() // 1000
        owe_finality(connection, f"recovered {signed.id.hex()}", signed, participants - {self._own_name, peer}, now_s)


class FinalListings:
    """The answering side. ``history_id`` names this node's records; another one after they were restored.

    ``settle`` finds out what became of what this node signed for the asker, which may have forgotten that it began it;
    it returns why that cannot be told now: the notary cannot be asked, or may yet commit some of it. Then all that is
    here is listed, and that there is no more is not said.
    """

    def __init__(
        self, database: NodeDatabase, history_id: str, settle: Callable[[str], Awaitable[CrossDvpError | None]]
    ) -> None:
        self._database = database
        self._history_id = history_id
        self._settle = settle

    async def handle(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``node.list_final``: only of transactions in which the asker takes part.

        Raises what ``settle`` returned in the place of an empty last page.
        """
        cursor = peer_codec.decode_list_request(body)
        unsettled = await self._settle(asker.name)
        after = cursor.after if cursor.history_id == self._history_id else 0
        listing = await self._database.read(
            partial(listed_for, participant=asker.name, after=after, window=MAX_LISTED_IDS)
        )
        if unsettled is not None and listing.up_to == after:
            raise unsettled
        place = ListingCursor(self._history_id, listing.up_to)
        is_complete = listing.is_complete and unsettled is None
        return peer_codec.encode_listing(FinalListing(place, listing.tx_ids, is_complete))


def remember_made(connection: Connection, signed: SignedTransaction) -> None:
    """A transaction that a flow of this node may have made, and that came back from peers."""
    _REMEMBER_MADE.change(connection, {"salt": signed.wire.salt, "tx_id": bytes(signed.id)})


def made_before(connection: Connection, salt: bytes) -> StoredTransaction | None:
    """The transaction with this salt, if it came back from peers."""
    row = _FIND_RECOVERED.first(connection, {"of_salt": salt})
    return None if row is None else stored_transaction(connection, row[0])


def _check_progress(peer: str, asked: ListingCursor, page: FinalListing, number: int) -> None:
    """``number`` counts the pages of a run from 0: between two runs a peer's records may have become others."""
    if not page.cursor.history_id:
        raise BadListing(peer, "it does not name its records")
    if page.cursor.history_id != asked.history_id:
        if number:
            raise BadListing(peer, "its records became others while it listed them")
        return
    if page.cursor.after < asked.after or (page.cursor.after == asked.after and not page.is_complete):
        raise BadListing(peer, f"it was asked from {asked.after} on and goes on at {page.cursor.after}")


def _cursor_of(connection: Connection, peer: str) -> ListingCursor:
    row = _CURSOR_OF.first(connection, {"of_peer": peer})
    return ListingCursor() if row is None else ListingCursor(*row)


def _keep_cursor(connection: Connection, *, peer: str, cursor: ListingCursor) -> None:
    _KEEP_CURSOR.change(connection, {"peer": peer, "history_id": cursor.history_id, "after": cursor.after})
