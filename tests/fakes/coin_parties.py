"""Registered coins of the test ledger's issuer ``sn``: registration, admission, and what references them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin import REGISTER, CoinState
from chains.progmat.contracts.coin_holder import ADMIT, REMOVE, HolderState
from chains.progmat.contracts.names import COIN, HOLDER
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef
from primitives.public_key import PublicKey
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    SELLER,
    SN,
    LedgerParty,
    MemberFrame,
    cash,
    cash_issue,
    cash_move,
)
from tests.fakes.settlement_world import SettlementWorld

APPROVER = LedgerParty("account of the buyer", BUYER.scheme)
"""Somebody with a key that the test ledger can sign with: who approves is a matter of keys only."""


def ascending(*parties: LedgerParty) -> tuple[PublicKey, ...]:
    """Keys as a registration lists them."""
    return tuple(sorted((party.key for party in parties), key=PublicKey.encoded))


def coin_state(kind: CoinKind = CoinKind.WHOLESALE, *approvers: LedgerParty) -> CoinState:
    """A registration of the test coin."""
    return CoinState(COIN_ID, SN.party, kind, ascending(*(approvers or (APPROVER,))))


def registration(frame: MemberFrame, member: StateAndRef, coin: CoinState) -> TransactionBuilder:
    """``sn`` registers a coin."""
    return replace(
        frame.start(),
        outputs=(coin.as_output(frame.notary),),
        commands=(Command(COIN, REGISTER, b"", (SN.key,)),),
        references=(member.ref,),
    )


def admission(frame: MemberFrame, coin: StateAndRef, holder: HolderState) -> TransactionBuilder:
    """``sn`` admits an account."""
    return replace(
        frame.start(),
        outputs=(holder.as_output(frame.notary),),
        commands=(Command(HOLDER, ADMIT, b"", (SN.key,)),),
        references=(coin.ref,),
    )


def removal(frame: MemberFrame, holder: StateAndRef) -> TransactionBuilder:
    """``sn`` takes an admission back."""
    return replace(frame.start(), inputs=(holder.ref,), commands=(Command(HOLDER, REMOVE, b"", (SN.key,)),))


def holder_of(owner: LedgerParty, node: LedgerParty) -> HolderState:
    """An admission to the test coin."""
    return HolderState(COIN_ID, SN.party, owner.key, node.name)


def referring(builder: TransactionBuilder, *states: StateAndRef) -> TransactionBuilder:
    """The same transaction with more references."""
    return replace(builder, references=(*builder.references, *(state.ref for state in states)))


class WholesaleWorld(SettlementWorld):
    """A settlement world whose coin is wholesale: the buyer is admitted, the seller when a test wants him to be."""

    def __init__(self, kind: CoinKind = CoinKind.WHOLESALE) -> None:
        super().__init__()
        self.kind = kind
        ledger = self.ledger
        (self.coin,) = ledger.commit(registration(ledger.frame, self.issuer_membership, coin_state(kind)))
        if kind is CoinKind.WHOLESALE:
            self.buyer = self.admit(BUYER, CN_B)
            self.seller = self.admit(SELLER, CN_A)

    def admit(self, owner: LedgerParty, node: LedgerParty) -> StateAndRef:
        """An admission on the ledger."""
        return self.ledger.commit(admission(self.ledger.frame, self.coin, holder_of(owner, node)))[0]

    def made(self, amount_yen: int, owner: LedgerParty = BUYER, node: LedgerParty = CN_B) -> CashState:
        """An amount of the coin, of its kind."""
        return replace(cash(amount_yen, owner, node), kind=self.kind)

    def issue_builder(self, *coins: CashState) -> TransactionBuilder:
        """An issue that references the registration, and the buyer's admission."""
        holders = (self.buyer,) if self.kind is CoinKind.WHOLESALE else ()
        return referring(cash_issue(self.ledger.frame, self.issuer_membership, *coins), self.coin, *holders)

    def issue(self, amount_yen: int) -> StateAndRef:
        """Fresh coins for the buyer."""
        return self.ledger.commit(self.issue_builder(self.made(amount_yen)))[0]

    def move_builder(self, inputs: Iterable[StateAndRef], *coins: CashState) -> TransactionBuilder:
        """A move without any admission."""
        return cash_move(self.ledger.frame, inputs, *coins)
