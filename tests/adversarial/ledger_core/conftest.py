"""A settlement about to be locked, for attacks that change nothing in it; files that do make their own."""

from __future__ import annotations

import pytest

from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from tests.fakes.settlement_world import SettlementWorld, terms_of


@pytest.fixture(scope="module")
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.fixture(scope="module")
def coins(world: SettlementWorld) -> StateAndRef:
    return world.issue(1_500_000)


@pytest.fixture(scope="module")
def lock(world: SettlementWorld, coins: StateAndRef) -> TransactionBuilder:
    return world.lock_builder(terms_of(), coins)
