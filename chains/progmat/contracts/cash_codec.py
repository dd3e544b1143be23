"""Cash states to bytes and back, strictly."""

from __future__ import annotations

from enum import Enum

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key, party_from_message, party_to_message
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.public_key import PublicKey


class OwnerKind(Enum):
    """What kind of key a coin's owner is; the value is the encoding's number."""

    ACCOUNT = 0
    """The key of the holder's account."""
    FRESH = 1
    """A key of one payment. Whose account it belongs to, the coin's issuer and the custodian have in writing."""


class CoinKind(Enum):
    """Who may hold a coin; the value is the encoding's number."""

    NONE = 0
    """A coin without a registration: anybody may hold it."""
    WHOLESALE = 1
    """Accounts that the issuer admitted (WS型)."""
    RETAIL = 2
    """Anybody."""


def encode_cash(
    coin_id: str,
    issuer: Party,
    amount_yen: int,
    owner: PublicKey,
    node: str,
    owner_kind: OwnerKind,
    kind: CoinKind = CoinKind.NONE,
    *,
    frozen: bool = False,
) -> bytes:
    """Canonical bytes of a cash state."""
    return deterministic_bytes(
        pb.CashState(
            coin_id=coin_id,
            issuer=party_to_message(issuer),
            amount_yen=amount_yen,
            owner=owner.encoded(),
            node=node,
            owner_kind=owner_kind.value,  # type: ignore[arg-type] # enum values are ints at run time
            kind=kind.value,  # type: ignore[arg-type] # as above
            frozen=frozen,
        )
    )


def decode_cash(data: bytes) -> tuple[str, Party, int, PublicKey, str, OwnerKind, CoinKind, bool]:
    """As ``encode_cash``, and last whether it is frozen; raises DecodeError."""
    message = strict_parse(pb.CashState, data, max_bytes=MAX_STATE_DATA_BYTES)
    issuer = party_from_message(message.issuer)
    try:
        owner_kind = OwnerKind(int(message.owner_kind))
    except ValueError as error:
        raise DecodeError("kind of owner", expected="0 or 1", found=int(message.owner_kind)) from error
    owner, kind = decode_single_key(message.owner), coin_kind(int(message.kind))
    whose = (owner, message.node, owner_kind)
    return message.coin_id, issuer, message.amount_yen, *whose, kind, message.frozen


def coin_kind(number: int) -> CoinKind:
    """The kind of that number; raises DecodeError."""
    try:
        return CoinKind(number)
    except ValueError as error:
        raise DecodeError("kind of coin", expected="0, 1 or 2", found=number) from error
