"""Bank money and coin, one custodian and two, by file, by API and by execution notice: all six ways to settle."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from chains.progmat.flows.signed_records import decoded
from chains.progmat.market.trades.agreeing import payment_reference
from chains.progmat.market.trades.instructions import HEADER, import_instructions
from chains.progmat.market.trades.methods import FiatPayment
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, TradeState
from chains.progmat.market.trades.net_sets import NetState, find_set
from chains.progmat.market.trades.patterns import Channel, SettlementPattern
from chains.progmat.market.trades.peer_codec import NetOffer
from chains.progmat.node.storage import stored_transaction
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, NN, SELLER, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, TOKEN_PARTIES, running_ledger
from tests.integration.ledger.trade_desks import (
    BROKER_A,
    BROKER_B,
    BUYER_ID,
    DAY,
    SELLER_ID,
    SETTLES_WITHIN_S,
    TradeDesks,
    coin_method,
    fiat_method,
    trade_id,
)

STATEMENT = "date,value_date,direction,amount_yen,balance_yen,text"


def statement(*rows: str) -> bytes:
    return "\n".join((STATEMENT, *rows)).encode()


async def signers(desks: TradeDesks, party: LedgerParty, tx_id: bytes) -> set[bytes]:
    database = desks.ledger.vault(party).node.parts.database
    stored = await database.read(partial(stored_transaction, tx_id=tx_id))
    assert stored is not None
    return {key.encoded() for key in decoded(stored.signed_bytes).signed_by}


async def by_file(desks: TradeDesks, trade: ResolvedTrade) -> None:
    """The same trade as a row of a broker's file."""
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
        "2027-01-15T17:10:00+09:00",
        *(trade.seller.investor_id, trade.seller.broker, trade.seller.tokens_key.hex()),
        *(trade.buyer.investor_id, trade.buyer.broker, trade.buyer.tokens_key.hex()),
    )
    content = "\n".join((",".join(HEADER), ",".join(row))).encode()
    keys = {account.key for account in desks.ledger.operations(CN_A).accounts()}
    done = await desks.ledger.vault(CN_A).node.parts.database.submit(
        partial(
            import_instructions,
            own_name=CN_A.name,
            own_keys=keys,
            file_name="trades.csv",
            content=content,
            registrant="EMP-1",
            now_ms=desks.ledger.clock.now_ms(),
        )
    )
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


async def test_all_six_patterns_settle_and_coin_has_the_right_signers(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        desks = await TradeDesks.open(ledger, tokens=100, yen=1000)
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


async def test_a_net_set_moves_nothing_until_its_one_payment_and_then_every_trade_of_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        desks = await TradeDesks.open(ledger, tokens=20)
        await desks.give_tokens(5, BUYER_ACCOUNT)
        await desks.register(CN_A, fiat_method(SELLER_ID, "カ)エ-", FiatPayment.NET))
        await desks.register(CN_B, fiat_method(BUYER_ID, "カ)ビ-", FiatPayment.NET))
        there = await desks.resolve(1, quantity=10, amount_yen=400)
        back = trade_id(2)
        a, b = desks.resolved(2, Side.BUY, 4, 150), desks.resolved(2, Side.SELL, 4, 150)
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
        assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == 20

        reference = closed.reference
        await desks.bank_says(CN_A, statement(f"2026-11-30,,DEPOSIT,250,250,{reference}"))
        await desks.bank_says(CN_B, statement(f"2026-11-30,,WITHDRAWAL,250,0,{reference}"), "BANK-2")
        for of in (there, back):
            for party in (CN_A, CN_B):
                await desks.until(party, of, TradeState.SETTLED)
        assert await desks.trades.units(CN_A, SELLER_ACCOUNT) == 14
        assert await desks.trades.units(CN_B, BUYER_ACCOUNT) == 11
        for party in (CN_A, CN_B):
            find = partial(find_set, set_id=closed.net_set.set_id)
            kept = await ledger.vault(party).node.parts.database.read(find)
            assert kept is not None
            assert (kept.net_set, kept.state) == (closed.net_set, NetState.DONE)
