"""Execute without including: eth_call and eth_estimateGas."""

from __future__ import annotations

from dataclasses import dataclass

from eth.abc import ComputationAPI, StateAPI
from eth.constants import CREATE_CONTRACT_ADDRESS
from eth.exceptions import OutOfGas, Revert
from eth.vm.forks.berlin.transactions import BerlinUnsignedLegacyTransaction
from eth.vm.message import Message
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address
from eth_utils.exceptions import ValidationError

from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.consensus import QbftHeader
from chains.evm.devnet.errors import ExecutionReverted, RequestRefused
from chains.evm.devnet.interpreter.frame import Frame

# Error(string), the selector of a plain require message
_ERROR_STRING = bytes.fromhex("08c379a0")
_MINIMUM_GAS = 21_000
_CALL_STIPEND = 2_300
_TOLERANCE = 8


@dataclass(frozen=True)
class CallRequest:
    """A message to try. `to` empty means contract creation; `gas` None means the block's limit."""

    sender: Address
    to: Address
    value_wei: int
    data: bytes
    gas: int | None
    gas_price_wei: int


def call(chain: DevChain, request: CallRequest, header: QbftHeader) -> bytes:
    """Give the output at the state after `header`. Raises `ExecutionReverted` or `RequestRefused`."""
    gas = header.gas_limit if request.gas is None else min(request.gas, header.gas_limit)
    computation = _execute(chain.state_after(header), request, gas)
    _raise_failure(computation)
    return bytes(computation.output)


def estimate_gas(chain: DevChain, request: CallRequest, header: QbftHeader) -> int:
    """Find a gas limit with which the transaction succeeds, at most 1/8 above the smallest.

    Gas used is not always enough: EIP-150 holds 1/64 back at each call, and refunds come only at the end. Each probe
    is a whole execution, so the likely answer, used gas and what the calls' depth holds back, is tried first.
    """
    ceiling = header.gas_limit if request.gas is None else min(request.gas, header.gas_limit)
    first = _execute(chain.state_after(header), request, ceiling)
    _raise_failure(first)
    used_at_peak = max(ceiling - int(first.get_gas_remaining()), _MINIMUM_GAS)
    depth = _depth(first)
    probe = used_at_peak + _CALL_STIPEND if depth else used_at_peak
    for _ in range(depth):
        probe = probe * 64 // 63 + 1
    low, high = used_at_peak - 1, ceiling
    while high - low > max(1, high // _TOLERANCE):
        probe = min(probe, high - 1)
        if _succeeds(chain, header, request, probe):
            high = probe
        else:
            low = probe
        # a contract may insist on gas it does not use: what is needed is near what is used, seldom near the ceiling
        probe = min(2 * low, (low + high) // 2)
    return high


def _depth(computation: ComputationAPI) -> int:
    """How many calls deep the execution went; no recursion, for that may be a thousand."""
    deepest, level = -1, [computation]
    while level:
        deepest, last = deepest + 1, level
        level = [child for each in level for child in each.children]
    return deepest + any(isinstance(each, Frame) and each.has_asked_precompile for each in last)


def _succeeds(chain: DevChain, header: QbftHeader, request: CallRequest, gas: int) -> bool:
    try:
        return not _execute(chain.state_after(header), request, gas).is_error
    except RequestRefused:
        return False  # less than the intrinsic gas


def _execute(state: StateAPI, request: CallRequest, gas: int) -> ComputationAPI:
    unsigned = BerlinUnsignedLegacyTransaction(
        nonce=0,
        gas_price=request.gas_price_wei,
        gas=gas,
        to=request.to,
        value=request.value_wei,
        data=request.data,
    )
    intrinsic_gas = unsigned.intrinsic_gas
    if gas < intrinsic_gas:
        raise RequestRefused(f"intrinsic gas too low: have {gas}, want {intrinsic_gas}")
    balance_wei = state.get_balance(request.sender)
    if balance_wei < request.value_wei:
        raise RequestRefused(
            f"insufficient funds for gas * price + value: have {balance_wei} want {request.value_wei}",
        )
    if request.to != CREATE_CONTRACT_ADDRESS:
        return _run_message(state, request, gas - intrinsic_gas)
    try:
        spoof = SpoofTransaction(unsigned.copy(nonce=state.get_nonce(request.sender)), from_=request.sender)
        return state.costless_execute_transaction(spoof)  # type: ignore[arg-type] # py-evm's own duck type
    except ValidationError as error:
        raise RequestRefused(str(error)) from error


def _run_message(state: StateAPI, request: CallRequest, gas: int) -> ComputationAPI:
    """The message alone: what a transaction does before it and after it, nobody sees of a simulation."""
    for address in (request.sender, request.to):
        state.mark_address_warm(address)
    message = Message(
        gas=gas,
        to=request.to,
        sender=request.sender,
        value=request.value_wei,
        data=request.data,
        code=state.get_code(request.to),
    )
    context = state.get_transaction_context_class()(gas_price=request.gas_price_wei, origin=request.sender)
    return state.computation_class.apply_message(state, message, context)


def _raise_failure(computation: ComputationAPI) -> None:
    if not computation.is_error:
        return
    error = computation.error
    if isinstance(error, Revert):
        output = bytes(computation.output)
        raise ExecutionReverted(revert_message(output), "0x" + output.hex())
    if isinstance(error, OutOfGas):
        raise RequestRefused("out of gas")
    raise RequestRefused(f"execution failed: {type(error).__name__}: {error}")


def revert_message(output: bytes) -> str:
    """Say "execution reverted", with the text of a plain `require` when the revert data is one."""
    if output[:4] != _ERROR_STRING or len(output) < 68:
        return "execution reverted"
    length = int.from_bytes(output[36:68], "big")
    text = output[68 : 68 + min(length, len(output))]
    return f"execution reverted: {text.decode('utf-8', errors='replace')}"
