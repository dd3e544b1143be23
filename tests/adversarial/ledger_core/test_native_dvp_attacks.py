"""Attempts to settle a native trade otherwise than its terms say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import ContractViolation, MembershipViolation, NativeDvpViolation
from chains.progmat.contracts.names import CASH, SECURITY_TOKEN
from chains.progmat.contracts.native_terms import NativeTerms, decode_native_terms, encode_native_terms
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command, Party, TimeWindow, TransactionState
from ibc.dvp import CashAccount
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from primitives.errors import DecodeError
from primitives.public_key import PublicKey
from primitives.types import UnixSeconds
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import (
    AN,
    BUYER,
    CN_A,
    CN_B,
    SELLER,
    STRANGER,
    cash,
    cash_issue,
    membership_change,
)
from tests.fakes.token_parties import NOW_S, SC, ST, UT, TokenWorld, native_terms, token, token_issue

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())
OTHER = "ST-2"
Attack = Callable[[TransactionBuilder], TransactionBuilder]


@pytest.fixture
def world() -> TokenWorld:
    return TokenWorld(LedgerModel(PACKAGE, NOW_S))


def _amounts(ledger: LedgerModel) -> tuple[dict[str, int], dict[str, int]]:
    """Tokens and yen by node."""
    tokens: dict[str, int] = {}
    yen: dict[str, int] = {}
    for state in ledger.unspent(SECURITY_TOKEN):
        held = TokenState.of(state.state)
        tokens[held.node] = tokens.get(held.node, 0) + held.quantity
    for state in ledger.unspent(CASH):
        coin = CashState.of(state.state)
        yen[coin.node] = yen.get(coin.node, 0) + coin.amount_yen
    return tokens, yen


def test_tokens_and_cash_change_hands_together(world: TokenWorld) -> None:
    world.ledger.commit(world.settlement())

    assert _amounts(world.ledger) == ({"cn-a": 90, "cn-b": 10}, {"cn-a": 400, "cn-b": 600})


def _outputs(change: Callable[[TransactionState], TransactionState | None]) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        changed = (change(output) for output in builder.outputs)
        return replace(builder, outputs=tuple(output for output in changed if output is not None))

    return attack


def _cash_amounts(*amounts_yen: int) -> Attack:
    """The cash outputs with other amounts: the first is the seller's, the second the change."""
    left = list(amounts_yen)

    def change(output: TransactionState) -> TransactionState | None:
        if output.contract != CASH:
            return output
        return replace(output, data=replace(CashState.of(output), amount_yen=left.pop(0)).encode())

    return _outputs(change)


def _token_amounts(*quantities: int) -> Attack:
    left = list(quantities)

    def change(output: TransactionState) -> TransactionState | None:
        if output.contract != SECURITY_TOKEN:
            return output
        return replace(output, data=replace(TokenState.of(output), quantity=left.pop(0)).encode())

    return _outputs(change)


def _terms(**changes: object) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        first, *rest = builder.commands
        terms = replace(decode_native_terms(first.data), **changes)  # type: ignore[arg-type] # any field
        return replace(builder, commands=(replace(first, data=encode_native_terms(terms)), *rest))

    return attack


def _to(contract: str, account: CashAccount, index: int) -> Attack:
    """One output of a contract goes to another account."""
    seen = []

    def change(output: TransactionState) -> TransactionState:
        if output.contract != contract:
            return output
        seen.append(output)
        if len(seen) - 1 != index:
            return output
        owner = STRANGER.key
        if contract == CASH:
            return replace(output, data=replace(CashState.of(output), owner=owner, node=account.node).encode())
        return replace(output, data=replace(TokenState.of(output), owner=owner, node=account.node).encode())

    return _outputs(change)


