"""The checks here are written against the format's description with nothing but RLP, keccak and coincurve."""

from __future__ import annotations

import json
from pathlib import Path

import coincurve
import pytest
import rlp
from sha3 import keccak_256

from chains.evm.devnet.sealing import ValidatorKeys, block_hash, commit_quorum, decode_extra_data, seal_digest
from primitives.errors import DecodeError
from tests.fakes.evm_devnet_world import DevnetWorld, devnet_config

VECTORS = Path(__file__).parents[2] / "vectors" / "evm_headers"


def keccak(data: bytes) -> bytes:
    return bytes(keccak_256(data).digest())


def data_of(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def number_of(value: str) -> bytes:
    number = int(value, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def fields_of(block: dict[str, str]) -> list[bytes]:
    data = ("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom")
    numbers = ("difficulty", "number", "gasLimit", "gasUsed", "timestamp")
    rest = ("extraData", "mixHash", "nonce")
    return [
        *(data_of(block[name]) for name in data),
        *(number_of(block[name]) for name in numbers),
        *(data_of(block[name]) for name in rest),
    ]


def signers_of(block: dict[str, str]) -> list[bytes]:
    fields = fields_of(block)
    vanity, validators, vote, round_bytes, seals = rlp.decode(fields[12])
    fields[12] = rlp.encode([vanity, validators, vote, round_bytes, []])
    digest = keccak(rlp.encode(fields))
    points = [coincurve.PublicKey.from_signature_and_message(seal, digest, hasher=None) for seal in seals]
    return [keccak(point.format(compressed=False)[1:])[12:] for point in points]


@pytest.mark.parametrize("validator_count", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("round_number", [0, 1, 5])
def test_a_block_carries_a_quorum_of_distinct_validators_seals(validator_count: int, round_number: int) -> None:
    world = DevnetWorld(devnet_config(validator_count=validator_count))
    world.rpc("devnet_setRound", round_number)
    world.mine()
    block = world.block("latest")
    validators = rlp.decode(data_of(block["extraData"]))[1]
    signers = signers_of(block)
    assert validators == sorted(validators)
    assert len(set(signers)) == len(signers) == -(-2 * validator_count // 3)
    assert set(signers) <= set(validators)
    assert data_of(block["miner"]) == validators[(1 + round_number) % validator_count]


@pytest.mark.parametrize("round_number", [0, 3])
def test_the_block_hash_leaves_out_seals_and_round_and_the_next_block_names_it(round_number: int) -> None:
    world = DevnetWorld()
    world.rpc("devnet_setRound", round_number)
    world.mine(2)
    parent, child = (world.block(height) for height in ("0x1", "0x2"))
    fields = fields_of(parent)
    vanity, validators, vote, _, _ = rlp.decode(fields[12])
    fields[12] = rlp.encode([vanity, validators, vote, b"", []])
    assert data_of(parent["hash"]) == keccak(rlp.encode(fields)) == data_of(child["parentHash"])
    assert data_of(parent["hash"]) != keccak(rlp.encode(fields_of(parent)))


def test_the_genesis_hash_is_a_plain_keccak() -> None:
    block = DevnetWorld().block("earliest")
    assert data_of(block["hash"]) == keccak(rlp.encode(fields_of(block)))


def test_constants_mark_the_block_as_qbft() -> None:
    world = DevnetWorld()
    world.mine()
    block = world.block("latest")
    assert block["difficulty"] == "0x1"
    assert data_of(block["mixHash"]) == b"ctical byzantine fault tolerance"
    assert block["nonce"] == "0x0000000000000000"
    assert "baseFeePerGas" not in block


@pytest.mark.parametrize(
    "name", ["besu_qbft_block7528_4vals_round1.json", "besu_qbft_block422_header_validators_1val.json"]
)
def test_recorded_besu_blocks_have_the_hash_and_digest_computed_here(name: str) -> None:
    recorded = json.loads((VECTORS / name).read_text())
    fields = rlp.decode(data_of(recorded["header_rlp"]))
    assert block_hash(fields).hex() == recorded["expected"]["block_hash"][2:]
    assert seal_digest(fields).hex() == recorded["expected"]["commit_seal_digest"][2:]


@pytest.mark.parametrize(
    ("validator_count", "quorum"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (10, 7), (13, 9)]
)
def test_quorum_is_two_thirds_rounded_up(validator_count: int, quorum: int) -> None:
    assert commit_quorum(validator_count) == quorum


@pytest.mark.parametrize(
    "extra_data", [b"", b"\x00" * 32, rlp.encode([b""] * 4), rlp.encode([b"", [], [b""], b"", []])]
)
def test_extra_data_of_another_kind_is_refused(extra_data: bytes) -> None:
    with pytest.raises(DecodeError):
        decode_extra_data(extra_data)


def test_the_proposer_rotates_with_height_and_round() -> None:
    keys = ValidatorKeys([bytes([index]) * 32 for index in (1, 2, 3, 4)])
    in_order = [keys.proposer(height, 0) for height in range(4)]
    assert sorted(in_order) == list(keys.addresses)
    assert keys.proposer(7, 2) == keys.proposer(9, 0)
