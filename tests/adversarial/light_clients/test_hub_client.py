"""Attacks on the client of an EVM chain behind a hub: the hub's blocks, what they show, time, evidence, bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds
from light_clients.hub.codec import (
    MAX_CLIENT_MESSAGE_BYTES,
    decode_client_message,
    decode_client_state,
    decode_consensus_state,
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_misbehaviour,
)
from light_clients.hub.errors import (
    AccountAbsent,
    CommitmentAbsent,
    CommitmentMismatch,
    CommitmentPresent,
    FarClientFrozen,
    FarStateFromFuture,
    FarStateMismatch,
    FarStateStale,
    MalformedHubMessage,
    NoMisbehaviour,
    WrongTrustedHeight,
)
from light_clients.hub.message import HubHeader, HubMisbehaviour
from primitives.errors import DecodeError, InvalidArgument, MptError, Refusal
from tests.fakes.hub_client import (
    FAR_TRUSTING_PERIOD_S,
    FIRST,
    HUB_TRUSTING_PERIOD_S,
    NOW,
    HubScenario,
    as_shown,
    far_block,
    hub_light_client,
)
from tests.fakes.hub_model import OTHER_CONTRACT
from tests.fakes.qbft_client import ABSENT_PATH, OTHER_PATH, PATH, SHORT_PATH, SHORT_VALUE, VALUE, slot_of
from tests.fakes.qbft_headers import ROUTER, TIME_0_S, RouterState, evidence_of, validator_keys

CLIENT = hub_light_client()
SCENARIO = HubScenario()
FORGED_STATE = RouterState({slot_of(ABSENT_PATH): VALUE}, others=4)
FORGED = far_block(SCENARIO.far.height, SCENARIO.far.timestamp_s, FORGED_STATE)


def verify(message: bytes, now: TimeBounds = NOW, trusted: ConsensusAt = SCENARIO.trusted) -> None:
    CLIENT.verify_client_message(SCENARIO.client_state, trusted, message, now)


def updated() -> tuple[bytes, ConsensusAt]:
    """Client state and consensus after the good message."""
    message = SCENARIO.message(SCENARIO.hub, SCENARIO.far)
    verify(message)
    result = CLIENT.update_state(SCENARIO.client_state, message)
    (consensus,) = result.consensus_states
    return result.client_state, consensus


# ------------------------------------------------------------------------------------------------------------- good


def test_what_the_hub_shows_is_kept_and_proofs_are_a_direct_clients() -> None:
    client_state, consensus = updated()
    assert consensus == SCENARIO.consensus(SCENARIO.hub, SCENARIO.far)
    assert decode_client_state(client_state).latest_height == SCENARIO.far.height
    assert CLIENT.verify_membership(client_state, consensus, SCENARIO.proof(PATH), PATH, VALUE, NOW) == TIME_0_S
    short = SCENARIO.proof(SHORT_PATH)
    assert CLIENT.verify_membership(client_state, consensus, short, SHORT_PATH, SHORT_VALUE, NOW) == TIME_0_S
    absent = SCENARIO.proof(ABSENT_PATH)
    assert CLIENT.verify_non_membership(client_state, consensus, absent, ABSENT_PATH, NOW) == TIME_0_S
    slot, state = slot_of(PATH), SCENARIO.state
    proofs = (state.account_proof(), state.storage_proof(slot))
    assert CLIENT.verify_storage_at(client_state, consensus, ROUTER, slot, *proofs, NOW) == VALUE
    assert CLIENT.timestamp_at(consensus.consensus_state) == TIME_0_S
    assert CLIENT.status(client_state, consensus, NOW.latest_s) is LightClientStatus.ACTIVE


def test_the_next_message_builds_on_the_hubs_block_that_came_with_the_last() -> None:
    client_state, consensus = updated()
    far = far_block(22, TIME_0_S + 1, SCENARIO.state)
    hub = SCENARIO.hub.keeping(far.height, far.slot, far.timestamp_s)
    stale = SCENARIO.message(hub, far)
    with pytest.raises(WrongTrustedHeight):
        CLIENT.verify_client_message(client_state, consensus, stale, NOW)
    message = SCENARIO.message(hub, far, trusted_height=consensus.height)
    with pytest.raises(Refusal, match="another height"):
        CLIENT.verify_client_message(client_state, consensus, message, NOW)


def test_a_new_client_fits_together_or_is_not_made() -> None:
    client_state, trusted = SCENARIO.client_state, SCENARIO.trusted
    assert CLIENT.initialise(client_state, trusted.consensus_state) == FIRST.height
    frozen = HubScenario(frozen=True).client_state
    with pytest.raises(MalformedHubMessage, match="begin frozen"):
        CLIENT.initialise(frozen, trusted.consensus_state)
    later = SCENARIO.consensus(SCENARIO.hub, SCENARIO.far).consensus_state
    with pytest.raises(MalformedHubMessage, match="different heights"):
        CLIENT.initialise(client_state, later)
    with pytest.raises(DecodeError):
        CLIENT.initialise(client_state, replace_hub_state(b"no state"))
    for field in ({"contract": bytes(20)}, {"router_address": bytes(20)}, {"head_slot": b""}, {"chain_id": 0}):
        with pytest.raises(MalformedHubMessage):
            replace(SCENARIO.client, **field)


def replace_hub_state(hub_consensus_state: bytes) -> bytes:
    kept = decode_consensus_state(SCENARIO.trusted.consensus_state)
    return encode_consensus_state(replace(kept, hub_consensus_state=hub_consensus_state))


# ---------------------------------------------------------------------------------------------------- the hub's block


def test_a_forged_or_under_quorum_block_of_the_hub_is_refused() -> None:
    forged = replace(SCENARIO.hub, kept={FORGED.height: FORGED.slot})
    thieves = validator_keys(4, "thieves")
    for hub, signers in ((replace(forged, keys=thieves), thieves), (forged, thieves), (forged, forged.keys[:2])):
        with pytest.raises(Refusal, match="seal"):
            verify(encode_header(SCENARIO.header(hub, FORGED, signers)))


def test_a_hub_whose_own_header_is_late_or_early_is_refused() -> None:
    hub = SCENARIO.hub
    for bent in (replace(hub, number=SCENARIO.first_hub.number), replace(hub, timestamp_s=TIME_0_S + 100)):
        with pytest.raises(Refusal):
            verify(SCENARIO.message(bent, SCENARIO.far))


# ------------------------------------------------------------------------------------------------------ what it shows


def test_a_far_block_the_hub_does_not_keep_is_refused() -> None:
    with pytest.raises(FarStateMismatch):
        verify(SCENARIO.message(SCENARIO.hub, FORGED))
    shown = as_shown(SCENARIO.far)
    for bent in (
        replace(shown, timestamp_s=shown.timestamp_s + 1),
        replace(shown, storage_root=FORGED.storage_root),
        replace(shown, state_root=FORGED.state_root),
        replace(shown, block_hash=bytes(32)),
        replace(shown, validators_hash=bytes(32)),
    ):
        with pytest.raises(FarStateMismatch):
            verify(SCENARIO.message(SCENARIO.hub, SCENARIO.far, shown=bent))


def test_the_root_of_another_far_height_is_refused() -> None:
    as_first = replace(SCENARIO.far, height=FIRST.height)
    with pytest.raises(FarStateMismatch):
        verify(SCENARIO.message(SCENARIO.hub, as_first))
    a_ring_later = replace(SCENARIO.far, height=SCENARIO.far.height + 256)
    hub = SCENARIO.hub.later(latest_height=a_ring_later.height)
    with pytest.raises(FarStateMismatch):
        verify(SCENARIO.message(hub, a_ring_later))
    vacant = far_block(150, TIME_0_S, SCENARIO.state)
    with pytest.raises(FarStateMismatch):
        verify(SCENARIO.message(SCENARIO.hub.later(latest_height=150), vacant))


def test_the_slots_of_another_client_on_the_hub_are_refused() -> None:
    """In another contract the hub follows another chain of the same id, honestly: it is not this chain."""
    impostor = replace(SCENARIO.hub, contract=OTHER_CONTRACT, kept={FORGED.height: FORGED.slot})
    hub = SCENARIO.hub
    header = SCENARIO.header(hub, FORGED)
    with pytest.raises(MptError):
        verify(encode_header(replace(header, ring_proof=impostor.ring_proof(FORGED.height))))
    with pytest.raises(Refusal):
        verify(encode_header(SCENARIO.header(impostor, FORGED)))


def test_nodes_that_do_not_lead_to_head_and_ring_are_refused() -> None:
    hub, far = SCENARIO.hub, SCENARIO.far
    head, ring = hub.head_proof, hub.ring_proof(far.height)
    first = hub.ring_proof(FIRST.height)
    for nodes in ((ring, ring), (head, head), (head, first), ((), ring), (head, ()), ((*head, head[0]), ring)):
        with pytest.raises(MptError):
            verify(SCENARIO.message(hub, far, head_proof=nodes[0], ring_proof=nodes[1]))
    with pytest.raises(MptError):
        verify(SCENARIO.message(hub, far, account_proof=()))


@pytest.mark.parametrize("flags", [1, 1 << 8, 1 << 127])
def test_a_hub_whose_own_client_is_frozen_shows_nothing(flags: int) -> None:
    with pytest.raises(FarClientFrozen):
        verify(SCENARIO.message(replace(SCENARIO.hub, flags=flags), SCENARIO.far))


def test_a_frozen_flag_is_looked_for_where_the_mask_says() -> None:
    low = bytes(31) + b"\x01"
    client_state = encode_client_state(replace(SCENARIO.client, frozen_mask=low))
    for latest_height, frozen in ((2, False), (3, True)):
        message = SCENARIO.message(replace(SCENARIO.hub, latest_height=latest_height), SCENARIO.far)
        if not frozen:
            CLIENT.verify_client_message(client_state, SCENARIO.trusted, message, NOW)
            continue
        with pytest.raises(FarClientFrozen):
            CLIENT.verify_client_message(client_state, SCENARIO.trusted, message, NOW)


def test_a_hub_whose_own_client_is_behind_shows_nothing() -> None:
    behind = SCENARIO.first_hub.later()
    with pytest.raises(FarStateMismatch):
        verify(SCENARIO.message(behind, SCENARIO.far))


def test_a_hub_whose_own_client_is_stale_shows_nothing_to_the_second() -> None:
    stale_s = SCENARIO.far.timestamp_s + FAR_TRUSTING_PERIOD_S
    on_fresh = replace(decode_consensus_state(SCENARIO.trusted.consensus_state), timestamp_s=TIME_0_S + 500)
    trusted = ConsensusAt(FIRST.height, encode_consensus_state(on_fresh))
    now = TimeBounds.at(stale_s)
    verify(SCENARIO.message(replace(SCENARIO.hub, timestamp_s=stale_s - 1), SCENARIO.far), now, trusted)
    with pytest.raises(FarStateStale):
        verify(SCENARIO.message(replace(SCENARIO.hub, timestamp_s=stale_s), SCENARIO.far), now, trusted)


def test_a_far_block_ahead_of_the_clock_is_refused() -> None:
    ahead = far_block(21, NOW.earliest_s + 16, SCENARIO.state)
    hub = SCENARIO.hub.later(kept={21: ahead.slot})
    with pytest.raises(FarStateFromFuture):
        verify(SCENARIO.message(hub, ahead))


# ------------------------------------------------------------------------------------------------------------- time


def test_the_client_expires_with_the_far_block_and_with_the_hubs_to_the_second() -> None:
    far_expiry_s = FIRST.timestamp_s + FAR_TRUSTING_PERIOD_S
    message = SCENARIO.message(replace(SCENARIO.hub, timestamp_s=TIME_0_S + 500), SCENARIO.far)
    verify(message, TimeBounds.at(far_expiry_s - 1))
    with pytest.raises(ClientExpired):
        verify(message, TimeBounds.at(far_expiry_s))
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.trusted, far_expiry_s) is LightClientStatus.EXPIRED
    on_fresh = replace(decode_consensus_state(SCENARIO.trusted.consensus_state), timestamp_s=TIME_0_S + 900)
    trusted = ConsensusAt(FIRST.height, encode_consensus_state(on_fresh))
    hub_expiry_s = TIME_0_S + HUB_TRUSTING_PERIOD_S
    assert CLIENT.status(SCENARIO.client_state, trusted, hub_expiry_s - 1) is LightClientStatus.ACTIVE
    assert CLIENT.status(SCENARIO.client_state, trusted, hub_expiry_s) is LightClientStatus.EXPIRED
    with pytest.raises(ClientExpired, match="hub"):
        verify(message, TimeBounds.at(hub_expiry_s), trusted)


# ------------------------------------------------------------------------------------------------------- misbehaviour


def test_two_blocks_of_the_hub_at_one_height_freeze_for_ever() -> None:
    block = SCENARIO.hub.block
    evidence = SCENARIO.evidence(block, replace(block, transactions_root=b"\x01" * 32))
    verify(evidence)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, evidence)
    frozen = CLIENT.freeze(SCENARIO.client_state)
    message = SCENARIO.message(SCENARIO.hub, SCENARIO.far)
    with pytest.raises(ClientFrozen):
        CLIENT.verify_client_message(frozen, SCENARIO.trusted, message, NOW)
    with pytest.raises(ClientFrozen):
        CLIENT.verify_membership(frozen, SCENARIO.trusted, SCENARIO.proof(PATH), PATH, VALUE, NOW)
    assert CLIENT.status(frozen, SCENARIO.trusted, TIME_0_S) is LightClientStatus.FROZEN
    with pytest.raises(InvalidArgument):
        CLIENT.update_state(SCENARIO.client_state, evidence)


def test_a_hub_that_shows_two_blocks_of_one_far_height_is_misbehaviour() -> None:
    client_state, known = updated()
    turned = SCENARIO.hub.later(kept={FORGED.height: FORGED.slot})
    message = SCENARIO.message(turned, FORGED)
    verify(message)
    assert CLIENT.check_for_misbehaviour(client_state, known, message)
    again = SCENARIO.message(SCENARIO.hub.later(), SCENARIO.far)
    assert not CLIENT.check_for_misbehaviour(client_state, known, again)
    assert not CLIENT.check_for_misbehaviour(client_state, None, message)


def test_another_block_of_the_hub_at_the_known_height_is_misbehaviour_though_it_shows_the_same() -> None:
    client_state, known = updated()
    twin = replace(SCENARIO.hub, kept={**SCENARIO.hub.kept, 19: b"\x01" * 32})
    message = SCENARIO.message(twin, SCENARIO.far)
    verify(message)
    assert CLIENT.check_for_misbehaviour(client_state, known, message)


def test_evidence_that_proves_nothing_is_refused() -> None:
    block, header = SCENARIO.hub.block, SCENARIO.header(SCENARIO.hub, SCENARIO.far)
    with pytest.raises(Refusal, match="same block"):
        verify(SCENARIO.evidence(block, block))
    with pytest.raises(NoMisbehaviour):
        verify(encode_misbehaviour(HubMisbehaviour(header.hub_message, FIRST.height)))
    sealed = [b.sealed_by(b.validators) for b in (block, replace(block, transactions_root=b"\x01" * 32))]
    as_header = replace(header, hub_message=evidence_of(SCENARIO.first_hub.number, *sealed))
    with pytest.raises(MalformedHubMessage, match="comes as misbehaviour"):
        verify(encode_header(as_header))


# ------------------------------------------------------------------------------------------------------------ proofs


def test_a_false_claim_about_a_path_or_contract_is_refused() -> None:
    client_state, consensus = updated()
    proof, absent = SCENARIO.proof(PATH), SCENARIO.proof(ABSENT_PATH)
    with pytest.raises(CommitmentMismatch):
        CLIENT.verify_membership(client_state, consensus, proof, PATH, SHORT_VALUE, NOW)
    with pytest.raises(CommitmentAbsent):
        CLIENT.verify_membership(client_state, consensus, absent, ABSENT_PATH, VALUE, NOW)
    with pytest.raises(CommitmentPresent):
        CLIENT.verify_non_membership(client_state, consensus, proof, PATH, NOW)
    with pytest.raises(MptError):
        CLIENT.verify_membership(client_state, consensus, proof, OTHER_PATH, VALUE, NOW)
    nobody = b"\x77" * 20
    nodes = SCENARIO.state.account_proof(nobody)
    with pytest.raises(AccountAbsent):
        CLIENT.verify_storage_at(client_state, consensus, nobody, slot_of(PATH), nodes, (), NOW)


# ------------------------------------------------------------------------------------------------------------- bytes


@given(st.data())
def test_no_byte_of_a_message_can_be_changed_to_another_update(data: st.DataObject) -> None:
    message = SCENARIO.message(SCENARIO.hub, SCENARIO.far)
    place = data.draw(st.integers(0, len(message) - 1))
    changed = bytes([message[place] ^ data.draw(st.integers(1, 255))])
    with pytest.raises(Refusal):
        verify(message[:place] + changed + message[place + 1 :])


@given(st.binary(max_size=300))
def test_bytes_that_are_no_message_or_state_are_refused_by_name(noise: bytes) -> None:
    for decode in (decode_client_message, decode_client_state, decode_consensus_state):
        with pytest.raises(DecodeError):
            decode(noise)


def test_every_encoding_is_read_back_and_bounded() -> None:
    message = SCENARIO.message(SCENARIO.hub, SCENARIO.far)
    decoded = decode_client_message(message)
    assert isinstance(decoded, HubHeader)
    assert encode_header(decoded) == message
    assert encode_client_state(decode_client_state(SCENARIO.client_state)) == SCENARIO.client_state
    assert CLIENT.message_height(message) == SCENARIO.far.height
    assert CLIENT.trusted_height(message) == FIRST.height
    with pytest.raises(DecodeError, match="too long"):
        decode_client_message(bytes(MAX_CLIENT_MESSAGE_BYTES + 1))
    with pytest.raises(DecodeError):
        decode_client_message(message + b"\0")
