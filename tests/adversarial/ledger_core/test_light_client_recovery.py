"""Recovery of frozen and expired light clients, and what somebody could gain by misusing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.errors import IbcClientViolation
from chains.progmat.contracts.ibc_records import ClientRecord, ClientRecordStatus, record_of, record_output
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    build_client_freeze,
    build_client_update,
)
from chains.progmat.ibc_host.settlement import UnlockPlan, build_unlock
from chains.progmat.transactions.errors import PlatformRuleBroken
from light_clients.qbft.codec import decode_client_state
from light_clients.qbft.errors import UnfitSubstitute
from primitives.errors import PeerError
from tests.fakes.evm_chain_model import TRUSTING_PERIOD_S, EvmChainModel
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    CN_B,
    OPERATOR,
    SN,
    STRANGER,
)
from tests.fakes.recovering_world import (
    SUBSTITUTE_ID,
    Attack,
    RecoveringWorld,
    locked_in,
    record_changed,
    signed_by,
)
from tests.fakes.settlement_world import (
    CLIENT_ID,
    NOW_S,
    client_record,
    terms_of,
)


@pytest.fixture
def world() -> RecoveringWorld:
    return RecoveringWorld()


class TestRecover:
    def test_a_lock_under_a_frozen_client_is_opened_after_recovery_by_a_proof(self, world: RecoveringWorld) -> None:
        locked, acknowledgement = locked_in(world)
        world.recover()
        height = max(world.consensus)
        unlock = world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, height))
        with pytest.raises(IbcClientViolation, match="endorsed by the coins' issuer"):
            world.ledger.verify(unlock)
        world.endorse()
        evidence = world.ack_evidence(locked, acknowledgement, height)

        (paid,) = world.ledger.commit(world.unlock_builder(locked, evidence))

        assert paid.state.encumbrance is None

    def test_a_time_out_is_proved_at_a_height_that_the_recovered_client_was_updated_to(
        self, world: RecoveringWorld
    ) -> None:
        locked = world.lock(terms_of(), world.issue(2_000_000))
        world.freeze()
        world.recover()
        world.endorse()
        world.advance(locked.terms.settle_by_s - world.now_s)
        world.evm.seal()
        height = world.update_client(trusted_height=max(world.consensus))

        world.ledger.commit(world.unlock_builder(locked, world.timeout_evidence(locked, height)))

    def test_a_height_that_the_broken_chain_forged_opens_nothing_after_recovery(self, world: RecoveringWorld) -> None:
        locked = world.lock(terms_of(), world.issue(2_000_000))
        forger = world.copy()
        forger.receive(locked)
        plan = ClientMessagePlan(
            world.client, world.first_consensus, forger.evm.header(forger.evm.height, 1), CN_B.key, world.window
        )
        (forged,) = world.ledger.commit(build_client_update(world.ledger.frame, world.registry, plan))
        world.evm.seal()
        world.freeze()
        world.recover()
        world.endorse()
        evidence = forger.ack_evidence(locked, bytes(forger.receive(locked)), forger.evm.height - 1)
        attack = build_unlock(
            world.ledger.frame,
            UnlockPlan(locked.lock, locked.cash, world.client, forged, evidence, world.window),
        )

        with pytest.raises(IbcClientViolation, match=f"consensus of {SUBSTITUTE_ID}"):
            world.ledger.verify(attack)

    @pytest.mark.parametrize(
        ("attack", "rule"),
        [
            (signed_by(STRANGER), "operator signs"),
            (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), "no data"),
            (lambda b: replace(b, references=b.references[:1]), "consensus of the substitute"),
            (lambda b: replace(b, references=b.references[1:]), "substitute is referenced"),
            (lambda b: replace(b, outputs=b.outputs * 2), "one client record is made"),
            (lambda b: replace(b, time_window=None), "both bounds"),
            (record_changed(endorsers=(SN.party,)), "recovered one"),
            (record_changed(status=ClientRecordStatus.FROZEN), "recovered one"),
            (record_changed(consensus_client_id=CLIENT_ID), "recovered one"),
            (record_changed(counterparty_client_id="progmat-9"), "recovered one"),
            (record_changed(client_id=SUBSTITUTE_ID), "recovered one"),
        ],
        ids=["stranger", "data", "no consensus", "no substitute", "doubled", "no window", "endorsed", "frozen",
             "own records", "counterparty", "other id"],
    )  # fmt: skip
    def test_a_recovery_that_breaks_a_rule_is_refused(self, world: RecoveringWorld, attack: Attack, rule: str) -> None:
        world.freeze()
        builder = world.recovery(*world.make_substitute())
        world.ledger.verify(builder)

        with pytest.raises((IbcClientViolation, PlatformRuleBroken), match=rule):
            world.ledger.verify(attack(builder))

    def test_a_recovery_without_the_validators_is_refused(self, world: RecoveringWorld) -> None:
        world.freeze()
        builder = world.recovery(*world.make_substitute())
        alone = replace(builder, commands=(replace(builder.commands[0], signers=(OPERATOR.key,)),))

        with pytest.raises(PeerError):
            world.ledger.verify(alone)

    def test_a_client_in_use_is_not_replaced(self, world: RecoveringWorld) -> None:
        substitute, consensus = world.make_substitute()

        with pytest.raises(IbcClientViolation, match="frozen, or its last consensus"):
            world.ledger.verify(world.recovery(substitute, consensus))
        with pytest.raises(IbcClientViolation, match="at its end"):
            world.ledger.verify(world.recovery(substitute, consensus, world.first_consensus))

    def test_a_client_is_recovered_from_the_second_in_which_it_expires(self, world: RecoveringWorld) -> None:
        expiry_s = world.evm.timestamp_s(1) + TRUSTING_PERIOD_S
        world.advance(expiry_s - world.now_s + 10 - 1)
        world.evm.seal()
        substitute, consensus = world.make_substitute()
        early = world.recovery(substitute, consensus, world.first_consensus)
        with pytest.raises(IbcClientViolation, match="at its end"):
            world.ledger.verify(early)
        world.advance(1)
        world.ledger.commit(world.recovery(substitute, consensus, world.first_consensus))

    def test_an_operator_stalls_a_client_in_use_by_an_old_record_of_it_and_opens_nothing(
        self, world: RecoveringWorld
    ) -> None:
        """The contract sees the record that is shown, and cannot know of later ones. Delay is all that it gives."""
        locked = world.lock(terms_of(), world.issue(2_000_000))
        halfway_s = TRUSTING_PERIOD_S // 2 + 60
        for _ in range(2):
            world.advance(halfway_s)
            world.evm.seal()
            world.update_client(trusted_height=max(world.consensus))
        height = world.evm.height
        substitute, consensus = world.make_substitute()
        (world.client,) = world.ledger.commit(world.recovery(substitute, consensus, world.first_consensus))
        world.consensus[height] = consensus
        unlock = world.unlock_builder(locked, world.timeout_evidence(locked, height))

        with pytest.raises(IbcClientViolation, match="endorsed by the coins' issuer"):
            world.ledger.verify(unlock)
        world.endorse()
        world.ledger.commit(world.unlock_builder(locked, world.timeout_evidence(locked, height)))

    def test_the_last_consensus_of_another_client_does_not_show_that_this_one_expired(
        self, world: RecoveringWorld
    ) -> None:
        _, strangers_last = world.create_client("qbft-7")
        world.advance(TRUSTING_PERIOD_S + 60)
        world.evm.seal()
        substitute, consensus = world.make_substitute()

        with pytest.raises(IbcClientViolation):
            world.ledger.verify(world.recovery(substitute, consensus, strangers_last))

    @pytest.mark.parametrize(
        "change",
        [
            {"chain_id": 7},
            {"router_address": b"\x07" * 20},
            {"store_slot": b"\x07" * 32},
            {"max_clock_drift_s": 31},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_a_substitute_that_follows_something_else_is_refused(
        self, world: RecoveringWorld, change: dict[str, Any]
    ) -> None:
        world.freeze()
        substitute, consensus = world.make_substitute(SUBSTITUTE_ID, **change)

        with pytest.raises(UnfitSubstitute):
            world.recovery(substitute, consensus)

    def test_a_substitute_may_have_another_trusting_period(self, world: RecoveringWorld) -> None:
        world.freeze()
        substitute, consensus = world.make_substitute(trusting_period_s=TRUSTING_PERIOD_S // 2)

        (recovered,) = world.ledger.commit(world.recovery(substitute, consensus))

        state = decode_client_state(client_record(recovered).client_state)
        assert (state.trusting_period_s, state.frozen) == (TRUSTING_PERIOD_S // 2, False)
        assert client_record(recovered).consensus_client_id == SUBSTITUTE_ID

    def test_a_frozen_or_expired_substitute_is_refused(self, world: RecoveringWorld) -> None:
        subject = world.freeze()
        substitute, consensus = world.make_substitute()
        world.client, world.consensus = substitute, {1: world.own_records[1]}
        plan = ClientMessagePlan(substitute, consensus, b"", CN_B.key, world.window)
        world.evm.seal()
        evidence = world.evm.equivocation(world.evm.height, world.evm.height - 1)
        freeze = build_client_freeze(world.ledger.frame, world.registry, replace(plan, message=evidence))
        (frozen,) = world.ledger.commit(freeze)
        world.client = subject
        with pytest.raises(IbcClientViolation, match=f"{SUBSTITUTE_ID} is active"):
            world.ledger.verify(world.recovery(frozen, consensus))
        other, old = world.make_substitute("qbft-2")
        world.advance(TRUSTING_PERIOD_S)
        with pytest.raises(IbcClientViolation, match="may rely on height"):
            world.ledger.verify(world.recovery(other, old))

    def test_a_recovered_client_is_frozen_again_and_recovered_again_but_not_by_the_same_records(
        self, world: RecoveringWorld
    ) -> None:
        world.freeze()
        world.recover()
        substitute_records = max(world.consensus)
        world.evm.seal()
        evidence = world.evm.equivocation(world.evm.height, substitute_records)
        plan = ClientMessagePlan(world.client, world.consensus[substitute_records], evidence, CN_B.key, world.window)
        (world.client,) = world.ledger.commit(build_client_freeze(world.ledger.frame, world.registry, plan))

        assert client_record(world.client).status is ClientRecordStatus.FROZEN
        world.recover("qbft-3")
        assert client_record(world.client).consensus_client_id == "qbft-3"

    def test_a_client_is_no_substitute_for_itself(self, world: RecoveringWorld) -> None:
        world.freeze()
        with pytest.raises(IbcClientViolation, match="records of its own"):
            world.recovery(world.client, world.first_consensus)


def test_a_record_of_a_recovered_client_survives_its_encoding_and_an_unrecovered_one_names_no_other() -> None:
    record = ClientRecord("qbft-0", "qbft", b"state", "progmat-0", (b"",))
    assert not record.is_recovered
    recovered = replace(record, consensus_client_id="qbft-1", endorsers=(CN_B.party, SN.party))
    for each in (record, recovered):
        assert record_of(record_output(each, SN.party)) == each
    with pytest.raises(PeerError):
        replace(recovered, endorsers=(SN.party, CN_B.party))


def test_a_height_of_a_forked_chain_does_not_update_the_recovered_client(world: RecoveringWorld) -> None:
    world.freeze()
    world.recover()
    height = max(world.consensus)
    fork = EvmChainModel(NOW_S - 10)
    for _ in range(height):
        fork.seal()
    plan = ClientMessagePlan(
        world.client, world.consensus[height], fork.header(height + 1, height), CN_B.key, world.window
    )

    with pytest.raises(PeerError):
        world.ledger.verify(build_client_update(world.ledger.frame, world.registry, plan))


def test_a_spent_record_of_the_substitute_recovers_nobody(world: RecoveringWorld) -> None:
    world.freeze()
    builder = world.recovery(*world.make_substitute())
    world.ledger.commit(builder)
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(builder)
