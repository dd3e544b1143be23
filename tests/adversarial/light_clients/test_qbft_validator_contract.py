"""Validators from a contract: proofs that are missing, foreign, incomplete or of another block's state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from light_clients.qbft import ConsensusEngine, EngineEra, QbftHeader, QbftLightClient, QbftMisbehaviour
from light_clients.qbft.codec import decode_client_message, decode_consensus_state, encode_header, encode_misbehaviour
from light_clients.qbft.errors import (
    AccountAbsent,
    ForeignSeal,
    MalformedHeader,
    QuorumNotReached,
    TrustOverlapTooSmall,
    WrongParent,
)
from light_clients.qbft.own_validators import MAX_CONTRACT_VALIDATORS, read_client_header
from primitives.errors import DecodeError, MptError, PeerError
from tests.fakes.bft_engines import (
    CONTRACT,
    CONTRACT_ERA,
    ContractModeBlock,
    ContractModeBlockBuilder,
    Ibft2BlockBuilder,
    array_storage,
)
from tests.fakes.qbft_client import NOW, TRUSTED_HEIGHT, QbftScenario
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, RouterState, ValidatorKey, validator_keys

CLIENT = QbftLightClient()
OLD = validator_keys(4)
NEW = validator_keys(4, name="newcomer")
SCENARIO = QbftScenario(keys=OLD, eras=(CONTRACT_ERA,))


def skipping(own: Sequence[ValidatorKey] = OLD) -> ContractModeBlock:
    return ContractModeBlock(own, TRUSTED_HEIGHT + 5, TIME_0_S + 2, SCENARIO.state)


def adjacent(own: Sequence[ValidatorKey]) -> tuple[QbftScenario, ContractModeBlock]:
    """A client whose trusted block holds ``own`` in its contract, and the next block."""
    block = ContractModeBlock(own, TRUSTED_HEIGHT + 1, TIME_0_S + 1, SCENARIO.state)
    return replace(SCENARIO, trusted_hash=block.parent_block.block_hash), block


def verify(header: QbftHeader, scenario: QbftScenario = SCENARIO) -> None:
    CLIENT.verify_client_message(scenario.client_state, scenario.trusted, encode_header(header), NOW)


def test_a_header_sealed_by_the_contracts_validators_is_accepted_and_they_are_kept() -> None:
    own = (*OLD[:3], *NEW[:1])
    header = skipping(own).header(TRUSTED_HEIGHT, own[:3])
    verify(header)
    assert decode_client_message(encode_header(header)) == header
    (kept,) = CLIENT.update_state(SCENARIO.client_state, encode_header(header)).consensus_states
    assert decode_consensus_state(kept.consensus_state).validators == tuple(key.address for key in own)


def test_a_whole_new_set_is_accepted_right_after_the_block_whose_state_names_it() -> None:
    scenario, block = adjacent(NEW)
    verify(block.header(TRUSTED_HEIGHT, NEW[:3]), scenario)


def test_a_whole_new_set_is_refused_across_a_gap() -> None:
    with pytest.raises(TrustOverlapTooSmall):
        verify(skipping(NEW).header(TRUSTED_HEIGHT, NEW))


def test_a_whole_new_set_on_a_parent_that_is_not_the_trusted_block_is_refused() -> None:
    _, block = adjacent(NEW)
    with pytest.raises(TrustOverlapTooSmall):
        verify(block.header(TRUSTED_HEIGHT, NEW))


def test_a_next_block_on_another_parent_contradicts_the_trusted_block() -> None:
    _, block = adjacent(OLD)
    header = block.header(TRUSTED_HEIGHT, OLD)
    verify(header)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, SCENARIO.trusted, encode_header(header))


@pytest.mark.parametrize("signers", [OLD[:2], OLD[:1], ()])
def test_fewer_seals_than_the_contracts_quorum_are_refused(signers: Sequence[ValidatorKey]) -> None:
    with pytest.raises(QuorumNotReached):
        verify(skipping().header(TRUSTED_HEIGHT, signers))


def test_seals_by_others_than_the_contracts_validators_are_refused() -> None:
    with pytest.raises(ForeignSeal):
        verify(skipping().header(TRUSTED_HEIGHT, NEW))


def test_a_header_that_lists_validators_beside_the_contract_is_refused() -> None:
    block = skipping()
    listed = QbftBlockBuilder(OLD, number=block.number, timestamp_s=block.timestamp_s)
    header = block.header(TRUSTED_HEIGHT, OLD)
    with pytest.raises(MalformedHeader, match="4 in extraData"):
        verify(replace(header, header_rlp=listed.sealed_by(OLD)))


def test_a_header_without_the_proof_is_refused_and_one_with_a_needless_proof_too() -> None:
    header = skipping().header(TRUSTED_HEIGHT, OLD)
    with pytest.raises(MalformedHeader, match="no proof"):
        verify(replace(header, validators_proof=None))
    listing = QbftScenario(keys=OLD)
    needless = replace(listing.header(listing.next_block), validators_proof=header.validators_proof)
    with pytest.raises(MalformedHeader):
        verify(needless, listing)


def test_a_listing_chain_whose_header_lists_nobody_is_refused() -> None:
    listing = QbftScenario(keys=OLD)
    block = ContractModeBlockBuilder(OLD, number=TRUSTED_HEIGHT + 1, timestamp_s=TIME_0_S + 1)
    with pytest.raises(MalformedHeader):
        verify(listing.header(block), listing)


def test_the_set_of_another_blocks_state_is_refused() -> None:
    """The attackers' own contract state in a parent header that they made, which the sealed header does not name."""
    header, forged = skipping().header(TRUSTED_HEIGHT, OLD), skipping(NEW).validators_proof()
    with pytest.raises(WrongParent):
        verify(replace(header, validators_proof=forged))


