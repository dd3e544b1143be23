"""Readers of a vault who want more than is theirs: other accounts, other queries' pages, tokens of their own making."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from crossdvp.ledger.v1 import vault_service_pb2 as pb
from crossdvp.ledger.v1.vault_service_pb2_grpc import VaultServiceStub

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.token_client import TokenClient
from chains.progmat.client.vault_client import VaultClient, all_rows
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.terms_codec import account_to_message
from chains.progmat.flows.requests import MoveCash
from chains.progmat.vault.indexing import AccountAsset
from chains.rpc_status import RemoteCallerError, RemoteError, RemoteUnavailableError, error_from_rpc
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.fakes.rpc_parties import channel_to, tls_of
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    GATEWAY_NAME,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

BUYERS = AccountAsset("SC", COIN_ID, SN.name, BUYER_ACCOUNT.node, BUYER_ACCOUNT.key)
SELLERS = AccountAsset("SC", COIN_ID, SN.name, SELLER_ACCOUNT.node, SELLER_ACCOUNT.key)
WAIT_S = 20


@asynccontextmanager
async def a_vault_with_cash(folder: Path, party: LedgerParty) -> AsyncIterator[tuple[LedgerNetwork, ServedVault]]:
    async with running_ledger(folder, CASH_PARTIES) as ledger:
        for _ in range(3):
            await ledger.issue(1000)
        await ledger.done(CN_B, MoveCash("pay", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        async with served(ledger, party) as vault:
            yield ledger, vault


async def reason_of(call: Awaitable[object]) -> str:
    with pytest.raises((RemoteCallerError, RemoteUnavailableError)) as refused:
        await call
    return str(getattr(refused.value, "reason", ""))


async def first_of_stream(client: VaultClient, after: int) -> object:
    async with asyncio.timeout(WAIT_S):
        async for watched in client.watch(after):
            return watched
    return None


async def test_a_platform_of_the_issuer_sees_no_other_nodes_accounts(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, SN) as (_, vault), vault.client(PLATFORM_NAME) as client:
        assert (await client.accounts()).rows == ()
        assert (await client.accounts(account_key=BUYER_ACCOUNT.key)).rows == ()
        assert (await client.coins(account_key=BUYER_ACCOUNT.key)).rows == ()
        assert (await client.holds(account_key=BUYER_ACCOUNT.key)).rows == ()
        assert await reason_of(client.statement(BUYERS)) == "ACCOUNT_UNKNOWN"
        assert await reason_of(client.balance_as_of(BUYERS, sequence=0)) == "ACCOUNT_UNKNOWN"
        async with asyncio.timeout(WAIT_S):
            async for watched in client.watch(heartbeat_s=1):
                assert watched.update is None  # the sequence alone goes on
                break
        async with vault.client(OPERATIONS_NAME) as operator:
            assert len((await operator.accounts()).rows) == 2
        for caller, accounts in ((PLATFORM_NAME, 0), (OPERATIONS_NAME, 2)):
            node = LedgerClient(ApiEndpoint(SN.name, f"127.0.0.1:{vault.port}"), tls_of(caller))
            assert len(await node.balances()) == accounts
            await node.close()


async def test_gateways_relayers_and_strangers_see_nothing(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (_, vault):
        for caller in (GATEWAY_NAME, "relayer", "stranger", "cn-a"):
            async with vault.client(caller) as client:
                assert await reason_of(client.accounts()) == "CALLER_NOT_AUTHORISED"
                assert await reason_of(client.statement(BUYERS)) == "CALLER_NOT_AUTHORISED"
                assert await reason_of(first_of_stream(client, 0)) == "CALLER_NOT_AUTHORISED"


async def test_a_page_token_of_another_account_another_method_or_another_caller_is_refused(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, SN) as (_, vault), vault.client() as client:
        token = (await client.statement(BUYERS, page_size=1)).entries.next_page_token
        assert token
        for other in (
            client.statement(SELLERS, page_token=token),
            client.statement(BUYERS, from_ms=1, page_token=token),
            client.statement(BUYERS, until_ms=2**52, page_token=token),
            client.coins(page_token=token),
        ):
            assert await reason_of(other) == "PAGE_TOKEN_OF_ANOTHER_QUERY"
        coins_token = (await client.coins(page_size=1)).next_page_token
        assert await reason_of(client.accounts(page_token=coins_token)) == "PAGE_TOKEN_OF_ANOTHER_QUERY"
        async with vault.client(PLATFORM_NAME) as platform:
            assert await reason_of(platform.coins(page_token=coins_token)) == "PAGE_TOKEN_OF_ANOTHER_QUERY"
        assert len((await client.statement(BUYERS, page_size=500, page_token=token)).entries.rows) == 3


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: ("B" if token[0] == "A" else "A") + token[1:],
        lambda token: token[:-1],
        lambda _: "AAAA",
        lambda _: "1",
    ],
)
async def test_a_forged_page_token_is_refused(tmp_path: Path, forge: Callable[[str], str]) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (_, vault), vault.client() as client:
        token = (await client.coins(page_size=1)).next_page_token
        assert await reason_of(client.coins(page_token=forge(token))) == "BAD_PAGE_TOKEN"


async def test_a_page_token_of_another_node_is_refused(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (ledger, vault), vault.client() as client:
        token = (await client.coins(page_size=1)).next_page_token
        async with served(ledger, SN) as other, other.client() as stranger:
            assert await reason_of(stranger.coins(page_token=token)) == "BAD_PAGE_TOKEN"


async def test_page_tokens_outlive_a_restart(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (ledger, vault):
        async with vault.client() as client:
            first = await client.coins(page_size=1)
        await ledger.stop(CN_B)
        await ledger.start(CN_B)
        async with served(ledger, CN_B) as again, again.client() as client:
            rest = [coin async for coin in all_rows(lambda t: client.coins(page_token=t or first.next_page_token))]
            assert len({coin.ref for coin in (*first.rows, *rest)}) == 3


async def test_huge_pages_and_senseless_ranges_are_refused_by_name(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (_, vault), vault.client() as client:
        everything = 2**64 - 1
        for call in (
            client.coins(page_size=501),
            client.accounts(page_size=2**32 - 1),
            client.statement(BUYERS, from_ms=everything),
            client.statement(BUYERS, until_ms=everything),
            client.statement(BUYERS, from_ms=10, until_ms=10),
            client.statement(BUYERS, from_ms=10, until_ms=9),
            client.balance_as_of(BUYERS),
            client.balance_as_of(BUYERS, recorded_ms=everything),
            client.balance_as_of(BUYERS, journal_position=everything),
            client.holds(trade_id=b"short"),
            client.coins(account_key=b"k" * 1025),
            client.coins(asset_id="c" * 129),
            client.soft_locks(flow_id="f" * 129),
            client.soft_locks(trade_id=b"short"),
            client.soft_locks(flow_id="flow", trade_id=b"t" * 32),
        ):
            assert await reason_of(call) == "INVALID_REQUEST"
        whole = await client.statement(BUYERS, from_ms=0, until_ms=2**53)
        assert (whole.opening.balance_amount, whole.closing.balance_amount) == (0, 2700)


async def test_a_network_that_is_none_is_refused_and_one_left_out_is_that_of_coins(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (_, vault), vault.client() as client:
        asked: dict[str, Any] = {"asset_id": COIN_ID, "issuer": SN.name, "account": account_to_message(BUYER_ACCOUNT)}
        none: Any = 99
        for call, request in (
            (client._stub.ListAccounts, pb.ListAccountsRequest(network=none)),
            (client._stub.ListCoins, pb.ListCoinsRequest(network=none)),
            (client._stub.GetStatement, pb.GetStatementRequest(**asked, network=none)),
            (client._stub.GetBalanceAsOf, pb.GetBalanceAsOfRequest(**asked, network=none, sequence=1)),
        ):
            assert await reason_of(client._call(call, request)) == "INVALID_REQUEST"
        answer = await client._call(client._stub.GetStatement, pb.GetStatementRequest(**asked))
        assert answer.closing.balance == 2700
        asked["network"] = BusinessNetwork.ST
        answer = await client._call(client._stub.GetStatement, pb.GetStatementRequest(**asked))
        assert (answer.closing.balance, list(answer.entries)) == (0, [])


async def test_a_watch_with_a_forged_token_is_refused_and_says_what_to_do(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (_, vault), vault.client() as client:
        for forged, reason in ((10**6, "UNKNOWN_SEQUENCE"), (2**63, "INVALID_REQUEST"), (2**64 - 1, "INVALID_REQUEST")):
            assert await reason_of(first_of_stream(client, forged)) == reason
        assert await reason_of(client.balance_as_of(BUYERS, sequence=10**6)) == "UNKNOWN_SEQUENCE"


async def test_a_reader_that_reads_nothing_delays_neither_payments_nor_other_readers(tmp_path: Path) -> None:
    async with a_vault_with_cash(tmp_path, CN_B) as (ledger, vault):
        lazy = channel_to(CN_B.name, vault.port, tls_of(OPERATIONS_NAME))
        stream: Any = VaultServiceStub(lazy).WatchUpdates(pb.WatchUpdatesRequest())  # type: ignore[no-untyped-call] # generated
        await stream.read()
        for number in range(5):
            pay = MoveCash(f"more-{number}", COIN_ID, SN.name, 10, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
            await ledger.done(CN_B, pay)
        async with vault.client() as client:
            assert (await client.balance_as_of(BUYERS, recorded_ms=2**53)).balance_amount == 2650
        stream.cancel()
        await lazy.close(grace=None)


async def test_more_readers_than_are_served_are_told_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chains.progmat.node.vault_operations.MAX_WATCHES", 2)
    async with a_vault_with_cash(tmp_path, CN_B) as (_, vault):
        channel = channel_to(CN_B.name, vault.port, tls_of(OPERATIONS_NAME))
        stub: Any = VaultServiceStub(channel)  # type: ignore[no-untyped-call] # generated
        open_streams = [stub.WatchUpdates(pb.WatchUpdatesRequest()) for _ in range(2)]
        for stream in open_streams:
            await stream.read()
        one_more = stub.WatchUpdates(pb.WatchUpdatesRequest())
        with pytest.raises(grpc.RpcError) as refused:
            await one_more.read()
        error: RemoteError = error_from_rpc(refused.value, CN_B.name)
        assert (error.reason, isinstance(error, RemoteUnavailableError)) == ("TOO_MANY_WATCHES", True)
        open_streams[0].cancel()
        async with asyncio.timeout(WAIT_S):
            while True:  # the server notices a reader's leaving in its own time
                again = stub.WatchUpdates(pb.WatchUpdatesRequest())
                try:
                    await again.read()
                    break
                except grpc.RpcError:
                    await asyncio.sleep(0)
        await channel.close(grace=None)


async def test_a_platform_is_not_shown_the_register_only_the_accounts_of_its_node(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await NativeTrades.open(ledger)
        for party, of_operator, of_platform in ((AN, 1, 0), (CN_A, 1, 1)):
            async with served(ledger, party) as vault:
                for caller, expected in ((OPERATIONS_NAME, of_operator), (PLATFORM_NAME, of_platform)):
                    client = TokenClient(ApiEndpoint(party.name, f"127.0.0.1:{vault.port}"), tls_of(caller))
                    assert len(await client.balances()) == expected
                    await client.close()
                    async with vault.client(caller) as reader:
                        assert len((await reader.accounts(network="ST")).rows) == expected
