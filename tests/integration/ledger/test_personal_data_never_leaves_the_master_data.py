"""A day of flows over nodes whose master data are full of marked values: none of them is anywhere else, on no node.

Then an investor is erased: the ledger verifies as before, and the register still names the id.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import update

from chains.progmat.flows.requests import MoveCash, RedeemCash
from chains.progmat.flows.schema import flows
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.market.master_data.desk import MasterDataDesk
from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.errors import InvestorHolds
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.holders import MasterDataHolders
from chains.progmat.market.master_data.scrubbing import Scrubbed
from chains.progmat.market.master_data.searching import Leak, found_in, leaks, personal_values
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.approvals import Approval
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.market.people.statuses import Decision
from chains.progmat.node.fsck import Subject, check_database
from chains.progmat.node.people_part import PeoplePart
from chains.progmat.node.storage.engine import Access, engine_for
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, NN, SN, VALIDATORS, LedgerParty
from tests.fakes.master_data_world import marked_bank, marked_investor
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    MAP,
    PACKAGE,
    PARAMETERS,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements

WITH_PEOPLE = (SN, AN, CN_A, CN_B)
CLERK, COLLEAGUE = Act("clerk-1", reason="opening form"), "approver-1"
TERMINAL = Caller("terminal", bytes(32))
INVESTORS = {1: SELLER_ACCOUNT, 3: None}
NOW_S = 4_000_000_000


def desks(ledger: LedgerNetwork, party: LedgerParty) -> tuple[PeopleDesk, MasterDataDesk]:
    part = ledger.vault(party).part(PeoplePart)
    return part.people, part.master_data


async def approve(people: PeopleDesk, approval: Approval) -> None:
    await people.decide(approval.approval_id, Decision.APPROVE, COLLEAGUE, approval.request_hash, TERMINAL)


async def enter_investors(ledger: LedgerNetwork) -> dict[str, bytes]:
    """Everybody at every node that has people; all their personal values, as they are stored and as they were typed."""
    typed = {}
    for party in WITH_PEOPLE:
        people, master_data = desks(ledger, party)
        for number, account in INVESTORS.items():
            values = {**marked_investor(number), **marked_bank(number)}
            typed.update({f"typed {number} {path}": str(value).encode() for path, value in values.items()})
            entered = await master_data.put(RecordKind.INVESTOR, values, 0, CLERK, TERMINAL)
            assert entered.bank_approval is not None
            await approve(people, entered.bank_approval)
            if account is not None:
                key = {"id": account.key.hex(), "investor_id": str(values["id"])}
                await master_data.put(RecordKind.INVESTOR_KEY, key, 0, CLERK, TERMINAL)
    open_ones = {what for what, value in typed.items() if what.endswith(" id") or len(value) < 7}
    stored = await desks(ledger, SN)[0].database.read(personal_values)
    searched = {what: value for what, value in typed.items() if what not in open_ones} | stored
    return {what: value for value, what in {value: what for what, value in searched.items()}.items()}


async def a_day(ledger: LedgerNetwork) -> None:
    """Tokens and cash issued, a native trade, payments, a cross-chain settlement, a redemption."""
    trades = await NativeTrades.open(ledger)
    terms = trades.terms()
    await trades.authorise(terms)
    await ledger.done(CN_A, trades.settle(terms))
    await ledger.issue(1000)
    await ledger.done(CN_B, MoveCash("pay", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
    world = await Settlements.connect(ledger)
    swap = world.terms(amount_yen=200)
    await ledger.done(SN, await world.delivered(await world.lock(swap), swap))
    await ledger.done(CN_A, RedeemCash("redeem", COIN_ID, SN.name, 50, SELLER_ACCOUNT.key))
    for party in WITH_PEOPLE:
        await ledger.everything_delivered(party)


def leaks_of(folder: Path, values: dict[str, bytes]) -> Iterator[Leak]:
    """In every table of every node's database, and in the bytes of every other file."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        has_people = path.parent.name in {party.name for party in WITH_PEOPLE} and path.name.startswith("node.sqlite3")
        if not has_people:
            yield from (Leak(path.name, what) for what in found_in(path.read_bytes(), values))
        elif path.suffix == ".sqlite3":
            with closing(engine_for(path, Access.READ).connect()) as connection, connection.begin():
                yield from leaks(connection, values)


def is_sound(folder: Path, party: LedgerParty) -> bool:
    entry = MAP.entry(party.name)
    assert entry is not None
    at = folder / party.name
    me = NodeSelf(entry.party, entry.roles, entry.index)
    subject = Subject(at / "node.sqlite3", at, me, MAP, PARAMETERS, PACKAGE)
    return not list(check_database(subject, NOW_S, lambda _what, _done: None))


async def test_a_day_leaves_no_personal_value_outside_and_an_erasure_leaves_the_ledger_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_ledger(tmp_path, (SN, AN, CN_A, CN_B, NN, *VALIDATORS)) as ledger:
        values = await enter_investors(ledger)
        assert len(values) > 20
        await a_day(ledger)
        assert list(leaks_of(tmp_path, values)) == []
        assert found_in("".join(capsys.readouterr()).encode(), values) == []
        await _a_value_in_another_table_would_be_found(ledger, tmp_path, values)
        await _holders_are_not_erased_and_others_are(ledger)
    assert is_sound(tmp_path, CN_A)
    gone = {what: value for what, value in values.items() if "INV-0003" in what}
    assert gone
    assert found_in((tmp_path / CN_A.name / "node.sqlite3").read_bytes(), gone) == []


async def _a_value_in_another_table_would_be_found(
    ledger: LedgerNetwork, folder: Path, values: dict[str, bytes]
) -> None:
    name = str(marked_investor(1)["name"])
    database = desks(ledger, CN_A)[0].database
    at = flows.c.kind == "redeem_cash"
    before = await database.submit(lambda c: c.execute(flows.select().where(at)).mappings().one()["last_error"])
    await database.submit(lambda c: c.execute(update(flows).where(at).values(last_error=f"no such account: {name}")))
    assert {leak.place.split(" ")[0] for leak in leaks_of(folder / CN_A.name, values)} == {"flows"}
    await database.submit(lambda c: c.execute(update(flows).where(at).values(last_error=before)))


async def _holders_are_not_erased_and_others_are(ledger: LedgerNetwork) -> None:
    people, master_data = desks(ledger, CN_A)
    with pytest.raises(InvestorHolds, match="90 of ST"):
        await master_data.propose_erasure(Erasure(RecordKind.INVESTOR, "INV-0001", Ground.REQUEST), CLERK, TERMINAL)
    await approve(
        people,
        await master_data.propose_erasure(Erasure(RecordKind.INVESTOR, "INV-0003", Ground.REQUEST), CLERK, TERMINAL),
    )
    assert await master_data.scrub() is Scrubbed.DONE
    people, master_data = desks(ledger, AN)
    forced = Erasure(RecordKind.INVESTOR, "INV-0001", Ground.LEGAL_ORDER, "2026 (wa) 7")
    await approve(people, await master_data.propose_erasure(forced, CLERK, TERMINAL))
    holders = await people.database.read(lambda c: MasterDataHolders().investor_ids(c, [SELLER_ACCOUNT, BUYER_ACCOUNT]))
    assert holders == {SELLER_ACCOUNT: "INV-0001"}
