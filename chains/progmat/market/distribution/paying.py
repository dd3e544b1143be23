"""The payer's side: what is open and covered by a mandate is paid, part beside part, batch after batch, by itself.

Nothing of it is kept in memory that matters: which batch is next stands in the part's state, and a batch's flow is
found by its id. Killed anywhere and started again it goes on with the batch that is not on the ledger yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any, Final, Protocol

import structlog
from sqlalchemy import Connection

from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.distribution_builders import funding_id
from chains.progmat.flows.distribution_parts import KnownPart, PartStatus, known_part, open_parts_paid_by, parts_of
from chains.progmat.flows.distribution_requests import PayBatch
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.distribution.flows_of import FlowsOf
from chains.progmat.market.distribution.payees import PayeeCheck
from chains.progmat.market.distribution.store import mandate_for
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.vault.holdings import balance
from chains.progmat.vault.indexing import SC, Asset
from primitives.errors import CrossDvpError

NO_MANDATE: Final = "MANDATE_MISSING"
SHORT: Final = "INSUFFICIENT_FUNDS"
NO_MEMBER: Final = "MEMBERSHIP_MISSING"
RETRY_MS: Final = 30_000
"""Until a part whose flow failed is tried again."""

PartKey = tuple[bytes, int]

_log = structlog.get_logger()


class Changes(Protocol):
    """Tells of what was recorded."""

    def next(self) -> asyncio.Event:
        """Set at the next change."""
        ...


class DistributionPayer:
    """One node's. ``waiting`` says why a part does not go on, by its id and number."""

    def __init__(
        self,
        own_name: str,
        database: NodeDatabase,
        clock: Clock,
        flows: FlowsOf,
        payees: PayeeCheck,
        records: Changes,
        distributions: Changes,
    ) -> None:
        self.waiting: dict[PartKey, str] = {}
        self._own_name = own_name
        self._database = database
        self._clock = clock
        self._flows = flows
        self._payees = payees
        self._records = records
        self._distributions = distributions
        self._asked = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._parts: dict[PartKey, asyncio.Task[None]] = {}
        self._failed_ms: dict[PartKey, int] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to pay, where it was left."""
        self._task = asyncio.create_task(self._run(), name="distributions")

    async def stop(self) -> None:
        """Stop; flows under way go on by themselves at the next start."""
        tasks = [task for task in (self._task, *self._parts.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look again: a part was opened here, a mandate given. What failed lately is tried at once."""
        self._failed_ms.clear()
        self._asked.set()

    async def _run(self) -> None:
        while True:
            distributions, records = self._distributions.next(), self._records.next()
            self._asked.clear()
            try:
                are_open = await self._begin_open_parts()
            except CrossDvpError as error:
                _log.warning("distributions not looked at", reason=error.reason)
                are_open = True
            waits: list[Coroutine[Any, Any, object]] = [distributions.wait(), self._asked.wait()]
            if are_open:
                waits += [records.wait(), self._clock.sleep_ms(RETRY_MS)]
            await _first(waits)

    async def _begin_open_parts(self) -> bool:
        parts = await self._database.read(partial(open_parts_paid_by, payer_node=self._own_name))
        now_ms = self._clock.now_ms()
        for part in parts:
            key = (part.state.subject.distribution_id, part.state.part)
            failed_ms = self._failed_ms.get(key)
            if key not in self._parts and (failed_ms is None or now_ms - failed_ms >= RETRY_MS):
                task = asyncio.create_task(self._pay(key), name=f"distribution {key[0].hex()}/{key[1]}")
                self._parts[key] = task
                task.add_done_callback(partial(self._ended, key))
        return bool(parts)

    def _ended(self, key: PartKey, task: asyncio.Task[None]) -> None:
        self._parts.pop(key, None)
        if not task.cancelled() and task.exception() is not None:
            about = {"distribution": key[0].hex(), "part": key[1]}
            _log.error("a part of a distribution stopped", **about, exc_info=task.exception())

    async def _pay(self, key: PartKey) -> None:
        """Batch after batch, until all are paid or something is in the way."""
        try:
            while True:
                part = await self._database.read(partial(known_part, distribution_id=key[0], part=key[1]))
                if part.status is not PartStatus.OPEN:
                    self.waiting.pop(key, None)
                    return
                obstacle = await self._obstacle(part)
                if obstacle:
                    self.waiting[key] = obstacle
                    return
                record = await self._pay_next(part)
                if record.step is FlowStep.FAILED:
                    self._note_failure(key, record.last_error_reason)
                    return
                self.waiting.pop(key, None)
        except CrossDvpError as error:
            self._note_failure(key, error.reason)

    def _note_failure(self, key: PartKey, reason: str) -> None:
        self.waiting[key] = reason
        self._failed_ms[key] = self._clock.now_ms()
        _log.warning("a batch was not paid", distribution=key[0].hex(), part=key[1], reason=reason)

    async def _obstacle(self, part: KnownPart) -> str:
        """Why nothing can be paid now; empty if it can. What it misses is no error: it is looked at first."""
        return await self._database.read(partial(self._obstacle_here, part=part)) or await self._strangers(part)

    def _obstacle_here(self, connection: Connection, *, part: KnownPart) -> str:
        state = part.state
        subject = state.subject
        if subject.medium is DistributionMedium.UTILITY:
            is_own = subject.registrar.name == subject.keeper == self._own_name
            return "" if is_own or mandate_for(connection, subject) >= _whole(connection, part) else NO_MANDATE
        if mandate_for(connection, subject) < _whole(connection, part):
            return NO_MANDATE
        if state.next_batch:
            return ""
        coin = Asset(SC, subject.asset_id, subject.keeper)
        held = balance(connection, coin, subject.payer, now_s=self._clock.now_ms() // 1000)
        return SHORT if held.free + held.soft_locked < state.total else ""

    async def _strangers(self, part: KnownPart) -> str:
        network = _network(part)
        found = await self._payees.unpayable(self._own_name, network, [part.state.node])
        return NO_MEMBER if found else ""

    async def _pay_next(self, part: KnownPart) -> FlowRecord:
        state = part.state
        subject = state.subject
        if subject.medium is DistributionMedium.COIN and state.next_batch == 0:
            async with self._one_at_a_time:  # each out of what the one before left, not out of what it set aside
                record = await self._set_aside(part)
            if record.step is FlowStep.FAILED:
                return record
        base = f"distribution/{subject.distribution_id.hex()}/{state.part}/pay/{state.next_batch}"
        wanted = partial(
            PayBatch,
            distribution_id=subject.distribution_id,
            part=state.part,
            batch=state.next_batch,
            network=_network(part),
            node=state.node,
        )
        return await self._flows.through(base, wanted)

    async def _set_aside(self, part: KnownPart) -> FlowRecord:
        """The part's yen in one coin: it is known before the first payment that there is enough for the last."""
        subject = part.state.subject
        wanted = partial(
            MoveCash,
            coin_id=subject.asset_id,
            issuer=subject.keeper,
            amount_yen=part.state.total,
            from_account_key=subject.payer.key,
            to=subject.payer,
            keys=KeyChoice.ACCOUNT,
        )
        return await self._flows.through(funding_id(subject.distribution_id, part.state.part), wanted)


def _whole(connection: Connection, part: KnownPart) -> int:
    """What all parts known here cost the payer together: a mandate's limit is for the whole distribution."""
    parts = parts_of(connection, part.state.subject.distribution_id)
    return sum(each.state.total for each in parts if each.status is not PartStatus.CANCELLED)


def _network(part: KnownPart) -> BusinessNetwork:
    is_coin = part.state.subject.medium is DistributionMedium.COIN
    return BusinessNetwork.SC if is_coin else BusinessNetwork.UT


async def _first(waits: Sequence[Coroutine[Any, Any, object]]) -> None:
    waiting = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
