"""A contract's code in stretches: from where execution may come, to the first operation that is not a plain step.

A stretch is run whole, so its fixed gas is charged, and the stack looked at, once and before it. Nothing can tell: what
observes gas, state or other contracts ends a stretch, and where gas or stack do not suffice for all of it, everything
that the first half would have done is undone with the frame.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from eth.exceptions import InvalidJumpDestination
from eth.vm import opcode_values as op

from chains.evm.devnet.interpreter.steps import OPERATIONS, Step, nothing

_PROGRAMS: Final = 64
_JUMPS: Final = {op.JUMP: (8, 1), op.JUMPI: (10, 2)}  # gas, and words needed


@dataclass(frozen=True, slots=True)
class Stretch:
    """Steps with their operands, and the opcode after them, with the place after that.

    ``needs`` words have to be on the stack before it; it is ``grows`` words higher, at most, in between.
    """

    steps: tuple[tuple[Step, int], ...]
    gas: int
    needs: int
    grows: int
    last: int
    next_position: int


class Program:
    """One code. Stretches are found when execution first comes to them."""

    def __init__(self, code: bytes) -> None:
        self._code = code
        self._stretches: dict[int, Stretch] = {}
        self._jump_targets = _jump_targets(code)

    def at(self, position: int) -> Stretch:
        """The stretch that begins at a position; behind the code there is nothing but STOP."""
        found = self._stretches.get(position)
        if found is None:
            found = self._stretches[position] = self._read(position)
        return found

    def target(self, position: int) -> int:
        """The position, if one may jump there."""
        if position not in self._jump_targets:
            raise InvalidJumpDestination("invalid jump destination")
        return position

    def _read(self, position: int) -> Stretch:
        steps: list[tuple[Step, int]] = []
        gas = height = needs = grows = 0
        while position < len(self._code):
            opcode = self._code[position]
            operation = OPERATIONS.get(opcode)
            if operation is None:
                jump_gas, jump_needs = _JUMPS.get(opcode, (0, 0))
                needs = max(needs, jump_needs - height)
                return Stretch(tuple(steps), gas + jump_gas, needs, grows, opcode, position + 1)
            position += 1
            operand = 0
            if op.PUSH1 <= opcode <= op.PUSH32:
                size = opcode - op.PUSH1 + 1
                operand = int.from_bytes(self._code[position : position + size].ljust(size, b"\0"), "big")
                position += size
            gas += operation.gas
            needs = max(needs, operation.needs - height)
            height += operation.grows
            grows = max(grows, height)
            if operation.step is not nothing:
                steps.append((operation.step, operand))
        return Stretch(tuple(steps), gas, needs, grows, op.STOP, position)


class Programs:
    """Those used lately, bounded."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Program] = OrderedDict()

    def of(self, code: bytes) -> Program:
        """The program of a code."""
        found = self._known.get(code)
        if found is None:
            found = self._known[code] = Program(code)
            if len(self._known) > _PROGRAMS:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(code)
        return found


def _jump_targets(code: bytes) -> frozenset[int]:
    """Where a JUMPDEST is, and not an operand that looks like one."""
    found = []
    position = 0
    while position < len(code):
        opcode = code[position]
        if opcode == op.JUMPDEST:
            found.append(position)
        position += opcode - op.PUSH1 + 2 if op.PUSH1 <= opcode <= op.PUSH32 else 1
    return frozenset(found)
