"""Recovery of frozen and expired light clients, and what somebody could gain by misusing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.errors import ContractViolation, IbcClientViolation
from chains.progmat.contracts.ibc_records import ClientRecord, ClientRecordStatus, record_of, record_output
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    RecoveryPlan,
    build_client_creation,
    build_client_endorsement,
    build_client_freeze,
    build_client_recovery,
    build_client_update,
)
from chains.progmat.ibc_host.settlement import UnlockPlan, build_unlock
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import PlatformRuleBroken, WritesBroken
from chains.progmat.transactions.model import StateAndRef
from light_clients.qbft.codec import decode_client_state, encode_client_state
from light_clients.qbft.errors import UnfitSubstitute
from primitives.errors import PeerError
from tests.fakes.evm_chain_model import TRUSTING_PERIOD_S, EvmChainModel
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    CN_B,
    EN,
    OPERATOR,
    SN,
    STRANGER,
    LedgerParty,
    membership,
    membership_change,
    membership_issue,
)
from tests.fakes.settlement_world import (
    CLIENT_ID,
    COUNTERPARTY_CLIENT_ID,
    NOW_S,
    Locked,
    SettlementWorld,
    client_record,
    terms_of,
    with_reference,
)

SUBSTITUTE_ID = "qbft-1"
Attack = Callable[[TransactionBuilder], TransactionBuilder]


class RecoveringWorld(SettlementWorld):
    """A settlement world whose client may have been frozen, with a substitute at hand."""

    def __init__(self) -> None:
        super().__init__()
        self.evm.seal(NOW_S - 5)
        self.own_records = dict(self.consensus)

    def freeze(self) -> StateAndRef:
        """Two blocks at one height end the client."""
        evidence = self.evm.equivocation(self.evm.height, 1)
        plan = ClientMessagePlan(self.client, self.consensus[1], evidence, CN_B.key, self.window)
        (self.client,) = self.ledger.commit(build_client_freeze(self.ledger.frame, self.registry, plan))
        return self.client

    @property
    def registry(self) -> Any:  # noqa: ANN401 # the registry's type is said where it is made
        return self.ledger.package.light_clients

    def make_substitute(self, client_id: str = SUBSTITUTE_ID, **changes: Any) -> tuple[StateAndRef, ...]:  # noqa: ANN401 # any field
        """A client that begins at the newest block; ``changes`` are to its QBFT client state."""
        height = self.evm.height
        state = replace(decode_client_state(self.evm.client_state(height)), **changes)
        record = ClientRecord(client_id, "qbft", encode_client_state(state), COUNTERPARTY_CLIENT_ID, (b"",))
        consensus_state = self.evm.consensus_state(height)
        return self.ledger.commit(
            build_client_creation(self.ledger.frame, self.registry, record, consensus_state, self.window)
        )

    def recovery(
        self, substitute: StateAndRef, consensus: StateAndRef, last: StateAndRef | None = None
    ) -> TransactionBuilder:
        plan = RecoveryPlan(self.client, substitute, consensus, self.window, last)
        return build_client_recovery(self.ledger.frame, self.registry, plan)

    def recover(self, client_id: str = SUBSTITUTE_ID) -> None:
        """Recover the client; from now on ``consensus`` are the substitute's records."""
        height = self.evm.height
        substitute, consensus = self.make_substitute(client_id)
        (self.client,) = self.ledger.commit(self.recovery(substitute, consensus))
        self.consensus = {height: consensus}

    def endorsement(self, issuer: StateAndRef | None = None) -> TransactionBuilder:
        return build_client_endorsement(self.ledger.frame, self.client, issuer or self.issuer_membership, self.window)

    def endorse(self) -> None:
        (self.client,) = self.ledger.commit(self.endorsement())

    def member(self, party: LedgerParty, role: MemberRole) -> StateAndRef:
        return self.ledger.commit(membership_issue(self.ledger.frame, membership(party, role)))[0]


@pytest.fixture
def world() -> RecoveringWorld:
    return RecoveringWorld()


def locked_in(world: RecoveringWorld) -> tuple[Locked, bytes]:
    """Cash is locked, the securities are delivered, and the client is frozen before anybody could unlock."""
    locked = world.lock(terms_of(), world.issue(2_000_000))
    acknowledgement = world.receive(locked)
    world.freeze()
    return locked, acknowledgement


def _record(**changes: Any) -> Attack:  # noqa: ANN401 # any field of the record
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        made = replace(record_of(builder.outputs[0]), **changes)
        return replace(builder, outputs=(replace(builder.outputs[0], data=made.encode()),))

    return attack


