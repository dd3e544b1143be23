"""A whole ledger whose two custodians settle trades by their desks: methods, trades, what brokers were told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.market_requests import IssueToken
from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.steps import ANSWERED
from chains.progmat.flows.store import find_flow
from chains.progmat.market.bank import desk as bank
from chains.progmat.market.people.acts import Act
from chains.progmat.market.trades.desk import TradeDesk
from chains.progmat.market.trades.methods import CashMethod, FiatPayment, register_method
from chains.progmat.market.trades.model import OwnParty, ResolvedTrade, Side, Trade, TradeState
from chains.progmat.market.trades.notices import notices_after
from chains.progmat.market.trades.patterns import Channel, Money
from chains.progmat.market.trades.store import due_trades, find_trade, get_trade
from chains.progmat.node.trades_part import TradesPart
from ibc.dvp import CashAccount
from primitives.hashing import sha256
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, WAIT_S, LedgerNetwork

ResultT = TypeVar("ResultT")
DAY = date(2026, 11, 30)
PERSONS = Act("EMP-1", "EMP-2", "customer asks")
SELLER_ID, BUYER_ID = "INV-SELLER", "INV-BUYER"
BROKER_A, BROKER_B = "broker-a", "broker-b"
SETTLES_WITHIN_S = 600


def trade_id(number: int) -> bytes:
    return sha256(b"desk trade %d" % number)


def coin_method(investor_id: str, account: CashAccount) -> CashMethod:
    return CashMethod(investor_id, DAY, Money.COIN, coin_id=COIN_ID, issuer=SN.name, cash_key=account.key)


def fiat_method(investor_id: str, payer: str, payment: FiatPayment = FiatPayment.GROSS) -> CashMethod:
    return CashMethod(investor_id, DAY, Money.FIAT, bank_id="BANK-1", payer_name=payer, payment=payment)


@dataclass
class TradeDesks:
    """The desks of both custodians over ``NativeTrades``."""

    trades: NativeTrades
    issued: int = 0

    @property
    def ledger(self) -> LedgerNetwork:
        return self.trades.ledger

    @classmethod
    async def open(cls, ledger: LedgerNetwork, *, tokens: int = 0, yen: int = 0) -> TradeDesks:
        """Members admitted; the seller at CN_A has tokens, the buyer at CN_B yen, as many as wanted."""
        for party, role in ((AN, MemberRole.REGISTRAR), (CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            await ledger.admit(party, BusinessNetwork.ST, role)
        desks = cls(NativeTrades(ledger))
        if tokens:
            await desks.give_tokens(tokens, SELLER_ACCOUNT)
        if yen:
            await desks.give_yen(yen, BUYER_ACCOUNT)
        return desks

    async def give_tokens(self, quantity: int, to: CashAccount) -> None:
        self.issued += 1
        await self.ledger.done(AN, IssueToken(f"give-tokens-{self.issued}", ST, TOKEN_ID, quantity, to))

    async def give_yen(self, amount: int, to: CashAccount) -> None:
        """What additional trust comes to: the issuer issues to the buyer's account."""
        self.issued += 1
        await self.ledger.done(SN, IssueCash(f"give-yen-{self.issued}", COIN_ID, amount, to))

    def desk(self, party: LedgerParty) -> TradeDesk:
        return self.ledger.vault(party).part(TradesPart).desk

    async def register(self, party: LedgerParty, *methods: CashMethod) -> None:
        """Methods of a custodian's investors, registered beforehand."""
        keys = {account.key for account in self.ledger.operations(party).accounts()}
        for method in methods:
            await self._submit(party, partial(register_method, method=method, by=PERSONS, own_keys=keys, now_ms=1))

    async def pay_in_coin(self) -> None:
        """Both sides' investors settle in coin."""
        await self.register(CN_A, coin_method(SELLER_ID, SELLER_ACCOUNT))
        await self.register(CN_B, coin_method(BUYER_ID, BUYER_ACCOUNT))

    def resolved(self, number: int, side: Side, quantity: int = 10, amount_yen: int = 400) -> ResolvedTrade:
        """A trade as one of two custodians has it."""
        seller = OwnParty(SELLER_ID, BROKER_A, SELLER_ACCOUNT.key) if side is Side.SELL else None
        buyer = OwnParty(BUYER_ID, BROKER_B, BUYER_ACCOUNT.key) if side is Side.BUY else None
        return ResolvedTrade(
            trade_id=trade_id(number),
            side=side,
            channel=Channel.DLT,
            network=ST,
            token_id=TOKEN_ID,
            registrar=AN.name,
            quantity=quantity,
            amount_yen=amount_yen,
            settlement_day=DAY,
            settle_by_s=self.ledger.clock.now_s() + SETTLES_WITHIN_S,
            counterparty=CN_B.name if side is Side.SELL else CN_A.name,
            seller=seller,
            buyer=buyer,
        )

    async def resolve(self, number: int, quantity: int = 10, amount_yen: int = 400) -> bytes:
        """Both custodians resolve a trade."""
        await self.desk(CN_B).resolve(self.resolved(number, Side.BUY, quantity, amount_yen))
        await self.desk(CN_A).resolve(self.resolved(number, Side.SELL, quantity, amount_yen))
        return trade_id(number)

    async def trade(self, party: LedgerParty, of: bytes) -> Trade:
        return await self._read(party, partial(get_trade, trade_id=of))

    async def known(self, of: bytes, *parties: LedgerParty) -> None:
        """Return when the desks have the trade."""
        async with asyncio.timeout(WAIT_S):
            for party in parties:
                while await self._read(party, partial(find_trade, trade_id=of)) is None:
                    self.ledger.clock.advance_ms(50)
                    await asyncio.sleep(0)

    async def until(self, party: LedgerParty, of: bytes, *states: TradeState) -> Trade:
        """Drive both desks, a retry at a time, until the trade stands at one of the states at this one."""
        async with asyncio.timeout(WAIT_S):
            while (trade := await self.trade(party, of)).state not in states:
                await self.work(of)
        return trade

    async def work(self, of: bytes) -> None:
        """Let time pass to what is due next, and act on it."""
        acts = 0
        due = []
        for party in (CN_A, CN_B):
            if party.name in self.ledger.nodes:
                acts += await self.desk(party).run_due()
                found = await self._read(party, partial(find_trade, trade_id=of))
                if found is not None and not found.told:
                    due.append(found.next_due_ms)
        if not acts and due and not await self.flow_at_work(of):
            self.ledger.clock.advance_ms(max(min(due) - self.ledger.clock.now_ms(), 0))
        await asyncio.sleep(0)

    async def flow_at_work(self, of: bytes) -> bool:
        """Give the flow of a trade a moment, if it has one; whether it ended in it."""
        trade = await self._read(CN_A, partial(find_trade, trade_id=of)) if CN_A.name in self.ledger.nodes else None
        if trade is None or not trade.flow_id:
            return False
        engine = self.ledger.vault(CN_A).node.engine
        before = await self._read(CN_A, partial(find_flow, flow_id=trade.flow_id))
        if before is None or before.step in ANSWERED:
            return False
        return (await engine.outcome(trade.flow_id, 0.1)).step in ANSWERED

    async def end(self, of: bytes) -> tuple[Trade, Trade]:
        """Both custodians' view of a trade once each has ended it."""
        ends = (TradeState.SETTLED, TradeState.CANCELLED)
        return await self.until(CN_A, of, *ends), await self.until(CN_B, of, *ends)

    async def told(self, party: LedgerParty, of: bytes) -> list[tuple[str, str, int]]:
        """What brokers were told of a trade: broker, reason, shortage."""
        found = await self._read(party, partial(notices_after, broker="", after=0, limit=500))
        return [(line.broker, line.reason.value, line.shortage) for line in found if line.trade_id == of]

    async def bank_says(self, party: LedgerParty, content: bytes, account: str = "BANK-1") -> bank.StatementImport:
        """A statement file at a custodian's node."""
        file, now_ms = bank.read_file(account, "statement.csv", content), self.ledger.clock.now_ms()
        taking = partial(bank.import_statement, file=file, registrant="EMP-1", now_ms=now_ms)
        done: bank.StatementImport = await self._submit(party, taking)
        return done

    async def is_due(self, party: LedgerParty) -> bool:
        now_ms = self.ledger.clock.now_ms()
        return bool(await self._read(party, partial(due_trades, now_ms=now_ms)))

    async def _submit(self, party: LedgerParty, operation: Callable[[Connection], ResultT]) -> ResultT:
        return await self.ledger.vault(party).node.parts.database.submit(operation)

    async def _read(self, party: LedgerParty, query: Callable[[Connection], ResultT]) -> ResultT:
        return await self.ledger.vault(party).node.parts.database.read(query)
