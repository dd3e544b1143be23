"""The trade desk of a custodian's node: one worker that drives every trade that is due, one act at a time.

An act is one database transaction, one question to the other desk, or the start of a flow whose id the row holds
before. Whatever dies in between is found again in the row: every act may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

import structlog
from sqlalchemy import Connection

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.market_requests import MoveToken, SettleDvp
from chains.progmat.flows.record import FlowRecord
from chains.progmat.market.trades import acting, agreeing, ending, net_sets, planning, topping_up
from chains.progmat.market.trades.errors import NetSetDiffers
from chains.progmat.market.trades.following import follow_executions
from chains.progmat.market.trades.model import ResolvedTrade, Side, Trade, TradeState
from chains.progmat.market.trades.net_sets import KeptNetSet
from chains.progmat.market.trades.peer_codec import (
    AGREE_NET,
    ASK_METHOD,
    TRADE_ENDED,
    MethodAsked,
    MethodTold,
    NetOffer,
    decode_asked,
    decode_ended,
    decode_net,
    decode_net_answer,
    decode_told,
    encode_asked,
    encode_ended,
    encode_ended_answer,
    encode_net,
    encode_net_answer,
    encode_told,
)
from chains.progmat.market.trades.planning import Act, Facts, delay_ms, next_act
from chains.progmat.market.trades.store import add_trade, due_trades, get_trade, next_due_ms, save_trade
from chains.progmat.market.trades.topping_up import TopUp
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.node.storage import NodeDatabase
from primitives.errors import CallerError, CrossDvpError, PeerError, UnavailableError

PEER_TIMEOUT_S: Final = 15.0
AT_ONCE: Final = 64
BUSY_MS: Final = 1_000
IDLE_MS: Final = 60_000

_log = structlog.get_logger(__name__)


class FlowStarter(Protocol):
    """The node's flows (``NodeOperations``)."""

    async def submit(self, request: SettleDvp | MoveToken, wait_s: int) -> FlowRecord:
        """Start a request's flow, or find it; as it stands after at most ``wait_s``."""
        ...


