"""A gateway that asks the buyer's custodian to lock cash for terms the buyer's own platform has not authorised."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc.aio
import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.flows.errors import (
    AccountUnknown,
    AuthorisationReplaced,
    InvalidRequest,
    LockTimePassed,
    RequestIdReused,
    TradeIdUsed,
)
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import CancelTrade, LockCash, MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.rpc_node_service import STATUS_CODES
from chains.progmat.transactions.component_codec import decode_single_key
from chains.rpc_guard import ErrorStatusInterceptor
from chains.rpc_status import RemoteCallerError
from ibc.dvp import SettlementTerms, terms_hash
from primitives.composite_key import CompositeKey
from primitives.types import Address
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, STRANGER
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    GATEWAY_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import CLIENT_ID, Settlements

WORSE: dict[str, Callable[[SettlementTerms], SettlementTerms]] = {
    "dearer": lambda t: replace(t, cash=replace(t.cash, amount_yen=t.cash.amount_yen + 1)),
    "fewer": lambda t: replace(t, security=replace(t.security, quantity=t.security.quantity - 1)),
    "another token": lambda t: replace(t, security=replace(t.security, token=Address(b"\x77" * 20))),
    "to somebody else": lambda t: replace(t, security=replace(t.security, buyer=Address(b"\x78" * 20))),
    "later": lambda t: replace(t, settle_by_s=t.settle_by_s + 1),
    "another salt": lambda t: replace(t, cash=replace(t.cash, salt=b"\x79" * 32)),
}


@asynccontextmanager
async def world_of(folder: Path) -> AsyncIterator[Settlements]:
    async with running_ledger(folder) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        yield world


async def not_authorised(world: Settlements, record: FlowRecord) -> None:
    assert (record.step, record.last_error_reason) == (FlowStep.FAILED, "TRADE_NOT_AUTHORISED")
    assert await world.ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_nothing_is_locked_before_the_buyers_platform_has_spoken_and_then_it_is(tmp_path: Path) -> None:
    async with world_of(tmp_path) as world:
        terms = world.terms(amount_yen=400)
        lock = await world.unauthorised_lock_request(terms)
        await not_authorised(world, await world.ledger.run(CN_B, lock))
        await world.authorise(terms)
        await world.ledger.done(CN_B, replace(lock, request_id="asked-again"))
        assert await world.ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600


async def test_terms_that_differ_in_anything_from_the_authorised_ones_are_not_locked(tmp_path: Path) -> None:
    """The seller plays along: it earmarks what the gateway made up."""
    async with world_of(tmp_path) as world:
        wanted = world.terms(amount_yen=400)
        await world.authorise(wanted)
        for change in WORSE.values():
            lock = await world.unauthorised_lock_request(change(wanted))
            await not_authorised(world, await world.ledger.run(CN_B, lock))


async def test_corrected_terms_put_the_earlier_ones_out_of_force(tmp_path: Path) -> None:
    async with world_of(tmp_path) as world:
        dear, fair = world.terms(amount_yen=500), world.terms(amount_yen=400)
        for terms in (dear, fair):
            await world.authorise(terms)
        await not_authorised(world, await world.ledger.run(CN_B, await world.unauthorised_lock_request(dear)))
        await world.ledger.done(CN_B, await world.unauthorised_lock_request(fair))


async def test_an_authorisation_at_the_sellers_custodian_or_of_anothers_account_counts_nowhere(tmp_path: Path) -> None:
    async with world_of(tmp_path) as world:
        terms = world.terms(amount_yen=400)
        of_nobody = replace(terms, cash=replace(terms.cash, buyer=STRANGER.account_at(CN_B)))
        elsewhere = replace(terms, cash=replace(terms.cash, buyer=replace(BUYER_ACCOUNT, node=CN_A.name)))
        either = (BUYER_ACCOUNT.key, SELLER_ACCOUNT.key)
        composite = CompositeKey(1, tuple((1, decode_single_key(key)) for key in either)).encoded()
        of_several = replace(terms, cash=replace(terms.cash, buyer=replace(BUYER_ACCOUNT, key=composite)))
        for node, wanted in ((CN_A, terms), (CN_B, of_nobody), (CN_B, elsewhere), (CN_B, of_several)):
            with pytest.raises(AccountUnknown):
                await world.ledger.operations(node).authorise_trade(PLATFORM_NAME, "first", wanted)
        lock = await world.unauthorised_lock_request(terms)
        await not_authorised(world, await world.ledger.run(CN_B, lock))


async def test_an_authorisation_is_entered_once_and_an_id_stands_for_one_body_of_one_platform(tmp_path: Path) -> None:
    async with world_of(tmp_path) as world:
        operations = world.ledger.operations(CN_B)
        dear, fair = world.terms(amount_yen=500), world.terms(amount_yen=400)
        first = await operations.authorise_trade(PLATFORM_NAME, "one", dear)
        world.ledger.clock.advance_s(5)
        assert await operations.authorise_trade(PLATFORM_NAME, "one", dear) == first
        with pytest.raises(RequestIdReused, match="terms"):
            await operations.authorise_trade(PLATFORM_NAME, "one", fair)
        await operations.authorise_trade("another", "one", fair)
        with pytest.raises(AuthorisationReplaced):  # a late repeat does not turn the clock back
            await operations.authorise_trade(PLATFORM_NAME, "one", dear)
        for request_id in ("", "x" * 129, "a b", "\u0661"):
            with pytest.raises(InvalidRequest, match="request_id"):
                await operations.authorise_trade(PLATFORM_NAME, request_id, fair)


async def test_what_is_spent_or_late_cannot_be_authorised_but_a_repeat_is_answered(tmp_path: Path) -> None:
    async with world_of(tmp_path) as world:
        operations = world.ledger.operations(CN_B)
        terms, cancelled, late = (world.terms(trade, amount_yen=400) for trade in (1, 2, 3))
        first = await operations.authorise_trade(PLATFORM_NAME, "one", terms)
        await world.ledger.done(CN_B, await world.unauthorised_lock_request(terms))
        assert await operations.authorise_trade(PLATFORM_NAME, "one", terms) == first
        await world.ledger.done(CN_B, CancelTrade("cancel", cancelled))
        for spent in (terms, cancelled):
            with pytest.raises(TradeIdUsed):
                await operations.authorise_trade(PLATFORM_NAME, "two", spent)
        world.ledger.clock.advance_s(600)
        with pytest.raises(LockTimePassed):
            await operations.authorise_trade(PLATFORM_NAME, "three", late)


@pytest.mark.parametrize("ending", [LedgerNetwork.stop, LedgerNetwork.kill])
async def test_an_authorisation_and_the_lack_of_one_survive_the_node(
    tmp_path: Path, ending: Callable[..., object]
) -> None:
    async with world_of(tmp_path) as world:
        wanted, unwanted = world.terms(1, amount_yen=400), world.terms(2, amount_yen=400)
        await world.authorise(wanted)
        locks = [await world.unauthorised_lock_request(terms) for terms in (unwanted, wanted)]
        await ending(world.ledger, CN_B)  # type: ignore[misc]  # both are coroutines
        await world.ledger.start(CN_B)
        await not_authorised(world, await world.ledger.run(CN_B, locks[0]))
        await world.ledger.done(CN_B, locks[1])


@asynccontextmanager
async def api_of(ledger: LedgerNetwork) -> AsyncIterator[Callable[[str], LedgerClient]]:
    """The buyer's custodian over gRPC and mTLS; gives clients by the name in their certificate."""
    server = grpc.aio.server(interceptors=[ErrorStatusInterceptor(STATUS_CODES)])
    ledger.vault(CN_B).serve(server)
    tls = tls_of(CN_B.name)
    pair = [(tls.private_key, tls.certificate)]
    credentials = grpc.ssl_server_credentials(pair, root_certificates=tls.authority, require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    clients: list[LedgerClient] = []

    def client(caller: str) -> LedgerClient:
        clients.append(LedgerClient(ApiEndpoint(CN_B.name, f"127.0.0.1:{port}"), tls_of(caller)))
        return clients[-1]

    try:
        yield client
    finally:
        for each in clients:
            await each.close()
        await server.stop(None)


async def test_a_gateways_certificate_locks_what_a_platforms_authorised_and_no_more(tmp_path: Path) -> None:
    async with world_of(tmp_path) as world, api_of(world.ledger) as client:
        terms = world.terms(amount_yen=400)
        gateway, platform = client(GATEWAY_NAME), client(PLATFORM_NAME)
        move = MoveCash("move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        forbidden = (
            gateway.authorise_trade("one", terms),
            client("cn-a").authorise_trade("one", terms),
            gateway.submit(move),
            gateway.balances(),
        )
        for call in forbidden:
            with pytest.raises(RemoteCallerError, match="CALLER_NOT_AUTHORISED"):
                await call
        lock = await world.unauthorised_lock_request(terms)
        refused = await gateway.submit(lock)
        assert (refused.is_failed, refused.last_error_reason) == (True, "TRADE_NOT_AUTHORISED")
        assert await platform.authorise_trade("one", terms) == terms_hash(terms)
        proof = world.evm.earmark_proof(terms)
        locked = await gateway.submit(LockCash("again", terms, CLIENT_ID, proof))
        assert locked.is_final_on_ledger, locked
        assert [line.locked_yen for line in await platform.balances(COIN_ID, BUYER_ACCOUNT.key)] == [400]
