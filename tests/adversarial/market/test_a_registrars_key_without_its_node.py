"""Whoever has a registrar's node key, and not its node: what that key does alone, and what ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import MembershipViolation, TokenViolation
from chains.progmat.contracts.keeper_acts import FORCE
from chains.progmat.contracts.standard_package import standard_package
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import AN, BUYER, CN_B, STRANGER, membership_change
from tests.fakes.security_parties import SecurityWorld, a_security, gated
from tests.fakes.token_parties import NOW_S, ST

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())
SIGNERS = (AN.key, STRANGER.key)


def test_it_forces_nothing_under_the_registered_security() -> None:
    world = SecurityWorld(LedgerModel(PACKAGE, NOW_S))

    with pytest.raises(TokenViolation, match="an approver of token ST-1 signs"):
        world.ledger.verify(world.act(FORCE, [world.tokens], gated(100, BUYER, CN_B), signers=SIGNERS))


def test_it_registers_again_under_an_approver_of_its_own_until_the_operator_suspends_the_registrar() -> None:
    world = SecurityWorld(LedgerModel(PACKAGE, NOW_S))
    (own,) = world.ledger.commit(world.register(replace(a_security(), approvers=(STRANGER.key,))))
    stealing = [world.tokens], gated(100, BUYER, CN_B)
    world.ledger.verify(world.act(FORCE, *stealing, signers=SIGNERS, under=own))

    world.ledger.commit(membership_change(world.ledger.frame, world.frame.members[ST, AN.name], "Suspend"))

    with pytest.raises(MembershipViolation):
        world.ledger.verify(world.act(FORCE, *stealing, signers=SIGNERS, under=own))
    with pytest.raises(MembershipViolation):
        world.ledger.verify(world.register(replace(a_security(), approvers=(STRANGER.key,))))
