"""Consensus records that vanish too early, too late, or that somebody else needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import IbcClientViolation
from chains.progmat.contracts.ibc_upkeep import MAX_PRUNED
from chains.progmat.ibc_host.clients import (
    ClientMessagePlan,
    build_client_freeze,
    build_client_pruning,
    build_client_update,
)
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import PlatformRuleBroken, WritesBroken
from chains.progmat.transactions.model import StateAndRef
from primitives.errors import PeerError
from tests.fakes.evm_chain_model import TRUSTING_PERIOD_S
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import CN_B
from tests.fakes.settlement_world import SettlementWorld, terms_of

DAY_S = 86_400
Attack = Callable[[TransactionBuilder], TransactionBuilder]


class PruningWorld(SettlementWorld):
    """A client with records of several days, some of them expired."""

    def __init__(self) -> None:
        super().__init__()
        for _ in range(3):
            self.advance(DAY_S)
            self.evm.seal()
            self.update_client(trusted_height=self.evm.height - 1)
        self.expired_s = self.evm.timestamp_s(2) + TRUSTING_PERIOD_S

    def to(self, now_s: int) -> None:
        self.advance(now_s - self.now_s)

    def pruning(self, pruned: Sequence[int], kept: int = 4) -> TransactionBuilder:
        states = [self.consensus[height] for height in pruned]
        return build_client_pruning(self.ledger.frame, self.client, self.consensus[kept], states, CN_B.key, self.window)


@pytest.fixture
def world() -> PruningWorld:
    return PruningWorld()


def test_expired_records_are_pruned_once_and_their_paths_are_gone(world: PruningWorld) -> None:
    world.to(world.expired_s + 10)
    world.ledger.commit(world.pruning((1, 2)))

    assert {world.consensus[1].ref, world.consensus[2].ref} <= world.ledger.consumed
    assert not [path for path in world.ledger.paths if path.endswith((2).to_bytes(8, "big"))]
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(world.pruning((1,)))


def test_a_pruned_height_cannot_be_recorded_otherwise(world: PruningWorld) -> None:
    """Even by a chain that seals an old height anew with a later time: the path was written once and for ever."""
    update = world.update_builder(2, 1)
    world.to(world.expired_s + 10)
    world.ledger.commit(world.pruning((1, 2)))

    with pytest.raises((NotaryRefusedError, IbcClientViolation)):
        world.ledger.commit(replace(update, time_window=world.window))
    with pytest.raises(NotaryRefusedError, match="written before"):
        world.ledger._check_write(update.provable_writes[0])


@pytest.mark.parametrize("early_s", [1, 60, DAY_S])
def test_a_record_is_not_pruned_a_second_before_it_expires(world: PruningWorld, early_s: int) -> None:
    world.to(world.expired_s + 10 - early_s)
    with pytest.raises(IbcClientViolation, match="height 2 proves nothing any more"):
        world.ledger.verify(world.pruning((1, 2)))
    world.advance(early_s)
    world.ledger.verify(world.pruning((1, 2)))


def test_the_newest_record_stays_though_it_has_expired(world: PruningWorld) -> None:
    world.to(world.evm.timestamp_s(4) + TRUSTING_PERIOD_S + 60)
    world.ledger.verify(world.pruning((1, 2, 3)))
    for kept in (4, 3):
        with pytest.raises((IbcClientViolation, PlatformRuleBroken)):
            world.ledger.verify(world.pruning((1, 2, 3, 4), kept))


@pytest.mark.parametrize(
    "attack",
    [
        lambda b: replace(b, references=b.references[:1]),
        lambda b: replace(b, references=b.references[1:]),
        lambda b: replace(b, inputs=()),
        lambda b: replace(b, inputs=b.inputs[:1]),
        lambda b: replace(b, provable_writes=b.provable_writes[:1]),
        lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)),
        lambda b: replace(b, time_window=None),
    ],
    ids=["nothing stays", "no client", "nothing", "fewer", "fewer writes", "data", "no window"],
)
def test_a_pruning_that_breaks_a_rule_is_refused(world: PruningWorld, attack: Attack) -> None:
    world.to(world.expired_s + 10)
    builder = world.pruning((1, 2))
    world.ledger.verify(builder)

    with pytest.raises((IbcClientViolation, PlatformRuleBroken, WritesBroken)):
        world.ledger.verify(attack(builder))


def test_a_client_or_a_coin_is_not_pruned_along(world: PruningWorld) -> None:
    world.to(world.expired_s + 10)
    builder = world.pruning((1, 2))
    for other in (world.client, world.issue(5)):
        along = replace(
            builder,
            inputs=(*builder.inputs, other.ref),
            references=tuple(ref for ref in builder.references if ref != other.ref),
        )
        with pytest.raises(PeerError):
            world.ledger.verify(along)


def test_records_of_another_client_do_not_pass_as_this_ones(world: PruningWorld) -> None:
    _, others = world.create_client("qbft-5")
    world.to(world.expired_s + 10)
    for pruned, kept in (([others], world.consensus[4]), ([world.consensus[1]], others)):
        builder = build_client_pruning(world.ledger.frame, world.client, kept, pruned, CN_B.key, world.window)
        with pytest.raises(IbcClientViolation):
            world.ledger.verify(builder)


def test_the_records_of_a_frozen_client_stay_as_evidence(world: PruningWorld) -> None:
    evidence = world.evm.equivocation(4, 3)
    plan = ClientMessagePlan(world.client, world.consensus[3], evidence, CN_B.key, world.window)
    freeze = build_client_freeze(world.ledger.frame, world.ledger.package.light_clients, plan)
    (world.client,) = world.ledger.commit(freeze)
    world.to(world.expired_s + 10)

    with pytest.raises(IbcClientViolation, match="proves nothing any more"):
        world.ledger.verify(world.pruning((1, 2)))


def test_more_than_the_bound_is_not_pruned_at_once(world: PruningWorld) -> None:
    for _ in range(MAX_PRUNED):
        world.advance(1)
        world.evm.seal()
        world.update_client(trusted_height=4)
    world.to(world.evm.timestamp_s(world.evm.height) + TRUSTING_PERIOD_S + 60)
    newest = world.evm.height
    world.ledger.verify(world.pruning(range(1, MAX_PRUNED + 1), newest))
    with pytest.raises((IbcClientViolation, PlatformRuleBroken)):
        world.ledger.verify(world.pruning(range(1, MAX_PRUNED + 2), newest))


def test_a_pending_time_out_is_proved_though_every_record_from_before_is_pruned(world: PruningWorld) -> None:
    locked = world.lock(terms_of(settle_by_s=world.now_s + 600, lock_by_s=world.now_s + 300), world.issue(2_000_000))
    world.advance(700)
    world.evm.seal()
    at_the_time_out = world.update_client(trusted_height=4)
    world.to(world.evm.timestamp_s(4) + TRUSTING_PERIOD_S + 60)
    world.evm.seal()
    later = world.update_client(trusted_height=at_the_time_out)
    world.ledger.commit(world.pruning((1, 2, 3, 4), later))
    world.to(world.evm.timestamp_s(at_the_time_out) + TRUSTING_PERIOD_S + 60)
    world.ledger.commit(world.pruning((at_the_time_out,), later))

    world.ledger.commit(world.unlock_builder(locked, world.timeout_evidence(locked, later)))


def test_nothing_is_built_on_a_pruned_record(world: PruningWorld) -> None:
    world.to(world.expired_s + 10)
    pruned: StateAndRef = world.consensus[1]
    world.ledger.commit(world.pruning((1,)))
    world.evm.seal()
    message = world.evm.header(world.evm.height, 1)
    plan = ClientMessagePlan(world.client, pruned, message, CN_B.key, world.window)
    with pytest.raises((NotaryRefusedError, IbcClientViolation)):
        world.ledger.commit(build_client_update(world.ledger.frame, world.ledger.package.light_clients, plan))
