"""The loop over a program, in place of py-evm's loop over opcodes."""

from __future__ import annotations

from typing import Final

from eth.abc import ComputationAPI, MessageAPI, StateAPI, TransactionContextAPI
from eth.exceptions import FullStack, Halt, InsufficientStack, OutOfGas
from eth.vm import opcode_values as op
from eth.vm.forks.berlin.state import BerlinState
from eth.vm.logic.invalid import InvalidOpcode

from chains.evm.devnet.interpreter.frame import Frame
from chains.evm.devnet.interpreter.precompiles import OPCODES
from chains.evm.devnet.interpreter.program import Program, Programs
from chains.evm.devnet.interpreter.remembered_state import RememberedAccountDB

_MOST_WORDS: Final = 1024


class FastComputation(Frame):
    """Berlin's rules. Calls, storage, logs and whatever else a step cannot do are py-evm's own operations."""

    opcodes = OPCODES
    programs = Programs()

    @classmethod
    def apply_computation(
        cls,
        state: StateAPI,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: ComputationAPI | None = None,
    ) -> ComputationAPI:
        """As py-evm's; a failure of the contract's is in the computation, not raised."""
        computation = cls(state, message, transaction_context)
        with computation:
            if computation.is_origin_computation:
                computation.contracts_created = []
            if parent_computation is not None:
                computation.contracts_created = parent_computation.contracts_created
            if message.is_create:
                computation.contracts_created.append(message.storage_address)
            precompile = computation.precompiles.get(message.code_address)
            if precompile is not None:
                precompile(computation)
                return computation
            computation.run(cls.programs.of(message.code))
        return computation

    def run(self, program: Program) -> None:
        """Until the code halts. Raises py-evm's errors of execution."""
        words, meter, position = self.words, self.meter, 0
        while True:
            stretch = program.at(position)
            depth = len(words)
            if depth < stretch.needs:
                raise InsufficientStack(f"{stretch.needs} words are needed, {depth} are there")
            if depth + stretch.grows > _MOST_WORDS:
                raise FullStack("stack limit reached")
            gas = meter.gas_remaining - stretch.gas
            if gas < 0:
                raise OutOfGas(f"out of gas: {stretch.gas} needed")
            meter.gas_remaining = gas
            for step, operand in stretch.steps:
                step(words, self, operand)
            if stretch.last == op.JUMPI:
                target = words.pop()
                position = program.target(target) if words.pop() else stretch.next_position
            elif stretch.last == op.JUMP:
                position = program.target(words.pop())
            else:
                position = self.code.program_counter = stretch.next_position
                try:
                    (self.opcodes.get(stretch.last) or InvalidOpcode(stretch.last))(computation=self)
                except Halt:
                    return


class FastState(BerlinState):
    """Berlin's state, executed so."""

    computation_class = FastComputation
    account_db_class = RememberedAccountDB
