"""What a token contract says of itself, and whether its transfers are stopped. Untrusted: shown, never decided by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from chains.evm.client.abi import AbiFunction
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import ExecutionReverted
from primitives.errors import DecodeError

NAME: Final = AbiFunction("name", (), ("string",))
SYMBOL: Final = AbiFunction("symbol", (), ("string",))
DECIMALS: Final = AbiFunction("decimals", (), ("uint8",))
TOTAL_SUPPLY: Final = AbiFunction("totalSupply", (), ("uint256",))
PAUSED: Final = AbiFunction("paused", (), ("bool",))
# ibet
STATUS: Final = AbiFunction("status", (), ("bool",))

_MOST_SHOWN_CHARS: Final = 100


class Pause(Enum):
    """Whether a token's transfers are stopped for everybody."""

    RUNNING = "running"
    PAUSED = "paused"
    NOT_TOLD = "not told"


@dataclass(frozen=True, slots=True)
class TokenDetails:
    """Read at one block. ``total_supply`` in units; what the token does not say is empty or 0."""

    name: str
    symbol: str
    decimals: int
    total_supply: int
    pause: Pause
    height: int
    time_s: int


async def token_details(rpc: EvmRpc, token: bytes) -> TokenDetails | None:
    """What a token says at the newest block; None where there is no contract. Raises what the node says."""
    block = await rpc.get_block()
    if not await rpc.code(token, block.height):
        return None
    name, symbol, decimals, supply = [
        await _asked(rpc, token, function, block.height) for function in (NAME, SYMBOL, DECIMALS, TOTAL_SUPPLY)
    ]
    return TokenDetails(
        name=str(name or "")[:_MOST_SHOWN_CHARS],
        symbol=str(symbol or "")[:_MOST_SHOWN_CHARS],
        decimals=int(decimals or 0),
        total_supply=int(supply or 0),
        pause=await _pause(rpc, token, block.height),
        height=block.height,
        time_s=block.timestamp_s,
    )


async def _pause(rpc: EvmRpc, token: bytes, height: int) -> Pause:
    """In the words of OpenZeppelin and ERC-3643, or else of ibet, whose status is on while transfers run."""
    paused = await _asked(rpc, token, PAUSED, height)
    if paused is None:
        status = await _asked(rpc, token, STATUS, height)
        paused = None if status is None else not status
    if paused is None:
        return Pause.NOT_TOLD
    return Pause.PAUSED if paused else Pause.RUNNING


async def _asked(rpc: EvmRpc, token: bytes, function: AbiFunction, height: int) -> Any:  # noqa: ANN401  # as its ABI says
    """The one value that a question returns, None if the token does not know the question."""
    try:
        (value,) = function.decode_output(await rpc.call(function.call(token), height))
    except (ExecutionReverted, DecodeError):
        return None
    return value
