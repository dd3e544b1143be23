"""Brokers that speak ISO 20022 alone, against a running gateway: a trade from instruction to confirmation."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import message_service_pb2 as pb
from crossdvp.gateway.v1 import message_service_pb2_grpc as pb_grpc
from crossdvp.gateway.v1 import settlement_service_pb2
from crossdvp.sdk import Gateway, Refused, Tls
from crossdvp.sdk import MessageType as SdkMessageType

from ibc.dvp import LeadLeg, SettlementTerms
from relayer.gateway.instructing import InstructionRules
from relayer.gateway.iso20022.cancellation import Cancellation, write_cancellation
from relayer.gateway.iso20022.instruction import Instruction, write_instruction
from relayer.gateway.iso20022.schemas import MessageType, read
from relayer.gateway.iso20022.xml_tree import Part
from relayer.gateway.matching import Side, Tolerances
from relayer.gateway.service_tables import InstrumentWords
from relayer.gateway.settlement_tables import INSTRUMENTS
from relayer.gateway.store import GatewayStore
from tests.fakes.rpc_parties import tls_of
from tests.fakes.running_gateway import BOTH_SIDES, RunningGateway, create_request, details_of, running_gateway
from tests.fakes.settlement_terms import some_terms

TERMS = some_terms()
NAME = f"settlements/{TERMS.trade_id.hex()}"
REFERENCES = {Side.SELLER: "A-2026-1", Side.BUYER: "B-77"}
BROKERS = {Side.SELLER: "broker-a", Side.BUYER: "broker-b"}
STATUS, CONFIRMATION = pb.MESSAGE_TYPE_STATUS_ADVICE, pb.MESSAGE_TYPE_CONFIRMATION
CASH_TRANSFER = pb.MESSAGE_TYPE_CASH_TRANSFER
UNMATCHED, PENDING = "MtchgSts/Umtchd/Rsn/Cd/Cd", "SttlmSts/Pdg/Rsn/Cd/Cd"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


def stub(gateway: RunningGateway, caller: str) -> Any:  # noqa: ANN401  # generated
    return pb_grpc.MessageServiceStub(gateway.channel(caller))  # type: ignore[no-untyped-call] # generated


def instruction(side: Side, terms: SettlementTerms = TERMS, *, on_hold: bool = False, isin: str = "") -> bytes:
    return write_instruction(Instruction(side, terms, REFERENCES[side], on_hold, isin))


def cancellation(side: Side, reference: str = "", trade_id: bytes = TERMS.trade_id) -> bytes:
    return write_cancellation(Cancellation(side, reference or REFERENCES[side], trade_id))


async def submit(
    gateway: RunningGateway, document: bytes, caller: str, request_id: str = ""
) -> pb.SubmitMessageResponse:
    request = pb.SubmitMessageRequest(request_id=request_id or str(uuid.uuid4()), document=document)
    answer: pb.SubmitMessageResponse = await stub(gateway, caller).SubmitMessage(request, timeout=30)
    return answer


async def instruct(gateway: RunningGateway, side: Side, terms: SettlementTerms = TERMS) -> pb.SubmitMessageResponse:
    return await submit(gateway, instruction(side, terms), BROKERS[side])


async def message(gateway: RunningGateway, kind: pb.MessageType, caller: str, side: int = 0) -> Part:
    request = pb.GetMessageRequest(name=NAME, message_type=kind, side=side)  # type: ignore[arg-type] # the test's own
    answer: pb.GetMessageResponse = await stub(gateway, caller).GetMessage(request, timeout=30)
    found, body = read(answer.document)
    assert found.identifier == answer.message_identifier
    return body


async def refused(call: Any) -> tuple[grpc.StatusCode, str]:  # noqa: ANN401  # any awaitable of a stub
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call
    return failure.value.code(), details_of(failure.value)[0]


async def until_state(gateway: RunningGateway, state: str) -> None:
    number = settlement_service_pb2.SettlementState.Value(f"SETTLEMENT_STATE_{state}")
    async with asyncio.timeout(10):
        async for event in gateway.client().watch(NAME):
            if event.settlement.state == number:
                return


async def settle(gateway: RunningGateway) -> None:
    gateway.evm.earmark(TERMS)
    await until_state(gateway, "LOCKED")
    gateway.evm.deliver(TERMS)
    await until_state(gateway, "DELIVERED")  # the confirmation names this transaction, which may be read last
    gateway.ledger.release(TERMS)
    await until_state(gateway, "SETTLED")


async def test_both_brokers_settle_a_trade_by_messages_alone(gateway: RunningGateway) -> None:
    first = await instruct(gateway, Side.SELLER)
    assert read(first.status_advice)[1].text(UNMATCHED) == "CMIS"
    second = await instruct(gateway, Side.BUYER)
    kind, advice = read(second.status_advice)
    assert (kind, advice.text("TxId/AcctOwnrTxId"), advice.text(PENDING)) == (MessageType.STATUS, "B-77", "AWSH")
    assert second.settlement.name == NAME
    assert await refused(message(gateway, CONFIRMATION, "broker-a")) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "ISO20022_NOT_SETTLED",
    )
    await settle(gateway)
    for side, direction in ((Side.SELLER, "CRDT"), (Side.BUYER, "DBIT")):
        confirmed = await message(gateway, CONFIRMATION, BROKERS[side])
        assert confirmed.text("TxIdDtls/AcctOwnrTxId") == REFERENCES[side]
        assert confirmed.text("SttldAmt/CdtDbtInd") == direction
        facts = {fact.what: fact.tx_id for fact in (await gateway.client().get(NAME)).facts}
        evidence = confirmed.part("SplmtryData/Envlp/SettlementEvidence")
        assert evidence.text("DeliveryEvmTx") == facts["delivered"]
        assert evidence.text("PaymentLedgerTx") == facts["cash released to seller"]
    cash = await message(gateway, CASH_TRANSFER, "broker-b")
    assert cash.text("CdtTrfTxInf/IntrBkSttlmAmt") == "1000000"
    assert (await refused(message(gateway, STATUS, "broker-a")))[1] == "ISO20022_SETTLED"


async def test_what_a_message_instructs_is_what_a_request_would_have_instructed(gateway: RunningGateway) -> None:
    told = (await submit(gateway, instruction(Side.SELLER, on_hold=True), "broker-a")).settlement
    other = replace(TERMS, trade_id=b"\x09" * 32)
    document = write_instruction(Instruction(Side.SELLER, other, REFERENCES[Side.SELLER], on_hold=True))
    by_message = (await submit(gateway, document, "broker-a")).settlement
    request = create_request(str(uuid.uuid4()), reference=REFERENCES[Side.SELLER], hold=True)
    again = (await gateway.stub("broker-a").CreateSettlement(request)).settlement
    assert again == told  # the same instruction once more changes nothing
    assert told.on_hold
    assert by_message.instructions[0].reference == told.instructions[0].reference


async def test_a_hold_is_told_to_each_side_as_it_stands(gateway: RunningGateway) -> None:
    await submit(gateway, instruction(Side.SELLER, on_hold=True), "broker-a")
    told = await instruct(gateway, Side.BUYER)
    assert read(told.status_advice)[1].text(PENDING) == "PRCY"  # the counterparty's
    assert (await message(gateway, STATUS, "broker-a")).text(PENDING) == "PREA"  # one's own


async def test_terms_that_differ_are_told_one_by_one(gateway: RunningGateway) -> None:
    await instruct(gateway, Side.SELLER)
    told = await instruct(gateway, Side.BUYER, some_terms(quantity=11, amount_yen=999_999))
    text = told.status_advice.decode()
    assert "<Cd>DQUA</Cd>" in text
    assert "<Cd>DMON</Cd>" in text
    assert "security.quantity, cash.amount_yen differ" in text
    assert "<DgtlTknUnit>11</DgtlTknUnit>" in text  # the buyer's own


async def test_terms_within_tolerance_wait_for_the_affirmation(tmp_path: Path) -> None:
    rules = InstructionRules(Tolerances(amount_yen=100))
    async with running_gateway(tmp_path / "gateway.sqlite3", rules=rules) as gateway:
        await instruct(gateway, Side.SELLER)
        told = await instruct(gateway, Side.BUYER, some_terms(amount_yen=1_000_050))
        assert read(told.status_advice)[1].text(UNMATCHED) == "DMON"
        assert told.settlement.state == settlement_service_pb2.SETTLEMENT_STATE_WITHIN_TOLERANCE


async def test_a_document_sent_again_is_answered_as_it_was_first(gateway: RunningGateway) -> None:
    request_id = str(uuid.uuid4())
    first = await submit(gateway, instruction(Side.SELLER), "broker-a", request_id)
    await instruct(gateway, Side.BUYER)
    assert await submit(gateway, instruction(Side.SELLER), "broker-a", request_id) == first
    code, reason = await refused(submit(gateway, cancellation(Side.SELLER), "broker-a", request_id))
    assert (code, reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


async def test_a_request_id_is_one_over_messages_and_requests(gateway: RunningGateway) -> None:
    request_id = str(uuid.uuid4())
    await gateway.stub("broker-a").CreateSettlement(create_request(request_id))
    assert (await refused(submit(gateway, instruction(Side.SELLER), "broker-a", request_id)))[1] == "REQUEST_ID_REUSED"
    other = str(uuid.uuid4())
    await submit(gateway, instruction(Side.SELLER), "broker-a", other)
    assert (await refused(gateway.stub("broker-a").CreateSettlement(create_request(other))))[1] == "REQUEST_ID_REUSED"


async def test_a_cancellation_names_ones_own_instruction(gateway: RunningGateway) -> None:
    await instruct(gateway, Side.SELLER)
    await instruct(gateway, Side.BUYER)
    for document, caller, reason in (
        (cancellation(Side.SELLER, "B-77"), "broker-a", "ISO20022_NOT_YOUR_REFERENCE"),
        (cancellation(Side.BUYER), "broker-a", "NOT_YOUR_SIDE"),
        (cancellation(Side.SELLER), "broker-c", "SETTLEMENT_UNKNOWN"),
        (cancellation(Side.SELLER, trade_id=b"\x07" * 32), "broker-a", "SETTLEMENT_UNKNOWN"),
    ):
        assert (await refused(submit(gateway, document, caller)))[1] == reason
    request_id = str(uuid.uuid4())
    done = await submit(gateway, cancellation(Side.SELLER), "broker-a", request_id)
    assert done.settlement.state == settlement_service_pb2.SETTLEMENT_STATE_CANCELLED
    assert read(done.status_advice)[1].text("PrcgSts/Canc/Rsn/Cd/Cd") == "OTHR"
    assert await submit(gateway, cancellation(Side.SELLER), "broker-a", request_id) == done


async def test_a_side_that_has_not_instructed_cancels_nothing(gateway: RunningGateway) -> None:
    await instruct(gateway, Side.SELLER)
    assert (await refused(submit(gateway, cancellation(Side.BUYER), "broker-b")))[1] == "NOT_INSTRUCTED"
    assert (await refused(message(gateway, STATUS, "broker-b")))[1] == "NOT_INSTRUCTED"


async def test_nobody_instructs_or_reads_for_another_side(gateway: RunningGateway) -> None:
    assert await refused(submit(gateway, instruction(Side.SELLER), "broker-b")) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "NOT_YOUR_SIDE",
    )
    await instruct(gateway, Side.SELLER)
    seller = settlement_service_pb2.SIDE_SELLER
    assert (await refused(message(gateway, STATUS, "broker-b", seller)))[1] == "NOT_YOUR_SIDE"
    assert (await refused(message(gateway, STATUS, "broker-c")))[1] == "SETTLEMENT_UNKNOWN"
    assert (await refused(message(gateway, STATUS, BOTH_SIDES)))[1] == "BAD_REQUEST"  # of which side?
    assert (await message(gateway, STATUS, BOTH_SIDES, seller)).text("TxId/AcctOwnrTxId") == REFERENCES[Side.SELLER]


async def test_an_isin_that_contradicts_the_platforms_own_word_is_refused(
    gateway: RunningGateway, tmp_path: Path
) -> None:
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    words = InstrumentWords(TERMS.security.token, TERMS.security.adapter, "", "JP3633400001")
    with store.database.transaction() as connection:
        INSTRUMENTS.put(connection, "broker-a", words)
    store.close()
    document = instruction(Side.SELLER, isin="US0378331005")
    assert (await refused(submit(gateway, document, "broker-a")))[1] == "ISO20022_ISIN_DIFFERS"
    await submit(gateway, instruction(Side.SELLER, isin="JP3633400001"), "broker-a")
    await submit(gateway, instruction(Side.BUYER, isin="US0378331005"), "broker-b")  # who has said nothing of it


async def test_a_settlement_that_no_message_can_carry_says_so_and_is_cancelled_all_the_same(
    gateway: RunningGateway,
) -> None:
    huge = some_terms(quantity=10**30)
    await gateway.client("broker-a").create(Side.SELLER, huge)
    assert (await refused(message(gateway, STATUS, "broker-a")))[1] == "ISO20022_CANNOT_CARRY"
    done = await submit(gateway, cancellation(Side.SELLER, "NONREF"), "broker-a")  # it was given without a reference
    assert done.settlement.state == settlement_service_pb2.SETTLEMENT_STATE_CANCELLED
    assert done.status_advice == b""


async def test_a_trade_whose_securities_lead_is_confirmed_with_its_own_transactions(gateway: RunningGateway) -> None:
    terms = replace(TERMS, lead_leg=LeadLeg.SECURITIES)
    await instruct(gateway, Side.SELLER, terms)
    await instruct(gateway, Side.BUYER, terms)
    gateway.evm.lock(terms)
    await until_state(gateway, "SECURITIES_LOCKED")
    gateway.ledger.pay(terms)
    gateway.evm.give_to_buyer(terms)
    await until_state(gateway, "SETTLED")
    evidence = (await message(gateway, CONFIRMATION, "broker-a")).part("SplmtryData/Envlp/SettlementEvidence")
    facts = {fact.what: fact.tx_id for fact in (await gateway.client().get(NAME)).facts}
    assert evidence.text("DeliveryEvmTx") == facts["securities delivered"]
    assert evidence.text("PaymentLedgerTx") == facts["cash paid"]


async def test_the_sdk_sends_and_fetches_messages(gateway: RunningGateway) -> None:
    def sdk(caller: str) -> Gateway:
        tls = Tls(**dataclasses.asdict(tls_of(caller)))
        return Gateway.connect(f"127.0.0.1:{gateway.port}", tls, timeout_s=30.0)

    request_id = str(uuid.uuid4())
    async with sdk("broker-a") as seller, sdk("broker-b") as buyer:
        submitted = await seller.submit_message(instruction(Side.SELLER), request_id=request_id)
        assert read(submitted.status_advice)[1].text(UNMATCHED) == "CMIS"
        await buyer.submit_message(instruction(Side.BUYER))
        assert await seller.submit_message(instruction(Side.SELLER), request_id=request_id) == submitted
        status = await buyer.get_message(NAME, SdkMessageType.STATUS_ADVICE, Side.BUYER)
        assert read(status)[1].text(PENDING) == "AWSH"
        with pytest.raises(Refused, match="ISO20022_NOT_SETTLED"):
            await buyer.get_message(NAME, SdkMessageType.CONFIRMATION, Side.BUYER)
        with pytest.raises(Refused, match="ISO20022_NOT_AN_ORDER"):
            await buyer.submit_message(status)
