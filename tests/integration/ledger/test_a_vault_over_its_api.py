"""A running node's vault as its users see it: over mTLS, with the client and the command line that ship."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.client.vault_client import VaultClient, all_rows
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import MergeCash, MoveCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.vault_upkeep import GroomingPolicy, UpkeepPolicy, VaultUpkeep
from chains.progmat.vault.entry_lines import EntryKind, SeenUpdate, Watched
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.lines import CoinStatus
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.fresh_keys import coins_made
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    GATEWAY_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.served_vault import ServedVault, served

BUYERS = AccountAsset("SC", COIN_ID, SN.name, BUYER_ACCOUNT.node, BUYER_ACCOUNT.key)
SELLERS = AccountAsset("SC", COIN_ID, SN.name, SELLER_ACCOUNT.node, SELLER_ACCOUNT.key)
WAIT_S = 20


@asynccontextmanager
async def buyers_vault(folder: Path) -> AsyncIterator[tuple[LedgerNetwork, VaultClient]]:
    """A ledger, and an operator's client of the node that keeps the buyer's account."""
    ledger_of_four = running_ledger(folder, CASH_PARTIES)
    async with ledger_of_four as ledger, served(ledger, CN_B) as vault, vault.client() as client:
        yield ledger, client


async def pay(ledger: LedgerNetwork, amount_yen: int, number: int | str = 1) -> None:
    move = MoveCash(f"pay-{number}", COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
    await ledger.done(CN_B, move)


async def updates(client: VaultClient, after: int, count: int, account_key: bytes = b"") -> list[SeenUpdate]:
    """The next updates after a sequence; heartbeats left out."""
    found: list[SeenUpdate] = []
    async with asyncio.timeout(WAIT_S):
        async for watched in client.watch(after, account_key):
            if watched.update is not None:
                found.append(watched.update)
            if len(found) == count:
                break
    return found


async def test_statement_balances_and_coins_agree_over_the_api(tmp_path: Path) -> None:
    async with buyers_vault(tmp_path) as (ledger, client):
        await ledger.issue(1000)
        before_ms = ledger.clock.now_ms()
        ledger.clock.advance_ms(10)
        await pay(ledger, 300)
        page = await client.statement(BUYERS)
        assert (page.opening.balance_amount, page.closing.balance_amount) == (0, 700)
        first, second = page.entries.rows
        assert (first.kind, first.in_amount, second.kind, second.out_amount) == (
            EntryKind.ISSUE,
            1000,
            EntryKind.MOVE,
            300,
        )
        assert second.counterparty == (SELLER_ACCOUNT.node, SELLER_ACCOUNT.key)
        assert (await client.balance_as_of(BUYERS, recorded_ms=before_ms)).balance_amount == 1000
        assert (await client.balance_as_of(BUYERS, sequence=second.sequence)).balance_amount == 700
        (line,) = (await client.accounts()).rows
        assert (line.account, line.balance.free, line.coins) == (BUYER_ACCOUNT, 700, 1)
        (coin,) = (await client.coins(account_key=BUYER_ACCOUNT.key)).rows
        assert (coin.amount, coin.status) == (700, CoinStatus.FREE)


async def test_the_payees_node_knows_the_payer_and_the_issuers_all_accounts(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await pay(ledger, 300)
        async with served(ledger, CN_A) as vault, vault.client() as client:
            (entry,) = (await client.statement(SELLERS)).entries.rows
            assert (entry.in_amount, entry.counterparty) == (300, (BUYER_ACCOUNT.node, BUYER_ACCOUNT.key))
        async with served(ledger, SN) as vault, vault.client() as client:
            held = {line.account: line.balance.free for line in (await client.accounts()).rows}
            assert held == {BUYER_ACCOUNT: 700, SELLER_ACCOUNT: 300}


async def test_sixty_four_payments_from_one_coin_all_arrive_and_none_is_called_short(tmp_path: Path) -> None:
    async with buyers_vault(tmp_path) as (ledger, client):
        await ledger.issue(10_000)
        await asyncio.gather(*(pay(ledger, 100, number) for number in range(64)))
        page = await client.statement(BUYERS, page_size=500)
        assert (page.closing.balance_amount, page.closing.locked_amount) == (3600, 0)
        assert [entry.out_amount for entry in page.entries.rows if entry.kind is EntryKind.MOVE] == [100] * 64
        coins = [coin async for coin in all_rows(lambda token: client.coins(page_size=7, page_token=token))]
        assert sum(coin.amount for coin in coins) == 3600
        assert 1 < len(coins) <= 64
        assert (await client.soft_locks()).rows == ()


async def test_small_coins_become_one_and_the_statement_says_so(tmp_path: Path) -> None:
    async with buyers_vault(tmp_path) as (ledger, client):
        for _ in range(5):
            await ledger.issue(10)
        await ledger.issue(500)
        merge = MergeCash("groom-1", COIN_ID, SN.name, BUYER_ACCOUNT.key, 100, 4)
        assert (await client.groom(merge)).step in {FlowStep.RECORDED, FlowStep.DONE}
        assert (await client.groom(merge)).flow_id == "groom-1"  # the same request merges once
        assert sorted(coin.amount for coin in (await client.coins()).rows) == [10, 40, 500]
        merged = (await client.statement(BUYERS)).entries.rows[-1]
        assert (merged.kind, merged.change_amount, merged.balance_amount) == (EntryKind.MERGE, 0, 550)
        nothing = await client.groom(MergeCash("groom-2", COIN_ID, SN.name, BUYER_ACCOUNT.key, 20, 4))
        assert (nothing.step, nothing.last_error_reason) == (FlowStep.FAILED, "NOTHING_TO_MERGE")


async def test_a_node_grooms_by_policy_one_account_a_round_and_forgets_old_updates(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        for _ in range(4):
            await ledger.issue(10)
        node, operations = ledger.vault(CN_B).node, ledger.operations(CN_B)
        policy = UpkeepPolicy(every_s=10, updates_kept=2, deliveries_kept_s=60, grooming=GroomingPolicy(3, 100, 64))
        upkeep = VaultUpkeep(node, operations, policy)
        started = await upkeep.once()
        assert started
        assert (await node.engine.outcome(started, WAIT_S, ENDS)).step is FlowStep.DONE
        assert await upkeep.once() == ""  # one coin is left
        async with served(ledger, CN_B) as vault, vault.client() as client:
            (coin,) = (await client.coins()).rows
            assert coin.amount == 40
            with pytest.raises(Exception, match="OUT_OF_RETENTION"):
                await updates(client, 0, 1)


async def test_a_watcher_misses_nothing_while_its_node_is_away(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        async with served(ledger, CN_B) as vault, vault.client() as client:
            first = await updates(client, 0, 1, BUYER_ACCOUNT.key)
        port = vault.port
        await pay(ledger, 300, 1)
        await ledger.stop(CN_B)
        await ledger.start(CN_B)
        await pay(ledger, 200, 2)
        async with served(ledger, CN_B, port) as again, again.client() as client:
            later = await updates(client, first[-1].update.sequence, 2, BUYER_ACCOUNT.key)
        numbers = [update.update.sequence for update in (*first, *later)]
        assert numbers == sorted(set(numbers))
        balances = [entry.balance_amount for update in (*first, *later) for entry in update.entries]
        assert balances == [1000, 700, 500]


async def test_a_watcher_that_stays_connected_sees_payments_as_they_are_recorded_and_heartbeats(tmp_path: Path) -> None:
    async with buyers_vault(tmp_path) as (ledger, client):
        seen: list[Watched] = []

        async def follow() -> None:
            async for watched in client.watch(account_key=BUYER_ACCOUNT.key, heartbeat_s=1):
                seen.append(watched)
                if watched.update is None and any(each.update for each in seen):
                    return

        async with asyncio.timeout(WAIT_S):
            following = asyncio.create_task(follow())
            await ledger.issue(1000)
            await following
        assert [watched.update is None for watched in seen][-2:] == [False, True]
        assert seen[-1].sequence >= seen[-2].sequence


def commands(options: list[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command line in a process of its own."""

    done = subprocess.run(
        [sys.executable, "-c", "from relayer.cli.main import main; main()", "ledger", "vault", *options, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


async def said(vault: ServedVault, folder: Path, *arguments: str, caller: str = "operations") -> tuple[int, str]:
    options = vault.options(folder, caller)
    code, out, err = await asyncio.to_thread(commands, options, *arguments)
    assert "Traceback" not in out + err
    return code, out or err


async def test_the_command_line_reads_a_running_node(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger, served(ledger, CN_B) as vault:
        await ledger.issue(1000)
        await pay(ledger, 300)
        key = BUYER_ACCOUNT.key.hex()

        async def document(*arguments: str) -> Any:  # noqa: ANN401 # any JSON
            code, out = await said(vault, tmp_path, *arguments, "--json")
            assert code == 0, out
            return json.loads(out)

        (line,) = (await document("balance"))["accounts"]
        assert (line["free"], line["account"]["key"]) == (700, key)
        assert (await document("balance", "--account", key, "--as-of-sequence", "0"))["balance"] == 0
        statement = await document("statement", "--account", key)
        assert (statement["opening"]["balance"], statement["closing"]["balance"]) == (0, 700)
        code, out = await said(vault, tmp_path, "statement", "--account", key, "--csv")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [row["kind"] for row in rows] == ["OPENING", "ISSUE", "MOVE", "CLOSING"]
        assert int(rows[0]["balance"]) + sum(int(row["in"]) - int(row["out"]) for row in rows[1:-1]) == int(
            rows[-1]["balance"]
        )
        assert [coin["status"] for coin in (await document("coins"))["coins"]] == ["FREE"]
        assert (await document("holds"), await document("soft-locks")) == ({"holds": []}, {"soft_locks": []})
        code, out = await said(vault, tmp_path, "watch", "--count", "1", "--account", key)
        assert (code, "issue" in out) == (0, True)
        code, out = await said(vault, tmp_path, "groom", "--account", key, "--below", "1000", "--json")
        assert (code, json.loads(out)["reason"]) == (1, "NOTHING_TO_MERGE")
        groom = ("groom", "--account", key, "--below", "1000", "--json")
        code, out = await said(vault, tmp_path, *groom, caller=PLATFORM_NAME)
        assert (code, json.loads(out)["error"]["reason"]) == (1, "CALLER_NOT_AUTHORISED")
        code, out = await said(vault, tmp_path, "statement", "--account", SELLER_ACCOUNT.key.hex())
        assert (code, "ACCOUNT_NOT_CLEAR" in out) == (1, True)


async def test_under_which_keys_an_account_receives_is_set_over_the_api_and_at_the_command_line(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger, served(ledger, CN_B) as vault:
        async with vault.client(PLATFORM_NAME) as client:
            assert await client.set_account_keys(BUYER_ACCOUNT.key) is KeyChoice.ACCOUNT
            assert await client.set_account_keys(BUYER_ACCOUNT.key, KeyChoice.FRESH) is KeyChoice.FRESH
            with pytest.raises(RemoteCallerError) as refused:
                await client.set_account_keys(SELLER_ACCOUNT.key, KeyChoice.FRESH)
            assert refused.value.reason == "ACCOUNT_UNKNOWN"
        async with vault.client(GATEWAY_NAME) as client:
            with pytest.raises(RemoteCallerError) as refused:
                await client.set_account_keys(BUYER_ACCOUNT.key)
            assert refused.value.reason == "CALLER_NOT_AUTHORISED"
        key = BUYER_ACCOUNT.key.hex()
        assert await said(vault, tmp_path, "keys", "--account", key) == (0, f"{key}  receives under fresh keys\n")
        code, out = await said(vault, tmp_path, "keys", "--account", key, "--set", "account", "--json")
        assert (code, json.loads(out)) == (0, {"account": key, "keys": "account"})
        for amount_yen in (10, 20):
            await ledger.issue(amount_yen)
        groom = ("groom", "--account", key, "--below", "100", "--keys", "fresh", "--json")
        code, out = await said(vault, tmp_path, *groom)
        merged = await ledger.operations(CN_B).flow(json.loads(out)["flow_id"])
        assert (code, coins_made(merged)[0].owner_kind) == (0, OwnerKind.FRESH)
