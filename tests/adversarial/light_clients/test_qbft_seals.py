"""Attacks on the commit seals of a QBFT header, for one to twenty-two validators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from light_clients.qbft import read_qbft_header
from light_clients.qbft.errors import (
    DuplicateSeal,
    ForeignSeal,
    MalformedHeader,
    MalformedSeal,
    QuorumNotReached,
)
from light_clients.qbft.verify import quorum_of, validate_seals
from primitives.secp256k1 import ORDER
from tests.fakes.qbft_headers import QbftBlockBuilder, ValidatorKey, validator_keys

SIZES = range(1, 23)
QUORUM_BY_SIZE = (1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 9, 10, 10, 11, 12, 12, 13, 14, 14, 15)
QUORUMS = dict(zip(SIZES, QUORUM_BY_SIZE, strict=True))


def refuse(builder: QbftBlockBuilder, seals: Sequence[bytes], error: type[Exception]) -> None:
    with pytest.raises(error):
        validate_seals(read_qbft_header(builder.header_rlp(seals)))


def quorum_seals(builder: QbftBlockBuilder, keys: Sequence[ValidatorKey]) -> list[bytes]:
    return builder.seals_by(keys[: QUORUMS[len(keys)]])


@pytest.mark.parametrize("count", SIZES)
def test_quorum_is_two_thirds_rounded_up(count: int) -> None:
    assert quorum_of(count) == QUORUMS[count]
    assert 3 * quorum_of(count) >= 2 * count > 3 * (quorum_of(count) - 1)


@pytest.mark.parametrize("count", SIZES)
def test_exactly_a_quorum_is_accepted_in_any_order(count: int) -> None:
    keys = validator_keys(count)
    signers = list(reversed(keys))[: QUORUMS[count]]
    sealed = read_qbft_header(QbftBlockBuilder(keys).sealed_by(signers))
    assert validate_seals(sealed) == tuple(key.address for key in signers)


@pytest.mark.parametrize("count", SIZES)
def test_one_seal_fewer_than_the_quorum_is_refused(count: int) -> None:
    keys = validator_keys(count)
    refuse(QbftBlockBuilder(keys), quorum_seals(QbftBlockBuilder(keys), keys)[1:], QuorumNotReached)


@pytest.mark.parametrize("count", SIZES)
def test_no_seal_at_all_is_refused(count: int) -> None:
    refuse(QbftBlockBuilder(validator_keys(count)), (), QuorumNotReached)


@pytest.mark.parametrize("count", SIZES)
def test_one_validator_cannot_make_a_quorum_alone_by_sealing_often(count: int) -> None:
    builder = QbftBlockBuilder(validator_keys(count))
    refuse(builder, builder.seals_by([builder.validators[0]]) * max(2, QUORUMS[count]), DuplicateSeal)


@pytest.mark.parametrize("count", SIZES)
def test_a_duplicate_beside_a_full_quorum_is_refused(count: int) -> None:
    keys = validator_keys(count)
    seals = quorum_seals(QbftBlockBuilder(keys), keys)
    refuse(QbftBlockBuilder(keys), [*seals, seals[0]], DuplicateSeal)


@pytest.mark.parametrize("count", SIZES)
def test_a_foreign_seal_does_not_complete_a_quorum(count: int) -> None:
    keys = validator_keys(count)
    builder = QbftBlockBuilder(keys)
    strangers = validator_keys(1, name="stranger")
    refuse(builder, quorum_seals(builder, keys)[1:] + builder.seals_by(strangers), ForeignSeal)


@pytest.mark.parametrize("count", SIZES)
def test_a_zero_seal_does_not_complete_a_quorum(count: int) -> None:
    keys = validator_keys(count)
    builder = QbftBlockBuilder(keys)
    refuse(builder, [*quorum_seals(builder, keys)[1:], bytes(65)], MalformedSeal)


@pytest.mark.parametrize("count", SIZES)
def test_the_high_s_twin_of_a_seal_is_refused(count: int) -> None:
    keys = validator_keys(count)
    builder = QbftBlockBuilder(keys)
    *rest, seal = quorum_seals(builder, keys)
    high_s = ORDER - int.from_bytes(seal[32:64], "big")
    twin = seal[:32] + high_s.to_bytes(32, "big") + bytes((1 - seal[64],))
    refuse(builder, [*rest, twin], MalformedSeal)


@pytest.mark.parametrize("tail", [b"", b"\x1b", b"\x02", b"\0\0"], ids=["64 bytes", "v 27", "v 2", "66 bytes"])
def test_a_seal_of_another_shape_is_refused(tail: bytes) -> None:
    keys = validator_keys(4)
    builder = QbftBlockBuilder(keys)
    seals = quorum_seals(builder, keys)
    refuse(builder, [seals[0][:64] + tail, *seals[1:]], MalformedSeal)


@pytest.mark.parametrize(("sealed_round", "claimed_round"), [(0, 1), (1, 0), (1, 2)])
def test_seals_of_another_round_are_refused(sealed_round: int, claimed_round: int) -> None:
    builder = QbftBlockBuilder(validator_keys(4), round=sealed_round)
    seals = builder.seals_by(builder.validators)
    refuse(replace(builder, round=claimed_round), seals, ForeignSeal)


def test_seals_over_the_block_hash_of_a_later_round_are_refused() -> None:
    builder = QbftBlockBuilder(validator_keys(4), round=1)
    refuse(builder, [key.seal(builder.block_hash) for key in builder.validators], ForeignSeal)


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"timestamp_s": 1_790_000_009},
        {"state_root": b"\1" * 32},
        {"parent_hash": b"\1" * 32},
        {"transactions_root": b"\1" * 32},
        {"trailing": (b"\1",)},
        {"vote": (b"\1" * 20, b"\xff")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_seals_of_another_header_are_refused(change: dict[str, object]) -> None:
    builder = QbftBlockBuilder(validator_keys(4))
    seals = builder.seals_by(builder.validators)
    refuse(replace(builder, **change), seals, ForeignSeal)  # type: ignore[arg-type]  # one field at a time


def test_seals_of_the_old_set_under_a_header_with_a_new_set_are_refused() -> None:
    builder = QbftBlockBuilder(validator_keys(4))
    refuse(builder, builder.seals_by(validator_keys(4, name="previous")), ForeignSeal)


def test_a_validator_listed_twice_is_refused() -> None:
    keys = validator_keys(2)
    builder = QbftBlockBuilder((keys[0], keys[0], keys[1]))
    refuse(builder, builder.seals_by(keys), MalformedHeader)


def test_a_header_without_validators_needs_no_quorum_and_is_refused() -> None:
    refuse(QbftBlockBuilder(()), (), MalformedHeader)
