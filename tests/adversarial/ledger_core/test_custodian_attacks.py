"""Coins that would be given or taken where no active custodian of the network keeps the account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import MembershipViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipState, MembershipStatus
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Party, StateAndRef
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    CN_A,
    CN_B,
    SELLER,
    SN,
    STRANGER,
    LedgerParty,
    cash,
    cash_issue,
    cash_move,
    cash_redeem,
    membership,
    membership_change,
    membership_issue,
    salt_of,
    signed,
)
from tests.fakes.settlement_world import SettlementWorld, terms_of, with_reference

Make = Callable[[SettlementWorld, StateAndRef], TransactionBuilder]


def _issue(world: SettlementWorld, _coins: StateAndRef) -> TransactionBuilder:
    return cash_issue(world.ledger.frame, world.issuer_membership, cash(10, SELLER, CN_A), cash(10))


def _move(world: SettlementWorld, coins: StateAndRef) -> TransactionBuilder:
    return cash_move(world.ledger.frame, [coins], cash(60, SELLER, CN_A), cash(40))


def _redeem(world: SettlementWorld, coins: StateAndRef) -> TransactionBuilder:
    return cash_redeem(world.ledger.frame, [coins], cash(40))


ALL: dict[str, Make] = {"issue": _issue, "move": _move, "redeem": _redeem}


@pytest.fixture
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.fixture
def coins(world: SettlementWorld) -> StateAndRef:
    return world.issue(100)


@pytest.mark.parametrize("what", ALL)
def test_no_coins_are_given_or_taken_without_the_custodians_memberships(
    world: SettlementWorld, coins: StateAndRef, what: str
) -> None:
    builder = ALL[what](world, coins)
    world.ledger.verify(builder)
    for missing in builder.references:
        left = tuple(ref for ref in builder.references if ref != missing)
        with pytest.raises(MembershipViolation, match="is referenced"):
            world.ledger.verify(replace(builder, references=left))


@pytest.mark.parametrize(("suspended", "what"), [(CN_B, "issue"), (CN_A, "move"), (CN_B, "move"), (CN_B, "redeem")])
def test_a_suspended_custodian_neither_gives_nor_takes(
    world: SettlementWorld, coins: StateAndRef, suspended: LedgerParty, what: str
) -> None:
    builder = ALL[what](world, coins)
    active = world.ledger.frame.members[BusinessNetwork.SC, suspended.name]
    (changed,) = world.ledger.commit(membership_change(world.ledger.frame, active, "Suspend"))

    with pytest.raises(MembershipViolation, match="is an active member"):
        world.ledger.verify(with_reference(builder, active, changed))
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(builder)


@pytest.mark.parametrize("what", ["issue", "redeem"])
def test_a_suspended_issuer_neither_issues_nor_redeems_but_its_coins_move(
    world: SettlementWorld, coins: StateAndRef, what: str
) -> None:
    (suspended,) = world.ledger.commit(membership_change(world.ledger.frame, world.issuer_membership, "Suspend"))
    builder = ALL[what](world, coins)
    if what == "issue":
        builder = with_reference(builder, world.issuer_membership, suspended)
    with pytest.raises(MembershipViolation, match="sn is an active member"):
        world.ledger.verify(builder)

    world.ledger.commit(_move(world, coins))


def test_a_revoked_custodian_does_nothing_with_the_membership_it_had(
    world: SettlementWorld, coins: StateAndRef
) -> None:
    builder = _move(world, coins)
    world.ledger.commit(membership_change(world.ledger.frame, world.custodian, "Revoke"))

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(builder)
    with pytest.raises(MembershipViolation, match="cn-b is referenced"):
        world.ledger.verify(_move(world, coins))


def test_a_suspended_membership_does_not_hide_behind_an_active_one(world: SettlementWorld, coins: StateAndRef) -> None:
    """The operator's slip: two memberships of one party. Both are shown, and that is refused."""
    frame = world.ledger.frame
    (second,) = world.ledger.commit(membership_issue(frame, membership(CN_B, MemberRole.CUSTODIAN)))
    (suspended,) = world.ledger.commit(membership_change(frame, world.custodian, "Suspend"))
    builder = cash_move(frame, [coins], cash(100))
    good = replace(builder, references=(second.ref,))
    world.ledger.verify(good)

    for pair in ((second.ref, suspended.ref), (suspended.ref, second.ref)):
        with pytest.raises(MembershipViolation, match="exactly one; found 2"):
            world.ledger.verify(replace(builder, references=pair))


