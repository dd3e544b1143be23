"""What a node does to its records by itself: forget old updates and deliveries, merge dust while nothing is at work."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from chains.progmat.flows.requests import MergeCash
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.storage import forget_done_effects
from chains.progmat.node.storage.outbox import FORGOTTEN_AT_ONCE
from chains.progmat.vault.grooming import dustiest_account
from chains.progmat.vault.updates import forget_updates
from primitives.errors import CrossDvpError

MAX_BATCHES: Final = 64
"""Of deliveries forgotten in one round: more than a busy node makes in one, so that the oldest are always gone."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class GroomingPolicy:
    """Of an account with more than ``more_than`` free coins below ``below_yen``, merge up to ``max_coins``."""

    more_than: int
    below_yen: int
    max_coins: int


@dataclass(frozen=True)
class UpkeepPolicy:
    """One round every ``every_s`` seconds; a round forgets updates and deliveries, and starts at most one merge.

    ``deliveries_kept_s``: what was owed to a peer longer ago is forgotten, once the peer has acknowledged it.
    """

    every_s: int
    updates_kept: int
    deliveries_kept_s: int
    grooming: GroomingPolicy | None = None


class VaultUpkeep:
    """Runs rounds until it is stopped. A round that fails is logged and the next one tries again."""

    def __init__(self, node: LedgerNode, operations: NodeOperations, policy: UpkeepPolicy) -> None:
        self._node = node
        self._operations = operations
        self._policy = policy
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; the first round comes after the first interval."""
        self._task = asyncio.create_task(self._rounds(), name="vault upkeep")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def once(self) -> str:
        """One round; returns the id of the merge it started, empty if none."""
        database = self._node.parts.database
        await database.submit(partial(forget_updates, keep=self._policy.updates_kept))
        await self._forget_deliveries()
        grooming = self._policy.grooming
        if grooming is None or self._node.engine.at_work:
            return ""
        now_ms = self._node.parts.clock.now_ms()
        name = self._node.parts.me.name
        look = partial(
            dustiest_account,
            node=name,
            below_yen=grooming.below_yen,
            more_than=grooming.more_than,
            now_s=now_ms // 1000,
        )
        dust = await database.read(look)
        if dust is None:
            return ""
        merge = MergeCash(
            request_id=f"groom/{now_ms}",
            coin_id=dust.coin_id,
            issuer=dust.issuer,
            account_key=dust.account.key,
            below_yen=grooming.below_yen,
            max_coins=grooming.max_coins,
        )
        await self._operations.submit(merge, 0)
        log.info("merging dust", flow=merge.request_id, coin=dust.coin_id, found=dust.coins)
        return merge.request_id

    async def _forget_deliveries(self) -> None:
        """Batch by batch, so that what flows write goes in between."""
        now_s = self._node.parts.clock.now_ms() // 1000
        forget = partial(forget_done_effects, before_s=now_s - self._policy.deliveries_kept_s)
        for _ in range(MAX_BATCHES):
            if await self._node.parts.database.submit(forget) < FORGOTTEN_AT_ONCE:
                return

    async def _rounds(self) -> None:
        while True:
            await self._node.parts.clock.sleep_ms(self._policy.every_s * 1000)
            try:
                await self.once()
            except CrossDvpError as error:
                log.warning("vault upkeep failed, trying again", reason=error.reason, error=str(error))