def test_a_parent_of_another_height_is_refused_though_the_header_names_it() -> None:
    parent = ContractModeBlockBuilder(OLD, number=TRUSTED_HEIGHT, timestamp_s=TIME_0_S + 1)
    with pytest.raises(WrongParent):
        verify(replace(skipping(), parent=parent).header(TRUSTED_HEIGHT, OLD))


def test_a_parent_with_seals_is_refused_for_its_bytes_are_not_those_that_are_hashed() -> None:
    block = skipping()
    header = block.header(TRUSTED_HEIGHT, OLD)
    proof = header.validators_proof
    assert proof is not None
    sealed = replace(proof, parent_header_rlp=block.parent_block.sealed_by(OLD))
    with pytest.raises(WrongParent):
        verify(replace(header, validators_proof=sealed))


def test_the_first_block_takes_its_validators_from_the_genesis_state() -> None:
    """A genesis block is hashed as it stands, whatever its extraData says."""
    genesis = Ibft2BlockBuilder(OLD, number=0, timestamp_s=TIME_0_S - 9)
    block = ContractModeBlock(OLD, 1, TIME_0_S + 2, SCENARIO.state, parent=genesis)
    sealed = read_client_header(SCENARIO.client, block.header(TRUSTED_HEIGHT, OLD))
    assert sealed.validators == tuple(key.address for key in OLD)


@pytest.mark.parametrize("shown", [0, 1, 3, 5])
def test_a_shortened_or_padded_array_is_refused(shown: int) -> None:
    block = skipping()
    header = replace(block.header(TRUSTED_HEIGHT, OLD), validators_proof=block.validators_proof(shown))
    with pytest.raises(MalformedHeader):
        verify(header)


def test_permuted_elements_are_refused() -> None:
    header = skipping().header(TRUSTED_HEIGHT, OLD)
    proof = header.validators_proof
    assert proof is not None
    permuted = (proof.slots[0], proof.slots[2], proof.slots[1], *proof.slots[3:])
    with pytest.raises(MptError):
        verify(replace(header, validators_proof=replace(proof, slots=permuted)))


