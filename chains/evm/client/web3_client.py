"""The same chain through web3.py: for exploration and tools; the relayer uses `EvmRpc`."""

from __future__ import annotations

from typing import Any

from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.contract import AsyncContract
from web3.middleware import ExtraDataToPOAMiddleware

from chains.evm.client.artifacts import load_artifact


def connect_web3(url: str) -> AsyncWeb3[Any]:
    """Give a web3 for a QBFT chain, whose extraData is longer than web3.py's own rule allows.

    `await web3.provider.disconnect()` closes its connections.
    """
    web3: AsyncWeb3[Any] = AsyncWeb3(AsyncHTTPProvider(url))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3


def web3_contract(web3: AsyncWeb3[Any], name: str, address: bytes) -> AsyncContract:
    """Give one of this project's contracts, by the name of its artifact."""
    return web3.eth.contract(address=web3.to_checksum_address(address), abi=list(load_artifact(name).abi))
