"""Locks whose packet, terms or provable writes do not say the same thing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.errors import DvpLockViolation
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import WritesBroken
from chains.progmat.transactions.model import StateAndRef, create_write
from ibc.dvp import CashAccount, SettlementTerms
from primitives.types import Address, Hash32
from tests.fakes.ledger_parties import VALIDATOR_KEY, cash, cash_move
from tests.fakes.settlement_world import NOW_S, SettlementWorld

ZERO = Hash32(bytes(32))
Attack = Callable[[TransactionBuilder], TransactionBuilder]


def _lock_state(builder: TransactionBuilder) -> DvpLockState:
    return DvpLockState.of(builder.outputs[1])


def _with_lock(builder: TransactionBuilder, state: DvpLockState) -> TransactionBuilder:
    output = replace(builder.outputs[1], data=state.encode())
    return replace(builder, outputs=(builder.outputs[0], output, *builder.outputs[2:]))


def _with_packet(**changes: Any) -> Attack:  # noqa: ANN401 # any field of the packet
    return lambda b: _with_lock(b, replace(_lock_state(b), packet=replace(_lock_state(b).packet, **changes)))


def _with_payload(**changes: Any) -> Attack:  # noqa: ANN401 # any field of the payload
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        payload = _lock_state(builder).packet.payloads[0]
        return _with_packet(payloads=(replace(payload, **changes),))(builder)

    return attack


def _with_terms(change: Callable[[SettlementTerms], SettlementTerms]) -> Attack:
    return lambda b: _with_lock(b, replace(_lock_state(b), terms=change(_lock_state(b).terms)))


def _flip_payload_word(word: int) -> Attack:
    """The packet says something else in one of its eight words."""

    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        value = bytearray(_lock_state(builder).packet.payloads[0].value)
        value[32 * word + 31] ^= 1
        return _with_payload(value=bytes(value))(builder)

    return attack


PACKET_ATTACKS: list[tuple[str, Attack]] = [
    ("sequence", _with_packet(sequence=2)),
    ("source client", _with_packet(source_client="qbft-1")),
    ("destination client", _with_packet(destination_client="progmat-1")),
    ("time-out later", _with_packet(timeout_s=NOW_S + 1201)),
    ("time-out earlier", _with_packet(timeout_s=NOW_S + 1199)),
    ("source port", _with_payload(source_port="transfer")),
    ("destination port", _with_payload(destination_port="transfer")),
    ("version", _with_payload(version="dvp-2")),
    ("encoding", _with_payload(encoding="application/json")),
    *((f"payload word {word}", _flip_payload_word(word)) for word in range(8)),
    ("terms: trade id", _with_terms(lambda t: replace(t, trade_id=b"\x01" * 32))),
    ("terms: quantity", _with_terms(lambda t: replace(t, security=replace(t.security, quantity=9)))),
    ("terms: token", _with_terms(lambda t: replace(t, security=replace(t.security, token=Address(b"\x12" * 20))))),
    ("terms: buyer", _with_terms(lambda t: replace(t, security=replace(t.security, buyer=Address(b"\x12" * 20))))),
    ("terms: salt", _with_terms(lambda t: replace(t, cash=replace(t.cash, salt=b"\x12" * 32)))),
    (
        "terms: seller's account",
        _with_terms(lambda t: replace(t, cash=replace(t.cash, seller=CashAccount("x", t.cash.seller.key)))),
    ),
    ("terms: lock by", _with_terms(lambda t: replace(t, lock_by_s=t.lock_by_s + 1))),
]


@pytest.mark.parametrize("attack", [a[1] for a in PACKET_ATTACKS], ids=[a[0] for a in PACKET_ATTACKS])
def test_a_packet_that_is_not_that_of_the_terms_is_refused(
    world: SettlementWorld, lock: TransactionBuilder, attack: Attack
) -> None:
    world.ledger.verify(lock)

    with pytest.raises((DvpLockViolation, WritesBroken), match=r"packet is that of the terms|vouch for"):
        world.ledger.verify(attack(lock))


def test_only_a_changed_sequence_gets_as_far_as_its_write(world: SettlementWorld, lock: TransactionBuilder) -> None:
    """Any sequence is a packet of the terms; that it is the one committed to is the write's to say."""
    with pytest.raises(WritesBroken, match="vouch for"):
        world.ledger.verify(_with_packet(sequence=2)(lock))


def _writes(*chosen: int) -> Attack:
    return lambda b: replace(b, provable_writes=tuple(b.provable_writes[n] for n in chosen))


def _other_write(index: int, value: Hash32) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        writes = list(builder.provable_writes)
        writes[index] = create_write(writes[index].path, value)
        return replace(builder, provable_writes=tuple(writes))

    return attack


@pytest.mark.parametrize(
    "attack",
    [
        _writes(1),
        _writes(0),
        _writes(),
        _other_write(0, ZERO),
        _other_write(1, ZERO),
        lambda b: replace(b, provable_writes=(*b.provable_writes, create_write(b"qbft-0\x01" + bytes(8), ZERO))),
        lambda b: replace(b, provable_writes=(create_write(b"trade/" + bytes(32), ZERO), b.provable_writes[1])),
    ],
    ids=["no trade id", "no commitment", "none", "trade value", "commitment value", "another packet", "another trade"],
)
def test_writes_that_are_not_exactly_the_locks_are_refused(
    world: SettlementWorld, lock: TransactionBuilder, attack: Attack
) -> None:
    with pytest.raises(WritesBroken, match="vouch for"):
        world.ledger.verify(attack(lock))


def test_a_move_of_cash_cannot_smuggle_in_a_packet_commitment(
    world: SettlementWorld, coins: StateAndRef, lock: TransactionBuilder
) -> None:
    move = cash_move(world.ledger.frame, [coins], cash(1_500_000)).with_signer(0, VALIDATOR_KEY)

    with pytest.raises(WritesBroken, match="vouch for"):
        world.ledger.verify(replace(move, provable_writes=lock.provable_writes))
