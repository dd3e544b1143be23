"""What settlement terms have and ISO 20022 has no place for, in a message's supplementary data; and what both share.

``urn:crossdvp:iso20022:terms:1``, every element once and in this order.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from ibc.dvp import CashAccount, LeadLeg, SettlementTerms
from primitives.types import Address
from relayer.gateway.iso20022.errors import ProfileViolated
from relayer.gateway.iso20022.xml_tree import Content, Part
from relayer.gateway.matching import Side

NAMESPACE: Final = "urn:crossdvp:iso20022:terms:1"
PLACE: Final = "crossdvp settlement terms"
CURRENCY: Final = "JPY"
TOKYO: Final = ZoneInfo("Asia/Tokyo")
MOVEMENT: Final = {Side.SELLER: "DELI", Side.BUYER: "RECE"}
"""Whose instruction it is, as the direction in which the securities move for it."""
AGAINST_PAYMENT: Final = "APMT"
_SECURITY: Final = re.compile(r"eip155:([0-9]{1,18})/erc20:0x([0-9a-f]{40})")
_LEADS: Final = {LeadLeg.CASH: "CASH", LeadLeg.SECURITIES: "SECURITIES"}


def movement_side(part: Part, path: str) -> Side:
    """The side whose movement it is. Raises ``ProfileViolated``."""
    found = part.text(path)
    return next(side for side, code in MOVEMENT.items() if code == found)  # the schema knows no third


def trade_id_text(trade_id: bytes) -> str:
    """32 bytes in 43 characters: base64url without padding. A trade id in hexadecimal is too long for ISO 20022."""
    return base64.urlsafe_b64encode(trade_id).decode().rstrip("=")


def read_trade_id(part: Part, path: str) -> bytes:
    """The trade id at a path. Raises ``ProfileViolated``."""
    text = part.text(path)
    try:
        found = base64.b64decode(text + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        found = b""
    if len(found) != 32 or trade_id_text(found) != text:
        raise ProfileViolated(f"{part.path}/{path}", "32 bytes in base64url without padding", text)
    return found


def security_text(terms: SettlementTerms) -> str:
    """The token as CAIP-19 writes it: ``eip155:CHAIN/erc20:0xADDRESS``."""
    return f"eip155:{terms.security.chain_id}/erc20:0x{terms.security.token.hex()}"


def read_security(part: Part, path: str) -> tuple[int, Address]:
    """Chain id and token. Raises ``ProfileViolated``."""
    text = part.text(path)
    found = _SECURITY.fullmatch(text)
    if found is None:
        raise ProfileViolated(f"{part.path}/{path}", "eip155:CHAIN/erc20:0x and 40 lower-case digits", text)
    return int(found[1]), Address(bytes.fromhex(found[2]))


def read_hex(part: Part, path: str, size: int = 0) -> bytes:
    """Bytes in lower-case hexadecimal after 0x, of ``size`` if one is given. Raises ``ProfileViolated``."""
    text = part.text(path)
    digits = text.removeprefix("0x")
    right_size = not size or len(digits) == 2 * size
    if not (text.startswith("0x") and re.fullmatch(r"(?:[0-9a-f]{2})+", digits) and right_size):
        raise ProfileViolated(f"{part.path}/{path}", f"0x and {size or 'some'} bytes in lower-case digits", text[:100])
    return bytes.fromhex(digits)


def read_whole_number(part: Part, path: str) -> int:
    """A quantity or an amount in yen: an integer above zero. Raises ``ProfileViolated``."""
    text = part.text(path)
    if not re.fullmatch(r"[1-9][0-9]{0,29}", text):
        raise ProfileViolated(f"{part.path}/{path}", "a whole number above zero", text[:60])
    return int(text)


def time_text(at_s: int) -> str:
    """A time as the messages carry it, in UTC."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date_text(at_s: int) -> str:
    """The business date on which a time falls, in Tokyo."""
    return datetime.fromtimestamp(at_s, TOKYO).date().isoformat()


def read_time(part: Part, path: str) -> int:
    """Whole Unix seconds. Raises ``ProfileViolated``."""
    text = part.text(path)
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise ProfileViolated(f"{part.path}/{path}", "YYYY-MM-DDTHH:MM:SSZ", text[:40]) from None


def terms_content(terms: SettlementTerms) -> dict[str, Content]:
    """The supplementary data of an instruction."""
    cash = terms.cash
    return {
        "PlcAndNm": PLACE,
        "Envlp": {
            "SettlementTerms": {
                "@xmlns": NAMESPACE,
                "Adapter": "0x" + terms.security.adapter.hex(),
                "LeadLeg": _LEADS[terms.lead_leg],
                "LedgerId": cash.ledger_id,
                "CoinId": cash.coin_id,
                "CoinIssuer": cash.issuer,
                "SellerAccountKey": "0x" + cash.seller.key.hex(),
                "BuyerAccountKey": "0x" + cash.buyer.key.hex(),
                "Salt": "0x" + cash.salt.hex(),
                "LockBy": time_text(terms.lock_by_s),
                "SettleBy": time_text(terms.settle_by_s),
            }
        },
    }


def read_lead_leg(part: Part) -> LeadLeg:
    """Which leg leads. Raises ``ProfileViolated``."""
    text = part.text("LeadLeg")
    for lead, name in _LEADS.items():
        if name == text:
            return lead
    raise ProfileViolated(f"{part.path}/LeadLeg", " or ".join(_LEADS.values()), text[:40])


def read_account(part: Part, node: str, path: str) -> CashAccount:
    """A cash account: its node as the settlement party names it, its key from the supplementary data."""
    return CashAccount(node, read_hex(part, path))
