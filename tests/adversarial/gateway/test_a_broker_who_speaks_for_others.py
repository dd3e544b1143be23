"""A broker of one custodian node who tries to act for another's customers, or to learn of their settlements."""

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

from relayer.gateway.access import Speakers
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from tests.fakes.running_gateway import RunningGateway, create_request, details_of, running_gateway, stored_in
from tests.fakes.settlement_terms import some_terms

ID, OTHER_ID = (str(uuid.UUID(int=number)) for number in (1, 2))
SELLER, BUYER = pb.SIDE_SELLER, pb.SIDE_BUYER
OWN_NODES = ("cn-a", "cn-b")
STRANGERS_NODES = ("cn-c", "cn-c")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


async def _refused(call: Any) -> tuple[grpc.StatusCode, str, dict[str, str]]:  # noqa: ANN401  # calls have no common type
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return (caught.value.code(), *details_of(caught.value))


def _contents(gateway: RunningGateway) -> list[str]:
    return stored_in(gateway.database)


@pytest.mark.parametrize(
    ("caller", "side", "node"), [("broker-a", BUYER, "cn-b"), ("broker-b", SELLER, "cn-a"), ("broker-c", BUYER, "cn-b")]
)
@pytest.mark.parametrize("validate_only", [False, True])
async def test_a_broker_cannot_instruct_for_a_side_whose_account_is_elsewhere(
    gateway: RunningGateway, caller: str, side: int, node: str, *, validate_only: bool
) -> None:
    await gateway.client("broker-a").create(Side.SELLER, some_terms())
    before = _contents(gateway)
    request = create_request(ID, side=side, validate_only=validate_only)
    code, reason, metadata = await _refused(gateway.stub(caller).CreateSettlement(request))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_YOUR_SIDE")
    assert (metadata["caller"], metadata["node"], metadata["blame"]) == (caller, node, "caller")
    assert _contents(gateway) == before


async def test_one_broker_alone_cannot_bring_a_match_about(gateway: RunningGateway) -> None:
    await gateway.client("broker-a").create(Side.SELLER, some_terms())
    gateway.evm.earmark(some_terms())
    await _refused(gateway.stub("broker-a").CreateSettlement(create_request(ID, side=BUYER)))
    assert (await gateway.client("broker-b").get(_name(1))).state == pb.SETTLEMENT_STATE_UNMATCHED
    assert not gateway.ledger.attempts


@pytest.mark.parametrize("validate_only", [False, True])
@pytest.mark.parametrize("side", [SELLER, BUYER])
async def test_a_stranger_cannot_put_a_side_of_his_own_under_a_trade_id_of_others(
    gateway: RunningGateway, side: int, *, validate_only: bool
) -> None:
    """Else he would replace an instruction, or be shown the other side's terms as those he differs from."""
    await gateway.client("broker-a").create(Side.SELLER, some_terms())
    before = _contents(gateway)
    nodes = ("cn-c", "cn-b") if side == SELLER else ("cn-a", "cn-c")
    terms = encode_terms(some_terms(nodes=nodes))
    request = create_request(ID, side=side, terms=terms, validate_only=validate_only)
    code, reason, metadata = await _refused(gateway.stub("broker-c").CreateSettlement(request))
    assert (code, reason) == (grpc.StatusCode.ALREADY_EXISTS, "TRADE_ID_TAKEN")
    assert metadata == {"name": _name(1), "blame": "caller"}
    assert _contents(gateway) == before


async def test_a_strangers_settlement_is_unknown_to_get_watch_and_cancel(gateway: RunningGateway) -> None:
    await gateway.client("broker-c").create(Side.SELLER, some_terms(nodes=STRANGERS_NODES))
    before = _contents(gateway)
    stub = gateway.stub("broker-a")
    for name in (_name(1), _name(77)):  # the second does not exist: both answers are the same
        for call in (
            stub.GetSettlement(pb.GetSettlementRequest(name=name)),
            stub.WatchSettlements(pb.WatchSettlementsRequest(name=name)).read(),
            stub.CancelSettlement(pb.CancelSettlementRequest(request_id=ID, name=name)),
        ):
            assert await _refused(call) == (
                grpc.StatusCode.NOT_FOUND,
                "SETTLEMENT_UNKNOWN",
                {"name": name, "blame": "caller"},
            )
    assert _contents(gateway) == before


async def test_lists_and_streams_show_nothing_of_strangers_and_miss_nothing_of_ones_own(
    gateway: RunningGateway,
) -> None:
    own = [1, 4, 5, 8, 9]
    for trade in range(1, 10):
        nodes = OWN_NODES if trade in own else STRANGERS_NODES
        caller = "broker-a" if trade in own else "broker-c"
        await gateway.client(caller).create(Side.SELLER, some_terms(trade, nodes=nodes))
    for caller in ("broker-a", "broker-b"):  # either side's broker
        assert await _listed(gateway, caller, page_size=2) == [_name(trade) for trade in reversed(own)]
        events = await _watched(gateway, caller, len(own))
        assert [event.settlement.name for event in events] == [_name(trade) for trade in own]
        for seen, event in enumerate(events[:-1], 1):  # each token leads to exactly what follows it
            rest = await _watched(gateway, caller, len(own) - seen, event.resume_token)
            assert rest == events[seen:]


