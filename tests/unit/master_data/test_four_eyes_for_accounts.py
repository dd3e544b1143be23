"""An account that is paid changes with a second person only; attacks on that, on versions and on references."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chains.progmat.market.master_data.errors import KeyTaken, RecordChanged, RecordRefused, RecordUnknown
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.errors import ApprovalRefused, SamePerson, StaffRoleMissing
from chains.progmat.market.people.statuses import ApprovalStatus
from tests.fakes.master_data_world import (
    MasterDataWorld,
    marked_bank,
    marked_investor,
    master_data_world,
    personal_of,
)
from tests.fakes.people_world import AUDITOR, TRADER

INV, KEY = "INV-0001", "ab" * 34
I = RecordKind.INVESTOR  # noqa: E741  # short where every line has it


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[MasterDataWorld]:
    async with master_data_world(tmp_path) as opened:
        await opened.investor(1)
        yield opened


async def number_in_force(world: MasterDataWorld) -> object:
    return (await world.desk.get(I, INV)).values["bank.number"]


async def test_the_old_account_stays_in_force_until_another_person_approves(world: MasterDataWorld) -> None:
    entered = await world.put(I, {"id": INV, "bank.number": "1111111", "contact.phone": "0312345678"}, 2)
    assert (entered.stored.values["bank.number"], entered.stored.values["contact.phone"]) == ("7000001", "0312345678")
    assert await number_in_force(world) == "7000001"
    with pytest.raises(SamePerson):
        await world.approve(entered.bank_approval, TRADER)
    with pytest.raises(StaffRoleMissing):
        await world.approve(entered.bank_approval, AUDITOR)
    assert await number_in_force(world) == "7000001"
    await world.approve(entered.bank_approval)
    stored = await world.desk.get(I, INV)
    assert (stored.values["bank.number"], stored.version, stored.bank_version) == ("1111111", 4, 4)
    assert (stored.updated_by, stored.approved_by) == (TRADER, "approver-t")


async def test_a_new_investor_has_no_account_before_it_is_approved(world: MasterDataWorld) -> None:
    entered = await world.put(I, {**marked_investor(2), **marked_bank(2)})
    assert entered.stored.values["bank.number"] == ""
    await world.approve(entered.bank_approval)
    assert (await world.desk.get(I, "INV-0002")).values["bank.number"] == "7000002"


async def test_of_two_drafts_the_one_approved_second_is_refused(world: MasterDataWorld) -> None:
    first = await world.put(I, {"id": INV, "bank.number": "1111111"}, 2)
    second = await world.put(I, {"id": INV, "bank.number": "2222222"}, 2)
    await world.approve(second.bank_approval)
    with pytest.raises(ApprovalRefused, match="another change"):
        await world.approve(first.bank_approval)
    assert await number_in_force(world) == "2222222"


async def test_a_draft_does_not_undo_what_was_changed_meanwhile(world: MasterDataWorld) -> None:
    draft = await world.put(I, {"id": INV, "bank.number": "1111111"}, 2)
    await world.put(I, {"id": INV, "contact.phone": "0399999999"}, 2)
    await world.approve(draft.bank_approval)
    assert (await world.desk.get(I, INV)).values["contact.phone"] == "0399999999"


async def test_taking_an_account_away_needs_four_eyes_too(world: MasterDataWorld) -> None:
    away = dict.fromkeys(marked_bank(1), "")
    entered = await world.put(I, {"id": INV, **away}, 2)
    assert await number_in_force(world) == "7000001"
    await world.approve(entered.bank_approval)
    assert await number_in_force(world) == ""


async def test_a_change_of_a_version_that_is_not_the_newest_is_refused(world: MasterDataWorld) -> None:
    await world.put(I, {"id": INV, "contact.phone": "0311111111"}, 2)
    with pytest.raises(RecordChanged):
        await world.put(I, {"id": INV, "contact.phone": "0322222222"}, 2)
    with pytest.raises(RecordChanged):
        await world.put(I, marked_investor(1))


async def test_the_same_again_changes_nothing(world: MasterDataWorld) -> None:
    entered = await world.put(I, {**marked_investor(1), **marked_bank(1)}, 2)
    assert (entered.stored.version, entered.bank_approval) == (2, None)


async def test_every_version_is_kept_with_who_made_it(world: MasterDataWorld) -> None:
    await world.put(I, {"id": INV, "contact.phone": "0311111111"}, 2)
    versions = await world.desk.versions(I, INV, 10)
    assert [(each.version, each.author, each.approver) for each in versions] == [
        (3, TRADER, ""),
        (2, TRADER, "approver-t"),
        (1, TRADER, ""),
    ]
    assert versions[2].values["bank.number"] == ""


async def test_references_name_records_that_are_there(world: MasterDataWorld) -> None:
    with pytest.raises(RecordUnknown):
        await world.put(I, {"id": INV, "custody_place_id": "CP-1"}, 2)
    await world.put(RecordKind.CUSTODY_PLACE, {"id": "CP-1", "name": "Main vault"})
    stored = (await world.put(I, {"id": INV, "custody_place_id": "CP-1"}, 2)).stored
    assert stored.values["custody_place_id"] == "CP-1"


async def test_a_key_never_becomes_another_investors(world: MasterDataWorld) -> None:
    await world.put(I, marked_investor(2))
    await world.put(RecordKind.INVESTOR_KEY, {"id": KEY, "investor_id": INV})
    with pytest.raises(KeyTaken):
        await world.put(RecordKind.INVESTOR_KEY, {"id": KEY, "investor_id": "INV-0002"}, 1)
    assert await world.desk.investors_of([bytes.fromhex(KEY), b"\1" * 34]) == {bytes.fromhex(KEY): INV}


async def test_nobody_is_erased_by_a_mere_change(world: MasterDataWorld) -> None:
    with pytest.raises(RecordRefused, match="EraseRecord only"):
        await world.put(I, {"id": INV, "status": "ERASED"}, 2)


async def test_whoever_may_not_enter_master_data_enters_none(world: MasterDataWorld) -> None:
    with pytest.raises(StaffRoleMissing):
        await world.put(I, {"id": INV, "contact.phone": "0311111111"}, 2, Act(AUDITOR))
    last = (await world.people.desk.audit_lines(0, 1000))[-1].entry.record
    assert (last.act, last.staff_id, last.resource, last.outcome) == (
        "PutRecord",
        AUDITOR,
        f"INVESTOR/{INV}",
        "STAFF_ROLE_MISSING",
    )


async def test_the_audit_log_tells_which_fields_and_no_values(world: MasterDataWorld) -> None:
    values = await world.investor(3)
    told = repr(await world.people.desk.audit_lines(0, 1000))
    assert "contact.phone" in told
    assert [path for path, value in personal_of(values).items() if value.decode() in told] == []


async def test_all_kinds_of_records_can_be_entered(world: MasterDataWorld) -> None:
    told: dict[RecordKind, dict[str, str | int]] = {
        RecordKind.CUSTODIAN: {"id": "CU-1", "name": "Custodian"},
        RecordKind.CUSTODY_PLACE: {"id": "CP-1", "name": "Place", "custodian_id": "CU-1"},
        RecordKind.BENEFICIARY_AGENT: {"id": "BA-1", "name": "Agent"},
        RecordKind.SETTLOR: {"id": "SE-1", "name": "Settlor", **marked_bank(4)},
        RecordKind.TRUSTEE: {"id": "TR-1", "name": "Trustee"},
        RecordKind.ASSET_MANAGER: {"id": "AM-1", "name": "Manager"},
        RecordKind.TRANSFER_GATE: {"id": "GATE-1", "name": "Gate"},
        RecordKind.TRUST_CONTRACT: {"id": "TC-1", "number": "1", "name": "T", "settlor_id": "SE-1"},
        RecordKind.SECURITY: {"id": "ST-1", "name": "Fund", "trust_contract_id": "TC-1", "gate_id": "GATE-1"},
        RecordKind.INVESTOR_KEY: {"id": KEY, "investor_id": INV},
        RecordKind.IMPORT_FILE: {
            "id": "F-1",
            "target": "bank statement",
            "size_bytes": 10,
            "received_s": 1,
            "processing_kind": "CSV",
        },
    }
    for kind, values in told.items():
        entered = await world.put(kind, values)
        assert entered.stored.version == 1
        assert (entered.bank_approval is not None) == ("bank.code" in values)
    assert set(told) == set(RecordKind) - {I}
    open_ones = await world.people.desk.approvals(ApprovalStatus.PROPOSED, 10)
    assert [each.subject for each in open_ones] == ["SETTLOR/SE-1"]
