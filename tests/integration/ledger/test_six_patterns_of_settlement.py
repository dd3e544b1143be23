"""Bank money and coin, one custodian and two, by file, by API and by execution notice: all six ways to settle."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from crossdvp.ledger.v1 import trade_service_pb2 as pb
from typer.testing import CliRunner

from chains.progmat.cli import main
from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.trade_client import TradeClient
from chains.progmat.flows.signed_records import decoded
from chains.progmat.market.people.audit import lines, verify
from chains.progmat.market.trades.agreeing import payment_reference
from chains.progmat.market.trades.ending import cancel_by_persons
from chains.progmat.market.trades.instructions import HEADER, import_instructions, read_instructions
from chains.progmat.market.trades.methods import FiatPayment
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, TradeState
from chains.progmat.market.trades.net_sets import NetState, find_set
from chains.progmat.market.trades.patterns import Channel, SettlementPattern
from chains.progmat.market.trades.peer_codec import NetOffer
from chains.progmat.node.storage import stored_transaction
from chains.rpc_status import RemoteCallerError
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, NN, SELLER, SN, LedgerParty
from tests.fakes.rpc_parties import tls_of
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    GATEWAY_NAME,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.trade_desks import (
    BROKER_A,
    BROKER_B,
    BUYER_ID,
    DAY,
    PERSONS,
    SELLER_ID,
    SETTLES_WITHIN_S,
    TradeDesks,
    coin_method,
    fiat_method,
    trade_id,
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("six_patterns_of_settlement")]
STATEMENT = "date,value_date,direction,amount_yen,balance_yen,text"


def statement(*rows: str) -> bytes:
    return "\n".join((STATEMENT, *rows)).encode()


async def signers(desks: TradeDesks, party: LedgerParty, tx_id: bytes) -> set[bytes]:
    database = desks.ledger.vault(party).node.parts.database
    stored = await database.read(partial(stored_transaction, tx_id=tx_id))
    assert stored is not None
    return {key.encoded() for key in decoded(stored.signed_bytes).signed_by}


def content_of(trade: ResolvedTrade) -> bytes:
    """A broker's file with this one trade."""
    assert trade.seller is not None
    assert trade.buyer is not None
    row = (
        trade.trade_id.hex(),
        "ST",
        trade.token_id,
        trade.registrar,
        str(trade.quantity),
        str(trade.amount_yen),
        trade.settlement_day.isoformat(),
        "2027-01-15T18:10:00+09:00",
        *(trade.seller.investor_id, trade.seller.broker, trade.seller.tokens_key.hex()),
        *(trade.buyer.investor_id, trade.buyer.broker, trade.buyer.tokens_key.hex()),
    )
    return "\n".join((",".join(HEADER), ",".join(row))).encode()


def instruction_of(trade: ResolvedTrade) -> pb.TradeInstruction:
    """The same as a message."""
    assert trade.seller is not None
    assert trade.buyer is not None
    seller, buyer = (
        pb.TradeParty(investor_id=party.investor_id, broker=party.broker, tokens_key=party.tokens_key)
        for party in (trade.seller, trade.buyer)
    )
    return pb.TradeInstruction(
        trade_id=trade.trade_id,
        network=trade.network.value,  # type: ignore[arg-type] # enum values are ints at run time
        token_id=trade.token_id,
        registrar=trade.registrar,
        quantity=trade.quantity,
        amount_yen=trade.amount_yen,
        settlement_day=trade.settlement_day.isoformat(),
        settle_by_s=trade.settle_by_s,
        seller=seller,
        buyer=buyer,
    )


async def by_file(desks: TradeDesks, trade: ResolvedTrade) -> None:
    """The same as a row of a broker's file, taken in."""
    keys = {account.key for account in desks.ledger.operations(CN_A).accounts()}
    file = read_instructions(CN_A.name, keys, "trades.csv", content_of(trade))
    enter = partial(import_instructions, file=file, registrant="EMP-1", now_ms=desks.ledger.clock.now_ms())
    done = await desks.ledger.vault(CN_A).node.parts.database.submit(enter)
    assert (done.entered, done.problems) == (1, ())


