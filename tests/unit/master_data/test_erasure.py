"""Erasing a person: nothing of it is left in the files, its id stays, and what it holds forbids it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.errors import InvestorHolds, RecordErased, RecordRefused
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.scrubbing import Scrubbed
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.errors import ApprovalRefused, SamePerson
from chains.progmat.market.people.statuses import ApprovalStatus
from chains.progmat.node.storage.engine import Access, engine_for
from tests.fakes.master_data_world import (
    CLERK_ACT,
    MasterDataWorld,
    marked_bank,
    marked_investor,
    master_data_world,
    personal_of,
)
from tests.fakes.people_world import TERMINAL, TRADER
from tests.fakes.secrets_search import found_in_files

I = RecordKind.INVESTOR  # noqa: E741  # short where every line has it


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[MasterDataWorld]:
    async with master_data_world(tmp_path) as opened:
        yield opened


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_nothing_of_an_erased_person_is_left_in_the_files(world: MasterDataWorld, tmp_path: Path) -> None:
    """Rows, versions, drafts, notes of the audit log: a byte search through everything beside the others, who stay."""
    erased: dict[str, list[bytes]] = {}
    for number in range(1, 9):
        values = await world.investor(number)
        old = await world.put(I, {"id": values["id"], "contact.phone": f"0{8_800_000_000 + number}"}, 2)
        by = Act(TRADER, reason=f"asked by {values['name']} on the phone")
        await world.put(I, {"id": values["id"], "bank.number": f"{8_800_000 + number}"}, old.stored.version, by)
        more = {"phone": f"0{8_800_000_000 + number}".encode(), "number": f"{8_800_000 + number}".encode()}
        if number % 2:
            erased |= {f"{number} {path}": [value] for path, value in (personal_of(values) | more).items()}
    kept = {path: [value] for path, value in personal_of(marked_investor(2)).items() if path != "contact.post_code"}
    assert len({name for names in found_in_files(files_in(tmp_path), erased).values() for name in names}) == len(erased)
    for number in (1, 3, 5, 7):
        await world.erase(f"INV-{number:04d}")
    assert await world.desk.scrub() is Scrubbed.DONE
    assert found_in_files(files_in(tmp_path), erased) == {}
    assert {name for names in found_in_files(files_in(tmp_path), kept).values() for name in names} >= set(kept) - {
        "contact.phone"
    }
    head = await world.people.desk.database.read(audit.verify)
    assert head.height > 30


async def test_the_id_and_its_keys_stay_and_nothing_is_written_under_it(world: MasterDataWorld) -> None:
    await world.investor(1)
    await world.put(RecordKind.INVESTOR_KEY, {"id": "ab" * 34, "investor_id": "INV-0001"})
    await world.erase("INV-0001")
    stored = await world.desk.get(I, "INV-0001")
    assert (stored.values["status"], stored.values["name"], stored.erased_s > 0) == ("ERASED", "", True)
    assert await world.desk.investors_of([b"\xab" * 34]) == {b"\xab" * 34: "INV-0001"}
    with pytest.raises(RecordErased):
        await world.put(I, {"id": "INV-0001", "name": "somebody"}, 2)
    with pytest.raises(RecordErased):
        await world.put(RecordKind.INVESTOR_KEY, {"id": "cd" * 34, "investor_id": "INV-0001"})
    for version in await world.desk.versions(I, "INV-0001", 10):
        assert personal_of(version.values) == {}
        assert version.erased_s > 0
        assert version.author == TRADER


async def test_whoever_holds_something_is_not_erased(world: MasterDataWorld) -> None:
    await world.investor(1)
    world.holding.lines["INV-0001"] = ["10 of ST-1 (ST)"]
    with pytest.raises(InvestorHolds, match="10 of ST-1"):
        await world.erase("INV-0001")
    world.holding.lines.clear()
    erasure = Erasure(I, "INV-0001", Ground.REQUEST)
    proposed = await world.desk.propose_erasure(erasure, CLERK_ACT, TERMINAL)
    world.holding.lines["INV-0001"] = ["1000 of SC-1 (SC)"]  # it came between proposal and approval
    with pytest.raises(InvestorHolds, match="1000 of SC-1"):
        await world.approve(proposed)
    assert (await world.desk.get(I, "INV-0001")).erased_s == 0


async def test_an_order_forces_it_and_is_named(world: MasterDataWorld) -> None:
    await world.investor(1)
    world.holding.lines["INV-0001"] = ["10 of ST-1 (ST)"]
    with pytest.raises(RecordRefused, match="case number"):
        await world.erase("INV-0001", Ground.LEGAL_ORDER)
    approval = await world.erase("INV-0001", Ground.LEGAL_ORDER, "2026 (wa) 123")
    assert approval.status is ApprovalStatus.EXECUTED
    assert b"2026 (wa) 123" in approval.request
    assert (await world.desk.get(I, "INV-0001")).erased_s > 0


async def test_nobody_erases_alone_or_twice(world: MasterDataWorld) -> None:
    await world.investor(1)
    first, second = [
        await world.desk.propose_erasure(Erasure(I, "INV-0001", Ground.REQUEST), CLERK_ACT, TERMINAL) for _ in range(2)
    ]
    with pytest.raises(SamePerson):
        await world.approve(first, TRADER)
    await world.approve(first)
    with pytest.raises(ApprovalRefused, match="WITHDRAWN"):
        await world.approve(second)
    with pytest.raises(RecordErased):
        await world.erase("INV-0001")


async def test_an_open_draft_of_an_account_dies_with_its_person(world: MasterDataWorld) -> None:
    await world.investor(1)
    draft = await world.put(I, {"id": "INV-0001", **marked_bank(2)}, 2)
    await world.erase("INV-0001")
    with pytest.raises(ApprovalRefused, match="WITHDRAWN"):
        await world.approve(draft.bank_approval)


async def test_a_scrub_that_a_reader_disturbs_says_so(world: MasterDataWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chains.progmat.market.master_data.scrubbing.TRIES", 1)
    database = world.people.desk.database
    await world.investor(1)
    with engine_for(database.at, Access.READ).connect() as reader, reader.begin():
        audit.head(reader)  # a snapshot of before
        await world.erase("INV-0001")
        assert await world.desk.scrub() is Scrubbed.BUSY
    assert await world.desk.scrub() is Scrubbed.DONE
