"""Which validators had to seal a block: those extraData lists, or those a contract held after the block before.

In validator-contract mode Besu and GoQuorum take the set of block n from the state after block n-1, at the contract
that the schedule names for n. That state root stands in the header of n-1, whose hash n names as its parent. So a
message brings that header in the form that is hashed, which has no seals, and proves the array slot by slot.

Why a set that comes from an unsealed parent header may be believed: it is exactly as good as a list in extraData. Both
are what the header says of itself; what makes them true is that more than a third of the trusted validators sealed the
header, so an honest one did, and it seals only on a parent it has executed. Where the parent is the trusted block, the
trusted state itself names the set, as Tendermint's next-validators hash does: its quorum needs no overlap with the set
before it, and a whole set may be replaced at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from light_clients.qbft.client_state import QbftClientState
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.engine import read_sealed
from light_clients.qbft.eras import ValidatorContract, era_of
from light_clients.qbft.errors import MalformedHeader, WrongParent
from light_clients.qbft.execution_header import ExecutionHeader, decode_execution_header
from light_clients.qbft.header import QbftHeader, ValidatorsProof
from light_clients.qbft.sealed_header import SealedHeader, check_validators
from light_clients.qbft.storage_roots import storage_root_of
from light_clients.qbft.verify import TrustAnchor
from primitives.keccak import keccak256
from primitives.mpt import verify_storage

MAX_CONTRACT_VALIDATORS: Final = 80
"""So many that evidence, two headers with two proofs of the whole set, fits into one client message."""
_ADDRESS_PADDING: Final = bytes(12)


def read_client_header(client_state: QbftClientState, header: QbftHeader) -> SealedHeader:
    """The header as its era's engine reads it, with the validators that had to seal it. Seals are checked elsewhere.

    Raises WrongEngine, MalformedHeader, MalformedSeal, WrongParent, AccountAbsent, MptError or DecodeError.
    """
    execution_header = decode_execution_header(header.header_rlp)
    era = era_of(client_state.eras, execution_header.number)
    sealed = read_sealed(era.engine, execution_header)
    if era.contract is None:
        if header.validators_proof is not None:
            raise MalformedHeader("extraData lists this era's validators", expected="no proof of them", found="a proof")
        return sealed
    if header.validators_proof is None or sealed.validators:
        found = f"{len(sealed.validators)} in extraData, {'a' if header.validators_proof else 'no'} proof"
        raise MalformedHeader("a contract holds this era's validators", expected="a proof and no list", found=found)
    parent = _parent_of(sealed, header.validators_proof)
    return replace(sealed, validators=_validators_in(era.contract, parent.state_root, header.validators_proof))


def anchor_of(
    client_state: QbftClientState, sealed: SealedHeader, trusted_height: int, trusted: QbftConsensusState
) -> TrustAnchor:
    """What a header is built on, and whose seals vouch for it: the trusted set, or the one its state names."""
    era = era_of(client_state.eras, sealed.header.number)
    follows = sealed.header.number == trusted_height + 1 and sealed.header.parent_hash == trusted.block_hash
    vouching = sealed.validators if era.contract is not None and follows else trusted.validators
    return TrustAnchor(trusted_height, trusted.timestamp_s, vouching)


def _parent_of(sealed: SealedHeader, proof: ValidatorsProof) -> ExecutionHeader:
    """The parent's header in the form that is hashed, so that no byte of it is left to choice; of any engine."""
    parent = decode_execution_header(proof.parent_header_rlp)
    block_hash = keccak256(proof.parent_header_rlp)
    if block_hash != sealed.header.parent_hash or parent.number + 1 != sealed.header.number:
        raise WrongParent("this is not the header's parent block", expected=sealed.header.parent_hash, found=block_hash)
    return parent


def element_slots(contract: ValidatorContract, length: int) -> list[bytes]:
    """Where Solidity keeps the first elements of the contract's array."""
    first = int.from_bytes(keccak256(contract.slot), "big")
    return [((first + index) % 2**256).to_bytes(32, "big") for index in range(length)]


def _validators_in(contract: ValidatorContract, state_root: bytes, proof: ValidatorsProof) -> tuple[bytes, ...]:
    """The contract's array: length at its slot, element i at keccak(slot) + i, an address right-aligned in each."""
    storage_root = storage_root_of(state_root, contract.address, proof.account_proof)
    if not proof.slots:
        raise MalformedHeader("the array's length is not proved", expected="one slot or more", found=0)
    length = int.from_bytes(verify_storage(storage_root, contract.slot, proof.slots[0]) or b"", "big")
    if not 1 <= length <= MAX_CONTRACT_VALIDATORS or len(proof.slots) != length + 1:
        raise MalformedHeader(
            "the contract's validators are out of range, or not all of them are proved",
            expected=f"1..{MAX_CONTRACT_VALIDATORS}, {len(proof.slots) - 1} proved",
            found=length,
        )
    validators = []
    for index, (slot, nodes) in enumerate(zip(element_slots(contract, length), proof.slots[1:], strict=True)):
        word = verify_storage(storage_root, slot, nodes)
        if word is None or word[:12] != _ADDRESS_PADDING:
            raise MalformedHeader(f"validator {index} is no address", expected="20 bytes, not zero", found=word or b"")
        validators.append(bytes(word[12:]))
    return check_validators(tuple(validators))
