"""Operations that touch nothing but the stack, the memory and the message: what nearly all of a contract's code is.

A step takes the stack (integers, the top last), the frame, and the operand that follows the opcode in the code. That
enough words are on the stack, and what the opcode costs in any case, was settled before it (`program.Stretch`); a step
charges only what depends on its arguments. The others are left to py-evm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from eth.exceptions import OutOfGas
from eth.vm import opcode_values as op

from chains.evm.devnet.interpreter.frame import Frame
from primitives.keccak import keccak256

_MASK: Final = 2**256 - 1
_MODULUS: Final = 2**256
_SIGN: Final = 2**255
_GAS_WORD_HASHED: Final = 6
_GAS_WORD_COPIED: Final = 3

Words = list[int]
Step = Callable[[Words, Frame, int], None]


class Operation(NamedTuple):
    """A step, what it costs in any case, the words it needs on the stack, and by how many the stack is longer after."""

    step: Step
    gas: int
    needs: int
    grows: int


def push(words: Words, _frame: Frame, operand: int) -> None:
    """Push the operand."""
    words.append(operand)


def _pop(words: Words, _frame: Frame, _operand: int) -> None:
    del words[-1]


def _dup(depth: int) -> Step:
    def step(words: Words, _frame: Frame, _operand: int) -> None:
        words.append(words[-depth])

    return step


def _swap(depth: int) -> Step:
    below = -1 - depth

    def step(words: Words, _frame: Frame, _operand: int) -> None:
        words[-1], words[below] = words[below], words[-1]

    return step


def _add(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = (words.pop() + words[-1]) & _MASK


def _mul(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = (words.pop() * words[-1]) & _MASK


def _sub(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = (words.pop() - words[-1]) & _MASK


def _div(words: Words, _frame: Frame, _operand: int) -> None:
    value, divisor = words.pop(), words[-1]
    words[-1] = value // divisor if divisor else 0


def _mod(words: Words, _frame: Frame, _operand: int) -> None:
    value, divisor = words.pop(), words[-1]
    words[-1] = value % divisor if divisor else 0


def _less(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = 1 if words.pop() < words[-1] else 0


def _greater(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = 1 if words.pop() > words[-1] else 0


def _signed_less(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = 1 if words.pop() ^ _SIGN < words[-1] ^ _SIGN else 0


def _signed_greater(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = 1 if words.pop() ^ _SIGN > words[-1] ^ _SIGN else 0


def _equal(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = 1 if words.pop() == words[-1] else 0


def _is_zero(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = 0 if words[-1] else 1


def _and(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = words.pop() & words[-1]


def _or(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = words.pop() | words[-1]


def _xor(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = words.pop() ^ words[-1]


def _not(words: Words, _frame: Frame, _operand: int) -> None:
    words[-1] = _MASK ^ words[-1]


def _byte(words: Words, _frame: Frame, _operand: int) -> None:
    position = words.pop()
    words[-1] = words[-1] >> 8 * (31 - position) & 0xFF if position < 32 else 0


def _shift_left(words: Words, _frame: Frame, _operand: int) -> None:
    count = words.pop()
    words[-1] = words[-1] << count & _MASK if count < 256 else 0


def _shift_right(words: Words, _frame: Frame, _operand: int) -> None:
    count = words.pop()
    words[-1] = words[-1] >> count if count < 256 else 0


def _charge(frame: Frame, gas: int) -> None:
    left = frame.meter.gas_remaining - gas
    if left < 0:
        raise OutOfGas(f"out of gas: {gas} needed")
    frame.meter.gas_remaining = left


def _hash(words: Words, frame: Frame, _operand: int) -> None:
    start, size = words.pop(), words[-1]
    frame.extend_memory(start, size)
    _charge(frame, _GAS_WORD_HASHED * ((size + 31) // 32))
    words[-1] = int.from_bytes(keccak256(bytes(frame.memory[start : start + size])), "big")


def _load(words: Words, frame: Frame, _operand: int) -> None:
    start, memory = words[-1], frame.memory
    if start + 32 > len(memory):
        frame.extend_memory(start, 32)
    words[-1] = int.from_bytes(memory[start : start + 32], "big")


def _store(words: Words, frame: Frame, _operand: int) -> None:
    start, memory = words.pop(), frame.memory
    if start + 32 > len(memory):
        frame.extend_memory(start, 32)
    memory[start : start + 32] = words.pop().to_bytes(32, "big")


def _store_byte(words: Words, frame: Frame, _operand: int) -> None:
    start, memory = words.pop(), frame.memory
    if start >= len(memory):
        frame.extend_memory(start, 1)
    memory[start] = words.pop() & 0xFF


def _call_data_load(words: Words, frame: Frame, _operand: int) -> None:
    start = words[-1]
    found = frame.call_data[start : start + 32]
    words[-1] = int.from_bytes(found, "big") << 8 * (32 - len(found))


def _call_data_size(words: Words, frame: Frame, _operand: int) -> None:
    words.append(len(frame.call_data))


def _call_data_copy(words: Words, frame: Frame, _operand: int) -> None:
    target, start, size = words.pop(), words.pop(), words.pop()
    if not size:
        return
    _charge(frame, _GAS_WORD_COPIED * ((size + 31) // 32))
    frame.extend_memory(target, size)
    frame.memory[target : target + size] = frame.call_data[start : start + size].ljust(size, b"\0")


def _call_value(words: Words, frame: Frame, _operand: int) -> None:
    words.append(frame.msg.value)


def _caller(words: Words, frame: Frame, _operand: int) -> None:
    words.append(int.from_bytes(frame.msg.sender, "big"))


def _address(words: Words, frame: Frame, _operand: int) -> None:
    words.append(int.from_bytes(frame.msg.storage_address, "big"))


def _return_data_size(words: Words, frame: Frame, _operand: int) -> None:
    words.append(len(frame.return_data))


def _memory_size(words: Words, frame: Frame, _operand: int) -> None:
    words.append(len(frame.memory))


def nothing(_words: Words, _frame: Frame, _operand: int) -> None:
    """A place to jump to."""


_OF_TWO: Final = {
    op.ADD: (_add, 3),
    op.MUL: (_mul, 5),
    op.SUB: (_sub, 3),
    op.DIV: (_div, 5),
    op.MOD: (_mod, 5),
    op.LT: (_less, 3),
    op.GT: (_greater, 3),
    op.SLT: (_signed_less, 3),
    op.SGT: (_signed_greater, 3),
    op.EQ: (_equal, 3),
    op.AND: (_and, 3),
    op.OR: (_or, 3),
    op.XOR: (_xor, 3),
    op.BYTE: (_byte, 3),
    op.SHL: (_shift_left, 3),
    op.SHR: (_shift_right, 3),
    op.SHA3: (_hash, 30),
}

OPERATIONS: Final[dict[int, Operation]] = {
    **{opcode: Operation(step, gas, 2, -1) for opcode, (step, gas) in _OF_TWO.items()},
    op.ISZERO: Operation(_is_zero, 3, 1, 0),
    op.NOT: Operation(_not, 3, 1, 0),
    op.POP: Operation(_pop, 2, 1, -1),
    op.MLOAD: Operation(_load, 3, 1, 0),
    op.MSTORE: Operation(_store, 3, 2, -2),
    op.MSTORE8: Operation(_store_byte, 3, 2, -2),
    op.MSIZE: Operation(_memory_size, 2, 0, 1),
    op.CALLDATALOAD: Operation(_call_data_load, 3, 1, 0),
    op.CALLDATASIZE: Operation(_call_data_size, 2, 0, 1),
    op.CALLDATACOPY: Operation(_call_data_copy, 3, 3, -3),
    op.CALLVALUE: Operation(_call_value, 2, 0, 1),
    op.CALLER: Operation(_caller, 2, 0, 1),
    op.ADDRESS: Operation(_address, 2, 0, 1),
    op.RETURNDATASIZE: Operation(_return_data_size, 2, 0, 1),
    op.JUMPDEST: Operation(nothing, 1, 0, 0),
    **{opcode: Operation(push, 3, 0, 1) for opcode in range(op.PUSH1, op.PUSH32 + 1)},
    **{op.DUP1 + depth - 1: Operation(_dup(depth), 3, depth, 1) for depth in range(1, 17)},
    **{op.SWAP1 + depth - 1: Operation(_swap(depth), 3, depth + 1, 0) for depth in range(1, 17)},
}
"""By opcode; the others are py-evm's."""
