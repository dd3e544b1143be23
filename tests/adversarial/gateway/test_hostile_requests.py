"""A listed caller who sends anything: every refusal has a name, changes nothing, and blames the caller."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibc.dvp import terms_hash
from relayer.gateway.matching import Side
from relayer.gateway.method_rules import MOST_BYTES
from relayer.gateway.settlement_codec import encode_terms
from relayer.rpc_server import MAX_MESSAGE_BYTES
from tests.fakes.hostile_messages import mutated
from tests.fakes.running_gateway import RunningGateway, create_request, details_of, running_gateway, stored_in
from tests.fakes.settlement_terms import some_terms

ID = str(uuid.UUID(int=42))
NAME = f"settlements/{1:064x}"
VALID: dict[str, Message] = {
    "CreateSettlement": create_request(ID, terms=encode_terms(some_terms(2))),
    "GetSettlement": pb.GetSettlementRequest(name=NAME),
    "ListSettlements": pb.ListSettlementsRequest(page_size=10, page_token="1"),  # noqa: S106  # not a secret
    "WatchSettlements": pb.WatchSettlementsRequest(name=NAME, resume_token="0"),  # noqa: S106  # not a secret
    "CancelSettlement": pb.CancelSettlementRequest(request_id=ID, name=NAME),
    "AffirmSettlement": pb.AffirmSettlementRequest(
        request_id=ID, name=NAME, side=pb.SIDE_BUYER, terms_hash=terms_hash(some_terms())
    ),
    "HoldSettlement": pb.HoldSettlementRequest(request_id=ID, name=NAME, side=pb.SIDE_SELLER),
    "ReleaseSettlement": pb.ReleaseSettlementRequest(request_id=ID, name=NAME, side=pb.SIDE_SELLER),
    "RetrySettlement": pb.RetrySettlementRequest(request_id=ID, name=NAME),
    "UpdateSettlement": pb.UpdateSettlementRequest(
        request_id=ID,
        name=NAME,
        side=pb.SIDE_SELLER,
        update_mask=FieldMask(paths=["priority", "reference"]),
        priority=pb.PRIORITY_HIGH,
        reference="R1",
    ),
    "BatchCreateSettlements": pb.BatchCreateSettlementsRequest(
        requests=[create_request(ID, terms=encode_terms(some_terms(2)))]
    ),
}
BATCH = "BatchCreateSettlements"
NAMED = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
    grpc.StatusCode.ABORTED,  # another etag
    grpc.StatusCode.PERMISSION_DENIED,  # an account at a node for which the caller does not speak
}
ATTACK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        await running.client().create(Side.SELLER, some_terms())
        yield running


def _contents(gateway: RunningGateway) -> Iterator[str]:
    yield from stored_in(gateway.database)


async def _call(gateway: RunningGateway, method: str, body: bytes) -> grpc.aio.AioRpcError | None:
    """Send raw bytes; the refusal, or None when the gateway answered."""
    path = f"/crossdvp.gateway.v1.SettlementService/{method}"
    channel: Any = gateway.channel() if not gateway._channels else gateway._channels[-1]
    if not isinstance(channel, grpc.aio.Channel):
        channel = gateway.channel()
    try:
        if method == "WatchSettlements":
            call = channel.unary_stream(path)(body, timeout=5.0)
            await call.read()
            call.cancel()
        else:
            await channel.unary_unary(path)(body, timeout=5.0)
    except grpc.aio.AioRpcError as refusal:
        return refusal
    return None


async def _attack(gateway: RunningGateway, method: str, body: bytes) -> str:
    """Send, hold against the rule of this file, and return the reason (empty: it was accepted)."""
    before = list(_contents(gateway))
    refusal = await _call(gateway, method, body)
    if refusal is None:
        return ""
    assert refusal.code() in NAMED, (refusal.code(), refusal.details())
    reason, metadata = details_of(refusal)
    assert reason
    assert metadata["blame"] == "caller"
    assert list(_contents(gateway)) == before
    return reason


@pytest.mark.parametrize("method", [name for name in VALID if name not in {"WatchSettlements", BATCH}])
@given(data=st.data())
@ATTACK
async def test_any_mutation_of_a_valid_request_is_accepted_whole_or_refused_whole(
    gateway: RunningGateway, method: str, data: st.DataObject
) -> None:
    await _attack(gateway, method, data.draw(mutated(VALID[method])).SerializeToString())


@given(data=st.data())
@settings(ATTACK, max_examples=30)
async def test_any_mutation_of_one_of_many_is_told_in_its_place_and_the_others_are_done(
    gateway: RunningGateway, data: st.DataObject
) -> None:
    hurt: Any = data.draw(mutated(create_request(str(uuid.UUID(int=7)), terms=encode_terms(some_terms(3)))))
    fine = create_request(ID, terms=encode_terms(some_terms(2)))
    batch = pb.BatchCreateSettlementsRequest(requests=[hurt, fine])
    try:
        results = (await gateway.stub().BatchCreateSettlements(batch)).results
    except grpc.aio.AioRpcError as refusal:
        assert details_of(refusal)[0] in {"MALFORMED_REQUEST", "BAD_REQUEST"}  # noqa: PT017  # most are not refused
        return
    assert results[1].settlement.name.endswith("02")
    if not results[0].HasField("settlement"):
        assert results[0].refusal.metadata["blame"] == "caller"
        assert results[0].refusal.reason


@given(name=st.text(max_size=80), token=st.text(min_size=1, max_size=30))
@settings(ATTACK, max_examples=30)
async def test_a_watch_with_made_up_names_and_tokens_is_refused(gateway: RunningGateway, name: str, token: str) -> None:
    body = pb.WatchSettlementsRequest(name=name or "x", resume_token=token).SerializeToString()
    assert await _attack(gateway, "WatchSettlements", body) in {"BAD_REQUEST", "BAD_PAGE_TOKEN", "SETTLEMENT_UNKNOWN"}
    body = pb.WatchSettlementsRequest(name=NAME, resume_token="9" * 18 + token).SerializeToString()
    assert await _attack(gateway, "WatchSettlements", body) == "BAD_PAGE_TOKEN"


@pytest.mark.parametrize("method", list(VALID))
@given(body=st.binary(min_size=1, max_size=60))
@settings(ATTACK, max_examples=25)
async def test_random_bytes_are_refused_by_name_never_as_an_internal_error(
    gateway: RunningGateway, method: str, body: bytes
) -> None:
    reason = await _attack(gateway, method, b"\xff" + body)
    assert reason == "MALFORMED_REQUEST"


@pytest.mark.parametrize("method", list(VALID))
async def test_every_truncation_of_a_valid_request_is_refused(gateway: RunningGateway, method: str) -> None:
    body = VALID[method].SerializeToString()
    if method in {"ListSettlements", "UpdateSettlement"}:
        body = body[: {"ListSettlements": 3, "UpdateSettlement": 100}[method]]  # longer ones are requests of their own
    for length in range(1, len(body), max(1, len(body) // 25)):
        if await _call(gateway, method, body[:length]) is None:
            assert method == "ListSettlements"


@pytest.mark.parametrize("method", list(VALID))
@pytest.mark.parametrize("unknown", [b"\xf8\x07\x01", b"\xfa\x07\x02hi", b"\x9a\x7d\x01x"])
async def test_a_field_that_this_version_does_not_know_is_refused_not_dropped(
    gateway: RunningGateway, method: str, unknown: bytes
) -> None:
    body = VALID[method].SerializeToString() + unknown
    assert await _attack(gateway, method, body) == "MALFORMED_REQUEST"


async def test_an_unknown_field_inside_the_terms_is_refused(gateway: RunningGateway) -> None:
    terms = encode_terms(some_terms(2))
    terms.seller_account.MergeFromString(b"\xf8\x07\x01")
    body = create_request(ID, terms=terms).SerializeToString()
    assert await _attack(gateway, "CreateSettlement", body) == "MALFORMED_REQUEST"


@pytest.mark.parametrize("method", list(VALID))
async def test_an_oversized_request_never_reaches_the_gateway(gateway: RunningGateway, method: str) -> None:
    most_bytes = MOST_BYTES[f"/crossdvp.gateway.v1.SettlementService/{method}"]
    assert await _attack(gateway, method, b"\x0a" * (most_bytes + 1)) == "REQUEST_TOO_LARGE"


@pytest.mark.parametrize("method", list(VALID))
async def test_what_grpc_itself_does_not_read_changes_nothing_either(gateway: RunningGateway, method: str) -> None:
    before = list(_contents(gateway))
    refusal = await _call(gateway, method, b"\x0a" * (MAX_MESSAGE_BYTES + 1))
    assert refusal is not None
    assert refusal.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert list(_contents(gateway)) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("trade_id", bytes(32)), ("trade_id", b"\x01" * 31), ("trade_id", b"\x01" * 33)],
        *[("token", bytes(20)), ("token", b"\x01" * 19), ("adapter", b"\x01" * 32), ("buyer_address", b"\x33" * 20)],
        *[("quantity", text) for text in ("", "0", "00", "01", "-1", "+1", "1.0", "1e3", "٣", " 1", "1 ", "1\n")],
        *[("quantity", str(2**256)), ("quantity", "9" * 4000)],
        *[("amount_yen", 0), ("amount_yen", 10**15 + 1), ("amount_yen", 2**64 - 1), ("salt", b""), ("salt", b"1" * 31)],
        *[("coin_id", ""), ("coin_id", "c" * 257), ("issuer", ""), ("issuer", "é" * 200), ("evm_chain_id", 0)],
    ],
)
async def test_terms_just_outside_their_bounds_are_refused(gateway: RunningGateway, field: str, value: object) -> None:
    terms = encode_terms(some_terms(2))
    setattr(terms, field, value)
    body = create_request(ID, terms=terms).SerializeToString()
    assert await _attack(gateway, "CreateSettlement", body) in {"BAD_REQUEST", "NOT_SERVED"}


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(0, 0), (-1, 0), (1, 1), (2**63 - 1, 0), (-(2**63), 0), (253_402_300_800, 0), (1, -1)]
)
@pytest.mark.parametrize("field", ["lock_by", "settle_by"])
async def test_times_that_are_no_times_are_refused(
    gateway: RunningGateway, field: str, seconds: int, nanos: int
) -> None:
    terms = encode_terms(some_terms(2))
    getattr(terms, field).seconds, getattr(terms, field).nanos = seconds, nanos
    body = create_request(ID, terms=terms).SerializeToString()
    assert await _attack(gateway, "CreateSettlement", body) == "BAD_REQUEST"


@pytest.mark.parametrize(
    "request_id",
    ["", "1", "x" * 36, "00000000-0000-0000-0000-00000000000g", "\u0660" * 32, "{" + ID + "}", "0" * 32, ID + "\n"],
)
async def test_a_request_id_that_is_no_uuid_is_refused(gateway: RunningGateway, request_id: str) -> None:
    for method, valid in VALID.items():
        if "request_id" in valid.DESCRIPTOR.fields_by_name:
            request: Any = type(valid)()
            request.CopyFrom(valid)
            request.request_id = request_id
            assert await _attack(gateway, method, request.SerializeToString()) == "BAD_REQUEST"


async def test_one_uuid_in_two_spellings_is_one_request(gateway: RunningGateway) -> None:
    spelled = str(uuid.UUID(int=0xABCDEF))
    first = (
        await gateway.stub().CreateSettlement(create_request(spelled, terms=encode_terms(some_terms(2))))
    ).settlement
    shouted = create_request(spelled.upper(), terms=encode_terms(some_terms(2)))
    assert (await gateway.stub().CreateSettlement(shouted)).settlement == first


async def test_a_request_id_of_one_method_cannot_be_spent_again_on_another(gateway: RunningGateway) -> None:
    await gateway.stub().CreateSettlement(create_request(ID, terms=encode_terms(some_terms(2))))
    body = pb.CancelSettlementRequest(request_id=ID, name=NAME).SerializeToString()
    assert await _attack(gateway, "CancelSettlement", body) == "REQUEST_ID_REUSED"
