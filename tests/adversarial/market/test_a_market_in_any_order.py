"""Registrar, issuer, owners and thieves in any order: what is conserved, what a closed gate or network stops.

Contracts and the notary only, without signatures: that a required signer signs has its own tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import ContractViolation, GateClosed, NetworkClosed
from chains.progmat.contracts.holdings import REDEEM
from chains.progmat.contracts.keeper_acts import FORCE, FREEZE, THAW
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import CASH, NETWORK_CONTROL, SECURITY_TOKEN
from chains.progmat.contracts.network_control import CLOSE, OPEN, NetworkControlState, Opening
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.contracts.transfer_note import TransferKind
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import (
    AN,
    BUYER,
    CN_A,
    CN_B,
    OPERATOR,
    SELLER,
    SN,
    LedgerParty,
    cash,
    cash_issue,
    cash_move,
    cash_redeem,
    membership_issue,
)
from tests.fakes.security_parties import ACT, SecurityWorld, gate, gated
from tests.fakes.token_parties import NOW_S, SC, ST, member, native_terms, settlement

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())
KEEP = replace(ACT, kind=TransferKind.NONE)
Place = tuple[LedgerParty, LedgerParty]
PLACES: tuple[Place, Place] = ((SELLER, CN_A), (BUYER, CN_B))
PLACE = st.sampled_from(PLACES)
OPENING = st.sampled_from(Opening)
AMOUNT = st.integers(1, 60)


class Unsigned(LedgerModel):
    """Takes what contracts and notary take."""

    def commit(self, builder: TransactionBuilder, *, without: Iterable[LedgerParty] = ()) -> tuple[StateAndRef, ...]:
        del without
        ledger_tx = self.resolve(builder)
        self.verify(builder)
        self._notarise(ledger_tx)
        for new in ledger_tx.output_refs():
            self.states[new.ref] = new.state
            self.made_under[new.ref] = self.package.hash
        return ledger_tx.output_refs()


@cache
def begun() -> SecurityWorld:
    world = SecurityWorld(Unsigned(PACKAGE, NOW_S))
    custodian = MemberRole.CUSTODIAN
    for party, role in ((SN, MemberRole.SC_ISSUER), (CN_A, custodian), (CN_B, custodian)):
        world.ledger.commit(membership_issue(world.ledger.frame, member(SC, party, role)))
    world.ledger.commit(cash_issue(world.frame, world.frame.members[SC, SN.name], cash(500)))
    (world.gate,) = world.ledger.commit(world.set_gate(world.gate, gate(controlled=True)))
    world.ledger.commit(world.set_network(Opening.OPEN))
    return world


class MarketMachine(RuleBasedStateMachine):
    """``units`` and ``yen`` are the books of somebody who only counts: by account, and whether frozen."""

    @initialize()
    def begin(self) -> None:
        first = begun()
        self.world = SecurityWorld.__new__(SecurityWorld)
        self.world.__dict__ = {**first.__dict__, "ledger": first.ledger.copy()}
        self.ledger = self.world.ledger
        (self.control,) = self.ledger.unspent(NETWORK_CONTROL)
        self.old_gate, self.old_control = self.world.gate, self.control
        self.units = Counter({(CN_A.name, SELLER.key, False): 100})
        self.yen = Counter({(CN_B.name, BUYER.key): 500})
        self.trades = 0

    # ---- helpers ----

    @property
    def is_open(self) -> bool:
        stands = NetworkControlState.of(self.control.state).opening
        return self.gate_opening is Opening.OPEN and stands is Opening.OPEN

    @property
    def gate_opening(self) -> Opening:
        return type(gate()).of(self.world.gate.state).opening

    def held(self, place: Place, *, frozen: bool = False) -> list[StateAndRef]:
        owner, _ = place
        states = self.ledger.unspent(SECURITY_TOKEN)
        tokens = [(state, TokenState.of(state.state)) for state in states]
        return [state for state, found in tokens if (found.owner, found.frozen) == (owner.key, frozen)]

    def coins(self, place: Place) -> list[StateAndRef]:
        return [state for state in self.ledger.unspent(CASH) if CashState.of(state.state).owner == place[0].key]

    def passes(self, builder: TransactionBuilder) -> bool:
        """Whether it goes through; a move does exactly if gate and network are open."""
        if self.is_open:
            self.ledger.commit(builder)
            return True
        with pytest.raises((GateClosed, NetworkClosed)):
            self.ledger.commit(builder)
        return False

    def through(self) -> tuple[StateAndRef, ...]:
        return (self.world.gate, self.control)

    def count(self, place: Place, change: int, *, frozen: bool = False) -> None:
        self.units[place[1].name, place[0].key, frozen] += change

    # ---- the registrar, whom no gate stops ----

    @rule(quantity=AMOUNT, place=PLACE)
    def issue(self, quantity: int, place: Place) -> None:
        self.ledger.commit(self.world.issue(gated(quantity, *place)))
        self.count(place, quantity)

    @rule(place=PLACE, taker=PLACE, frozen=st.booleans())
    def force(self, place: Place, taker: Place, frozen: bool) -> None:  # noqa: FBT001 # drawn
        for state in self.held(place, frozen=frozen)[:1]:
            quantity = TokenState.of(state.state).quantity
            self.ledger.commit(self.world.act(FORCE, [state], gated(quantity, *taker)))
            self.count(place, -quantity, frozen=frozen)
            self.count(taker, quantity)

    @rule(place=PLACE, name=st.sampled_from([FREEZE, THAW]))
    def freeze_or_thaw(self, place: Place, name: str) -> None:
        frozen = name == THAW
        for state in self.held(place, frozen=frozen)[:1]:
            quantity = TokenState.of(state.state).quantity
            self.ledger.commit(self.world.act(name, [state], gated(quantity, *place, frozen=not frozen), note=KEEP))
            self.count(place, -quantity, frozen=frozen)
            self.count(place, quantity, frozen=not frozen)

    @rule(place=PLACE)
    def redeem(self, place: Place) -> None:
        for state in self.held(place)[:1]:
            builder = self.world.move([state], through=())
            command = Command(CONTRACT_OF[ST], REDEEM, b"", (place[0].key, AN.key))
            members = self.world.frame.refs(ST, AN.name, place[1].name)
            self.ledger.commit(replace(builder, commands=(command,), references=members))
            self.count(place, -TokenState.of(state.state).quantity)

    @rule(opening=OPENING)
    def set_gate(self, opening: Opening) -> None:
        self.old_gate = self.world.gate
        (self.world.gate,) = self.ledger.commit(self.world.set_gate(self.old_gate, gate(opening, controlled=True)))

    @rule(opening=OPENING)
    def set_network(self, opening: Opening) -> None:
        self.old_control = self.control
        made = NetworkControlState(ST, opening).as_output(self.world.frame.notary)
        command = Command(NETWORK_CONTROL, OPEN if opening is Opening.OPEN else CLOSE, b"", (OPERATOR.key,))
        builder = replace(self.world.frame.start(), inputs=(self.control.ref,), outputs=(made,), commands=(command,))
        (self.control,) = self.ledger.commit(builder)

    # ---- owners ----

    @rule(place=PLACE, taker=PLACE, quantity=AMOUNT)
    def move(self, place: Place, taker: Place, quantity: int) -> None:
        for state in self.held(place)[:1]:
            had = TokenState.of(state.state).quantity
            given = min(quantity, had)
            made = [gated(given, *taker), *([gated(had - given, *place)] if had > given else [])]
            if self.passes(self.world.move([state], *made, through=self.through())):
                self.count(place, -given)
                self.count(taker, given)

    @rule(place=PLACE, taker=PLACE)
    def frozen_units_do_not_move(self, place: Place, taker: Place) -> None:
        for state in self.held(place, frozen=True):
            made = gated(TokenState.of(state.state).quantity, *taker)
            with pytest.raises(ContractViolation, match="frozen tokens wait"):
                self.ledger.commit(self.world.move([state], made, through=self.through()))

    @precondition(lambda self: self.old_gate.ref != self.world.gate.ref or self.old_control.ref != self.control.ref)
    @rule(place=PLACE)
    def a_gate_or_network_as_it_was_opens_nothing(self, place: Place) -> None:
        for state in self.held(place)[:1]:
            made = gated(TokenState.of(state.state).quantity, *place)
            with pytest.raises((NotaryRefusedError, GateClosed, NetworkClosed)):
                self.ledger.commit(self.world.move([state], made, through=(self.old_gate, self.old_control)))

    @rule(yen=AMOUNT, place=PLACE, taker=PLACE, kind=st.sampled_from(["issue", "move", "redeem"]))
    def cash_goes_its_way(self, yen: int, place: Place, taker: Place, kind: str) -> None:
        frame = self.world.frame
        if kind == "issue":
            self.ledger.commit(cash_issue(frame, frame.members[SC, SN.name], cash(yen, *place)))
            self.yen[place[1].name, place[0].key] += yen
        for coin in self.coins(place)[:1] if kind != "issue" else ():
            had = CashState.of(coin.state).amount_yen
            if kind == "redeem":
                self.ledger.commit(cash_redeem(frame, [coin]))
            else:
                self.ledger.commit(cash_move(frame, [coin], cash(had, *taker)))
                self.yen[taker[1].name, taker[0].key] += had
            self.yen[place[1].name, place[0].key] -= had

    # ---- trades ----

    def _trade(self, quantity: int, amount_yen: int) -> TransactionBuilder | None:
        tokens, coins = self.held(PLACES[0]), self.coins(PLACES[1])
        if not tokens or not coins:
            return None
        self.trades += 1
        sold = min(quantity, TokenState.of(tokens[0].state).quantity)
        paid = min(amount_yen, CashState.of(coins[0].state).amount_yen)
        terms = native_terms(self.trades, quantity=sold, amount_yen=paid)
        built = settlement(self.world.frame, terms, tokens[0], coins[0])
        return replace(built, references=(*built.references, *(state.ref for state in self.through())))

    @rule(quantity=AMOUNT, amount_yen=AMOUNT)
    def settle(self, quantity: int, amount_yen: int) -> None:
        built = self._trade(quantity, amount_yen)
        if built is not None and self.passes(built):
            states = [(output, output.contract) for output in built.outputs]
            sold = TokenState.of(next(output for output, contract in states if contract == SECURITY_TOKEN))
            paid = CashState.of(next(output for output, contract in states if contract == CASH))
            self.count(PLACES[0], -sold.quantity)
            self.count(PLACES[1], sold.quantity)
            self.yen[CN_B.name, BUYER.key] -= paid.amount_yen
            self.yen[CN_A.name, SELLER.key] += paid.amount_yen

    @rule(quantity=AMOUNT, amount_yen=AMOUNT, left_out=st.sampled_from([CASH, SECURITY_TOKEN]))
    def half_a_trade_is_none(self, quantity: int, amount_yen: int, left_out: str) -> None:
        """The other leg goes through under the trade's own command, without the one that is left out."""
        built = self._trade(quantity, amount_yen)
        if built is not None:
            inputs = tuple(ref for ref in built.inputs if self.ledger.states[ref].contract != left_out)
            outputs = tuple(output for output in built.outputs if output.contract != left_out)
            commands = tuple(command for command in built.commands if command.contract != left_out)
            with pytest.raises(ContractViolation):
                self.ledger.commit(replace(built, inputs=inputs, outputs=outputs, commands=commands))

    @rule(place=PLACE, more=st.sampled_from([-1, 1]), name=st.sampled_from([FORCE, FREEZE, "Move", CASH]))
    def nothing_comes_of_nothing(self, place: Place, more: int, name: str) -> None:
        frame, made = self.world.frame, None
        for state in (self.coins(place) if name == CASH else self.held(place))[:1]:
            if name == CASH:
                changed = CashState.of(state.state).amount_yen + more
                made = cash_move(frame, [state], *([cash(changed, *place)] if changed else []))
            else:
                changed = TokenState.of(state.state).quantity + more
                outputs = [gated(changed, *place, frozen=name == FREEZE)] if changed else []
                if name == "Move":
                    made = self.world.move([state], *outputs, through=self.through())
                else:
                    made = self.world.act(name, [state], *outputs, note=KEEP if name == FREEZE else ACT)
            with pytest.raises(ContractViolation):
                self.ledger.commit(made)

    # ---- what holds ----

    @invariant()
    def the_register_is_the_sum_of_unspent_states(self) -> None:
        found: Counter[object] = Counter()
        for state in self.ledger.unspent(SECURITY_TOKEN):
            held = TokenState.of(state.state)
            found[held.node, held.owner, held.frozen] += held.quantity
        assert found == +self.units

    @invariant()
    def the_coin_is_the_sum_of_unspent_states(self) -> None:
        found: Counter[object] = Counter()
        for state in self.ledger.unspent(CASH):
            held = CashState.of(state.state)
            found[held.node, held.owner] += held.amount_yen
        assert found == +self.yen


TestMarket = MarketMachine.TestCase
TestMarket.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
