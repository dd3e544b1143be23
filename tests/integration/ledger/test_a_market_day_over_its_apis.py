"""A venue and a custodian node asked as brokers and operators ask them: over mTLS, and from the command line."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.exchange_client import ExchangeClient, ExecutionView, LevelView
from chains.progmat.client.order_client import OrderClient
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.market.exchange import refusals
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.exchange.venue.model import Listing, Security, Side
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import AN, CN_A, CN_B, EN
from tests.fakes.rpc_parties import tls_of
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import (
    GATEWAY_NAME,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

SECURITY = Security(TOKEN_ID, AN.name)
LISTING = Listing(SECURITY, tick_yen=5, lot=10, base_yen=40, lowest_yen=5, highest_yen=1000)
DAY = date(2026, 11, 27)
SELL_ID, BUY_ID, CLI_ID = (f"ORD-{number:016d}" for number in (1, 2, 3))


def venue_client(vault: ServedVault, caller: str) -> ExchangeClient:
    return ExchangeClient(ApiEndpoint(EN.name, f"127.0.0.1:{vault.port}"), tls_of(caller))


def order_client(vault: ServedVault, caller: str) -> OrderClient:
    return OrderClient(ApiEndpoint(CN_A.name, f"127.0.0.1:{vault.port}"), tls_of(caller))


async def typed(options: list[str], topic: str, *arguments: str) -> Any:  # noqa: ANN401 # any JSON
    program = "from relayer.cli.main import main; main()"
    command = [sys.executable, "-c", program, "market", topic, *options, *arguments, "--json"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    done = await asyncio.to_thread(run)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


async def opened_day(ledger: LedgerNetwork, vault: ServedVault) -> None:
    for party, role in ((CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN), (EN, MemberRole.EXCHANGE)):
        await ledger.admit(party, ST, role)
    operator = venue_client(vault, OPERATIONS_NAME)
    await operator.set_trader(PLATFORM_NAME, CN_A.name, "clerk", "head", suspended=False)
    await operator.set_trader(OPERATIONS_NAME, CN_B.name, "clerk", "head", suspended=False)
    await operator.set_listing(LISTING, "clerk", "head")
    await operator.open_day("open", SECURITY, DAY, DAY, "clerk")
    assert (await operator.book(SECURITY)).phase == "AUCTION"
    await operator.close()


async def test_brokers_trade_and_find_their_executions_over_the_apis(tmp_path: Path) -> None:
    async with (
        running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger,
        served(ledger, EN) as venue,
        served(ledger, CN_A) as custodian,
    ):
        await opened_day(ledger, venue)
        broker, other = venue_client(venue, PLATFORM_NAME), venue_client(venue, OPERATIONS_NAME)
        desk = order_client(custodian, PLATFORM_NAME)
        key = SELLER_ACCOUNT.key
        await desk.register(BrokerOrder(SELL_ID, TradeSide.SELL, *_names(), 10, "INV-1", key, key), "trader")

        await broker.place(SELL_ID, SECURITY, Side.SELL, 20, 40)
        waiting = await broker.amend("amend", SELL_ID, 10, 40)
        assert (waiting.quantity, waiting.filled, waiting.ended) == (10, 0, "")
        await other.place(BUY_ID, SECURITY, Side.BUY, 10, 45)
        (made,) = await other.start_trading("start", SECURITY, "clerk")
        assert (made.price_yen, made.quantity, made.settlement_date) == (40, 10, DAY)

        async def first_execution(after: int = 0) -> ExecutionView | None:
            async with asyncio.timeout(WAIT_S):
                async for seen in broker.executions(after, heartbeat_s=1):
                    return seen
            return None

        seen = await first_execution()
        assert seen is not None
        assert (seen.order_id, seen.side, seen.trade_id) == (SELL_ID, Side.SELL, made.trade_id)
        assert await first_execution(seen.number) is None  # a heartbeat: nothing after it
        assert (await broker.order(SELL_ID)).ended == "FILLED"

        with pytest.raises(RemoteCallerError) as nosy:
            await broker.order(BUY_ID)
        assert nosy.value.reason == "VENUE_ORDER_UNKNOWN"
        gateway = venue_client(venue, GATEWAY_NAME)
        with pytest.raises(RemoteCallerError) as closed:
            await gateway.place(CLI_ID, SECURITY, Side.SELL, 10, 40)
        assert closed.value.reason == "CALLER_NOT_AUTHORISED"
        with pytest.raises(RemoteCallerError) as forbidden:
            await broker.close_day("mine", SECURITY, "clerk")
        assert forbidden.value.reason == "CALLER_NOT_AUTHORISED"
        with pytest.raises(RemoteCallerError) as alone:
            await other.set_trader("c", CN_A.name, "clerk", "clerk", suspended=False)
        assert alone.value.reason == "SAME_PERSON"

        (kept,) = await desk.orders()
        assert (kept[0].investor_id, kept[0].quantity) == ("INV-1", 10)
        await _the_command_line_shows_it(tmp_path, ledger, venue, custodian)
        book = await broker.book(SECURITY)
        assert (book.phase, book.sells, book.buys) == ("CONTINUOUS", (LevelView(50, 10, 1),), ())
        for client in (broker, other, gateway, desk):
            await client.close()


async def _the_command_line_shows_it(
    folder: Path, ledger: LedgerNetwork, venue: ServedVault, custodian: ServedVault
) -> None:
    async with asyncio.timeout(WAIT_S):
        while True:  # the notice arrives, and the buyer's node says that it knows no such order
            desk = order_client(custodian, PLATFORM_NAME)
            found = await desk.executions()
            await desk.close()
            if found and found[0].reason == refusals.ORDER_UNKNOWN:
                break
            ledger.clock.advance_ms(50)
            await asyncio.sleep(0)
    shown = await typed(custodian.options(folder, PLATFORM_NAME), "orders", "executions")
    (line,) = shown["executions"]
    assert (line["status"], line["blamed"], line["investor_id"]) == ("AWAITING_ACCOUNTS", CN_B.name, "INV-1")
    assert line["english"]
    assert line["japanese"].startswith("約定通知")
    names = ("--registrar", AN.name)
    placed = await typed(
        venue.options(folder, PLATFORM_NAME), "exchange", "place", TOKEN_ID, "10", *names, "--side", "sell",
        "--limit", "50", "--order-id", CLI_ID,
    )  # fmt: skip
    assert (placed["limit_yen"], placed["ended"]) == (50, "")


def _names() -> tuple[str, str]:
    return SECURITY.token_id, SECURITY.registrar
