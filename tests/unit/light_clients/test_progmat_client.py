"""The progmat light client's honest path, and its codecs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.light_client import ConsensusAt, LightClientStatus
from light_clients.progmat import ProgmatClientState, ProgmatLightClient, assemble_header, encode_header
from light_clients.progmat.client_state import decode_client_state, encode_client_state
from light_clients.progmat.errors import MalformedCheckpoint, TooFewSignatures
from light_clients.progmat.light_client import BUILDS_ON_LATEST
from primitives.errors import DecodeError
from tests.fakes.checkpoints import LATEST_HEIGHT, NOW, TRUSTING_PERIOD_S, CheckpointScenario, signature
from tests.fakes.qbft_headers import TIME_0_S, validator_keys

CLIENT = ProgmatLightClient()
SCENARIO = CheckpointScenario()
UINT64 = st.integers(1, 2**64 - 1)


def test_a_checkpoint_moves_the_client_and_rotates_its_set() -> None:
    newcomers = CheckpointScenario(keys=validator_keys(7, name="newcomer"), threshold=5)
    checkpoint = replace(SCENARIO.next_checkpoint, next_validator_set_hash=newcomers.validator_set.hash())
    message = SCENARIO.message(checkpoint)
    assert CLIENT.trusted_height(message) == BUILDS_ON_LATEST
    assert CLIENT.message_height(message) == LATEST_HEIGHT + 1
    result = CLIENT.update_state(SCENARIO.client_state, message)
    assert result.consensus_states == (ConsensusAt(LATEST_HEIGHT + 1, checkpoint.consensus_state),)
    updated = decode_client_state(result.client_state)
    assert updated.latest_height == LATEST_HEIGHT + 1
    assert updated.validator_set_hash == newcomers.validator_set.hash()
    assert CLIENT.timestamp_at(checkpoint.consensus_state) == checkpoint.timestamp_s


def test_a_client_begins_at_its_latest_height_and_not_frozen() -> None:
    assert CLIENT.initialise(SCENARIO.client_state, SCENARIO.latest.consensus_state) == LATEST_HEIGHT
    with pytest.raises(MalformedCheckpoint):
        CLIENT.initialise(CLIENT.freeze(SCENARIO.client_state), SCENARIO.latest.consensus_state)
    with pytest.raises(DecodeError):
        CLIENT.initialise(SCENARIO.client_state, bytes(40))


def test_status_goes_from_active_to_expired_and_frozen_wins() -> None:
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.latest, NOW.latest_s) is LightClientStatus.ACTIVE
    expiry_s = TIME_0_S + TRUSTING_PERIOD_S
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.latest, expiry_s - 1) is LightClientStatus.ACTIVE
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.latest, expiry_s) is LightClientStatus.EXPIRED
    frozen = CLIENT.freeze(SCENARIO.client_state)
    assert CLIENT.status(frozen, SCENARIO.latest, expiry_s) is LightClientStatus.FROZEN


def test_a_header_is_assembled_of_exactly_k_signatures_in_order() -> None:
    checkpoint = SCENARIO.next_checkpoint
    signatures = {key.address: signature(key, checkpoint) for key in reversed(SCENARIO.keys)}
    stranger = validator_keys(1, name="stranger")[0]
    signatures[stranger.address] = signature(stranger, checkpoint)
    header = assemble_header(checkpoint, SCENARIO.validator_set, signatures)
    assert [index for index, _ in header.signatures] == [0, 1, 2]
    CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.latest, encode_header(header), NOW)
    del signatures[SCENARIO.keys[0].address], signatures[SCENARIO.keys[3].address]
    with pytest.raises(TooFewSignatures):
        assemble_header(checkpoint, SCENARIO.validator_set, signatures)


CLIENT_STATES = st.builds(
    ProgmatClientState,
    ledger_id=st.text("abc-9台帳", min_size=1, max_size=21),
    latest_height=UINT64,
    trusting_period_s=UINT64,
    max_clock_drift_s=st.integers(0, 2**64 - 1),
    frozen=st.booleans(),
    validator_set_hash=st.binary(min_size=32, max_size=32),
)


@given(CLIENT_STATES)
def test_a_client_state_survives_its_encoding(client_state: ProgmatClientState) -> None:
    assert decode_client_state(encode_client_state(client_state)) == client_state


@pytest.mark.parametrize(
    "change",
    [
        {"ledger_id": ""},
        {"ledger_id": "x" * 65},
        {"latest_height": 0},
        {"trusting_period_s": 0},
        {"max_clock_drift_s": -1},
        {"validator_set_hash": bytes(31)},
        {"latest_height": 2**64},
    ],
)
def test_a_client_state_out_of_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedCheckpoint):
        replace(decode_client_state(SCENARIO.client_state), **change)  # type: ignore[arg-type]  # one field at a time


@pytest.mark.parametrize(
    "change", [{"height": 0}, {"timestamp_s": 0}, {"root": b""}, {"journal_hash": bytes(33)}, {"ledger_id": ""}]
)
def test_a_checkpoint_out_of_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedCheckpoint):
        replace(SCENARIO.next_checkpoint, **change)  # type: ignore[arg-type]  # one field at a time
