"""Attempts to suspend a Validator that did nothing, to suspend whom one likes, and to go on after a suspension."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import MembershipViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipState, MembershipStatus
from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.contracts.validator_suspension import SUSPEND_VALIDATOR
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import PlatformRuleBroken, SignaturesMissing, WritesBroken
from chains.progmat.transactions.model import Party, StateAndRef, create_write
from chains.progmat.transactions.validator_suspension import suspended_by, suspension_path
from light_clients.progmat import encode_equivocation, equivocation_of
from light_clients.progmat.errors import ForeignSignature, MalformedCheckpoint, NoMisbehaviour
from primitives.errors import Refusal
from primitives.hashing import sha256
from primitives.secp256k1 import address_of
from primitives.types import Hash32
from tests.fakes.equivocations import evidence, some_checkpoint, statement
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    CN_B,
    LEDGER_ID,
    OPERATOR,
    STRANGER,
    VALIDATOR_KEY,
    VALIDATORS,
    LedgerParty,
    cash,
    cash_issue,
    membership_change,
    membership_issue,
)
from tests.fakes.settlement_world import SettlementWorld

GUILTY, INNOCENT = VALIDATORS[0], VALIDATORS[1]
EVIDENCE = evidence(GUILTY.secret, LEDGER_ID)


@pytest.fixture
def world() -> SettlementWorld:
    return SettlementWorld()


def suspension(
    world: SettlementWorld,
    data: bytes = EVIDENCE,
    *,
    of: LedgerParty = GUILTY,
    by: LedgerParty = CN_B,
    reference: StateAndRef | None = None,
    memberships: tuple[StateAndRef, ...] = (),
) -> TransactionBuilder:
    """A suspension by ``by``, valid unless an argument makes it otherwise."""
    frame = world.ledger.frame
    path = suspension_path(address_of(of.secret))
    old = [MembershipState.of(state.state) for state in memberships]
    return replace(
        frame.start(),
        inputs=tuple(state.ref for state in memberships),
        outputs=tuple(replace(it, status=MembershipStatus.SUSPENDED).as_output(frame.notary) for it in old),
        commands=(frame.validated_command(MEMBERSHIP, SUSPEND_VALIDATOR, data, by.key),),
        references=((reference or world.custodian).ref,),
        provable_writes=(create_write(path, Hash32(sha256(data))),),
    )


def membership_of(world: SettlementWorld, party: LedgerParty, key: LedgerParty | None = None) -> StateAndRef:
    """The operator admits a party, under a key of its own or another's."""
    admitted = MembershipState(
        BusinessNetwork.ST, Party(party.name, (key or party).key), (MemberRole.EXCHANGE,), MembershipStatus.ACTIVE
    )
    return world.ledger.commit(membership_issue(world.ledger.frame, admitted))[0]


def test_evidence_suspends_without_the_operator_and_what_comes_later_needs_the_others(world: SettlementWorld) -> None:
    world.ledger.commit(suspension(world), without=(OPERATOR, GUILTY))
    world.evm.seal()
    update = world.update_builder(world.evm.height)
    with pytest.raises(NotaryRefusedError, match="approval counts"):
        world.ledger.commit(update, without=(INNOCENT,))
    world.ledger.commit(update, without=(GUILTY,))


def test_a_suspended_validators_approval_beside_enough_others_does_no_harm(world: SettlementWorld) -> None:
    world.ledger.commit(suspension(world))
    world.evm.seal()
    world.ledger.commit(world.update_builder(world.evm.height))


def test_a_validator_is_suspended_once(world: SettlementWorld) -> None:
    world.ledger.commit(suspension(world))
    with pytest.raises(NotaryRefusedError, match="written before"):
        world.ledger.commit(suspension(world, evidence(GUILTY.secret, LEDGER_ID, height=8)), without=(GUILTY,))


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (EVIDENCE[:-1], MalformedCheckpoint),
        (EVIDENCE + b"\0", MalformedCheckpoint),
        (b"", MalformedCheckpoint),
        (evidence(GUILTY.secret, "progmat-other"), MembershipViolation),
        (evidence(STRANGER.secret, LEDGER_ID), MembershipViolation),
    ],
    ids=["truncated", "padded", "none", "another ledger's", "of a key that was never a Validator's"],
)
def test_forged_or_foreign_evidence_suspends_nobody(world: SettlementWorld, data: bytes, error: type[Refusal]) -> None:
    with pytest.raises(error):
        world.ledger.verify(suspension(world, data))


def test_two_validators_who_disagree_are_not_one_who_signed_twice(world: SettlementWorld) -> None:
    truth = some_checkpoint(LEDGER_ID)
    lie = replace(truth, root=sha256(b"lie"))
    two = equivocation_of(statement(GUILTY.secret, truth), statement(INNOCENT.secret, lie))
    with pytest.raises(ForeignSignature):
        world.ledger.verify(suspension(world, encode_equivocation(two)))


def test_the_same_digest_twice_suspends_nobody(world: SettlementWorld) -> None:
    honest = statement(GUILTY.secret, some_checkpoint(LEDGER_ID))
    with pytest.raises(NoMisbehaviour):
        world.ledger.verify(suspension(world, encode_equivocation(equivocation_of(honest, honest))))


def test_a_signature_bent_by_one_bit_suspends_nobody(world: SettlementWorld) -> None:
    bent = bytearray(EVIDENCE)
    bent[-1] ^= 1
    with pytest.raises(Refusal):
        world.ledger.verify(suspension(world, bytes(bent)))


