"""Attacks on matching and holds: the wrong platform, old etags, one person twice, others' tokens, repeats."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from ibc.dvp import terms_hash
from relayer.gateway.access import Role
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from relayer.gateway.tenants import Tenant
from tests.fakes.gateway_people import People, Person
from tests.fakes.running_gateway import RunningGateway, create_request, details_of
from tests.fakes.settlement_terms import some_terms

ID, OTHER_ID = (str(uuid.UUID(int=number)) for number in (1, 2))
LIMIT_YEN = 500_000
PEOPLE = People(
    {
        "broker-a": Tenant(frozenset({"cn-a"}), four_eyes_above_yen=LIMIT_YEN),
        "broker-b": Tenant(frozenset({"cn-b"})),
        "broker-x": Tenant(frozenset({"cn-a"})),
        "broker-c": Tenant(frozenset({"cn-c"})),
    },
    {
        "ann": Person("broker-a"),
        "ben": Person("broker-a"),
        "pia": Person("broker-a", frozenset({Role.PROPOSER})),
        "aud": Person("broker-a", frozenset({Role.AUDITOR})),
        "xen": Person("broker-x"),
    },
)
NAME = f"settlements/{1:064x}"
HASH = terms_hash(some_terms())


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    running = RunningGateway(tmp_path / "gateway.sqlite3", speakers=PEOPLE)
    await running.start()
    try:
        yield running
    finally:
        await running.close()


async def refusal(call: Any) -> tuple[grpc.StatusCode, str]:  # noqa: ANN401  # calls have no common type
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value.code(), details_of(caught.value)[0]


def affirm(side: int = pb.SIDE_UNSPECIFIED, **fields: Any) -> pb.AffirmSettlementRequest:  # noqa: ANN401  # any field
    known: dict[str, Any] = {"request_id": ID, "name": NAME, "terms_hash": HASH, "side": side} | fields
    return pb.AffirmSettlementRequest(**known)


async def test_nobody_affirms_for_a_side_that_is_not_his(gateway: RunningGateway) -> None:
    await gateway.client("broker-b").create(Side.BUYER, some_terms())
    before = await gateway.client("broker-b").get(NAME)
    for caller, side, expected in (
        ("broker-c", pb.SIDE_UNSPECIFIED, (grpc.StatusCode.NOT_FOUND, "SETTLEMENT_UNKNOWN")),
        ("broker-c", pb.SIDE_SELLER, (grpc.StatusCode.NOT_FOUND, "SETTLEMENT_UNKNOWN")),
        ("broker-b", pb.SIDE_SELLER, (grpc.StatusCode.PERMISSION_DENIED, "NOT_YOUR_SIDE")),
        ("broker-b", pb.SIDE_BUYER, (grpc.StatusCode.FAILED_PRECONDITION, "NOTHING_TO_AFFIRM")),
        ("pia", pb.SIDE_SELLER, (grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")),
    ):
        assert await refusal(gateway.stub(caller).AffirmSettlement(affirm(side))) == expected
    assert await gateway.client("broker-b").get(NAME) == before


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        ("CreateSettlement", "ROLE_MISSING"),
        ("HoldSettlement", "ROLE_MISSING"),
        ("ReleaseSettlement", "ROLE_MISSING"),
        ("UpdateSettlement", "ROLE_MISSING"),
        ("RetrySettlement", "ROLE_MISSING"),
        ("CancelSettlement", "ROLE_MISSING"),
        ("AffirmSettlement", "ROLE_MISSING"),
    ],
)
async def test_an_auditor_reads_and_changes_nothing(gateway: RunningGateway, method: str, reason: str) -> None:
    await gateway.client("ann").create(Side.SELLER, some_terms())
    request = getattr(pb, f"{method}Request")(request_id=ID)
    if method == "CreateSettlement":
        request = create_request(ID)
    else:
        request.name = NAME
    assert (await refusal(getattr(gateway.stub("aud"), method)(request)))[1] == reason
    assert (await gateway.client("aud").get(NAME)).state == pb.SETTLEMENT_STATE_UNMATCHED


async def test_one_person_cannot_lock_a_large_amount_by_any_call(gateway: RunningGateway) -> None:
    """Above the limit nothing is locked before a second person of the same platform has agreed."""
    terms = some_terms()
    held = await gateway.client("ann").create(Side.SELLER, terms)
    assert held.instructions[0].holds == [pb.HOLD_REASON_FOUR_EYES]
    await gateway.client("broker-b").affirm(NAME, HASH)
    gateway.evm.earmark(terms)
    release = pb.ReleaseSettlementRequest(request_id=ID, name=NAME)
    update = pb.UpdateSettlementRequest(request_id=OTHER_ID, name=NAME, hold=False)
    update.update_mask.paths.append("hold")
    denied = grpc.StatusCode.PERMISSION_DENIED
    assert await refusal(gateway.stub("ann").ReleaseSettlement(release)) == (denied, "FOUR_EYES_SAME_USER")
    assert await refusal(gateway.stub("ann").AffirmSettlement(affirm())) == (denied, "FOUR_EYES_SAME_USER")
    assert await refusal(gateway.stub("pia").ReleaseSettlement(release)) == (denied, "ROLE_MISSING")
    assert await refusal(gateway.stub("xen").ReleaseSettlement(release)) == (denied, "NOT_YOUR_INSTRUCTION")
    assert (await gateway.stub("ann").UpdateSettlement(update)).settlement.on_hold
    assert (await gateway.client("ann").create(Side.SELLER, terms)).on_hold
    async for event in gateway.client("ann").watch(NAME):
        if event.settlement.state == pb.SETTLEMENT_STATE_EARMARKED:
            break
    assert gateway.ledger.attempts == []
    assert not (await gateway.client("ben").release(NAME)).on_hold
    async for event in gateway.client("ann").watch(NAME):
        if event.settlement.state == pb.SETTLEMENT_STATE_LOCKED:
            break


async def test_a_platform_that_replays_anothers_request_id_gets_neither_its_answer_nor_its_effect(
    gateway: RunningGateway,
) -> None:
    await gateway.client("broker-b").create(Side.BUYER, some_terms(), ID)
    code, reason = await refusal(gateway.stub("broker-c").CreateSettlement(create_request(ID, side=pb.SIDE_BUYER)))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_YOUR_SIDE")
    assert await refusal(gateway.stub("broker-c").AffirmSettlement(affirm(pb.SIDE_BUYER))) == (
        grpc.StatusCode.NOT_FOUND,
        "SETTLEMENT_UNKNOWN",
    )
    assert (await gateway.client("ann").affirm(NAME, HASH, request_id=ID)).state == pb.SETTLEMENT_STATE_MATCHED


async def test_of_two_who_saw_the_same_version_one_is_told_to_look_again(gateway: RunningGateway) -> None:
    first = await gateway.client("ann").create(Side.SELLER, some_terms(amount_yen=5))
    requests = [
        pb.HoldSettlementRequest(request_id=str(uuid.UUID(int=n)), name=first.name, etag=first.etag) for n in range(8)
    ]
    stub = gateway.stub("ann")
    answers = await asyncio.gather(*(stub.HoldSettlement(each) for each in requests), return_exceptions=True)
    refusals = [details_of(each) for each in answers if isinstance(each, grpc.aio.AioRpcError)]
    assert len(refusals) == len(requests) - 1
    assert {(reason, metadata["current_etag"]) for reason, metadata in refusals} == {("ETAG_MISMATCH", "2")}


async def test_a_counterparty_who_changes_the_terms_meanwhile_is_not_affirmed(gateway: RunningGateway) -> None:
    seen = await gateway.client("broker-b").create(Side.BUYER, some_terms(amount_yen=100_000))
    dearer = some_terms(amount_yen=90_000)
    await gateway.client("broker-b").create(Side.BUYER, dearer)
    by_hash = affirm(pb.SIDE_SELLER, terms_hash=seen.terms_hash)
    assert (await refusal(gateway.stub("ann").AffirmSettlement(by_hash)))[1] == "TERMS_HASH_DIFFERS"
    by_etag = affirm(pb.SIDE_SELLER, terms_hash=b"", etag=seen.etag)
    assert (await refusal(gateway.stub("ann").AffirmSettlement(by_etag)))[1] == "ETAG_MISMATCH"
    by_nothing = affirm(pb.SIDE_SELLER, terms_hash=b"")
    assert (await refusal(gateway.stub("ann").AffirmSettlement(by_nothing)))[1] == "BAD_REQUEST"


async def test_a_bulk_that_repeats_an_id_or_a_trade_does_nothing_twice(gateway: RunningGateway) -> None:
    stub = gateway.stub("ann")
    same_id = pb.BatchCreateSettlementsRequest(requests=[create_request(ID), create_request(ID.upper())])
    assert (await refusal(stub.BatchCreateSettlements(same_id)))[1] == "BAD_REQUEST"
    assert (await refusal(stub.BatchCreateSettlements(pb.BatchCreateSettlementsRequest())))[1] == "BAD_REQUEST"
    same_trade = pb.BatchCreateSettlementsRequest(requests=[create_request(ID), create_request(OTHER_ID)])
    one, other = (await stub.BatchCreateSettlements(same_trade)).results
    assert one.settlement == other.settlement
    events = gateway.stub("ann").WatchSettlements(pb.WatchSettlementsRequest())
    assert (await events.read()).resume_token == "1"  # noqa: S105  # not a secret
    await gateway.client("ann").create(Side.SELLER, some_terms(2))
    assert (await events.read()).resume_token == "2"  # noqa: S105  # as above
    events.cancel()


async def test_a_page_token_is_good_for_the_list_it_came_with_alone(gateway: RunningGateway) -> None:
    for trade in range(1, 6):
        await gateway.client("ann").create(Side.SELLER, some_terms(trade), reference=f"R{trade % 2}")
    first = pb.ListSettlementsRequest(page_size=2, states=[pb.SETTLEMENT_STATE_UNMATCHED])
    token = (await gateway.stub("ann").ListSettlements(first)).next_page_token
    going_on = pb.ListSettlementsRequest(page_size=3, states=[pb.SETTLEMENT_STATE_UNMATCHED], page_token=token)
    assert len((await gateway.stub("ann").ListSettlements(going_on)).settlements) == 3
    others = [
        pb.ListSettlementsRequest(page_token=token),
        pb.ListSettlementsRequest(page_token=token, states=[pb.SETTLEMENT_STATE_MATCHED]),
        pb.ListSettlementsRequest(page_token=token, states=first.states, order=pb.LIST_ORDER_OLDEST_FIRST),
        pb.ListSettlementsRequest(page_token=token, states=first.states, reference="R1"),
        pb.ListSettlementsRequest(page_token=token[:-4] + "AAA=", states=[]),
        pb.ListSettlementsRequest(page_token="2"),  # noqa: S106  # not a secret
        pb.ListSettlementsRequest(page_token="é" + token),
    ]
    for request in others:
        assert (await refusal(gateway.stub("ann").ListSettlements(request)))[1] == "BAD_PAGE_TOKEN"
    assert (await refusal(gateway.stub("broker-c").ListSettlements(going_on)))[1] == "BAD_PAGE_TOKEN"


@pytest.mark.parametrize("reference", ["x" * 36, "tab\t", "é", " led", "trail ", "nul\x00"])
async def test_a_reference_that_other_systems_could_not_carry_is_refused(
    gateway: RunningGateway, reference: str
) -> None:
    for field in ("reference", "trade_reference"):
        request = create_request(ID, **{field: reference})
        assert (await refusal(gateway.stub("ann").CreateSettlement(request)))[1] == "BAD_REQUEST"


async def test_a_unique_reference_cannot_be_taken_twice_by_racing_for_it(gateway: RunningGateway) -> None:
    stub = gateway.stub("ann")
    calls = [
        stub.CreateSettlement(
            create_request(
                str(uuid.UUID(int=n)), terms=encode_terms(some_terms(n)), reference="UNIQUE-1", unique_reference=True
            )
        )
        for n in range(1, 9)
    ]
    answers = await asyncio.gather(*calls, return_exceptions=True)
    reasons = [details_of(each)[0] for each in answers if isinstance(each, grpc.aio.AioRpcError)]
    assert reasons == ["REFERENCE_TAKEN"] * 7
    assert len((await gateway.client("ann").list()).settlements) == 1
