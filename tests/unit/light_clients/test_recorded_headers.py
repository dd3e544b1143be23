"""Blocks recorded on networks of others: what they say is what we read, and the light client takes the live ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.qbft import (
    IBC_STORE_SLOT,
    ConsensusEngine,
    QbftClientState,
    QbftConsensusState,
    QbftHeader,
    QbftLightClient,
    read_qbft_header,
    read_sealed_header,
)
from light_clients.qbft.codec import (
    encode_client_state,
    encode_consensus_state,
    encode_header,
    encode_membership_proof,
)
from light_clients.qbft.errors import CommitmentAbsent, CommitmentPresent, QuorumNotReached, TrustOverlapTooSmall
from light_clients.qbft.verify import validate_seals
from primitives.errors import Refusal
from primitives.rlp import split_list

VECTORS = Path(__file__).parents[2] / "vectors" / "evm_headers"
LIVE = json.loads((VECTORS / "besu_qbft_e2e_blocks27_28_4vals_with_proofs.json").read_text())
CLIENT = QbftLightClient()


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def recorded_headers() -> Iterator[Any]:
    for path in sorted(VECTORS.glob("*.json")):
        document = json.loads(path.read_text())
        for name in ("header_a", "header_b") if "trusted" in document else ("",):
            yield pytest.param(document[name] if name else document, id=path.stem + name)


@pytest.mark.parametrize("recorded", list(recorded_headers()))
def test_hashes_validators_seals_and_proposer_are_as_recorded(recorded: dict[str, Any]) -> None:
    expected = recorded["expected"]
    sealed = read_sealed_header(ConsensusEngine(recorded["kind"]), unhex(recorded["header_rlp"]))
    assert sealed.block_hash == unhex(expected["block_hash"])
    assert sealed.seal_digest == unhex(expected["commit_seal_digest"])
    assert list(sealed.validators) == [unhex(validator) for validator in expected["validators"]]
    assert list(validate_seals(sealed)) == [unhex(signer) for signer in expected["committers_in_seal_order"]]
    assert sealed.proposer == unhex(expected["proposer"])
    assert sealed.round == expected["round"]
    assert sealed.header.number == int(recorded["header"]["number"], 16)


def test_in_a_later_round_the_block_hash_is_not_what_the_seals_sign() -> None:
    recorded = json.loads((VECTORS / "besu_qbft_block7528_4vals_round1.json").read_text())
    sealed = read_qbft_header(unhex(recorded["header_rlp"]))
    assert sealed.round == 1
    assert sealed.block_hash != sealed.seal_digest


@pytest.mark.parametrize("recorded", list(recorded_headers()))
def test_a_header_read_as_another_kind_is_refused(recorded: dict[str, Any]) -> None:
    for engine in ConsensusEngine:
        if engine.value != recorded["kind"]:
            with pytest.raises(Refusal):
                validate_seals(read_sealed_header(engine, unhex(recorded["header_rlp"])))


def trusted() -> tuple[bytes, ConsensusAt, TimeBounds]:
    """Client state and consensus state that the live vector starts from; its state root is not recorded."""
    start = LIVE["trusted"]
    client_state = QbftClientState(
        chain_id=1337,
        router_address=unhex(LIVE["header_a"]["account"]["address"]),
        store_slot=IBC_STORE_SLOT,
        latest_height=start["height"],
        trusting_period_s=start["trusting_period"],
        max_clock_drift_s=start["max_clock_drift"],
        frozen=False,
    )
    validators = tuple(unhex(validator) for validator in start["validators"])
    consensus = QbftConsensusState(start["timestamp"], bytes(32), unhex(start["storage_root"]), validators, bytes(32))
    now = TimeBounds.at(int(LIVE["header_b"]["header"]["timestamp"], 16))
    return encode_client_state(client_state), ConsensusAt(start["height"], encode_consensus_state(consensus)), now


def live_message(name: str, trusted_height: int) -> bytes:
    recorded = LIVE[name]
    proof = tuple(unhex(node) for node in recorded["account"]["proof"])
    return encode_header(QbftHeader(unhex(recorded["header_rlp"]), trusted_height, proof))


def negative_message(name: str, trusted_height: int) -> bytes:
    recorded = LIVE["negative"][name]
    proof = tuple(split_list(unhex(recorded["accountProof"])))
    return encode_header(QbftHeader(unhex(recorded["headerRlp"]), trusted_height, proof))


def test_the_light_client_follows_the_live_chain_and_proves_its_commitments() -> None:
    client_state, consensus, now = trusted()
    for name in ("header_a", "header_b"):
        message = live_message(name, consensus.height)
        CLIENT.verify_client_message(client_state, consensus, message, now)
        assert not CLIENT.check_for_misbehaviour(client_state, None, message)
        result = CLIENT.update_state(client_state, message)
        client_state, (consensus,) = result.client_state, result.consensus_states
    present, absent = LIVE["membership"], LIVE["non_membership"]
    present_proof = encode_membership_proof([unhex(node) for node in present["proof"]])
    absent_proof = encode_membership_proof([unhex(node) for node in absent["proof"]])
    path, value = unhex(present["path"]), unhex(present["value"])
    assert CLIENT.verify_membership(client_state, consensus, present_proof, path, value, now) == now.latest_s
    absent_path = unhex(absent["path"])
    assert CLIENT.verify_non_membership(client_state, consensus, absent_proof, absent_path, now) == now.latest_s
    with pytest.raises(CommitmentPresent):
        CLIENT.verify_non_membership(client_state, consensus, present_proof, path, now)
    with pytest.raises(CommitmentAbsent):
        CLIENT.verify_membership(client_state, consensus, absent_proof, absent_path, value, now)


def test_each_recorded_negative_is_refused_for_its_own_reason() -> None:
    client_state, consensus, now = trusted()
    for name, error in (("lowQuorumHeight12", QuorumNotReached), ("lowOverlapHeight13", TrustOverlapTooSmall)):
        with pytest.raises(error):
            CLIENT.verify_client_message(client_state, consensus, negative_message(name, consensus.height), now)
    (known,) = CLIENT.update_state(client_state, live_message("header_b", consensus.height)).consensus_states
    conflicting = negative_message("conflictingHeight12", consensus.height)
    assert CLIENT.message_height(conflicting) == known.height
    assert CLIENT.check_for_misbehaviour(client_state, known, conflicting)


@given(st.data())
def test_no_byte_of_a_live_header_can_be_changed(data: st.DataObject) -> None:
    header_rlp = unhex(LIVE["header_b"]["header_rlp"])
    place = data.draw(st.integers(0, len(header_rlp) - 1))
    changed = header_rlp[place] ^ data.draw(st.integers(1, 255))
    with pytest.raises(Refusal):
        validate_seals(read_qbft_header(header_rlp[:place] + bytes([changed]) + header_rlp[place + 1 :]))


@given(st.sampled_from(ConsensusEngine), st.binary(max_size=700))
def test_bytes_that_are_no_header_are_refused_by_name(engine: ConsensusEngine, noise: bytes) -> None:
    with pytest.raises(Refusal):
        read_sealed_header(engine, noise)