def test_evidence_against_one_validator_does_not_suspend_another(world: SettlementWorld) -> None:
    with pytest.raises(WritesBroken):
        world.ledger.verify(suspension(world, of=INNOCENT))


def test_evidence_does_not_suspend_a_member_that_is_not_the_keys_owner(world: SettlementWorld) -> None:
    with pytest.raises(MembershipViolation, match="key that signed twice"):
        world.ledger.verify(suspension(world, memberships=(world.seller_custodian,)))
    namesake = membership_of(world, GUILTY, key=STRANGER)
    with pytest.raises(MembershipViolation, match="key that signed twice"):
        world.ledger.verify(suspension(world, memberships=(namesake,)))


def test_the_memberships_of_the_key_are_suspended_with_it(world: SettlementWorld) -> None:
    own = membership_of(world, GUILTY)
    (after,) = world.ledger.commit(suspension(world, memberships=(own,)))
    assert MembershipState.of(after.state).status is MembershipStatus.SUSPENDED
    with pytest.raises(MembershipViolation, match="was active"):
        world.ledger.verify(suspension(world, memberships=(after,)))


Attack = Callable[[TransactionBuilder], TransactionBuilder]


def _with_roles(builder: TransactionBuilder) -> TransactionBuilder:
    output = builder.outputs[0]
    more = replace(MembershipState.of(output), roles=(MemberRole.SC_ISSUER,))
    return replace(builder, outputs=(replace(output, data=more.encode()),))


def _with_status(status: MembershipStatus) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        output = builder.outputs[0]
        changed = replace(MembershipState.of(output), status=status)
        return replace(builder, outputs=(replace(output, data=changed.encode()),))

    return attack


@pytest.mark.parametrize(
    "attack",
    [
        _with_roles,
        _with_status(MembershipStatus.ACTIVE),
        lambda builder: replace(builder, outputs=()),
        lambda builder: replace(builder, outputs=builder.outputs * 2),
    ],
    ids=["other roles", "left active", "revoked", "doubled"],
)
def test_a_suspension_changes_nothing_but_the_status(world: SettlementWorld, attack: Attack) -> None:
    builder = suspension(world, memberships=(membership_of(world, GUILTY),))
    world.ledger.verify(builder)
    with pytest.raises(MembershipViolation):
        world.ledger.verify(attack(builder))


def test_who_is_no_active_member_brings_no_evidence(world: SettlementWorld) -> None:
    with pytest.raises(MembershipViolation, match="signs"):
        world.ledger.verify(suspension(world, by=STRANGER))
    (suspended,) = world.ledger.commit(membership_change(world.ledger.frame, world.custodian, "Suspend"))
    with pytest.raises(MembershipViolation, match="active member"):
        world.ledger.verify(suspension(world, reference=suspended))
    nobody = replace(suspension(world), references=())
    with pytest.raises(MembershipViolation, match="who brings"):
        world.ledger.verify(nobody)


def test_a_suspension_needs_the_validators_approval_and_carries_nothing_else(world: SettlementWorld) -> None:
    builder = suspension(world)
    with pytest.raises(SignaturesMissing):
        world.ledger.commit(builder, without=(GUILTY, INNOCENT))
    command = builder.commands[0]
    alone = replace(command, signers=(CN_B.key,))
    with pytest.raises(PlatformRuleBroken):
        world.ledger.verify(replace(builder, commands=(alone,)))
    coins = cash_issue(world.ledger.frame, world.issuer_membership, cash(5))
    with pytest.raises(Refusal):
        world.ledger.verify(
            replace(builder, outputs=coins.outputs, commands=(command, *coins.commands), references=coins.references)
        )
    with pytest.raises(MembershipViolation):
        world.ledger.verify(replace(builder, commands=(command, command)))


@pytest.mark.parametrize(
    "writes",
    [
        (),
        (create_write(suspension_path(address_of(GUILTY.secret)), Hash32(sha256(b"else"))),),
        (create_write(b"validator/else", Hash32(sha256(EVIDENCE))),),
    ],
    ids=["none", "another value", "another path"],
)
def test_the_write_is_exactly_the_suspension(world: SettlementWorld, writes: tuple[object, ...]) -> None:
    with pytest.raises((WritesBroken, PlatformRuleBroken)):
        world.ledger.verify(replace(suspension(world), provable_writes=writes))  # type: ignore[arg-type] # writes all


def test_no_other_command_makes_such_a_write(world: SettlementWorld) -> None:
    builder = membership_change(world.ledger.frame, world.custodian, "Suspend")
    command = builder.commands[0]
    signed_by_all = replace(command, signers=(OPERATOR.key, VALIDATOR_KEY))
    path = suspension_path(address_of(INNOCENT.secret))
    forged = replace(
        builder, commands=(signed_by_all,), provable_writes=(create_write(path, Hash32(sha256(b"because"))),)
    )
    with pytest.raises(WritesBroken):
        world.ledger.verify(forged)


def test_only_a_suspension_path_names_a_validator() -> None:
    address = address_of(GUILTY.secret)
    assert suspended_by(suspension_path(address)) == address
    for other in (b"", b"trade/" + bytes(32), suspension_path(address) + b"x", b"x" + suspension_path(address)[1:]):
        assert suspended_by(other) is None
