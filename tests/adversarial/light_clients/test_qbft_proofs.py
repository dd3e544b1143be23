"""Attacks on proofs of presence and absence in the router's storage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ibc.errors import ClientExpired, ClientFrozen
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.qbft import QbftLightClient, verify_storage_at
from light_clients.qbft.codec import encode_membership_proof
from light_clients.qbft.errors import AccountAbsent, CommitmentAbsent, CommitmentMismatch, CommitmentPresent
from primitives.errors import DecodeError, MptError, Refusal
from tests.fakes.qbft_client import (
    ABSENT_PATH,
    NOW,
    OTHER_PATH,
    OTHER_VALUE,
    PATH,
    SHORT_PATH,
    SHORT_VALUE,
    TRUSTING_PERIOD_S,
    VALUE,
    QbftScenario,
    slot_of,
)
from tests.fakes.qbft_headers import ROUTER, TIME_0_S, RouterState

CLIENT = QbftLightClient()
SCENARIO = QbftScenario()
NODES = SCENARIO.state.storage_proof(slot_of(PATH))
ABSENT_NODES = SCENARIO.state.storage_proof(slot_of(ABSENT_PATH))


def present(proof: bytes, path: bytes = PATH, value: bytes = VALUE) -> int:
    return CLIENT.verify_membership(SCENARIO.client_state, SCENARIO.trusted, proof, path, value, NOW)


def absent(proof: bytes, path: bytes = ABSENT_PATH) -> int:
    return CLIENT.verify_non_membership(SCENARIO.client_state, SCENARIO.trusted, proof, path, NOW)


def test_honest_proofs_of_presence_and_absence_give_the_blocks_time() -> None:
    assert present(SCENARIO.proof(PATH)) == TIME_0_S
    assert absent(SCENARIO.proof(ABSENT_PATH)) == TIME_0_S


def test_a_commitment_that_begins_with_zero_bytes_is_proved() -> None:
    assert present(SCENARIO.proof(SHORT_PATH), SHORT_PATH, SHORT_VALUE) == TIME_0_S


def test_a_commitment_without_its_leading_zero_bytes_is_not_the_commitment() -> None:
    with pytest.raises(CommitmentMismatch):
        present(SCENARIO.proof(SHORT_PATH), SHORT_PATH, SHORT_VALUE[2:])


def test_the_commitment_shifted_to_the_left_is_not_the_commitment() -> None:
    with pytest.raises(CommitmentMismatch):
        present(SCENARIO.proof(SHORT_PATH), SHORT_PATH, SHORT_VALUE[2:] + b"\0\0")


def test_another_value_is_refused() -> None:
    with pytest.raises(CommitmentMismatch):
        present(SCENARIO.proof(PATH), value=OTHER_VALUE)


def test_a_proof_of_the_wrong_slot_is_refused() -> None:
    with pytest.raises(Refusal):
        present(SCENARIO.proof(OTHER_PATH), value=OTHER_VALUE)


def test_absence_of_a_present_key_is_refused() -> None:
    with pytest.raises(CommitmentPresent):
        absent(SCENARIO.proof(PATH), PATH)


def test_absence_of_a_present_key_with_the_proof_of_an_absent_one_is_refused() -> None:
    with pytest.raises(MptError):
        absent(SCENARIO.proof(ABSENT_PATH), PATH)


def test_presence_of_an_absent_key_is_refused() -> None:
    for value in (VALUE, bytes(32), b""):
        with pytest.raises(CommitmentAbsent):
            present(SCENARIO.proof(ABSENT_PATH), ABSENT_PATH, value)


FORGERIES: dict[str, Callable[[tuple[bytes, ...]], tuple[bytes, ...]]] = {
    "empty": lambda _: (),
    "without the last node": lambda nodes: nodes[:-1],
    "without the root": lambda nodes: nodes[1:],
    "reordered": lambda nodes: nodes[::-1],
    "root twice": lambda nodes: (nodes[0], *nodes),
    "last node twice": lambda nodes: (*nodes, nodes[-1]),
    "one unused node": lambda nodes: (*nodes, b"\xc2\x20\x01"),
    "a changed byte in the leaf": lambda nodes: (*nodes[:-1], nodes[-1][:-1] + bytes([nodes[-1][-1] ^ 1])),
    "a changed byte in the root": lambda nodes: (nodes[0][:40] + bytes([nodes[0][40] ^ 1]) + nodes[0][41:], *nodes[1:]),
    "a truncated leaf": lambda nodes: (*nodes[:-1], nodes[-1][:-1]),
    "a longer leaf": lambda nodes: (*nodes[:-1], nodes[-1] + b"\0"),
    "an empty node": lambda nodes: (*nodes, b""),
    "nodes of another contract": lambda _: RouterState({slot_of(PATH): VALUE}).storage_proof(slot_of(PATH)),
    "account nodes": lambda _: SCENARIO.state.account_proof(),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_proof_is_refused_for_presence_and_for_absence(
    forgery: Callable[[tuple[bytes, ...]], tuple[bytes, ...]],
) -> None:
    with pytest.raises(Refusal):
        present(encode_membership_proof(forgery(NODES)))
    with pytest.raises(Refusal):
        absent(encode_membership_proof(forgery(ABSENT_NODES)))


def test_oversized_proofs_are_refused() -> None:
    for nodes in ((bytes(2000), *NODES[1:]), NODES * 40, (bytes(1000),) * 100):
        with pytest.raises(Refusal):
            present(encode_membership_proof(nodes))


@pytest.mark.parametrize("tail", [b"\0", b"\x12\x01\x00"], ids=["a byte", "an unknown field"])
def test_trailing_bytes_after_a_proof_are_refused(tail: bytes) -> None:
    with pytest.raises(DecodeError):
        present(SCENARIO.proof(PATH) + tail)


def test_an_expired_consensus_state_proves_nothing_any_more() -> None:
    expired = TimeBounds.at(TIME_0_S + TRUSTING_PERIOD_S)
    with pytest.raises(ClientExpired):
        CLIENT.verify_membership(SCENARIO.client_state, SCENARIO.trusted, SCENARIO.proof(PATH), PATH, VALUE, expired)
    with pytest.raises(ClientExpired):
        CLIENT.verify_non_membership(
            SCENARIO.client_state, SCENARIO.trusted, SCENARIO.proof(ABSENT_PATH), ABSENT_PATH, expired
        )


def test_a_frozen_client_proves_nothing_any_more() -> None:
    frozen = CLIENT.freeze(SCENARIO.client_state)
    nodes = SCENARIO.state.account_proof(), SCENARIO.state.storage_proof(slot_of(PATH))
    with pytest.raises(ClientFrozen):
        CLIENT.verify_membership(frozen, SCENARIO.trusted, SCENARIO.proof(PATH), PATH, VALUE, NOW)
    with pytest.raises(ClientFrozen):
        CLIENT.verify_non_membership(frozen, SCENARIO.trusted, SCENARIO.proof(ABSENT_PATH), ABSENT_PATH, NOW)
    with pytest.raises(ClientFrozen):
        verify_storage_at(frozen, SCENARIO.trusted, ROUTER, slot_of(PATH), *nodes, NOW)


def test_a_word_of_any_contract_is_read_under_the_state_root() -> None:
    earmark = bytes.fromhex("11" * 32)
    adapter = RouterState({earmark: VALUE}, contract=b"\x33" * 20)
    scenario = QbftScenario(state=adapter)

    def word(contract: bytes, slot: bytes, trusted: ConsensusAt = scenario.trusted) -> bytes | None:
        proofs = adapter.account_proof(contract), adapter.storage_proof(slot)
        return verify_storage_at(scenario.client_state, trusted, contract, slot, *proofs, NOW)

    assert word(b"\x33" * 20, earmark) == VALUE
    assert word(b"\x33" * 20, bytes(32)) is None
    with pytest.raises(AccountAbsent):
        word(b"\x44" * 20, earmark)
    with pytest.raises(MptError):
        word(b"\x33" * 20, earmark, SCENARIO.trusted)
