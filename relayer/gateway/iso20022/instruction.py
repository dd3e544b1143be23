"""sese.023, the settlement instruction: one side's instruction for a trade, in both directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibc.dvp import CashLeg, SecurityLeg, SettlementTerms
from primitives.errors import CrossDvpError
from primitives.types import Address
from relayer.gateway.iso20022 import terms_part as shared
from relayer.gateway.iso20022.errors import ProfileViolated
from relayer.gateway.iso20022.schemas import MessageType, validate
from relayer.gateway.iso20022.xml_tree import Content, Part, build
from relayer.gateway.matching import Side

_TRADE: Final = "TRAD"
_WHOLE: Final = "NPAR"
_NODE_SCHEME: Final = "crossdvp"


@dataclass(frozen=True)
class Instruction:
    """What a sese.023 says. ``reference``: the platform's own, ``TxId``; ``on_hold``: nothing starts yet."""

    side: Side
    terms: SettlementTerms
    reference: str
    on_hold: bool = False
    isin: str = ""


def write_instruction(instruction: Instruction) -> bytes:
    """A sese.023. Raises ``SchemaViolated`` for values that the message cannot carry (a quantity above 30 digits)."""
    terms, side = instruction.terms, instruction.side
    content: dict[str, Content] = {
        "TxId": instruction.reference,
        "SttlmTpAndAddtlParams": {"SctiesMvmntTp": shared.MOVEMENT[side], "Pmt": shared.AGAINST_PAYMENT},
        "TradDtls": {
            "TradId": shared.trade_id_text(terms.trade_id),
            "SttlmDt": {"Dt": {"Dt": shared.date_text(terms.lock_by_s)}},
        },
        "FinInstrmId": ({"ISIN": instruction.isin} if instruction.isin else {}) | {"Desc": shared.security_text(terms)},
        "QtyAndAcctDtls": {
            "SttlmQty": {"Qty": {"DgtlTknUnit": str(terms.security.quantity)}},
            "BlckChainAdrOrWllt": {"Id": _wallet(terms, side)},
        },
        "SttlmParams": {
            **({"HldInd": {"Ind": "true"}} if instruction.on_hold else {}),
            "SctiesTxTp": {"Cd": _TRADE},
            "PrtlSttlmInd": _WHOLE,
        },
        "DlvrgSttlmPties": {"Pty1": party_content(terms, Side.SELLER)},
        "RcvgSttlmPties": {"Pty1": party_content(terms, Side.BUYER)},
        "SttlmAmt": amount_content(terms, side),
        "SplmtryData": shared.terms_content(terms),
    }
    message = MessageType.INSTRUCTION
    xml = build(message.namespace, "Document", {message.body: content})
    validate(message, xml)
    return xml


def _wallet(terms: SettlementTerms, side: Side) -> str:
    return "0x" + (terms.security.seller if side is Side.SELLER else terms.security.buyer).hex()


def party_content(terms: SettlementTerms, side: Side) -> Content:
    """A settlement party: the custodian node that keeps its cash account, and its address on the EVM chain."""
    return {
        "Id": {"PrtryId": {"Id": side.account_in(terms).node, "Issr": _NODE_SCHEME}},
        "BlckChainAdrOrWllt": {"Id": _wallet(terms, side)},
    }


def amount_content(terms: SettlementTerms, side: Side) -> Content:
    """The cash, as credit of whoever delivers and debit of whoever receives."""
    amount: Content = {"@Ccy": shared.CURRENCY, "": str(terms.cash.amount_yen)}
    return {"Amt": amount, "CdtDbtInd": "CRDT" if side is Side.SELLER else "DBIT"}


def read_instruction(body: Part) -> Instruction:
    """What a valid sese.023 instructs. Raises ``ProfileViolated``."""
    parameters = body.part("SttlmTpAndAddtlParams")
    side = shared.movement_side(parameters, "SctiesMvmntTp")
    parameters.require("Pmt", shared.AGAINST_PAYMENT)
    settlement = body.part("SttlmParams")
    on_hold = settlement.maybe_text("HldInd/Ind")
    settlement.require("SctiesTxTp/Cd", _TRADE)
    if settlement.maybe("PrtlSttlmInd"):
        settlement.require("PrtlSttlmInd", _WHOLE)
    terms = _read_terms(body)
    body.require("TradDtls/SttlmDt/Dt/Dt", shared.date_text(terms.lock_by_s))
    body.require("QtyAndAcctDtls/BlckChainAdrOrWllt/Id", _wallet(terms, side))
    body.require("SttlmAmt/CdtDbtInd", "CRDT" if side is Side.SELLER else "DBIT")
    reference, isin = body.text("TxId"), body.maybe_text("FinInstrmId/ISIN")
    body.require_all_read()
    return Instruction(side, terms, reference, on_hold in {"true", "1"}, isin)


def _read_terms(body: Part) -> SettlementTerms:
    chain_id, token = shared.read_security(body, "FinInstrmId/Desc")
    extra = _supplementary(body)
    seller, buyer = body.part("DlvrgSttlmPties/Pty1"), body.part("RcvgSttlmPties/Pty1")
    for party in (seller, buyer):
        party.require("Id/PrtryId/Issr", _NODE_SCHEME)
    amount = body.part("SttlmAmt/Amt")
    if amount.attribute("Ccy") != shared.CURRENCY:
        raise ProfileViolated(f"{amount.path}/@Ccy", shared.CURRENCY, amount.attribute("Ccy"))
    try:
        return SettlementTerms(
            trade_id=shared.read_trade_id(body, "TradDtls/TradId"),
            security=SecurityLeg(
                chain_id=chain_id,
                token=token,
                adapter=Address(shared.read_hex(extra, "Adapter", 20)),
                quantity=shared.read_whole_number(body, "QtyAndAcctDtls/SttlmQty/Qty/DgtlTknUnit"),
                seller=Address(shared.read_hex(seller, "BlckChainAdrOrWllt/Id", 20)),
                buyer=Address(shared.read_hex(buyer, "BlckChainAdrOrWllt/Id", 20)),
            ),
            cash=CashLeg(
                ledger_id=extra.text("LedgerId"),
                coin_id=extra.text("CoinId"),
                issuer=extra.text("CoinIssuer"),
                amount_yen=shared.read_whole_number(body, "SttlmAmt/Amt"),
                buyer=shared.read_account(extra, buyer.text("Id/PrtryId/Id"), "BuyerAccountKey"),
                seller=shared.read_account(extra, seller.text("Id/PrtryId/Id"), "SellerAccountKey"),
                salt=shared.read_hex(extra, "Salt", 32),
            ),
            lead_leg=shared.read_lead_leg(extra),
            lock_by_s=shared.read_time(extra, "LockBy"),
            settle_by_s=shared.read_time(extra, "SettleBy"),
        )
    except ProfileViolated:
        raise
    except CrossDvpError as invalid:
        raise ProfileViolated(body.path, "terms that can be settled", f"{invalid.reason}: {invalid}") from None


def _supplementary(body: Part) -> Part:
    body.require("SplmtryData/PlcAndNm", shared.PLACE)
    found = body.part("SplmtryData/Envlp/SettlementTerms")
    if found.namespace != shared.NAMESPACE:
        raise ProfileViolated(found.path, f"namespace {shared.NAMESPACE}", found.namespace or "none")
    return found
