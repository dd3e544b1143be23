"""Documents made to break a running gateway: each is refused by name, and nothing is stored."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import message_service_pb2 as pb
from crossdvp.gateway.v1 import message_service_pb2_grpc as pb_grpc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relayer.gateway.iso20022.cancellation import Cancellation, write_cancellation
from relayer.gateway.iso20022.errors import MessageRefused
from relayer.gateway.iso20022.instruction import Instruction, write_instruction
from relayer.gateway.iso20022.orders import Order, read_order
from relayer.gateway.iso20022.schemas import MessageType
from relayer.gateway.iso20022.xml_tree import MAX_MESSAGE_BYTES
from relayer.gateway.matching import Side
from tests.fakes.running_gateway import BOTH_SIDES, RunningGateway, details_of, running_gateway, stored_in
from tests.fakes.settlement_terms import some_terms

INSTRUCTION = write_instruction(Instruction(Side.SELLER, some_terms(), "A-1", on_hold=True))
CANCELLATION = write_cancellation(Cancellation(Side.SELLER, "A-1", some_terms().trade_id))
SCHEMA_INSTANCE = b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
PAYMENT = f'<Document xmlns="{MessageType.CASH_TRANSFER.namespace}"><FICdtTrf/></Document>'.encode()

HOSTILE = {
    "nothing": (b"", "ISO20022_NOT_A_MESSAGE"),
    "bytes": (bytes(range(256)), "ISO20022_NOT_A_MESSAGE"),
    "a nul": (INSTRUCTION.replace(b"A-1", b"A\x001"), "ISO20022_NOT_A_MESSAGE"),
    "entities that grow": (
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxx"><!ENTITY y "&x;&x;">]><a>&y;</a>',
        "ISO20022_NOT_A_MESSAGE",
    ),
    "too long": (INSTRUCTION + b" " * MAX_MESSAGE_BYTES, "ISO20022_NOT_A_MESSAGE"),
    "elements without end": (b"<a>" * 30_000, "ISO20022_NOT_A_MESSAGE"),
    "attributes without end": (
        b"<a " + b" ".join(b'x%d=""' % n for n in range(10_000)) + b"/>",
        "ISO20022_NOT_A_MESSAGE",
    ),
    "another type than it says": (
        INSTRUCTION.replace(b"<TxId>", b"<TxId" + SCHEMA_INSTANCE + b' xsi:type="Nothing">', 1),
        "ISO20022_PROFILE_VIOLATED",
    ),
    "nil where there is a value": (
        INSTRUCTION.replace(b"<TxId>A-1<", b"<TxId" + SCHEMA_INSTANCE + b' xsi:nil="true"><', 1),
        "ISO20022_SCHEMA_VIOLATED",
    ),
    "words between elements": (
        INSTRUCTION.replace(b"<TxId>", b"do not settle<TxId>", 1),
        "ISO20022_PROFILE_VIOLATED",
    ),
    "an attribute": (INSTRUCTION.replace(b"<TxId>", b'<TxId order="no">', 1), "ISO20022_PROFILE_VIOLATED"),
    "a payment": (PAYMENT, "ISO20022_SCHEMA_VIOLATED"),
}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[RunningGateway]:
    async with running_gateway(tmp_path / "gateway.sqlite3") as running:
        yield running


async def outcome(stub: Any, document: bytes) -> tuple[grpc.StatusCode, str]:  # noqa: ANN401  # generated
    request = pb.SubmitMessageRequest(request_id=str(uuid.uuid4()), document=document)
    try:
        await stub.SubmitMessage(request, timeout=30)
    except grpc.aio.AioRpcError as failure:
        return failure.code(), details_of(failure)[0]
    return grpc.StatusCode.OK, ""


async def test_hostile_documents_are_refused_by_name_and_change_nothing(gateway: RunningGateway) -> None:
    stub = pb_grpc.MessageServiceStub(gateway.channel(BOTH_SIDES))  # type: ignore[no-untyped-call] # generated
    before = stored_in(gateway.database)
    found = {name: await outcome(stub, document) for name, (document, _) in HOSTILE.items()}
    assert found == {name: (grpc.StatusCode.INVALID_ARGUMENT, reason) for name, (_, reason) in HOSTILE.items()}
    assert stored_in(gateway.database) == before
    assert (await outcome(stub, INSTRUCTION))[0] is grpc.StatusCode.OK


def read_or_refused(document: bytes) -> Order | MessageRefused:
    try:
        return read_order(document)
    except MessageRefused as refusal:
        return refusal


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_that_is_damaged_anywhere_is_read_or_refused_and_never_breaks_the_reader(
    data: st.DataObject,
) -> None:
    document = data.draw(st.sampled_from([INSTRUCTION, CANCELLATION]))
    at = data.draw(st.integers(0, len(document) - 1))
    until = data.draw(st.integers(at, min(len(document), at + 40)))
    other = data.draw(st.integers(0, len(document) - 60))
    inserted = data.draw(st.one_of(st.binary(max_size=8), st.just(document[other : other + 60])))
    damaged = document[:at] + inserted + document[until:]
    found = read_or_refused(damaged)
    assert found.reason.startswith("ISO20022_") if isinstance(found, MessageRefused) else found.side in Side
