"""Request ids, deadlines, and the details of errors, over TCP and mTLS."""

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
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # generated, without stubs

from ibc.dvp import SettlementTerms
from relayer.gateway.audit import AuditLog
from relayer.gateway.audit_calls import ABANDONED
from relayer.gateway.call_config import CallRules
from relayer.gateway.error_details import preferred
from relayer.gateway.matching import Side
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.store import GatewayStore
from relayer.rpc.call import Deadlines
from tests.fakes.running_gateway import RunningGateway, create_request, details_of, running_gateway
from tests.fakes.settlement_sides import MemoryLedger
from tests.fakes.settlement_terms import some_terms

NAME = f"settlements/{'ab' * 32}"


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


async def _refused(gateway: RunningGateway, *metadata: tuple[str, str]) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().GetSettlement(pb.GetSettlementRequest(name=NAME), metadata=metadata)
    return caught.value


def _detail(failure: grpc.aio.AioRpcError, kind: Any) -> Any:  # noqa: ANN401  # one of google.rpc's details
    trailers: Any = failure.trailing_metadata()
    status = status_pb2.Status.FromString(dict(trailers)["grpc-status-details-bin"])
    for packed in status.details:
        found = kind()
        if packed.Unpack(found):
            return found
    raise AssertionError(f"no {kind.__name__}")


async def test_a_request_id_comes_back_with_answers_and_with_errors(gateway: RunningGateway) -> None:
    call = gateway.stub().ListSettlements(pb.ListSettlementsRequest(), metadata=(("x-request-id", "mine-1"),))
    await call
    assert dict(await call.trailing_metadata())["x-request-id"] == "mine-1"
    failure = await _refused(gateway, ("x-request-id", "mine-2"))
    trailers: Any = failure.trailing_metadata()
    assert dict(trailers)["x-request-id"] == "mine-2"
    assert _detail(failure, error_details_pb2.RequestInfo).request_id == "mine-2"


async def test_a_request_id_is_made_where_none_came_another_each_time(gateway: RunningGateway) -> None:
    made = [_detail(await _refused(gateway), error_details_pb2.RequestInfo).request_id for _ in range(2)]
    assert len(set(made)) == 2
    assert all(len(each) == 32 for each in made)


@pytest.mark.parametrize("given", ["x" * 129, "a b", 'id","level":"error', "%0a"])
async def test_a_request_id_that_would_spoil_logs_is_refused_and_not_repeated(
    gateway: RunningGateway, given: str
) -> None:
    failure = await _refused(gateway, ("x-request-id", given))
    assert details_of(failure)[0] == "BAD_REQUEST_ID_METADATA"
    assert _detail(failure, error_details_pb2.RequestInfo).request_id != given


async def test_an_error_says_where_to_read_more_and_in_which_words(gateway: RunningGateway) -> None:
    failure = await _refused(gateway)
    assert _detail(failure, error_details_pb2.Help).links[0].url == "docs/errors/SETTLEMENT_UNKNOWN.md"
    told = _detail(failure, error_details_pb2.LocalizedMessage)
    assert told.locale == "ja"
    assert "trade_id" in told.message
    english = _detail(
        await _refused(gateway, ("accept-language", "en-GB,ja;q=0.5")), error_details_pb2.LocalizedMessage
    )
    assert english.locale == "en"
    assert english.message.startswith("No settlement of that name")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        *[("", "ja"), ("ja", "ja"), ("ja-JP", "ja"), ("en", "en"), ("EN-us", "en"), ("fr,de", "ja"), ("*", "ja")],
        *[("en;q=0.3, ja;q=0.4", "ja"), ("en;q=0.5,ja;q=0.4", "en"), ("en;q=0", "ja"), ("en;q=nan", "ja")],
        *[("en;q=7", "ja"), ("en;q=", "ja"), (";;;,,,", "ja"), ("de," * 20 + "en", "ja")],
    ],
)
def test_the_language_is_what_the_caller_prefers_of_the_two(header: str, language: str) -> None:
    assert preferred(header) == language


async def test_an_unknown_method_is_told_by_name_with_all_details(gateway: RunningGateway) -> None:
    method = "/crossdvp.gateway.v1.SettlementService/PayEverybody"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.channel().unary_unary(method, None, None)(b"", metadata=(("x-request-id", "m"),))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert details_of(caught.value) == ("METHOD_UNKNOWN", {"method": method, "blame": "caller"})
    assert _detail(caught.value, error_details_pb2.RequestInfo).request_id == "m"


async def test_a_call_past_its_deadline_is_not_begun(gateway: RunningGateway) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await gateway.stub().CreateSettlement(create_request("00000000-0000-0000-0000-000000000001"), timeout=0.0)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert not (await gateway.client().list()).settlements


class HangingLedger(MemoryLedger):
    """A custodian node that takes the cancellation and never says what became of it."""

    async def cancel(self, terms: SettlementTerms) -> None:  # noqa: ARG002  # the port's signature
        """See CashSide."""
        await asyncio.Event().wait()


async def test_a_call_without_a_deadline_gets_the_servers_and_its_outcome_is_open(tmp_path: Path) -> None:
    running = RunningGateway(tmp_path / "gateway.sqlite3", ledger=HangingLedger(cash_yen=10_000_000))
    running.calls = CallRules(deadlines=Deadlines(default_s=0.2))
    await running.start()
    try:
        for side in Side:
            name = (await running.client().create(side, some_terms())).name
        request = pb.CancelSettlementRequest(request_id=str(uuid.UUID(int=5)), name=name)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await running.stub().CancelSettlement(request)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert details_of(caught.value)[0] == "DEADLINE_PASSED"
    finally:
        await running.close()
    store = GatewayStore(running.database)
    newest = AuditLog(store.database, AUDIT_TABLE).calls(None, 0, 1)[0]
    store.close()
    assert newest.outcome is not None
    assert (newest.outcome.record.outcome, newest.outcome.record.resource) == (ABANDONED, name)


async def test_calls_at_once_keep_their_own_request_ids(gateway: RunningGateway) -> None:
    failures = await asyncio.gather(*(_refused(gateway, ("x-request-id", f"n-{n}")) for n in range(30)))
    assert [_detail(each, error_details_pb2.RequestInfo).request_id for each in failures] == [
        f"n-{n}" for n in range(30)
    ]
