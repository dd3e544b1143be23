"""sese.024, the status of an instruction as one side is told it: a table from states to codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ibc.dvp import SettlementTerms
from relayer.gateway.iso20022 import terms_part as shared
from relayer.gateway.iso20022.instruction import amount_content
from relayer.gateway.iso20022.schemas import MessageType, validate
from relayer.gateway.iso20022.xml_tree import Content, build
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side

MOST_WORDS: Final = 210
_S = SettlementState


@dataclass(frozen=True)
class Standing:
    """A settlement as one side asks for it. ``reference``: that side's own; ``words``: what is waited for, or why.

    ``differing``: dotted names of the terms in which both instructions differ. ``held``: the sides that are on hold.
    """

    side: Side
    terms: SettlementTerms
    reference: str
    state: SettlementState
    words: str = ""
    differing: tuple[str, ...] = ()
    held: tuple[Side, ...] = ()


@dataclass(frozen=True)
class _Told:
    """The element that tells a state, the reason's code there, and whether the sides' instructions have matched."""

    element: str
    code: str
    is_matched: bool = True


_PENDING, _FAILING = "SttlmSts/Pdg", "SttlmSts/Flng"
_CANCELLED, _UNMATCHED = "PrcgSts/Canc", "MtchgSts/Umtchd"
_TOLD: Final[dict[SettlementState, _Told]] = {
    _S.UNMATCHED: _Told(_UNMATCHED, "CMIS", is_matched=False),
    _S.MISMATCHED: _Told(_UNMATCHED, "OTHR", is_matched=False),
    _S.WITHIN_TOLERANCE: _Told(_UNMATCHED, "OTHR", is_matched=False),
    _S.MATCHED: _Told(_PENDING, "AWSH"),
    _S.EARMARKED: _Told(_PENDING, "AWMO"),
    _S.LOCKED: _Told(_PENDING, "OTHR"),
    _S.DELIVERED: _Told(_PENDING, "OTHR"),
    _S.REFUSED: _Told(_PENDING, "SBLO"),
    _S.SECURITIES_LOCKED: _Told(_PENDING, "AWMO"),
    _S.PAID: _Told(_PENDING, "OTHR"),
    _S.DELIVERY_BLOCKED: _Told(_FAILING, "SBLO"),
    _S.RETURN_BLOCKED: _Told(_FAILING, "SBLO"),
    _S.RETURNED: _Told(_CANCELLED, "OTHR"),
    _S.CANCELLED: _Told(_CANCELLED, "OTHR"),
}
"""SETTLED is told by a confirmation. Codes of ISO 20022: CMIS no counterparty's instruction, AWSH and AWMO securities
and money awaited, SBLO securities blocked."""

_DIFFERING: Final[dict[str, str]] = {
    "cash.amount_yen": "DMON",
    "security.quantity": "DQUA",
    "security.chain_id": "DSEC",
    "security.token": "DSEC",
    "lock_by_s": "DDAT",
    "settle_by_s": "DDAT",
    "trade_reference": "IIND",
}
"""Codes of ISO 20022 for what does not match: amount, quantity, instrument, date, common reference; OTHR the rest."""


def write_status(standing: Standing) -> bytes | None:
    """A sese.024; None for a settlement that is settled, which a confirmation tells."""
    told = _TOLD.get(standing.state)
    if told is None:
        return None
    terms, side = standing.terms, standing.side
    words = _words(standing)
    reasons: Content = [{"Cd": {"Cd": code}, "AddtlRsnInf": words} for code in _codes(told, standing)]
    content: dict[str, Content] = {
        "TxId": {"AcctOwnrTxId": standing.reference},
        **_status(told, reasons),
        "TxDtls": {
            "TradId": shared.trade_id_text(terms.trade_id),
            "FinInstrmId": {"Desc": shared.security_text(terms)},
            "SttlmQty": {"Qty": {"DgtlTknUnit": str(terms.security.quantity)}},
            "SttlmAmt": amount_content(terms, side),
            "SttlmDt": {"Dt": {"Dt": shared.date_text(terms.lock_by_s)}},
            "SctiesMvmntTp": shared.MOVEMENT[side],
            "Pmt": shared.AGAINST_PAYMENT,
            "SttlmParams": {"SctiesTxTp": {"Cd": "TRAD"}},
        },
    }
    message = MessageType.STATUS
    xml = build(message.namespace, "Document", {message.body: content})
    validate(message, xml)
    return xml


def _codes(told: _Told, standing: Standing) -> list[str]:
    """One, but for instructions that differ in several ways. A hold is told before what is awaited besides."""
    if standing.state in {_S.MISMATCHED, _S.WITHIN_TOLERANCE} and standing.differing:
        return list(dict.fromkeys(_DIFFERING.get(name, told.code) for name in standing.differing))
    if standing.held and told.element == _PENDING:
        is_own, is_other = standing.side in standing.held, standing.side.other in standing.held
        return ["BOTH" if is_own and is_other else "PREA" if is_own else "PRCY"]
    return [told.code]


def _status(told: _Told, reasons: Content) -> dict[str, Content]:
    """In the schema's order: processing, matching, settlement."""
    outer, inner = told.element.split("/")
    status: dict[str, Content] = {outer: {inner: {"Rsn": reasons}}}
    if not told.is_matched or outer == "PrcgSts":
        return status
    return {"MtchgSts": {"Mtchd": {}}, **status}


def _words(standing: Standing) -> str:
    """State and words, as long as the message takes them."""
    text = f"{standing.state.name}: {standing.words}" if standing.words else standing.state.name
    return text if len(text) <= MOST_WORDS else text[: MOST_WORDS - 1] + "…"
