"""The QBFT light client's honest path, and its codecs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibc.light_client import ConsensusAt, LightClient, LightClientStatus, TimeBounds
from light_clients.qbft import QbftConsensusState, QbftLightClient, QbftMisbehaviour
from light_clients.qbft.codec import (
    decode_client_message,
    decode_client_state,
    decode_consensus_state,
    decode_membership_proof,
    encode_client_state,
    encode_header,
    encode_membership_proof,
    encode_misbehaviour,
)
from light_clients.qbft.errors import MalformedHeader
from primitives.errors import DecodeError
from tests.fakes.qbft_client import (
    NOW,
    PATH,
    TRUSTED_HEIGHT,
    TRUSTING_PERIOD_S,
    VALUE,
    QbftScenario,
    commitments,
)
from tests.fakes.qbft_headers import TIME_0_S, RouterState, validator_keys

CLIENT: LightClient = QbftLightClient()
SCENARIO = QbftScenario()


def test_a_header_moves_the_client_and_its_state_proves_commitments() -> None:
    after = replace(SCENARIO, state=RouterState(commitments(60)))
    block = replace(after.next_block, number=17, timestamp_s=TIME_0_S + 3)
    message = after.message(block)
    CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, NOW)
    assert (CLIENT.trusted_height(message), CLIENT.message_height(message)) == (TRUSTED_HEIGHT, 17)
    result = CLIENT.update_state(SCENARIO.client_state, message)
    (consensus,) = result.consensus_states
    assert consensus.height == decode_client_state(result.client_state).latest_height == 17
    assert CLIENT.timestamp_at(consensus.consensus_state) == TIME_0_S + 3
    assert decode_consensus_state(consensus.consensus_state) == QbftConsensusState(
        TIME_0_S + 3,
        after.state.state_root,
        after.state.storage_root,
        tuple(key.address for key in after.keys),
        block.block_hash,
    )
    proved_at = CLIENT.verify_membership(result.client_state, consensus, after.proof(PATH), PATH, VALUE, NOW)
    assert proved_at == TIME_0_S + 3


def test_a_header_below_the_latest_height_fills_in_and_moves_nothing() -> None:
    higher = replace(SCENARIO.client, latest_height=50)
    low = SCENARIO.message(SCENARIO.next_block)
    result = CLIENT.update_state(encode_client_state(higher), low)
    assert decode_client_state(result.client_state) == higher
    assert [state.height for state in result.consensus_states] == [TRUSTED_HEIGHT + 1]


def test_validators_change_step_by_step_from_one_set_to_another() -> None:
    keys = validator_keys(8)
    scenario = QbftScenario(keys=keys[:4])
    client_state, trusted = scenario.client_state, scenario.trusted
    for step in range(1, 5):
        block = replace(
            scenario.next_block,
            number=TRUSTED_HEIGHT + step,
            timestamp_s=TIME_0_S + step,
            validators=keys[step : step + 4],
        )
        header = replace(scenario.header(block), trusted_height=trusted.height)
        CLIENT.verify_client_message(client_state, trusted, encode_header(header), NOW)
        result = CLIENT.update_state(client_state, encode_header(header))
        client_state, (trusted,) = result.client_state, result.consensus_states
    assert decode_consensus_state(trusted.consensus_state).validators == tuple(key.address for key in keys[4:])


def test_a_header_of_a_later_round_is_accepted() -> None:
    message = SCENARIO.message(replace(SCENARIO.next_block, round=7))
    CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, NOW)


def test_a_client_begins_at_its_latest_height_and_not_frozen() -> None:
    assert CLIENT.initialise(SCENARIO.client_state, SCENARIO.trusted.consensus_state) == TRUSTED_HEIGHT
    with pytest.raises(MalformedHeader):
        CLIENT.initialise(CLIENT.freeze(SCENARIO.client_state), SCENARIO.trusted.consensus_state)
    with pytest.raises(DecodeError):
        CLIENT.initialise(SCENARIO.client_state, b"")


def test_status_goes_from_active_to_expired_and_frozen_wins() -> None:
    expiry_s = TIME_0_S + TRUSTING_PERIOD_S
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.trusted, expiry_s - 1) is LightClientStatus.ACTIVE
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.trusted, expiry_s) is LightClientStatus.EXPIRED
    assert CLIENT.status(CLIENT.freeze(SCENARIO.client_state), SCENARIO.trusted, 0) is LightClientStatus.FROZEN


def test_messages_and_proofs_survive_their_encoding() -> None:
    header = SCENARIO.header(SCENARIO.next_block)
    assert decode_client_message(encode_header(header)) == header
    bare = replace(header, account_proof=())
    evidence = QbftMisbehaviour(bare, replace(bare, trusted_height=3))
    assert decode_client_message(encode_misbehaviour(evidence)) == evidence
    assert decode_membership_proof(encode_membership_proof((b"a", b"b"))) == (b"a", b"b")


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 0},
        {"chain_id": 2**64},
        {"router_address": bytes(20)},
        {"router_address": b"\1" * 19},
        {"store_slot": bytes(31)},
        {"latest_height": 0},
        {"trusting_period_s": 0},
        {"max_clock_drift_s": -1},
    ],
)
def test_a_client_state_out_of_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedHeader):
        replace(SCENARIO.client, **change)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp_s": 0},
        {"state_root": bytes(31)},
        {"storage_root": bytes(33)},
        {"block_hash": bytes(31)},
        {"validators": ()},
        {"validators": (bytes(20),)},
        {"validators": (b"\1" * 19,)},
        {"validators": (b"\1" * 20, b"\1" * 20)},
    ],
)
def test_a_consensus_state_out_of_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedHeader):
        replace(SCENARIO.consensus_state, **change)  # type: ignore[arg-type]  # one field at a time


def test_a_consensus_state_in_another_field_order_is_refused() -> None:
    packed = SCENARIO.trusted.consensus_state
    time_field, rest = packed[:6], packed[6:]
    assert time_field[0] == 0x08
    with pytest.raises(DecodeError):
        decode_consensus_state(rest + time_field)


def test_a_window_of_time_is_judged_at_both_ends() -> None:
    window = TimeBounds(TIME_0_S + 1, TIME_0_S + TRUSTING_PERIOD_S - 1)
    message = SCENARIO.message(SCENARIO.next_block)
    CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, window)
    consensus = ConsensusAt(TRUSTED_HEIGHT, SCENARIO.trusted.consensus_state)
    assert (
        CLIENT.verify_membership(SCENARIO.client_state, consensus, SCENARIO.proof(PATH), PATH, VALUE, window)
        == TIME_0_S
    )
