"""Two blocks at one height freeze a QBFT client; what only looks like that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibc.errors import ClientFrozen
from ibc.light_client import ConsensusAt, LightClientStatus
from light_clients.qbft import QbftLightClient, QbftMisbehaviour
from light_clients.qbft.codec import encode_header, encode_misbehaviour
from light_clients.qbft.errors import ForeignSeal, NoMisbehaviour, QuorumNotReached, WrongTrustedHeight
from primitives.errors import DecodeError, InvalidArgument
from tests.fakes.qbft_client import NOW, TRUSTED_HEIGHT, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S, validator_keys

CLIENT = QbftLightClient()
SCENARIO = QbftScenario()
BLOCK = SCENARIO.next_block
FORK = replace(BLOCK, transactions_root=b"\1" * 32)


def verify(message: bytes) -> None:
    CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, message, NOW)


def test_two_sealed_blocks_at_one_height_are_misbehaviour_and_freeze() -> None:
    evidence = SCENARIO.evidence(BLOCK, FORK)
    verify(evidence)
    assert CLIENT.trusted_height(evidence) == TRUSTED_HEIGHT
    assert CLIENT.message_height(evidence) == BLOCK.number
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, evidence)
    frozen = CLIENT.freeze(SCENARIO.client_state)
    assert CLIENT.status(frozen, SCENARIO.trusted, TIME_0_S + 1) is LightClientStatus.FROZEN
    with pytest.raises(ClientFrozen):
        CLIENT.verify_client_message(frozen, SCENARIO.trusted, evidence, NOW)


def test_evidence_cannot_be_applied_as_an_update() -> None:
    with pytest.raises(InvalidArgument):
        CLIENT.update_state(SCENARIO.client_state, SCENARIO.evidence(BLOCK, FORK))


@pytest.mark.parametrize(
    "other",
    [BLOCK, replace(BLOCK, round=3), replace(FORK, number=BLOCK.number + 1)],
    ids=["the same block", "the same block in another round", "another height"],
)
def test_an_innocent_chain_cannot_be_accused(other: object) -> None:
    with pytest.raises(NoMisbehaviour):
        verify(SCENARIO.evidence(BLOCK, other))  # type: ignore[arg-type]  # blocks all


def test_the_same_block_by_two_different_quorums_is_no_misbehaviour() -> None:
    headers = [
        replace(SCENARIO.header(BLOCK, keys), account_proof=()) for keys in (SCENARIO.keys[:3], SCENARIO.keys[1:])
    ]
    with pytest.raises(NoMisbehaviour):
        verify(encode_misbehaviour(QbftMisbehaviour(*headers)))


def test_forged_evidence_does_not_freeze() -> None:
    honest = replace(SCENARIO.header(BLOCK), account_proof=())
    two_of_four = replace(SCENARIO.header(FORK, SCENARIO.keys[:2]), account_proof=())
    strangers = replace(SCENARIO.header(FORK, validator_keys(4, name="stranger")), account_proof=())
    elsewhere = replace(SCENARIO.header(FORK), account_proof=(), trusted_height=TRUSTED_HEIGHT - 1)
    with_proof = SCENARIO.header(FORK)
    for forged, error in (
        (two_of_four, QuorumNotReached),
        (strangers, ForeignSeal),
        (elsewhere, WrongTrustedHeight),
        (with_proof, DecodeError),
    ):
        for headers in ((honest, forged), (forged, honest)):
            with pytest.raises(error):
                CLIENT.verify_client_message(
                    SCENARIO.client_state,
                    SCENARIO.trusted,
                    encode_misbehaviour(QbftMisbehaviour(*headers)),
                    NOW,
                )


def test_a_sealed_header_unlike_the_known_block_of_its_height_is_misbehaviour() -> None:
    message = SCENARIO.message(BLOCK)
    (known,) = CLIENT.update_state(SCENARIO.client_state, message).consensus_states
    later = SCENARIO.message(replace(BLOCK, timestamp_s=BLOCK.timestamp_s + 1))
    verify(later)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, known, later)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, known, message)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, later)
    elsewhere = ConsensusAt(known.height - 1, known.consensus_state)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, elsewhere, later)


def test_a_validator_set_change_without_a_changed_state_is_misbehaviour_too() -> None:
    (known,) = CLIENT.update_state(SCENARIO.client_state, SCENARIO.message(BLOCK)).consensus_states
    smaller = replace(BLOCK, validators=SCENARIO.keys[:3])
    message = encode_header(SCENARIO.header(smaller))
    verify(message)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, known, message)
