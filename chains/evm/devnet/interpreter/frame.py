"""One running message as the steps see it: py-evm's computation, whose parts have names they may use."""

from __future__ import annotations

from typing import Any

from eth.abc import MessageAPI, StateAPI, TransactionContextAPI
from eth.constants import GAS_MEMORY, GAS_MEMORY_QUADRATIC_DENOMINATOR
from eth.exceptions import OutOfGas
from eth.vm.forks.berlin.computation import BerlinComputation
from eth.vm.memory import Memory
from eth.vm.stack import Stack


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
        """Pay for memory up to there; raises `OutOfGas`. Nearly always it is there already."""
        memory, end = self.memory, start_position + size
        if not size or end <= len(memory):
            return
        before, after = len(memory) // 32, (end + 31) // 32
        cost = GAS_MEMORY * (after - before)
        cost += after * after // GAS_MEMORY_QUADRATIC_DENOMINATOR - before * before // GAS_MEMORY_QUADRATIC_DENOMINATOR
        if cost > self.meter.gas_remaining:
            raise OutOfGas(f"out of gas: {cost} needed for memory")
        self.meter.gas_remaining -= cost
        memory.extend(bytes(32 * (after - before)))
