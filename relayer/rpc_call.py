"""One gRPC call, with our errors instead of gRPC's."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import grpc.aio

from chains.rpc_status import error_from_rpc

Answer = TypeVar("Answer")


async def ask(pending: Awaitable[object], kind: type[Answer], remote: str) -> Answer:
    """Await a call to ``remote``. Raises the errors of ``chains.rpc_status``: the remote's reason, and whose fault."""
    try:
        answer = await pending
    except grpc.aio.AioRpcError as failure:
        raise error_from_rpc(failure, remote) from failure
    if not isinstance(answer, kind):
        raise TypeError(f"{remote} answered with {type(answer).__name__}, expected {kind.__name__}")
    return answer
