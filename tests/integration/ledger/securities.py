"""A whole ledger with a registered security behind an open gate: 100 units are the seller's, the buyer has cash."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.security import SecurityStatus
from chains.progmat.contracts.transfer_note import TransferNote
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import IssueToken, MoveToken
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.securities_requests import RegisterSecurity, SetGate
from chains.progmat.flows.steps import ENDS
from chains.progmat.vault.lines import Balance
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import AN, APPROVER, CN_A, CN_B, SECOND_APPROVER, LedgerParty
from tests.fakes.security_parties import ACT, GATE_ID, TERMS
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, WAIT_S, LedgerNetwork

UNITS = 100
AUTHOR, STAFF_APPROVER = ACT.author, ACT.approver
NOTE = TransferNote(reason=ACT.reason, reference=ACT.reference, author=AUTHOR, approver=STAFF_APPROVER)
APPROVER_KEYS = (APPROVER.key.encoded(), SECOND_APPROVER.key.encoded())
REGISTER = RegisterSecurity(
    "register", ST, TOKEN_ID, GATE_ID, TERMS, SecurityStatus.LISTED, APPROVER_KEYS, AUTHOR, STAFF_APPROVER
)


@dataclass
class Securities:
    """Requests of the registrar and of both custodians."""

    ledger: LedgerNetwork
    requests: int = 0

    @classmethod
    async def open(cls, ledger: LedgerNetwork, *, controlled: bool = False) -> Securities:
        """Admit the ST network's members, register the security, open its gate, issue to the seller."""
        for party, role in ((AN, MemberRole.REGISTRAR), (CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            await ledger.admit(party, ST, role)
        made = cls(ledger)
        await ledger.done(AN, REGISTER)
        await made.gate(Opening.OPEN, controlled=controlled)
        await ledger.done(AN, IssueToken("issue-units", ST, TOKEN_ID, UNITS, SELLER_ACCOUNT))
        return made

    def next_id(self, what: str) -> str:
        self.requests += 1
        return f"{what}-{self.requests}"

    async def gate(self, opening: Opening, *, controlled: bool = False) -> FlowRecord:
        """The registrar sets the gate."""
        return await self.ledger.done(AN, SetGate(self.next_id("gate"), ST, GATE_ID, opening, controlled, AUTHOR))

    def move(self, quantity: int, *, back: bool = False) -> MoveToken:
        """From the seller's account to the buyer's, or back."""
        giver, taker = (BUYER_ACCOUNT, SELLER_ACCOUNT) if back else (SELLER_ACCOUNT, BUYER_ACCOUNT)
        return MoveToken(self.next_id("move"), ST, TOKEN_ID, AN.name, quantity, giver.key, taker)

    async def ended(self, party: LedgerParty, request: AnyRequest) -> FlowRecord:
        """Submit, let time pass, and the flow's end, whatever it is."""
        await self.ledger.run(party, request, wait_s=0)
        engine = self.ledger.vault(party).node.engine
        async with asyncio.timeout(WAIT_S):
            while (record := await engine.outcome(request.request_id, 0.01, ENDS)).step not in ENDS:
                self.ledger.clock.advance_ms(1000)
        return record

    async def refused(self, party: LedgerParty, request: AnyRequest) -> str:
        """The reason for which a request fails."""
        return (await self.ended(party, request)).last_error_reason

    async def balance(self, party: LedgerParty, account: CashAccount) -> Balance:
        """Of an account, as a node's vault has it."""
        lines = await self._trades.tokens_of(party).balances(TOKEN_ID, account.key)
        return lines[0].balance if lines else Balance(0, 0, 0)

    async def register(self) -> tuple[int, int]:
        """Seller's and buyer's units as the registrar has them; each custodian has the same of its own account."""
        found = []
        for node, account in ((CN_A, SELLER_ACCOUNT), (CN_B, BUYER_ACCOUNT)):
            here, there = await self.balance(AN, account), await self.balance(node, account)
            assert (here.total, here.encumbered) == (there.total, there.encumbered)
            found.append(here.total)
        return found[0], found[1]

    @property
    def _trades(self) -> NativeTrades:
        return NativeTrades(self.ledger)


def cancelling(tx_id: bytes | None) -> TransferNote:
    """The note of a cancellation of that transfer."""
    assert tx_id is not None
    return replace(NOTE, cancelled_tx_id=tx_id)