def indirect(desks: TradeDesks, number: int, buyer: CashAccount, investors: tuple[str, str]) -> ResolvedTrade:
    """A trade between two customers of CN_A."""
    return ResolvedTrade(
        trade_id=trade_id(number),
        side=Side.BOTH,
        channel=Channel.API,
        network=ST,
        token_id=TOKEN_ID,
        registrar=AN.name,
        quantity=1,
        amount_yen=100,
        settlement_day=DAY,
        settle_by_s=desks.ledger.clock.now_s() + SETTLES_WITHIN_S,
        counterparty=CN_A.name,
        seller=OwnParty(investors[0], BROKER_A, SELLER_ACCOUNT.key),
        buyer=OwnParty(investors[1], BROKER_B, buyer.key),
    )


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desks(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TradeDesks]:
    async with running_ledger(tmp_path_factory.mktemp("patterns"), TOKEN_PARTIES) as ledger:
        yield await TradeDesks.open(ledger, tokens=100, yen=1000)


async def test_all_six_patterns_settle_and_coin_has_the_right_signers(desks: TradeDesks) -> None:
    ledger = desks.ledger
    customer = await ledger.operations(CN_A).open_account("customer")
    await desks.give_yen(500, customer)
    await desks.pay_in_coin()
    await desks.register(
        CN_A,
        coin_method("INV-C", customer),
        fiat_method("INV-F1", "カ)エ-"),
        fiat_method("INV-F2", "カ)シ-", FiatPayment.NET),
    )
    await desks.register(CN_B, fiat_method("INV-F3", "カ)ビ-"))
    found = {}

    direct = await desks.resolve(1)
    sold, _ = await desks.end(direct)
    found[direct] = sold.pattern
    wanted = {party.key.encoded() for party in (SELLER, BUYER, AN, SN, NN)}
    assert await signers(desks, CN_A, sold.tx_id) == wanted

    await desks.desk(CN_A).resolve(indirect(desks, 2, customer, (SELLER_ID, "INV-C")))
    await by_file(desks, indirect(desks, 3, customer, (SELLER_ID, "INV-C")))
    for of in (trade_id(2), trade_id(3)):
        both = await desks.until(CN_A, of, TradeState.SETTLED, TradeState.CANCELLED)
        found[of] = both.pattern
        accounts = {SELLER.key.encoded(), customer.key}
        assert await signers(desks, CN_A, both.tx_id) == accounts | {party.key.encoded() for party in (AN, SN, NN)}
    assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 600
    assert await ledger.free_yen(CN_A, customer) == 300

    await desks.desk(CN_A).resolve(indirect(desks, 4, customer, ("INV-F1", "INV-F2")))
    await by_file(desks, indirect(desks, 5, customer, ("INV-F1", "INV-F2")))
    buy = replace(desks.resolved(6, Side.BUY, 1, 100), buyer=OwnParty("INV-F3", BROKER_B, BUYER_ACCOUNT.key))
    sell = replace(desks.resolved(6, Side.SELL, 1, 100), seller=OwnParty("INV-F1", BROKER_A, SELLER_ACCOUNT.key))
    await desks.desk(CN_B).resolve(buy)
    await desks.desk(CN_A).resolve(sell)
    fiat = (trade_id(4), trade_id(5), trade_id(6))
    for of in fiat:
        waiting = await desks.until(CN_A, of, TradeState.AWAITING_PAYMENT)
        assert waiting.reference == payment_reference("T", of)
    assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == 88, "nothing moves before it is paid"
    rows = [f"2026-11-30,,DEPOSIT,100,{100 * n},振込 {payment_reference('T', of)}" for n, of in enumerate(fiat, 1)]
    assert (await desks.bank_says(CN_A, statement(*rows))).matched == 3
    for of in fiat:
        paid = await desks.until(CN_A, of, TradeState.SETTLED, TradeState.CANCELLED)
        found[of] = paid.pattern
    assert (await desks.until(CN_B, trade_id(6), TradeState.SETTLED)).tx_id == paid.tx_id
    assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == 85
    assert list(found.values()) == [
        SettlementPattern.COIN_DIRECT_DLT,
        SettlementPattern.COIN_INDIRECT_API,
        SettlementPattern.COIN_INDIRECT_CSV,
        SettlementPattern.FIAT_INDIRECT_API,
        SettlementPattern.FIAT_INDIRECT_CSV,
        SettlementPattern.FIAT_DIRECT_DLT,
    ]


