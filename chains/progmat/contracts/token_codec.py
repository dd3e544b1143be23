"""Token states to bytes and back, strictly."""

from __future__ import annotations

from crossdvp.ledger.v1 import states_pb2 as states
from crossdvp.ledger.v1 import token_states_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.public_key import PublicKey


def encode_token(
    network: int,
    token_id: str,
    registrar: Party,
    quantity: int,
    owner: PublicKey,
    node: str,
    gate_id: str = "",
    expires_s: int = 0,
    *,
    frozen: bool = False,
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
            gate_id=gate_id,
            frozen=frozen,
        )
    )


def decode_token(data: bytes) -> tuple[int, str, Party, int, PublicKey, str, str, int, bool]:
    """As ``encode_token``, the network still a number, and last whether it is frozen; raises DecodeError."""
    message = strict_parse(pb.TokenState, data, max_bytes=MAX_STATE_DATA_BYTES)
    registrar = party_from_message(message.registrar)
    owner = decode_single_key(message.owner)
    what = (message.gate_id, message.expires_s, message.frozen)
    return int(message.network), message.token_id, registrar, message.quantity, owner, message.node, *what
