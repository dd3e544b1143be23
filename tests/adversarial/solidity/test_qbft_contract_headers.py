"""Attacks on the headers of the Solidity client of a QBFT chain: seals, sets, heights, time, what is built upon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.evm.client.qbft_messages import (
    HeaderEvidence,
    header_message,
)
from light_clients.qbft import read_qbft_header
from primitives.errors import Refusal
from primitives.rlp import encode, join_list, split_list, string_payload
from primitives.secp256k1 import ORDER
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.qbft_client import (
    DRIFT_S,
    PATH,
    TRUSTED_HEIGHT,
    TRUSTING_PERIOD_S,
    VALUE,
)
from tests.fakes.qbft_contract_bench import (
    MISBEHAVIOUR,
    NOW_S,
    UPDATE,
    QbftContractBench,
    qbft_contract_bench,
    verified,
)
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, validator_keys
from tests.fakes.trie_probe import trie_probe


@pytest.fixture
def bench() -> QbftContractBench:
    return qbft_contract_bench()


# ------------------------------------------------------------------------------------------------------------- seals


@pytest.mark.parametrize("count", range(1, 23))
def test_a_quorum_is_two_thirds_rounded_up_and_one_seal_fewer_is_refused(count: int) -> None:
    keys = validator_keys(count)
    trusted = [key.address for key in keys]
    quorum = -(-2 * count // 3)
    block = QbftBlockBuilder(keys)
    trie_probe().call("checkSeals", block.sealed_by(keys[:quorum]), trusted)
    with pytest.raises(Reverted, match="QbftQuorumNotReached"):
        trie_probe().call("checkSeals", block.sealed_by(keys[: quorum - 1]), trusted)


@pytest.mark.parametrize("count", range(1, 23))
def test_a_new_set_with_exactly_a_third_of_the_trusted_one_is_refused_and_one_more_is_enough(count: int) -> None:
    old = validator_keys(count)
    fresh = validator_keys(2 * count + 2, "fresh")
    for shared, enough in ((count // 3, False), (count // 3 + 1, True)):
        block = QbftBlockBuilder(tuple(sorted((*old[:shared], *fresh), key=lambda key: key.address)))
        sealed = block.sealed_by(block.validators)
        if enough:
            trie_probe().call("checkSeals", sealed, [key.address for key in old])
        else:
            with pytest.raises(Reverted, match="QbftOverlapTooSmall"):
                trie_probe().call("checkSeals", sealed, [key.address for key in old])


def high_s(seal: bytes) -> bytes:
    s = ORDER - int.from_bytes(seal[32:64], "big")
    return seal[:32] + s.to_bytes(32, "big") + bytes([seal[64] ^ 1])


BAD_SEALS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "one twice": (lambda seals: [*seals[:2], seals[0]], "QbftSealDuplicate"),
    "one twice beside a quorum": (lambda seals: [*seals, seals[0]], "QbftSealDuplicate"),
    "malleated to a high s": (lambda seals: [*seals[:3], high_s(seals[3])], "QbftSealForeign"),
    "padded": (lambda seals: [*seals[:3], seals[3] + b"\0"], "QbftSealForeign"),
    "cut": (lambda seals: [*seals[:3], seals[3][:-1]], "QbftSealForeign"),
    "empty": (lambda seals: [*seals[:3], b""], "QbftSealForeign"),
    "zeros": (lambda seals: [*seals[:3], bytes(65)], "QbftSealForeign"),
    "v of 27": (lambda seals: [*seals[:3], seals[3][:64] + bytes([seals[3][64] + 27])], "QbftSealForeign"),
    "v with s in its place": (lambda seals: [*seals[:3], seals[3][:32] + b"\x80" + seals[3][33:]], "QbftSealForeign"),
    "none at all": (lambda _: [], "QbftQuorumNotReached"),
    "by a stranger": (lambda seals: [*seals[:3], validator_keys(1, "stranger")[0].seal(bytes(32))], "QbftSealForeign"),
}


@pytest.mark.parametrize(("bend", "error"), BAD_SEALS.values(), ids=BAD_SEALS.keys())
def test_a_list_of_seals_that_an_honest_block_has_not_is_refused(
    bench: QbftContractBench, bend: Callable[[list[bytes]], list[bytes]], error: str
) -> None:
    block = bench.next_block
    sealed = block.header_rlp(bend(block.seals_by(block.validators)))
    bench.refuses(header_message(HeaderEvidence(sealed, bench.scenario.state.account_proof()), bench.trusted), error)


def test_seals_in_any_order_are_good(bench: QbftContractBench) -> None:
    assert bench.update(bench.message(bench.next_block, bench.scenario.keys[::-1])) == UPDATE


def test_a_seal_of_one_round_is_none_of_another(bench: QbftContractBench) -> None:
    block = bench.next_block
    seals = block.seals_by(block.validators)
    in_round_1 = replace(block, round=1).header_rlp(seals)
    message = header_message(HeaderEvidence(in_round_1, bench.scenario.state.account_proof()), bench.trusted)
    bench.refuses(message, "QbftSealForeign")
    assert bench.update(bench.message(replace(block, round=3))) == UPDATE


def test_a_set_that_lists_somebody_twice_or_nobody_is_refused(bench: QbftContractBench) -> None:
    keys = bench.scenario.keys
    for validators in ((*keys, keys[0]), ()):
        block = replace(bench.next_block, validators=validators)
        bench.refuses(bench.message(block, keys), "QbftValidatorsInvalid")


# --------------------------------------------------------------------------------------------------- height and time


@pytest.mark.parametrize("number", [TRUSTED_HEIGHT - 1, TRUSTED_HEIGHT, 0])
def test_a_header_not_above_the_one_it_builds_on_is_refused(bench: QbftContractBench, number: int) -> None:
    bench.refuses(bench.message(replace(bench.next_block, number=number)), "QbftHeightNotAbove")


@pytest.mark.parametrize("timestamp_s", [TIME_0_S, TIME_0_S - 1, 0])
def test_a_header_not_later_than_the_one_it_builds_on_is_refused(bench: QbftContractBench, timestamp_s: int) -> None:
    bench.refuses(bench.message(replace(bench.next_block, timestamp_s=timestamp_s)), "QbftTimestampNotAfter")


def test_drift_and_trusting_period_end_on_the_second(bench: QbftContractBench) -> None:
    latest = replace(bench.next_block, timestamp_s=NOW_S + DRIFT_S)
    bench.refuses(bench.message(replace(latest, timestamp_s=NOW_S + DRIFT_S + 1)), "QbftHeaderFromFuture")
    with bench.sandbox.undone():
        assert bench.update(bench.message(latest)) == UPDATE
    bench.sandbox.now_s = TIME_0_S + TRUSTING_PERIOD_S
    bench.refuses(bench.message(bench.next_block), "QbftConsensusExpired")
    with pytest.raises(Reverted, match="QbftConsensusExpired"):
        bench.member(bench.proof(PATH), PATH, VALUE)
    bench.sandbox.now_s -= 1
    assert bench.member(bench.proof(PATH), PATH, VALUE) == TIME_0_S
    assert bench.update(bench.message(bench.next_block)) == UPDATE


def test_time_that_goes_back_with_height_freezes_and_time_that_stands_still_is_refused(
    bench: QbftContractBench,
) -> None:
    block = bench.next_block
    assert bench.update(bench.message(block.at(TRUSTED_HEIGHT + 5, TIME_0_S + 5))) == UPDATE
    for number in (6, 4):
        bench.refuses(bench.message(block.at(TRUSTED_HEIGHT + number, TIME_0_S + 5)), "QbftTimestampNotAfter")
    for number, timestamp_s in ((6, 4), (4, 6)):
        with bench.sandbox.undone():
            assert (
                bench.update(bench.message(block.at(TRUSTED_HEIGHT + number, TIME_0_S + timestamp_s))) == MISBEHAVIOUR
            )
            assert bench.frozen
    assert bench.update(bench.message(block.at(TRUSTED_HEIGHT + 4, TIME_0_S + 4))) == UPDATE
    assert (bench.latest_height, bench.frozen) == (TRUSTED_HEIGHT + 5, False)


# ------------------------------------------------------------------------------------------------ what is built upon


def test_a_consensus_state_that_was_never_verified_is_not_built_upon(bench: QbftContractBench) -> None:
    block, thieves = bench.next_block, validator_keys(4, "thieves")
    invented = verified(replace(block, validators=thieves), bench.scenario.state)
    later = replace(block, validators=thieves).at(block.number + 1, block.timestamp_s + 1)
    bench.refuses(bench.message(later, trusted=invented), "QbftConsensusUnknown")
    bent = replace(bench.trusted, validators=tuple(key.address for key in thieves))
    bench.refuses(bench.message(replace(block, validators=thieves), trusted=bent), "QbftConsensusMismatch")
    under_another = replace(bench.trusted, height=TRUSTED_HEIGHT - 1)
    bench.refuses(bench.message(block, trusted=under_another), "QbftConsensusUnknown")


def test_a_height_whose_place_was_taken_is_gone_and_never_written_again(bench: QbftContractBench) -> None:
    block = bench.next_block
    above = block.at(TRUSTED_HEIGHT + 256, TIME_0_S + 6)
    assert bench.update(bench.message(above)) == UPDATE
    with pytest.raises(Reverted, match="QbftConsensusUnknown"):
        bench.member(bench.proof(PATH), PATH, VALUE)
    bench.refuses(bench.message(above.at(above.number + 1, TIME_0_S + 7)), "QbftConsensusUnknown")
    on_new = verified(above, bench.scenario.state)
    next_above = replace(above, parent_hash=on_new.block_hash).at(above.number + 1, TIME_0_S + 7)
    assert bench.update(bench.message(next_above, trusted=on_new)) == UPDATE


def test_a_smaller_height_never_takes_the_place_of_a_greater_one(bench: QbftContractBench) -> None:
    block = bench.next_block
    low, high = block.at(TRUSTED_HEIGHT + 1, TIME_0_S + 1), block.at(TRUSTED_HEIGHT + 257, TIME_0_S + 7)
    assert bench.update(bench.message(high)) == UPDATE
    bench.refuses(bench.message(low), "QbftHeightPruned")


def test_a_set_that_rotates_step_by_step_is_followed_and_an_old_set_is_of_no_use(bench: QbftContractBench) -> None:
    old, fresh = bench.scenario.keys, validator_keys(4, "fresh")
    trusted, block = bench.trusted, bench.next_block
    for step in range(1, 5):
        validators = tuple(sorted((*old[step:], *fresh[:step]), key=lambda key: key.address))
        block = replace(block, validators=validators, parent_hash=trusted.block_hash)
        block = block.at(TRUSTED_HEIGHT + step, TIME_0_S + step)
        assert bench.update(bench.message(block, trusted=trusted)) == UPDATE
        trusted = verified(block, bench.scenario.state)
    again = replace(block, validators=old).at(TRUSTED_HEIGHT + 9, TIME_0_S + 9)
    bench.refuses(bench.message(again, trusted=trusted), "QbftOverlapTooSmall")


# -------------------------------------------------------------------------------------------------------------- bytes

GOOD = QbftBlockBuilder(validator_keys(4))


def with_field(index: int, value: bytes) -> bytes:
    fields = [string_payload(item) for item in split_list(GOOD.header_rlp(()))]
    return encode([*fields[:index], value, *fields[index + 1 :]])


def with_extra(index: int, raw: bytes) -> bytes:
    items = split_list(string_payload(split_list(GOOD.header_rlp(()))[12]))
    return with_field(12, join_list([*items[:index], raw, *items[index + 1 :]]))


MALFORMED = {
    "longer than any header": with_field(12, bytes(33_000)),
    "fourteen fields": join_list(split_list(GOOD.header_rlp(()))[:14]),
    "twenty-five fields": replace(GOOD, trailing=(b"\x01",) * 10).header_rlp(()),
    "a trailing field of 33 bytes": replace(GOOD, trailing=(bytes(33),)).header_rlp(()),
    "a difficulty of two": replace(GOOD, difficulty=b"\x02").header_rlp(()),
    "another mix hash": replace(GOOD, mix_hash=bytes(32)).header_rlp(()),
    "a short state root": with_field(3, bytes(31)),
    "a short coinbase": with_field(2, bytes(19)),
    "a number with a zero in front": with_field(8, b"\x00\x01"),
    "a time of nine bytes": with_field(11, b"\x01" + bytes(8)),
    "an empty extraData": with_field(12, b""),
    "four items in extraData": with_field(12, join_list([encode(bytes(32)), b"\xc0", b"\xc0", b"\x80"])),
    "a vanity of 31 bytes": with_extra(0, encode(bytes(31))),
    "validators that are no list": with_extra(1, encode(bytes(20))),
    "256 validators": replace(GOOD, validators=validator_keys(256)).header_rlp(()),
    "a validator of 19 bytes": with_extra(1, encode([bytes([1]) * 19])),
    "the zero address as a validator": with_extra(1, encode([bytes(20)])),
    "a vote of three": with_extra(2, encode([bytes([1]) * 20, b"\xff", b"\xff"])),
    "a vote of another value": with_extra(2, encode([bytes([1]) * 20, b"\x02"])),
    "a vote that is a string": with_extra(2, b"\x80"),
    "a round of five bytes": with_extra(3, encode(b"\x01" * 5)),
    "a round with a zero in front": with_extra(3, encode(b"\x00\x01")),
    "a round of IBFT2": with_extra(3, encode(bytes(4))),
    "seals that are no list": with_extra(4, b"\x80"),
    "a byte after the end": GOOD.header_rlp(()) + b"\0",
    "cut": GOOD.header_rlp(())[:-1],
    "nothing": b"",
}


@pytest.mark.parametrize("header_rlp", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_header_is_refused_by_name_in_both_languages(header_rlp: bytes) -> None:
    with pytest.raises(Refusal):
        read_qbft_header(header_rlp)
    with pytest.raises(Reverted, match=r"^(Qbft|Rlp)"):
        trie_probe().call("readHeader", header_rlp)


def test_a_bomb_of_seals_is_refused_at_the_second() -> None:
    keys = validator_keys(4)
    sealed = QbftBlockBuilder(keys).header_rlp([keys[0].seal(GOOD.seal_digest)] * 256)
    with pytest.raises(Reverted, match="QbftSealDuplicate"):
        trie_probe().call("checkSeals", sealed, [key.address for key in keys])
