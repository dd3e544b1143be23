"""Which rules the EVM follows, found by running opcodes, and whether the node tells why a call reverts.

Init code is executed by eth_call without a recipient: what it returns comes back, nothing is deployed.
"""

from __future__ import annotations

from typing import Final

from eth_abi.abi import encode as abi_encode

from chains.evm.client.abi import EvmCall
from chains.evm.client.examination.findings import Finding, good, limited, unfit
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import EvmRequestRefused, ExecutionReverted, NodeUnavailable
from primitives.errors import CrossDvpError

_RETURN_TOP: Final = bytes.fromhex("60005260206000f3")  # mstore(0, top); return(0, 32)
_OPCODES: Final[tuple[tuple[str, bytes], ...]] = (
    ("istanbul", bytes.fromhex("46")),  # CHAINID, EIP-1344
    ("london", bytes.fromhex("48")),  # BASEFEE, EIP-3198
    ("shanghai", bytes.fromhex("5f")),  # PUSH0, EIP-3855
    ("cancun", bytes.fromhex("60005c")),  # TLOAD, EIP-1153
    ("osaka", bytes.fromhex("60011e")),  # CLZ, EIP-7939
)
# gas before and after BALANCE of an account nobody touched; EIP-2929 (berlin) raised it from 700 to 2,600
_COLD_ACCOUNT: Final = bytes.fromhex("5a73") + bytes.fromhex("c0ffee" * 6 + "c0ff") + bytes.fromhex("31505a9003")
_BERLIN_AT_LEAST_GAS: Final = 2_000
_COMPLAINT: Final = bytes.fromhex("08c379a0") + abi_encode(("string",), ("why?",))  # Error(string)
_REVERT: Final = bytes.fromhex("606480600b6000396000fd")  # codecopy the 100 bytes behind this code, revert with them


async def fork(rpc: EvmRpc) -> Finding:
    """The newest set of rules that could be seen; the contracts need berlin."""
    question = "EVM rules"
    passed = [name for name, opcode in _OPCODES if await _runs(rpc, opcode)]
    if "london" not in passed and "istanbul" in passed and await _cold_account_gas(rpc) >= _BERLIN_AT_LEAST_GAS:
        passed.append("berlin")
    newest = passed[-1] if passed else "older than istanbul"
    if newest in ("istanbul", "older than istanbul"):
        return unfit(question, newest, "the contracts are compiled for berlin (EIP-2929): upgrade the network")
    return good(question, newest)


async def revert_reasons(rpc: EvmRpc) -> Finding:
    """Whether a refused call says why."""
    question = "revert reasons"
    try:
        await rpc.call(EvmCall(b"", _REVERT + _COMPLAINT))
    except ExecutionReverted as reverted:
        if reverted.revert.data == _COMPLAINT:
            return good(question, "returned with the error")
    except EvmRequestRefused as refused:
        return limited(question, f"none: {refused.message[:80]}", "refusals of contracts will be told without reason")
    return limited(question, "not returned", "refusals of contracts will be told without their reason")


async def large_calls(rpc: EvmRpc) -> Finding:
    """Whether a multicall of the largest batch gets through."""
    question = "large requests"
    size = 128 * 1024
    try:
        await rpc.call(EvmCall(bytes(19) + b"\x04", bytes(size), gas=8_000_000))  # the identity precompile
    except CrossDvpError as refused:
        return limited(
            question, f"{size // 1024} KiB of call data refused: {str(refused)[:100]}", "configure smaller batches"
        )
    return good(question, f"{size // 1024} KiB of call data")


async def _runs(rpc: EvmRpc, opcode: bytes) -> bool:
    try:
        return len(await rpc.call(EvmCall(b"", opcode + _RETURN_TOP))) == 32
    except (ExecutionReverted, EvmRequestRefused, NodeUnavailable):  # nodes report an invalid opcode in various ways
        return False


async def _cold_account_gas(rpc: EvmRpc) -> int:
    return int.from_bytes(await rpc.call(EvmCall(b"", _COLD_ACCOUNT + _RETURN_TOP)), "big")
