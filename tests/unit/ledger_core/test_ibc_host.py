"""Builders, sequences and the earmark check of the IBC host."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import DvpLockViolation, IbcClientViolation
from chains.progmat.contracts.ibc_records import ClientRecordStatus, ConsensusRecord, record_of
from chains.progmat.ibc_host.earmark import EarmarkProof, earmark_slot, require_earmark
from chains.progmat.ibc_host.errors import CoinsDoNotFit, EarmarkNotProved, IbcHostRefused, NotTheLocksCash
from chains.progmat.ibc_host.sequences import packet_sequence
from ibc.dvp import terms_hash
from ibc.light_client import TimeBounds
from ibc.paths import commitment_path
from light_clients.qbft import QbftConsensusState, verify_storage_at
from light_clients.qbft.codec import encode_consensus_state
from primitives.errors import CallerError, InvalidArgument, MptError
from tests.fakes.ledger_parties import CN_A, SELLER, cash, cash_move
from tests.fakes.qbft_headers import RouterState
from tests.fakes.settlement_world import (
    CLIENT_ID,
    NOW_S,
    SettlementWorld,
    client_record,
    terms_of,
)


@pytest.fixture
def world() -> SettlementWorld:
    return SettlementWorld()


def test_a_settlement_runs_from_lock_to_payment(world: SettlementWorld) -> None:
    locked = world.lock(terms_of(), world.issue(1_200_000), world.issue(300_000))
    acknowledgement = world.receive(locked)
    height = world.update_client()
    (paid,) = world.ledger.commit(world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, height)))

    assert CashState.of(paid.state) == cash(1_000_000, SELLER, CN_A)
    assert commitment_path(CLIENT_ID, 1) not in world.ledger.paths


def test_a_lock_without_change_has_two_outputs(world: SettlementWorld) -> None:
    assert len(world.lock_builder(terms_of(), world.issue(1_000_000)).outputs) == 2


def test_too_few_coins_are_the_callers_mistake(world: SettlementWorld) -> None:
    with pytest.raises(CoinsDoNotFit, match="1000000 yen needed, 999999 yen given") as caught:
        world.lock_builder(terms_of(), world.issue(999_999))
    assert isinstance(caught.value, CallerError)


def test_coins_of_somebody_else_do_not_fit(world: SettlementWorld) -> None:
    (foreign,) = world.ledger.commit(
        cash_move(world.ledger.frame, [world.issue(1_000_000)], cash(1_000_000, SELLER, CN_A))
    )

    with pytest.raises(CoinsDoNotFit, match="another owner"):
        world.lock_builder(terms_of(), foreign)


def test_a_consensus_record_is_not_a_client(world: SettlementWorld) -> None:
    with pytest.raises(IbcHostRefused, match="pass the client record"):
        world.lock_builder(terms_of(), world.issue(1_000_000), client=world.first_consensus)


def test_the_cash_of_another_lock_is_noticed_before_signing(world: SettlementWorld) -> None:
    one = world.lock(terms_of(1), world.issue(1_000_000), sequence=1)
    other = world.lock(terms_of(2), world.issue(1_000_000), sequence=2)
    acknowledgement = world.receive(one)
    height = world.update_client()

    with pytest.raises(NotTheLocksCash):
        world.unlock_builder(replace(one, cash=other.cash), world.ack_evidence(one, acknowledgement, height))


def test_an_acknowledgement_that_pays_nobody_builds_nothing(world: SettlementWorld) -> None:
    locked = world.lock(terms_of(), world.issue(1_000_000))
    world.receive(locked, b"\x01")
    height = world.update_client()

    with pytest.raises(DvpLockViolation, match="error acknowledgement"):
        world.unlock_builder(locked, world.ack_evidence(locked, b"\x01", height))


class TestSequences:
    @settings(deadline=None)
    @given(
        st.tuples(st.integers(0, 2**16 - 1), st.integers(1, 2**48 - 1)),
        st.tuples(st.integers(0, 2**16 - 1), st.integers(1, 2**48 - 1)),
    )
    def test_different_packets_have_different_sequences(self, one: tuple[int, int], other: tuple[int, int]) -> None:
        assert (packet_sequence(*one) == packet_sequence(*other)) == (one == other)

    @pytest.mark.parametrize(("node_index", "counter"), [(-1, 1), (2**16, 1), (0, 0), (0, 2**48)])
    def test_out_of_range_is_refused(self, node_index: int, counter: int) -> None:
        with pytest.raises(InvalidArgument):
            packet_sequence(node_index, counter)


class TestEarmark:
    """The word in the DvP app's storage, proved from the state root of a verified height."""

    def _proved(self, world: SettlementWorld, word: bytes) -> tuple[ConsensusRecord, EarmarkProof]:
        adapter = terms_of().security.adapter
        state = RouterState({earmark_slot(terms_of().trade_id): word}, contract=adapter, others=3)
        validators = tuple(key.address for key in world.evm.validators)
        root = encode_consensus_state(QbftConsensusState(NOW_S, state.state_root, bytes(32), validators, bytes(32)))
        storage_proof = state.storage_proof(earmark_slot(terms_of().trade_id))
        return ConsensusRecord(CLIENT_ID, 5, NOW_S, root), EarmarkProof(state.account_proof(adapter), storage_proof)

    def _check(self, world: SettlementWorld, consensus: ConsensusRecord, proof: EarmarkProof, trade: int = 1) -> None:
        client = client_record(world.client)
        require_earmark(terms_of(trade), client, consensus, proof, verify_storage_at, TimeBounds.at(NOW_S))

    def test_an_earmark_for_these_terms_is_believed(self, world: SettlementWorld) -> None:
        self._check(world, *self._proved(world, terms_hash(terms_of())))

    @pytest.mark.parametrize(
        "word", [bytes(32), bytes(31) + b"\x01", terms_hash(terms_of(2))], ids=["none", "tombstone", "other terms"]
    )
    def test_any_other_word_is_not(self, world: SettlementWorld, word: bytes) -> None:
        with pytest.raises(EarmarkNotProved, match="is for these terms"):
            self._check(world, *self._proved(world, word))

    def test_the_earmark_of_another_trade_is_not(self, world: SettlementWorld) -> None:
        with pytest.raises((EarmarkNotProved, MptError)):
            self._check(world, *self._proved(world, terms_hash(terms_of())), trade=2)

    def test_a_proof_under_another_state_root_is_not(self, world: SettlementWorld) -> None:
        _, proof = self._proved(world, terms_hash(terms_of()))
        other = record_of(world.first_consensus.state)
        assert isinstance(other, ConsensusRecord)

        with pytest.raises(MptError):
            self._check(world, other, proof)

    def test_a_frozen_client_proves_nothing(self, world: SettlementWorld) -> None:
        consensus, proof = self._proved(world, terms_hash(terms_of()))
        frozen = replace(client_record(world.client), status=ClientRecordStatus.FROZEN)

        with pytest.raises(IbcClientViolation, match="is active"):
            require_earmark(terms_of(), frozen, consensus, proof, verify_storage_at, TimeBounds.at(NOW_S))
