"""The gateway over real gRPC and mTLS: affirming, tolerances, references, holds, retries, updates."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask

from chains.rpc_status import RemoteCallerError
from ibc.dvp import terms_hash
from relayer.gateway.instructing import InstructionRules
from relayer.gateway.matching import Side, Tolerances
from relayer.gateway.settlement_codec import encode_terms
from tests.fakes.running_gateway import RunningGateway, create_request, details_of, running_gateway
from tests.fakes.settlement_terms import T0_S, some_terms

ID, OTHER_ID = (str(uuid.UUID(int=number)) for number in (1, 2))
RULES = InstructionRules(Tolerances(amount_yen=100, time_s=5))
SELLER, BUYER = "broker-a", "broker-b"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3", rules=RULES) as running:
        yield running


async def refused(gateway: RunningGateway, caller: str, method: str, request: object) -> tuple[str, dict[str, str]]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await getattr(gateway.stub(caller), method)(request)
    return details_of(caught.value)


async def test_the_other_side_affirms_by_the_hash_alone_and_the_settlement_goes_on(gateway: RunningGateway) -> None:
    terms = some_terms()
    proposed = await gateway.client(SELLER).create(Side.SELLER, terms, reference="S-1")
    matched = await gateway.client(BUYER).affirm(proposed.name, proposed.terms_hash, reference="B-1")
    assert matched.state == pb.SETTLEMENT_STATE_MATCHED
    assert [(each.side, each.reference) for each in matched.instructions] == [
        (pb.SIDE_SELLER, "S-1"),
        (pb.SIDE_BUYER, "B-1"),
    ]
    gateway.evm.earmark(terms)
    async for event in gateway.client(BUYER).watch(proposed.name):
        if event.settlement.state == pb.SETTLEMENT_STATE_LOCKED:
            break


async def test_near_terms_are_offered_and_match_once_both_named_the_agreed_hash(gateway: RunningGateway) -> None:
    seller, buyer = some_terms(amount_yen=500_050), some_terms(amount_yen=500_000, lock_by_s=T0_S + 297)
    await gateway.client(SELLER).create(Side.SELLER, seller)
    near = await gateway.client(BUYER).create(Side.BUYER, buyer)
    assert (near.state, near.waiting.on) == (pb.SETTLEMENT_STATE_WITHIN_TOLERANCE, "the seller and the buyer")
    assert (near.terms.amount_yen, near.terms.lock_by.seconds) == (500_050, T0_S + 297)
    assert (near.seller_terms, near.buyer_terms) == (encode_terms(seller), encode_terms(buyer))
    await gateway.restart()
    still = await gateway.client(BUYER).affirm(near.name, near.terms_hash)
    assert still.state == pb.SETTLEMENT_STATE_WITHIN_TOLERANCE
    matched = await gateway.client(SELLER).affirm(near.name, near.terms_hash)
    assert (matched.state, matched.terms_hash) == (pb.SETTLEMENT_STATE_MATCHED, near.terms_hash)
    assert [(each.field, each.agreed_value) for each in matched.tolerated] == [
        ("cash.amount_yen", "500050"),
        ("lock_by_s", str(T0_S + 297)),
        ("settle_by_s", str(T0_S + 597)),
    ]


async def test_a_trade_reference_that_both_name_finds_the_settlement_without_its_id_and_salt(
    gateway: RunningGateway,
) -> None:
    terms = some_terms()
    await gateway.client(SELLER).create(Side.SELLER, terms, trade_reference="T-77")
    bare = encode_terms(terms)
    bare.ClearField("trade_id")
    bare.ClearField("salt")
    request = create_request(ID, side=pb.SIDE_BUYER, terms=bare, trade_reference="T-77")
    first = (await gateway.stub(BUYER).CreateSettlement(request)).settlement
    assert (first.state, first.terms_hash) == (pb.SETTLEMENT_STATE_MATCHED, terms_hash(terms))
    again = create_request(ID, side=pb.SIDE_BUYER, terms=bare, trade_reference="T-77")
    assert (await gateway.stub(BUYER).CreateSettlement(again)).settlement == first
    late = create_request(OTHER_ID, side=pb.SIDE_BUYER, terms=bare, trade_reference="T-77")
    assert (await refused(gateway, BUYER, "CreateSettlement", late))[0] == "TRADE_REFERENCE_UNKNOWN"


async def test_two_settlements_under_one_trade_reference_are_not_guessed_between(gateway: RunningGateway) -> None:
    for trade in (1, 2):
        await gateway.client(SELLER).create(Side.SELLER, some_terms(trade), trade_reference="T-77")
    bare = encode_terms(some_terms())
    bare.ClearField("trade_id")
    bare.ClearField("salt")
    request = create_request(ID, side=pb.SIDE_BUYER, terms=bare, trade_reference="T-77")
    assert (await refused(gateway, BUYER, "CreateSettlement", request))[0] == "TRADE_REFERENCE_AMBIGUOUS"


async def test_a_hold_keeps_the_lock_back_until_it_is_released(gateway: RunningGateway) -> None:
    terms = some_terms()
    proposed = await gateway.client(SELLER).create(Side.SELLER, terms)
    held = await gateway.client(BUYER).affirm(proposed.name, proposed.terms_hash, hold=True)
    assert (held.state, held.on_hold) == (pb.SETTLEMENT_STATE_MATCHED, True)
    assert held.waiting.what == "the release of the hold (party)"
    gateway.evm.earmark(terms)
    watching = gateway.client(BUYER).watch(proposed.name)
    async with asyncio.timeout(10):
        async for event in watching:
            if event.settlement.state == pb.SETTLEMENT_STATE_EARMARKED:
                break
        assert gateway.ledger.attempts == []
        assert not (await gateway.client(BUYER).release(proposed.name)).on_hold
        async for event in watching:
            if event.settlement.state == pb.SETTLEMENT_STATE_LOCKED:
                break


async def test_an_update_changes_what_its_mask_names_and_an_old_etag_changes_nothing(gateway: RunningGateway) -> None:
    first = await gateway.client(SELLER).create(Side.SELLER, some_terms(), reference="S-1")
    update = pb.UpdateSettlementRequest(
        request_id=ID,
        name=first.name,
        etag=first.etag,
        update_mask=FieldMask(paths=["priority"]),
        priority=pb.PRIORITY_URGENT,
        reference="ignored",
    )
    after = (await gateway.stub(SELLER).UpdateSettlement(update)).settlement
    assert (after.priority, after.instructions[0].reference) == (pb.PRIORITY_URGENT, "S-1")
    update.request_id, update.etag = OTHER_ID, first.etag
    reason, metadata = await refused(gateway, SELLER, "UpdateSettlement", update)
    assert (reason, metadata["current_etag"]) == ("ETAG_MISMATCH", after.etag)
    for paths in ([], ["terms"], ["priority", "state"]):
        wrong = pb.UpdateSettlementRequest(request_id=OTHER_ID, name=first.name, update_mask=FieldMask(paths=paths))
        assert (await refused(gateway, SELLER, "UpdateSettlement", wrong))[0] == "BAD_REQUEST"


async def test_a_retry_is_for_what_the_gateway_attempts(gateway: RunningGateway) -> None:
    gateway.ledger.cash_yen = 0
    terms = some_terms()
    proposed = await gateway.client(SELLER).create(Side.SELLER, terms)
    with pytest.raises(RemoteCallerError, match="NOTHING_TO_RETRY"):
        await gateway.client(SELLER).retry(proposed.name)
    await gateway.client(BUYER).affirm(proposed.name, proposed.terms_hash)
    gateway.evm.earmark(terms)
    watching = gateway.client(SELLER).watch(proposed.name)
    async with asyncio.timeout(10):
        async for event in watching:
            if event.settlement.waiting.attempts:
                break
        assert event.settlement.waiting.next_attempt.seconds > T0_S
        gateway.ledger.cash_yen = terms.cash.amount_yen
        retried = await gateway.client(SELLER).retry(proposed.name)
        assert retried.waiting.retry_asked.seconds == T0_S
        async for event in watching:
            if event.settlement.state == pb.SETTLEMENT_STATE_LOCKED:
                break


async def test_the_first_answer_to_a_request_stays_its_answer(gateway: RunningGateway) -> None:
    first = (await gateway.stub(SELLER).CreateSettlement(create_request(ID))).settlement
    matched = await gateway.client(BUYER).affirm(first.name, first.terms_hash)
    assert matched.state == pb.SETTLEMENT_STATE_MATCHED
    await gateway.restart()
    assert (await gateway.stub(SELLER).CreateSettlement(create_request(ID))).settlement == first
    cancelled = await gateway.client(SELLER).cancel(first.name, OTHER_ID)
    assert await gateway.client(SELLER).cancel(first.name, OTHER_ID) == cancelled


async def test_a_read_mask_shows_what_it_names_and_refuses_what_there_is_not(gateway: RunningGateway) -> None:
    name = (await gateway.client(SELLER).create(Side.SELLER, some_terms())).name
    request = pb.GetSettlementRequest(name=name, read_mask=FieldMask(paths=["state", "terms.amount_yen"]))
    shown = (await gateway.stub(SELLER).GetSettlement(request)).settlement
    expected = pb.Settlement(state=pb.SETTLEMENT_STATE_UNMATCHED, terms=pb.SettlementTerms(amount_yen=1_000_000))
    assert shown == expected
    for paths in (["price"], ["state", "terms.price"], ["facts.what"], ["state"] * 65):
        wrong = pb.GetSettlementRequest(name=name, read_mask=FieldMask(paths=paths))
        assert (await refused(gateway, SELLER, "GetSettlement", wrong))[0] == "BAD_REQUEST"


async def test_of_many_instructions_each_has_its_own_result_in_its_place(gateway: RunningGateway) -> None:
    requests = [create_request(str(uuid.UUID(int=n)), terms=encode_terms(some_terms(n))) for n in range(1, 31)]
    requests[3].terms.amount_yen = 0
    requests[7].terms.lock_by.seconds = T0_S + 1
    requests[9].side = pb.SIDE_BUYER
    results = await gateway.client(SELLER).create_many(requests)
    reasons = {index: each.refusal.reason for index, each in enumerate(results) if each.HasField("refusal")}
    assert reasons == {3: "BAD_REQUEST", 7: "TIMES_TOO_CLOSE", 9: "NOT_YOUR_SIDE"}
    assert [each.request_id for each in results] == [each.request_id for each in requests]
    assert results[7].refusal.code == grpc.StatusCode.FAILED_PRECONDITION.value[0]
    assert results[7].refusal.metadata["field"] == "terms.lock_by"
    again = await gateway.client(SELLER).create_many(requests)
    assert [each.settlement for each in again] == [each.settlement for each in results]


async def test_a_quiet_watch_says_now_and_then_that_it_is_there(tmp_path: Path) -> None:
    async with running_gateway(tmp_path / "gateway.sqlite3", heartbeat_s=0.05) as gateway:
        watching = gateway.stub(SELLER).WatchSettlements(pb.WatchSettlementsRequest())
        async with asyncio.timeout(10):
            assert await watching.read() == pb.WatchSettlementsResponse()  # nothing yet, so no token
            await gateway.client("broker-c").create(Side.SELLER, some_terms(9, nodes=("cn-c", "cn-c")))
            await gateway.client(SELLER).create(Side.SELLER, some_terms())
            told = [await watching.read() for _ in range(8)]
        (event,) = [each for each in told if each.HasField("settlement")]
        assert {each.resume_token for each in told[told.index(event) :]} == {event.resume_token}
        watching.cancel()
        resumed = gateway.stub(SELLER).WatchSettlements(pb.WatchSettlementsRequest(resume_token=event.resume_token))
        async with asyncio.timeout(10):
            assert (await resumed.read()).resume_token == event.resume_token
        resumed.cancel()
