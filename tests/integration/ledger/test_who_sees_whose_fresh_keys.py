"""Who can tell whose a coin under a fresh key is, proved on the bytes that each node received from its peers.

``docs/ledger/privacy.md`` says the same in words.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.flows.signed_records import signed_of
from tests.fakes.eavesdropper import Eavesdropper
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SN, VALIDATORS, LedgerParty
from tests.integration.ledger.fresh_keys import coins_made, fresh_pay
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    SELLER_ACCOUNT,
    SETTLEMENT_PARTIES,
    LedgerNetwork,
    running_ledger,
)

BUYER_KEY, SELLER_KEY = BUYER_ACCOUNT.key[1:], SELLER_ACCOUNT.key[1:]


class World:
    """A ledger whose every message is overheard, the buyer with two coins under two fresh keys."""

    def __init__(self, ledger: LedgerNetwork, ear: Eavesdropper) -> None:
        self.ledger = ledger
        self.ear = ear

    def knows(self, *facts: bytes) -> set[str]:
        """The nodes that were told all of these facts, since it was last forgotten."""
        return {party.name for party in SETTLEMENT_PARTIES if all(self.ear.knows(party.name, fact) for fact in facts)}

    def can_tie(self, account_key: bytes, fresh_key: bytes) -> set[str]:
        """The nodes that were sent a message with both keys in it."""
        return {
            name
            for name, heard in self.ear.heard.items()
            if any(account_key in message and fresh_key in message for message in heard)
        }


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    ear = Eavesdropper()
    async with running_ledger(tmp_path, SETTLEMENT_PARTIES, router_of=ear.router_of) as ledger:
        for number in range(2):
            await ledger.done(SN, IssueCash(f"issue-{number}", COIN_ID, 500, BUYER_ACCOUNT, KeyChoice.FRESH))
        ear.forget()
        yield World(ledger, ear)


def keys_of(record: FlowRecord) -> list[bytes]:
    """Of the coins that a flow's transaction makes."""
    return [coin.owner.data for coin in coins_made(record)]


async def test_a_payee_learns_nothing_of_the_payers_account(world: World) -> None:
    paid = await world.ledger.done(CN_B, fresh_pay("pay", 300))
    _, change = keys_of(paid)
    assert world.knows(BUYER_KEY) == {SN.name}  # the statement about the change
    assert world.can_tie(BUYER_KEY, change) == {SN.name}
    assert world.ear.knows(CN_A.name, change)  # it sees the coin, and cannot say whose it is


async def test_payer_and_issuer_alone_are_told_whose_the_payees_key_is(world: World) -> None:
    paid = await world.ledger.done(CN_B, fresh_pay("pay", 300))
    to_payee, _ = keys_of(paid)
    assert world.can_tie(SELLER_KEY, to_payee) == {CN_B.name, SN.name}


async def test_an_issue_names_the_account_to_nobody_but_the_payees_node(world: World) -> None:
    issue = IssueCash("issue", COIN_ID, 100, BUYER_ACCOUNT, KeyChoice.FRESH)
    await world.ledger.done(SN, issue)
    assert world.knows(BUYER_KEY) == {CN_B.name, SN.name}  # asked for a key, and answered


async def test_the_notary_and_the_validators_see_no_key_at_all(world: World) -> None:
    paid = await world.ledger.done(CN_B, fresh_pay("pay", 300))
    nobody = {NN.name, *(validator.name for validator in VALIDATORS)}
    for key in (*keys_of(paid), BUYER_KEY, SELLER_KEY):
        assert not world.knows(key) & nobody


async def test_a_payer_cannot_link_two_payments_of_the_payee_by_what_it_is_sent_later(world: World) -> None:
    """The payee pays on what it got, in two transactions: the first payer gets the coins back, with their histories."""
    for number in range(2):
        await world.ledger.done(CN_B, fresh_pay(f"pay-{number}", 500))
    world.ear.forget()
    back = [
        MoveCash(f"back-{number}", COIN_ID, SN.name, 500, SELLER_ACCOUNT.key, BUYER_ACCOUNT, KeyChoice.FRESH)
        for number in range(2)
    ]
    made = [keys_of(await world.ledger.done(CN_A, request)) for request in back]
    assert len({key for keys in made for key in keys}) == 2
    assert not world.ear.knows(CN_B.name, SELLER_KEY)


async def test_a_later_owner_with_the_whole_history_finds_no_account_in_it(world: World) -> None:
    """Two coins of one account, paid to one payee in two transactions: their histories have no key in common."""
    first = await world.ledger.done(CN_B, fresh_pay("first", 500))
    second = await world.ledger.done(CN_B, fresh_pay("second", 500))
    for number in range(2):
        issued = await world.ledger.operations(SN).flow(f"issue-{number}")
        assert world.ear.knows(CN_A.name, signed_of(issued).wire.salt)  # it did get the history
        assert not world.ear.knows(CN_A.name, BUYER_KEY)
    histories = [await _keys_in_history(world, record) for record in (first, second)]
    assert all(len(keys) == 2 for keys in histories)
    assert not histories[0] & histories[1]


async def _keys_in_history(world: World, record: FlowRecord) -> set[bytes]:
    """Who owned the coin that the payment made, and the one it was made of."""
    (spent,) = signed_of(record).wire.inputs
    issues = [await world.ledger.operations(SN).flow(f"issue-{number}") for number in range(2)]
    (issued,) = (issue for issue in issues if issue.tx_id == spent.tx_id)
    return {*keys_of(record), *keys_of(issued)}


async def test_without_fresh_keys_the_same_payments_show_one_account(world: World) -> None:
    """What the others would find if nothing were hidden: that these tests can fail."""
    plain = MoveCash("plain", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT, KeyChoice.ACCOUNT)
    paid = await world.ledger.done(CN_B, plain)
    assert {coin.owner_kind for coin in coins_made(paid)} == {OwnerKind.ACCOUNT}
    assert CN_A.name in world.knows(BUYER_KEY)


@pytest.mark.parametrize("party", [CN_A, CN_B], ids=lambda party: party.name)
async def test_a_custodian_keeps_no_word_about_others_keys(world: World, party: LedgerParty) -> None:
    await world.ledger.done(CN_B, fresh_pay("pay", 300))
    database = world.ledger.vault(party).node.parts.database
    rows = await database.read(lambda c: c.exec_driver_sql("SELECT node, statement FROM vault_fresh_keys").all())
    assert {node for node, _ in rows} == {party.name}
    assert not any(statement for _, statement in rows)
