from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.evm.client.header_rlp import header_rlp_of
from chains.evm.errors import NodeMisbehaved

VECTORS = Path(__file__).parents[2] / "vectors" / "evm_headers"
NAMES = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
    *("withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"),
)
NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"}
SIZES = {"miner": 20, "logsBloom": 256, "nonce": 8}


def block_of(fields: list[bytes]) -> dict[str, Any]:
    """Write RLP fields as a node writes a block."""
    return {
        name: hex(int.from_bytes(field, "big")) if name in NUMBERS else "0x" + field.hex()
        for name, field in zip(NAMES, fields, strict=False)
    }


def fields_of(count: int, number: int, extra_data: bytes) -> list[bytes]:
    minimal = number.to_bytes((number.bit_length() + 7) // 8, "big")
    data = {name: bytes([index + 1]) * SIZES.get(name, 32) for index, name in enumerate(NAMES)}
    data |= dict.fromkeys(NUMBERS, minimal) | {"extraData": extra_data}
    return [data[name] for name in NAMES[:count]]


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_headers_come_out_as_they_were(path: Path) -> None:
    recorded = json.loads(path.read_text())
    for entry in (recorded, recorded.get("header_a"), recorded.get("header_b")):
        if entry and "header_rlp" in entry:
            raw = bytes.fromhex(entry["header_rlp"][2:])
            assert header_rlp_of(block_of(rlp.decode(raw))) == raw


@settings(max_examples=100, deadline=None)
@given(
    count=st.sampled_from([15, 16, 17, 19, 20, 21]),
    number=st.integers(min_value=0, max_value=2**64 - 1),
    extra_data=st.binary(max_size=600),
)
def test_every_number_of_fields_that_a_fork_has_is_kept(count: int, number: int, extra_data: bytes) -> None:
    fields = fields_of(count, number, extra_data)
    assert header_rlp_of(block_of(fields)) == rlp.encode(fields)


def test_null_and_absent_later_fields_are_the_same() -> None:
    fields = fields_of(15, 7, b"")
    block = block_of(fields) | {"baseFeePerGas": None, "withdrawalsRoot": None, "totalDifficulty": "0x9", "size": "0x1"}
    assert header_rlp_of(block) == rlp.encode(fields)


def test_what_a_node_leaves_out_between_later_fields_is_left_out() -> None:
    """Anvil before cancun: a header of 17 fields, the last two of cancun's; its hash covers exactly these."""
    fields = fields_of(21, 7, b"")
    block = block_of(fields)
    for name in ("baseFeePerGas", "withdrawalsRoot", "parentBeaconBlockRoot", "requestsHash"):
        del block[name]
    assert header_rlp_of(block) == rlp.encode([*fields[:15], *fields[17:19]])


@pytest.mark.parametrize("name", NAMES[:15])
@pytest.mark.parametrize("value", [None, "", "0xzz", 5, "0x" + "00" * 70_000])
def test_a_missing_or_malformed_field_is_named(name: str, value: Any) -> None:  # noqa: ANN401 # JSON
    block = block_of(fields_of(15, 7, b"")) | {name: value}
    with pytest.raises(NodeMisbehaved, match=name):
        header_rlp_of(block)