async def test_a_net_set_moves_nothing_until_its_one_payment_and_then_every_trade_of_it(
    desks: TradeDesks,
) -> None:
    ledger = desks.ledger
    seller_had = await desks.trades.units(CN_A, SELLER_ACCOUNT)
    buyer_had = await desks.trades.units(CN_B, BUYER_ACCOUNT)
    await desks.register(CN_A, fiat_method(SELLER_ID, "カ)エ-", FiatPayment.NET))
    await desks.register(CN_B, fiat_method(BUYER_ID, "カ)ビ-", FiatPayment.NET))
    there = await desks.resolve(31, quantity=10, amount_yen=400)
    back = trade_id(32)
    a, b = desks.resolved(32, Side.BUY, 4, 150), desks.resolved(32, Side.SELL, 4, 150)
    await desks.desk(CN_A).resolve(
        replace(a, counterparty=CN_B.name, buyer=OwnParty(SELLER_ID, BROKER_A, SELLER_ACCOUNT.key))
    )
    await desks.desk(CN_B).resolve(
        replace(b, counterparty=CN_A.name, seller=OwnParty(BUYER_ID, BROKER_B, BUYER_ACCOUNT.key))
    )
    for of in (there, back):
        for party in (CN_A, CN_B):
            await desks.until(party, of, TradeState.AWAITING_PAYMENT)

    offer = NetOffer(CN_A.name, CN_B.name, DAY, b"")
    closed = await desks.desk(CN_A).form_net_set(offer, lambda _connection: None)
    assert (closed.net_set.payer, closed.net_set.net_yen) == (CN_B.name, 250)
    assert {(line.payer, line.amount_yen) for line in closed.net_set.lines} == {(CN_B.name, 400), (CN_A.name, 150)}
    ledger.clock.advance_s(SETTLES_WITHIN_S + 1)  # a closed set has no deadline of its own
    for _ in range(3):
        await desks.work(there)
    assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == seller_had

    reference = closed.reference
    await desks.bank_says(CN_A, statement(f"2026-11-30,,DEPOSIT,250,550,{reference}"))
    await desks.bank_says(CN_B, statement(f"2026-11-30,,WITHDRAWAL,250,0,{reference}"), "BANK-2")
    for of in (there, back):
        for party in (CN_A, CN_B):
            await desks.until(party, of, TradeState.SETTLED)
    assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == seller_had - 6
    assert await desks.trades.units(CN_B, BUYER_ACCOUNT) == buyer_had + 6
    for party in (CN_A, CN_B):
        find = partial(find_set, set_id=closed.net_set.set_id)
        kept = await ledger.vault(party).node.parts.database.read(find)
        assert kept is not None
        assert (kept.net_set, kept.state) == (closed.net_set, NetState.DONE)


async def test_with_one_trade_of_an_unpaid_net_set_all_of_it_ends_at_both_custodians(desks: TradeDesks) -> None:
    found = [await desks.resolve(number, quantity=1, amount_yen=70) for number in (41, 42)]
    for of in found:
        for party in (CN_A, CN_B):
            await desks.until(party, of, TradeState.AWAITING_PAYMENT)
    offer = NetOffer(CN_A.name, CN_B.name, DAY, b"")
    closed = await desks.desk(CN_A).form_net_set(offer, lambda _connection: None)
    act = partial(cancel_by_persons, trade_id=found[0], by=PERSONS, now_ms=desks.ledger.clock.now_ms())
    database = desks.ledger.vault(CN_A).node.parts.database
    await database.submit(act)
    for of in found:
        sold, bought = await desks.end(of)
        assert (sold.reason, bought.reason) == ("CANCELLED_BY_SELLER", "CANCELLED_BY_SELLER")
    kept = await database.read(partial(find_set, set_id=closed.net_set.set_id))
    assert kept is not None
    assert kept.state is NetState.CANCELLED
    late = await desks.bank_says(CN_A, statement(f"2026-12-01,,DEPOSIT,140,690,{closed.reference}"))
    assert late.matched == 0, "money that comes too late is a person's business"


