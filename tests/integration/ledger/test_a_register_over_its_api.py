"""The registrar's register over real mTLS and at the command line: who sees what, its history, dates and file."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.register_client import RegisterClient
from chains.progmat.flows.market_requests import MoveToken, RedeemToken
from chains.progmat.market.register.cells import Encoding
from chains.progmat.market.register.csv_form import register_from_csv
from chains.progmat.market.register.details import RegisterKind
from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.vault.indexing import Asset
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import AN, CN_A, CN_B
from tests.fakes.rpc_parties import tls_of
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

SECURITY = Asset("ST", TOKEN_ID, AN.name)


@asynccontextmanager
async def asking(vault: ServedVault, caller: str = OPERATIONS_NAME) -> AsyncIterator[RegisterClient]:
    client = RegisterClient(ApiEndpoint(vault.party.name, f"127.0.0.1:{vault.port}"), tls_of(caller))
    try:
        yield client
    finally:
        await client.close()


async def said(vault: ServedVault, folder: Path, *arguments: str) -> tuple[int, str]:
    """What ``crossdvp register`` says to an operator, and its exit code; a process of its own, as it calls a node."""
    options = vault.options(folder)
    command = [sys.executable, "-c", "from relayer.cli.main import main; main()", "register", *options, *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout or done.stderr


async def test_a_register_its_history_its_record_date_and_its_file(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger, served(ledger, AN) as vault:
        trades = await NativeTrades.open(ledger)
        await ledger.done(CN_A, MoveToken("move", ST, TOKEN_ID, AN.name, 30, SELLER_ACCOUNT.key, BUYER_ACCOUNT))
        terms = trades.terms(quantity=10, amount_yen=400)
        await trades.authorise(terms)
        await ledger.done(CN_A, trades.settle(terms))
        await ledger.done(CN_B, RedeemToken("redeem", ST, TOKEN_ID, AN.name, 5, BUYER_ACCOUNT.key))

        async with asking(vault) as client:
            found = (await client.register(SECURITY)).register
            assert {(line.account, line.units) for line in found.lines} == {(SELLER_ACCOUNT, 60), (BUYER_ACCOUNT, 35)}
            totals = await client.totals(SECURITY)
            assert (totals.hash, totals.units, totals.holders) == (found.hash, 95, 2)
            assert await units_in_states(ledger, TOKEN_ID) == 95
            entries = (await client.entries(SECURITY, BUYER_ACCOUNT.key)).rows
            assert [(each.details.kind, each.entry.change_amount) for each, _ in entries] == [
                (RegisterKind.SECONDARY, 30),
                (RegisterKind.SECONDARY, 10),
                (RegisterKind.REDEMPTION, -5),
            ]
            assert entries[1][0].details.trade_id == terms.trade_id
            moved = entries[0][0].entry.sequence
            past = (await client.register(SECURITY, Moment(AsOf.SEQUENCE, moved))).register
            assert past.units == 100
            page = await client.entries(SECURITY, page_size=2)
            assert (len(page.rows), bool(page.next_page_token)) == (2, True)
            with pytest.raises(RemoteCallerError, match="ever recorded"):
                await client.register(Asset("ST", "ST-9", AN.name))
            day = date(2026, 9, 30)
            ledger.clock.advance_s(10 * 366 * 86_400)
            taken = await client.take_snapshot(SECURITY, day, "clerk")
            snapshot = await client.snapshot(SECURITY, day)
            assert (taken[0], snapshot.hash, snapshot.taken_by) == (snapshot.hash, snapshot.hash, "clerk")
            assert await client.snapshot_dates(SECURITY) == (day,)
            assert await client.record_dates(SECURITY) == ()

        async with asking(vault, PLATFORM_NAME) as client:
            assert (await client.register(SECURITY)).only_node == AN.name
            assert (await client.snapshot(SECURITY, day)).lines == ()
            with pytest.raises(RemoteCallerError):
                await client.take_snapshot(SECURITY, date(2027, 3, 31), "clerk")

        async with served(ledger, CN_B) as custodian, asking(custodian) as client:
            own = await client.register(SECURITY)
            assert ([line.units for line in own.register.lines], own.only_node) == ([35], CN_B.name)
            with pytest.raises(RemoteCallerError, match="fixed at an"):
                await client.take_snapshot(SECURITY, day, "clerk")
        file = tmp_path / "register.csv"
        code, text = await said(vault, tmp_path, "export", TOKEN_ID, "--csv", str(file), "--encoding", "cp932")
        assert code == 0, text
        assert register_from_csv(file.read_bytes(), Encoding.CP932)[0] == found


async def units_in_states(ledger: Any, token_id: str) -> int:  # noqa: ANN401 # a LedgerNetwork
    lines = await NativeTrades(ledger).tokens_of(AN).balances(token_id, b"")
    return sum(line.balance.total for line in lines)
