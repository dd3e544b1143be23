"""Port `dvp`: the terms of one settlement, and the eight words of them that travel.

The cash side travels as one salted hash, so that outsiders on the token's chain learn neither price nor identity. The
hash of the terms binds everything, on both ledgers (docs/protocol.md, 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ibc.errors import InvalidTerms
from ibc.packet import Packet, Payload
from primitives.hashing import sha256
from primitives.keccak import keccak256
from primitives.signatures import decode_public_key
from primitives.types import MAX_YEN, UINT64_MAX, UINT256_MAX, Address, Hash32, address, hash32

DVP_PORT: Final = "dvp"
DVP_VERSION: Final = "dvp-1"
DVP_ENCODING: Final = "application/x-solidity-abi"
PAYLOAD_SIZE: Final = 8 * 32
TERMS_TYPEHASH: Final = keccak256(b"crossdvp.SettlementTerms.v1")
CASH_HASH_DOMAIN: Final = b"crossdvp/cash-leg/1"
MAX_NAME_BYTES: Final = 256
_WORD: Final = 32
_ZERO_ADDRESS: Final = bytes(20)
_UINT64_MASK: Final = UINT64_MAX


class LeadLeg(IntEnum):
    """The leg that is locked first. The other executes when the packet arrives."""

    CASH = 1
    SECURITIES = 2


@dataclass(frozen=True, slots=True)
class CashAccount:
    """Where cash is kept: the custodian node's name, and the owner's key as `PublicKey.encoded()`."""

    node: str
    key: bytes

    def __post_init__(self) -> None:
        _check_name(self.node, "cash account's node")
        decode_public_key(self.key)


@dataclass(frozen=True, slots=True)
class SecurityLeg:
    """What is delivered on chain `chain_id`: `quantity` units of `token`, kept by `adapter`, `seller` to `buyer`."""

    chain_id: int
    token: Address
    adapter: Address
    quantity: int
    seller: Address
    buyer: Address

    def __post_init__(self) -> None:
        _check_range(self.chain_id, 1, UINT256_MAX, "chain id")
        _check_range(self.quantity, 1, UINT256_MAX, "quantity of tokens")
        for what in ("token", "adapter", "seller", "buyer"):
            _check_address(getattr(self, what), what)
        if self.seller == self.buyer:
            raise InvalidTerms("seller and buyer of the token are the same", found=self.seller)


@dataclass(frozen=True, slots=True)
class CashLeg:
    """What is paid: `amount_yen` of `coin_id` issued by `issuer`, from `buyer` to `seller`, on ledger `ledger_id`.

    `salt`: 32 random bytes known to both sides, without which the hash would give the amount away.
    """

    ledger_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    buyer: CashAccount
    seller: CashAccount
    salt: bytes

    def __post_init__(self) -> None:
        for what, name in (("ledger id", self.ledger_id), ("coin id", self.coin_id), ("issuer", self.issuer)):
            _check_name(name, what)
        _check_range(self.amount_yen, 1, MAX_YEN, "amount in yen")
        hash32(self.salt, "salt of the cash leg")
        if self.buyer == self.seller:
            raise InvalidTerms("cash would go back to the account it comes from", found=self.buyer.node)


@dataclass(frozen=True, slots=True)
class SettlementTerms:
    """One settlement, whole. `lock_by_s` and `settle_by_s` are seconds since 1970. Raises `InvalidTerms`."""

    trade_id: bytes
    security: SecurityLeg
    cash: CashLeg
    lead_leg: LeadLeg
    lock_by_s: int
    settle_by_s: int

    def __post_init__(self) -> None:
        if hash32(self.trade_id, "trade id") == bytes(32):
            raise InvalidTerms("trade id is zero", expected="32 bytes, not all zero")
        _window(self.lead_leg, self.lock_by_s, self.settle_by_s)


@dataclass(frozen=True, slots=True)
class DvpPayload:
    """What of the terms travels. `window` is `lead leg << 128 | lock by << 64 | settle by`."""

    trade_id: bytes
    token: Address
    adapter: Address
    quantity: int
    seller: Address
    buyer: Address
    cash_hash: bytes
    window: int

    @property
    def lead_leg(self) -> LeadLeg:
        """The leg that is locked first."""
        return LeadLeg(self.window >> 128)

    @property
    def lock_by_s(self) -> int:
        """Seconds since 1970 by which the leading leg is locked."""
        return self.window >> 64 & _UINT64_MASK

    @property
    def settle_by_s(self) -> int:
        """Seconds since 1970: the packet's time-out."""
        return self.window & _UINT64_MASK

    def encode(self) -> bytes:
        """Exactly eight words, `abi.encode` of the fields in order."""
        numbers = (self.quantity.to_bytes(_WORD, "big"), self.window.to_bytes(_WORD, "big"))
        token, adapter, seller, buyer = (
            bytes(_WORD - len(each)) + each for each in (self.token, self.adapter, self.seller, self.buyer)
        )
        return b"".join((self.trade_id, token, adapter, numbers[0], seller, buyer, self.cash_hash, numbers[1]))

    @classmethod
    def decode(cls, data: bytes) -> DvpPayload:
        """The payload that `data` is the encoding of. Raises `InvalidTerms`."""
        if len(data) != PAYLOAD_SIZE:
            raise InvalidTerms("dvp payload has the wrong size", expected=PAYLOAD_SIZE, found=len(data))
        words = [data[at : at + 32] for at in range(0, PAYLOAD_SIZE, 32)]
        trade_id, token, adapter, quantity, seller, buyer, cash, window = words
        payload = cls(
            trade_id=trade_id,
            token=_address_of_word(token, "token"),
            adapter=_address_of_word(adapter, "adapter"),
            quantity=_check_range(int.from_bytes(quantity, "big"), 1, UINT256_MAX, "quantity of tokens"),
            seller=_address_of_word(seller, "seller"),
            buyer=_address_of_word(buyer, "buyer"),
            cash_hash=cash,
            window=int.from_bytes(window, "big"),
        )
        if trade_id == bytes(32):
            raise InvalidTerms("trade id is zero", expected="32 bytes, not all zero")
        if payload.seller == payload.buyer:
            raise InvalidTerms("seller and buyer of the token are the same", found=payload.seller)
        lead = payload.window >> 128
        if lead not in set(LeadLeg):
            raise InvalidTerms("window names no leg", expected="1 or 2", found=lead)
        _window(LeadLeg(lead), payload.lock_by_s, payload.settle_by_s)
        return payload


