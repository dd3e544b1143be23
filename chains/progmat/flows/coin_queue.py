"""Flows that wait for coins or tokens: an account holds enough, but flows at work have soft-locked it.

The shortage ends when one of those flows ends, so the waiting ones are woken by that, in the order in which they came,
and not by a timer. Who is woken tries to select again; if others took the coins it keeps its place. The queue is a
convenience in memory: flows are stored as waiting with a time of their next attempt, and after a restart they try then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, NamedTuple

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.names import CASH, TOKENS
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows.market_requests import MoveToken, RedeemToken, SettleDvp
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.requests import LockCash, MergeCash, MoveCash, RedeemCash
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.flows.steps import FlowStep
from chains.progmat.transactions.model import TransactionState
from chains.progmat.vault.errors import FundsSoftLocked
from chains.progmat.vault.indexing import SC, Asset
from primitives.errors import CrossDvpError


class Purse(NamedTuple):
    """One asset in one of this node's accounts: what a flow waits for, and what another one gives back."""

    asset: Asset
    account_key: bytes


WOKEN_AT_ONCE: Final = 4
"""How many try when one flow has given coins back whose number is not known."""


class CoinQueue:
    """One per node, used from its event loop; only ``waiting`` may be asked from any thread."""

    def __init__(self) -> None:
        self._purses: dict[Purse, dict[str, asyncio.Event]] = {}
        self._purse_of: dict[str, Purse] = {}

    def waiting(self, purse: Purse) -> int:
        """How many flows wait for it."""
        return len(self._purses.get(purse, ()))

    @property
    def is_empty(self) -> bool:
        """Whether no flow waits."""
        return not self._purses

    def note(self, flow_id: str, error: CrossDvpError) -> None:
        """What a flow's attempt failed with: it joins the queue or keeps its place, or leaves if coins are not why."""
        if not isinstance(error, FundsSoftLocked):
            self.leave(flow_id)
            return
        purse = Purse(error.asset, error.account_key)
        if self._purse_of.get(flow_id) != purse:
            self.leave(flow_id)
            self._purse_of[flow_id] = purse
            self._purses.setdefault(purse, {})[flow_id] = asyncio.Event()

    async def turn(self, flow_id: str, due: Awaitable[None]) -> None:
        """Return when ``due`` does, or earlier when it is this flow's turn; then ``due`` is cancelled."""
        purse = self._purse_of.get(flow_id)
        if purse is None:
            await due
            return
        event = self._purses[purse][flow_id]
        waiting = [asyncio.ensure_future(due), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            event.clear()

    def freed(self, purse: Purse, coins: int = WOKEN_AT_ONCE) -> None:
        """Some coins can be had: as many flows as coins are woken, the first ones."""
        for event in self._purses.get(purse, {}).values():
            if coins <= 0:
                return
            if not event.is_set():
                event.set()
                coins -= 1

    def freed_somewhere(self) -> None:
        """Coins may have come to any account: the first of each queue is woken."""
        for purse in self._purses:
            self.freed(purse, 1)

    def leave(self, flow_id: str) -> None:
        """The flow waits for no coins, or not any more."""
        purse = self._purse_of.pop(flow_id, None)
        if purse is not None:
            queue = self._purses[purse]
            del queue[flow_id]
            if not queue:
                del self._purses[purse]


def wake_for_coins(queue: CoinQueue, record: FlowRecord) -> None:
    """Wake whoever may have coins now that ``record`` is stored: change has come, or reserved coins are given back."""
    if record.step in {FlowStep.RECORDED, FlowStep.DONE}:
        spent = _purses(record)
        if not spent:
            queue.freed_somewhere()
        for purse in spent:
            queue.freed(purse, max(1, _coins_made_for(purse, record)))
    elif record.step is FlowStep.FAILED or (record.step is FlowStep.PROPOSED and record.attempts == 0):
        for purse in _purses(record):
            queue.freed(purse)


def _purses(record: FlowRecord) -> tuple[Purse, ...]:
    """What a flow spends of accounts that may be this node's; none for flows that spend nothing."""
    match decode_request(record.kind, record.request):
        case MoveCash() | RedeemCash() as request:
            return (Purse(Asset(SC, request.coin_id, request.issuer), request.from_account_key),)
        case MergeCash() as request:
            return (Purse(Asset(SC, request.coin_id, request.issuer), request.account_key),)
        case LockCash(terms=terms):
            return (Purse(Asset(SC, terms.cash.coin_id, terms.cash.issuer), terms.cash.buyer.key),)
        case MoveToken() | RedeemToken() as request:
            token = Asset(request.network.name, request.token_id, request.registrar)
            return (Purse(token, request.from_account_key),)
        case SettleDvp(dvp=dvp):
            token = Asset(dvp.network.name, dvp.token_id, dvp.registrar)
            coin = Asset(SC, dvp.coin_id, dvp.issuer)
            return (Purse(token, dvp.seller_tokens.key), Purse(coin, dvp.buyer_cash.key))
        case _:
            return ()


def _coins_made_for(purse: Purse, record: FlowRecord) -> int:
    """Of change under fresh keys the payment itself is counted as well: whoever is woken in vain waits again."""
    if record.signed_tx is None:
        return 0
    return sum(_adds_to(purse, state) for state in signed_of(record).wire.outputs if state.encumbrance is None)


def _adds_to(purse: Purse, state: TransactionState) -> bool:
    if state.contract == CASH:
        cash = CashState.of(state)
        is_its_key = cash.owner_kind is OwnerKind.FRESH or cash.owner.encoded() == purse.account_key
        return is_its_key and purse.asset == Asset(SC, cash.coin_id, cash.issuer.name)
    if state.contract in TOKENS:
        token = TokenState.of(state)
        return purse == Purse(Asset(token.network.name, token.token_id, token.registrar.name), token.owner.encoded())
    return False
