"""The node under test: our devnet, and anvil where its binary is on the path (a second EVM, not a QBFT chain)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from chains.evm.client.account import EvmAccount
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode
from primitives.secp256k1 import address_of
from tests.fakes.evm_devnet_world import ALSO_RICH, CHAIN_ID, RICH, devnet_config, hex_of

TEN_ETHER_WEI = 10**19


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
    binary = shutil.which("anvil")
    if binary is None:
        pytest.skip("anvil is not on the path")
    arguments = ("--port", "0", "--chain-id", str(CHAIN_ID), "--hardfork", "berlin", "--gas-price", "0")
    process = await asyncio.create_subprocess_exec(
        binary, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            if b"Listening on" in line:
                url = "http://" + line.decode().rsplit(" ", 1)[1].strip()
                break
        else:
            raise AssertionError("anvil did not start")
        drained = asyncio.create_task(process.stdout.read())
        async with EvmRpc(url) as rpc:
            for secret in (RICH, ALSO_RICH):
                await rpc.request("anvil_setBalance", hex_of(address_of(secret)), hex(TEN_ETHER_WEI))
        yield url
        drained.cancel()
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture(params=["devnet", "anvil"])
async def node(request: pytest.FixtureRequest) -> AsyncIterator[Node]:
    start = {"devnet": our_devnet, "anvil": anvil}[request.param]
    async with start() as url, EvmRpc(url) as rpc:
        yield Node(rpc, EvmAccount(rpc, RICH, CHAIN_ID), EvmAccount(rpc, ALSO_RICH, CHAIN_ID))
