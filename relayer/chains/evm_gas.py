"""The gas of a batch, foretold from one before it.

To estimate gas a node runs a batch many times over. What is foretold here need not be right: the batch is run once with
it as its limit, and only where that does not pass the node is asked to estimate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from relayer.core.chain import PacketMessage

_MOST_SHRUNK: Final = 2
"""A batch so many times smaller than the one that is known would be given far more than it needs."""


class GasKnown:
    """By the kinds of a batch's messages and the calls before them: the gas it was sent with, and their count."""

    def __init__(self) -> None:
        self.asking = asyncio.Lock()
        """Held by whoever asks about the first of a kind: the others know by then."""
        self._seen: dict[object, tuple[int, int]] = {}

    def expected(self, calls_before: int, messages: Sequence[PacketMessage]) -> int | None:
        """What such a batch will need, the margin included; None where none like it is known."""
        known = self._seen.get(_kinds(calls_before, messages))
        if known is None:
            return None
        count, gas = known
        if len(messages) * _MOST_SHRUNK < count:
            return None
        return gas * max(len(messages), count) // count

    def remember(self, calls_before: int, messages: Sequence[PacketMessage], gas: int) -> None:
        """What a batch needs by the node's estimate, the margin included."""
        self._seen[_kinds(calls_before, messages)] = (len(messages), gas)


def _kinds(calls_before: int, messages: Sequence[PacketMessage]) -> object:
    return calls_before, frozenset(message.kind for message in messages)
