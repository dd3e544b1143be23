"""The gateway over real gRPC and mTLS: instructions, matching, request ids, validate_only, lists."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from tests.fakes.running_gateway import RunningGateway, create_request, details_of, running_gateway
from tests.fakes.settlement_terms import T0_S, some_terms

ID_1, ID_2, ID_3 = (str(uuid.UUID(int=number)) for number in (1, 2, 3))
BUYER = pb.SIDE_BUYER


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


async def test_two_equal_instructions_match_and_wait_for_the_earmark(gateway: RunningGateway) -> None:
    first = await gateway.client("broker-a").create(Side.SELLER, some_terms())
    assert (first.state, first.waiting.on) == (pb.SETTLEMENT_STATE_UNMATCHED, "the other side")
    second = await gateway.client("broker-b").create(Side.BUYER, some_terms())
    assert (second.state, second.waiting.on) == (pb.SETTLEMENT_STATE_MATCHED, "the seller")
    assert second.name == f"settlements/{some_terms().trade_id.hex()}"


async def test_differing_fields_are_named_and_a_corrected_instruction_matches(gateway: RunningGateway) -> None:
    client = gateway.client()
    await client.create(Side.SELLER, some_terms(quantity=10, amount_yen=5))
    differing = await client.create(Side.BUYER, some_terms(quantity=11, amount_yen=6))
    assert differing.state == pb.SETTLEMENT_STATE_MISMATCHED
    assert list(differing.mismatched_fields) == ["security.quantity", "cash.amount_yen"]
    assert (await client.create(Side.BUYER, some_terms(quantity=10, amount_yen=5))).state == pb.SETTLEMENT_STATE_MATCHED


async def test_a_repeated_request_id_answers_the_same_settlement_even_after_a_restart(gateway: RunningGateway) -> None:
    first = (await gateway.stub().CreateSettlement(create_request(ID_1))).settlement
    assert (await gateway.stub().CreateSettlement(create_request(ID_1))).settlement == first
    await gateway.restart()
    assert (await gateway.stub().CreateSettlement(create_request(ID_1))).settlement == first
    events = gateway.stub().WatchSettlements(pb.WatchSettlementsRequest())
    assert (await events.read()).resume_token == "1"  # noqa: S105  # not a secret
    await gateway.stub().CreateSettlement(create_request(ID_2, side=BUYER))
    assert (await events.read()).settlement.state == pb.SETTLEMENT_STATE_MATCHED  # nothing in between
    events.cancel()


async def test_a_repeat_is_answered_even_when_its_times_have_come_too_close(gateway: RunningGateway) -> None:
    first = (await gateway.stub().CreateSettlement(create_request(ID_1))).settlement
    gateway.now_s = some_terms().lock_by_s - 1
    assert (await gateway.stub().CreateSettlement(create_request(ID_1))).settlement == first


async def test_a_request_id_with_another_body_is_refused_naming_the_fields(gateway: RunningGateway) -> None:
    await gateway.stub().CreateSettlement(create_request(ID_1))
    other = create_request(ID_1, side=BUYER, terms=encode_terms(some_terms(quantity=11)))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().CreateSettlement(other)
    assert caught.value.code() is grpc.StatusCode.ALREADY_EXISTS
    reason, metadata = details_of(caught.value)
    assert (reason, metadata["differing_fields"]) == ("REQUEST_ID_REUSED", "side, terms.quantity")
    stored = (await gateway.stub().GetSettlement(pb.GetSettlementRequest(name=_name(1)))).settlement
    assert stored.state == pb.SETTLEMENT_STATE_UNMATCHED


async def test_validate_only_answers_as_if_done_and_stores_nothing(gateway: RunningGateway) -> None:
    stub = gateway.stub()
    tried = (await stub.CreateSettlement(create_request(ID_1, validate_only=True))).settlement
    assert (tried.state, tried.waiting.on) == (pb.SETTLEMENT_STATE_UNMATCHED, "the other side")
    assert not (await stub.ListSettlements(pb.ListSettlementsRequest())).settlements
    await stub.CreateSettlement(create_request(ID_1))  # the id was not used up
    as_buyer = create_request(ID_2, side=BUYER, validate_only=True)
    assert (await stub.CreateSettlement(as_buyer)).settlement.state == pb.SETTLEMENT_STATE_MATCHED
    stored = (await stub.GetSettlement(pb.GetSettlementRequest(name=_name(1)))).settlement
    assert stored.state == pb.SETTLEMENT_STATE_UNMATCHED


async def test_times_without_the_margins_are_refused_with_the_earliest_time(gateway: RunningGateway) -> None:
    close = create_request(ID_1, terms=encode_terms(some_terms(lock_by_s=T0_S + 9)))
    reason, metadata = await _refusal(gateway, close, grpc.StatusCode.FAILED_PRECONDITION)
    assert (reason, metadata["field"]) == ("TIMES_TOO_CLOSE", "terms.lock_by")
    assert metadata["earliest_s"] == str(T0_S + 10)
    short = create_request(ID_1, terms=encode_terms(some_terms(settle_s=9)))
    reason, metadata = await _refusal(gateway, short, grpc.StatusCode.FAILED_PRECONDITION)
    assert (reason, metadata["field"]) == ("TIMES_TOO_CLOSE", "terms.settle_by")


@pytest.mark.parametrize(
    ("field", "value"),
    [("evm_chain_id", 1), ("ledger_id", "elsewhere"), ("buyer_account", None)],
)
async def test_terms_on_a_ledger_that_this_gateway_does_not_reach_are_refused(
    gateway: RunningGateway, field: str, value: object
) -> None:
    terms = encode_terms(some_terms())
    if value is None:
        terms.buyer_account.node = "cn-nowhere"
    else:
        setattr(terms, field, value)
    request = create_request(ID_1, terms=terms)
    reason, metadata = await _refusal(gateway, request, grpc.StatusCode.INVALID_ARGUMENT)
    assert reason == "NOT_SERVED"
    assert metadata["field"].startswith(f"terms.{field}")


async def test_matched_terms_cannot_be_replaced_but_an_equal_instruction_is_welcome(gateway: RunningGateway) -> None:
    client = gateway.client()
    for side in Side:
        await client.create(side, some_terms())
    assert (await client.create(Side.SELLER, some_terms())).state == pb.SETTLEMENT_STATE_MATCHED
    request = create_request(ID_3, terms=encode_terms(some_terms(quantity=11)))
    reason, _ = await _refusal(gateway, request, grpc.StatusCode.FAILED_PRECONDITION)
    assert reason == "SETTLEMENT_ENDED"


async def test_the_other_side_of_a_withdrawn_instruction_is_told_that_it_has_ended(gateway: RunningGateway) -> None:
    await gateway.client().create(Side.SELLER, some_terms())
    assert (await gateway.client().cancel(_name(1))).state == pb.SETTLEMENT_STATE_CANCELLED
    reason, metadata = await _refusal(gateway, create_request(ID_2, side=BUYER), grpc.StatusCode.FAILED_PRECONDITION)
    assert (reason, metadata["name"]) == ("SETTLEMENT_ENDED", _name(1))


async def test_lists_are_paged_newest_first_and_filtered_by_state(gateway: RunningGateway) -> None:
    client, stub = gateway.client(), gateway.stub()
    for trade in range(1, 6):
        await client.create(Side.SELLER, some_terms(trade))
    await client.create(Side.BUYER, some_terms(2))
    names, token = [], ""
    while True:
        page = await stub.ListSettlements(pb.ListSettlementsRequest(page_size=2, page_token=token))
        names.append([settlement.name for settlement in page.settlements])
        token = page.next_page_token
        if not token:
            break
    assert names == [[_name(5), _name(4)], [_name(3), _name(2)], [_name(1)]]
    matched = pb.ListSettlementsRequest(states=[pb.SETTLEMENT_STATE_MATCHED])
    assert [s.name for s in (await stub.ListSettlements(matched)).settlements] == [_name(2)]


async def test_an_unknown_settlement_is_not_found_by_get_watch_and_cancel(gateway: RunningGateway) -> None:
    stub, name = gateway.stub(), _name(77)
    calls = (
        stub.GetSettlement(pb.GetSettlementRequest(name=name)),
        stub.CancelSettlement(pb.CancelSettlementRequest(request_id=ID_1, name=name)),
        stub.WatchSettlements(pb.WatchSettlementsRequest(name=name)).read(),
    )
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.NOT_FOUND
        assert details_of(caught.value) == ("SETTLEMENT_UNKNOWN", {"name": name, "blame": "caller"})


def _name(trade: int) -> str:
    return f"settlements/{trade:064x}"


async def _refusal(
    gateway: RunningGateway, request: pb.CreateSettlementRequest, code: grpc.StatusCode
) -> tuple[str, dict[str, str]]:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().CreateSettlement(request)
    assert caught.value.code() is code
    return details_of(caught.value)
