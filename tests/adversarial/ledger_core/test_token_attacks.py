"""Attempts to make, destroy, mix or take tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import ContractViolation, MembershipViolation, TokenViolation
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import SECURITY_TOKEN, UTILITY_TOKEN
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent, PlatformRuleBroken
from chains.progmat.transactions.model import Command, Party, TransactionState
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from primitives.composite_key import Key
from primitives.errors import DecodeError
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import (
    AN,
    BUYER,
    CN_A,
    CN_B,
    NN,
    SELLER,
    SN,
    STRANGER,
    membership_change,
    membership_issue,
)
from tests.fakes.token_parties import (
    NOW_S,
    SC,
    ST,
    UT,
    TokenWorld,
    member,
    token,
    token_issue,
    token_move,
    token_redeem,
)

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())
OTHER = "ST-2"
Attack = Callable[[TransactionBuilder], TransactionBuilder]


@pytest.fixture
def world() -> TokenWorld:
    return TokenWorld(LedgerModel(PACKAGE, NOW_S))


def _signed_only_by(builder: TransactionBuilder, *signers: Key) -> TransactionBuilder:
    return replace(builder, commands=(replace(builder.commands[0], signers=signers),))


def test_tokens_go_from_owner_to_owner_and_are_redeemed(world: TokenWorld) -> None:
    to_buyer, change = world.ledger.commit(token_move(world.frame, [world.tokens], token(60, BUYER, CN_B), token(40)))
    (rest,) = world.ledger.commit(token_redeem(world.frame, [to_buyer], token(10, BUYER, CN_B)))

    assert [TokenState.of(s.state).quantity for s in world.ledger.unspent(SECURITY_TOKEN)] == [40, 10]
    assert {change.ref, rest.ref} == {s.ref for s in world.ledger.unspent(SECURITY_TOKEN)}


@pytest.mark.parametrize("outputs", [(101,), (99,), (60, 41), (), (100, 100)], ids=str)
def test_a_move_that_makes_or_destroys_tokens_is_refused(world: TokenWorld, outputs: tuple[int, ...]) -> None:
    builder = token_move(world.frame, [world.tokens], *(token(quantity) for quantity in outputs))

    with pytest.raises(TokenViolation, match="tokens in equal tokens out"):
        world.ledger.verify(builder)


@pytest.mark.parametrize(
    "changed",
    [token(100, token_id=OTHER), replace(token(100), registrar=Party(AN.name, STRANGER.key))],
    ids=["another security", "a registrar of the same name"],
)
def test_tokens_do_not_turn_into_others(world: TokenWorld, changed: TokenState) -> None:
    builder = token_move(world.frame, [world.tokens], changed).with_signer(0, STRANGER.key)

    with pytest.raises(TokenViolation, match="token by token"):
        world.ledger.verify(builder)


def test_a_security_token_does_not_turn_into_a_utility_token(world: TokenWorld) -> None:
    moved = token_move(world.frame, [world.tokens], token(100))
    utility = token(100, network=UT).as_output(NN.party)
    command = Command(UTILITY_TOKEN, "Move", b"", (SELLER.key, AN.key))
    refs = world.frame.refs(UT, CN_A.name)

    with pytest.raises(TokenViolation):
        world.ledger.verify(replace(moved, outputs=(utility,), commands=(*moved.commands, command), references=refs))
    disguised = TransactionState(UTILITY_TOKEN, token(100).encode(), NN.party)
    issue = token_issue(world.frame, token(100, network=UT))
    with pytest.raises(TokenViolation, match="its network's contract"):
        world.ledger.verify(replace(issue, outputs=(disguised,)))


@pytest.mark.parametrize("name", ["Move", "Redeem"])
@pytest.mark.parametrize(
    ("signers", "rule"),
    [((AN.key,), "each owner signs"), ((SELLER.key,), "registrar an signs"), ((STRANGER.key,), "signs")],
    ids=["no owner", "no registrar", "a stranger"],
)
def test_no_token_goes_without_its_owner_and_its_registrar(
    world: TokenWorld, name: str, signers: tuple[Key, ...], rule: str
) -> None:
    make = {"Move": token_move, "Redeem": token_redeem}[name]
    builder = make(world.frame, [world.tokens], *([token(100)] if name == "Move" else []))

    with pytest.raises(TokenViolation, match=rule):
        world.ledger.verify(_signed_only_by(builder, *signers))


@pytest.mark.parametrize(
    ("attack", "error", "rule"),
    [
        (lambda b: _signed_only_by(b, STRANGER.key), TokenViolation, "registrar an signs"),
        (lambda b: replace(b, references=b.references[:1]), MembershipViolation, "is referenced"),
        (lambda b: replace(b, references=b.references[1:]), MembershipViolation, "is referenced"),
        (lambda b: replace(b, outputs=()), (TokenViolation, PlatformRuleBroken), "makes tokens|something it is about"),
        (
            lambda b: replace(b, outputs=(*b.outputs, token(1, token_id=OTHER).as_output(b.notary))),
            TokenViolation,
            "one token",
        ),
        (lambda b: replace(b, commands=b.commands * 2), TokenViolation, "one command"),
        (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), TokenViolation, "transfer note"),
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Mint"),)), TokenViolation, "known"),
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Move"),)), TokenViolation, "consumes tokens"),
    ],
    ids=["stranger", "no custodian", "no registrar", "nothing", "two tokens", "twice", "data", "unknown", "move"],
)
def test_an_issue_that_breaks_a_rule_is_refused(
    world: TokenWorld, attack: Attack, error: type[ContractViolation], rule: str
) -> None:
    builder = token_issue(world.frame, token(100))
    world.ledger.verify(builder)

    with pytest.raises(error, match=rule):
        world.ledger.verify(attack(builder))


def test_the_register_of_one_network_does_not_entitle_in_another(world: TokenWorld) -> None:
    builder = token_issue(world.frame, token(100, network=UT))
    world.ledger.verify(builder)
    of_st = replace(builder, references=(*world.frame.refs(ST, AN.name), *world.frame.refs(UT, CN_A.name)))

    with pytest.raises(MembershipViolation, match="UT membership of an"):
        world.ledger.verify(of_st)


def test_a_member_without_the_registrars_role_issues_nothing(world: TokenWorld) -> None:
    own = replace(token(100), registrar=SN.party)
    (as_custodian,) = world.ledger.commit(membership_issue(world.frame, member(ST, SN, MemberRole.CUSTODIAN)))
    builder = _signed_only_by(token_issue(world.frame, own), SN.key)
    references = (as_custodian.ref, *world.frame.refs(ST, CN_A.name))

    with pytest.raises(MembershipViolation, match="sn has the role"):
        world.ledger.verify(replace(builder, references=references))


@pytest.mark.parametrize("party", [AN, CN_A], ids=["registrar", "custodian"])
def test_who_is_suspended_has_no_part_in_an_issue(world: TokenWorld, party: object) -> None:
    builder = token_issue(world.frame, token(100))
    active = world.membership(ST, AN if party is AN else CN_A)
    (suspended,) = world.ledger.commit(membership_change(world.frame, active, "Suspend"))

    with pytest.raises(MembershipViolation, match="is an active member"):
        world.ledger.verify(
            replace(builder, references=tuple(suspended.ref if r == active.ref else r for r in builder.references))
        )
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(builder)


def test_a_custodian_of_the_cash_network_only_takes_no_tokens(world: TokenWorld) -> None:
    world.ledger.commit(membership_change(world.frame, world.membership(ST, CN_B), "Revoke"))
    builder = token_move(world.frame, [world.tokens], token(100, BUYER, CN_B))

    with pytest.raises(MembershipViolation, match="ST membership of cn-b"):
        world.ledger.verify(replace(builder, references=(*builder.references, *world.frame.refs(SC, CN_B.name))))


@pytest.mark.parametrize("quantities", [(100,), (101,), (60, 40)], ids=str)
def test_a_redemption_that_destroys_nothing_is_refused(world: TokenWorld, quantities: tuple[int, ...]) -> None:
    with pytest.raises(TokenViolation, match="destroys tokens"):
        world.ledger.verify(token_redeem(world.frame, [world.tokens], *(token(q) for q in quantities)))


def test_a_redemption_is_of_one_token(world: TokenWorld) -> None:
    """Units of two tokens have no sum: more of one would be left for less of the other."""
    (other,) = world.ledger.commit(token_issue(world.frame, token(50, token_id=OTHER)))
    with pytest.raises(TokenViolation, match="one token"):
        world.ledger.verify(token_redeem(world.frame, [world.tokens, other], token(120)))


def test_a_redemption_cannot_pay_change_to_somebody_else(world: TokenWorld) -> None:
    with pytest.raises(TokenViolation, match="change goes back"):
        world.ledger.verify(token_redeem(world.frame, [world.tokens], token(40, BUYER, CN_B)))


def test_tokens_are_not_encumbered(world: TokenWorld) -> None:
    builder = token_move(world.frame, [world.tokens], token(60), token(40))
    outputs = tuple(replace(output, encumbrance=1 - n) for n, output in enumerate(builder.outputs))

    with pytest.raises(TokenViolation, match="no token is encumbered"):
        world.ledger.verify(replace(builder, outputs=outputs))


@pytest.mark.parametrize("contract", ["cash", "dvp_lock", "membership", "native_dvp", "utility_token"])
def test_tokens_do_not_slip_through_under_a_command_of_another_contract(world: TokenWorld, contract: str) -> None:
    builder = token_move(world.frame, [world.tokens], token(100, BUYER, CN_B))
    command = Command(contract, "Move", b"", (STRANGER.key,))

    with pytest.raises((ContractViolation, DecodeError)):
        world.ledger.verify(replace(builder, commands=(command,)))


def test_a_token_is_spent_once(world: TokenWorld) -> None:
    world.ledger.commit(token_move(world.frame, [world.tokens], token(100, BUYER, CN_B)))

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(token_move(world.frame, [world.tokens], token(100)))


@pytest.mark.parametrize(
    "changes", [{"quantity": 0}, {"quantity": 10**15 + 1}, {"network": SC}, {"token_id": ""}, {"node": " x"}], ids=str
)
def test_a_malformed_token_is_none(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedComponent):
        replace(token(1), **changes)  # type: ignore[arg-type] # any field
