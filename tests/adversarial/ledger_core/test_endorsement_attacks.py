"""Whose word lets locked cash follow a recovered light client, and what the operator gains without it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import ContractViolation, IbcClientViolation
from chains.progmat.contracts.ibc_records import ClientRecordStatus
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    build_client_freeze,
)
from chains.progmat.transactions.errors import PlatformRuleBroken, WritesBroken
from primitives.errors import PeerError
from tests.fakes.ledger_parties import (
    CN_B,
    EN,
    OPERATOR,
    SN,
    STRANGER,
    membership_change,
)
from tests.fakes.recovering_world import (
    Attack,
    RecoveringWorld,
    locked_in,
    record_changed,
    signed_by,
)
from tests.fakes.settlement_world import (
    client_record,
    terms_of,
    with_reference,
)


@pytest.fixture
def world() -> RecoveringWorld:
    return RecoveringWorld()


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
            signed_by(STRANGER),
            signed_by(OPERATOR),
            lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)),
            lambda b: replace(b, references=()),
            record_changed(endorsers=()),
            record_changed(endorsers=(EN.party, SN.party)),
            record_changed(endorsers=(SN.party,), client_state=b"other"),
            record_changed(endorsers=(SN.party,), status=ClientRecordStatus.FROZEN),
            record_changed(endorsers=(SN.party,), consensus_client_id="qbft-9"),
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
