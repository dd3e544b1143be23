"""A registered coin on a running ledger: its issuer's desk, deposits, and the accounts that may hold it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.coin_requests import AdmitHolder, RegisterCoin
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.desk import Caller
from chains.progmat.market.trust.deposits import Announcement, Deposit
from chains.progmat.market.trust.desk import TrustDesk
from chains.progmat.market.trust.reconciling import Reconciliation
from chains.progmat.node.coin_part import CoinPart
from ibc.dvp import CashAccount
from primitives.public_key import PublicKey
from tests.fakes.ledger_parties import CN_B, COIN_ID, SN
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, WAIT_S, LedgerNetwork

CLERK = Act("clerk-1", "approver-1", "additional trust")
CALLER = Caller("operations", b"")


@dataclass
class Coins:
    """The issuer's view of one registered coin."""

    ledger: LedgerNetwork
    kind: CoinKind
    approver: CashAccount
    paid_in: int = 0

    @classmethod
    async def open(cls, ledger: LedgerNetwork, kind: CoinKind = CoinKind.WHOLESALE) -> Coins:
        """Register the coin with an approver whose key the issuer's node keeps; admit both accounts."""
        approver = await ledger.operations(SN).open_account("approver")
        await ledger.done(
            SN, RegisterCoin("register", COIN_ID, kind, (approver.key,), CLERK.staff_id, CLERK.approver_staff_id)
        )
        coins = cls(ledger, kind, approver)
        if kind is CoinKind.WHOLESALE:
            for name, account in (("buyer", BUYER_ACCOUNT), ("seller", SELLER_ACCOUNT)):
                await coins.admit(name, account)
        return coins

    @property
    def desk(self) -> TrustDesk:
        """Of the issuer's node as it runs now."""
        part = self.ledger.vault(SN).part(CoinPart)
        assert part.desk is not None
        return part.desk

    async def admit(self, name: str, account: CashAccount) -> FlowRecord:
        """Admit an account."""
        return await self.ledger.done(SN, AdmitHolder(f"admit-{name}", COIN_ID, account, CLERK.staff_id))

    async def announce(self, amount_yen: int, to: CashAccount = BUYER_ACCOUNT) -> Deposit:
        """An intermediary announces yen."""
        self.paid_in += 1
        wanted = Announcement(f"deposit-{self.paid_in}", COIN_ID, amount_yen, to)
        return await self.desk.announce(wanted, CLERK, CALLER)

    async def confirm(self, announced: Deposit) -> Deposit:
        """They are in."""
        wanted = announced.announced
        return await self.desk.confirm(wanted.deposit_id, wanted.amount_yen, f"bank {wanted.deposit_id}", CLERK, CALLER)

    async def pay_in(self, amount_yen: int, to: CashAccount = BUYER_ACCOUNT) -> FlowRecord:
        """Yen announced, confirmed and issued; the issue's flow, ended, and everything followed."""
        confirmed = await self.confirm(await self.announce(amount_yen, to))
        return await self.issued(confirmed)

    async def issued(self, confirmed: Deposit) -> FlowRecord:
        """The issue's flow, ended well, and followed."""
        record = await self.ledger.vault(SN).node.engine.outcome(confirmed.flow_id, WAIT_S, ENDS)
        assert record.step is FlowStep.DONE, record
        await self.desk.once()
        return record

    async def agreed(self) -> Reconciliation:
        """The reconciliation, which must show no difference."""
        found = await self.desk.reconcile(COIN_ID)
        assert found.difference_yen == 0, found
        assert found.halted_because == ""
        bank = sum(line.trust_yen + line.received_yen + line.payable_yen for line in found.lines)
        assert found.bank_yen == bank
        return found

    async def arrived(self, *parties: object) -> None:
        """Everything that custodians owe the issuer's node has arrived there."""
        for party in parties or (CN_B,):
            await self.ledger.everything_delivered(party)  # type: ignore[arg-type] # ledger parties
        await asyncio.sleep(0)


def encoded(*keys: PublicKey) -> tuple[bytes, ...]:
    """Keys as requests list them."""
    return tuple(sorted(key.encoded() for key in keys))
