"""Attempts to force, freeze, cancel or move securities past their registrar, approvers and gates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.errors import (
    ContractViolation,
    GateClosed,
    MembershipViolation,
    NetworkClosed,
    NetworkControlViolation,
    SecurityViolation,
    TokenViolation,
    TransferGateViolation,
)
from chains.progmat.contracts.holdings import REDEEM
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE, KEEPERS, THAW
from chains.progmat.contracts.names import SECURITY_TOKEN
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.security import RETIRE, SecurityState, SecurityStatus
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote, decode_note
from chains.progmat.flows.countersigning import COUNTERSIGNED
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from primitives.errors import DecodeError
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import (
    AN,
    APPROVER,
    BUYER,
    CN_A,
    CN_B,
    OPERATOR,
    SECOND_APPROVER,
    SELLER,
    STRANGER,
    membership_change,
)
from tests.fakes.security_parties import ACT, GATE_ID, TERMS, SecurityWorld, a_security, gate, gated
from tests.fakes.token_parties import NOW_S, ST, token

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())
KEEP = replace(ACT, kind=TransferKind.NONE)
CANCELLED = replace(ACT, kind=TransferKind.CANCELLATION)
_START = SecurityWorld(LedgerModel(PACKAGE, NOW_S))


@pytest.fixture
def world() -> SecurityWorld:
    return _fresh()


def _fresh() -> SecurityWorld:
    """The started world, going its own way; making it anew costs signatures."""
    found = SecurityWorld.__new__(SecurityWorld)
    found.__dict__ = {**_START.__dict__, "ledger": _START.ledger.copy()}
    return found


def _all(world: SecurityWorld) -> int:
    return sum(TokenState.of(state.state).quantity for state in world.ledger.unspent(SECURITY_TOKEN))


def test_the_registrar_and_an_approver_force_a_transfer_without_the_owner(world: SecurityWorld) -> None:
    made = world.ledger.commit(world.act(FORCE, [world.tokens], gated(30, BUYER, CN_B), gated(70)))

    assert [TokenState.of(state.state).quantity for state in made] == [30, 70]


@pytest.mark.parametrize("name", [FORCE, FREEZE, THAW, CANCEL])
@pytest.mark.parametrize(
    "signers",
    [(AN.key,), (AN.key, SELLER.key), (AN.key, STRANGER.key), (APPROVER.key,), (APPROVER.key, SECOND_APPROVER.key)],
    ids=["no approver", "the owner for an approver", "a stranger", "no registrar", "approvers alone"],
)
def test_an_act_without_registrar_and_approver_is_refused(world: SecurityWorld, name: str, signers: tuple) -> None:  # type: ignore[type-arg] # keys
    frozen = world.ledger.commit(world.act(FREEZE, [world.tokens], gated(100, frozen=True), note=KEEP))[0]
    inputs = {THAW: frozen}.get(name, world.tokens)
    made = gated(100, frozen=name == FREEZE)
    note = {FORCE: ACT, CANCEL: replace(CANCELLED, cancelled_tx_id=world.tokens.ref.tx_id)}.get(name, KEEP)
    world.ledger.verify(world.act(name, [inputs], made, note=note))

    with pytest.raises(TokenViolation, match="signs"):
        world.ledger.verify(world.act(name, [inputs], made, note=note, signers=signers))


def test_no_registrar_or_issuer_signs_an_act_that_others_begin() -> None:
    commands = [
        command for by_contract in COUNTERSIGNED.values() for names in by_contract.values() for command in names
    ]

    assert not KEEPERS.intersection(commands)
    assert {FORCE, FREEZE, THAW, CANCEL} == KEEPERS


def test_a_registrars_key_is_no_approvers_key() -> None:
    with pytest.raises(MalformedComponent, match="other keys than the registrar's"):
        replace(a_security(), approvers=(AN.key,))


def test_another_securitys_approver_does_not_do(world: SecurityWorld) -> None:
    other = replace(a_security("ST-2"), approvers=(STRANGER.key,))
    (under,) = world.ledger.commit(world.register(other))
    signers = (AN.key, STRANGER.key)

    with pytest.raises(SecurityViolation, match="security ST-1 of an is referenced"):
        world.ledger.verify(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B), signers=signers, under=under))


@pytest.mark.parametrize(
    ("note", "rule"),
    [
        (TransferNote(), "says so"),
        (replace(ACT, kind=TransferKind.SECONDARY), "says so"),
        (replace(ACT, reason=""), "gives a reason"),
        (replace(ACT, author=""), "gives a reason"),
        (replace(ACT, approver=""), "gives a reason"),
        (replace(ACT, approver=ACT.author), "somebody else"),
    ],
    ids=["none", "of a sale", "no reason", "no author", "no approver", "one person"],
)
def test_a_forced_transfer_says_why_and_who(world: SecurityWorld, note: TransferNote, rule: str) -> None:
    with pytest.raises(TokenViolation, match=rule):
        world.ledger.verify(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B), note=note))


def test_an_owner_tells_no_sale_as_a_forced_transfer(world: SecurityWorld) -> None:
    move = world.move([world.tokens], gated(100, BUYER, CN_B))
    forced = replace(move, commands=(replace(move.commands[0], data=ACT.encode()),))

    with pytest.raises(TokenViolation, match="the note fits the Move"):
        world.ledger.verify(forced)


def test_a_forced_transfer_goes_to_an_active_custodian_only(world: SecurityWorld) -> None:
    world.ledger.commit(membership_change(world.frame, world.frame.members[ST, CN_B.name], "Suspend"))

    with pytest.raises(MembershipViolation, match="active"):
        world.ledger.verify(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B)))


def test_what_a_suspended_custodian_holds_is_forced_away_from_it(world: SecurityWorld) -> None:
    world.ledger.commit(membership_change(world.frame, world.frame.members[ST, CN_A.name], "Suspend"))

    world.ledger.commit(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B)))


def test_frozen_units_neither_move_nor_are_redeemed_nor_cancelled(world: SecurityWorld) -> None:
    free, frozen = world.ledger.commit(world.act(FREEZE, [world.tokens], gated(60), gated(40, frozen=True), note=KEEP))
    redeem = world.move([frozen], gated(10, frozen=True))
    redeem = replace(redeem, commands=(replace(redeem.commands[0], name=REDEEM),))
    cancel = replace(CANCELLED, cancelled_tx_id=frozen.ref.tx_id)

    for attack in (
        world.move([frozen], gated(40, BUYER, CN_B)),
        world.move([frozen], gated(40, BUYER, CN_B, frozen=True)),
        world.move([free], gated(60, frozen=True)),
        redeem,
        world.act(CANCEL, [frozen], gated(40, BUYER, CN_B), note=cancel),
        world.act(FREEZE, [frozen], gated(40, frozen=True), note=KEEP),
    ):
        with pytest.raises(TokenViolation, match=r"frozen|free"):
            world.ledger.verify(attack)
    world.ledger.commit(world.act(THAW, [frozen], gated(30), gated(10, frozen=True), note=KEEP))


def test_a_freeze_moves_nothing_and_a_forced_transfer_freezes_nothing(world: SecurityWorld) -> None:
    with pytest.raises(TokenViolation, match="each account keeps"):
        world.ledger.verify(world.act(FREEZE, [world.tokens], gated(100, BUYER, CN_B, frozen=True), note=KEEP))
    with pytest.raises(TokenViolation, match="freezes nothing anew"):
        world.ledger.verify(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B, frozen=True)))


def test_frozen_units_are_forced_and_what_is_left_stays_frozen(world: SecurityWorld) -> None:
    (frozen,) = world.ledger.commit(world.act(FREEZE, [world.tokens], gated(100, frozen=True), note=KEEP))

    world.ledger.commit(world.act(FORCE, [frozen], gated(25, BUYER, CN_B), gated(75, frozen=True)))


def test_a_cancellation_takes_back_nothing_of_another_transfer(world: SecurityWorld) -> None:
    moved = world.ledger.commit(world.move([world.tokens], gated(60, BUYER, CN_B), gated(40)))
    note = replace(CANCELLED, cancelled_tx_id=world.tokens.ref.tx_id)

    with pytest.raises(TokenViolation, match="takes back what the cancelled transfer made"):
        world.ledger.verify(world.act(CANCEL, moved[:1], gated(60), note=note))
    good = replace(CANCELLED, cancelled_tx_id=moved[0].ref.tx_id)
    world.ledger.commit(world.act(CANCEL, moved[:1], gated(60), note=good))


def test_a_closed_gate_stops_moves_and_nothing_else(world: SecurityWorld) -> None:
    (closed,) = world.ledger.commit(world.set_gate(world.gate, gate(Opening.CLOSED)))
    move = world.move([world.tokens], gated(100, BUYER, CN_B), through=[closed])

    with pytest.raises(GateClosed):
        world.ledger.verify(move)
    with pytest.raises(NotaryRefusedError, match="is spent"):  # the gate as it was
        world.ledger.commit(world.move([world.tokens], gated(100, BUYER, CN_B)))

    world.ledger.commit(world.issue(gated(5)))
    (forced, _) = world.ledger.commit(world.act(FORCE, [world.tokens], gated(40, BUYER, CN_B), gated(60)))
    cancel = replace(CANCELLED, cancelled_tx_id=forced.ref.tx_id)
    (back,) = world.ledger.commit(world.act(CANCEL, [forced], gated(40), note=cancel))
    (frozen,) = world.ledger.commit(world.act(FREEZE, [back], gated(40, frozen=True), note=KEEP))
    (thawed,) = world.ledger.commit(world.act(THAW, [frozen], gated(40), note=KEEP))
    redeem = world.move([thawed], through=())
    command = Command(CONTRACT_OF[ST], REDEEM, b"", (SELLER.key, AN.key))
    world.ledger.commit(replace(redeem, commands=(command,), references=world.frame.refs(ST, AN.name, CN_A.name)))


def test_a_controlled_gate_asks_for_its_network(world: SecurityWorld) -> None:
    (controlled,) = world.ledger.commit(world.set_gate(world.gate, gate(controlled=True)))
    (closed,) = world.ledger.commit(world.set_network(Opening.CLOSED))
    (other,) = world.ledger.commit(world.set_network(Opening.OPEN, network=type(ST).UT))
    (opened,) = world.ledger.commit(world.set_network(Opening.OPEN))
    made = gated(100, BUYER, CN_B)

    with pytest.raises(NetworkClosed):
        world.ledger.verify(world.move([world.tokens], made, through=[controlled, closed]))
    with pytest.raises(TransferGateViolation, match="control of network ST is referenced"):
        world.ledger.verify(world.move([world.tokens], made, through=[controlled, other]))
    with pytest.raises(TransferGateViolation, match="control of network ST is referenced"):
        world.ledger.verify(world.move([world.tokens], made, through=[controlled, closed, opened]))
    world.ledger.commit(world.move([world.tokens], made, through=[controlled, opened]))


@pytest.mark.parametrize("how", ["none", "of another registrar", "an open one beside a closed one"])
def test_a_move_passes_no_other_gate(world: SecurityWorld, how: str) -> None:
    of_another = world.ledger.commit(world.set_gate(None, gate(registrar=STRANGER)))
    closed = world.ledger.commit(world.set_gate(None, gate(Opening.CLOSED)))
    both = (world.gate, *closed)
    through = {"none": (), "of another registrar": of_another, "an open one beside a closed one": both}[how]

    with pytest.raises(TransferGateViolation, match="gate GATE-1 of an is referenced"):
        world.ledger.verify(world.move([world.tokens], gated(100, BUYER, CN_B), through=through))


@pytest.mark.parametrize("gate_id", ["", "GATE-2"])
def test_a_move_does_not_change_the_gate(world: SecurityWorld, gate_id: str) -> None:
    made = replace(gated(100, BUYER, CN_B), gate_id=gate_id)

    with pytest.raises(TokenViolation, match="one gate, and keep it"):
        world.ledger.verify(world.move([world.tokens], made))
    with pytest.raises(TokenViolation, match="one gate, and keep it"):
        world.ledger.verify(world.act(FORCE, [world.tokens], made))


def test_tokens_are_issued_with_their_securitys_gate(world: SecurityWorld) -> None:
    with pytest.raises(TokenViolation, match="security's gate"):
        world.ledger.verify(world.issue(replace(gated(1), gate_id="GATE-2")))
    unreferenced = replace(world.issue(gated(1)), references=world.frame.refs(ST, AN.name, CN_A.name))
    with pytest.raises(SecurityViolation, match="is referenced"):
        world.ledger.verify(unreferenced)
    world.ledger.verify(world.issue(token(1)))  # tokens without a gate, as ever


def test_only_the_registrar_sets_its_gate_and_only_the_operator_opens_a_network(world: SecurityWorld) -> None:
    def by_stranger(builder: TransactionBuilder) -> TransactionBuilder:
        return replace(builder, commands=(replace(builder.commands[0], signers=(STRANGER.key,)),))

    with pytest.raises(TransferGateViolation, match="registrar signs"):
        world.ledger.verify(by_stranger(world.set_gate(world.gate, gate(Opening.CLOSED))))
    with pytest.raises(TransferGateViolation, match="stays its registrar's"):
        world.ledger.verify(world.set_gate(world.gate, gate(Opening.CLOSED, registrar=STRANGER)))
    with pytest.raises(NetworkControlViolation, match="operator signs"):
        world.ledger.verify(by_stranger(world.set_network(Opening.CLOSED)))
    assert OPERATOR.key in world.set_network(Opening.CLOSED).commands[0].signers


@pytest.mark.parametrize(
    ("changes", "approvers", "rule"),
    [
        ({"terms": replace(TERMS, units=2000)}, (), "an approver signs"),
        ({"approvers": (APPROVER.key,)}, (APPROVER,), "two where approvers change"),
        ({"gate_id": ""}, (APPROVER,), "gate stay"),
        ({"security_id": "ST-2"}, (APPROVER,), "gate stay"),
        ({}, (APPROVER,), "changes something"),
        ({"status": SecurityStatus.REDEEMED}, (APPROVER,), "redeems nothing"),
    ],
    ids=["alone", "one removes the other", "gate", "id", "nothing", "redeemed"],
)
def test_a_security_is_not_changed_past_its_approvers(
    world: SecurityWorld,
    changes: dict,  # type: ignore[type-arg] # fields
    approvers: tuple,  # type: ignore[type-arg] # parties
    rule: str,
) -> None:
    with pytest.raises(SecurityViolation, match=rule):
        world.ledger.verify(world.amend(replace(a_security(), **changes), *approvers))


def test_a_security_is_amended_and_retired_and_then_issues_nothing(world: SecurityWorld) -> None:
    larger = replace(a_security(), terms=replace(TERMS, units=2000), approvers=(SECOND_APPROVER.key,))
    (world.security,) = world.ledger.commit(world.amend(larger, APPROVER, SECOND_APPROVER))
    over = replace(larger, status=SecurityStatus.REDEEMED)
    (world.security,) = world.ledger.commit(world.amend(over, SECOND_APPROVER, command=RETIRE))

    assert SecurityState.of(world.security.state) == over
    with pytest.raises(TokenViolation, match="is not redeemed"):
        world.ledger.verify(world.issue(gated(1)))
    with pytest.raises(SecurityViolation, match="does not change"):
        world.ledger.verify(world.amend(larger, SECOND_APPROVER))
    signers = (AN.key, SECOND_APPROVER.key)
    world.ledger.commit(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B), signers=signers))


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from([FORCE, FREEZE, THAW, CANCEL, "Move", "Redeem"]),
    made=st.lists(st.tuples(st.integers(1, 150), st.booleans(), st.booleans()), max_size=3),
    starts_frozen=st.booleans(),
)
def test_no_command_makes_units(name: str, made: list[tuple[int, bool, bool]], starts_frozen: bool) -> None:  # noqa: FBT001 # drawn
    world = _fresh()
    source = world.tokens
    if starts_frozen:
        (source,) = world.ledger.commit(world.act(FREEZE, [source], gated(100, frozen=True), note=KEEP))
    outputs = [
        gated(amount, *((BUYER, CN_B) if elsewhere else (SELLER, CN_A)), frozen=frozen)
        for amount, elsewhere, frozen in made
    ]
    cancel = replace(CANCELLED, cancelled_tx_id=source.ref.tx_id)
    note = {FORCE: ACT, CANCEL: cancel}.get(name, KEEP)
    before = _all(world)
    if name in ("Move", "Redeem"):
        builder = world.move([source], *outputs)
        references = (*builder.references, *world.frame.refs(ST, AN.name))
        builder = replace(builder, commands=(replace(builder.commands[0], name=name),), references=references)
    else:
        builder = world.act(name, [source], *outputs, note=note)
    try:
        world.ledger.commit(builder)
    except ContractViolation:
        assert _all(world) == before
        return
    assert _all(world) <= before if name == "Redeem" else _all(world) == before
    assert not (starts_frozen and name in ("Move", "Redeem", CANCEL, FREEZE))


Change = Callable[[TransferNote], TransferNote]


@pytest.mark.parametrize(
    "fields",
    [
        {"reference": "Taro Yamada, Tokyo"},
        {"reference": "山田太郎"},
        {"reason": "court order"},
        {"author": "Sato Akiko"},
        {"approver": "akiko.sato@bank.example"},
        {"trade_id": b"\x01" * 31},
        {"reference": "x" * 65},
    ],
    ids=["name and town", "kanji", "prose", "a name", "an address", "short id", "long"],
)
def test_a_note_has_no_room_for_personal_data(fields: dict[str, object]) -> None:
    with pytest.raises(DecodeError):
        replace(ACT, **fields)  # type: ignore[arg-type] # any field


def test_a_note_comes_back_as_it_was_and_an_empty_one_is_no_bytes() -> None:
    note = TransferNote(TransferKind.COUPON, b"\x01" * 32, b"\x02" * 32, date(2026, 3, 31), "COUPON", "C-1", "a", "b")

    assert decode_note(note.encode()) == note
    assert TransferNote().encode() == b""
    assert GATE_ID in repr(gated(1))
