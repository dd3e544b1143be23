"""``NativeTerms``: what two brokers agree on when tokens and cash are on one ledger, and their canonical bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from crossdvp.ledger.v1 import states_pb2 as states
from crossdvp.ledger.v1 import token_states_pb2 as pb

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.contracts.token import CONTRACT_OF, MAX_QUANTITY
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import MAX_TIME_S, check_hash, check_name, check_range
from ibc.dvp import CashAccount
from primitives.codec import deterministic_bytes, strict_parse
from primitives.hashing import sha256
from primitives.lazily import lazily
from primitives.public_key import PublicKey
from primitives.types import MAX_YEN, Hash32

MAX_NATIVE_TERMS_BYTES: Final = 4 * 1024
_DOMAIN: Final = b"crossdvp/native-terms/1"


@dataclass(frozen=True)
class NativeTerms:
    """``quantity`` of a token against ``amount_yen`` of a coin; each side's two accounts are at one custodian node.

    ``trade_id`` is 32 bytes and not zero; ``settle_by_s`` (Unix seconds) is when the terms lapse. Raises
    MalformedComponent.
    """

    trade_id: bytes
    network: BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    coin_id: str
    issuer: str
    amount_yen: int
    seller_tokens: CashAccount
    seller_cash: CashAccount
    buyer_cash: CashAccount
    buyer_tokens: CashAccount
    settle_by_s: int

    def __post_init__(self) -> None:
        check_hash("NativeTerms.trade_id", self.trade_id)
        if not any(self.trade_id):
            raise MalformedComponent("NativeTerms.trade_id", expected="not zero", found=self.trade_id)
        if self.network not in CONTRACT_OF:
            raise MalformedComponent("NativeTerms.network", expected="ST or UT", found=self.network.name)
        for name in ("token_id", "registrar", "coin_id", "issuer"):
            check_name(f"NativeTerms.{name}", getattr(self, name))
        check_range("NativeTerms.quantity", self.quantity, 1, MAX_QUANTITY)
        check_range("NativeTerms.amount_yen", self.amount_yen, 1, MAX_YEN)
        check_range("NativeTerms.settle_by_s", self.settle_by_s, 1, MAX_TIME_S)
        for account in (self.seller_tokens, self.seller_cash, self.buyer_cash, self.buyer_tokens):
            decode_single_key(account.key)
        for side, tokens, cash in (
            ("seller", self.seller_tokens, self.seller_cash),
            ("buyer", self.buyer_tokens, self.buyer_cash),
        ):
            if tokens.node != cash.node:
                raise MalformedComponent(f"{side}'s accounts are at one node", expected=tokens.node, found=cash.node)
        if self.seller_tokens.key == self.buyer_tokens.key or self.seller_cash.key == self.buyer_cash.key:
            raise MalformedComponent("seller and buyer differ", expected="other accounts", found="the same key")

    @lazily
    def encoded(self) -> bytes:
        """Canonical bytes."""
        return deterministic_bytes(native_terms_to_message(self))

    @lazily
    def hash(self) -> Hash32:
        """What authorisations and records name these terms by."""
        return Hash32(sha256(_DOMAIN + self.encoded))

    @property
    def seller_node(self) -> str:
        """The selling custodian node."""
        return self.seller_tokens.node

    @property
    def buyer_node(self) -> str:
        """The buying custodian node."""
        return self.buyer_cash.node


def account_key(account: CashAccount) -> PublicKey:
    """The key that signs for an account of terms."""
    return decode_single_key(account.key)


def encode_native_terms(terms: NativeTerms) -> bytes:
    """Canonical bytes of the terms."""
    return terms.encoded


@lru_cache(maxsize=1024)
def decode_native_terms(data: bytes) -> NativeTerms:
    """The terms in ``data``; raises DecodeError."""
    terms = native_terms_from_message(strict_parse(pb.NativeTerms, data, max_bytes=MAX_NATIVE_TERMS_BYTES))
    terms.__dict__["encoded"] = data  # what is parsed strictly is canonical
    return terms


def native_terms_to_message(terms: NativeTerms) -> pb.NativeTerms:
    """Terms as they stand inside other messages."""
    return pb.NativeTerms(
        trade_id=terms.trade_id,
        network=states.BusinessNetwork.Name(terms.network),
        token_id=terms.token_id,
        registrar=terms.registrar,
        quantity=terms.quantity,
        coin_id=terms.coin_id,
        issuer=terms.issuer,
        amount_yen=terms.amount_yen,
        seller_tokens=account_to_message(terms.seller_tokens),
        seller_cash=account_to_message(terms.seller_cash),
        buyer_cash=account_to_message(terms.buyer_cash),
        buyer_tokens=account_to_message(terms.buyer_tokens),
        settle_by_s=terms.settle_by_s,
    )


def native_terms_from_message(message: pb.NativeTerms) -> NativeTerms:
    """Terms from a decoded message; raises DecodeError."""
    try:
        network = BusinessNetwork(int(message.network))
    except ValueError as error:
        raise MalformedComponent("NativeTerms.network", expected="ST or UT", found=int(message.network)) from error
    return NativeTerms(
        trade_id=message.trade_id,
        network=network,
        token_id=message.token_id,
        registrar=message.registrar,
        quantity=message.quantity,
        coin_id=message.coin_id,
        issuer=message.issuer,
        amount_yen=message.amount_yen,
        seller_tokens=account_from_message(message.seller_tokens),
        seller_cash=account_from_message(message.seller_cash),
        buyer_cash=account_from_message(message.buyer_cash),
        buyer_tokens=account_from_message(message.buyer_tokens),
        settle_by_s=message.settle_by_s,
    )
