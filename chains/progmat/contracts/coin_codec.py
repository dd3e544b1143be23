"""Coins' registrations and holders' admissions to bytes and back, strictly."""

from __future__ import annotations

from collections.abc import Iterable

from crossdvp.ledger.v1 import coin_states_pb2 as pb

from chains.progmat.contracts.cash_codec import CoinKind, coin_kind
from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.public_key import PublicKey


def encode_coin(coin_id: str, issuer: Party, kind: CoinKind, approvers: Iterable[PublicKey]) -> bytes:
    """Canonical bytes of a registration."""
    return deterministic_bytes(
        pb.CoinState(
            coin_id=coin_id,
            issuer=party_to_message(issuer),
            kind=kind.value,  # type: ignore[arg-type] # enum values are ints at run time
            approvers=[key.encoded() for key in approvers],
        )
    )


def decode_coin(data: bytes) -> tuple[str, Party, CoinKind, tuple[PublicKey, ...]]:
    """Coin, issuer, kind and approvers in ``data``; raises DecodeError."""
    message = strict_parse(pb.CoinState, data, max_bytes=MAX_STATE_DATA_BYTES)
    approvers = tuple(map(decode_single_key, message.approvers))
    return message.coin_id, party_from_message(message.issuer), coin_kind(int(message.kind)), approvers


def encode_holder(coin_id: str, issuer: Party, owner: PublicKey, node: str) -> bytes:
    """Canonical bytes of an admission."""
    return deterministic_bytes(
        pb.CoinHolderState(coin_id=coin_id, issuer=party_to_message(issuer), owner=owner.encoded(), node=node)
    )


def decode_holder(data: bytes) -> tuple[str, Party, PublicKey, str]:
    """Coin, issuer, account key and node in ``data``; raises DecodeError."""
    message = strict_parse(pb.CoinHolderState, data, max_bytes=MAX_STATE_DATA_BYTES)
    return message.coin_id, party_from_message(message.issuer), decode_single_key(message.owner), message.node
