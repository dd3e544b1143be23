"""Need to know, role by role and flow by flow, proved on the bytes that each node received from its peers.

``docs/ledger/privacy.md`` has the same table in words.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import CancelTrade, MoveCash, RedeemCash
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.transactions.model import Group
from chains.progmat.transactions.wire import WireTransaction
from tests.fakes.eavesdropper import Eavesdropper
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, VALIDATORS
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    PARAMETERS,
    ROLES,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements

NAMES = tuple(party.name for party in ROLES)
NOTHING: frozenset[str] = frozenset()
ID_ONLY = frozenset({"id"})
WHOLE = frozenset({"id", "salt", "outputs", "commands"})
COIN_WHOLE = WHOLE | {"owners", "coin"}


@dataclass
class World:
    ledger: LedgerNetwork
    ear: Eavesdropper

    def seen(self, record: FlowRecord) -> dict[str, frozenset[str]]:
        """What each node was told of a flow's transaction, by kind of fact; the driver's own knowledge apart."""
        facts = facts_of(signed_of(record).wire)
        return {
            name: frozenset(kind for kind, values in facts.items() if any(self.ear.knows(name, v) for v in values))
            for name in NAMES
        }


def facts_of(wire: WireTransaction) -> dict[str, list[bytes]]:
    """Byte strings that nobody can know who was not told: each stands for a kind of fact."""
    coins = [CashState.of(state) for state in wire.outputs if state.contract == CASH]
    facts = {
        "id": [bytes(wire.id)],
        "salt": [wire.salt],
        "outputs": list(wire.components.get(Group.OUTPUTS, ())),
        "commands": list(wire.components.get(Group.COMMANDS, ())),
    }
    if coins:
        facts |= {"owners": [coin.owner.data for coin in coins], "coin": [COIN_ID.encode()]}
    return facts


def expected(driver: str, **others: frozenset[str]) -> dict[str, frozenset[str]]:
    """By node; ``cn_a`` is cn-a. Nodes not named are told nothing; the driver is not looked at."""
    table = dict.fromkeys(NAMES, NOTHING) | {name.replace("_", "-"): facts for name, facts in others.items()}
    return {name: facts for name, facts in table.items() if name != driver}


def validators(seen: dict[str, frozenset[str]], facts: frozenset[str]) -> dict[str, frozenset[str]]:
    """Those who were asked to approve, as many as must; the others read no more than the id in the journal."""
    names = [validator.name for validator in VALIDATORS]
    asked = [name for name in names if not seen[name] <= ID_ONLY]
    assert len(asked) == PARAMETERS.validators.threshold < len(names)
    return {name.replace("-", "_"): facts if name in asked else seen[name] for name in names}


async def journal_is_read(world: World, record: FlowRecord) -> None:
    """Return when each Validator has met the id, where not before, in the journal: it reads there in its own time."""
    async with asyncio.timeout(WAIT_S):
        while any("id" not in world.seen(record)[who.name] for who in VALIDATORS):  # noqa: ASYNC110 # an ear tells nobody
            await asyncio.sleep(0.001)


def others_than(driver: str, seen: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {name: facts for name, facts in seen.items() if name != driver}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    ear = Eavesdropper()
    async with running_ledger(tmp_path, router_of=ear.router_of) as ledger:
        yield World(ledger, ear)


async def test_an_issue_is_seen_by_the_payees_custodian_alone(world: World) -> None:
    world.ear.forget()
    issued = await world.ledger.issue(987_654_321)
    assert others_than(SN.name, world.seen(issued)) == expected(SN.name, nn=ID_ONLY, cn_b=COIN_WHOLE)


async def test_a_payment_is_seen_by_issuer_and_payee_and_the_notary_sees_an_id(world: World) -> None:
    await world.ledger.issue(1000)
    world.ear.forget()
    pay = MoveCash("pay", COIN_ID, SN.name, 400, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
    paid = await world.ledger.done(CN_B, pay)
    assert others_than(CN_B.name, world.seen(paid)) == expected(CN_B.name, sn=COIN_WHOLE, cn_a=COIN_WHOLE, nn=ID_ONLY)


async def test_what_stays_with_one_custodian_no_other_hears_of(world: World) -> None:
    await world.ledger.issue(1000)
    world.ear.forget()
    own = await world.ledger.done(CN_B, MoveCash("own", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, BUYER_ACCOUNT))
    redeem = await world.ledger.done(CN_B, RedeemCash("redeem", COIN_ID, SN.name, 10, BUYER_ACCOUNT.key))
    for record in (own, redeem):
        assert others_than(CN_B.name, world.seen(record)) == expected(CN_B.name, sn=COIN_WHOLE, nn=ID_ONLY)


async def test_a_lock_is_seen_by_both_custodians_the_issuer_and_the_validators(world: World) -> None:
    settlements = await Settlements.connect(world.ledger)
    await world.ledger.issue(1000)
    terms = settlements.terms(amount_yen=400)
    request = await settlements.lock_request(terms)
    world.ear.forget()
    locked = await world.ledger.done(CN_B, request)
    await journal_is_read(world, locked)
    seen = others_than(CN_B.name, world.seen(locked))
    assert seen == expected(CN_B.name, sn=COIN_WHOLE, cn_a=COIN_WHOLE, nn=ID_ONLY, **validators(seen, COIN_WHOLE))


async def test_a_cancelled_trade_is_no_news_to_the_notary_but_its_id(world: World) -> None:
    settlements = await Settlements.connect(world.ledger)
    terms = settlements.terms()
    await settlements.authorise(terms)
    world.ear.forget()
    cancelled = await world.ledger.done(CN_B, CancelTrade("cancel", terms))
    await journal_is_read(world, cancelled)
    seen = others_than(CN_B.name, world.seen(cancelled))
    assert seen == expected(
        CN_B.name, sn=seen["sn"], cn_a=WHOLE - {"outputs"}, nn=ID_ONLY, **validators(seen, WHOLE - {"outputs"})
    )


async def test_a_payee_learns_the_history_of_its_coin_unless_it_is_attested(world: World) -> None:
    issued = await world.ledger.issue(500)
    own = MoveCash("own", COIN_ID, SN.name, 500, BUYER_ACCOUNT.key, BUYER_ACCOUNT)
    await world.ledger.done(CN_B, own)
    world.ear.forget()
    await world.ledger.done(CN_B, MoveCash("one", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
    assert world.seen(issued)[CN_A.name] == COIN_WHOLE


async def test_with_an_attestation_it_learns_of_the_outputs_it_depends_on_and_no_more(world: World) -> None:
    ledger = world.ledger
    issued = await ledger.issue(500)
    before = await ledger.done(CN_B, MoveCash("own", COIN_ID, SN.name, 120, BUYER_ACCOUNT.key, BUYER_ACCOUNT))
    assert before.tx_id is not None
    await ledger.vault(SN).node.snipper.attest(before.tx_id)
    await ledger.done(CN_B, MoveCash("wait", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, BUYER_ACCOUNT))
    world.ear.forget()
    await ledger.done(CN_B, MoveCash("pay", COIN_ID, SN.name, 120, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
    assert not world.ear.knows(CN_A.name, signed_of(issued).wire.salt)
    assert not world.ear.knows(CN_A.name, signed_of(before).wire.salt)
    outputs = signed_of(before).wire.components[Group.OUTPUTS]
    assert [world.ear.knows(CN_A.name, output) for output in outputs].count(True) == 1
