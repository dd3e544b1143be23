"""How messages are cut into transactions: by count and size before anything is asked, by gas and refusals after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import GAS_MARGIN_PERCENT
from chains.evm.client.router import Router
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import EvmRequestRefused, ExecutionReverted
from primitives.errors import DecodeError, InvalidArgument
from relayer.chains.evm_calls import call_of, calls_of, line_bytes, shared_call
from relayer.chains.evm_gas import GasKnown
from relayer.core.chain import Outcome, PacketMessage

ONE_BY_ONE: Final = 5
"""So few messages that are refused together are tried one by one; more are halved."""
_ABI_WORDS: Final = 96  # offset, length and padding of one call in a multicall


@dataclass(frozen=True)
class BatchLimits:
    """What one transaction may hold; ``gas`` 0: half of what a block may use."""

    messages: int = 50
    calldata_bytes: int = 96 * 1024
    gas: int = 0
    gas_margin_percent: int = GAS_MARGIN_PERCENT

    def gas_of_block(self, block_gas_limit: int) -> int:
        """The most that one transaction may need on a chain whose blocks hold so much."""
        return self.gas or block_gas_limit // 2


@dataclass(frozen=True)
class Batch:
    """Messages that pass together, and the calls made of them; ``gas`` is the limit to send them with.

    None to ask for it when they are sent.
    """

    messages: tuple[PacketMessage, ...]
    calls: tuple[EvmCall, ...]
    gas: int | None = None


@dataclass
class Sorted:
    """What may be sent, in order, and what is refused, by the message's position in the submission."""

    batches: list[Batch] = field(default_factory=list)
    refused: list[tuple[PacketMessage, Outcome]] = field(default_factory=list)


def cut(
    router: Router, messages: Sequence[PacketMessage], head_bytes: int, limits: BatchLimits
) -> list[list[PacketMessage]]:
    """Messages in their order, so many that count and call data stay within the limits; one alone may be larger. Pure.

    ``head_bytes``: of the client update that goes before the first.
    """
    groups: list[list[PacketMessage]] = []
    shared: set[object] = set()
    room = 0
    for message in messages:
        size = _size(router, message, shared)
        if not groups or len(groups[-1]) >= limits.messages or size > room:
            room = limits.calldata_bytes - (0 if groups else head_bytes)
            groups.append([])
            shared.clear()
            size = _size(router, message, shared)
        shared.add(shared_call(router, message))
        groups[-1].append(message)
        room -= size
    return groups


def _size(router: Router, message: PacketMessage, shared: set[object]) -> int:
    """What a message adds to calls of which some are shared already; a proof takes no more joined than alone."""
    with_whom = shared_call(router, message)
    if with_whom is not None and with_whom in shared:
        return line_bytes(message)
    return len(call_of(router, message).data) + _ABI_WORDS


Refusing = Callable[[Sequence[EvmCall], PacketMessage], Awaitable[Outcome | None]]
"""Tries one message alone, after some calls; says how the contracts refuse it, None if they take it."""


class BatchTrial:
    """Tries messages together before they are sent: all at once, by halves where that is refused or needs too much gas.

    One that passes costs one question to the node, however many messages it holds; where ``known`` tells the gas, the
    node runs it once.
    """

    def __init__(
        self,
        rpc: EvmRpc,
        router: Router,
        sender: bytes,
        limits: BatchLimits,
        block_gas_limit: int,
        refusing: Refusing,
        known: GasKnown,
    ) -> None:
        self._rpc = rpc
        self._router = router
        self._sender = sender
        self._margin_percent = limits.gas_margin_percent
        self._most_gas = limits.gas_of_block(block_gas_limit)
        self._block_gas_limit = block_gas_limit
        self._refusing = refusing
        self._known = known

    async def sort(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> Sorted:
        """What of the messages may be sent after ``head``, and what is refused."""
        try:
            calls = tuple(calls_of(self._router, messages))
            gas = await self._gas_of(head, calls, messages)
        except (InvalidArgument, DecodeError):  # a proof that cannot be joined with the others
            calls, gas = (), None
        if gas is not None and (gas <= self._most_gas or len(messages) == 1):
            return Sorted([Batch(tuple(messages), calls, min(gas, self._block_gas_limit))])
        if gas is None and len(messages) <= ONE_BY_ONE:
            return await self._sort_alone(head, messages)
        middle = len(messages) // 2
        lower, upper = await self.sort(head, messages[:middle]), await self.sort(head, messages[middle:])
        return Sorted(lower.batches + upper.batches, lower.refused + upper.refused)

    async def _sort_alone(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> Sorted:
        refusals = await asyncio.gather(*(self._refusing(head, message) for message in messages))
        answered = list(zip(messages, refusals, strict=True))
        refused = [(message, refusal) for message, refusal in answered if refusal is not None]
        accepted = tuple(message for message, refusal in answered if refusal is None)
        if not accepted:
            return Sorted([], refused)
        if not refused:  # refused together for another reason: found when sent
            return Sorted([Batch(accepted, tuple(call_of(self._router, message) for message in accepted))])
        together = await self.sort(head, accepted)
        return Sorted(together.batches, refused + together.refused)

    async def _gas_of(
        self, head: Sequence[EvmCall], calls: Sequence[EvmCall], messages: Sequence[PacketMessage]
    ) -> int | None:
        """The gas that they need together, with a margin; None if they are refused together.

        What is foretold to be too much for one transaction is believed: the node need not be asked to find that out.
        """
        call = self._router.multicall(*head, *calls)
        expected = self._known.expected(len(head), messages)
        if expected is None:
            async with self._known.asking:
                expected = self._known.expected(len(head), messages)
                if expected is None:
                    return await self._estimated(call, len(head), messages)
        is_too_much = expected > self._most_gas
        if (is_too_much and len(messages) > 1) or (not is_too_much and await self._passes(call, expected)):
            return expected
        return await self._estimated(call, len(head), messages)

    async def _passes(self, call: EvmCall, expected: int) -> bool:
        """Whether a call succeeds now with what is expected, less half of the margin."""
        least = expected * (100 + self._margin_percent // 2) // (100 + self._margin_percent)
        try:
            await self._rpc.call(replace(call, gas=least), sender=self._sender)
        except (ExecutionReverted, EvmRequestRefused):
            return False
        return True

    async def _estimated(self, call: EvmCall, calls_before: int, messages: Sequence[PacketMessage]) -> int | None:
        try:
            gas = await self._rpc.estimate_gas(call, self._sender)
        except (ExecutionReverted, EvmRequestRefused):  # geth says the latter where gas does not suffice
            return None
        gas = gas * (100 + self._margin_percent) // 100
        self._known.remember(calls_before, messages, gas)
        return gas
