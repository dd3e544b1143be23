"""Opening the configured EVM node: the right chain, or a named error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from chains.evm.client.rpc import EvmRpc
from primitives.errors import UnavailableError

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def opened_evm_node(rpc_url: str, chain_id: int) -> AsyncIterator[EvmRpc]:
    """The node behind ``rpc_url``. Raises ``WrongChain``; one that does not answer yet is left to the caller's loop."""
    async with EvmRpc(rpc_url) as rpc:
        try:
            await rpc.require_chain(chain_id)
        except UnavailableError as away:
            _log.warning("chain unavailable", reason=away.reason, error=str(away))
        yield rpc
