"""Attempts to pay a coupon or grant units otherwise than the registrar signed for, or not exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.distribution import DistributionState
from chains.progmat.contracts.distribution_lines import Line, Lines
from chains.progmat.contracts.errors import ContractViolation, DistributionViolation, TokenViolation
from chains.progmat.contracts.names import CASH, DISTRIBUTION
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import StateAndRef, TimeWindow
from light_clients.registry import LightClientRegistry
from primitives.errors import DecodeError, Refusal
from primitives.types import UnixSeconds
from tests.fakes.distribution_parties import (
    EXPIRES_S,
    cancellation,
    coupon,
    expiry,
    grant,
    granting,
    holder,
    lines_of,
    opening,
    part_of,
    payment,
    use,
    utility,
)
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, SELLER, SN, STRANGER, cash, cash_issue
from tests.fakes.token_parties import NOW_S, SC, ST, TokenWorld, token_issue, token_move

PACKAGE = standard_package(LightClientRegistry.builder().seal())
LINES = lines_of([100, 50, 70, 30, 20])
"""Five holders, 270 yen, three batches."""


@pytest.fixture(scope="module")
def opened() -> tuple[LedgerModel, StateAndRef, StateAndRef]:
    """The ledger, the opened part, the payer's 1,000 yen."""
    world = TokenWorld(LedgerModel(PACKAGE, NOW_S))
    (part,) = world.ledger.commit(opening(world.frame, part_of(coupon(), LINES), LINES))
    return world.ledger, part, world.coins


World = tuple[LedgerModel, StateAndRef, StateAndRef]


@pytest.fixture
def world(opened: World) -> World:
    ledger, part, coins = opened
    return ledger.copy(), part, coins


def _yen_by_key(ledger: LedgerModel) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for state in ledger.unspent(CASH):
        coin = CashState.of(state.state)
        found[coin.owner.encoded()] = found.get(coin.owner.encoded(), 0) + coin.amount_yen
    return found


def _pay_all(ledger: LedgerModel, part: StateAndRef, coins: StateAndRef) -> StateAndRef:
    while not DistributionState.of(part.state).is_paid:
        part, coins, *_ = ledger.commit(payment(ledger.frame, part, LINES, [coins]))
    return part


def test_every_holder_is_paid_his_line_once_and_a_record_of_it_stays(world: World) -> None:
    ledger, part, coins = world
    last = _pay_all(ledger, part, coins)
    assert _yen_by_key(ledger) == {line.account_key: line.amount for line in LINES.lines} | {BUYER.key.encoded(): 730}
    assert [DistributionState.of(state.state).is_paid for state in ledger.unspent(DISTRIBUTION)] == [True]
    with pytest.raises(DistributionViolation, match="a part is paid once"):
        ledger.commit(replace(payment(ledger.frame, part, LINES, [coins]), inputs=(last.ref, coins.ref)))


def test_a_batch_paid_twice_is_the_notarys_conflict(world: World) -> None:
    ledger, part, coins = world
    _, change, *_ = ledger.commit(payment(ledger.frame, part, LINES, [coins]))
    with pytest.raises(NotaryRefusedError, match="spent"):
        ledger.commit(payment(ledger.frame, part, LINES, [change]))


def test_two_payers_racing_pay_one_batch_once(world: World) -> None:
    ledger, part, coins = world
    (more,) = ledger.commit(cash_issue(ledger.frame, ledger.frame.members[SC, SN.name], cash(500)))
    first, second = (payment(ledger.frame, part, LINES, [coin]) for coin in (coins, more))
    ledger.commit(second)
    with pytest.raises(NotaryRefusedError, match="spent"):
        ledger.commit(first)


@pytest.mark.parametrize("number", [1, 2])
def test_batches_out_of_order_are_refused(world: World, number: int) -> None:
    ledger, part, coins = world
    with pytest.raises(DistributionViolation, match="in order"):
        ledger.commit(payment(ledger.frame, part, LINES, [coins], number=number))


