"""Both orders on one ledger and one chain: conservation, exactly-once, atomicity, no unilateral release.

Two trades are led by the cash and two by the securities, over one buyer's coins and one seller's units, with real
contracts, uniqueness, headers and storage proofs; parties, relayer and thieves act at random. What the EVM chain is
shown of the ledger is the ledger's own paths, as at some earlier moment or now: a checkpoint stays good.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_receipt_codec import SentPacket
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.ibc_host.settlement import build_cancel
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, TimeWindow
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import SettlementTerms, packet_of, terms_hash, trade_locked_value, trade_paid_value, trade_path
from ibc.packet import Packet
from ibc.paths import ack_path, commitment_path, receipt_path
from primitives.errors import CrossDvpError
from primitives.types import UnixSeconds
from tests.fakes.arriving_world import ArrivingWorld, leading_terms
from tests.fakes.dvp_app_model import DvpAppModel, EvmRevertedError
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import BUYER, CN_A, OPERATOR, SELLER, SN
from tests.fakes.settlement_world import CLIENT_ID, COUNTERPARTY_CLIENT_ID, NOW_S, Locked, terms_of

CASH_LEADS, SECURITIES_LEAD = (1, 2), (3, 4)
YEN = 1_000
REFUSED = (CrossDvpError, NotaryRefusedError, EvmRevertedError)
ORIGIN = ArrivingWorld()
ORIGIN.evm.store[b"a commitment of somebody else's"] = b"\x01" * 32
for _amount in (150, 250, 600):
    ORIGIN.issue(_amount)
cash_led, securities_led = st.sampled_from(CASH_LEADS), st.sampled_from(SECURITIES_LEAD)


def _terms(trade: int) -> SettlementTerms:
    make = terms_of if trade in CASH_LEADS else leading_terms
    return make(trade, amount_yen=100 * trade, lock_by_s=NOW_S + 300, settle_by_s=NOW_S + 600)


class BothOrders(RuleBasedStateMachine):
    """Four trades between one seller and one buyer."""

    def __init__(self) -> None:
        super().__init__()
        self.world = ORIGIN.copy()
        self.app = DvpAppModel(self.world.evm)
        self.packets: dict[int, Packet] = {}
        self.locks: dict[int, Locked] = {}
        self.cash_went: dict[int, str] = {}
        self.accepted: list[TransactionBuilder] = []
        self.checkpoint: tuple[dict[bytes, bytes], int] = ({}, NOW_S)

    @initialize(stages=st.tuples(*[st.integers(0, 2)] * len(SECURITIES_LEAD)))
    def settlements_begin(self, stages: tuple[int, ...]) -> None:
        for trade, stage in zip(SECURITIES_LEAD, stages, strict=True):
            if stage:
                self.the_seller_locks_and_sends(trade)
            if stage == 2:
                self.the_buyer_pays_on_arrival(trade)

    @rule(seconds=st.sampled_from([1, 60, 290]))
    def time_passes(self, seconds: int) -> None:
        self.world.advance(seconds)

    @rule()
    def the_tokens_issuer_halts_it_or_lets_it_go(self) -> None:
        self.app.halted = not self.app.halted

    @rule()
    def the_validators_sign_a_checkpoint(self) -> None:
        self.checkpoint = (dict(self.world.ledger.paths), self.world.now_s)

    # cash leads

    @rule(trade=cash_led)
    def the_seller_earmarks_and_the_buyer_locks(self, trade: int) -> None:
        self._attempt(lambda: self.app.earmark(_terms(trade)))
        if self.world.now_s < _terms(trade).lock_by_s and self._free():
            self._attempt(lambda: self._lock(trade))

    @rule(trade=cash_led)
    def the_relayer_delivers_and_brings_back_the_answer(self, trade: int) -> None:
        if trade not in self.locks:
            return
        packet = packet_of(_terms(trade), trade, CLIENT_ID, COUNTERPARTY_CLIENT_ID)
        self._attempt(lambda: self.app.receive(packet, _terms(trade)))
        if trade in self.app.acknowledgements:
            self._unlock(trade)

    # securities lead

    @rule(trade=securities_led)
    def the_seller_locks_and_sends(self, trade: int) -> None:
        self._attempt(lambda: self._lock_and_send(trade))

    @rule(trade=securities_led)
    def the_buyer_pays_on_arrival(self, trade: int) -> None:
        if self._is_pending(trade) and self.world.now_s < _terms(trade).lock_by_s and self._free():
            paid = self._attempt(lambda: self._commit(self._pay(trade)))
            if paid:
                self.cash_went[trade] = "seller"

    @rule(trade=securities_led)
    def the_buyer_cancels_or_declines(self, trade: int) -> None:
        self._attempt(lambda: self._commit(build_cancel(self.world.ledger.frame, _terms(trade), BUYER.key)))
        if self._is_pending(trade) and self.world.now_s + 60 <= _terms(trade).settle_by_s:
            self._attempt(lambda: self._commit(self.world.decline_builder(_terms(trade), self._sent(trade))))

    @rule(trade=securities_led)
    def a_member_refuses_what_is_late(self, trade: int) -> None:
        if self._is_pending(trade) and self.world.now_s < _terms(trade).settle_by_s:
            done = self._attempt(lambda: self._commit(self.world.late_builder(self._sent(trade))))
            assert not done or self.world.now_s >= _terms(trade).lock_by_s

    @rule(trade=securities_led, claim=st.sampled_from(["success", "error", "time-out"]))
    def the_relayer_brings_an_outcome(self, trade: int, claim: str) -> None:
        """Right or wrong: the EVM chain takes what the checkpoint proves."""
        if trade not in self.packets:
            return
        (proved, checkpoint_s), packet, terms = self.checkpoint, self.packets[trade], _terms(trade)
        if claim == "time-out":
            if receipt_path(CLIENT_ID, packet.sequence) not in proved:
                self._attempt(lambda: self.app.time_out(packet, terms, checkpoint_s))
            return
        ack = terms_hash(terms) if claim == "success" else UNIVERSAL_ERROR_ACK
        if proved.get(ack_path(CLIENT_ID, packet.sequence)) == ack_commitment([ack]):
            self._attempt(lambda: self.app.acknowledge(packet, terms, ack))

    # thieves: all must fail

    @precondition(lambda self: self.packets)
    @rule(trade=securities_led)
    def the_seller_and_the_issuer_take_back_before_lock_by(self, trade: int) -> None:
        """With every signature but the buyer's account's: by cancelling, refusing in his name, or as late."""
        if not self._is_pending(trade) or self.world.now_s >= _terms(trade).lock_by_s:
            return
        others = (SELLER.key, SN.key, CN_A.key, OPERATOR.key)
        self._must_fail(build_cancel(self.world.ledger.frame, _terms(trade), SELLER.key).with_signer(0, *others))
        sent = self._sent(trade)
        window = TimeWindow(UnixSeconds(self.world.now_s), UnixSeconds(self.world.now_s + 60))
        late = replace(self.world.late_builder(sent), time_window=window)
        self._must_fail(late.with_signer(0, *others))
        declined = self.world.decline_builder(_terms(trade), sent)
        command = declined.commands[0]
        unsigned = replace(command, signers=tuple(key for key in command.signers if key != BUYER.key))
        self._must_fail(replace(declined, commands=(unsigned,)).with_signer(0, *others))

    @rule(trade=securities_led)
    def a_receipt_is_written_ahead_for_a_packet_that_was_not_sent(self, trade: int) -> None:
        if _terms(trade).trade_id in self.app.earmarks or self.world.now_s + 60 > _terms(trade).settle_by_s:
            return
        height = self._sync()
        packet = self.world.packet(_terms(trade), self.app.sent + 1)
        never = SentPacket(packet, self.world.evm.proof(height, b"nothing"), height)
        self._must_fail(self.world.decline_builder(_terms(trade), never))

    @precondition(lambda self: self.accepted)
    @rule(which=st.integers(0, 100))
    def an_accepted_transaction_is_replayed(self, which: int) -> None:
        self._must_fail(self.accepted[which % len(self.accepted)])

    # what must always hold

    @invariant()
    def coins_and_units_are_conserved(self) -> None:
        coins = [CashState.of(state.state) for state in self.world.ledger.unspent(CASH)]
        assert sum(coin.amount_yen for coin in coins) == YEN
        assert sum(self.app.units.values()) == 100
        assert min(self.app.units.values()) >= 0

    @invariant()
    def nobody_ends_with_both_assets_or_neither(self) -> None:
        for trade, owner in self.cash_went.items():
            trade_id = _terms(trade).trade_id
            if trade in CASH_LEADS:
                assert (trade_id in self.app.delivered) == (owner == "seller")
            else:  # paid: delivered, or owed for as long as the token refuses; never given back
                assert trade_id in self.app.delivered or self._is_pending(trade)
        for trade in SECURITIES_LEAD:
            if _terms(trade).trade_id in self.app.delivered:
                assert self.cash_went[trade] == "seller"

    @invariant()
    def a_trade_id_is_spent_once_and_says_for_what(self) -> None:
        for trade in self.cash_went:
            noted = {trade_locked_value, trade_paid_value}
            value = self.world.ledger.paths[trade_path(_terms(trade).trade_id)]
            assert value in {of(terms_hash(_terms(trade))) for of in noted}

    def teardown(self) -> None:
        """An honest relayer and a token that agrees bring every packet to its end."""
        self.app.halted = False
        for trade in tuple(self._open_locks()):
            if trade in self.app.acknowledgements:
                self._unlock(trade)
        self.world.advance(2000)
        self.world.evm.seal()
        self.the_validators_sign_a_checkpoint()
        for trade in self.packets:
            for claim in ("time-out", "error", "success"):  # the wrong ones first: none of them may be taken
                self.the_relayer_brings_an_outcome(trade, claim)
        for trade in tuple(self._open_locks()):
            self._unlock(trade)
        assert not any(self._is_pending(trade) for trade in self.packets)
        assert not self.world.ledger.unspent(DVP_LOCK)
        self.nobody_ends_with_both_assets_or_neither()
        self.coins_and_units_are_conserved()

    # how

    def _lock_and_send(self, trade: int) -> None:
        self.packets[trade] = self.app.lock_and_send(_terms(trade), COUNTERPARTY_CLIENT_ID, CLIENT_ID)

    def _is_pending(self, trade: int) -> bool:
        packet = self.packets.get(trade)
        if packet is None:
            return False
        return commitment_path(packet.source_client, packet.sequence) in self.world.evm.store

    def _sent(self, trade: int) -> SentPacket:
        self._sync()
        return self.world.sent(self.packets[trade])

    def _pay(self, trade: int) -> TransactionBuilder:
        return self.world.pay_builder(_terms(trade), self._sent(trade), *self._free())

    def _lock(self, trade: int) -> None:
        made = self._commit(self.world.lock_builder(_terms(trade), *self._free(), sequence=trade))
        self.locks[trade] = Locked(_terms(trade), made[0], made[1], trade)

    def _unlock(self, trade: int) -> None:
        if trade not in self._open_locks():
            return
        locked, height = self.locks[trade], self._sync()
        ack = self.app.acknowledgements.get(trade)
        evidence = (
            self.world.timeout_evidence(locked, height) if ack is None else self.world.ack_evidence(locked, ack, height)
        )
        builder = self.world.unlock_builder(locked, evidence)
        if self._attempt(lambda: self._commit(builder)):
            owner = CashState.of(builder.outputs[0]).owner
            self.cash_went[trade] = "seller" if owner == SELLER.key else "buyer"

    def _open_locks(self) -> dict[int, Locked]:
        return {trade: locked for trade, locked in self.locks.items() if trade not in self.cash_went}

    def _free(self) -> list[StateAndRef]:
        coins = [state for state in self.world.ledger.unspent(CASH) if state.state.encumbrance is None]
        return [state for state in coins if CashState.of(state.state).owner == BUYER.key]

    def _sync(self) -> int:
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


TestBothOrders = BothOrders.TestCase
TestBothOrders.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
