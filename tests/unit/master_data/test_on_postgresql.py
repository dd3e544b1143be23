"""Master data in PostgreSQL: the same rules, and an erased person's rows are rewritten out of the tables' files."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.market.master_data.desk import MasterDataDesk, carried_out
from chains.progmat.market.master_data.erasing import Erasing
from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.scrubbing import Scrubbed
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.approvals import Approval
from chains.progmat.market.people.desk import PeopleDesk
from chains.progmat.market.people.statuses import Decision
from chains.progmat.node.database_location import postgres_database
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase
from tests.fakes.manual_clock import ManualClock
from tests.fakes.master_data_world import marked_bank, marked_investor, personal_of
from tests.fakes.people_world import TERMINAL, Counted

CLERK = Act("clerk-1")


async def test_an_investor_is_entered_approved_erased_and_scrubbed(postgres_url: str, tmp_path: Path) -> None:
    clock = ManualClock()
    at = postgres_database(postgres_url, tmp_path)
    database = await NodeDatabase.open(at, "cn-a", ROLE_TABLES, clock.now_s)
    try:
        erasing = Erasing()
        people = PeopleDesk(database, clock.now_s, Counted(), carry_out=carried_out(erasing))
        desk = MasterDataDesk(people, erasing)

        async def approve(approval: Approval | None) -> None:
            assert approval is not None
            seen = approval.approval_id, Decision.APPROVE, "approver-1", approval.request_hash
            await people.decide(*seen, TERMINAL)

        values = {**marked_investor(1), **marked_bank(1)}
        await approve((await desk.put(RecordKind.INVESTOR, values, 0, CLERK, TERMINAL)).bank_approval)
        assert (await desk.get(RecordKind.INVESTOR, "INV-0001")).values["bank.number"] == "7000001"
        erasure = Erasure(RecordKind.INVESTOR, "INV-0001", Ground.REQUEST)
        await approve(await desk.propose_erasure(erasure, CLERK, TERMINAL))
        assert await desk.scrub() is Scrubbed.DONE
        stored = await desk.get(RecordKind.INVESTOR, "INV-0001")
        assert personal_of(stored.values) == {}
        assert (await database.read(audit.verify)).height == 4
    finally:
        await asyncio.shield(database.close())
