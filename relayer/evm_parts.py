"""What a relayer process opens of its EVM chain: endpoints, the memory of blocks, the account, announcements."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import sqlalchemy as sa

from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.failover import FailoverRpc
from chains.evm.client.head_feed import HeadFeed
from primitives.secp256k1 import address_of
from relayer.chains.evm import EvmSettings
from relayer.chains.evm_events import ReadingSettings
from relayer.chains.evm_node import opened_evm_node
from relayer.evm_account import OwnedAccount
from relayer.evm_blocks import KeptBlocks
from relayer.evm_config import EvmSection
from relayer.evm_nonce_book import Fence, NonceBook, unfenced
from relayer.evm_nonces import AccountKey
from relayer.leases import LeaseLost
from relayer.store import RelayerStore


@dataclass(frozen=True)
class EvmChain:
    """A chain: its endpoints (``rpc.status()`` says how they are), how it is read and written, seen blocks."""

    rpc: FailoverRpc
    settings: EvmSettings
    memory: BlockMemory


class AccountFence:
    """The fence of what is written for an account: nothing is, before the lease that guards it is known."""

    def __init__(self) -> None:
        self._fence: Fence | None = None

    def put(self, fence: Fence) -> None:
        """The lease's own fence."""
        self._fence = fence

    def __call__(self, connection: sa.Connection) -> None:
        """Raises ``LeaseLost`` unless the lease is held."""
        if self._fence is None:
            raise LeaseLost("the account's lease was not asked for yet")
        self._fence(connection)


@asynccontextmanager
async def opened_chain(section: EvmSection, chain_id: int, store: RelayerStore) -> AsyncIterator[EvmChain]:
    """Open and keep up until the end. What is remembered of blocks is true whoever writes it: no fence guards it.

    Raises ``WrongChain`` if every endpoint serves another chain, ``StoreUnavailable``.
    """
    async with AsyncExitStack() as stack:
        memory = KeptBlocks(store.database, store.evm_blocks, chain_id, unfenced)
        rpc = await stack.enter_async_context(opened_evm_node(section.node_settings(chain_id), memory))
        feed = None
        if section.ws_url is not None:
            feed = HeadFeed(section.ws_url, section.ws_silence_ms / 1000, time.time, random.random)
            stack.push_async_callback(_ended, asyncio.create_task(feed.run()))
        reading = ReadingSettings(section.confirmations, section.page_blocks)
        yield EvmChain(rpc, EvmSettings(reading, section.batch_limits(), feed), memory)


@asynccontextmanager
async def opened_account(
    rpc: FailoverRpc, section: EvmSection, chain_id: int, secret: bytes, store: RelayerStore, fence: Fence
) -> AsyncIterator[OwnedAccount]:
    """An account whose nonces are ours alone, as far as ``fence`` lets; tended until the end."""
    book = NonceBook(store.database, store.evm_nonces, AccountKey(chain_id, address_of(secret)), fence)
    account = OwnedAccount(rpc, secret, chain_id, book, section.account_rules(), time.time)
    tending = asyncio.create_task(account.keep_tending())
    try:
        yield account
    finally:
        await _ended(tending)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
