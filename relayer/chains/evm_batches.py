"""How messages are cut into transactions: by count and size before anything is asked, by gas and refusals after."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import GAS_MARGIN_PERCENT
from chains.evm.client.router import Router
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import EvmRequestRefused, ExecutionReverted
from primitives.errors import DecodeError, InvalidArgument
from relayer.chains.evm_calls import call_of, calls_of
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
    """Messages that pass together; ``gas`` is the limit to send them with, None to ask when they are sent."""

    messages: tuple[PacketMessage, ...]
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
    room = 0
    for message in messages:
        size = len(call_of(router, message).data) + _ABI_WORDS
        if not groups or len(groups[-1]) >= limits.messages or size > room:
            room = limits.calldata_bytes - (0 if groups else head_bytes)
            groups.append([])
        groups[-1].append(message)
        room -= size
    return groups


Refusing = Callable[[Sequence[EvmCall], PacketMessage], Awaitable[Outcome | None]]
"""Tries one message alone, after some calls; says how the contracts refuse it, None if they take it."""


class BatchTrial:
    """Tries messages together before they are sent: all at once, by halves where that is refused or needs too much gas.

    One that passes costs one question to the node, however many messages it holds.
    """

    def __init__(
        self, rpc: EvmRpc, router: Router, sender: bytes, limits: BatchLimits, block_gas_limit: int, refusing: Refusing
    ) -> None:
        self._rpc = rpc
        self._router = router
        self._sender = sender
        self._margin_percent = limits.gas_margin_percent
        self._most_gas = limits.gas_of_block(block_gas_limit)
        self._block_gas_limit = block_gas_limit
        self._refusing = refusing

    async def sort(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> Sorted:
        """What of the messages may be sent after ``head``, and what is refused."""
        gas = await self._gas_of(head, messages)
        if gas is not None and (gas <= self._most_gas or len(messages) == 1):
            return Sorted([Batch(tuple(messages), min(gas, self._block_gas_limit))])
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
        if not accepted or not refused:  # nothing to send, or refused together for another reason: found when sent
            return Sorted([Batch(accepted)] if accepted else [], refused)
        together = await self.sort(head, accepted)
        return Sorted(together.batches, refused + together.refused)

    async def _gas_of(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> int | None:
        """The gas that they need together, with a margin; None if they are refused together."""
        try:
            call = self._router.multicall(*head, *calls_of(self._router, messages))
            gas = await self._rpc.estimate_gas(call, self._sender)
        except (InvalidArgument, DecodeError):  # a proof that cannot be joined with the others
            return None
        except (ExecutionReverted, EvmRequestRefused):  # geth says the latter where gas does not suffice
            return None
        return gas * (100 + self._margin_percent) // 100
