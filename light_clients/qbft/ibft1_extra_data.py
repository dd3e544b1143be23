"""IBFT1, or Istanbul (GoQuorum): extraData is 32 raw bytes of vanity, then RLP[[validators], proposerSeal, [seals]].

The block hash is taken without the seals. The seals sign keccak(block hash | 02), where 02 is the code of a commit
message. The proposer is whoever signed the header without any seal, hashed twice.
"""

from __future__ import annotations

from light_clients.qbft.errors import MalformedHeader, MalformedSeal
from light_clients.qbft.execution_header import ExecutionHeader
from light_clients.qbft.sealed_header import VANITY_BYTES, SealedHeader, read_seals, read_validators
from primitives.errors import BadSignature
from primitives.keccak import keccak256
from primitives.rlp import join_list, split_list, string_payload
from primitives.secp256k1 import recover_address

_COMMIT_MESSAGE = b"\x02"
_NO_SEAL = b"\x80"
_NO_SEALS = b"\xc0"


def read_ibft1(header: ExecutionHeader) -> SealedHeader:
    """Raises MalformedHeader, MalformedSeal or DecodeError unless extraData is canonical IBFT1."""
    vanity, istanbul = header.extra_data[:VANITY_BYTES], header.extra_data[VANITY_BYTES:]
    items = split_list(istanbul)
    if len(items) != 3:
        raise MalformedHeader("IBFT1 extraData has the wrong number of items", expected=3, found=len(items))
    raw_validators, raw_proposer_seal, raw_seals = items
    without_seals = vanity + join_list((raw_validators, raw_proposer_seal, _NO_SEALS))
    without_any_seal = vanity + join_list((raw_validators, _NO_SEAL, _NO_SEALS))
    hashed_rlp = header.rlp_with_extra_data(without_seals)
    block_hash = keccak256(hashed_rlp)
    proposal_digest = keccak256(keccak256(header.rlp_with_extra_data(without_any_seal)))
    try:
        proposer = recover_address(proposal_digest, string_payload(raw_proposer_seal))
    except BadSignature as error:
        raise MalformedSeal(f"IBFT1 proposer seal is malformed: {error}") from error
    return SealedHeader(
        header=header,
        validators=read_validators(raw_validators),
        round=None,
        seals=read_seals(raw_seals),
        block_hash=block_hash,
        hashed_rlp=hashed_rlp,
        seal_digest=keccak256(block_hash + _COMMIT_MESSAGE),
        proposer=proposer,
    )
