"""What a method group offers, and how its block arguments find a block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chains.evm.devnet.blocks import Block
from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.consensus import QbftHeader
from chains.evm.devnet.errors import RequestRefused
from chains.evm.devnet.rpc_params import BlockHash, BlockId, BlockTag, Params
from chains.evm.json_value import Json


@dataclass(frozen=True)
class RpcMethod:
    """A handler and how many positional parameters it takes."""

    handler: Callable[[Params], Json]
    least: int = 0
    most: int = 0

    def __call__(self, values: list[Json]) -> Json:
        """Run with parameters as they came. Raises `RpcError`."""
        return self.handler(Params(values, least=self.least, most=self.most))


MethodTable = dict[str, RpcMethod]


def find_header(chain: DevChain, block_id: BlockId) -> QbftHeader | None:
    """Find a header, None when there is no such block."""
    match block_id:
        case BlockHash(value):
            return chain.blocks.header_of(value)
        case BlockTag.EARLIEST:
            return chain.blocks.header_at(0)
        case BlockTag():
            return chain.head
        case _:
            return chain.blocks.header_at(block_id)


def require_header(chain: DevChain, block_id: BlockId) -> QbftHeader:
    """Find a header. Raises `RequestRefused` in geth's words when there is none."""
    header = find_header(chain, block_id)
    if header is None:
        raise RequestRefused("header not found")
    return header


def find_block(chain: DevChain, block_id: BlockId) -> Block | None:
    """Find a whole block, None when there is no such block."""
    header = find_header(chain, block_id)
    return None if header is None else chain.blocks.block_of(header)