async def test_a_watch_that_waits_behind_strangers_events_gets_its_own_next_one(gateway: RunningGateway) -> None:
    await gateway.client("broker-a").create(Side.SELLER, some_terms(1))
    watching = gateway.client("broker-b").watch()
    assert (await anext(watching)).settlement.name == _name(1)
    following = asyncio.ensure_future(anext(watching))
    for trade in range(2, 6):
        await gateway.client("broker-c").create(Side.SELLER, some_terms(trade, nodes=STRANGERS_NODES))
    await gateway.client("broker-a").create(Side.SELLER, some_terms(6))
    async with asyncio.timeout(10):
        assert (await following).settlement.name == _name(6)


async def test_a_strangers_token_is_not_a_token(gateway: RunningGateway) -> None:
    await gateway.client("broker-c").create(Side.SELLER, some_terms(nodes=STRANGERS_NODES))
    (event,) = await _watched(gateway, "broker-c", 1)
    watching = gateway.stub("broker-a").WatchSettlements(pb.WatchSettlementsRequest(resume_token=event.resume_token))
    code, reason, _ = await _refused(watching.read())
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "BAD_PAGE_TOKEN")


async def test_two_callers_use_one_request_id_for_different_things(gateway: RunningGateway) -> None:
    first = (await gateway.stub("broker-a").CreateSettlement(create_request(ID))).settlement
    strange = create_request(ID, terms=encode_terms(some_terms(2, nodes=STRANGERS_NODES)))
    other = (await gateway.stub("broker-c").CreateSettlement(strange)).settlement
    assert (first.name, other.name) == (_name(1), _name(2))
    assert (await gateway.stub("broker-a").CreateSettlement(create_request(ID))).settlement == first


async def test_the_counterpartys_request_id_neither_answers_nor_blocks_ones_own(gateway: RunningGateway) -> None:
    await gateway.stub("broker-a").CreateSettlement(create_request(ID))
    matched = (await gateway.stub("broker-b").CreateSettlement(create_request(ID, side=BUYER))).settlement
    assert matched.state == pb.SETTLEMENT_STATE_MATCHED
    code, reason, _ = await _refused(gateway.stub("broker-b").CreateSettlement(create_request(ID)))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_YOUR_SIDE")


async def test_a_caller_who_lost_a_node_is_not_answered_for_it_any_more(gateway: RunningGateway) -> None:
    await gateway.stub("broker-a").CreateSettlement(create_request(ID))
    gateway.speakers = Speakers({"broker-a": ("cn-c",), "broker-b": ("cn-b",)})
    await gateway.restart()
    code, reason, _ = await _refused(gateway.stub("broker-a").CreateSettlement(create_request(ID)))
    assert (code, reason) == (grpc.StatusCode.PERMISSION_DENIED, "NOT_YOUR_SIDE")
    assert not await _listed(gateway, "broker-a")
    assert await _listed(gateway, "broker-b") == [_name(1)]


async def test_either_sides_broker_reads_and_cancels_what_is_his(gateway: RunningGateway) -> None:
    await gateway.client("broker-a").create(Side.SELLER, some_terms(1))
    assert (await gateway.client("broker-b").cancel(_name(1), ID)).state == pb.SETTLEMENT_STATE_CANCELLED
    assert (await gateway.client("broker-a").get(_name(1))).state == pb.SETTLEMENT_STATE_CANCELLED
    for caller, side in (("broker-a", Side.SELLER), ("broker-b", Side.BUYER)):
        settlement = await gateway.client(caller).create(side, some_terms(2))
    assert settlement.state == pb.SETTLEMENT_STATE_MATCHED
    assert (await gateway.client("broker-a").cancel(_name(2), ID)).state == pb.SETTLEMENT_STATE_CANCELLED


async def test_a_broker_of_both_nodes_instructs_both_sides(gateway: RunningGateway) -> None:
    terms = encode_terms(some_terms(nodes=STRANGERS_NODES))
    await gateway.stub("broker-c").CreateSettlement(create_request(ID, terms=terms))
    request = create_request(OTHER_ID, side=BUYER, terms=terms)
    settlement = (await gateway.stub("broker-c").CreateSettlement(request)).settlement
    assert settlement.state == pb.SETTLEMENT_STATE_MATCHED


def _name(trade: int) -> str:
    return f"settlements/{trade:064x}"


async def _listed(gateway: RunningGateway, caller: str, page_size: int = 50) -> list[str]:
    names: list[str] = []
    token = ""
    while True:
        page = await gateway.client(caller).list(token, page_size)
        names += [settlement.name for settlement in page.settlements]
        token = page.next_page_token
        if not token:
            return names


async def _watched(
    gateway: RunningGateway, caller: str, count: int, token: str = ""
) -> list[pb.WatchSettlementsResponse]:
    """The next ``count`` events of a caller's stream."""
    watching = gateway.client(caller).watch(resume_token=token)
    async with asyncio.timeout(10):
        return [await anext(watching) for _ in range(count)]
