"""The same chain through web3.py: for exploration and tools; the relayer uses `EvmRpc`."""

from __future__ import annotations

from typing import Any

from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.middleware import ExtraDataToPOAMiddleware


def connect_web3(url: str) -> AsyncWeb3[Any]:
    """Give a web3 for a QBFT chain, whose extraData is longer than web3.py's own rule allows.

    `await web3.provider.disconnect()` closes its connections.
    """
    web3: AsyncWeb3[Any] = AsyncWeb3(AsyncHTTPProvider(url))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3
