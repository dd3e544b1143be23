"""Coins, tokens and memberships move from notary to notary on a running ledger; what must stay stays."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.replacement_requests import MAX_REPLACED, ChangeNotary, StateChoice
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.queries import hold
from chains.progmat.vault.soft_locks import lock_states
from primitives.types import Hash32
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SECOND, SN, VALIDATORS, LedgerParty
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import Settlements
from tests.integration.ledger.test_a_vault_over_its_api import BUYERS
from tests.integration.ledger.two_notaries import PARTIES, RETIRING, free_at, ledger_of_two_notaries, second_becomes


def change(request_id: str, to: LedgerParty = SECOND, **choice: object) -> ChangeNotary:
    return ChangeNotary(request_id, to.name, "", StateChoice(**choice))  # type: ignore[arg-type] # its fields


async def refused(ledger: LedgerNetwork, party: LedgerParty, request: AnyRequest) -> tuple[str, str]:
    record = await ledger.run(party, request)
    assert record.step is FlowStep.FAILED, record
    return record.last_error_reason, record.last_error


async def test_coins_move_are_paid_with_there_and_move_back(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await ledger.issue(700)
        await ledger.issue(300)
        await ledger.done(CN_B, change("there"))
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 1000}
        pay = MoveCash("pay", COIN_ID, SN.name, 250, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        await ledger.done(CN_B, pay)
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: 250}
        await ledger.done(CN_A, change("back", NN))
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {NN.name: 250}
        assert await ledger.total_yen(SN) == 1000


async def test_a_retiring_notary_lets_states_go_and_takes_none(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await ledger.issue(100, notary=SECOND.name)
        await ledger.issue(100)
        await second_becomes(ledger, RETIRING)
        reason, says = await refused(ledger, CN_B, change("there"))
        assert reason == "NOTARY_NOT_SERVING"
        assert f"choose from {NN.name}" in says
        await ledger.done(CN_B, change("back", NN))
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {NN.name: 200}


async def test_many_coins_go_batch_after_batch_and_reserved_ones_stay(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        for _ in range(MAX_REPLACED):
            await ledger.issue(10)
        reserved = await ledger.issue(10)
        assert reserved.tx_id is not None
        ref = StateRef(Hash32(reserved.tx_id), 0)
        database, now_s = ledger.vault(CN_B).node.parts.database, ledger.clock.now_s()
        held = partial(lock_states, refs=[ref], lock_owner="a flow", now_s=now_s, expires_s=now_s + 60)
        await database.submit(held)
        await ledger.done(CN_B, change("c/1", account_key=BUYER_ACCOUNT.key, asset_id=COIN_ID))
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {
            NN.name: 0,
            SECOND.name: 10 * MAX_REPLACED,
        }
        reason, says = await refused(ledger, CN_B, change("c/2"))
        assert (reason, "1 are reserved" in says) == ("NOTHING_TO_REPLACE", True)
        ledger.clock.advance_s(61)
        await ledger.done(CN_B, change("c/3"))
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 10 * (MAX_REPLACED + 1)}


async def test_what_is_named_is_ours_and_may_leave_or_is_refused_by_name(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, (*PARTIES, *VALIDATORS)) as ledger:
        world = await Settlements.connect(ledger)
        issued = await ledger.issue(500)
        assert issued.tx_id is not None
        coin = StateRef(Hash32(issued.tx_id), 0)
        assert (await refused(ledger, SN, change("of-others", refs=(coin,))))[0] == "NOT_REPLACEABLE"
        assert (await refused(ledger, CN_A, change("unknown", refs=(coin,))))[0] == "STATE_CONSUMED"
        terms = world.terms(amount_yen=400)
        await world.lock(terms)
        database = ledger.vault(CN_B).node.parts.database
        held = await database.read(partial(hold, trade_id=terms.trade_id))
        assert held is not None
        reason, says = await refused(ledger, CN_B, change("locked", refs=(held.cash[0].ref,)))
        assert (reason, "another chain's proof unlocks it" in says) == ("NOT_REPLACEABLE", True)
        await ledger.done(CN_B, change("the-rest"))
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 100}
        again = await database.read(partial(hold, trade_id=terms.trade_id))
        assert again is not None
        assert again.lock.ref == held.lock.ref


async def test_the_operator_moves_memberships(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        assert (await refused(ledger, CN_A, change("own", contract="membership")))[0] == "NOTHING_TO_REPLACE"
        assert (await refused(ledger, SN, change("not-named")))[0] == "NOTHING_TO_REPLACE"
        lines = await ledger.operations(SN).memberships([BusinessNetwork.SC], 100)
        mine = next(line for line in lines if line.indexed.party == CN_A.name and line.state.notary == NN.party)
        await ledger.done(SN, change("membership", refs=(mine.ref,)))
        lines = await ledger.operations(SN).memberships([BusinessNetwork.SC], 100)
        assert [line.state.notary.name for line in lines if line.indexed.party == CN_A.name] == [SECOND.name] * 2
        await ledger.done(SN, change("the-others", contract="membership"))
        lines = await ledger.operations(SN).memberships([BusinessNetwork.SC], 100)
        assert {line.state.notary for line in lines} == {SECOND.party}


async def test_a_statement_tells_of_it_and_no_balance_changes(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger, served(ledger, CN_B) as vault, vault.client() as client:
        await ledger.issue(700)
        await ledger.done(CN_B, change("there"))
        issued, moved = (await client.statement(BUYERS)).entries.rows
        assert (moved.kind, moved.change_amount, moved.balance_amount) == (EntryKind.NOTARY_CHANGE, 0, 700)
        assert moved.counterparty is None
        for sequence in (issued.sequence, moved.sequence):
            assert (await client.balance_as_of(BUYERS, sequence=sequence)).balance_amount == 700
