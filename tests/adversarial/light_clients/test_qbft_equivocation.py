"""Two blocks at one height freeze a QBFT client; what only looks like that does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibc.errors import ClientFrozen
from ibc.light_client import ConsensusAt, LightClientStatus
from light_clients.qbft import QbftLightClient, QbftMisbehaviour
from light_clients.qbft.codec import encode_header, encode_misbehaviour
from light_clients.qbft.errors import (
    ForeignSeal,
    HeaderFromFuture,
    NoMisbehaviour,
    QuorumNotReached,
    WrongTrustedHeight,
)
from primitives.errors import DecodeError, InvalidArgument
from tests.fakes.qbft_client import NOW, TRUSTED_HEIGHT, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, validator_keys

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
    [
        BLOCK,
        replace(BLOCK, round=3),
        replace(FORK, number=BLOCK.number + 1, parent_hash=BLOCK.block_hash),
        replace(FORK, number=BLOCK.number + 2, timestamp_s=BLOCK.timestamp_s),
    ],
    ids=["the same block", "the same block in another round", "the next block", "a later one of the same time"],
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
    elsewhere = ConsensusAt(known.height - 2, known.consensus_state)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, elsewhere, later)


def test_a_validator_set_change_without_a_changed_state_is_misbehaviour_too() -> None:
    (known,) = CLIENT.update_state(SCENARIO.client_state, SCENARIO.message(BLOCK)).consensus_states
    smaller = replace(BLOCK, validators=SCENARIO.keys[:3])
    message = encode_header(SCENARIO.header(smaller))
    verify(message)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, known, message)


def kept(block: QbftBlockBuilder) -> ConsensusAt:
    """What the client keeps of a block once it was verified."""
    (consensus,) = CLIENT.update_state(SCENARIO.client_state, SCENARIO.message(block)).consensus_states
    return consensus


def test_a_block_with_the_same_roots_and_time_but_other_transactions_is_misbehaviour() -> None:
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, kept(BLOCK), SCENARIO.message(FORK))


def test_the_same_block_sealed_in_another_round_or_by_others_contradicts_nothing() -> None:
    for message in (SCENARIO.message(replace(BLOCK, round=5)), SCENARIO.message(BLOCK, SCENARIO.keys[1:])):
        assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, kept(BLOCK), message)


def test_a_next_block_that_is_not_built_on_the_kept_one_is_misbehaviour() -> None:
    on_the_fork = replace(BLOCK, number=BLOCK.number + 1, parent_hash=FORK.block_hash, timestamp_s=TIME_0_S + 2)
    verify(SCENARIO.evidence(BLOCK, on_the_fork))
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, kept(BLOCK), SCENARIO.message(on_the_fork))
    on_the_block = replace(on_the_fork, parent_hash=BLOCK.block_hash)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, kept(BLOCK), SCENARIO.message(on_the_block))


def test_a_header_right_above_the_trusted_block_on_another_parent_contradicts_it() -> None:
    message = SCENARIO.message(replace(BLOCK, parent_hash=b"\6" * 32))
    verify(message)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.trusted, message)
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.trusted, SCENARIO.message(BLOCK))


@pytest.mark.parametrize("later_s", [-1, 0, 1])
def test_time_that_goes_back_between_heights_is_misbehaviour_to_the_second(later_s: int) -> None:
    contradicts = later_s < 0
    lower = replace(BLOCK, timestamp_s=TIME_0_S + 3)
    upper = replace(FORK, number=BLOCK.number + 5, timestamp_s=lower.timestamp_s + later_s)
    for one, other in ((lower, upper), (upper, lower)):
        assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, kept(one), SCENARIO.message(other)) is contradicts
        if contradicts:
            verify(SCENARIO.evidence(one, other))
        else:
            with pytest.raises(NoMisbehaviour):
                verify(SCENARIO.evidence(one, other))


def test_evidence_of_headers_ahead_of_the_clock_is_refused() -> None:
    """A quorum that is honest now cannot be made to look guilty by what it might seal; it did not seal this."""
    future = replace(BLOCK, timestamp_s=NOW.earliest_s + 16)
    with pytest.raises(HeaderFromFuture):
        verify(SCENARIO.evidence(future, replace(future, transactions_root=b"\1" * 32)))


def test_a_pruned_trusted_state_cannot_be_replaced_by_one_of_another_height() -> None:
    header = replace(SCENARIO.header(BLOCK), trusted_height=TRUSTED_HEIGHT - 3)
    with pytest.raises(WrongTrustedHeight):
        verify(encode_header(header))
