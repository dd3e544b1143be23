"""Settlement terms to bytes and back, strictly: inside lock states and as the data of a cancellation.

The terms' own checks are in ``ibc.dvp``; decoding raises their InvalidTerms as well as DecodeError.
"""

from __future__ import annotations

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.transactions.errors import MalformedComponent
from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms
from primitives.codec import deterministic_bytes, strict_parse
from primitives.types import Address

MAX_TERMS_BYTES = 8 * 1024
_UINT256_BYTES = 32


def encode_terms(terms: SettlementTerms) -> bytes:
    """Canonical bytes of the terms."""
    return deterministic_bytes(terms_to_message(terms))


def decode_terms(data: bytes) -> SettlementTerms:
    """The terms in ``data``; raises DecodeError."""
    return terms_from_message(strict_parse(pb.SettlementTerms, data, max_bytes=MAX_TERMS_BYTES))


def terms_to_message(terms: SettlementTerms) -> pb.SettlementTerms:
    """Terms as they stand inside other messages."""
    security, cash = terms.security, terms.cash
    return pb.SettlementTerms(
        trade_id=terms.trade_id,
        security=pb.SecurityLeg(
            chain_id=_uint_bytes(security.chain_id),
            token=security.token,
            adapter=security.adapter,
            quantity=_uint_bytes(security.quantity),
            seller=security.seller,
            buyer=security.buyer,
        ),
        cash=pb.CashLeg(
            ledger_id=cash.ledger_id,
            coin_id=cash.coin_id,
            issuer=cash.issuer,
            amount_yen=cash.amount_yen,
            buyer=account_to_message(cash.buyer),
            seller=account_to_message(cash.seller),
            salt=cash.salt,
        ),
        lead_leg=pb.LeadLeg.Name(terms.lead_leg),
        lock_by_s=terms.lock_by_s,
        settle_by_s=terms.settle_by_s,
    )


def terms_from_message(message: pb.SettlementTerms) -> SettlementTerms:
    """Terms from a decoded message; raises DecodeError."""
    security, cash = message.security, message.cash
    return SettlementTerms(
        trade_id=message.trade_id,
        security=SecurityLeg(
            chain_id=_uint("chain id", security.chain_id),
            token=Address(security.token),
            adapter=Address(security.adapter),
            quantity=_uint("quantity", security.quantity),
            seller=Address(security.seller),
            buyer=Address(security.buyer),
        ),
        cash=CashLeg(
            ledger_id=cash.ledger_id,
            coin_id=cash.coin_id,
            issuer=cash.issuer,
            amount_yen=cash.amount_yen,
            buyer=account_from_message(cash.buyer),
            seller=account_from_message(cash.seller),
            salt=cash.salt,
        ),
        lead_leg=_lead_leg(int(message.lead_leg)),
        lock_by_s=message.lock_by_s,
        settle_by_s=message.settle_by_s,
    )


def account_to_message(account: CashAccount) -> pb.CashAccount:
    """A cash account as it stands inside other messages."""
    return pb.CashAccount(node=account.node, key=account.key)


def account_from_message(message: pb.CashAccount) -> CashAccount:
    """A cash account from a decoded message; raises DecodeError."""
    return CashAccount(message.node, message.key)


def _lead_leg(number: int) -> LeadLeg:
    try:
        return LeadLeg(number)
    except ValueError as error:
        raise MalformedComponent("the leading leg is known", expected="1 or 2", found=number) from error


def _uint_bytes(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _uint(what: str, data: bytes) -> int:
    if len(data) > _UINT256_BYTES or data.startswith(b"\x00"):
        raise MalformedComponent(f"{what} is a minimal unsigned 256-bit integer", expected="1..32 bytes", found=data)
    return int.from_bytes(data, "big")