def _signed_by(party: LedgerParty) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        command = builder.commands[0]
        return replace(builder, commands=(replace(command, signers=(party.key, *command.signers[1:])),))

    return attack


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
            (_signed_by(STRANGER), "operator signs"),
            (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), "no data"),
            (lambda b: replace(b, references=b.references[:1]), "consensus of the substitute"),
            (lambda b: replace(b, references=b.references[1:]), "substitute is referenced"),
            (lambda b: replace(b, outputs=b.outputs * 2), "one client record is made"),
            (lambda b: replace(b, time_window=None), "both bounds"),
            (_record(endorsers=(SN.party,)), "recovered one"),
            (_record(status=ClientRecordStatus.FROZEN), "recovered one"),
            (_record(consensus_client_id=CLIENT_ID), "recovered one"),
            (_record(counterparty_client_id="progmat-9"), "recovered one"),
            (_record(client_id=SUBSTITUTE_ID), "recovered one"),
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


class TestEndorse:
    @pytest.fixture
    def recovered(self, world: RecoveringWorld) -> RecoveringWorld:
        world.freeze()
        world.recover()
        return world

    def test_the_operator_who_recovers_opens_no_lock_without_the_issuer(self, world: RecoveringWorld) -> None:
        """Even with an issuer of its own making: only the word of the coins' own issuer counts."""
        locked, acknowledgement = locked_in(world)
        world.recover()
        sham = world.member(EN, MemberRole.SC_ISSUER)
        (world.client,) = world.ledger.commit(world.endorsement(sham))

        evidence = world.ack_evidence(locked, acknowledgement, max(world.consensus))
        unlock = world.unlock_builder(locked, evidence)

        with pytest.raises(IbcClientViolation, match=r"endorsed by the coins' issuer.*expected sn.*found en"):
            world.ledger.verify(unlock)

    def test_no_cash_is_locked_under_a_recovered_client_that_its_issuer_did_not_endorse(
        self, recovered: RecoveringWorld
    ) -> None:
        coins = recovered.issue(2_000_000)
        with pytest.raises(IbcClientViolation, match="endorsed by the coins' issuer"):
            recovered.ledger.verify(recovered.lock_builder(terms_of(), coins))
        recovered.endorse()
        recovered.ledger.commit(recovered.lock_builder(terms_of(), coins))

    @pytest.mark.parametrize(
        "attack",
        [
            _signed_by(STRANGER),
            _signed_by(OPERATOR),
            lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)),
            lambda b: replace(b, references=()),
            _record(endorsers=()),
            _record(endorsers=(EN.party, SN.party)),
            _record(endorsers=(SN.party,), client_state=b"other"),
            _record(endorsers=(SN.party,), status=ClientRecordStatus.FROZEN),
            _record(endorsers=(SN.party,), consensus_client_id="qbft-9"),
            lambda b: replace(b, provable_writes=()),
        ],
        ids=[
            "stranger",
            "operator",
            "data",
            "no membership",
            "nobody",
            "two",
            "state",
            "frozen",
            "records",
            "no write",
        ],
    )
    def test_an_endorsement_that_breaks_a_rule_is_refused(self, recovered: RecoveringWorld, attack: Attack) -> None:
        builder = recovered.endorsement()
        recovered.ledger.verify(builder)

        with pytest.raises((ContractViolation, PlatformRuleBroken, WritesBroken)):
            recovered.ledger.verify(attack(builder))

    def test_a_custodian_or_a_suspended_issuer_endorses_nothing(self, recovered: RecoveringWorld) -> None:
        with pytest.raises(ContractViolation):
            recovered.ledger.verify(recovered.endorsement(recovered.custodian))
        builder = membership_change(recovered.ledger.frame, recovered.issuer_membership, "Suspend")
        (suspended,) = recovered.ledger.commit(builder)
        with pytest.raises(ContractViolation, match="active member"):
            recovered.ledger.verify(with_reference(recovered.endorsement(), recovered.issuer_membership, suspended))

    def test_a_client_that_was_never_recovered_needs_and_takes_no_endorsement(self, world: RecoveringWorld) -> None:
        with pytest.raises(IbcClientViolation, match="only a recovered client"):
            world.ledger.verify(world.endorsement())

    def test_an_issuer_endorses_once(self, recovered: RecoveringWorld) -> None:
        recovered.endorse()
        with pytest.raises(PeerError):
            recovered.endorsement()

    def test_a_second_recovery_asks_the_issuers_anew(self, recovered: RecoveringWorld) -> None:
        recovered.endorse()
        height = max(recovered.consensus)
        recovered.evm.seal()
        evidence = recovered.evm.equivocation(recovered.evm.height, height)
        plan = ClientMessagePlan(recovered.client, recovered.consensus[height], evidence, CN_B.key, recovered.window)
        (recovered.client,) = recovered.ledger.commit(
            build_client_freeze(recovered.ledger.frame, recovered.registry, plan)
        )
        recovered.recover("qbft-4")

        assert client_record(recovered.client).endorsers == ()


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
