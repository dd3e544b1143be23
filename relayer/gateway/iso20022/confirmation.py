"""sese.025, the confirmation of a settlement to one side, and pacs.009, its cash leg between the two custodians.

Both tell what both ledgers have recorded: they are written for settled settlements only, and order nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from ibc.dvp import SettlementTerms
from primitives.hashing import sha256
from relayer.gateway.iso20022 import terms_part as shared
from relayer.gateway.iso20022.instruction import amount_content, party_content
from relayer.gateway.iso20022.schemas import MessageType, validate
from relayer.gateway.iso20022.xml_tree import Content, build
from relayer.gateway.matching import Side

CLEARING_SYSTEM = "crossdvp"


@dataclass(frozen=True)
class Settled:
    """What is confirmed. Transaction ids in hexadecimal, as each ledger names them; ``settled_s`` in Unix seconds."""

    terms: SettlementTerms
    settled_s: int
    delivery_evm_tx: str
    payment_ledger_tx: str


def write_confirmation(settled: Settled, side: Side, reference: str) -> bytes:
    """A sese.025 for the side whose reference it is; both ledgers' transactions are in its supplementary data."""
    terms = settled.terms
    wallet = terms.security.seller if side is Side.SELLER else terms.security.buyer
    content: dict[str, Content] = {
        "TxIdDtls": {
            "AcctOwnrTxId": reference,
            "SctiesMvmntTp": shared.MOVEMENT[side],
            "Pmt": shared.AGAINST_PAYMENT,
        },
        "TradDtls": {
            "TradId": shared.trade_id_text(terms.trade_id),
            "FctvSttlmDt": {"Dt": {"DtTm": shared.time_text(settled.settled_s)}},
        },
        "FinInstrmId": {"Desc": shared.security_text(terms)},
        "QtyAndAcctDtls": {
            "SttldQty": {"Qty": {"DgtlTknUnit": str(terms.security.quantity)}},
            "BlckChainAdrOrWllt": {"Id": "0x" + wallet.hex()},
        },
        "SttlmParams": {"SctiesTxTp": {"Cd": "TRAD"}},
        "DlvrgSttlmPties": {"Pty1": party_content(terms, Side.SELLER)},
        "RcvgSttlmPties": {"Pty1": party_content(terms, Side.BUYER)},
        "SttldAmt": amount_content(terms, side),
        "SplmtryData": {
            "PlcAndNm": "crossdvp settlement evidence",
            "Envlp": {
                "SettlementEvidence": {
                    "@xmlns": "urn:crossdvp:iso20022:evidence:1",
                    "DeliveryEvmTx": settled.delivery_evm_tx,
                    "PaymentLedgerTx": settled.payment_ledger_tx,
                }
            },
        },
    }
    return _document(MessageType.CONFIRMATION, content)


def write_cash_transfer(settled: Settled, created_s: int) -> bytes:
    """A pacs.009: the cash that moved from the buyer's custodian to the seller's. Equal but for its time, each time."""
    terms = settled.terms
    digest = sha256(b"crossdvp/pacs.009/" + terms.trade_id)
    identifier = digest.hex()[:35]
    content: dict[str, Content] = {
        "GrpHdr": {
            "MsgId": identifier,
            "CreDtTm": shared.time_text(created_s),
            "NbOfTxs": "1",
            "SttlmInf": {"SttlmMtd": "CLRG", "ClrSys": {"Prtry": CLEARING_SYSTEM}},
        },
        "CdtTrfTxInf": {
            "PmtId": {
                "InstrId": identifier,
                "EndToEndId": identifier,
                "UETR": str(uuid.UUID(bytes=digest[:16], version=4)),
            },
            "IntrBkSttlmAmt": {"@Ccy": shared.CURRENCY, "": str(terms.cash.amount_yen)},
            "IntrBkSttlmDt": shared.date_text(settled.settled_s),
            "Dbtr": _institution(terms, Side.BUYER),
            "Cdtr": _institution(terms, Side.SELLER),
            "RmtInf": {"Ustrd": f"trade {shared.trade_id_text(terms.trade_id)}, coin {terms.cash.coin_id}"[:140]},
        },
    }
    return _document(MessageType.CASH_TRANSFER, content)


def _institution(terms: SettlementTerms, side: Side) -> Content:
    return {"FinInstnId": {"Othr": {"Id": side.account_in(terms).node}}}


def _document(message: MessageType, content: dict[str, Content]) -> bytes:
    xml = build(message.namespace, "Document", {message.body: content})
    validate(message, xml)
    return xml
