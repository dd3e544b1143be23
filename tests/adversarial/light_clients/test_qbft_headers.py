"""Attacks on what a QBFT header builds on: height, time, trusted validators, client state, bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import TimeBounds
from light_clients.qbft import QbftHeader, QbftLightClient
from light_clients.qbft.codec import decode_client_message, encode_header
from light_clients.qbft.errors import (
    AccountAbsent,
    HeaderFromFuture,
    HeightNotAbove,
    TimestampNotAfter,
    TrustOverlapTooSmall,
    WrongTrustedHeight,
)
from primitives.errors import DecodeError, MptError
from tests.fakes.qbft_client import DRIFT_S, NOW, TRUSTED_HEIGHT, TRUSTING_PERIOD_S, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, RouterState, ValidatorKey, validator_keys

CLIENT = QbftLightClient()
SCENARIO = QbftScenario()


def verify(message: bytes, now: TimeBounds = NOW, scenario: QbftScenario = SCENARIO) -> None:
    CLIENT.verify_client_message(scenario.client_state, scenario.trusted, message, now)


@pytest.mark.parametrize("number", [TRUSTED_HEIGHT - 1, TRUSTED_HEIGHT, 0])
def test_a_header_that_is_not_above_the_trusted_height_is_refused(number: int) -> None:
    with pytest.raises(HeightNotAbove):
        verify(SCENARIO.message(replace(SCENARIO.next_block, number=number)))


@pytest.mark.parametrize("timestamp_s", [TIME_0_S, TIME_0_S - 1, 0])
def test_a_header_that_is_not_later_than_the_trusted_block_is_refused(timestamp_s: int) -> None:
    with pytest.raises(TimestampNotAfter):
        verify(SCENARIO.message(replace(SCENARIO.next_block, timestamp_s=timestamp_s)))


def test_a_header_ahead_of_the_clock_by_more_than_the_drift_is_refused_to_the_second() -> None:
    block = replace(SCENARIO.next_block, timestamp_s=NOW.earliest_s + DRIFT_S)
    verify(SCENARIO.message(block))
    with pytest.raises(HeaderFromFuture):
        verify(SCENARIO.message(replace(block, timestamp_s=block.timestamp_s + 1)))


def test_drift_is_judged_at_the_earliest_moment_of_the_window() -> None:
    block = replace(SCENARIO.next_block, timestamp_s=NOW.earliest_s + DRIFT_S + 1)
    with pytest.raises(HeaderFromFuture):
        verify(SCENARIO.message(block), TimeBounds(NOW.earliest_s, NOW.earliest_s + 100))


def test_a_header_on_an_expired_consensus_state_is_refused_to_the_second() -> None:
    expiry_s = TIME_0_S + TRUSTING_PERIOD_S
    verify(SCENARIO.message(SCENARIO.next_block), TimeBounds.at(expiry_s - 1))
    with pytest.raises(ClientExpired):
        verify(SCENARIO.message(SCENARIO.next_block), TimeBounds.at(expiry_s))


def test_expiry_is_judged_at_the_latest_moment_of_the_window() -> None:
    expiry_s = TIME_0_S + TRUSTING_PERIOD_S
    with pytest.raises(ClientExpired):
        verify(SCENARIO.message(SCENARIO.next_block), TimeBounds(TIME_0_S, expiry_s))


def test_a_frozen_client_refuses_a_perfect_header() -> None:
    frozen = QbftScenario(frozen=True)
    with pytest.raises(ClientFrozen):
        verify(frozen.message(frozen.next_block), scenario=frozen)


@pytest.mark.parametrize("trusted_count", range(1, 23))
def test_a_new_set_with_exactly_a_third_of_the_trusted_validators_is_refused(trusted_count: int) -> None:
    old = validator_keys(trusted_count)
    scenario = QbftScenario(keys=old)
    third = trusted_count // 3
    with pytest.raises(TrustOverlapTooSmall):
        verify(_rotated(scenario, old, third), scenario=scenario)
    verify(_rotated(scenario, old, third + 1), scenario=scenario)


def test_trusted_validators_who_did_not_seal_do_not_count_as_overlap() -> None:
    old = validator_keys(4)
    scenario = QbftScenario(keys=old)
    new = _in_order((*old[:2], *validator_keys(6, name="newcomer")))
    signers = [key for key in new if key not in old[:2]] + [old[0]]
    with pytest.raises(TrustOverlapTooSmall):
        verify(scenario.message(replace(scenario.next_block, validators=new), signers), scenario=scenario)


def test_a_header_that_names_another_trusted_height_is_refused() -> None:
    header = replace(SCENARIO.header(SCENARIO.next_block), trusted_height=TRUSTED_HEIGHT - 1)
    with pytest.raises(WrongTrustedHeight):
        verify(encode_header(header))


def test_an_account_proof_of_another_state_is_refused() -> None:
    header = replace(SCENARIO.header(SCENARIO.next_block), account_proof=RouterState().account_proof())
    with pytest.raises(MptError):
        verify(encode_header(header))


def test_an_account_proof_of_another_contract_is_refused() -> None:
    other = SCENARIO.state.account_proof(b"\x11" * 20)
    with pytest.raises(MptError):
        verify(encode_header(replace(SCENARIO.header(SCENARIO.next_block), account_proof=other)))


def test_a_chain_without_the_router_is_refused() -> None:
    elsewhere = RouterState(contract=b"\x22" * 20)
    block = replace(SCENARIO.next_block, state_root=elsewhere.state_root)
    header = QbftHeader(
        block.sealed_by(SCENARIO.keys), TRUSTED_HEIGHT, elsewhere.account_proof(SCENARIO.client.router_address)
    )
    with pytest.raises(AccountAbsent):
        verify(encode_header(header))


@pytest.mark.parametrize(
    "change",
    [{"difficulty": b"\x02"}, {"difficulty": b""}, {"mix_hash": bytes(32)}, {"vote": (b"\x01" * 20, b"\x01")}],
    ids=["difficulty 2", "difficulty 0", "mix hash", "vote"],
)
def test_a_header_of_no_bft_chain_is_refused(change: dict[str, object]) -> None:
    block = replace(SCENARIO.next_block, **change)  # type: ignore[arg-type]  # one field at a time
    with pytest.raises(DecodeError):
        verify(SCENARIO.message(block))


@pytest.mark.parametrize("count", [0, 1, 5, 6, 9])
def test_unknown_trailing_header_fields_are_hashed_and_accepted(count: int) -> None:
    verify(SCENARIO.message(replace(SCENARIO.next_block, trailing=(bytes(32),) * count)))


@pytest.mark.parametrize("trailing", [(b"\1",) * 10, (bytes(33),)], ids=["too many", "too long"])
def test_trailing_header_fields_have_bounds(trailing: tuple[bytes, ...]) -> None:
    with pytest.raises(DecodeError):
        verify(SCENARIO.message(replace(SCENARIO.next_block, trailing=trailing)))


def test_trailing_bytes_are_refused_wherever_they_hang() -> None:
    header = SCENARIO.header(SCENARIO.next_block)
    message = encode_header(header)
    for broken in (
        message + b"\0",
        message[:-1],
        encode_header(replace(header, header_rlp=header.header_rlp + b"\0")),
        encode_header(replace(header, header_rlp=header.header_rlp[:-1])),
        message + b"\x7a\x01\x00",  # an unknown protobuf field
        b"",
    ):
        with pytest.raises(DecodeError):
            verify(broken)


def test_an_oversized_message_is_refused_before_it_is_read() -> None:
    header = SCENARIO.header(SCENARIO.next_block)
    with pytest.raises(DecodeError):
        decode_client_message(encode_header(replace(header, account_proof=(bytes(1000),) * 200)))
    with pytest.raises(DecodeError):
        verify(encode_header(replace(header, header_rlp=b"\xfa\x01\x00\x00" + bytes(65536))))


def test_hypothetical_extra_items_in_extra_data_are_refused() -> None:
    block: QbftBlockBuilder = replace(SCENARIO.next_block, vote=(b"\x01" * 20, b"\xff", b""))
    with pytest.raises(DecodeError):
        verify(SCENARIO.message(block))


def _rotated(scenario: QbftScenario, old: tuple[ValidatorKey, ...], kept: int) -> bytes:
    """A header whose set keeps so many old validators and has eight new ones; everybody seals."""
    new = _in_order((*old[:kept], *validator_keys(8, name="newcomer")))
    return scenario.message(replace(scenario.next_block, validators=new))


def _in_order(keys: tuple[ValidatorKey, ...]) -> tuple[ValidatorKey, ...]:
    return tuple(sorted(keys, key=lambda key: key.address))