class TradeDesk:
    """See the module's docstring. ``start`` and ``stop`` with the node; ``step`` is one act of one trade."""

    def __init__(
        self,
        own_name: str,
        database: NodeDatabase,
        network: PeerNetwork,
        flows: FlowStarter,
        clock: Clock,
        changes: Callable[[], asyncio.Event],
    ) -> None:
        self._name = own_name
        self._database = database
        self._network = network
        self._flows = flows
        self._clock = clock
        self._recorded = changes
        self._woken = asyncio.Event()
        self._busy: dict[bytes, asyncio.Task[None]] = {}
        self._worker: asyncio.Task[None] | None = None
        self._has_executions = True  # perhaps, from before the start

    # ---- for callers ----

    async def resolve(self, resolved: ResolvedTrade) -> Trade:
        """Take a trade in, once; raises ``TradeDiffers``."""
        take_in = partial(add_trade, resolved=resolved, now_ms=self._clock.now_ms())
        return await self._database.submit(take_in, heard=self._ended)

    async def top_up(self, trade_id: bytes, author: str, acted: Callable[[Connection], object]) -> TopUp:
        """Instruct the additional trust that a short trade needs; ``acted`` as below, before it is announced.

        Raises ``NativeTradeUnknown``, ``NothingToTopUp``, and the issuer's and the network's errors.
        """
        now_ms = self._clock.now_ms()

        def plan(connection: Connection) -> TopUp:
            wanted = topping_up.top_up_of(connection, self._name, trade_id, now_ms)
            acted(connection)
            return wanted

        wanted = await self._database.submit(plan)
        await topping_up.instruct(self._network, wanted, author)
        return wanted

    async def form_net_set(self, offer: NetOffer, acted: Callable[[Connection], object]) -> KeptNetSet:
        """Close a pair's set of a day, after the other custodian has said that it has the same.

        ``acted`` checks and writes down who asks, in the transaction that closes it; what it raises is raised. Besides
        ``NetSetEmpty``, ``NetSetDiffers``, ``SellerSecuritiesShort``, and the network's errors.
        """
        wanted = await self._database.read(
            partial(
                net_sets.candidate,
                own_name=self._name,
                broker_a=offer.broker_a,
                broker_b=offer.broker_b,
                day=offer.settlement_day,
            )
        )
        other = {wanted.broker_a, wanted.broker_b} - {self._name}
        if len(other) == 1:  # the pair's other custodian; two brokers of this one are two others
            (peer,) = other
            body = encode_net(replace(offer, set_id=wanted.set_id))
            found = decode_net_answer(await self._network.request(peer, AGREE_NET, body, PEER_TIMEOUT_S))
            if found != wanted.set_id:
                raise NetSetDiffers(peer, found, wanted.set_id)
        now_ms = self._clock.now_ms()

        def close(connection: Connection) -> KeptNetSet:
            acted(connection)
            return net_sets.close_set(connection, self._name, wanted, now_ms)

        return await self._database.submit(close, heard=self._ended)

    # ---- for peers ----

    async def handle_ask(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``market.ask_method``; raises what ``agreeing.answer`` raises or returns."""
        return encode_told(await self._answer(asker.name, decode_asked(body)))

    async def handle_ended(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``market.trade_ended``; raises what ``ending.hear_end`` raises."""
        heard = partial(ending.hear_end, asker=asker.name, ended=decode_ended(body), now_ms=self._clock.now_ms())
        await self._database.submit(heard)
        return encode_ended_answer()

    async def handle_net(self, asker: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``market.agree_net``: closes the set here, too, if it is the same; else says which it has."""
        offer = decode_net(body)
        if {offer.broker_a, offer.broker_b} != {asker.name, self._name}:
            raise NetSetDiffers(self._name, bytes(32), offer.set_id)
        set_id = await self._database.submit(partial(self._agree_net, offer=offer), heard=self._ended)
        return encode_net_answer(set_id)

    # ---- the worker ----

    def start(self) -> None:
        """Begin to drive what is due."""
        self._worker = asyncio.create_task(self._work(), name="trade desk")

    async def stop(self) -> None:
        """Stop; everything goes on from the database at the next start."""
        tasks = [task for task in (self._worker, *self._busy.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._worker = None

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    def _ended(self, _operation: object) -> None:
        """Also where whoever asked has gone."""
        self.wake()

    async def step(self, trade_id: bytes) -> Act:
        """Do one act of a trade; raises only what a database raises that is away."""
        now_ms = self._clock.now_ms()
        trade, facts = await self._database.read(partial(acting.read_trade, trade_id=trade_id, now_ms=now_ms))
        act = next_act(trade, facts)
        try:
            await self._do(act, trade, facts)
        except (CallerError, PeerError, UnavailableError) as error:
            await self._database.submit(partial(self._postpone, trade_id=trade_id, error=error))
        return act

    async def run_due(self) -> int:
        """Act on all that is due until nothing is; returns how many acts that were. For tests and drills."""
        acts = 0
        while due := await self._database.read(partial(due_trades, now_ms=self._clock.now_ms())):
            await asyncio.gather(*(self.step(trade.trade_id) for trade in due))
            acts += len(due)
        return acts

    async def _work(self) -> None:
        while True:
            self._woken.clear()
            changed = self._recorded()
            try:
                if self._has_executions:
                    await self.take_executions()
                pause_ms = await self._begin_due()
            except UnavailableError as error:
                _log.warning("trade_desk_waits", reason=error.reason)
                pause_ms = planning.FIRST_DELAY_MS
            await self._sleep(pause_ms, changed)

    def executions_resolved(self) -> None:
        """Orders of this node resolved executions: to be taken in."""
        self._has_executions = True
        self.wake()

    async def take_executions(self) -> None:
        """Make trades of what this node's orders resolved."""
        self._has_executions = False
        follow = partial(follow_executions, own_name=self._name, now_ms=self._clock.now_ms())
        try:
            while await self._database.submit(follow):
                pass
        except UnavailableError:
            self._has_executions = True
            raise

    async def _begin_due(self) -> int | None:
        """A task for each trade that is due and has none; how long nothing else is, None while no trade is open."""
        now_ms = self._clock.now_ms()
        for trade in await self._database.read(partial(due_trades, now_ms=now_ms)):
            if trade.trade_id not in self._busy and len(self._busy) < AT_ONCE:
                task = asyncio.create_task(self._guarded(trade.trade_id), name=f"trade {trade.trade_id.hex()[:8]}")
                self._busy[trade.trade_id] = task
                task.add_done_callback(partial(self._rest, trade.trade_id))
        due_ms = await self._database.read(next_due_ms)
        soonest_ms = BUSY_MS if self._busy else 0  # who is at work wakes the desk at its end
        return None if due_ms is None else min(max(due_ms - now_ms, soonest_ms), IDLE_MS)

    async def _guarded(self, trade_id: bytes) -> None:
        try:
            await self.step(trade_id)
        except CrossDvpError as error:
            _log.warning("trade_act_failed", trade_id=trade_id.hex(), reason=error.reason)
            await self._clock.sleep_ms(planning.FIRST_DELAY_MS)
        except Exception:  # noqa: BLE001 # a defect of ours holds up its own trade alone
            _log.exception("trade_act_defect", trade_id=trade_id.hex())
            await self._clock.sleep_ms(planning.LONGEST_DELAY_MS)

    def _rest(self, trade_id: bytes, _task: asyncio.Task[None]) -> None:
        del self._busy[trade_id]
        self.wake()

    async def _sleep(self, pause_ms: int | None, changed: asyncio.Event) -> None:
        """Until something is due or was recorded; with no open trade until somebody brings one."""
        waiting: set[asyncio.Future[object]] = {asyncio.ensure_future(self._woken.wait())}
        if pause_ms is not None:
            waiting |= {asyncio.ensure_future(self._clock.sleep_ms(pause_ms)), asyncio.ensure_future(changed.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    # ---- acts ----

    async def _do(self, act: Act, trade: Trade, facts: Facts) -> None:
        if act is Act.ASK:
            await self._ask(trade)
        elif act is Act.START_FLOW:
            await self._flows.submit(acting.request_of(trade), 0)  # what becomes of it, the records tell
        elif act is Act.TELL:
            body = encode_ended(acting.end_told(trade))
            await self._network.request(trade.resolved.counterparty, TRADE_ENDED, body, PEER_TIMEOUT_S)
            await self._change(trade, partial(save_trade, trade=replace(trade, told=1)))
        else:
            await self._change(trade, acting.change_of(act, self._name, trade, facts))

    async def _change(self, seen: Trade, change: Callable[[Connection], object]) -> None:
        await self._database.submit(partial(acting.if_unchanged, seen=seen, change=change))

    async def _ask(self, trade: Trade) -> None:
        asked = await self._database.read(partial(agreeing.question_of, own_name=self._name, trade=trade))
        if isinstance(asked, UnavailableError):
            raise asked
        if trade.resolved.side is Side.BOTH:
            told = await self._answer(self._name, asked)
        else:
            peer = trade.resolved.counterparty
            told = decode_told(await self._network.request(peer, ASK_METHOD, encode_asked(asked), PEER_TIMEOUT_S))
        take = partial(self._take, trade_id=trade.trade_id, asked=asked, told=told)
        await self._database.submit(take)

    async def _answer(self, asker: str, asked: MethodAsked) -> MethodTold:
        answering = partial(agreeing.answer, own_name=self._name, asker=asker, asked=asked, now_ms=self._clock.now_ms())
        told = await self._database.submit(answering, heard=self._ended)
        if isinstance(told, UnavailableError):
            raise told
        return told

    def _take(self, connection: Connection, trade_id: bytes, asked: MethodAsked, told: MethodTold) -> None:
        trade = get_trade(connection, trade_id)
        if not trade.state.is_ended and not trade.flow_id:
            agreeing.take_answer(connection, self._name, trade, asked, told, self._clock.now_ms())

    def _agree_net(self, connection: Connection, offer: NetOffer) -> bytes:
        set_id = net_sets.agree(
            connection, self._name, offer.set_id, offer.broker_a, offer.broker_b, offer.settlement_day
        )
        if set_id == offer.set_id and net_sets.find_set(connection, set_id) is None:
            wanted = net_sets.candidate(connection, self._name, offer.broker_a, offer.broker_b, offer.settlement_day)
            net_sets.close_set(connection, self._name, wanted, self._clock.now_ms())
        return set_id

    def _postpone(self, connection: Connection, trade_id: bytes, error: CrossDvpError) -> None:
        """What went wrong is written down with the trade, and when it is tried again."""
        trade, now_ms = get_trade(connection, trade_id), self._clock.now_ms()
        if trade.state.is_ended or trade.flow_id or trade.state is TradeState.AWAITING_PAYMENT:
            attempts = trade.attempts + 1
            save_trade(connection, replace(trade, attempts=attempts, next_due_ms=now_ms + delay_ms(attempts)))
        else:
            agreeing.held_up(connection, trade, error, now_ms)