def test_two_batches_at_once_are_refused(world: World) -> None:
    ledger, part, coins = world
    builder = payment(ledger.frame, part, LINES, [coins])
    state = replace(DistributionState.of(part.state), next_batch=2)
    jumped = replace(builder, outputs=(state.as_output(ledger.frame.notary), *builder.outputs[1:]))
    with pytest.raises(DistributionViolation, match="one batch is paid"):
        ledger.commit(jumped)


@pytest.mark.parametrize(
    "other",
    [lines_of([101, 49, 70, 30, 20]), lines_of([1, 2, 3, 4, 5]), lines_of([100, 50, 70, 30, 20], batch_lines=1)],
    ids=["a changed line", "another distribution's lines", "other batches"],
)
def test_lines_the_registrar_did_not_sign_for_are_refused(world: World, other: Lines) -> None:
    ledger, part, coins = world
    with pytest.raises(DistributionViolation, match="the registrar signed for"):
        ledger.commit(payment(ledger.frame, part, other, [coins]))


def _short(ledger: LedgerModel, part: StateAndRef, coins: StateAndRef) -> object:
    """A yen less to one of them, which goes back to the payer."""
    builder = payment(ledger.frame, part, LINES, [coins])
    state, change, first, *others = builder.outputs
    less = replace(CashState.of(first), amount_yen=CashState.of(first).amount_yen - 1).as_output(ledger.frame.notary)
    more = replace(CashState.of(change), amount_yen=CashState.of(change).amount_yen + 1).as_output(ledger.frame.notary)
    return replace(builder, outputs=(state, more, less, *others))


def _diverted(ledger: LedgerModel, part: StateAndRef, coins: StateAndRef) -> object:
    builder = payment(ledger.frame, part, LINES, [coins])
    state, change, *others = builder.outputs
    return replace(
        builder,
        outputs=(state, replace(CashState.of(change), owner=STRANGER.key).as_output(ledger.frame.notary), *others),
    )


def _to_another_node(ledger: LedgerModel, part: StateAndRef, coins: StateAndRef) -> object:
    builder = payment(ledger.frame, part, LINES, [coins])
    state, change, *others = builder.outputs
    moved = [replace(CashState.of(each), node=CN_B.name).as_output(ledger.frame.notary) for each in others]
    return replace(builder, outputs=(state, change, *moved))


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (_short, "each account gets its line"),
        (_diverted, "goes back to the payer"),
        (_to_another_node, "each account gets its line"),
    ],
    ids=["short by a yen", "change diverted", "the holder's key at another node"],
)
def test_a_payment_that_is_not_the_lines_is_refused(world: World, attack: Callable[..., object], rule: str) -> None:
    ledger, part, coins = world
    with pytest.raises(DistributionViolation, match=rule):
        ledger.commit(attack(ledger, part, coins))  # type: ignore[arg-type] # a builder


def test_somebody_elses_coins_do_not_pay(world: World) -> None:
    ledger, part, _ = world
    (others,) = ledger.commit(cash_issue(ledger.frame, ledger.frame.members[SC, SN.name], cash(500, SELLER, CN_A)))
    builder = payment(ledger.frame, part, LINES, [others])
    dist, move = builder.commands
    with pytest.raises(DistributionViolation, match="the payer pays"):
        ledger.commit(replace(builder, commands=(dist, replace(move, signers=(SELLER.key, SN.key)))))


def test_the_payer_has_to_sign(world: World) -> None:
    ledger, part, coins = world
    builder = payment(ledger.frame, part, LINES, [coins])
    dist, move = builder.commands
    with pytest.raises(ContractViolation):
        ledger.commit(replace(builder, commands=(replace(dist, signers=(SN.key,)), replace(move, signers=(SN.key,)))))


