"""The node under test: our devnet, and anvil where its binary is on the path (a second EVM, not a QBFT chain)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from chains.evm.client.account import EvmAccount
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode
from tests.fakes.anvil import running_anvil
from tests.fakes.evm_devnet_world import ALSO_RICH, CHAIN_ID, RICH, devnet_config


@dataclass
class Node:
    """A node with instant mining and two accounts that have money."""

    rpc: EvmRpc
    first: EvmAccount
    second: EvmAccount


@asynccontextmanager
async def our_devnet() -> AsyncIterator[str]:
    async with Devnet(devnet_config(mining=MiningMode.INSTANT)) as devnet:
        yield devnet.url


@asynccontextmanager
async def anvil() -> AsyncIterator[str]:
    async with running_anvil(CHAIN_ID, RICH, ALSO_RICH) as url:
        yield url


@pytest.fixture(params=["devnet", "anvil"])
async def node(request: pytest.FixtureRequest) -> AsyncIterator[Node]:
    start = {"devnet": our_devnet, "anvil": anvil}[request.param]
    async with start() as url, EvmRpc(url) as rpc:
        yield Node(rpc, EvmAccount(rpc, RICH, CHAIN_ID), EvmAccount(rpc, ALSO_RICH, CHAIN_ID))
