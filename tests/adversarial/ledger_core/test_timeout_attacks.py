"""The time-out of a packet, and every way of claiming it too early or in spite of a receipt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import DvpLockViolation
from chains.progmat.transactions.builder import TransactionBuilder
from ibc.errors import TimeoutNotReached
from primitives.errors import PeerError
from tests.fakes.ledger_parties import CN_A, NN, SELLER, cash
from tests.fakes.settlement_world import Locked, SettlementWorld, terms_of


class TestTimeOut:
    """``settle_by`` is T; the clock that counts is the EVM chain's, at the proved height."""

    @staticmethod
    def _refund_at(offset_s: int) -> tuple[SettlementWorld, TransactionBuilder]:
        world = SettlementWorld()
        terms = terms_of()
        locked = world.lock(terms, world.issue(1_000_000))
        world.advance(terms.settle_by_s + 60 - world.now_s)
        world.evm.seal(terms.settle_by_s + offset_s)
        height = world.update_client()
        return world, world.unlock_builder(locked, world.timeout_evidence(locked, height))

    @staticmethod
    def _received_long_ago() -> tuple[SettlementWorld, Locked, int]:
        world = SettlementWorld()
        locked = world.lock(terms_of(), world.issue(1_000_000))
        world.receive(locked)
        world.advance(5000)
        world.evm.seal()
        height = world.update_client()
        return world, locked, height

    @pytest.mark.parametrize("offset_s", [0, 1, 30])
    def test_cash_goes_back_when_the_packet_was_not_received_by_the_time_out(self, offset_s: int) -> None:
        world, builder = self._refund_at(offset_s)
        (refund,) = world.ledger.commit(builder)

        assert CashState.of(refund.state) == cash(1_000_000)

    @pytest.mark.parametrize("offset_s", [-1, -30, -1000])
    def test_absence_a_second_before_the_time_out_proves_nothing(self, offset_s: int) -> None:
        world, builder = self._refund_at(offset_s)

        with pytest.raises(TimeoutNotReached):
            world.ledger.verify(builder)

    def test_the_time_out_does_not_pay_the_seller(self) -> None:
        world, builder = self._refund_at(0)

        with pytest.raises(DvpLockViolation, match="paid as proved"):
            world.ledger.verify(replace(builder, outputs=(cash(1_000_000, SELLER, CN_A).as_output(NN.party),)))

    def test_a_received_packet_does_not_time_out(self) -> None:
        """The receipt is there, so its absence cannot be proved, however late it is."""
        world, locked, height = self._received_long_ago()

        with pytest.raises(PeerError):
            world.ledger.verify(world.unlock_builder(locked, world.timeout_evidence(locked, height)))

    def test_the_absence_of_another_receipt_is_not_enough(self) -> None:
        world, locked, height = self._received_long_ago()
        other = Locked(locked.terms, locked.cash, locked.lock, sequence=2)

        with pytest.raises(PeerError):
            world.ledger.verify(world.unlock_builder(locked, world.timeout_evidence(other, height)))

    def test_a_proof_from_before_the_receipt_is_too_early_to_be_a_time_out(self) -> None:
        """A stale height shows no receipt, but its time is before the time-out."""
        world = SettlementWorld()
        locked = world.lock(terms_of(), world.issue(1_000_000))
        world.evm.seal()
        stale = world.update_client()
        world.receive(locked)
        world.advance(5000)

        with pytest.raises(TimeoutNotReached):
            world.ledger.verify(world.unlock_builder(locked, world.timeout_evidence(locked, stale)))
