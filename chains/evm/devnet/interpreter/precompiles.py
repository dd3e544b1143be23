"""STATICCALL of a precompiled contract, without the frame, the snapshot and the message that a contract would need.

A Merkle proof asks for a hash a level: of what a batch of packets calls, nine tenths are these. They change no state,
and log nothing, so nobody misses the child computation. An empty address is not touched by it any more; it would have
been cleared again at the end.
"""

from __future__ import annotations

from typing import Any, Final

from eth.abc import ComputationAPI
from eth.exceptions import OutOfGas, VMError
from eth.vm import mnemonics
from eth.vm import opcode_values as op
from eth.vm.forks.berlin.computation import BERLIN_PRECOMPILES
from eth.vm.forks.berlin.constants import WARM_STORAGE_READ_COST
from eth.vm.forks.berlin.logic import StaticCallEIP2929
from eth.vm.forks.berlin.opcodes import BERLIN_OPCODES

from chains.evm.devnet.interpreter.frame import Frame

_ASKED_DIRECTLY: Final = {number: BERLIN_PRECOMPILES[number.to_bytes(20, "big")] for number in (1, 2, 4)}
"""ecrecover, SHA-256, identity: what our contracts ask. An error in RIPEMD-160 has a rule of its own in EIP-161."""
_ARGUMENTS: Final = 6
_DEEPEST_FRAME: Final = 1023


class _Asked:
    """As much of a computation as a precompiled contract looks at: its input, its gas, where the output goes."""

    def __init__(self, data: bytes, gas: int) -> None:
        self.msg = self
        self.data = self.data_as_bytes = data
        self.gas = gas
        self.output = b""

    def consume_gas(self, amount: int, reason: str) -> None:
        """Pay; raises `OutOfGas`."""
        if amount > self.gas:
            raise OutOfGas(f"out of gas: {reason}")
        self.gas -= amount


class DirectStaticCall(StaticCallEIP2929):
    """As py-evm's, which it leaves everything else to."""

    def __call__(self, computation: ComputationAPI) -> None:
        """Run it. Raises `OutOfGas`."""
        if isinstance(computation, Frame) and computation.msg.depth < _DEEPEST_FRAME:
            words = computation.words
            precompile = _ASKED_DIRECTLY.get(words[-2]) if len(words) >= _ARGUMENTS else None
            if precompile is not None:
                _ask(computation, precompile)
                return
        super().__call__(computation)


def _ask(frame: Frame, precompile: Any) -> None:  # noqa: ANN401 - a function of py-evm's that duck-types its argument
    words, meter = frame.words, frame.meter
    gas, _, start, size, out_start, out_size = (words.pop() for _ in range(_ARGUMENTS))
    frame.extend_memory(start, size)
    frame.extend_memory(out_start, out_size)
    frame.consume_gas(WARM_STORAGE_READ_COST, mnemonics.STATICCALL)
    given = min(gas, meter.gas_remaining - meter.gas_remaining // 64)
    meter.gas_remaining -= given
    frame.has_asked_precompile = True
    asked = _Asked(bytes(frame.memory[start : start + size]), given)
    try:
        precompile(asked)
    except VMError:
        frame.return_data = b""
        words.append(0)
        return
    frame.return_data = asked.output
    copied = asked.output[:out_size]
    frame.memory[out_start : out_start + len(copied)] = copied
    meter.gas_remaining += asked.gas
    words.append(1)


OPCODES: Final = {
    **BERLIN_OPCODES,
    op.STATICCALL: DirectStaticCall.configure(
        __name__="opcode:STATICCALL", mnemonic=mnemonics.STATICCALL, gas_cost=0
    )(),
}
"""Berlin's, with that one."""
