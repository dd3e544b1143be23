"""Token states to bytes and back, strictly."""

from __future__ import annotations

from crossdvp.ledger.v1 import states_pb2 as states
from crossdvp.ledger.v1 import token_states_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.public_key import PublicKey


def encode_token(
    network: int, token_id: str, registrar: Party, quantity: int, owner: PublicKey, node: str, expires_s: int
) -> bytes:
    """Canonical bytes of a token state."""
    return deterministic_bytes(
        pb.TokenState(
            network=states.BusinessNetwork.Name(network),
            token_id=token_id,
            registrar=party_to_message(registrar),
            quantity=quantity,
            owner=owner.encoded(),
            node=node,
            expires_s=expires_s,
        )
    )


def decode_token(data: bytes) -> tuple[int, str, Party, int, PublicKey, str, int]:
    """Network (still a number), token, registrar, quantity, owner, node and expiry; raises DecodeError."""
    message = strict_parse(pb.TokenState, data, max_bytes=MAX_STATE_DATA_BYTES)
    registrar = party_from_message(message.registrar)
    owner = decode_single_key(message.owner)
    return int(message.network), message.token_id, registrar, message.quantity, owner, message.node, message.expires_s
