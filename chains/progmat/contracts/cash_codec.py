"""Cash states to bytes and back, strictly."""

from __future__ import annotations

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.public_key import PublicKey


def encode_cash(coin_id: str, issuer: Party, amount_yen: int, owner: PublicKey, node: str) -> bytes:
    """Canonical bytes of a cash state."""
    return deterministic_bytes(
        pb.CashState(
            coin_id=coin_id, issuer=party_to_message(issuer), amount_yen=amount_yen, owner=owner.encoded(), node=node
        )
    )


def decode_cash(data: bytes) -> tuple[str, Party, int, PublicKey, str]:
    """Coin, issuer, amount, owner and node in ``data``; raises DecodeError."""
    message = strict_parse(pb.CashState, data, max_bytes=MAX_STATE_DATA_BYTES)
    issuer = party_from_message(message.issuer)
    return message.coin_id, issuer, message.amount_yen, decode_single_key(message.owner), message.node
