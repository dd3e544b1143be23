"""sese.020, the request to cancel an instruction."""

from __future__ import annotations

from dataclasses import dataclass

from relayer.gateway.iso20022 import terms_part as shared
from relayer.gateway.iso20022.schemas import MessageType, validate
from relayer.gateway.iso20022.xml_tree import Content, Part, build
from relayer.gateway.matching import Side

_PLACE = "crossdvp trade"
_NAMESPACE = "urn:crossdvp:iso20022:trade:1"


@dataclass(frozen=True)
class Cancellation:
    """Which instruction is to be cancelled: the side whose it is, its own reference, the trade."""

    side: Side
    reference: str
    trade_id: bytes


def write_cancellation(cancellation: Cancellation) -> bytes:
    """A sese.020."""
    content: dict[str, Content] = {
        "AcctOwnrTxId": {
            "SctiesSttlmTxId": {
                "TxId": cancellation.reference,
                "SctiesMvmntTp": shared.MOVEMENT[cancellation.side],
                "Pmt": shared.AGAINST_PAYMENT,
            }
        },
        "SplmtryData": {
            "PlcAndNm": _PLACE,
            "Envlp": {
                "Trade": {"@xmlns": _NAMESPACE, "TradeId": shared.trade_id_text(cancellation.trade_id)},
            },
        },
    }
    message = MessageType.CANCELLATION
    xml = build(message.namespace, "Document", {message.body: content})
    validate(message, xml)
    return xml


def read_cancellation(body: Part) -> Cancellation:
    """What a valid sese.020 asks for. Raises ``ProfileViolated``."""
    instruction = body.part("AcctOwnrTxId/SctiesSttlmTxId")
    instruction.require("Pmt", shared.AGAINST_PAYMENT)
    body.require("SplmtryData/PlcAndNm", _PLACE)
    found = Cancellation(
        side=shared.movement_side(instruction, "SctiesMvmntTp"),
        reference=instruction.text("TxId"),
        trade_id=shared.read_trade_id(body, "SplmtryData/Envlp/Trade/TradeId"),
    )
    body.require_all_read()
    return found