@pytest.mark.parametrize(
    "attack",
    [
        lambda: _cash_amounts(399, 601),
        lambda: _cash_amounts(401, 599),
        lambda: _token_amounts(9, 91),
        lambda: _token_amounts(11, 89),
        lambda: _terms(quantity=11),
        lambda: _terms(amount_yen=399),
        lambda: _terms(token_id=OTHER),
        lambda: _terms(coin_id="PGC-2"),
        lambda: _terms(registrar="an-2"),
        lambda: _terms(issuer="sn-2"),
        lambda: _terms(network=UT),
        lambda: _terms(seller_tokens=STRANGER.account_at(CN_A)),
        lambda: _terms(buyer_cash=STRANGER.account_at(CN_B)),
        lambda: _terms(seller_cash=STRANGER.account_at(CN_A)),
        lambda: _terms(buyer_tokens=STRANGER.account_at(CN_B)),
        lambda: _terms(settle_by_s=NOW_S + 59),
        lambda: _to(CASH, STRANGER.account_at(CN_A), 0),
        lambda: _to(CASH, STRANGER.account_at(CN_B), 1),
        lambda: _to(SECURITY_TOKEN, STRANGER.account_at(CN_B), 0),
        lambda: _to(SECURITY_TOKEN, STRANGER.account_at(CN_A), 1),
    ],
    ids=[
        "less cash",
        "more cash",
        "fewer tokens",
        "more tokens",
        "terms: quantity",
        "terms: amount",
        "terms: token",
        "terms: coin",
        "terms: registrar",
        "terms: issuer",
        "terms: network",
        "terms: seller of tokens",
        "terms: payer",
        "terms: payee",
        "terms: buyer of tokens",
        "after settle-by",
        "cash to a stranger",
        "change to a stranger",
        "tokens to a stranger",
        "rest of the tokens to a stranger",
    ],
)
def test_whatever_differs_from_the_terms_is_refused(world: TokenWorld, attack: Callable[[], Attack]) -> None:
    with pytest.raises(ContractViolation):
        world.ledger.verify(attack()(world.settlement()))


@pytest.mark.parametrize(
    "attack",
    [
        lambda b: replace(b, commands=b.commands[:2]),
        lambda b: replace(b, commands=(b.commands[0], b.commands[2])),
        lambda b: replace(b, commands=b.commands * 2),
        lambda b: replace(b, commands=(*b.commands, Command("trade", "Cancel", b"", (BUYER.key,)))),
        lambda b: replace(b, commands=(replace(b.commands[0], name="Swap"), *b.commands[1:])),
        lambda b: replace(b, commands=(replace(b.commands[0], data=b""), *b.commands[1:])),
        lambda b: replace(b, time_window=None),
        lambda b: replace(b, time_window=TimeWindow(UnixSeconds(NOW_S), None)),
    ],
    ids=["no cash move", "no token move", "twice", "something else too", "unknown", "no terms", "no window", "no end"],
)
def test_a_settlement_is_two_moves_in_time_and_nothing_else(world: TokenWorld, attack: Attack) -> None:
    with pytest.raises((ContractViolation, DecodeError)):
        world.ledger.verify(attack(world.settlement()))


def test_one_leg_alone_is_no_settlement(world: TokenWorld) -> None:
    builder = world.settlement()
    for contract in (CASH, SECURITY_TOKEN):
        inputs = tuple(state.ref for state in (world.tokens, world.coins) if state.state.contract != contract)
        outputs = tuple(output for output in builder.outputs if output.contract != contract)
        commands = tuple(command for command in builder.commands if command.contract != contract)
        with pytest.raises(NativeDvpViolation):
            world.ledger.verify(replace(builder, inputs=inputs, outputs=outputs, commands=commands))


@pytest.mark.parametrize("signers", [(AN.key,), (AN.key, SELLER.key)], ids=["registrar", "registrar and seller"])
def test_new_tokens_are_no_delivery(world: TokenWorld, signers: tuple[PublicKey, ...]) -> None:
    """The registrar could otherwise sell for the seller what the seller has not."""
    builder = world.settlement()
    issue = replace(builder.commands[1], name="Issue", signers=signers)
    settle = replace(builder.commands[0], signers=(BUYER.key, *signers))
    made = tuple(o for o in builder.outputs if o.contract == CASH or TokenState.of(o).node == CN_B.name)
    references = (*builder.references, *world.frame.refs(ST, AN.name))
    with pytest.raises(NativeDvpViolation, match="nothing else happens"):
        world.ledger.verify(
            replace(
                builder,
                inputs=(world.coins.ref,),
                outputs=made,
                commands=(settle, issue, builder.commands[2]),
                references=references,
            )
        )


def test_no_membership_changes_beside_a_settlement(world: TokenWorld) -> None:
    builder = world.settlement()
    revoke = membership_change(world.frame, world.membership(UT, CN_A), "Revoke")
    with pytest.raises(NativeDvpViolation, match="nothing else happens"):
        world.ledger.verify(
            replace(builder, inputs=(*builder.inputs, *revoke.inputs), commands=(*builder.commands, *revoke.commands))
        )


