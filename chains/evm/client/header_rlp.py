"""An EVM header's RLP from its JSON, verbatim: nothing is assumed about fields a light client does not read.

15 fields to berlin; EIP-1559 adds the base fee, EIP-4895 the withdrawals root, EIP-4844 two for blobs, EIP-4788 the
beacon root, EIP-7685 the requests hash. A chain stops somewhere in this order; anvil before cancun hashes the two for
blobs and leaves out what comes before them. What a node shows is taken in this order; the hash tells whether it is all.
"""

from __future__ import annotations

from typing import Final

from chains.evm.client.json_fields import as_data, as_quantity
from chains.evm.errors import NodeMisbehaved
from chains.evm.json_value import Json
from primitives.rlp import encode, uint_bytes

# None: a number; otherwise data of that size in bytes, 0 for any size
_NUMBER: Final = None
_ANY: Final = 0
_FIELDS: Final[tuple[tuple[str, int | None], ...]] = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", _NUMBER),
    ("number", _NUMBER),
    ("gasLimit", _NUMBER),
    ("gasUsed", _NUMBER),
    ("timestamp", _NUMBER),
    ("extraData", _ANY),
    ("mixHash", 32),
    ("nonce", 8),
)
_LATER_FIELDS: Final[tuple[tuple[str, int | None], ...]] = (
    ("baseFeePerGas", _NUMBER),
    ("withdrawalsRoot", 32),
    ("blobGasUsed", _NUMBER),
    ("excessBlobGas", _NUMBER),
    ("parentBeaconBlockRoot", 32),
    ("requestsHash", 32),
)
MAX_EXTRA_DATA_BYTES: Final = 64 * 1024


def header_rlp_of(block: dict[str, Json]) -> bytes:
    """Give the header's RLP with 15 to 21 fields. Raises `NodeMisbehaved`."""
    present = [field for field in _LATER_FIELDS if block.get(field[0]) is not None]
    return encode([_field(block, name, size) for name, size in (*_FIELDS, *present)])


def _field(block: dict[str, Json], name: str, size: int | None) -> bytes:
    what = f"block header's {name}"
    if size is _NUMBER:
        return uint_bytes(as_quantity(block.get(name), what))
    data = as_data(block.get(name), what, size or None)
    if len(data) > MAX_EXTRA_DATA_BYTES:
        raise NodeMisbehaved(what, f"at most {MAX_EXTRA_DATA_BYTES} bytes", f"{len(data)} bytes")
    return data