@pytest.mark.parametrize(
    ("other", "rule"),
    [
        (replace(membership(CN_B, MemberRole.CUSTODIAN), network=BusinessNetwork.ST), "SC membership of cn-b"),
        (replace(membership(CN_B, MemberRole.CUSTODIAN), network=BusinessNetwork.UT), "SC membership of cn-b"),
        (membership(STRANGER, MemberRole.CUSTODIAN), "SC membership of cn-b"),
        (membership(CN_B, MemberRole.SC_ISSUER), "has the role"),
        (membership(CN_B, MemberRole.EXCHANGE), "has the role"),
    ],
    ids=["ST", "UT", "a stranger's", "as issuer", "as exchange"],
)
def test_another_membership_does_not_do(
    world: SettlementWorld, coins: StateAndRef, other: MembershipState, rule: str
) -> None:
    builder = _move(world, coins)
    (shown,) = world.ledger.commit(membership_issue(world.ledger.frame, other))

    with pytest.raises(MembershipViolation, match=rule):
        world.ledger.verify(with_reference(builder, world.custodian, shown))


def test_a_membership_that_no_operator_signed_is_none(world: SettlementWorld, coins: StateAndRef) -> None:
    """Forged under another operator's key: it never becomes a state that anybody resolves."""
    forged = membership_issue(world.ledger.frame, membership(CN_B, MemberRole.CUSTODIAN))
    forged = replace(forged, commands=(replace(forged.commands[0], signers=(STRANGER.key,)),))
    with pytest.raises(MembershipViolation, match="operator signs"):
        world.ledger.commit(forged)

    wire = forged.to_wire(salt_of("forged"))
    phantom = StateAndRef(type(coins.ref)(signed(wire).id, 0), wire.outputs[0])
    with pytest.raises(Exception, match="not known here"):
        world.ledger.verify(with_reference(_move(world, coins), world.custodian, phantom))


def test_an_issuer_of_the_same_name_and_another_key_is_somebody_else(
    world: SettlementWorld, coins: StateAndRef
) -> None:
    impostor = replace(membership(SN, MemberRole.SC_ISSUER), party=Party(SN.name, STRANGER.key))
    (shown,) = world.ledger.commit(membership_issue(world.ledger.frame, impostor))
    builder = _redeem(world, coins)
    references = (
        shown.ref,
        *(ref for ref in builder.references if ref not in {world.issuer_membership.ref, shown.ref}),
    )

    with pytest.raises(MembershipViolation, match="sn's key"):
        world.ledger.verify(replace(builder, references=references))


def test_no_cash_is_locked_for_a_seller_whose_custodian_may_not_receive_it(world: SettlementWorld) -> None:
    builder = world.lock_builder(terms_of(), world.issue(1_000_000))
    (suspended,) = world.ledger.commit(membership_change(world.ledger.frame, world.seller_custodian, "Suspend"))

    with pytest.raises(MembershipViolation, match="cn-a is an active member"):
        world.ledger.verify(with_reference(builder, world.seller_custodian, suspended))
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(builder)


@pytest.mark.parametrize("party", ["buyer's custodian", "seller's custodian"])
def test_a_suspension_between_lock_and_proof_decides_nothing(world: SettlementWorld, party: str) -> None:
    locked = world.lock(terms_of(), world.issue(1_000_000))
    member = world.custodian if party == "buyer's custodian" else world.seller_custodian
    world.ledger.commit(membership_change(world.ledger.frame, member, "Suspend"))
    acknowledgement = world.receive(locked)
    height = world.update_client()
    evidence = world.ack_evidence(locked, acknowledgement, height)
    (paid,) = world.ledger.commit(world.unlock_builder(locked, evidence))

    assert CashState.of(paid.state).node == CN_A.name


@pytest.mark.parametrize(
    "attack",
    [
        {"network": BusinessNetwork.ST},
        {"party": Party("cn-x", CN_B.key)},
        {"party": Party("cn-b", STRANGER.key)},
        {"status": MembershipStatus.SUSPENDED},
        {},
    ],
    ids=["network", "name", "key", "status", "nothing"],
)
def test_an_amendment_changes_the_roles_and_nothing_else(world: SettlementWorld, attack: dict[str, object]) -> None:
    old = MembershipState.of(world.custodian.state)
    builder = membership_change(world.ledger.frame, world.custodian, "Suspend")
    amend = replace(builder, commands=(replace(builder.commands[0], name="Amend"),))
    roles = (MemberRole.CUSTODIAN, MemberRole.EXCHANGE)
    good = replace(old, roles=roles).as_output(world.ledger.frame.notary)
    world.ledger.verify(replace(amend, outputs=(good,)))

    changed = replace(old, **attack).as_output(world.ledger.frame.notary)  # type: ignore[arg-type] # any field
    with pytest.raises(MembershipViolation):
        world.ledger.verify(replace(amend, outputs=(changed,)))
