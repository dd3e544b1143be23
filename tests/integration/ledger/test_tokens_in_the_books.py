"""Tokens over the API, at the command line and under load: as coins, with what was paid for them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from chains.progmat.client.vault_client import all_rows
from chains.progmat.flows.market_requests import MoveToken, RedeemToken
from chains.progmat.flows.steps import FlowStep
from chains.progmat.vault.entry_lines import CounterLeg, EntryKind
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.lines import CoinStatus
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, TOKEN_PARTIES, running_ledger
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.test_a_vault_over_its_api import said

BUYERS = AccountAsset("ST", TOKEN_ID, AN.name, BUYER_ACCOUNT.node, BUYER_ACCOUNT.key)
SELLERS = AccountAsset("ST", TOKEN_ID, AN.name, SELLER_ACCOUNT.node, SELLER_ACCOUNT.key)
BUYERS_CASH = AccountAsset("SC", COIN_ID, SN.name, BUYER_ACCOUNT.node, BUYER_ACCOUNT.key)
FLOWS = 12


def move(number: int, quantity: int) -> MoveToken:
    return MoveToken(f"move-{number}", ST, TOKEN_ID, AN.name, quantity, SELLER_ACCOUNT.key, BUYER_ACCOUNT)


async def test_a_trade_stands_in_the_statements_of_both_assets(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger, served(ledger, CN_B) as vault:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms(quantity=10, amount_yen=400)
        await trades.authorise(terms)
        record = await ledger.done(CN_A, trades.settle(terms))
        await ledger.done(CN_B, RedeemToken("redeem", ST, TOKEN_ID, AN.name, 4, BUYER_ACCOUNT.key))
        async with vault.client() as client:
            first = await client.statement(BUYERS, page_size=1)
            (bought,) = first.entries.rows
            assert (bought.kind, bought.change_amount, bought.tx_id) == (EntryKind.DVP, 10, record.tx_id)
            assert bought.counter_leg == CounterLeg(BUYERS_CASH, -400)
            assert bought.counterparty == (SELLER_ACCOUNT.node, SELLER_ACCOUNT.key)
            token = first.entries.next_page_token
            (redeemed,) = (await client.statement(BUYERS, page_size=1, page_token=token)).entries.rows
            assert (redeemed.kind, redeemed.change_amount, redeemed.balance_amount) == (EntryKind.REDEEM, -4, 6)
            assert first.closing.balance_amount == 6
            paid = (await client.statement(BUYERS_CASH)).entries.rows[-1]
            assert (paid.kind, paid.counter_leg) == (EntryKind.DVP, CounterLeg(BUYERS, 10))
            past = await client.balance_as_of(BUYERS, sequence=bought.sequence)
            assert past.balance_amount == 10
            lines = (await client.accounts(account_key=BUYER_ACCOUNT.key)).rows
            assert {(line.asset.network, line.balance.free) for line in lines} == {("ST", 6), ("SC", 600)}
            (line,) = (await client.accounts(network="ST")).rows
            assert line.asset == BUYERS.asset
            (coin,) = [coin async for coin in all_rows(lambda t: client.coins(network="ST", page_token=t))]
            assert (coin.amount, coin.asset, coin.status) == (6, BUYERS.asset, CoinStatus.FREE)
            async for watched in client.watch(bought.sequence - 1, BUYER_ACCOUNT.key):
                assert watched.update is not None
                assert {entry.account.network for entry in watched.update.entries} == {"SC", "ST"}
                break


async def test_what_a_native_trade_has_reserved_is_found_by_the_trade(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms(quantity=10, amount_yen=400)
        await trades.authorise(terms)
        await ledger.stop(AN)  # nobody countersigns for the register
        flow = await trades.waiting(trades.settle(terms))
        for party, network in ((CN_A, "ST"), (CN_B, "SC")):
            async with served(ledger, party) as vault, vault.client() as client:
                (held,) = (await client.soft_locks(trade_id=terms.trade_id)).rows
                assert held.coin is not None
                assert (held.coin.asset.network, held.coin.status) == (network, CoinStatus.RESERVED)
                assert (await client.soft_locks(trade_id=b"\x09" * 32)).rows == ()
        await ledger.start(AN)
        ended = await trades.until(flow.flow_id)
        assert ended.step is FlowStep.DONE


async def test_many_moves_from_one_state_of_tokens_wait_for_each_other_and_none_is_called_insufficient(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        done = await asyncio.gather(*(ledger.run(CN_A, move(number, 8)) for number in range(FLOWS)))
        ends = [await trades.until(record.flow_id) for record in done]
        assert {record.step for record in ends} == {FlowStep.DONE}, [record.last_error for record in ends]
        assert await trades.units(CN_B, BUYER_ACCOUNT) == 8 * FLOWS
        short = await ledger.run(CN_A, move(FLOWS, 8))
        assert (short.step, short.last_error_reason) == (FlowStep.FAILED, "TOKENS_INSUFFICIENT")


async def test_the_command_line_tells_tokens_from_coins(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger, served(ledger, CN_B) as vault:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms(quantity=10, amount_yen=400)
        await trades.authorise(terms)
        await ledger.done(CN_A, trades.settle(terms))
        key = BUYER_ACCOUNT.key.hex()

        async def document(*arguments: str) -> Any:  # noqa: ANN401 # any JSON
            code, out = await said(vault, tmp_path, *arguments, "--json")
            assert code == 0, out
            return json.loads(out)

        (line,) = (await document("balance", "--network", "ST"))["accounts"]
        assert (line["network"], line["asset_id"], line["issuer"], line["free"]) == ("ST", TOKEN_ID, AN.name, 10)
        (entry,) = (await document("statement", "--account", key, "--token", TOKEN_ID))["entries"]
        assert (entry["kind"], entry["in"], entry["counter_asset"], entry["counter_change"]) == (
            "DVP",
            10,
            COIN_ID,
            -400,
        )
        past = await document("balance", "--account", key, "--network", "ST", "--as-of-sequence", "0")
        assert past["balance"] == 0
        assert await document("soft-locks", "--trade", terms.trade_id.hex()) == {"soft_locks": []}
        code, out = await said(vault, tmp_path, "statement", "--account", key)
        assert (code, "ACCOUNT_NOT_CLEAR" in out, TOKEN_ID in out, COIN_ID in out) == (1, True, True, True)
        code, out = await said(vault, tmp_path, "statement", "--account", key, "--network", "ST")
        assert (code, "10 units" in out, f"against -400 yen of {COIN_ID}" in out) == (0, True, True)