@pytest.mark.parametrize("signer", [SELLER, BUYER], ids=["seller", "buyer"])
def test_neither_side_is_settled_for_without_its_signature(world: TokenWorld, signer: object) -> None:
    builder = world.settlement()
    key = SELLER.key if signer is SELLER else BUYER.key
    commands = tuple(
        replace(command, signers=tuple(k for k in command.signers if k != key)) for command in builder.commands
    )
    with pytest.raises(ContractViolation, match="signs"):
        world.ledger.verify(replace(builder, commands=commands))


def test_coins_of_a_third_party_do_not_pay(world: TokenWorld) -> None:
    issuer = world.frame.members[SC, "sn"]
    (stolen,) = world.ledger.commit(cash_issue(world.frame, issuer, cash(1000, STRANGER, CN_B)))
    builder = world.settlement()
    commands = (
        *builder.commands[:2],
        replace(builder.commands[2], signers=(STRANGER.key, *builder.commands[2].signers)),
    )
    outputs = tuple(
        replace(output, data=replace(CashState.of(output), owner=STRANGER.key).encode())
        if output.contract == CASH and CashState.of(output).node == "cn-b"
        else output
        for output in builder.outputs
    )
    with pytest.raises(NativeDvpViolation, match="come from the agreed account"):
        world.ledger.verify(replace(builder, inputs=(world.tokens.ref, stolen.ref), commands=commands, outputs=outputs))


def test_tokens_of_a_false_registrar_never_come_about(world: TokenWorld) -> None:
    false = replace(token(100), registrar=Party("an", STRANGER.key))
    builder = token_issue(world.frame, false)
    builder = replace(builder, commands=(replace(builder.commands[0], signers=(STRANGER.key,)),))

    with pytest.raises(MembershipViolation, match="an's key"):
        world.ledger.verify(builder)


@pytest.mark.parametrize("network", [ST, SC], ids=["of tokens", "of cash"])
@pytest.mark.parametrize("party", [CN_A, CN_B], ids=["seller's", "buyer's"])
def test_a_suspended_custodian_settles_nothing(world: TokenWorld, network: object, party: object) -> None:
    builder = world.settlement()
    active = world.membership(ST if network is ST else SC, CN_A if party is CN_A else CN_B)
    (suspended,) = world.ledger.commit(membership_change(world.frame, active, "Suspend"))
    references = tuple(suspended.ref if ref == active.ref else ref for ref in builder.references)

    with pytest.raises(MembershipViolation, match="is an active member"):
        world.ledger.verify(replace(builder, references=references))
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(builder)


def test_two_settlements_with_the_same_coins_are_one(world: TokenWorld) -> None:
    (more,) = world.ledger.commit(token_issue(world.frame, token(100)))
    first, second = world.settlement(), world.settlement()
    world.ledger.commit(first)

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(replace(second, inputs=(more.ref, world.coins.ref)))


@settings(max_examples=60, deadline=None)
@given(quantity=st.integers(1, 100), amount_yen=st.integers(1, 1000))
def test_a_settlement_conserves_tokens_and_cash_whatever_is_agreed(quantity: int, amount_yen: int) -> None:
    world = TokenWorld(LedgerModel(PACKAGE, NOW_S))
    world.ledger.commit(world.settlement(native_terms(quantity=quantity, amount_yen=amount_yen)))

    tokens, yen = _amounts(world.ledger)
    assert (tokens["cn-b"], sum(tokens.values())) == (quantity, 100)
    assert (yen["cn-a"], sum(yen.values())) == (amount_yen, 1000)


@pytest.mark.parametrize(
    "changes",
    [
        {"trade_id": bytes(32)},
        {"trade_id": b"short"},
        {"network": SC},
        {"quantity": 0},
        {"amount_yen": 0},
        {"settle_by_s": 0},
        {"token_id": ""},
        {"seller_cash": SELLER.account_at(CN_B)},
        {"buyer_tokens": BUYER.account_at(CN_A)},
        {"buyer_cash": SELLER.account_at(CN_B)},
    ],
    ids=str,
)
def test_terms_that_make_no_sense_are_none(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedComponent):
        replace(native_terms(), **changes)  # type: ignore[arg-type] # any field


def test_terms_have_one_encoding_and_one_hash() -> None:
    terms = native_terms()
    assert decode_native_terms(encode_native_terms(terms)) == terms
    others: list[NativeTerms] = [
        replace(terms, quantity=11),
        replace(terms, trade_id=b"\x01" * 32),
        replace(terms, settle_by_s=terms.settle_by_s + 1),
    ]
    assert len({terms.hash, *(other.hash for other in others)}) == 4
    with pytest.raises(DecodeError):
        decode_native_terms(encode_native_terms(terms) + b"\x00")
