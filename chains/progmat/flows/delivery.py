"""Deliveries: what this node owes to peers, sent from the outbox until answered.

Each delivery goes its own way, so that a peer that is away delays only what it is owed. At least once: a delivery may
arrive again, and its receiver records a transaction once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

import structlog
from sqlalchemy import Connection, bindparam, func, select, update

from chains.progmat.flows import peer_codec, store
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.node.storage import (
    Effect,
    EffectStatus,
    NodeDatabase,
    Prepared,
    effect_done,
    effect_failed,
    enqueue_effect,
    pending_effects,
)
from chains.progmat.node.storage.errors import StorageClosed
from chains.progmat.node.storage.schema import outbox
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from primitives.errors import CrossDvpError, UnavailableError

log = structlog.get_logger(__name__)

DELIVERY_TIMEOUT_S = 15.0
BATCH = 128


def owe(connection: Connection, *, flow_id: str, peer: str, method: str, body: bytes, now_s: int) -> None:
    """Put a delivery into the outbox, once per flow, method and peer."""
    key = f"{flow_id}|{method}|{peer}"
    enqueue_effect(connection, effect_key=key, peer=peer, method=method, body=body, now_s=now_s)


_OWED = Prepared(
    select(func.count()).where(
        outbox.c.effect_key >= bindparam("from_key"),
        outbox.c.effect_key < bindparam("until_key"),
        outbox.c.status != EffectStatus.DONE.value,
    )
)


def owe_finality(
    connection: Connection, flow_id: str, signed: SignedTransaction, peers: Iterable[str], now_s: int
) -> None:
    """Owe a final transaction to participants."""
    finality = Finality(
        tx_id=signed.id,
        signatures=tuple(encode_signature(signature) for signature in signed.signatures),
        wire=signed.wire_bytes,
    )
    body = peer_codec.encode_finality(finality)
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
    found = _OWED.first(connection, _keys_of(flow_id))
    return 0 if found is None else int(found[0])


def _keys_of(flow_id: str) -> dict[str, str]:
    return {"from_key": f"{flow_id}|", "until_key": f"{flow_id}}}"}  # '}' follows '|'


class DeliveryWorker:
    """Sends due deliveries; ``wake`` after something was put into the outbox."""

    def __init__(
        self,
        database: NodeDatabase,
        network: PeerNetwork,
        clock: Clock,
        before_send: Callable[[Effect], None],
        on_done: Callable[[FlowRecord], None],
        retry: RetrySchedule | None = None,
    ) -> None:
        self._database = database
        self._network = network
        self._clock = clock
        self._before_send = before_send
        self._on_done = on_done
        self._retry = retry or RetrySchedule(first_ms=1000)
        self._refused_retry = RetrySchedule(first_ms=60_000, ceiling_ms=600_000)
        self._awake = asyncio.Event()
        self._hurried = asyncio.Event()
        self._seen_id = 0
        """Of the newest effect taken: each is taken once, and its task keeps at it."""
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what was owed before a restart."""
        self._awake.set()
        self._task = asyncio.create_task(self._work(), name="deliveries")

    def wake(self) -> None:
        """Look into the outbox now."""
        self._awake.set()

    def hurry(self) -> None:
        """Make the next attempt of everything that waits now: an operator knows that a peer is back."""
        self._hurried.set()
        self._hurried = asyncio.Event()

    async def stop(self) -> None:
        """Stop sending; what is not acknowledged is sent again after the next start."""
        tasks = [*self._under_way.values(), *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self._awake.wait()
            self._awake.clear()
            try:
                while await self._take_some():
                    pass
            except StorageClosed:
                return
            except UnavailableError as error:
                log.warning("outbox cannot be read", reason=error.reason, detail=str(error))
                await self._clock.sleep_ms(self._retry.ceiling_ms)
                self._awake.set()

    async def _take_some(self) -> bool:
        """Begin with what was put into the outbox since the last look; whether there may be more."""
        found = await self._database.look_up(partial(pending_effects, after_id=self._seen_id, limit=BATCH))
        for effect in found:
            self._seen_id = effect.effect_id
            if effect.effect_id not in self._under_way:
                self._send(effect)
        return len(found) == BATCH

    def _send(self, effect: Effect) -> None:
        task = asyncio.create_task(self._deliver(effect), name=f"delivery {effect.effect_id}")
        self._under_way[effect.effect_id] = task
        task.add_done_callback(partial(self._ended, effect.effect_id))

    def _ended(self, effect_id: int, task: asyncio.Task[None]) -> None:
        del self._under_way[effect_id]
        if not task.cancelled() and task.exception() is not None:  # a defect: it is owed still
            log.error("delivery ended by a defect", effect=effect_id, exc_info=task.exception())
            self._seen_id = 0

    async def _deliver(self, effect: Effect) -> None:
        """Tried from when it is due until acknowledged; the state is written after each attempt."""
        attempts = effect.attempts
        wait_ms = effect.next_attempt_s * 1000 - self._clock.now_ms()
        if wait_ms > 0:  # it failed before a restart
            await self._wait(wait_ms)
        while True:
            attempts += 1
            try:
                wait_ms = await self._attempt(effect, attempts)
            except StorageClosed:
                return
            except UnavailableError as error:  # the attempt is not written down: it is made again
                log.warning("delivery not written down", key=effect.effect_key, reason=error.reason)
                wait_ms = self._retry.ceiling_ms
            if wait_ms == 0:
                return
            await self._wait(wait_ms)

    async def _wait(self, wait_ms: int) -> None:
        """The time until the next attempt, or until somebody hurries."""
        waits = [asyncio.create_task(self._clock.sleep_ms(wait_ms)), asyncio.create_task(self._hurried.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in waits:
                waiting.cancel()

    async def _attempt(self, effect: Effect, attempts: int) -> int:
        """One attempt; returns the wait before the next one, 0 when it is done. Raises storage errors only."""
        self._before_send(effect)
        try:
            await self._network.request(effect.peer, effect.method, effect.body, DELIVERY_TIMEOUT_S)
        except CrossDvpError as error:
            refused = not isinstance(error, UnavailableError)
            if refused:  # what is final has to be recorded there some day: an operator sees why it is not yet
                log.warning("delivery refused", peer=effect.peer, key=effect.effect_key, reason=error.reason)
            wait_ms = (self._refused_retry if refused else self._retry).wait_ms(attempts)
            later = partial(_later, effect=effect, error=error, now_ms=self._clock.now_ms(), wait_ms=wait_ms)
            await self._database.submit(later)
            return wait_ms
        done = await self._database.submit(partial(_acknowledged, effect=effect, now_ms=self._clock.now_ms()))
        if done is not None:
            self._on_done(done)
        return 0


def _flow_of(connection: Connection, effect: Effect) -> FlowRecord | None:
    return store.find_flow(connection, _flow_id_of(effect))


def _flow_id_of(effect: Effect) -> str:
    return effect.effect_key.split("|", 1)[0]


def _acknowledged(connection: Connection, *, effect: Effect, now_ms: int) -> FlowRecord | None:
    """The delivery is done; with the last one its flow is, too."""
    effect_done(connection, effect.effect_id)
    if owed_by_flow(connection, _flow_id_of(effect)):
        return None
    flow = _flow_of(connection, effect)
    if flow is None or flow.step is not FlowStep.RECORDED:
        return None
    return store.save_flow(connection, flow.advanced(FlowStep.DONE, now_ms), expected_step=FlowStep.RECORDED)


def _later(connection: Connection, *, effect: Effect, error: CrossDvpError, now_ms: int, wait_ms: int) -> None:
    """The peer is away: said in the outbox and in the flow."""
    effect_failed(connection, effect.effect_id, f"{error.reason}: {error}", (now_ms + wait_ms) // 1000)
    _note(connection, effect, error, now_ms, now_ms + wait_ms)


def _note(connection: Connection, effect: Effect, error: CrossDvpError, now_ms: int, next_attempt_ms: int) -> None:
    flow = _flow_of(connection, effect)
    if flow is not None and flow.step is FlowStep.RECORDED:
        noted = flow.attempt_failed(error, now_ms, next_attempt_ms, effect.peer)
        store.save_flow(connection, noted, expected_step=FlowStep.RECORDED)
