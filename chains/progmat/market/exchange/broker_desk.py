"""The brokers' side at one custodian node: judges notices as they arrive, and asks the other node for its accounts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog
from sqlalchemy import Connection

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.errors import AccountUnknown
from chains.progmat.flows.executions import find_notice
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.seams import AccountKeyRing
from chains.progmat.market.exchange import broker_store as store
from chains.progmat.market.exchange import trade_accounts
from chains.progmat.market.exchange.assigning import BrokerOrder, custodian_of, other_side
from chains.progmat.market.exchange.broker_store import BrokerExecution
from chains.progmat.market.exchange.people_acts import REGISTER_ORDER, REVISE_ORDER, SALT_BYTES, StaffAct
from chains.progmat.market.exchange.trade_accounts import (
    TRADE_ACCOUNTS,
    TradeAccounts,
    TradeAccountsDesk,
    order_of_side,
)
from chains.progmat.node.peers.seam import PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from primitives.errors import CrossDvpError
from primitives.hashing import sha256

log = structlog.get_logger()
ASK_TIMEOUT_S: Final = 15.0
AGAIN_AFTER_MS: Final = 1000
LOOK_EVERY_MS: Final = 60_000
"""What a recovery brought back is announced by nobody."""


class BrokerDesk:
    """See the module's docstring. ``changes`` gives an event that is set when a notice was recorded."""

    def __init__(
        self,
        own_name: str,
        database: NodeDatabase,
        network: PeerNetwork,
        keys: AccountKeyRing,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        changes: Callable[[], asyncio.Event],
        retry: RetrySchedule | None = None,
    ) -> None:
        self._own_name = own_name
        self._database = database
        self._network = network
        self._keys = keys
        self._clock = clock
        self._random_bytes = random_bytes
        self._changes = changes
        self._retry = retry or RetrySchedule(first_ms=500)
        self._woken = asyncio.Event()
        self._reached: int | None = None
        self.on_resolved: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None
        self.accounts = TradeAccountsDesk(own_name, database)

    async def register(self, order: BrokerOrder, author: str) -> None:
        """For whom an order is; raises ``AccountUnknown``, ``OrderIdReused``, ``ActRefused``."""
        kept = self._own_keys()
        for key in (order.tokens_key, *filter(None, (order.cash_key,))):
            if key not in kept:
                raise AccountUnknown(key)
        act = self._act(REGISTER_ORDER, author, order.order_id)

        def enter(connection: Connection) -> None:
            act.enter(connection)
            store.register_order(connection, order, author, self._own_name, act.at_ms)

        await self._database.submit(enter, heard=lambda _ended: self._woken.set())

    async def revise(self, order_id: str, quantity: int, author: str) -> None:
        """Another quantity in all; raises ``OrderUnknown``, ``InvalidRequest``, ``ActRefused``."""
        act = self._act(REVISE_ORDER, author, order_id)

        def enter(connection: Connection) -> None:
            act.enter(connection)
            store.revise_order(connection, order_id, quantity, author, self._own_name, act.at_ms)

        await self._database.submit(enter, heard=lambda _ended: self._woken.set())

    def start(self) -> None:
        """Begin with what an earlier run left."""
        self._task = asyncio.create_task(self._run(), name="resolving executions")

    async def stop(self) -> None:
        """End; the next start goes on from the database."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def once(self) -> None:
        """Judge what arrived, and ask for what is due."""
        if self._reached is None:
            self._reached = await self._database.read(store.newest_judged)
        before = -1
        while before != self._reached:
            before = self._reached
            take_in = partial(store.take_in_notices, own_name=self._own_name, after=before)
            self._reached = await self._database.submit(take_in)
        due = await self._database.read(partial(store.due_executions, now_ms=self._clock.now_ms()))
        await asyncio.gather(*map(self._resolve, due))

    async def _resolve(self, execution: BrokerExecution) -> None:
        recorded = await self._database.read(partial(find_notice, trade_id=execution.trade_id))
        if recorded is None:
            return
        other = custodian_of(recorded.notice, other_side(execution.side))
        try:
            if other == self._own_name:
                found = await self._own_accounts(execution)
            else:
                body = trade_accounts.encode_request(execution.trade_id, sha256(recorded.notice.encode()))
                answer = await self._network.request(other, TRADE_ACCOUNTS, body, ASK_TIMEOUT_S)
                found = trade_accounts.decode_answer(other, self._own_keys(), answer)
        except CrossDvpError as error:
            await self._not_yet(execution, other, error)
            return
        note = partial(
            store.note_accounts, arrival=execution.arrival, tokens_key=found.tokens_key, cash_key=found.cash_key
        )
        await self._database.submit(note)
        self.on_resolved()

    async def _own_accounts(self, execution: BrokerExecution) -> TradeAccounts:
        """One custodian keeps both sides' accounts."""
        side = other_side(execution.side)
        order = await self._database.read(partial(order_of_side, trade_id=execution.trade_id, side=side))
        return TradeAccounts(order.tokens_key, order.cash_key)

    async def _not_yet(self, execution: BrokerExecution, other: str, error: CrossDvpError) -> None:
        wait_ms = self._retry.wait_ms(execution.attempts + 1)
        note = partial(
            store.note_attempt,
            arrival=execution.arrival,
            reason=error.reason,
            blamed=other,
            detail=str(error),
            next_attempt_ms=self._clock.now_ms() + wait_ms,
        )
        await self._database.submit(note)

    def _act(self, act: str, author: str, resource: str) -> StaffAct:
        return StaffAct(act, author, "", resource, self._clock.now_ms(), self._random_bytes(SALT_BYTES))

    def _own_keys(self) -> frozenset[bytes]:
        return frozenset(key.encoded() for key in self._keys.account_keys())

    async def _run(self) -> None:
        while True:
            changed = self._changes()
            self._woken.clear()
            try:
                await self.once()
                due_ms = await self._database.read(store.next_due_ms)
            except CrossDvpError as error:
                log.warning("executions wait to be resolved", reason=error.reason, error=str(error))
                due_ms = self._clock.now_ms() + AGAIN_AFTER_MS
            except Exception:  # a defect must not end the work for good
                log.exception("executions wait to be resolved: a defect")
                due_ms = self._clock.now_ms() + AGAIN_AFTER_MS
            await self._until(changed, due_ms)

    async def _until(self, changed: asyncio.Event, due_ms: int | None) -> None:
        """A notice was recorded, an order registered, or a node is to be asked again."""
        wait_ms = LOOK_EVERY_MS if due_ms is None else min(max(due_ms - self._clock.now_ms(), 0), LOOK_EVERY_MS)
        waits = [
            asyncio.ensure_future(waiting)
            for waiting in (changed.wait(), self._woken.wait(), self._clock.sleep_ms(wait_ms))
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
