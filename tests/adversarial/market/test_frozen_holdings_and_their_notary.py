"""An owner that carries what is frozen to a notary where its keeper's security, or coin, does not stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import NotaryChangeViolation
from chains.progmat.contracts.keeper_acts import FREEZE
from chains.progmat.contracts.notary_change import change_command, is_held_fast
from chains.progmat.contracts.replacement import replaced
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.contracts.transfer_note import TransferKind
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from tests.fakes.ledger_parties import AN, SECOND, SELLER, cash
from tests.fakes.replacement_world import RETIRING, TwoNotaryModel
from tests.fakes.security_parties import ACT, SecurityWorld, gated
from tests.fakes.token_parties import NOW_S

PACKAGE = standard_package(LightClientRegistry.builder().register(QbftLightClient()).seal())


def carried_away(world: SecurityWorld, *states: StateAndRef) -> TransactionBuilder:
    """By owner and registrar, whose node signs replacements that owners begin."""
    refs = tuple(state.ref for state in states)
    outputs = replaced(states, lambda state: replace(state.state, notary=SECOND.party))
    command = change_command(SECOND.party, SELLER.key, AN.key)
    return replace(world.frame.start(), inputs=refs, outputs=outputs, commands=(command,))


def test_what_is_frozen_is_not_carried_to_another_notary() -> None:
    world = SecurityWorld(TwoNotaryModel(PACKAGE, NOW_S))
    keep = replace(ACT, kind=TransferKind.NONE)
    frozen, free = world.ledger.commit(world.act(FREEZE, [world.tokens], gated(60, frozen=True), gated(40), note=keep))

    for states in ((frozen,), (free, frozen)):
        with pytest.raises(NotaryChangeViolation, match="frozen security_token waits for its keeper"):
            world.ledger.verify(carried_away(world, *states))
    world.ledger.commit(carried_away(world, free))


def test_what_is_frozen_leaves_a_notary_that_retires() -> None:
    parameters = TwoNotaryModel(PACKAGE, NOW_S).parameters
    frozen_yen = replace(cash(100), frozen=True)

    assert is_held_fast(frozen_yen.as_output(SECOND.party), parameters)
    assert not is_held_fast(frozen_yen.as_output(RETIRING.party), parameters)
    assert not is_held_fast(gated(1, frozen=True).as_output(RETIRING.party), parameters)
    assert not is_held_fast(cash(100).as_output(SECOND.party), parameters)
