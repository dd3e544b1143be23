"""eth_getLogs: events by range, address and topics, within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from eth.abc import LogAPI
from eth_bloom.bloom import BloomFilter

from chains.evm.devnet.chain import DevChain
from chains.evm.devnet.config import RpcLimits
from chains.evm.devnet.consensus import QbftHeader
from chains.evm.devnet.errors import InvalidParams, LimitExceeded, RequestRefused
from chains.evm.devnet.rpc_format import log_json
from chains.evm.devnet.rpc_method import MethodTable, RpcMethod, require_header
from chains.evm.devnet.rpc_params import BlockHash, BlockTag, Params, parse_block, parse_sized
from chains.evm.json_value import Json

_MAX_TOPICS: Final = 4
_MAX_ALTERNATIVES: Final = 256
_FIELDS: Final = frozenset({"fromBlock", "toBlock", "address", "topics", "blockHash"})

Alternatives = frozenset[bytes]
"""Any of these; empty means anything."""


@dataclass(frozen=True)
class LogQuery:
    """A filter: the address, and each topic position, must be among the alternatives."""

    addresses: Alternatives
    topics: tuple[Alternatives, ...]

    def may_match(self, bloom: int) -> bool:
        """Tell by a header's bloom whether the block can hold a matching log."""
        bloom_filter = BloomFilter(bloom)
        return all(
            not wanted or any(value in bloom_filter for value in wanted) for wanted in (self.addresses, *self.topics)
        )

    def matches(self, log: LogAPI) -> bool:
        """Tell whether a log is wanted."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(log.topics) < len(self.topics):
            return False
        return all(
            not wanted or topic.to_bytes(32, "big") in wanted
            for wanted, topic in zip(self.topics, log.topics, strict=False)
        )


class LogMethods:
    """The only way here to follow events: there are no server-side filters or subscriptions."""

    def __init__(self, chain: DevChain, limits: RpcLimits) -> None:
        self._chain = chain
        self._limits = limits

    def methods(self) -> MethodTable:
        """Offer the group's methods."""
        return {"eth_getLogs": RpcMethod(self._get_logs, least=1, most=1)}

    def _get_logs(self, params: Params) -> Json:
        fields = params.raw(0)
        if not isinstance(fields, dict):
            raise InvalidParams("invalid argument 0: expected a filter object")
        unknown = sorted(set(fields) - _FIELDS)
        if unknown:
            raise InvalidParams(f"invalid argument 0: unknown field {unknown[0][:32]!r} in the filter")
        query = LogQuery(_addresses(fields.get("address")), _topics(fields.get("topics")))
        found: list[Json] = []
        for header in self._headers(fields):
            if not query.may_match(header.bloom):
                continue
            found.extend(self._logs_of(header, query))
            if len(found) > self._limits.max_logs:
                raise LimitExceeded(f"query returned more than {self._limits.max_logs} results; narrow the range")
        return found

    def _logs_of(self, header: QbftHeader, query: LogQuery) -> Iterator[Json]:
        block = self._chain.blocks.block_of(header)
        for index, receipt in enumerate(block.body.receipts):
            for position, log in enumerate(receipt.logs):
                if query.matches(log):
                    yield log_json(block, index, position)

    def _headers(self, fields: dict[str, Json]) -> Iterator[QbftHeader]:
        if fields.get("blockHash") is not None:
            if fields.get("fromBlock") is not None or fields.get("toBlock") is not None:
                raise InvalidParams("cannot specify both blockHash and fromBlock/toBlock, choose one or the other")
            yield require_header(self._chain, BlockHash(parse_sized(fields["blockHash"], 0, 32)))
            return
        head = self._chain.head.block_number
        first = self._height(fields.get("fromBlock"), head)
        last = min(self._height(fields.get("toBlock"), head), head)
        if first > last and first <= head:
            raise RequestRefused("invalid block range params")
        if last - first >= self._limits.max_log_range_blocks:
            raise LimitExceeded(
                f"query spans {last - first + 1} blocks, at most {self._limits.max_log_range_blocks}",
            )
        for height in range(first, last + 1):
            yield require_header(self._chain, height)

    @staticmethod
    def _height(value: Json, head: int) -> int:
        if value is None:
            return head
        match parse_block(value, 0):
            case BlockTag.EARLIEST:
                return 0
            case int(height):
                return height
            case BlockTag():
                return head
            case _:
                raise InvalidParams("invalid argument 0: fromBlock and toBlock are heights or tags")


def _addresses(value: Json) -> Alternatives:
    return _alternatives(value, 20)


def _topics(value: Json) -> tuple[Alternatives, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MAX_TOPICS:
        raise InvalidParams(f"invalid argument 0: topics is a list of at most {_MAX_TOPICS}")
    return tuple(_alternatives(item, 32) for item in value)


def _alternatives(value: Json, size: int) -> Alternatives:
    if value is None:
        return frozenset()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > _MAX_ALTERNATIVES:
        raise InvalidParams(f"invalid argument 0: at most {_MAX_ALTERNATIVES} alternatives")
    return frozenset(parse_sized(item, 0, size) for item in listed)