def test_the_set_of_another_contract_is_refused() -> None:
    block = skipping()
    header = block.header(TRUSTED_HEIGHT, OLD)
    proof = header.validators_proof
    assert proof is not None
    elsewhere = block.validator_state.account_proof(b"\x11" * 20)
    with pytest.raises((MptError, AccountAbsent)):
        verify(replace(header, validators_proof=replace(proof, account_proof=elsewhere)))


@pytest.mark.parametrize(
    "words",
    [
        [b"\x01" * 32] * 4,
        [OLD[0].address.rjust(32, b"\0")] * 4,
        [key.address.rjust(32, b"\0") for key in OLD[:3]] + [bytes(32)],
    ],
    ids=["no addresses", "one four times", "a zero"],
)
def test_an_array_of_anything_but_distinct_addresses_is_refused(words: list[bytes]) -> None:
    block = replace(skipping(), storage=array_storage(words))
    with pytest.raises(DecodeError):
        verify(block.header(TRUSTED_HEIGHT, OLD))


def test_a_contract_with_more_validators_than_the_bound_is_refused() -> None:
    block = replace(skipping(), storage={**array_storage([]), bytes(31) + b"\x03": (2**200).to_bytes(32, "big")})
    with pytest.raises(MalformedHeader):
        verify(block.header(TRUSTED_HEIGHT, OLD))


def test_a_chain_moves_its_validators_from_extra_data_into_a_contract() -> None:
    eras = (EngineEra(0, ConsensusEngine.QBFT), replace(CONTRACT_ERA, from_block=TRUSTED_HEIGHT + 5))
    scenario = replace(SCENARIO, eras=eras)
    verify(scenario.header(replace(scenario.next_block, number=TRUSTED_HEIGHT + 4)), scenario)
    last_listing = QbftBlockBuilder(OLD, number=TRUSTED_HEIGHT + 4, timestamp_s=TIME_0_S + 1)
    verify(replace(skipping(), parent=last_listing).header(TRUSTED_HEIGHT, OLD), scenario)


def test_evidence_in_contract_mode_proves_the_set_of_both_headers() -> None:
    block = skipping()
    honest = replace(block.header(TRUSTED_HEIGHT, OLD), account_proof=())
    fork = replace(block.block, transactions_root=b"\1" * 32)
    other = replace(honest, header_rlp=fork.sealed_by(OLD))
    evidence = encode_misbehaviour(QbftMisbehaviour(honest, other))
    CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, evidence, NOW)
    forged = encode_misbehaviour(QbftMisbehaviour(honest, replace(other, header_rlp=fork.sealed_by(OLD[:2]))))
    with pytest.raises(QuorumNotReached):
        CLIENT.verify_client_message(SCENARIO.client_state, SCENARIO.trusted, forged, NOW)


def test_evidence_of_the_largest_set_fits_into_one_message_and_a_larger_set_is_refused() -> None:
    many = validator_keys(MAX_CONTRACT_VALIDATORS, name="many")
    header = replace(skipping(many).header(TRUSTED_HEIGHT, many), account_proof=())
    evidence = encode_misbehaviour(QbftMisbehaviour(header, header))
    assert decode_client_message(evidence) == QbftMisbehaviour(header, header)
    too_many = validator_keys(MAX_CONTRACT_VALIDATORS + 1, name="many")
    with pytest.raises(MalformedHeader, match="out of range"):
        verify(skipping(too_many).header(TRUSTED_HEIGHT, too_many))


def test_a_proof_with_more_nodes_than_the_bound_is_refused_when_decoded() -> None:
    header = skipping().header(TRUSTED_HEIGHT, OLD)
    proof = header.validators_proof
    assert proof is not None
    for bomb in (replace(proof, account_proof=(b"",) * 66), replace(proof, slots=((b"",) * 66,))):
        with pytest.raises(DecodeError):
            decode_client_message(encode_header(replace(header, validators_proof=bomb)))


def test_a_router_beside_the_contract_is_proved_as_ever() -> None:
    header = skipping().header(TRUSTED_HEIGHT, OLD)
    with pytest.raises(PeerError):
        verify(replace(header, account_proof=RouterState().account_proof(CONTRACT)))
