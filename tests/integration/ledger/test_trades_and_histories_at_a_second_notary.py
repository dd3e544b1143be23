"""At a second notary: native trades, attested histories, its key rotated, cash for a lock, and what fsck says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.fsck import Subject, check_database
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.other_notaries import NotaryService, OtherNotary
from tests.fakes.epochs import following
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, NN, SECOND, SN, VALIDATORS, LedgerParty
from tests.integration.ledger.epochs import bring_into_force, flag_day_s
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import BUYER_ACCOUNT, MAP, PACKAGE, SELLER_ACCOUNT
from tests.integration.ledger.settlement import Settlements
from tests.integration.ledger.test_attested_history import has_attestation, known, snipper
from tests.integration.ledger.test_epochs_on_a_running_ledger import stored
from tests.integration.ledger.two_notaries import (
    PARTIES,
    TWO_NOTARIES,
    free_at,
    ledger_of_two_notaries,
    with_second,
)

SECOND_LATER = LedgerParty("nn-2 later")
NOW_S = 4_000_000_000


def pay(name: str, amount_yen: int) -> MoveCash:
    """From the buyer to the seller."""
    return MoveCash(name, COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def test_a_native_trade_is_settled_where_the_tokens_are(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, (*PARTIES, AN), network_map=MAP) as ledger:
        trades = await NativeTrades.open(ledger, SECOND.name)
        await ledger.issue(10_000)  # more than enough, at the other notary: not looked at
        terms = trades.terms(quantity=10, amount_yen=400)
        await trades.authorise(terms)
        settled = await ledger.done(CN_A, trades.settle(terms))
        assert (await stored(ledger, CN_B, settled.tx_id)).wire.notary == SECOND.party
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {NN.name: 10_000, SECOND.name: 600}
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: 400}
        dear = trades.terms(2, quantity=10, amount_yen=900)
        await trades.authorise(dear)
        refused = await ledger.run(CN_A, trades.settle(dear))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "INSUFFICIENT_FUNDS")


async def test_cash_for_a_lock_has_to_be_at_the_journals_notary(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, (*PARTIES, *VALIDATORS)) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(500, notary=SECOND.name)
        await ledger.issue(100)
        refused = await ledger.run(CN_B, await world.lock_request(world.terms(amount_yen=400)))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "HELD_AT_SEVERAL_NOTARIES")
        assert "at one notary of nn; there are 100 at nn, 500 at nn-2" in refused.last_error


async def test_validators_attest_a_history_at_the_second_notary_and_payees_take_it(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, (*PARTIES, *VALIDATORS)) as ledger:
        issued = await ledger.issue(100, notary=SECOND.name)
        assert issued.tx_id is not None
        chain = [issued.tx_id]
        for number in range(3):
            request = MoveCash(f"m{number}", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, BUYER_ACCOUNT)
            moved = await ledger.done(CN_B, request)
            assert moved.tx_id is not None
            chain.append(moved.tx_id)
        await snipper(ledger).attest(chain[-1])
        await has_attestation(ledger, CN_B, chain[-1])
        await ledger.done(CN_B, pay("pay", 100))
        assert await known(ledger, CN_A, chain) == 0
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: 100}


async def test_the_second_notarys_key_is_rotated_and_its_states_go_on(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, more_keys={SECOND: (SECOND_LATER,)}) as ledger:
        await ledger.issue(1000, notary=SECOND.name)
        later = replace(SECOND.party, key=SECOND_LATER.key)
        await bring_into_force(
            ledger,
            following(
                TWO_NOTARIES,
                flag_day_s(ledger),
                other_notaries=(OtherNotary(later, NotaryService.OPEN),),
                key_successions=(KeySuccession(SECOND.name, SECOND.key, SECOND_LATER.key),),
            ),
        )
        paid = await ledger.done(CN_B, pay("pay", 300))
        final = await stored(ledger, CN_A, paid.tx_id)
        assert final.wire.notary == later
        issued = await stored(ledger, CN_A, final.wire.inputs[0].tx_id)
        assert SECOND_LATER.key in issued.signed_by, "what CN_A first saw after the rotation, the second confirmed"
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: 300}


async def test_fsck_finds_nothing_wrong_with_what_two_notaries_signed(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        for notary in ("", SECOND.name):
            await ledger.issue(1000, notary=notary)
        for number, amount_yen in enumerate((700, 800, 100)):
            await ledger.done(CN_B, pay(f"pay-{number}", amount_yen))
        await ledger.everything_delivered(CN_B)
        network_map = ledger.network_map
        for party in (SN, CN_A, CN_B):
            await ledger.stop(party)
    for party in (SN, CN_A, CN_B):
        entry = network_map.entry(party.name)
        assert entry is not None
        me = NodeSelf(entry.party, entry.roles, entry.index)
        at = tmp_path / party.name
        subject = Subject(at / "node.sqlite3", at, me, with_second(MAP), TWO_NOTARIES, PACKAGE)
        assert list(check_database(subject, NOW_S, lambda _what, _done: None)) == []
