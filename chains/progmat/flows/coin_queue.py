"""Flows that wait for coins: an account holds enough, but flows at work have soft-locked it.

The shortage ends when one of those flows ends, so the waiting ones are woken by that, in the order in which they came,
and not by a timer. Who is woken tries to select again; if others took the coins it keeps its place. The queue is a
convenience in memory: flows are stored as waiting with a time of their next attempt, and after a restart they try then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.requests import LockCash, MergeCash, MoveCash, RedeemCash
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.flows.steps import FlowStep
from chains.progmat.vault.errors import FundsSoftLocked
from primitives.errors import CrossDvpError

WOKEN_AT_ONCE: Final = 4
"""How many try when one flow has given coins back whose number is not known."""


class CoinQueue:
    """One per node, used from its event loop; only ``waiting`` may be asked from any thread."""

    def __init__(self) -> None:
        self._accounts: dict[bytes, dict[str, asyncio.Event]] = {}
        self._account_of: dict[str, bytes] = {}

    def waiting(self, account_key: bytes) -> int:
        """How many flows wait for coins of an account."""
        return len(self._accounts.get(account_key, ()))

    @property
    def is_empty(self) -> bool:
        """Whether no flow waits."""
        return not self._accounts

    def note(self, flow_id: str, error: CrossDvpError) -> None:
        """What a flow's attempt failed with: it joins the queue or keeps its place, or leaves if coins are not why."""
        if not isinstance(error, FundsSoftLocked):
            self.leave(flow_id)
            return
        if self._account_of.get(flow_id) != error.account_key:
            self.leave(flow_id)
            self._account_of[flow_id] = error.account_key
            self._accounts.setdefault(error.account_key, {})[flow_id] = asyncio.Event()

    async def turn(self, flow_id: str, due: Awaitable[None]) -> None:
        """Return when ``due`` does, or earlier when it is this flow's turn; then ``due`` is cancelled."""
        account = self._account_of.get(flow_id)
        if account is None:
            await due
            return
        event = self._accounts[account][flow_id]
        waiting = [asyncio.ensure_future(due), asyncio.ensure_future(event.wait())]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            event.clear()

    def freed(self, account_key: bytes, coins: int = WOKEN_AT_ONCE) -> None:
        """Some coins of an account can be had: as many flows as coins are woken, the first ones."""
        for event in self._accounts.get(account_key, {}).values():
            if coins <= 0:
                return
            if not event.is_set():
                event.set()
                coins -= 1

    def freed_somewhere(self) -> None:
        """Coins may have come to any account: the first of each queue is woken."""
        for account_key in self._accounts:
            self.freed(account_key, 1)

    def leave(self, flow_id: str) -> None:
        """The flow waits for no coins, or not any more."""
        account = self._account_of.pop(flow_id, None)
        if account is not None:
            queue = self._accounts[account]
            del queue[flow_id]
            if not queue:
                del self._accounts[account]


def wake_for_coins(queue: CoinQueue, record: FlowRecord) -> None:
    """Wake whoever may have coins now that ``record`` is stored: change has come, or reserved coins are given back."""
    if record.step in {FlowStep.RECORDED, FlowStep.DONE}:
        account_key = _paying_account(record)
        if account_key is None:
            queue.freed_somewhere()
        else:
            queue.freed(account_key, max(1, _coins_made_for(account_key, record)))
    elif record.step is FlowStep.FAILED or (record.step is FlowStep.PROPOSED and record.attempts == 0):
        account_key = _paying_account(record)
        if account_key is not None:
            queue.freed(account_key)


def _paying_account(record: FlowRecord) -> bytes | None:
    """Key of the account whose coins a flow spends; None for flows that spend none of this node's accounts."""
    match decode_request(record.kind, record.request):
        case MoveCash(from_account_key=key) | RedeemCash(from_account_key=key) | MergeCash(account_key=key):
            return key
        case LockCash(terms=terms):
            return terms.cash.buyer.key
        case _:
            return None


def _coins_made_for(account_key: bytes, record: FlowRecord) -> int:
    """Of change under fresh keys the payment itself is counted as well: whoever is woken in vain waits again."""
    if record.signed_tx is None:
        return 0
    made = (state for state in signed_of(record).wire.outputs if state.contract == CASH and state.encumbrance is None)
    coins = map(CashState.of, made)
    return sum(coin.owner_kind is OwnerKind.FRESH or coin.owner.encoded() == account_key for coin in coins)
