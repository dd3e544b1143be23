"""A node whose records are in doubt asks every peer for what it missed; and every node asks whether it should doubt.

States: a node is current, or in doubt (``storage.standing.Doubt``). In doubt it answers reads and records what peers
deliver, and signs nothing. How the doubt ends:

- **by itself** when every peer that has to answer has answered, nothing was missing, and the doubt is one of the
  witness alone (``WITNESS_MISSING``, ``WITNESS_BEHIND``): then nothing says that anything was lost;
- **by an operator** (`crossdvp ledger storage reconcile CONFIG --confirm`) in every other case. What peers deliver
  again are final ledger_txs; a flow that had signed something which is not final yet is known to nobody else for
  certain, and only a person can know whether such flows were under way. A running node takes that word once a round of
  asking has brought nothing new; a stopped one's database at once, from who knows that a peer never comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.recovery import ReconcileReport
from chains.progmat.node.errors import AnotherDoubt, DoubtNeedsRestart, DoubtNotReconciled
from chains.progmat.node.peers import PeerNetwork
from chains.progmat.node.positions import (
    POSITION,
    Position,
    PositionAnswer,
    SignedPosition,
    decode_answer,
    encode_request,
)
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.standing import Doubt, Seen
from primitives.errors import BadSignature, CrossDvpError, UnavailableError
from primitives.signatures import Signer

ASK_EVERY_MS: Final = 60_000
ASK_TIMEOUT_S: Final = 10.0

log = structlog.get_logger(__name__)


class Reconciler(Protocol):
    """Fetches what a node missed; put together by the node's composition root."""

    async def reconcile(self) -> ReconcileReport:
        """Ask every peer for the final ledger_txs in which this node takes part; verify and record what is missing.

        Safe to repeat. A peer that cannot be asked is in the report with its problem, not an error. May raise storage
        errors. Needs no signature of this node. ``flows.recovery.Recovery`` is one.
        """
        ...


@dataclass(frozen=True)
class PeersToAsk:
    """``position``: who keeps others' positions. ``required``: who must have answered before a doubt ends by itself."""

    position: tuple[str, ...]
    required: frozenset[str]


class Reconciliation:
    """Runs beside a node's roles: tells and asks positions, reconciles while there is a doubt."""

    def __init__(
        self,
        *,
        name: str,
        database: NodeDatabase,
        network: PeerNetwork,
        signer: Signer,
        peers: Callable[[], PeersToAsk],
        reconciler: Reconciler | None,
        clock: Clock,
        heights_shown: Callable[[str, int], None] = lambda _peer, _height: None,
    ) -> None:
        self._name = name
        self._database = database
        self._network = network
        self._signer = signer
        self._peers = peers
        self._reconciler = reconciler
        self._clock = clock
        self._heights_shown = heights_shown
        self._last_round: tuple[int, tuple[str, ...]] | None = None
        self._told_positions: set[str] = set()  # who answered when asked last
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, until ``stop``."""
        self._task = asyncio.create_task(self._work(), name="reconciliation")

    async def stop(self) -> None:
        """End; what was recorded stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask_positions(self) -> None:
        """Tell every peer how far this node has come, unless it doubts that itself; doubt it if a peer knows better."""
        head = self._database.head
        own = Position(self._name, head.database_id, head.incarnation, head.nonce, head.number)
        told = None
        if head.doubt is Doubt.NONE and self._database.failure is None:
            told = SignedPosition(own, self._signer.sign(own.statement()))
        asked = self._peers().position
        answers = await asyncio.gather(*(self._ask(peer, told) for peer in asked))
        for peer, answer in zip(asked, answers, strict=True):
            if answer is None:
                self._told_positions.discard(peer)
                continue
            self._told_positions.add(peer)
            self._heights_shown(peer, answer.journal_height)
            if answer.latest is not None and answer.latest.position.is_later_than(own):
                await self._believe(peer, answer.latest, own)

    async def reconcile(self) -> ReconcileReport | None:
        """One round for a doubt, which may end it; None where there is nothing to do or nobody to do it."""
        doubt = self._database.doubt
        if doubt is Doubt.NONE or self._reconciler is None:
            return None
        report = await self._reconciler.reconcile()
        missed = sum(peer.fetched + peer.missing for peer in report.peers)
        answered = {peer.peer for peer in report.peers if not peer.problem} & self._told_positions
        unanswered = sorted(self._peers().required - answered)
        self._last_round = missed, tuple(unanswered)
        log.warning(
            "records in doubt", doubt=doubt.value, missed=missed, unanswered=unanswered, peers=len(report.peers)
        )
        if not unanswered and not missed and self._database.doubt is doubt and doubt.ends_by_itself:
            why = f"{doubt.value}: {len(answered)} peers answered, nothing was missing"
            await self._database.settle_doubt("", why, self._clock.now_ms() // 1000)
            log.warning("doubt settled", why=why)
        return report

    async def settle(self, doubt: Doubt, operator: str) -> bool:
        """An operator's word that the node has all it missed; whether there was a doubt. Durable when this returns.

        Raises ``AnotherDoubt`` than the one spoken of, ``DoubtNeedsRestart``, ``DoubtNotReconciled``, storage errors.
        """
        head = self._database.head
        if head.doubt is Doubt.NONE:
            return False
        if head.doubt is not doubt:
            raise AnotherDoubt(doubt.value, head.doubt.value)
        if self._database.doubt_arose_here:
            raise DoubtNeedsRestart(doubt.value)
        if self._reconciler is not None and self._last_round != (0, ()):
            missed, unanswered = self._last_round or (None, ())
            raise DoubtNotReconciled(missed, unanswered, ASK_EVERY_MS / 1000)
        why = f"{head.doubt.value}: {head.doubt_detail}"
        await self._database.settle_doubt(operator, why, self._clock.now_ms() // 1000)
        log.warning("doubt settled", why=why, operator=operator)
        return True

    async def _work(self) -> None:
        while True:
            try:
                await self.ask_positions()
                await self.reconcile()
            except CrossDvpError as error:
                log.warning("reconciliation goes on later", reason=error.reason, detail=str(error))
            await self._clock.sleep_ms(ASK_EVERY_MS)

    async def _ask(self, peer: str, told: SignedPosition | None) -> PositionAnswer | None:
        try:
            body = await self._network.request(peer, POSITION, encode_request(told), ASK_TIMEOUT_S)
            return decode_answer(body)
        except UnavailableError:
            return None  # it is asked again
        except CrossDvpError as error:
            log.warning("no position from peer", peer=peer, reason=error.reason, detail=str(error))
            return None

    async def _believe(self, peer: str, later: SignedPosition, own: Position) -> None:
        position = later.position
        try:
            later.check(self._signer.public_key)
        except BadSignature:
            log.warning("a peer tells a position that this node never signed", peer=peer)
            return
        if position.node != self._name or position == own:
            return
        current = self._database.head  # it may have gone on since the question
        if not position.is_later_than(
            Position(self._name, current.database_id, current.incarnation, current.nonce, current.number)
        ):
            return
        detail = (
            f"{peer} has this node's signature for start {position.incarnation}, commit {position.number} of database "
            f"{position.database_id}; here it is start {own.incarnation}, commit {own.number} of {own.database_id}"
        )
        seen = Seen(position.incarnation, position.number)
        await self._database.raise_doubt(Doubt.PEER_SAW_LATER, detail, self._clock.now_ms() // 1000, seen)
