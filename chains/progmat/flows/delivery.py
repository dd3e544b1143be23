"""Deliveries: what this node owes to peers, sent from the outbox until answered.

Each peer has its own lane (see ``delivery_lane``), so that a peer that is away delays only what it is owed, and costs
memory and attempts of one probe at a time however much that is. At least once: a delivery may arrive again, and its
receiver records a transaction once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection, bindparam, select, update

from chains.progmat.flows import peer_codec, store
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.delivery_lane import MAX_HELD, NEVER_MS, Lane
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.signed_records import Newest, wire_of
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.node.storage import (
    Effect,
    EffectStatus,
    NodeDatabase,
    Prepared,
    due_effects,
    effect_done,
    effect_failed,
    enqueue_effect,
    next_due_s,
    peers_owed,
    pending_effects,
)
from chains.progmat.node.storage.errors import StorageClosed
from chains.progmat.node.storage.schema import outbox
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import CrossDvpError, UnavailableError

log = structlog.get_logger(__name__)

DELIVERY_TIMEOUT_S = 15.0
ACKNOWLEDGED_WITHIN_S: Final = 0.02
"""To store that a delivery was answered is in no hurry: what is lost of it is delivered once more."""
BATCH = 128
ANY_TIME_S = 2**62


def owe(connection: Connection, *, flow_id: str, peer: str, method: str, body: bytes, now_s: int) -> None:
    """Put a delivery into the outbox, once per flow, method and peer."""
    key = f"{flow_id}|{method}|{peer}"
    enqueue_effect(connection, effect_key=key, peer=peer, method=method, body=body, now_s=now_s)


_OWED = Prepared(
    select(outbox.c.effect_id).where(
        outbox.c.effect_key >= bindparam("from_key"),
        outbox.c.effect_key < bindparam("until_key"),
        outbox.c.status != EffectStatus.DONE.value,
    )
)


_DELIVERED: Final = Newest[WireTransaction]()


def finality_of(signed: SignedTransaction) -> bytes:
    """The body that delivers a final transaction."""
    signatures = tuple(encode_signature(signature) for signature in signed.signatures)
    body = peer_codec.encode_finality(Finality(tx_id=signed.id, signatures=signatures, wire=signed.wire_bytes))
    _DELIVERED.put(body, signed.wire)
    return body


def delivered_wire(body: bytes) -> WireTransaction:
    """The transaction that a body of ``finality_of`` delivers; raises ``DecodeError``."""
    known = _DELIVERED.get(body)
    return wire_of(peer_codec.decode_finality(body).wire) if known is None else known


def owe_finality(
    connection: Connection, flow_id: str, signed: SignedTransaction, peers: Iterable[str], now_s: int
) -> None:
    """Owe a final transaction to participants."""
    body = finality_of(signed)
    for peer in sorted(peers):
        owe(connection, flow_id=flow_id, peer=peer, method=peer_codec.FINALISE, body=body, now_s=now_s)


_DUE_NOW = Prepared(
    update(outbox)
    .where(
        outbox.c.effect_key >= bindparam("from_key"),
        outbox.c.effect_key < bindparam("until_key"),
        outbox.c.status == EffectStatus.PENDING.value,
    )
    .values(next_attempt_s=bindparam("now_s"))
)


def due_now(connection: Connection, flow_id: str, now_s: int) -> None:
    """Have what a flow owes sent at once, whatever was planned."""
    _DUE_NOW.change(connection, {**_keys_of(flow_id), "now_s": now_s})


def owed_by_flow(connection: Connection, flow_id: str) -> int:
    """How many deliveries of a flow are not acknowledged."""
    return len(_OWED.rows(connection, _keys_of(flow_id)))


def _keys_of(flow_id: str) -> dict[str, str]:
    return {"from_key": f"{flow_id}|", "until_key": f"{flow_id}}}"}  # '}' follows '|'


class DeliveryWorker:
    """Sends what is owed; ``wake`` after something was put into the outbox."""

    def __init__(
        self,
        database: NodeDatabase,
        network: PeerNetwork,
        clock: Clock,
        to_send: Callable[[Effect], bytes],
        on_done: Callable[[FlowRecord], None],
        is_awaited: Callable[[str], bool],
        retry: RetrySchedule | None = None,
    ) -> None:
        """``on_done`` hears, maybe twice, that all deliveries of a flow are answered; ``is_awaited``: by a caller."""
        self._database = database
        self._network = network
        self._clock = clock
        self._to_send = to_send
        self._on_done = on_done
        self._is_awaited = is_awaited
        self._retry = retry or RetrySchedule(first_ms=1000)
        self._refused_retry = RetrySchedule(first_ms=60_000, ceiling_ms=600_000)
        self._awake = asyncio.Event()
        self._seen_id = -1
        """Of the newest effect that was offered to its lane; -1: what a restart found has not been looked at."""
        self._answered: set[int] = set()
        """Effects whose answer is not stored yet."""
        self._lanes: dict[str, Lane] = {}
        self._looking: list[asyncio.Task[None]] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what was owed before a restart."""
        self._awake.set()
        self._task = asyncio.create_task(self._work(), name="deliveries")

    def wake(self) -> None:
        """Look into the outbox now."""
        self._awake.set()

    def hurry(self) -> None:
        """See now whether peers are back, and send what is due: an operator knows something."""
        for lane in self._lanes.values():
            lane.look_now()

    def peers_away(self) -> dict[str, int]:
        """Peers to which only probes are sent at present, each with since when, Unix ms."""
        return {lane.peer: lane.away_since_ms for lane in self._lanes.values() if lane.is_away}

    async def stop(self) -> None:
        """Stop sending; what is not acknowledged is sent again after the next start."""
        under_way = [task for lane in self._lanes.values() for task in lane.held.values()]
        tasks = [*under_way, *self._looking, *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            try:
                if self._seen_id < 0:
                    await self._take_up()
                while await self._take_some():
                    pass
            except StorageClosed:
                return
            except UnavailableError as error:
                log.warning("outbox cannot be read", reason=error.reason, detail=str(error))
                await self._clock.sleep_ms(self._retry.ceiling_ms)
                self._awake.set()

    async def _take_up(self) -> None:
        """After a start: every lane that is owed something reads that for itself."""
        owed = await self._database.read(peers_owed)
        self._seen_id = max(owed.values(), default=0)
        for peer in owed:
            self._lane(peer).look_now()

    async def _take_some(self) -> bool:
        """Offer what was put into the outbox since the last look to its lanes; whether there may be more."""
        found = await self._database.look_up(partial(pending_effects, after_id=self._seen_id, limit=BATCH))
        for effect in found:
            self._seen_id = effect.effect_id
            lane = self._lane(effect.peer)
            if effect.effect_id not in lane.held and lane.takes():
                self._send(lane, effect)
        return len(found) == BATCH

    # ---- lanes ----

    def _lane(self, peer: str) -> Lane:
        lane = self._lanes.get(peer)
        if lane is None:
            lane = self._lanes[peer] = Lane(peer, self._retry)
            self._looking.append(asyncio.create_task(self._keep_looking(lane), name=f"lane {peer}"))
        return lane

    async def _keep_looking(self, lane: Lane) -> None:
        """Read again what the lane could not hold, or what had to wait, when its time has come."""
        while True:
            await self._until_time_to_look(lane)
            lane.look_at_ms = NEVER_MS
            try:
                if lane.is_away:
                    await self._probe(lane)
                else:
                    await self._refill(lane)
            except StorageClosed:
                return
            except UnavailableError as error:
                log.warning("outbox cannot be read", peer=lane.peer, reason=error.reason)
                lane.look_by(self._clock.now_ms() + self._retry.ceiling_ms)

    async def _until_time_to_look(self, lane: Lane) -> None:
        while lane.look_at_ms > self._clock.now_ms():
            waits = [asyncio.create_task(lane.poked())]
            if lane.look_at_ms < NEVER_MS:
                waits.append(asyncio.create_task(self._sleep_until(lane.look_at_ms)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for waiting in waits:
                    waiting.cancel()

    async def _sleep_until(self, at_ms: int) -> None:
        await self._clock.sleep_ms(at_ms - self._clock.now_ms())  # now: the clock may have gone on since it was planned

    async def _refill(self, lane: Lane) -> None:
        lane.is_behind = False  # before the look: what is offered from now on and not taken makes it true again
        now_s = self._clock.now_ms() // 1000
        due = await self._database.look_up(partial(due_effects, peer=lane.peer, now_s=now_s, limit=MAX_HELD))
        for effect in due:
            if effect.effect_id not in lane.held and lane.takes():
                self._send(lane, effect)
        if len(due) == MAX_HELD:
            lane.is_behind = True
            return
        later_s = await self._database.look_up(partial(next_due_s, peer=lane.peer, now_s=now_s))
        if later_s is not None:
            lane.look_by(later_s * 1000)

    async def _probe(self, lane: Lane) -> None:
        """One delivery shows whether the peer is back: the one that has waited longest."""
        most = len(lane.held) + 1
        owed = await self._database.look_up(partial(due_effects, peer=lane.peer, now_s=ANY_TIME_S, limit=most))
        for effect in owed:
            if effect.effect_id not in lane.held:
                lane.probe_id = effect.effect_id
                self._send(lane, effect)
                return
        lane.answered()  # nothing is owed but what is under way

    def _send(self, lane: Lane, effect: Effect) -> None:
        task = asyncio.create_task(self._deliver(lane, effect), name=f"delivery {effect.effect_id}")
        lane.held[effect.effect_id] = task
        task.add_done_callback(partial(self._ended, lane, effect.effect_id))

    def _ended(self, lane: Lane, effect_id: int, task: asyncio.Task[None]) -> None:
        lane.held.pop(effect_id, None)
        if lane.is_behind and not lane.is_away and not task.cancelled() and lane.room >= MAX_HELD // 2:
            lane.look_now()

    # ---- one delivery ----

    async def _deliver(self, lane: Lane, effect: Effect) -> None:
        """One attempt; its result is in the database before the lane forgets the effect."""
        try:
            await self._attempt(lane, effect)
        except StorageClosed:
            return
        except UnavailableError as error:  # the attempt is not written down: it is made again
            log.warning("delivery not written down", key=effect.effect_key, reason=error.reason)
        except Exception:
            log.exception("delivery ended by a defect", key=effect.effect_key)
        else:
            return
        await self._clock.sleep_ms(self._retry.ceiling_ms)
        lane.put_off(self._clock.now_ms() + self._retry.first_ms)

    async def _attempt(self, lane: Lane, effect: Effect) -> None:
        """Send, and write down what came of it. Raises storage errors only."""
        attempts, answers_before = effect.attempts + 1, lane.answers
        body = self._to_send(effect)
        try:
            await self._network.request(effect.peer, effect.method, body, DELIVERY_TIMEOUT_S)
        except UnavailableError as error:
            wait_ms = lane.failed(effect.effect_id, answers_before, attempts, self._clock.now_ms())
            await self._put_off(lane, effect, error, wait_ms)
        except CrossDvpError as error:
            # What is final has to be recorded there some day: an operator sees why it is not yet.
            log.warning("delivery refused", peer=effect.peer, key=effect.effect_key, reason=error.reason)
            lane.answered()
            await self._put_off(lane, effect, error, self._refused_retry.wait_ms(attempts))
        else:
            lane.answered()
            await self._note_answer(effect)

    async def _note_answer(self, effect: Effect) -> None:
        """Who waits for the flow hears of its last answer at once: DONE says what peers have done, not what is stored.

        It is stored with other things, a moment later. Killed before that, this node delivers again, and is answered
        again.
        """
        now_ms = self._clock.now_ms()
        self._answered.add(effect.effect_id)
        try:
            if self._is_awaited(_flow_id_of(effect)):
                done = partial(_if_all_answered, effect=effect, answered=self._answered, now_ms=now_ms)
                if (flow := await self._database.look_up(done)) is not None:
                    self._on_done(flow)
            acknowledged = partial(_acknowledged, effect=effect, now_ms=now_ms)
            stored = await self._database.submit(acknowledged, within_s=ACKNOWLEDGED_WITHIN_S)
        finally:
            self._answered.discard(effect.effect_id)
        if stored is not None:
            self._on_done(stored)

    async def _put_off(self, lane: Lane, effect: Effect, error: CrossDvpError, wait_ms: int) -> None:
        now_ms = self._clock.now_ms()
        await self._database.submit(partial(_later, effect=effect, error=error, now_ms=now_ms, wait_ms=wait_ms))
        del lane.held[effect.effect_id]
        lane.put_off(now_ms + wait_ms)


def _flow_of(connection: Connection, effect: Effect) -> FlowRecord | None:
    return store.find_flow(connection, _flow_id_of(effect))


def _flow_id_of(effect: Effect) -> str:
    return effect.effect_key.split("|", 1)[0]


def _if_all_answered(
    connection: Connection, *, effect: Effect, answered: AbstractSet[int], now_ms: int
) -> FlowRecord | None:
    """The flow as it will be stored when all answers are; None while others are awaited."""
    flow_id = _flow_id_of(effect)
    if any(effect_id not in answered for (effect_id,) in _OWED.rows(connection, _keys_of(flow_id))):
        return None
    return _done(connection, flow_id, now_ms)


def _acknowledged(connection: Connection, *, effect: Effect, now_ms: int) -> FlowRecord | None:
    """The delivery is done; with the last one its flow is, too."""
    effect_done(connection, effect.effect_id)
    if owed_by_flow(connection, _flow_id_of(effect)):
        return None
    done = _done(connection, _flow_id_of(effect), now_ms)
    return None if done is None else store.save_flow(connection, done, expected_step=FlowStep.RECORDED)


def _done(connection: Connection, flow_id: str, now_ms: int) -> FlowRecord | None:
    """A flow that waits for its deliveries, as it is when all are answered."""
    flow = store.find_flow(connection, flow_id)
    return flow.advanced(FlowStep.DONE, now_ms) if flow is not None and flow.step is FlowStep.RECORDED else None


def _later(connection: Connection, *, effect: Effect, error: CrossDvpError, now_ms: int, wait_ms: int) -> None:
    """The peer is away: said in the outbox and in the flow."""
    effect_failed(connection, effect.effect_id, f"{error.reason}: {error}", (now_ms + wait_ms) // 1000)
    _note(connection, effect, error, now_ms, now_ms + wait_ms)


def _note(connection: Connection, effect: Effect, error: CrossDvpError, now_ms: int, next_attempt_ms: int) -> None:
    flow = _flow_of(connection, effect)
    if flow is not None and flow.step is FlowStep.RECORDED:
        noted = flow.attempt_failed(error, now_ms, next_attempt_ms, effect.peer)
        store.save_flow(connection, noted, expected_step=FlowStep.RECORDED)
