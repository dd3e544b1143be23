"""What a relayer process opens of its EVM chain: endpoints, the memory of blocks, the account, announcements."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

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
from relayer.store import RelayerStore


@dataclass(frozen=True)
class EvmParts:
    """``rpc.status()`` and ``account.status()`` say how the chain's endpoints and the account are."""

    rpc: FailoverRpc
    account: OwnedAccount
    settings: EvmSettings
    memory: BlockMemory


@asynccontextmanager
async def opened_evm(
    section: EvmSection, chain_id: int, secret: bytes, store: RelayerStore, fence: Fence = unfenced
) -> AsyncIterator[EvmParts]:
    """Open and keep up until the end; ``fence`` guards what is written for the account and of blocks.

    Raises ``WrongChain`` if every endpoint serves another chain, ``StoreUnavailable``.
    """
    async with AsyncExitStack() as stack:
        memory = KeptBlocks(store.database, store.evm_blocks, chain_id, fence)
        rpc = await stack.enter_async_context(opened_evm_node(section.node_settings(chain_id), memory))
        key = AccountKey(chain_id, address_of(secret))
        book = NonceBook(store.database, store.evm_nonces, key, fence)
        account = OwnedAccount(rpc, secret, chain_id, book, section.account_rules(), time.time)
        stack.push_async_callback(_ended, asyncio.create_task(account.keep_tending()))
        feed = None
        if section.ws_url is not None:
            feed = HeadFeed(section.ws_url, section.ws_silence_ms / 1000, time.time, random.random)
            stack.push_async_callback(_ended, asyncio.create_task(feed.run()))
        reading = ReadingSettings(section.confirmations, section.page_blocks)
        yield EvmParts(rpc, account, EvmSettings(reading, section.batch_limits(), feed), memory)


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
