"""Transactions that contradict themselves or the network, before any contract has its say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import UnknownContract
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import (
    InputsBroken,
    MalformedComponent,
    NetworkBroken,
    NotaryBroken,
    PlatformRuleBroken,
    SignersBroken,
    WritesBroken,
)
from chains.progmat.transactions.model import Command, Party, TimeWindow, TransactionState, create_write
from chains.progmat.transactions.platform_rules import require_platform_version_supported
from primitives.types import Hash32, UnixSeconds
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import (
    NN,
    SN,
    STRANGER,
    VALIDATOR_KEY,
    VALIDATORS,
    cash,
    cash_issue,
    cash_move,
)
from tests.fakes.settlement_world import SettlementWorld, terms_of

FOREIGN = STRANGER.party
SAME_NAME = Party(NN.name, STRANGER.key)
ZERO = Hash32(bytes(32))


@pytest.fixture(scope="module")
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.fixture(scope="module")
def lock(world: SettlementWorld) -> TransactionBuilder:
    return world.lock_builder(terms_of(), world.issue(1_500_000))


def _extra_write(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, provable_writes=(*builder.provable_writes, builder.provable_writes[0]))


def _foreign_output(notary: Party) -> Callable[[TransactionBuilder], TransactionBuilder]:
    return lambda b: replace(b, outputs=(*b.outputs[:2], replace(b.outputs[2], notary=notary)))


ATTACKS: list[tuple[str, Callable[[TransactionBuilder], TransactionBuilder], type[PlatformRuleBroken], str]] = [
    ("duplicate input", lambda b: replace(b, inputs=b.inputs * 2), InputsBroken, "no input is listed twice"),
    ("duplicate reference", lambda b: replace(b, references=b.references * 2), InputsBroken, "no reference is listed"),
    (
        "input also a reference",
        lambda b: replace(b, references=(*b.references, b.inputs[0])),
        InputsBroken,
        "no input is also a reference",
    ),
    ("no command", lambda b: replace(b, commands=()), InputsBroken, "has a command"),
    (
        "nothing to be about",
        lambda b: replace(b, inputs=(), outputs=(), provable_writes=()),
        InputsBroken,
        "something it is about",
    ),
    ("no notary", lambda b: replace(b, notary=None), NotaryBroken, "a notary is named"),
    ("foreign notary", lambda b: replace(b, notary=FOREIGN), NotaryBroken, "the transaction belongs"),
    ("notary of the same name", lambda b: replace(b, notary=SAME_NAME), NotaryBroken, "the transaction belongs"),
    ("output of a foreign notary", _foreign_output(FOREIGN), NotaryBroken, "output 2 belongs"),
    ("output of a notary of the same name", _foreign_output(SAME_NAME), NotaryBroken, "output 2 belongs"),
    (
        "other network parameters",
        lambda b: replace(b, network_parameters_hash=ZERO),
        NetworkBroken,
        "network parameters are those in force",
    ),
    (
        "other contract package",
        lambda b: replace(b, contract_package=ZERO),
        NetworkBroken,
        "contract package is the one at hand",
    ),
    ("a path written twice", _extra_write, WritesBroken, "no path is written twice"),
    (
        "too many writes",
        lambda b: replace(b, provable_writes=tuple(create_write(bytes([n]), ZERO) for n in range(17))),
        WritesBroken,
        "few provable writes",
    ),
    (
        "Validators left out",
        lambda b: replace(b, commands=(replace(b.commands[0], signers=(SN.key,)),)),
        SignersBroken,
        "the Validators sign",
    ),
    (
        "a single Validator instead of their composite key",
        lambda b: replace(b, commands=(replace(b.commands[0], signers=(SN.key, VALIDATORS[0].key)),)),
        SignersBroken,
        "the Validators sign",
    ),
]


@pytest.mark.parametrize(("attack", "error", "rule"), [a[1:] for a in ATTACKS], ids=[a[0] for a in ATTACKS])
def test_a_lock_that_breaks_a_platform_rule_is_refused(
    world: SettlementWorld,
    lock: TransactionBuilder,
    attack: Callable[[TransactionBuilder], TransactionBuilder],
    error: type[PlatformRuleBroken],
    rule: str,
) -> None:
    world.ledger.verify(lock)

    with pytest.raises(error, match=rule):
        world.ledger.verify(attack(lock))


def test_an_input_of_a_foreign_notary_is_refused(world: SettlementWorld) -> None:
    coin = world.issue(5)
    builder = cash_move(world.ledger.frame, [coin], cash(5))
    foreign = world.ledger.states | {coin.ref: replace(coin.state, notary=FOREIGN)}
    moved = LedgerModel(world.ledger.package, world.now_s, states=foreign)

    with pytest.raises(NotaryBroken, match=r"input .* belongs"):
        moved.verify(builder)


def test_a_reference_of_a_foreign_notary_is_refused(world: SettlementWorld) -> None:
    member = world.issuer_membership
    builder = cash_issue(world.ledger.frame, member, cash(5))
    foreign = world.ledger.states | {member.ref: replace(member.state, notary=FOREIGN)}

    with pytest.raises(NotaryBroken, match=r"reference .* belongs"):
        LedgerModel(world.ledger.package, world.now_s, states=foreign).verify(builder)


def test_a_contract_package_the_network_does_not_allow_is_refused(world: SettlementWorld) -> None:
    builder = cash_issue(world.ledger.frame, world.issuer_membership, cash(5))
    other = replace(world.ledger.package, hash=ZERO)

    with pytest.raises(NetworkBroken):
        LedgerModel(other, world.now_s, states=world.ledger.states).verify(builder)


def test_a_network_newer_than_this_software_is_refused(world: SettlementWorld) -> None:
    with pytest.raises(NetworkBroken, match="upgrade this node"):
        require_platform_version_supported(replace(world.ledger.parameters, platform_version=2))


def test_a_state_of_an_unknown_contract_is_refused(world: SettlementWorld) -> None:
    builder = cash_issue(world.ledger.frame, world.issuer_membership, cash(5))
    strange = TransactionState("anything_goes", b"x", NN.party)

    with pytest.raises(UnknownContract, match="the package has the contract"):
        world.ledger.verify(replace(builder, outputs=(*builder.outputs, strange)))


def test_a_command_without_signers_cannot_be_made() -> None:
    with pytest.raises(MalformedComponent, match="signers"):
        Command("cash", "Move", b"", ())


def test_a_command_that_lists_a_signer_twice_cannot_be_made() -> None:
    with pytest.raises(MalformedComponent, match="distinct"):
        Command("cash", "Move", b"", (SN.key, SN.key))


@pytest.mark.parametrize(("from_s", "until_s"), [(None, None), (10, 10), (11, 10), (-1, 10), (0, 2**63)])
def test_a_time_window_that_makes_no_sense_cannot_be_made(from_s: int | None, until_s: int | None) -> None:
    with pytest.raises(MalformedComponent):
        TimeWindow(None if from_s is None else UnixSeconds(from_s), None if until_s is None else UnixSeconds(until_s))


def test_writes_under_a_composite_key_of_the_signers_own_making_are_refused(
    world: SettlementWorld, lock: TransactionBuilder
) -> None:
    """Two Validators out of four, in a key that says two suffice."""
    weaker = type(VALIDATOR_KEY)(2, VALIDATOR_KEY.children)
    signers = tuple(weaker if key == VALIDATOR_KEY else key for key in lock.commands[0].signers)

    with pytest.raises(SignersBroken):
        world.ledger.verify(replace(lock, commands=(replace(lock.commands[0], signers=signers),)))
