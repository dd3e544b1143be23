"""An EVM block header as the chain has it: strict RLP, every field kept as received.

A header has 15 fields (berlin) to 21 and perhaps more later; fields after the fifteenth are strings that are hashed
and not read. Besides the fields a light client needs, only those are checked that tell a BFT chain: difficulty 1 and
its mix hash.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.qbft.errors import MalformedHeader
from primitives.rlp import encode, join_list, split_list, string_payload
from primitives.types import UINT64_MAX

MIN_FIELDS = 15
MAX_FIELDS = 24
MAX_HEADER_BYTES = 32 * 1024
MAX_TRAILING_FIELD_BYTES = 32
BFT_MIX_HASH = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""Mix hash of every Istanbul, IBFT and QBFT block; it says "Byzantine fault tolerance" in hexadecimal."""

_EXTRA_DATA = 12
_FIXED_SIZES = {0: 32, 1: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, 13: 32, 14: 8}
_FIELD_NAMES = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)


@dataclass(frozen=True, slots=True)
class ExecutionHeader:
    """A decoded header. ``raw_fields`` are the RLP items with their prefixes, in order; nothing is verified."""

    raw_fields: tuple[bytes, ...]
    parent_hash: bytes
    coinbase: bytes
    state_root: bytes
    number: int
    timestamp_s: int
    extra_data: bytes

    def rlp_with_extra_data(self, extra_data: bytes) -> bytes:
        """The header's RLP with other extraData: what block hashes and seals are taken over."""
        fields = self.raw_fields
        return join_list((*fields[:_EXTRA_DATA], encode(extra_data), *fields[_EXTRA_DATA + 1 :]))


def decode_execution_header(header_rlp: bytes) -> ExecutionHeader:
    """Raises MalformedHeader or DecodeError for anything but one canonical header of a BFT chain."""
    if len(header_rlp) > MAX_HEADER_BYTES:
        raise MalformedHeader("header is too long", expected=f"at most {MAX_HEADER_BYTES} bytes", found=len(header_rlp))
    raw = split_list(header_rlp)
    if not MIN_FIELDS <= len(raw) <= MAX_FIELDS:
        raise MalformedHeader(
            "header has a wrong number of fields", expected=f"{MIN_FIELDS}..{MAX_FIELDS}", found=len(raw)
        )
    fields = [string_payload(item) for item in raw]
    for index, size in _FIXED_SIZES.items():
        if len(fields[index]) != size:
            raise MalformedHeader(f"{_FIELD_NAMES[index]} has the wrong size", expected=size, found=len(fields[index]))
    if fields[7] != b"\x01" or fields[13] != BFT_MIX_HASH:
        raise MalformedHeader("difficulty or mixHash is not a BFT chain's", expected=BFT_MIX_HASH, found=fields[13])
    for trailing in fields[MIN_FIELDS:]:
        if len(trailing) > MAX_TRAILING_FIELD_BYTES:
            raise MalformedHeader("trailing field is too long", expected=MAX_TRAILING_FIELD_BYTES, found=len(trailing))
    _uint64(fields[9], "gasLimit")
    _uint64(fields[10], "gasUsed")
    return ExecutionHeader(
        raw_fields=tuple(raw),
        parent_hash=fields[0],
        coinbase=fields[2],
        state_root=fields[3],
        number=_uint64(fields[8], "number"),
        timestamp_s=_uint64(fields[11], "timestamp"),
        extra_data=fields[_EXTRA_DATA],
    )


def _uint64(field: bytes, what: str) -> int:
    if len(field) > 8 or field[:1] == b"\0":
        raise MalformedHeader(f"{what} is no minimal integer", expected=f"0..{UINT64_MAX}", found=field)
    return int.from_bytes(field, "big")