async def test_a_broker_without_a_node_is_served_by_file_and_api_and_the_bank_desk_at_the_command_line(
    desks: TradeDesks, tmp_path: Path
) -> None:
    ledger = desks.ledger
    customer = await ledger.operations(CN_A).open_account("customer")
    had = await desks.trades.units(CN_A, SELLER_ACCOUNT)
    async with served(ledger, CN_A) as node:

        async def crossdvp(*words: str, caller: str = OPERATIONS_NAME) -> tuple[int, Any]:
            topic, *rest = words
            arguments = [topic, *node.options(tmp_path, caller), *rest, "--json"]
            done = await asyncio.to_thread(CliRunner().invoke, main.app, arguments)
            return done.exit_code, json.loads(done.stdout)

        way = ("--money", "fiat-gross", "--from-day", DAY.isoformat(), "--bank", "BANK-1", "--payer", "カ)キユウ")
        method = ("trades", "register-method", "INV-9", *way, "--author", "EMP-1", "--approver")
        assert (await crossdvp(*method, "EMP-1"))[1]["error"]["reason"] == "SAME_PERSON"
        code, kept = await crossdvp(*method, "EMP-2")
        assert (code, kept["version"], kept["approver"]) == (0, 1, "EMP-2")
        refused = await crossdvp("trades", "list", caller=GATEWAY_NAME)
        assert refused[1]["error"]["reason"] == "CALLER_NOT_AUTHORISED"

        trade = indirect(desks, 50, customer, ("INV-F1", "INV-9"))
        file = tmp_path / "trades.csv"
        file.write_bytes(b"\n".join((content_of(trade), content_of(trade).splitlines()[1].replace(b",100,", b",x,"))))
        code, done = await crossdvp("trades", "instruct", "--csv", str(file), "--author", "EMP-1")
        assert (code, done["entered"]) == (1, 1)
        assert [(each["row"], each["column"]) for each in done["problems"]] == [(3, "amount_yen")]

        await desks.until(CN_A, trade.trade_id, TradeState.AWAITING_PAYMENT)
        _, shown = await crossdvp("trades", "show", trade.trade_id.hex())
        reference = shown["payment_reference"]
        _, expected = await crossdvp("bank", "list", "expected")
        assert reference in {each["reference"] for each in expected["expected"]}
        paid = tmp_path / "statement.csv"
        paid.write_bytes(
            "取引日,起算日,摘要,お支払金額,お預り金額,残高\n2026/11/30,,振込 ダレカ,,100,100\n".encode("cp932")
        )
        code, done = await crossdvp("bank", "import", str(paid), "--account", "BANK-9", "--author", "EMP-1")
        assert (code, done["lines"], done.get("matched", 0)) == (0, 1, 0)
        _, found = await crossdvp("bank", "list", "unmatched")
        (line,) = [each for each in found["unmatched"] if each["account"] == "BANK-9"]
        assert line["candidates"] == [reference]
        match = ("bank", "match", str(line["line"]), reference, "--author", "EMP-1", "--approver", "EMP-2")
        assert (await crossdvp(*match))[1]["status"] == "CONFIRMED"
        await desks.until(CN_A, trade.trade_id, TradeState.SETTLED)
        assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == had - 1
        _, settled = await crossdvp("trades", "list", "--state", "settled")
        assert trade.trade_id.hex() in {each["trade_id"] for each in settled["trades"]}
        _, told = await crossdvp("trades", "notices", "--broker", BROKER_B)
        assert told["notices"][-1]["reason"] == "TRADE_SETTLED"
        assert "決済されました" in told["notices"][-1]["japanese"]
        _, later = await crossdvp("trades", "notices", "--after", str(told["notices"][-1]["number"]))
        assert later["notices"] == []


async def test_trades_over_the_api_are_idempotent_and_every_act_is_audited(desks: TradeDesks) -> None:
    ledger = desks.ledger
    customer = await ledger.operations(CN_A).open_account("customer")
    async with served(ledger, CN_A) as node:
        client = TradeClient(ApiEndpoint(CN_A.name, f"127.0.0.1:{node.port}"), tls_of(PLATFORM_NAME))
        another = indirect(desks, 51, customer, ("INV-F1", "INV-9"))
        instruction = instruction_of(another)
        assert (await client.instruct(instruction, "EMP-1")).state == "RESOLVED"
        instruction.amount_yen += 1
        with pytest.raises(RemoteCallerError, match="amount_yen"):
            await client.instruct(instruction, "EMP-1")
        ended = await client.cancel(another.trade_id, "EMP-1", "EMP-2", "not wanted")
        assert (ended.state, ended.reason) == ("CANCELLED", "CANCELLED_BY_SELLER")
        assert (await client.methods("INV-9"))[0].payer_name == "カ)キユウ"
        assert len(await client.net_sets()) == 2
        await client.close()
    chain = await ledger.vault(CN_A).node.parts.database.read(
        lambda connection: (verify(connection), lines(connection))
    )
    assert {each.entry.record.act for each in chain[1]} >= {"RegisterCashMethod", "MatchBankLine", "InstructTrade"}
