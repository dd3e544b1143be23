"""Instructions and cancellations survive the way through XML; status and confirmation say what they should."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibc.dvp import LeadLeg, SettlementTerms, terms_hash
from relayer.gateway.iso20022.cancellation import Cancellation, read_cancellation, write_cancellation
from relayer.gateway.iso20022.confirmation import Settled, write_cash_transfer, write_confirmation
from relayer.gateway.iso20022.errors import SchemaViolated
from relayer.gateway.iso20022.instruction import Instruction, read_instruction, write_instruction
from relayer.gateway.iso20022.schemas import MessageType, read
from relayer.gateway.iso20022.status import MOST_WORDS, Standing, write_status
from relayer.gateway.iso20022.terms_part import read_trade_id
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from tests.fakes.settlement_terms import T0_S, some_terms

REFERENCE = "A-2026-000123"


@st.composite
def terms_of_any_kind(draw: st.DrawFn) -> SettlementTerms:
    terms = some_terms(
        draw(st.integers(1, 2**256 - 1)),
        quantity=draw(st.integers(1, 10**30 - 1)),
        amount_yen=draw(st.integers(1, 10**13)),
        lock_by_s=draw(st.integers(T0_S, T0_S + 10**9)),
        settle_s=draw(st.integers(1, 86_400)),
    )
    return replace(terms, lead_leg=draw(st.sampled_from(LeadLeg)))


@given(terms=terms_of_any_kind(), side=st.sampled_from(Side), on_hold=st.booleans())
@settings(max_examples=40, deadline=None)
def test_an_instruction_says_the_same_terms_after_its_way_through_a_sese_023(
    terms: SettlementTerms, side: Side, *, on_hold: bool
) -> None:
    sent = Instruction(side, terms, REFERENCE, on_hold, isin="JP3633400001")
    kind, body = read(write_instruction(sent))
    received = read_instruction(body)
    assert kind is MessageType.INSTRUCTION
    assert received == sent
    assert terms_hash(received.terms) == terms_hash(terms)


def test_a_quantity_that_the_message_cannot_carry_is_refused_when_it_is_written() -> None:
    with pytest.raises(SchemaViolated, match="30 digits"):
        write_instruction(Instruction(Side.SELLER, some_terms(quantity=10**30), REFERENCE))


@given(trade=st.integers(1, 2**256 - 1), side=st.sampled_from(Side))
@settings(max_examples=20, deadline=None)
def test_a_cancellation_names_the_same_trade_after_its_way(trade: int, side: Side) -> None:
    sent = Cancellation(side, REFERENCE, trade.to_bytes(32, "big"))
    kind, body = read(write_cancellation(sent))
    assert (kind, read_cancellation(body)) == (MessageType.CANCELLATION, sent)


@pytest.mark.parametrize("state", SettlementState)
@pytest.mark.parametrize("side", Side)
def test_every_state_but_the_settled_one_has_a_status(state: SettlementState, side: Side) -> None:
    xml = write_status(Standing(side, some_terms(), REFERENCE, state, "waits for the seller"))
    if state is SettlementState.SETTLED:
        assert xml is None
        return
    assert xml is not None
    kind, body = read(xml)
    assert kind is MessageType.STATUS
    assert body.text("TxId/AcctOwnrTxId") == REFERENCE
    assert read_trade_id(body, "TxDtls/TradId") == some_terms().trade_id
    assert f"{state.name}: waits for the seller" in xml.decode()


@pytest.mark.parametrize(
    ("state", "element", "code"),
    [
        (SettlementState.UNMATCHED, "MtchgSts/Umtchd/Rsn/Cd/Cd", "CMIS"),
        (SettlementState.EARMARKED, "SttlmSts/Pdg/Rsn/Cd/Cd", "AWMO"),
        (SettlementState.DELIVERY_BLOCKED, "SttlmSts/Flng/Rsn/Cd/Cd", "SBLO"),
        (SettlementState.CANCELLED, "PrcgSts/Canc/Rsn/Cd/Cd", "OTHR"),
    ],
)
def test_a_state_is_told_where_a_broker_looks_for_it(state: SettlementState, element: str, code: str) -> None:
    xml = write_status(Standing(Side.BUYER, some_terms(), REFERENCE, state))
    assert xml is not None
    assert read(xml)[1].text(element) == code


def test_words_that_are_too_long_are_cut_and_say_so() -> None:
    xml = write_status(Standing(Side.BUYER, some_terms(), REFERENCE, SettlementState.MATCHED, "w" * 500))
    assert xml is not None
    told = read(xml)[1].text("SttlmSts/Pdg/Rsn/AddtlRsnInf")
    assert len(told) == MOST_WORDS
    assert told.endswith("…")


SETTLED = Settled(some_terms(), T0_S + 60, "0x" + "ab" * 32, "cd" * 32)


@pytest.mark.parametrize(("side", "direction"), [(Side.SELLER, "CRDT"), (Side.BUYER, "DBIT")])
def test_a_confirmation_carries_both_ledgers_transactions(side: Side, direction: str) -> None:
    kind, body = read(write_confirmation(SETTLED, side, REFERENCE))
    assert kind is MessageType.CONFIRMATION
    assert body.text("SttldAmt/CdtDbtInd") == direction
    assert body.text("SplmtryData/Envlp/SettlementEvidence/DeliveryEvmTx") == SETTLED.delivery_evm_tx
    assert body.text("SplmtryData/Envlp/SettlementEvidence/PaymentLedgerTx") == SETTLED.payment_ledger_tx


def test_the_cash_leg_names_both_custodians_and_is_the_same_payment_each_time() -> None:
    first, again = (read(write_cash_transfer(SETTLED, created_s))[1] for created_s in (T0_S + 70, T0_S + 700))
    assert first.text("CdtTrfTxInf/Dbtr/FinInstnId/Othr/Id") == "cn-b"
    assert first.text("CdtTrfTxInf/Cdtr/FinInstnId/Othr/Id") == "cn-a"
    assert first.text("CdtTrfTxInf/IntrBkSttlmAmt") == "1000000"
    assert first.text("CdtTrfTxInf/PmtId/UETR") == again.text("CdtTrfTxInf/PmtId/UETR")
