"""The devnet's loop over code against py-evm's own: same gas, output, logs, failures and state, whatever the code."""

from __future__ import annotations

import os

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

from dataclasses import dataclass

import pytest
from eth.abc import StateAPI
from eth.consensus.context import ConsensusContext
from eth.consensus.noproof import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.db.chain import ChainDB
from eth.rlp.headers import BlockHeader
from eth.vm import opcode_values as op
from eth.vm.chain_context import ChainContext
from eth.vm.forks.berlin import BerlinVM
from eth.vm.forks.berlin.transactions import BerlinUnsignedLegacyTransaction
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.evm.devnet.interpreter.computation import FastState
from tests.fakes.dvp_deployment import CLIENT_ID, RELAYER, deploy_dvp
from tests.fakes.evm_sandbox import EvmSandbox, Reverted

_PLAIN = BerlinVM.configure(consensus_class=NoProofConsensus)
_FAST = _PLAIN.configure(_state_class=FastState)
_SENDER, _CONTRACT, _CALLEE = (Address(bytes(19) + bytes([last])) for last in (0xA1, 0xC1, 0xC2))


@dataclass(frozen=True)
class _Result:
    """All that anybody can see of an execution."""

    failed: bool
    gas_left: int
    refund: int
    output: bytes
    logs: tuple[object, ...]
    state_root: bytes


def _run(vm_class: type[BerlinVM], code: bytes, data: bytes, gas: int) -> _Result:
    database = AtomicDB()
    header = BlockHeader(difficulty=1, block_number=7, gas_limit=10**8, timestamp=1_760_000_000)
    state: StateAPI = vm_class(header, ChainDB(database), ChainContext(1337), ConsensusContext(database)).state
    state.set_balance(_SENDER, 10**18)
    state.set_code(_CONTRACT, code)
    state.set_storage(_CONTRACT, 1, 5)
    state.set_code(_CALLEE, bytes.fromhex("600160005460005260206000fd"))  # reverts with a word of its storage
    unsigned = BerlinUnsignedLegacyTransaction(nonce=0, gas_price=0, gas=gas, to=_CONTRACT, value=3, data=data)
    computation = state.apply_transaction(SpoofTransaction(unsigned, from_=_SENDER))  # type: ignore[arg-type] # duck type
    logs = computation.get_log_entries()
    left, refund = computation.get_gas_remaining(), computation.get_gas_refund()
    return _Result(computation.is_error, left, refund, computation.output, logs, state.make_state_root())


_PUSHES = st.one_of(
    st.binary(min_size=1, max_size=1).map(lambda word: bytes([op.PUSH1]) + word),
    st.binary(min_size=32, max_size=32).map(lambda word: bytes([op.PUSH32]) + word),
    st.sampled_from([0, 1, 31, 32, 255, 256, 2**255, 2**256 - 1]).map(lambda word: b"\x7f" + word.to_bytes(32, "big")),
)
_CALLS = st.builds(
    lambda opcode, sizes, to, gas: b"".join(bytes([op.PUSH1, size]) for size in sizes) + b"\x60" + to + gas + opcode,
    st.sampled_from([op.CALL, op.STATICCALL, op.DELEGATECALL, op.CALLCODE]).map(lambda opcode: bytes([opcode])),
    st.lists(st.sampled_from([0, 1, 32, 64, 200]), min_size=4, max_size=5),
    st.sampled_from([b"\x01", b"\x02", b"\x03", b"\x04", b"\x05", b"\xc2", b"\xc1"]),
    st.sampled_from([b"\x5a", b"\x60\x10", b"\x61\x04\x00"]),
)
_OPCODES = st.integers(0, 255).map(lambda opcode: bytes([opcode]))
_STACK_WORK = st.sampled_from([*range(op.ADD, op.SHA3 + 1), *range(0x30, 0x5C), *range(0x80, 0xA5)]).map(
    lambda opcode: bytes([opcode])
)
_CODE = st.lists(st.one_of(_PUSHES, _PUSHES, _STACK_WORK, _CALLS, _OPCODES), max_size=60).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(_CODE, st.binary(max_size=70), st.integers(22_500, 90_000))
def test_any_code_does_the_same_at_any_gas_limit(code: bytes, data: bytes, gas: int) -> None:
    assert _run(_FAST, code, data, gas) == _run(_PLAIN, code, data, gas)


@settings(max_examples=200, deadline=None)
@given(st.lists(_PUSHES, min_size=8, max_size=12).map(b"".join), st.lists(_STACK_WORK, max_size=30).map(b"".join))
def test_words_that_are_there_are_worked_on_alike(words: bytes, work: bytes) -> None:
    store = bytes([op.PUSH1, 2, op.SSTORE])
    assert _run(_FAST, words + work + store, b"\x01\x02", 200_000) == _run(
        _PLAIN, words + work + store, b"\x01\x02", 200_000
    )


@pytest.mark.parametrize(
    "code",
    [
        "5b6000565b",  # a loop until the gas is gone
        "6003565b00",  # a jump to a place to jump to
        "6004565b5b605b00",
        "600456605b00",  # to the operand of a PUSH
        "61ffff56",
        "60016006575b00",
        "6000600657005b",
        "5b80600057",
        "7f00",  # the code ends within an operand
        "5b6001600056",  # the stack fills up
        "60ff60005360205f",
    ],
)
def test_jumps_and_endings_are_the_same(code: str) -> None:
    for gas in (21_064, 21_080, 22_500, 60_000):
        assert _run(_FAST, bytes.fromhex(code), b"", gas) == _run(_PLAIN, bytes.fromhex(code), b"", gas)


def test_a_delivery_does_the_same_at_any_gas_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    deployment = deploy_dvp()
    terms = deployment.terms(1)
    deployment.earmark(terms)
    packet = deployment.packet(terms)
    deployment.commit(packet)
    deployment.sandbox.now_s += 1
    encode = deployment.router.encode
    calls = [encode("updateClient", CLIENT_ID, deployment.header()), encode("recvPacket", deployment.recv_args(packet))]
    data = encode("multicall", calls)

    def outcome(gas: int) -> object:
        try:
            return deployment.sandbox.run(RELAYER, deployment.router.address, data, gas=gas)
        except Reverted as reverted:
            return str(reverted)

    def outcomes(vm_class: type[BerlinVM]) -> list[object]:
        monkeypatch.setattr("tests.fakes.evm_sandbox._VM", vm_class)
        return [outcome(gas) for gas in (60_000, 100_000, 150_000, 200_000, 210_000, 220_000, 250_000, 300_000, 10**6)]

    assert isinstance(deployment.sandbox, EvmSandbox)
    assert outcomes(_FAST) == outcomes(_PLAIN)
