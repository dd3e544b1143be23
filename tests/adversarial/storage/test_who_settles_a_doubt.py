"""``RecordsService`` over mTLS: only an operator's word counts, and only on what the node doubts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc.aio
import pytest
from crossdvp.ledger.v1.records_service_pb2_grpc import add_RecordsServiceServicer_to_server
from sqlalchemy import select

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.records_operator import RecordsOperator
from chains.progmat.flows.recovery import PeerReport
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.peers import PeerTls, server_options
from chains.progmat.node.reconciliation import Reconciliation
from chains.progmat.node.rpc_node_service import STATUS_CODES
from chains.progmat.node.rpc_records_service import RecordsServiceRpc
from chains.progmat.node.storage.schema import audit
from chains.progmat.node.storage.standing import Doubt
from chains.rpc_guard import ErrorStatusInterceptor
from chains.rpc_status import RemoteCallerError, RemoteUnavailableError
from tests.adversarial.storage.test_a_machine_brought_back_from_a_snapshot import ME, PEER, Answers, World, rolled_back
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import GATEWAY_NAME, OPERATIONS_NAME, PLATFORM_NAME


class Desk:
    """The node's API, and whoever comes to it."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def says(self, caller: str, doubt: str, said_by: str = "") -> bool:
        client = RecordsOperator(ApiEndpoint(ME, f"127.0.0.1:{self._port}"), tls_of(caller))
        try:
            return await client.settle_doubt(doubt, said_by)
        finally:
            await client.close()


@asynccontextmanager
async def served(reconciliation: Reconciliation) -> AsyncIterator[Desk]:
    own = tls_of(ME)
    tls = PeerTls(authority=own.authority, certificate=own.certificate, private_key=own.private_key)
    access = ApiAccess(frozenset({OPERATIONS_NAME}), frozenset({GATEWAY_NAME}), frozenset(), frozenset({PLATFORM_NAME}))
    server = grpc.aio.server(interceptors=[ErrorStatusInterceptor(STATUS_CODES)], options=server_options())
    add_RecordsServiceServicer_to_server(RecordsServiceRpc(reconciliation, access), server)  # type: ignore[no-untyped-call] # generated without annotations
    port = server.add_secure_port("127.0.0.1:0", tls.server_credentials())
    await server.start()
    try:
        yield Desk(port)
    finally:
        await server.stop(0)


@pytest.fixture
async def doubting(tmp_path: Path) -> World:
    world = World(tmp_path)
    await rolled_back(world, tmp_path)
    return world


@pytest.mark.parametrize(
    ("caller", "doubt", "said_by", "reason"),
    [
        (PLATFORM_NAME, "ROLLED_BACK", "", "CALLER_NOT_AUTHORISED"),
        (GATEWAY_NAME, "ROLLED_BACK", "", "CALLER_NOT_AUTHORISED"),
        ("somebody", "ROLLED_BACK", "", "CALLER_NOT_AUTHORISED"),
        (OPERATIONS_NAME, "RESTORED", "", "ANOTHER_DOUBT"),
        (OPERATIONS_NAME, "", "", "ANOTHER_DOUBT"),
        (OPERATIONS_NAME, "ALL IS WELL", "", "INVALID_REQUEST"),
        (OPERATIONS_NAME, "ROLLED_BACK", "x" * 129, "INVALID_REQUEST"),
        (OPERATIONS_NAME, "ROLLED_BACK", "two\nlines", "INVALID_REQUEST"),
    ],
)
async def test_a_word_that_does_not_count_settles_nothing(
    doubting: World, caller: str, doubt: str, said_by: str, reason: str
) -> None:
    async with doubting.running(Answers(PeerReport(PEER))) as (database, reconciliation):
        await reconciliation.reconcile()
        async with served(reconciliation) as desk:
            with pytest.raises(RemoteCallerError) as refused:
                await desk.says(caller, doubt, said_by)
        assert refused.value.reason == reason
        assert database.doubt is Doubt.ROLLED_BACK


async def test_an_operators_word_is_written_down_with_certificate_and_person(doubting: World) -> None:
    async with doubting.running(Answers(PeerReport(PEER))) as (database, reconciliation):
        async with served(reconciliation) as desk:
            with pytest.raises(RemoteUnavailableError) as early:
                await desk.says(OPERATIONS_NAME, "ROLLED_BACK", "alice")
            assert (early.value.reason, early.value.retry_after_s) == ("DOUBT_NOT_RECONCILED", 60)
            await reconciliation.ask_positions()
            await reconciliation.reconcile()
            assert await desk.says(OPERATIONS_NAME, "ROLLED_BACK", "alice")
            assert not await desk.says(OPERATIONS_NAME, "ROLLED_BACK", "alice")
        database.require_current()
        rows = await database.read(lambda read: read.execute(select(audit.c.operator).order_by(audit.c.id)).all())
        assert rows[-1].operator == f"{OPERATIONS_NAME} (alice)"
