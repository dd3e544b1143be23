"""Attempts to become, stay or look like a member without the operator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.contracts.errors import ContractViolation, MembershipViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipState, MembershipStatus
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent, PlatformRuleBroken, WritesBroken
from chains.progmat.transactions.model import Party, StateAndRef, TransactionState, create_write
from primitives.types import Hash32
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    CN_A,
    NN,
    SN,
    STRANGER,
    VALIDATOR_KEY,
    cash,
    cash_issue,
    membership,
    membership_change,
    membership_issue,
)
from tests.fakes.settlement_world import SettlementWorld

Attack = Callable[[TransactionBuilder], TransactionBuilder]


@pytest.fixture
def world() -> SettlementWorld:
    return SettlementWorld()


def _state(**changes: Any) -> Attack:  # noqa: ANN401 # any field of the membership
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        output = builder.outputs[0]
        changed = replace(MembershipState.of(output), **changes)
        return replace(builder, outputs=(replace(output, data=changed.encode()),))

    return attack


def _by_a_stranger(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, commands=(replace(builder.commands[0], signers=(STRANGER.key,)),))


def test_a_member_is_suspended_activated_and_revoked(world: SettlementWorld) -> None:
    frame = world.ledger.frame
    (suspended,) = world.ledger.commit(membership_change(frame, world.custodian, "Suspend"))
    (active,) = world.ledger.commit(membership_change(frame, suspended, "Activate"))
    assert MembershipState.of(active.state) == MembershipState.of(world.custodian.state)

    assert world.ledger.commit(membership_change(frame, active, "Revoke")) == ()
    assert active.ref not in {state.ref for state in world.ledger.unspent(MEMBERSHIP)}


@pytest.mark.parametrize("name", ["Suspend", "Revoke"])
def test_a_stranger_changes_no_membership(world: SettlementWorld, name: str) -> None:
    with pytest.raises(MembershipViolation, match="operator signs"):
        world.ledger.verify(_by_a_stranger(membership_change(world.ledger.frame, world.custodian, name)))


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (_by_a_stranger, "operator signs"),
        (_state(status=MembershipStatus.SUSPENDED), "new membership is active"),
        (lambda b: replace(b, outputs=b.outputs * 2), "one membership is issued"),
        (lambda b: replace(b, commands=b.commands * 2), "one membership"),
        (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), "no data"),
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Promote"),)), "known"),
    ],
    ids=["stranger", "suspended", "two", "two commands", "data", "unknown"],
)
def test_an_admission_that_breaks_a_rule_is_refused(world: SettlementWorld, attack: Attack, rule: str) -> None:
    builder = membership_issue(world.ledger.frame, membership(CN_A, MemberRole.CUSTODIAN))
    world.ledger.verify(builder)

    with pytest.raises(MembershipViolation, match=rule):
        world.ledger.verify(attack(builder))


@pytest.mark.parametrize(
    "attack",
    [
        _state(roles=(MemberRole.SC_ISSUER,)),
        _state(network=BusinessNetwork.ST),
        _state(party=STRANGER.party),
        _state(party=Party("cn-b", STRANGER.key)),
        _state(status=MembershipStatus.ACTIVE),
        lambda b: replace(b, outputs=()),
        lambda b: replace(b, outputs=b.outputs * 2),
    ],
    ids=["role", "network", "party", "key", "status", "nothing", "two"],
)
def test_a_suspension_changes_the_status_and_nothing_else(world: SettlementWorld, attack: Attack) -> None:
    builder = membership_change(world.ledger.frame, world.custodian, "Suspend")

    with pytest.raises(MembershipViolation):
        world.ledger.verify(attack(builder))


def test_a_revocation_leaves_nothing(world: SettlementWorld) -> None:
    builder = membership_change(world.ledger.frame, world.custodian, "Revoke")
    with pytest.raises(MembershipViolation, match="leaves nothing"):
        world.ledger.verify(replace(builder, outputs=(world.custodian.state,)))


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (lambda b: b, "changes something"),
        (_state(status=MembershipStatus.SUSPENDED), "nothing but the roles"),
        (_state(party=Party("cn-b", STRANGER.key), roles=(MemberRole.EXCHANGE,)), "nothing but the roles"),
        (lambda b: replace(b, inputs=()), "one membership is consumed"),
        (lambda b: replace(b, outputs=b.outputs * 2), "one membership is made"),
    ],
    ids=["nothing", "status", "key", "no input", "two"],
)
def test_an_amendment_changes_the_roles_and_nothing_else(world: SettlementWorld, attack: Attack, rule: str) -> None:
    amend = replace(membership_change(world.ledger.frame, world.custodian, "Amend"), outputs=(world.custodian.state,))
    world.ledger.verify(_state(roles=(MemberRole.CUSTODIAN, MemberRole.EXCHANGE))(amend))

    with pytest.raises(MembershipViolation, match=rule):
        world.ledger.verify(attack(amend))


@pytest.mark.parametrize(
    ("first", "second"), [("Suspend", "Suspend"), (None, "Activate")], ids=["suspend twice", "activate active"]
)
def test_a_status_changes_only_from_the_other(world: SettlementWorld, first: str | None, second: str) -> None:
    member = world.custodian
    if first:
        (member,) = world.ledger.commit(membership_change(world.ledger.frame, member, first))

    with pytest.raises(MembershipViolation, match="becomes"):
        world.ledger.verify(membership_change(world.ledger.frame, member, second))


def test_a_revoked_member_cannot_be_referenced(world: SettlementWorld) -> None:
    world.ledger.commit(membership_change(world.ledger.frame, world.issuer_membership, "Revoke"))

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.issue(1)


def test_a_membership_on_another_network_does_not_count(world: SettlementWorld) -> None:
    foreign = replace(membership(SN, MemberRole.SC_ISSUER), network=BusinessNetwork.ST)
    (member,) = world.ledger.commit(membership_issue(world.ledger.frame, foreign))

    with pytest.raises(MembershipViolation, match="SC membership of sn is referenced"):
        world.ledger.verify(cash_issue(world.ledger.frame, member, cash(1)))


def test_a_state_that_only_calls_itself_a_membership_does_not_count(world: SettlementWorld) -> None:
    forged = TransactionState("cash", membership(SN, MemberRole.SC_ISSUER).encode(), NN.party)
    ref = replace(world.issuer_membership.ref, index=9)
    world.ledger.states[ref] = forged

    with pytest.raises(MembershipViolation, match="is referenced"):
        world.ledger.verify(cash_issue(world.ledger.frame, StateAndRef(ref, forged), cash(1)))


def test_a_membership_transaction_cannot_write_to_the_provable_store(world: SettlementWorld) -> None:
    builder = membership_issue(world.ledger.frame, membership(CN_A, MemberRole.CUSTODIAN))
    builder = replace(builder, provable_writes=(create_write(b"trade/" + bytes(32), Hash32(bytes(32))),))

    with pytest.raises(WritesBroken, match="vouch for"):
        world.ledger.verify(builder.with_signer(0, VALIDATOR_KEY))
    with pytest.raises(PlatformRuleBroken, match="Validators sign"):
        world.ledger.verify(builder)


@pytest.mark.parametrize("roles", [(), (2, 1), (1, 1)], ids=["none", "descending", "twice"])
def test_roles_out_of_shape_are_refused(roles: tuple[int, ...]) -> None:
    with pytest.raises(MalformedComponent, match="roles"):
        replace(membership(SN, MemberRole.SC_ISSUER), roles=tuple(MemberRole(role) for role in roles))


@pytest.mark.parametrize("field", ["network", "status", "roles"])
def test_an_unknown_number_of_an_enumeration_is_refused(field: str) -> None:
    message = pb.MembershipState.FromString(membership(SN, MemberRole.SC_ISSUER).encode())
    if field == "roles":
        message.roles.append(9)  # type: ignore[arg-type]  # a number that the enumeration lacks, as a peer may send it
    else:
        setattr(message, field, 9)

    with pytest.raises(MalformedComponent, match="is known"):
        MembershipState.of(TransactionState(MEMBERSHIP, message.SerializeToString(), NN.party))


def test_the_operator_cannot_touch_coins(world: SettlementWorld) -> None:
    coins = world.issue(5)
    builder = membership_change(world.ledger.frame, world.custodian, "Suspend")

    with pytest.raises(ContractViolation, match="coins has one command"):
        world.ledger.verify(replace(builder, inputs=(*builder.inputs, coins.ref)))