def cash_hash(cash: CashLeg) -> Hash32:
    """Keccak-256 of the domain, then each field after its u16 length: salt, ledger, coin, issuer, amount, accounts.

    The amount takes 8 bytes; an account is two fields, node and key; the buyer's comes first.
    """
    fields = (
        cash.salt,
        cash.ledger_id.encode(),
        cash.coin_id.encode(),
        cash.issuer.encode(),
        cash.amount_yen.to_bytes(8, "big"),
        cash.buyer.node.encode(),
        cash.buyer.key,
        cash.seller.node.encode(),
        cash.seller.key,
    )
    return keccak256(CASH_HASH_DOMAIN + b"".join(len(field).to_bytes(2, "big") + field for field in fields))


def dvp_payload_of(terms: SettlementTerms) -> DvpPayload:
    """The eight words of `terms`."""
    security = terms.security
    return DvpPayload(
        trade_id=terms.trade_id,
        token=security.token,
        adapter=security.adapter,
        quantity=security.quantity,
        seller=security.seller,
        buyer=security.buyer,
        cash_hash=cash_hash(terms.cash),
        window=_window(terms.lead_leg, terms.lock_by_s, terms.settle_by_s),
    )


def terms_hash(terms: SettlementTerms) -> Hash32:
    """What both ledgers compare, and the success acknowledgement of port `dvp`."""
    return payload_terms_hash(terms.security.chain_id, dvp_payload_of(terms))


def payload_terms_hash(chain_id: int, payload: DvpPayload) -> Hash32:
    """`keccak256(abi.encode(TERMS_TYPEHASH, chain id, the eight words))`."""
    return keccak256(TERMS_TYPEHASH + chain_id.to_bytes(32, "big") + payload.encode())


def payload_of(terms: SettlementTerms) -> Payload:
    """The IBC payload of `terms`."""
    return Payload(DVP_PORT, DVP_PORT, DVP_VERSION, DVP_ENCODING, dvp_payload_of(terms).encode())


def packet_of(terms: SettlementTerms, sequence: int, source_client: str, destination_client: str) -> Packet:
    """The one packet of a settlement; its time-out is `settle_by_s`."""
    return Packet(sequence, source_client, destination_client, terms.settle_by_s, (payload_of(terms),))


def trade_path(trade_id: bytes) -> bytes:
    """Where the ledger notes, once, what became of a trade id."""
    return b"trade/" + hash32(trade_id, "trade id")


def trade_locked_value(terms_hash: bytes) -> Hash32:
    """Noted when the cash of these terms is locked."""
    return sha256(b"locked" + hash32(terms_hash, "terms hash"))


def trade_cancelled_value(terms_hash: bytes) -> Hash32:
    """Noted when these terms are cancelled before a lock: proof for taking an earmark back early."""
    return sha256(b"cancelled" + hash32(terms_hash, "terms hash"))


def trade_paid_value(terms_hash: bytes) -> Hash32:
    """Noted when cash of these terms is paid on the arrival of their packet: securities lead."""
    return sha256(b"paid" + hash32(terms_hash, "terms hash"))


def _window(lead_leg: LeadLeg, lock_by_s: int, settle_by_s: int) -> int:
    _check_range(lock_by_s, 1, UINT64_MAX, "lock-by time")
    _check_range(settle_by_s, 1, UINT64_MAX, "settle-by time")
    if lock_by_s >= settle_by_s:
        raise InvalidTerms("lock-by must come before settle-by", expected=f"before {settle_by_s}", found=lock_by_s)
    return LeadLeg(lead_leg) << 128 | lock_by_s << 64 | settle_by_s


def _address_of_word(word: bytes, what: str) -> Address:
    if any(word[:12]):
        raise InvalidTerms(f"{what} is not an address", expected="12 zero bytes, then 20", found=word)
    return _check_address(Address(word[12:]), what)


def _check_address(value: Address, what: str) -> Address:
    if address(value, what) == _ZERO_ADDRESS:
        raise InvalidTerms(f"{what} is the zero address", expected="20 bytes, not all zero")
    return value


def _check_range(value: int, least: int, most: int, what: str) -> int:
    if not least <= value <= most:
        raise InvalidTerms(f"{what} is out of range", expected=f"{least}..{most}", found=value)
    return value


def _check_name(name: str, what: str) -> None:
    if not 0 < len(name.encode()) <= MAX_NAME_BYTES:
        raise InvalidTerms(f"{what} has a wrong length", expected=f"1..{MAX_NAME_BYTES} bytes", found=name)
