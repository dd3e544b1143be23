"""One running message as the steps see it: py-evm's computation, whose parts have names they may use."""

from __future__ import annotations

from typing import Any, Final

from eth.abc import MessageAPI, StateAPI, TransactionContextAPI
from eth.vm.forks.berlin.computation import BerlinComputation
from eth.vm.memory import Memory
from eth.vm.stack import Stack

_MAX_WORD: Final = 2**256 - 1


class WordStack(Stack):
    """Integers only: what py-evm pushes as bytes is converted once, here."""

    def push_bytes(self, value: bytes) -> None:
        """Push bytes as the integer they stand for."""
        self.push_int(int.from_bytes(value, "big"))


class OpenMemory(Memory):
    """Memory whose bytes may be written without a check each time; nobody keeps a view of them."""

    __slots__ = ("content",)

    def __init__(self) -> None:
        super().__init__()
        self.content = self._bytes

    def extend(self, start_position: int, size: int) -> None:
        """Make room in place; py-evm has charged for it."""
        if size:
            missing = ((start_position + size + 31) & ~31) - len(self.content)
            if missing > 0:
                self.content.extend(bytes(missing))


class Frame(BerlinComputation):
    """A computation with its stack, memory, gas meter and call data at hand."""

    def __init__(self, state: StateAPI, message: MessageAPI, transaction_context: TransactionContextAPI) -> None:
        super().__init__(state, message, transaction_context)
        self._stack = WordStack()
        memory = OpenMemory()
        self._memory = memory
        self.words: list[Any] = self._stack.values
        self.memory = memory.content
        self.meter = self._gas_meter
        self.call_data = message.data_as_bytes
        self.has_asked_precompile = False

    def extend_memory(self, start_position: int, size: int) -> None:
        """Pay for memory up to there; nearly always it is there already."""
        if size and start_position + size > len(self.memory):
            super().extend_memory(start_position, size)
