"""Ledger transactions that mix notaries, name one that does not serve, or write provably where no chain looks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import NotaryBroken
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, Party, StateAndRef, StateRef
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import (
    NOTARY_CHANGE,
    NotaryService,
    OtherNotary,
    is_notary_change,
)
from chains.progmat.transactions.platform_rules import require_notary_serves, require_one_notary_for_all
from primitives.types import Hash32
from tests.fakes.ledger_parties import (
    BUYER,
    CN_B,
    NN,
    SELLER,
    SN,
    STRANGER,
    LedgerParty,
    MemberFrame,
    cash,
    cash_issue,
    cash_move,
    membership,
    network_parameters,
    salt_of,
)
from tests.fakes.settlement_world import SettlementWorld, terms_of

OPEN, RETIRING = LedgerParty("nn-2"), LedgerParty("nn-3")
SERVICES = (OtherNotary(OPEN.party, NotaryService.OPEN), OtherNotary(RETIRING.party, NotaryService.RETIRING))


@dataclass(frozen=True)
class SeveralNotaries:
    """A ledger with a coin and the buyer's custodian's membership at each notary."""

    world: SettlementWorld

    @property
    def parameters(self) -> NetworkParameters:
        return replace(network_parameters(self.world.ledger.package), other_notaries=SERVICES)

    def coin(self, notary: Party) -> StateAndRef:
        """Ten yen of the buyer."""
        return StateAndRef(StateRef(Hash32(notary.key.data[:32]), 0), cash(10).as_output(notary))

    def member(self, notary: Party) -> StateAndRef:
        """The custodian's membership."""
        ref = StateRef(Hash32(notary.key.data[:32]), 1)
        return StateAndRef(ref, membership(CN_B, MemberRole.CUSTODIAN).as_output(notary))

    def payment(self, coin: Party, member: Party, ledger_tx: Party, output: Party) -> TransactionBuilder:
        """Ten yen to another account of the same custodian, each part at a notary of its own."""
        frame = MemberFrame(self.parameters, self.world.ledger.package.hash, {})
        built = cash_move(frame, [self.coin(coin)], cash(10, SELLER))
        outputs = tuple(replace(state, notary=output) for state in built.outputs)
        return replace(built, notary=ledger_tx, outputs=outputs, references=(self.member(member).ref,))

    def resolved(self, builder: TransactionBuilder) -> LedgerTransaction:
        """With the states of all notaries."""
        parties = (NN.party, OPEN.party, RETIRING.party, STRANGER.party)
        known = [make(party) for party in parties for make in (self.coin, self.member)]
        states = self.world.ledger.states | {item.ref: item.state for item in known}
        return LedgerTransaction.resolve(builder.to_wire(salt_of("notaries")), states)

    def verify(self, builder: TransactionBuilder) -> None:
        """As every node does."""
        verify_ledger_tx(self.resolved(builder), self.parameters, self.world.ledger.package)


@pytest.fixture(scope="module")
def several() -> SeveralNotaries:
    return SeveralNotaries(SettlementWorld())


@pytest.mark.parametrize("notary", [NN, OPEN], ids=["journal's", "other"])
def test_a_payment_wholly_at_one_open_notary_holds(several: SeveralNotaries, notary: LedgerParty) -> None:
    several.verify(several.payment(*[notary.party] * 4))


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        ((NN, OPEN, OPEN, OPEN), "input .* belongs"),
        ((OPEN, NN, NN, NN), "input .* belongs"),
        ((OPEN, NN, OPEN, OPEN), "reference .* belongs"),
        ((OPEN, OPEN, OPEN, NN), "output 0 belongs"),
        ((NN, NN, NN, OPEN), "output 0 belongs"),
        ((STRANGER, STRANGER, STRANGER, STRANGER), "belongs to a notary of the network"),
        ((STRANGER, NN, NN, NN), "input .* belongs"),
        ((RETIRING, RETIRING, RETIRING, RETIRING), "retiring"),
        ((RETIRING, RETIRING, RETIRING, OPEN), "output 0 belongs"),
    ],
    ids=[
        "a coin of the journal's notary at another",
        "a coin of another at the journal's",
        "a membership of another notary",
        "the payee at another notary",
        "the payee away from the journal's",
        "a notary of no network",
        "a coin of a notary of no network",
        "a payment at a retiring notary",
        "a payment away from a retiring notary",
    ],
)
def test_a_payment_that_mixes_notaries_is_refused(
    several: SeveralNotaries, at: tuple[LedgerParty, LedgerParty, LedgerParty, LedgerParty], rule: str
) -> None:
    with pytest.raises(NotaryBroken, match=rule):
        several.verify(several.payment(*(party.party for party in at)))


def test_a_notary_of_a_known_name_under_a_key_of_its_own_is_a_stranger(several: SeveralNotaries) -> None:
    false = Party(OPEN.name, STRANGER.key)
    with pytest.raises(NotaryBroken, match="notary of the network"):
        several.verify(several.payment(OPEN.party, OPEN.party, false, OPEN.party))


def test_coins_cannot_be_issued_at_a_retiring_notary_not_even_unnotarised(several: SeveralNotaries) -> None:
    issued = cash_issue(several.world.ledger.frame, several.world.issuer_membership, cash(5))
    outputs = tuple(replace(state, notary=RETIRING.party) for state in issued.outputs)
    undated = replace(
        issued,
        network_parameters_hash=several.parameters.hash,
        outputs=outputs,
        notary=None,
        references=(),
        time_window=None,
    )
    with pytest.raises(NotaryBroken, match="retiring"):
        several.verify(undated)
    mixed = replace(undated, outputs=(replace(outputs[0], notary=OPEN.party), replace(outputs[0], notary=NN.party)))
    with pytest.raises(NotaryBroken, match="output 1 belongs"):
        several.verify(mixed)


def test_provable_writes_are_made_at_the_journals_notary_only(several: SeveralNotaries) -> None:
    lock = several.world.lock_builder(terms_of(), several.world.issue(1_500_000))
    elsewhere = replace(
        lock,
        network_parameters_hash=several.parameters.hash,
        notary=OPEN.party,
        outputs=tuple(replace(state, notary=OPEN.party) for state in lock.outputs),
        inputs=(several.coin(OPEN.party).ref,),
        references=(),
    )
    with pytest.raises(NotaryBroken, match="provable writes are made at the journal's notary"):
        several.verify(elsewhere)


def test_a_move_of_states_may_leave_a_retiring_notary_and_ends_at_one_that_serves(several: SeveralNotaries) -> None:
    def moved(output: Party, *more: Command) -> LedgerTransaction:
        command = Command(NOTARY_CHANGE, "Change", b"", (BUYER.key,))
        builder = several.payment(RETIRING.party, RETIRING.party, RETIRING.party, output)
        return several.resolved(replace(builder, references=(), commands=(command, *more)))

    parameters = several.parameters
    require_one_notary_for_all(moved(OPEN.party), parameters)
    require_notary_serves(moved(OPEN.party), parameters)
    for false in (RETIRING.party, STRANGER.party, Party(OPEN.name, STRANGER.key)):
        with pytest.raises(NotaryBroken, match="output 0 belongs to a notary that serves"):
            require_notary_serves(moved(false), parameters)
    beside = moved(OPEN.party, Command("cash", "Move", b"", (SN.key,)))
    assert not is_notary_change(beside.commands)
    with pytest.raises(NotaryBroken, match="output 0 belongs"):
        require_one_notary_for_all(beside, parameters)
