"""A whole ledger with members of the ST network, tokens of the seller and cash of the buyer, for native trades."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.flows.market_requests import ChangeMembership, IssueToken, MembershipChange, SettleDvp
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.token_operations import TokenOperations
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import AN, CN_A, CN_B, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID, native_terms
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
)

TOKENS, YEN = 100, 1000


@dataclass
class NativeTrades:
    """Requests and balances of both sides."""

    ledger: LedgerNetwork
    requests: int = 0

    @classmethod
    async def open(cls, ledger: LedgerNetwork, notary: str = "") -> NativeTrades:
        """Admit the ST network's members, give the seller tokens and the buyer cash: all at one notary."""
        for party, role in ((AN, MemberRole.REGISTRAR), (CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            await ledger.admit(party, ST, role, notary=notary)
        trades = cls(ledger)
        await trades.issue_tokens(TOKENS, notary=notary)
        await ledger.issue(YEN, notary=notary)
        return trades

    def request_id(self, what: str) -> str:
        self.requests += 1
        return f"{what}-{self.requests}"

    async def issue_tokens(self, quantity: int, to: CashAccount = SELLER_ACCOUNT, notary: str = "") -> FlowRecord:
        return await self.ledger.done(AN, IssueToken(self.request_id("tokens"), ST, TOKEN_ID, quantity, to, notary))

    def terms(self, trade: int = 1, quantity: int = 10, amount_yen: int = 400) -> NativeTerms:
        """Terms that lapse in ten minutes."""
        settle_by_s = self.ledger.clock.now_s() + 600
        return native_terms(trade, quantity=quantity, amount_yen=amount_yen, settle_by_s=settle_by_s)

    def tokens_of(self, party: LedgerParty) -> TokenOperations:
        return TokenOperations(self.ledger.vault(party).node, self.ledger.operations(party))

    async def authorise(self, terms: NativeTerms, at: LedgerParty = CN_B) -> None:
        """The buyer's platform wants these terms."""
        await self.tokens_of(at).authorise_dvp(PLATFORM_NAME, self.request_id("authorise"), terms)

    def settle(self, terms: NativeTerms) -> SettleDvp:
        """What the seller's platform asks."""
        return SettleDvp(self.request_id("settle"), terms)

    async def change(
        self, change: MembershipChange, party: LedgerParty, network: BusinessNetwork, *roles: MemberRole
    ) -> FlowRecord:
        """The operator changes a membership."""
        request = ChangeMembership(self.request_id("change"), change, network, party.name, roles)
        return await self.ledger.done(SN, request)

    async def waiting(self, request: SettleDvp) -> FlowRecord:
        """Submit what cannot end now; the flow after its first failed attempt."""
        engine = self.ledger.vault(CN_A).node.engine
        await self.ledger.run(CN_A, request, wait_s=0)
        async with asyncio.timeout(WAIT_S):
            while (record := await engine.outcome(request.request_id, 0)).attempts == 0:  # noqa: ASYNC110 - as below
                await asyncio.sleep(0)
        return record

    async def until(self, flow_id: str, steps: frozenset[FlowStep] = ENDS, party: LedgerParty = CN_A) -> FlowRecord:
        """Move time, one retry at a time, until the flow stands at one of the steps."""
        engine = self.ledger.vault(party).node.engine
        async with asyncio.timeout(WAIT_S):
            record = await engine.outcome(flow_id, 0)
            while record.step not in steps:
                self.ledger.clock.advance_ms(max(record.next_attempt_ms - self.ledger.clock.now_ms(), 0))
                record = await engine.outcome(flow_id, 0.1, steps)
        return record

    async def units(self, party: LedgerParty, account: CashAccount) -> int:
        """Free tokens of an account as a node sees them."""
        return sum(line.balance.free for line in await self.tokens_of(party).balances(TOKEN_ID, account.key))

    async def reserved(self) -> tuple[int, int]:
        """What running trades hold: the seller's tokens at its node, the buyer's cash at its own."""
        tokens = sum(line.balance.soft_locked for line in await self.tokens_of(CN_A).balances("", b""))
        cash = sum(line.balance.soft_locked for line in await self.ledger.operations(CN_B).balances("", b""))
        return tokens, cash

    async def holdings(self) -> tuple[int, int, int, int]:
        """Seller's tokens, buyer's tokens, seller's yen, buyer's yen: free ones, each at its own node."""
        return (
            await self.units(CN_A, SELLER_ACCOUNT),
            await self.units(CN_B, BUYER_ACCOUNT),
            await self.ledger.free_yen(CN_A, SELLER_ACCOUNT),
            await self.ledger.free_yen(CN_B, BUYER_ACCOUNT),
        )

    async def totals(self) -> tuple[int, int]:
        """All tokens as the registrar sees them, all yen as the issuer does."""
        lines = await self.tokens_of(AN).balances(TOKEN_ID, b"")
        return sum(line.balance.total for line in lines), await self.ledger.total_yen(SN)


def at_one_node(terms: NativeTerms, buyer: CashAccount) -> NativeTerms:
    """The same trade with another account of the seller's node as the buyer's."""
    return replace(terms, buyer_cash=buyer, buyer_tokens=buyer)
