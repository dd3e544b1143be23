"""Several endpoints of one chain as one: the first that is fit is asked, the next where it fails.

What each kind of failure means here:

    refused (CallerError)               the answer: raised at once, another node would say the same
    misbehaved or forked (PeerError)    the node is set aside, the next is asked
    no answer, rate limited             as above
    block not there, node behind        the next is asked; the node is not set aside for it
    other UnavailableError              raised: it is not about the node

A node is checked (`node_check`) before its first use, when it comes back, and when a new connection to it was made; an
answer that came over a new connection counts only after that. With one endpoint all this holds just as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Final, TypeVar

from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.endpoint_health import BenchTimes, EndpointHealth, EndpointState, EndpointStatus
from chains.evm.client.node_check import ExpectedChain, check_node, require_not_behind
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import RpcRequest
from chains.evm.errors import BlockUnavailable, NodeBehind, NodeUnavailable, NoHealthyNode, RateLimited, WrongChain
from chains.evm.json_value import Json
from primitives.errors import CallerError, CrossDvpError, InvalidArgument, PeerError

_log = logging.getLogger(__name__)
T = TypeVar("T")
_NOT_CHECKED: Final = -1


class _Endpoint:
    """One node, its health, and the connections that its last check covers."""

    def __init__(self, rpc: EvmRpc) -> None:
        self.rpc = rpc
        self.health = EndpointHealth()
        self.head = 0
        self.connections_checked = _NOT_CHECKED
        self.checking = asyncio.Lock()

    @property
    def is_checked(self) -> bool:
        return self.connections_checked == self.rpc.connections_made and self.health.state is EndpointState.HEALTHY


class FailoverRpc(EvmRpc):
    """Endpoints of one chain, in the order of preference; see the module's docstring.

    ``now_s`` is a clock, ``jitter`` gives numbers in [0, 1). Raises, where no endpoint is fit, the last one's failure,
    or ``NoHealthyNode`` where none was even asked.
    """

    def __init__(
        self,
        nodes: Sequence[EvmRpc],
        expected: ExpectedChain,
        memory: BlockMemory,
        now_s: Callable[[], float],
        jitter: Callable[[], float],
        times: BenchTimes = BenchTimes(),  # noqa: B008  # frozen
    ) -> None:
        if not nodes:
            raise InvalidArgument("expected at least one endpoint, found none")
        super().__init__(nodes[0].url)
        self.memory = memory
        self._endpoints = [_Endpoint(node) for node in nodes]
        self._expected = expected
        self._now_s = now_s
        self._jitter = jitter
        self._times = times

    def status(self) -> tuple[EndpointStatus, ...]:
        """Every endpoint's health and newest height, in the order of preference."""
        return tuple(EndpointStatus(each.rpc.shown_url, each.health, each.head) for each in self._endpoints)

    async def on_one(self, work: Callable[[EvmRpc], Awaitable[T]]) -> T:
        """See EvmRpc."""
        failure: CrossDvpError | None = None
        for endpoint in self._due():
            if (unfit := await self._unfit(endpoint)) is not None:
                failure = unfit
                continue
            try:
                result, refusal = await work(endpoint.rpc), None
            except CallerError as refused:
                result, refusal = None, refused
            except (PeerError, NodeUnavailable, RateLimited) as failed:
                failure = self._bench(endpoint, failed)
                continue
            except (BlockUnavailable, NodeBehind) as not_yet:
                failure = not_yet
                continue
            if (unfit := await self._unfit(endpoint)) is not None:  # it may have answered over a new connection
                failure = unfit
                continue
            endpoint.health = endpoint.health.served()
            if refusal is not None:
                raise refusal
            return result  # type: ignore[return-value]  # without a refusal it is what `work` gave
        raise failure or self._none_healthy()

    async def ask(self, read: Callable[[Json], T], method: str, *params: Json) -> T:
        """See EvmRpc."""
        return await self.on_one(lambda node: node.ask(read, method, *params))

    async def request(self, method: str, *params: Json) -> Json:
        """See JsonRpcTransport."""
        return await self.on_one(lambda node: node.request(method, *params))

    async def batch(self, requests: Sequence[RpcRequest]) -> list[Json]:
        """See JsonRpcTransport."""
        return await self.on_one(lambda node: node.batch(requests))

    async def survey(self) -> None:
        """Check every endpoint that is due, so that one that fell behind is found and one that is well comes back.

        Raises nothing: what is found is in ``status``.
        """
        for endpoint in self._endpoints:
            endpoint.connections_checked = _NOT_CHECKED
        await asyncio.gather(*(self._unfit(endpoint) for endpoint in self._due()))
        for endpoint in self._endpoints:  # all heads are fresh now
            if endpoint.health.state is EndpointState.HEALTHY:
                await self._unfit(endpoint)

    async def require_some_chain(self) -> None:
        """Survey, and raise ``WrongChain`` if every endpoint serves another chain: a wrong configuration.

        Endpoints that do not answer yet, or are unfit otherwise, are left to their next try.
        """
        failures = await asyncio.gather(*(self._unfit(endpoint) for endpoint in self._due()))
        if all(isinstance(failure, WrongChain) for failure in failures):
            raise next(failure for failure in failures if failure is not None)

    async def close(self) -> None:
        """See JsonRpcTransport."""
        await super().close()
        for endpoint in self._endpoints:
            await endpoint.rpc.close()

    def _due(self) -> Iterator[_Endpoint]:
        """In the order of preference; asked one after the other, so that time is read again for each."""
        return (endpoint for endpoint in self._endpoints if endpoint.health.is_due(self._now_s()))

    async def _unfit(self, endpoint: _Endpoint) -> CrossDvpError | None:
        """Why an endpoint may not be used, None if it may; checks it if its last check does not cover its connections.

        One that is unfit is set aside.
        """
        try:
            async with endpoint.checking:
                if not endpoint.is_checked:
                    endpoint.head = await check_node(endpoint.rpc, self._expected, self.memory)
                    endpoint.connections_checked = endpoint.rpc.connections_made
                require_not_behind(endpoint.rpc, endpoint.head, self._best_head(), self._expected.max_lag_blocks)
        except CrossDvpError as unfit:
            return self._bench(endpoint, unfit)
        if endpoint.health.state is EndpointState.BENCHED:
            _log.info("%s is used again", endpoint.rpc.shown_url)
        endpoint.health = endpoint.health.well(self._now_s())
        return None

    def _best_head(self) -> int:
        """What has been read, or what endpoints show: of three or more, what at least two of them have reached.

        A single node that claims blocks which nobody else has must not set aside all others.
        """
        newest = self.memory.newest()
        heads = sorted((endpoint.head for endpoint in self._endpoints), reverse=True)
        shown = heads[1] if len(heads) > 2 else heads[0]
        return max(shown, newest[0] if newest else 0)

    def _bench(self, endpoint: _Endpoint, failure: CrossDvpError) -> CrossDvpError:
        first = endpoint.health.state is not EndpointState.BENCHED
        endpoint.health = endpoint.health.benched(failure, self._now_s(), self._times, self._jitter())
        endpoint.connections_checked = _NOT_CHECKED
        pause_s = endpoint.health.next_try_s - self._now_s()
        level = logging.WARNING if first else logging.DEBUG
        _log.log(level, "%s is set aside for %.1f s: %s: %s", endpoint.rpc.shown_url, pause_s, failure.reason, failure)
        return failure

    def _none_healthy(self) -> NoHealthyNode:
        now_s = self._now_s()
        each = (
            f"{endpoint.rpc.shown_url}: {endpoint.health.reason}: {endpoint.health.why} "
            f"(next try in {max(endpoint.health.next_try_s - now_s, 0):.1f} s)"
            for endpoint in self._endpoints
        )
        return NoHealthyNode(f"expected a healthy endpoint, found none: {'; '.join(each)}")
