"""The enclave light client: registration with an update, statements by enough operators, what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibc.light_client import ConsensusAt, LightClientStatus, TimeBounds
from light_clients.enclave import EnclaveLightClient, StateStatement, verify_stated_storage
from light_clients.enclave.codec import (
    decode_client_state,
    decode_consensus_state,
    encode_membership_proof,
    encode_misbehaviour,
    encode_update,
)
from light_clients.enclave.errors import KeyRefused
from light_clients.enclave.statements import decode_statement, encode_statement
from light_clients.qbft import QbftMisbehaviour
from light_clients.qbft.codec import encode_header
from light_clients.qbft.codec import encode_misbehaviour as encode_inner
from relayer.enclave.program import Snapshot
from tests.fakes.enclave_world import (
    ENCLAVES,
    KEY_LIFETIME_S,
    NOW,
    PROGRAM,
    ROOT,
    EnclaveScenario,
    OperatorEnclave,
    in_order,
    signed,
)
from tests.fakes.qbft_client import (
    ABSENT_PATH,
    PATH,
    TRUSTED_HEIGHT,
    TRUSTING_PERIOD_S,
    VALUE,
    slot_of,
)
from tests.fakes.qbft_headers import ROUTER, TIME_0_S, QbftBlockBuilder

CLIENT = EnclaveLightClient({ROOT.pin})
SCENARIO = EnclaveScenario()


def updated(scenario: EnclaveScenario = SCENARIO) -> ConsensusAt:
    """The consensus state after the first update, which registers two enclaves."""
    CLIENT.verify_client_message(scenario.client_state, scenario.trusted, scenario.message(), NOW)
    (consensus,) = CLIENT.update_state(scenario.client_state, scenario.message()).consensus_states
    return consensus


def snapshot(scenario: EnclaveScenario = SCENARIO) -> Snapshot:
    return PROGRAM.update(scenario.snapshot, scenario.header).after


def test_a_client_begins_without_keys_and_registers_them_with_its_first_update() -> None:
    assert CLIENT.initialise(SCENARIO.client_state, SCENARIO.trusted.consensus_state) == TRUSTED_HEIGHT
    consensus = updated()
    decoded = decode_consensus_state(consensus.consensus_state)
    assert consensus.height == TRUSTED_HEIGHT + 1
    assert decoded.state_id == snapshot().state_id
    assert [each.enclave_key for each in decoded.keys] == [each.named.enclave_key for each in ENCLAVES[:2]]
    assert {each.expires_at_s for each in decoded.keys} == {TIME_0_S + 1 + KEY_LIFETIME_S}
    assert decoded.tcb_evaluation_number == 17


def the_block_after(block: QbftBlockBuilder) -> QbftBlockBuilder:
    return replace(block, number=block.number + 1, timestamp_s=block.timestamp_s + 1, parent_hash=block.block_hash)


def test_updates_go_on_with_the_registered_keys_alone() -> None:
    first = updated()
    inner = SCENARIO.inner
    block = the_block_after(inner.next_block)
    header = inner.header(block)
    message = replace(header, trusted_height=TRUSTED_HEIGHT + 1)

    statement = PROGRAM.update(snapshot(), encode_header(message)).statement
    second = encode_update(signed(statement, ENCLAVES[:2]), first.consensus_state)
    CLIENT.verify_client_message(SCENARIO.client_state, first, second, NOW)
    assert CLIENT.trusted_height(second) == TRUSTED_HEIGHT + 1
    assert CLIENT.message_height(second) == TRUSTED_HEIGHT + 2
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, second)


def test_presence_absence_and_storage_are_stated_by_the_enclaves() -> None:
    consensus, at = updated(), snapshot()
    present = PROGRAM.membership(at, SCENARIO.inner.proof(PATH), PATH, VALUE)
    proof = encode_membership_proof([each.sign(present) for each in ENCLAVES[:2]])
    assert CLIENT.verify_membership(SCENARIO.client_state, consensus, proof, PATH, VALUE, NOW) == TIME_0_S + 1
    absent = PROGRAM.non_membership(at, SCENARIO.inner.proof(ABSENT_PATH), ABSENT_PATH)
    proof = encode_membership_proof([each.sign(absent) for each in ENCLAVES[:2]])
    assert CLIENT.verify_non_membership(SCENARIO.client_state, consensus, proof, ABSENT_PATH, NOW) == TIME_0_S + 1
    state = SCENARIO.inner.state
    slot = slot_of(PATH)
    stated, word = PROGRAM.storage(at, ROUTER, slot, state.account_proof(), state.storage_proof(slot))
    signatures = [each.sign(stated) for each in ENCLAVES[:2]]
    found = verify_stated_storage(SCENARIO.client_state, consensus, ROUTER, slot, (VALUE,), signatures, NOW)
    assert found == word == VALUE


def test_an_empty_slot_is_stated_as_none() -> None:
    consensus, at = updated(), snapshot()
    state, slot = SCENARIO.inner.state, slot_of(ABSENT_PATH)
    stated, word = PROGRAM.storage(at, ROUTER, slot, state.account_proof(), state.storage_proof(slot))
    assert word is None
    signatures = [each.sign(stated) for each in ENCLAVES[:2]]
    assert verify_stated_storage(SCENARIO.client_state, consensus, ROUTER, slot, (bytes(32),), signatures, NOW) is None


def test_evidence_inside_the_enclave_becomes_a_statement_that_freezes() -> None:

    inner = SCENARIO.inner
    base = updated()
    later = replace(inner.next_block, number=TRUSTED_HEIGHT + 2, timestamp_s=TIME_0_S + 2)
    other = replace(later, timestamp_s=TIME_0_S + 3)

    headers = [
        replace(inner.header(block), account_proof=(), trusted_height=TRUSTED_HEIGHT + 1) for block in (later, other)
    ]
    statement = PROGRAM.misbehaviour(snapshot(), encode_inner(QbftMisbehaviour(*headers)))
    message = encode_misbehaviour([signed(statement, ENCLAVES[:2])])
    CLIENT.verify_client_message(SCENARIO.client_state, base, message, NOW)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, message)
    assert decode_client_state(CLIENT.freeze(SCENARIO.client_state)).frozen


def test_one_key_of_an_operator_replaces_another_in_one_message() -> None:
    base = updated()
    inner = SCENARIO.inner

    bank = next(each for each in ENCLAVES[:2])
    renewed = OperatorEnclave(bank.name, key_number=1)
    block = the_block_after(inner.next_block)
    header = encode_header(replace(inner.header(block), trusted_height=TRUSTED_HEIGHT + 1))
    statement = PROGRAM.update(snapshot(), header).statement
    signers = in_order([renewed, ENCLAVES[1]])
    message = encode_update(
        signed(statement, signers), base.consensus_state, [renewed.registration()], [bank.revocation()]
    )
    CLIENT.verify_client_message(SCENARIO.client_state, base, message, NOW)
    (after,) = CLIENT.update_state(SCENARIO.client_state, message).consensus_states
    decoded = decode_consensus_state(after.consensus_state)
    assert bank.named.enclave_key in decoded.revoked_keys
    assert renewed.named.enclave_key in [each.enclave_key for each in decoded.keys]


def test_status_follows_the_trusting_period() -> None:
    end_s = TIME_0_S + TRUSTING_PERIOD_S
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.trusted, end_s - 1) is LightClientStatus.ACTIVE
    assert CLIENT.status(SCENARIO.client_state, SCENARIO.trusted, end_s) is LightClientStatus.EXPIRED
    frozen = CLIENT.freeze(SCENARIO.client_state)
    assert CLIENT.status(frozen, SCENARIO.trusted, TIME_0_S) is LightClientStatus.FROZEN


def test_a_key_counts_to_the_second_before_its_expiry() -> None:
    consensus, at = updated(), snapshot()
    stated = PROGRAM.membership(at, SCENARIO.inner.proof(PATH), PATH, VALUE)
    proof = encode_membership_proof([each.sign(stated) for each in ENCLAVES[:2]])
    end_s = TIME_0_S + 1 + KEY_LIFETIME_S
    CLIENT.verify_membership(SCENARIO.client_state, consensus, proof, PATH, VALUE, TimeBounds.at(end_s - 1))
    with pytest.raises(KeyRefused, match="expired"):
        CLIENT.verify_membership(SCENARIO.client_state, consensus, proof, PATH, VALUE, TimeBounds.at(end_s))


def test_statements_have_lcps_very_bytes() -> None:
    """Recomputed by hand from the format: header word, offsets, fields in order."""
    statement = StateStatement(b"ibc", b"p", bytes(31) + b"\x07", 9, bytes(31) + b"\x08")
    message = encode_statement(statement)
    words = [message[start : start + 32] for start in range(0, len(message), 32)]

    def number(value: int) -> bytes:
        return value.to_bytes(32, "big")

    assert words[:4] == [number(32), b"\x00\x01\x00\x02" + bytes(28), number(64), number(11 * 32)]
    assert words[4:] == [
        number(32),
        number(6 * 32),
        number(8 * 32),
        number(7),
        number(0),
        number(9),
        number(8),
        number(3),
        b"ibc" + bytes(29),
        number(1),
        b"p" + bytes(31),
    ]
    assert decode_statement(message) == statement
