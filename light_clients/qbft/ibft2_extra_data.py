"""IBFT2 (Besu): extraData is RLP[vanity32, [validators], vote, round4, [seals]].

The round is a string of four bytes, and no vote is an empty string.
The block hash is taken without round and seals (three items), the seals sign the header without seals (four items).
"""

from __future__ import annotations

from light_clients.qbft.errors import MalformedHeader
from light_clients.qbft.execution_header import ExecutionHeader
from light_clients.qbft.sealed_header import SealedHeader, read_five_items, read_seals, read_validators
from primitives.keccak import keccak256
from primitives.rlp import join_list, string_payload

_NO_VOTE = b"\x80"
_ROUND_BYTES = 4


def read_ibft2(header: ExecutionHeader) -> SealedHeader:
    """Raises MalformedHeader or DecodeError unless extraData is canonical IBFT2."""
    items = read_five_items(header.extra_data, "IBFT2", _NO_VOTE)
    raw_vanity, raw_validators, raw_vote, raw_round, raw_seals = items
    round_bytes = string_payload(raw_round)
    if len(round_bytes) != _ROUND_BYTES:
        raise MalformedHeader("IBFT2 round has the wrong size", expected=_ROUND_BYTES, found=round_bytes)
    unsealed = (raw_vanity, raw_validators, raw_vote)
    hashed_rlp = header.rlp_with_extra_data(join_list(unsealed))
    return SealedHeader(
        header=header,
        validators=read_validators(raw_validators),
        round=int.from_bytes(round_bytes, "big"),
        seals=read_seals(raw_seals),
        block_hash=keccak256(hashed_rlp),
        hashed_rlp=hashed_rlp,
        seal_digest=keccak256(header.rlp_with_extra_data(join_list((*unsealed, raw_round)))),
        proposer=header.coinbase,
    )
