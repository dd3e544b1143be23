"""What must always hold: conservation, exactly-once, atomicity, no unilateral release, whoever acts in which order.

The ledger runs the real contracts over a real uniqueness check, the EVM chain seals real QBFT headers and its storage
proofs are real; a relayer, both parties and thieves act at random, with every signature they can possibly collect.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.dvp_lock_codec import Evidence, encode_evidence
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.ibc_host.settlement import build_cancel
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, StateRef
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms, packet_of, terms_hash, trade_locked_value, trade_path
from primitives.errors import CrossDvpError
from tests.fakes.dvp_app_model import DvpAppModel, EvmRevertedError
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, SELLER, SN, cash, cash_move, cash_redeem
from tests.fakes.settlement_world import (
    CLIENT_ID,
    COUNTERPARTY_CLIENT_ID,
    NOW_S,
    Locked,
    SettlementWorld,
    terms_of,
)

TRADES = (1, 2, 3)
REFUSED = (CrossDvpError, NotaryRefusedError, EvmRevertedError)
ORIGIN = SettlementWorld()
ORIGIN.issue(1_000)
trades = st.sampled_from(TRADES)


def _terms(trade: int) -> SettlementTerms:
    return terms_of(trade, amount_yen=100 * trade, lock_by_s=NOW_S + 300, settle_by_s=NOW_S + 600)


class Settlements(RuleBasedStateMachine):
    """Three trades between one seller and one buyer."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ORIGIN.copy()
        self.app = DvpAppModel(self.world.evm)
        self.in_trust_yen = 1_000
        self.locks: dict[int, Locked] = {}
        self.outcomes: dict[int, str] = {}
        self.accepted: list[TransactionBuilder] = []

    # honest parties and the relayer

    @initialize(stages=st.tuples(*[st.integers(0, 5)] * len(TRADES)))
    def settlements_begin(self, stages: tuple[int, ...]) -> None:
        """Most histories are about settlements under way; the rules below still find those that never begin."""
        for trade, stage in zip(TRADES, stages, strict=True):
            if stage == 1:
                self.the_seller_earmarks_other_terms(trade)
            if stage >= 2:
                self.the_seller_earmarks(trade)
            if stage in {1, 3, 4, 5}:
                self.the_buyer_locks(trade)
            if stage in {1, 4, 5}:
                self.the_relayer_delivers(trade)
            if stage == 5:
                self.the_relayer_returns_the_acknowledgement(trade)

    @rule(seconds=st.sampled_from([1, 30, 100]))
    def time_passes(self, seconds: int) -> None:
        self.world.advance(seconds)

    @rule(trade=trades)
    def the_seller_earmarks(self, trade: int) -> None:
        self._attempt(lambda: self.app.earmark(_terms(trade)))

    @rule(trade=trades)
    def the_seller_earmarks_other_terms(self, trade: int) -> None:
        terms = _terms(trade)
        self._attempt(lambda: self.app.earmark(replace(terms, security=replace(terms.security, quantity=1))))

    @precondition(lambda self: len(self.locks) < len(TRADES))
    @rule(trade=trades)
    def the_buyer_locks(self, trade: int) -> None:
        coins = [s for s in self.world.ledger.unspent(CASH) if self._is_free(s, BUYER.key)]
        if self.world.now_s < _terms(trade).lock_by_s and coins:
            self._attempt(lambda: self._lock(trade, coins))

    @rule(trade=trades, by=st.sampled_from([BUYER, SELLER]))
    def somebody_cancels(self, trade: int, by: object) -> None:
        key = BUYER.key if by is BUYER else SELLER.key
        self._attempt(lambda: self._commit(build_cancel(self.world.ledger.frame, _terms(trade), key)))

    @precondition(lambda self: self.locks)
    @rule(trade=trades)
    def the_relayer_delivers(self, trade: int) -> None:
        """With a proof from any checkpoint ever: a commitment that was once there can be proved for ever."""
        if trade in self.locks:
            packet = packet_of(_terms(trade), trade, CLIENT_ID, COUNTERPARTY_CLIENT_ID)
            self._attempt(lambda: self.app.receive(packet, _terms(trade)))

    @precondition(lambda self: self.locks)
    @rule(trade=trades)
    def the_relayer_returns_the_acknowledgement(self, trade: int) -> None:
        if trade in self.locks and trade in self.app.acknowledgements:
            self._unlock_by_ack(trade)

    @precondition(lambda self: self.locks)
    @rule(trade=trades)
    def the_relayer_returns_the_time_out(self, trade: int) -> None:
        if trade in self.locks:
            self._unlock_by_timeout(trade)

    @rule(trade=trades)
    def the_seller_takes_the_earmark_back(self, trade: int) -> None:
        value = self.world.ledger.paths.get(trade_path(_terms(trade).trade_id))
        self._attempt(lambda: self.app.release_cancelled(_terms(trade), value))
        self._attempt(lambda: self.app.reclaim(_terms(trade)))

    @rule(amount=st.integers(1, 50))
    def the_issuer_issues_and_redeems(self, amount: int) -> None:
        coin = self.world.issue(amount)
        self.in_trust_yen += amount
        change = [cash(amount - 1)] if amount > 1 else []
        self._commit(cash_redeem(self.world.ledger.frame, [coin], *change))
        self.in_trust_yen -= 1

    # thieves: all must fail

    @precondition(lambda self: self._open())
    @rule(to=st.sampled_from([(BUYER, CN_B), (SELLER, CN_A)]), along=st.sampled_from(["alone", "with lock"]))
    def everybody_signs_a_move_of_locked_cash(self, to: tuple[object, object], along: str) -> None:
        locked = next(iter(self._open().values()))
        owner, node = (BUYER, CN_B) if to[0] is BUYER else (SELLER, CN_A)
        amount = CashState.of(locked.cash.state).amount_yen
        builder = cash_move(self.world.ledger.frame, [locked.cash], cash(amount, owner, node))
        if along == "with lock":
            builder = replace(builder, inputs=(*builder.inputs, locked.lock.ref))
        self._must_fail(builder.with_signer(0, BUYER.key, SELLER.key, SN.key, CN_A.key, CN_B.key))

    @precondition(lambda self: self._open())
    @rule(
        trade=trades, to=st.sampled_from(["buyer", "seller"]), claim=st.sampled_from(["success", "error", "time-out"])
    )
    def a_proof_is_bent_to_pay_the_wrong_one(self, trade: int, to: str, claim: str) -> None:
        """Every outcome that the EVM chain's state does not bear out is refused, for either beneficiary."""
        locked = self._open().get(trade)
        if locked is None:
            return
        height = self._sync()
        truth = self._truth(trade, height)
        if (claim, to) in {("success", "seller"), ("error", "buyer"), ("time-out", "buyer")} and claim == truth:
            return
        evidence: Evidence = self.world.timeout_evidence(locked, height)
        if claim != "time-out":
            acknowledgement = terms_hash(locked.terms) if claim == "success" else UNIVERSAL_ERROR_ACK
            evidence = self.world.ack_evidence(locked, acknowledgement, height)
        honest = self.world.unlock_builder(locked, self.world.timeout_evidence(locked, height))
        owner, node = (BUYER, CN_B) if to == "buyer" else (SELLER, CN_A)
        amount = CashState.of(locked.cash.state).amount_yen
        paid = cash(amount, owner, node).as_output(self.world.ledger.frame.notary)
        command = replace(honest.commands[0], data=encode_evidence(evidence))
        self._must_fail(replace(honest, outputs=(paid,), commands=(command,)))

    @precondition(lambda self: self.accepted)
    @rule(which=st.integers(0, 100))
    def an_accepted_transaction_is_replayed(self, which: int) -> None:
        """Under a fresh salt, with all signatures again: only a pure update of knowledge could be repeated."""
        self._must_fail(self.accepted[which % len(self.accepted)])

    @precondition(lambda self: self._open())
    @rule(trade=trades)
    def a_lock_is_opened_with_another_trades_acknowledgement(self, trade: int) -> None:
        others = [number for number in self.app.acknowledgements if number != trade]
        locked = self._open().get(trade)
        if locked is None or not others:
            return
        height = self._sync()
        other = replace(locked, sequence=others[0])
        evidence = self.world.ack_evidence(other, self.app.acknowledgements[others[0]], height)
        honest = self.world.unlock_builder(locked, self.world.timeout_evidence(locked, height))
        self._must_fail(replace(honest, commands=(replace(honest.commands[0], data=encode_evidence(evidence)),)))

    # what must always hold

    @invariant()
    def coins_equal_the_yen_in_trust(self) -> None:
        coins = [CashState.of(state.state) for state in self.world.ledger.unspent(CASH)]
        assert sum(coin.amount_yen for coin in coins) == self.in_trust_yen

    @invariant()
    def units_are_conserved(self) -> None:
        assert sum(self.app.units.values()) == 100
        assert min(self.app.units.values()) >= 0

    @invariant()
    def each_lock_has_its_cash_and_the_buyer_owns_it(self) -> None:
        cash_by_ref = {state.ref: state for state in self.world.ledger.unspent(CASH)}
        locks = self.world.ledger.unspent(DVP_LOCK)
        assert len(locks) == sum(state.state.encumbrance is not None for state in cash_by_ref.values())
        for lock in locks:
            partner = cash_by_ref[StateRef(lock.ref.tx_id, lock.state.encumbrance or 0)]
            state = DvpLockState.of(lock.state)
            assert CashState.of(partner.state) == state.cash_for(state.terms.cash.buyer)

    @invariant()
    def no_party_has_both_assets(self) -> None:
        for trade, outcome in self.outcomes.items():
            delivered = _terms(trade).trade_id in self.app.delivered
            assert delivered == (outcome == "seller"), f"trade {trade}: delivered {delivered}, cash to the {outcome}"

    @invariant()
    def nothing_is_delivered_without_a_lock(self) -> None:
        for trade in TRADES:
            if _terms(trade).trade_id in self.app.delivered:
                value = self.world.ledger.paths[trade_path(_terms(trade).trade_id)]
                assert value == trade_locked_value(terms_hash(_terms(trade)))

    def teardown(self) -> None:
        """An honest relayer brings every lock to its end, and at rest each party has its asset or the other's."""
        for trade in tuple(self._open()):
            if trade in self.app.acknowledgements:
                self._unlock_by_ack(trade)
        self.world.advance(1000)
        self.world.evm.seal()
        for trade in tuple(self._open()):
            self._unlock_by_timeout(trade)
        assert not self._open()
        assert not self.world.ledger.unspent(DVP_LOCK)
        self.no_party_has_both_assets()
        self.coins_equal_the_yen_in_trust()

    # how

    def _lock(self, trade: int, coins: list[StateAndRef]) -> None:
        builder = self.world.lock_builder(_terms(trade), *coins, sequence=trade)
        made = self._commit(builder)
        self.locks[trade] = Locked(_terms(trade), made[0], made[1], trade)

    def _unlock_by_ack(self, trade: int) -> None:
        locked, height = self.locks[trade], self._sync()
        acknowledgement = self.app.acknowledgements[trade]
        builder = self.world.unlock_builder(locked, self.world.ack_evidence(locked, acknowledgement, height))
        self._settle(trade, builder, {"success", "error"})

    def _unlock_by_timeout(self, trade: int) -> None:
        locked, height = self.locks[trade], self._sync()
        self._settle(
            trade, self.world.unlock_builder(locked, self.world.timeout_evidence(locked, height)), {"time-out"}
        )

    def _settle(self, trade: int, builder: TransactionBuilder, claims: set[str]) -> None:
        """Commit an unlock; it succeeds exactly if the EVM chain bears out its claim and the lock is open."""
        due = trade in self._open() and self._truth(trade, self.world.evm.height) in claims
        paid = self._attempt(lambda: self._commit(builder))
        assert paid == due
        if paid:
            owner = CashState.of(builder.outputs[0]).owner
            self.outcomes[trade] = "seller" if owner == SELLER.key else "buyer"

    def _truth(self, trade: int, height: int) -> str:
        acknowledgement = self.app.acknowledgements.get(trade)
        if acknowledgement is not None:
            return "error" if acknowledgement == UNIVERSAL_ERROR_ACK else "success"
        return "time-out" if self.world.evm.timestamp_s(height) >= _terms(trade).settle_by_s else "nothing"

    def _sync(self) -> int:
        """A fresh block of the EVM chain, recorded on the ledger; the ledger's clock is never far behind."""
        self.world.evm.seal()
        self.world.ledger.now_s = max(self.world.ledger.now_s, self.world.evm.now_s)
        return self.world.update_client()

    def _commit(self, builder: TransactionBuilder) -> tuple[StateAndRef, ...]:
        made = self.world.ledger.commit(builder)
        self.accepted.append(builder)
        return made

    def _attempt(self, action: object) -> bool:
        try:
            action()  # type: ignore[operator]  # always a lambda of this class
        except REFUSED:
            return False
        return True

    def _must_fail(self, builder: TransactionBuilder) -> None:
        before = dict(self.world.ledger.paths), set(self.world.ledger.consumed)
        assert not self._attempt(lambda: self.world.ledger.commit(builder)), "a thief succeeded"
        assert before == (self.world.ledger.paths, self.world.ledger.consumed)

    def _open(self) -> dict[int, Locked]:
        return {trade: locked for trade, locked in self.locks.items() if trade not in self.outcomes}

    def _is_free(self, state: StateAndRef, owner: object) -> bool:
        return state.state.encumbrance is None and CashState.of(state.state).owner == owner


TestSettlements = Settlements.TestCase
TestSettlements.settings = settings(
    max_examples=50, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
