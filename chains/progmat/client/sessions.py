"""Calls in somebody's session: the metadata that every client opened inside sends along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import grpc.aio

from chains.progmat.client.channel import CLIENT_INTERCEPTORS

SESSION_KEY: Final = "crossdvp-session"
APPROVAL_KEY: Final = "crossdvp-approval"


class _WithMetadata(grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[type-arg] # generic in its stub only
    def __init__(self, pairs: tuple[tuple[str, str], ...]) -> None:
        self._pairs = pairs

    async def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:  # noqa: ANN401  # gRPC's own
        metadata = grpc.aio.Metadata(*(client_call_details.metadata or ()), *self._pairs)
        return await continuation(client_call_details._replace(metadata=metadata), request)


@contextmanager
def in_session(token: str, approval_id: str = "") -> Iterator[None]:
    """Clients opened inside make their calls in this session, and bring this approval if one is given."""
    pairs = tuple((key, value) for key, value in ((SESSION_KEY, token), (APPROVAL_KEY, approval_id)) if value)
    before = CLIENT_INTERCEPTORS.get()
    mark = CLIENT_INTERCEPTORS.set((*before, _WithMetadata(pairs)) if pairs else before)
    try:
        yield
    finally:
        CLIENT_INTERCEPTORS.reset(mark)