def test_a_payer_short_in_the_middle_pays_the_rest_later(world: World) -> None:
    ledger, part, _ = world
    little, rest = ledger.commit(cash_issue(ledger.frame, ledger.frame.members[SC, SN.name], cash(160), cash(120)))
    part, *made = ledger.commit(payment(ledger.frame, part, LINES, [little]))
    left = [new for new in made if CashState.of(new.state).owner == BUYER.key]
    with pytest.raises(Refusal):
        ledger.commit(payment(ledger.frame, part, LINES, left))
    while not DistributionState.of(part.state).is_paid:
        part, *made = ledger.commit(payment(ledger.frame, part, LINES, [*left, rest]))
        left, rest = [], next(new for new in made if CashState.of(new.state).owner == BUYER.key)
    assert _yen_by_key(ledger)[BUYER.key.encoded()] == 1000 + 160 + 120 - LINES.total


@pytest.mark.parametrize("field", ["total", "batches", "lines_root", "next_batch"])
def test_a_part_that_is_not_its_lines_is_not_opened(world: World, field: str) -> None:
    ledger, _, _ = world
    good = part_of(coupon("second"), LINES)
    values: dict[str, Any] = {"total": 271, "batches": 2, "lines_root": bytes(31) + b"\x01", "next_batch": 1}
    with pytest.raises(DistributionViolation):
        ledger.commit(opening(ledger.frame, replace(good, **{field: values[field]}), LINES))


def test_nobody_but_the_registrar_opens_or_cancels(world: World) -> None:
    ledger, part, _ = world
    forged = replace(part_of(coupon("forged"), LINES))
    builder = opening(ledger.frame, forged, LINES)
    (command,) = builder.commands
    with pytest.raises(DistributionViolation, match="registrar an signs"):
        ledger.commit(replace(builder, commands=(replace(command, signers=(STRANGER.key,)),)))
    builder = cancellation(ledger.frame, part)
    (command,) = builder.commands
    with pytest.raises(DistributionViolation, match="registrar an signs"):
        ledger.commit(replace(builder, commands=(replace(command, signers=(BUYER.key,)),)))


def test_a_distribution_is_cancelled_before_its_first_payment_only(world: World) -> None:
    ledger, part, coins = world
    other = ledger.copy()
    other.commit(cancellation(other.frame, part))
    assert other.unspent(DISTRIBUTION) == []
    part, *_ = ledger.commit(payment(ledger.frame, part, LINES, [coins]))
    with pytest.raises(DistributionViolation, match="before its first payment"):
        ledger.commit(cancellation(ledger.frame, part))


@pytest.mark.parametrize(
    "lines",
    [
        (Line(b"b", 1), Line(b"a", 1)),
        (Line(b"a", 1), Line(b"a", 1)),
        (Line(b"a", 0),),
        (),
    ],
    ids=["out of order", "an account twice", "nothing", "nobody"],
)
def test_lines_have_one_form(lines: tuple[Line, ...]) -> None:
    with pytest.raises(MalformedComponent):
        Lines(2, lines)


# ---- utility tokens ----


def test_a_grant_gives_each_holder_his_units_once(world: World) -> None:
    ledger, _, _ = world
    (part,) = ledger.commit(opening(ledger.frame, part_of(grant(), LINES), LINES))
    first = part
    for _ in range(3):
        part, *units = ledger.commit(granting(ledger.frame, part, LINES))
        assert all(TokenState.of(unit.state).expires_s == EXPIRES_S for unit in units)
    with pytest.raises(NotaryRefusedError, match="spent"):
        ledger.commit(granting(ledger.frame, first, LINES))
    with pytest.raises(DistributionViolation, match="a part is paid once"):
        ledger.commit(replace(granting(ledger.frame, first, LINES), inputs=(part.ref,)))


def test_a_grant_to_a_stranger_beside_the_lines_is_refused(world: World) -> None:
    ledger, _, _ = world
    (part,) = ledger.commit(opening(ledger.frame, part_of(grant(), LINES), LINES))
    builder = granting(ledger.frame, part, LINES)
    more = utility(1, holder(9).key, CN_A.name).as_output(ledger.frame.notary)
    with pytest.raises(DistributionViolation, match="nobody else is granted"):
        ledger.commit(replace(builder, outputs=(*builder.outputs, more)))


