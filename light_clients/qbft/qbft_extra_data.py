"""QBFT (Besu, GoQuorum): extraData is RLP[vanity32, [validators], vote, round, [seals]].

The block hash is taken with the round set to 0 and no seals, so that one block has one hash whatever round decided
it. The seals sign the header with the actual round and no seals.
"""

from __future__ import annotations

from light_clients.qbft.errors import MalformedHeader
from light_clients.qbft.execution_header import ExecutionHeader, decode_execution_header
from light_clients.qbft.sealed_header import SealedHeader, read_five_items, read_seals, read_validators
from primitives.keccak import keccak256
from primitives.rlp import join_list, string_payload

_ZERO_ROUND = b"\x80"
_NO_VOTE = b"\xc0"
_NO_SEALS = b"\xc0"
_MAX_ROUND_BYTES = 4


def read_qbft_header(header_rlp: bytes) -> SealedHeader:
    """Raises MalformedHeader or DecodeError unless the bytes are one canonical QBFT header."""
    return read_qbft(decode_execution_header(header_rlp))


def read_qbft(header: ExecutionHeader) -> SealedHeader:
    """The same of a header that is decoded already."""
    items = read_five_items(header.extra_data, "QBFT", _NO_VOTE)
    raw_vanity, raw_validators, raw_vote, raw_round, raw_seals = items
    round_bytes = string_payload(raw_round)
    if len(round_bytes) > _MAX_ROUND_BYTES or round_bytes[:1] == b"\0":
        raise MalformedHeader("QBFT round is no minimal integer of 32 bits", found=round_bytes)
    unsealed = (raw_vanity, raw_validators, raw_vote)
    signed_rlp = _rlp_with(header, (*unsealed, raw_round, _NO_SEALS))
    seal_digest = keccak256(signed_rlp)
    in_round_zero = raw_round == _ZERO_ROUND
    hashed_rlp = signed_rlp if in_round_zero else _rlp_with(header, (*unsealed, _ZERO_ROUND, _NO_SEALS))
    return SealedHeader(
        header=header,
        validators=read_validators(raw_validators),
        round=int.from_bytes(round_bytes, "big"),
        seals=read_seals(raw_seals),
        block_hash=seal_digest if in_round_zero else keccak256(hashed_rlp),
        hashed_rlp=hashed_rlp,
        seal_digest=seal_digest,
        proposer=header.coinbase,
    )


def _rlp_with(header: ExecutionHeader, raw_extra: tuple[bytes, ...]) -> bytes:
    return header.rlp_with_extra_data(join_list(raw_extra))