@pytest.fixture
def units(world: World) -> tuple[LedgerModel, StateAndRef]:
    ledger, _, _ = world
    (made,) = ledger.commit(token_issue(ledger.frame, utility(10)))
    return ledger, made


def test_units_are_used_in_part_and_carry_their_expiry_on(units: tuple[LedgerModel, StateAndRef]) -> None:
    ledger, held = units
    (left,) = ledger.commit(use(ledger.frame, held, NOW_S + 60, left=4))
    assert TokenState.of(left.state).expires_s == EXPIRES_S
    longer = replace(TokenState.of(left.state), expires_s=0)
    with pytest.raises(TokenViolation, match="expire together"):
        ledger.commit(token_move(ledger.frame, [left], longer))


def test_an_expired_unit_is_neither_used_nor_moved(units: tuple[LedgerModel, StateAndRef]) -> None:
    ledger, held = units
    for until_s in (EXPIRES_S + 1, None):
        window = TimeWindow(UnixSeconds(1), None) if until_s is None else TimeWindow(None, UnixSeconds(until_s))
        with pytest.raises(TokenViolation, match="expire"):
            ledger.commit(replace(use(ledger.frame, held, EXPIRES_S), time_window=window))
    with pytest.raises(TokenViolation, match="by a deadline"):
        ledger.commit(token_move(ledger.frame, [held], TokenState.of(held.state)))
    ledger.now_s = EXPIRES_S + 1
    with pytest.raises(NotaryRefusedError, match="outside"):
        ledger.commit(use(ledger.frame, held, EXPIRES_S))


def test_no_unit_expires_before_its_time(units: tuple[LedgerModel, StateAndRef]) -> None:
    ledger, held = units
    with pytest.raises(TokenViolation, match="before its time"):
        ledger.commit(expiry(ledger.frame, held, EXPIRES_S - 1))
    with pytest.raises(NotaryRefusedError, match="outside"):
        ledger.commit(expiry(ledger.frame, held, EXPIRES_S))
    ledger.now_s = EXPIRES_S
    ledger.commit(expiry(ledger.frame, held, EXPIRES_S))
    assert held.ref in ledger.consumed


def test_nobody_but_the_registrar_expires_units_and_units_without_a_date_never_do(
    units: tuple[LedgerModel, StateAndRef],
) -> None:
    ledger, held = units
    ledger.now_s = EXPIRES_S
    builder = expiry(ledger.frame, held, EXPIRES_S)
    (command,) = builder.commands
    with pytest.raises(TokenViolation, match="registrar an signs"):
        ledger.commit(replace(builder, commands=(replace(command, signers=(BUYER.key,)),)))
    (lasting,) = ledger.commit(token_issue(ledger.frame, replace(utility(3), expires_s=0)))
    with pytest.raises(TokenViolation, match="before its time"):
        ledger.commit(expiry(ledger.frame, lasting, EXPIRES_S))


def test_a_use_without_a_redemption_or_a_reference_is_refused(units: tuple[LedgerModel, StateAndRef]) -> None:
    ledger, held = units
    builder = use(ledger.frame, held, NOW_S + 60)
    redeem, used = builder.commands
    with pytest.raises((ContractViolation, DecodeError)):
        ledger.commit(replace(builder, commands=(redeem, replace(used, data=b""))))
    moved = replace(redeem, name="Move")
    back = TokenState.of(held.state).as_output(ledger.frame.notary)
    with pytest.raises(ContractViolation, match="burned"):
        ledger.commit(replace(builder, commands=(moved, used), outputs=(back,)))


def test_securities_do_not_expire() -> None:
    with pytest.raises(MalformedComponent, match="securities do not expire"):
        replace(utility(1), network=ST)
