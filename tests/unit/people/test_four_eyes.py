"""Attacks on approvals: one's own, without the role, for another act, after expiry, of what was changed meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from chains.progmat.market.people import approvals as rows
from chains.progmat.market.people.acts import Act, require_one, require_two
from chains.progmat.market.people.approvals import DEFAULT_LIFE_S, Approval
from chains.progmat.market.people.canonical_request import canonical
from chains.progmat.market.people.errors import (
    ApprovalRefused,
    ApprovalUnknown,
    NotAnActName,
    SamePerson,
    StaffNotActive,
    StaffRoleMissing,
    StaffUnknown,
    UserRefused,
    UsersExist,
)
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import ApprovalStatus, Decision, UserStatus
from chains.progmat.market.people.tables import approvals as approvals_table
from chains.progmat.market.people.users import NewUser, UserChange, as_fields, parsed
from tests.fakes.people_world import (
    ADMIN_A,
    ADMIN_B,
    APPROVER,
    AUDITOR,
    CLERK,
    TERMINAL,
    TRADER,
    PeopleWorld,
    empty_world,
    people_world,
)

FORCE = canonical({"security": "ST-1", "quantity": 10, "to": "an-account", "reason": "court order 12"})


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[PeopleWorld]:
    async with people_world(tmp_path) as opened:
        yield opened


async def proposed(world: PeopleWorld, request: bytes = FORCE, author: str = CLERK) -> Approval:
    return await world.desk.propose("ForceToken", "ST-1", request, Act(author, reason="court order"), TERMINAL)


async def approve(world: PeopleWorld, approval: Approval, staff_id: str = APPROVER) -> Approval:
    return await world.desk.decide(approval.approval_id, Decision.APPROVE, staff_id, approval.request_hash, TERMINAL)


async def test_an_approved_act_is_carried_out_once_and_a_repeat_is_the_same_act(world: PeopleWorld) -> None:
    approval = await approve(world, await proposed(world))
    assert approval.status is ApprovalStatus.APPROVED
    for _ in range(2):
        used = await world.desk.use_approval(approval.approval_id, "ForceToken", FORCE, CLERK, TERMINAL)
        assert (used.status, used.by) == (ApprovalStatus.EXECUTED, Act(CLERK, APPROVER, "court order"))
    assert used.request_id == f"approval-{approval.approval_id}"


async def test_an_approval_of_what_sets_something_is_not_replayed_over_what_two_have_decided_since(
    world: PeopleWorld,
) -> None:
    larger, none = (canonical({"account": "payer", "most": most}) for most in (10**7, 0))
    approvals = []
    for mandate in (larger, none):
        by = Act(CLERK, reason="coupon")
        approvals.append(await approve(world, await world.desk.propose("GiveMandate", "payer", mandate, by, TERMINAL)))
        await world.desk.use_approval(approvals[-1].approval_id, "GiveMandate", mandate, CLERK, TERMINAL)

    with pytest.raises(ApprovalRefused, match="might undo what came since"):
        await world.desk.use_approval(approvals[0].approval_id, "GiveMandate", larger, CLERK, TERMINAL)


async def test_nobody_approves_his_own_act(world: PeopleWorld) -> None:
    await world.change(
        UserChange(staff_id=CLERK, roles=frozenset({StaffRole.REGISTRAR_CLERK, StaffRole.REGISTRAR_APPROVER}))
    )
    with pytest.raises(SamePerson):
        await approve(world, await proposed(world), CLERK)


@pytest.mark.parametrize("staff_id", [TRADER, AUDITOR, ADMIN_A])
async def test_an_approver_without_the_role_is_refused(world: PeopleWorld, staff_id: str) -> None:
    approval = await proposed(world)
    with pytest.raises(StaffRoleMissing):
        await approve(world, approval, staff_id)
    with pytest.raises(StaffRoleMissing):
        await world.desk.decide(approval.approval_id, Decision.REJECT, staff_id, approval.request_hash, TERMINAL)
    assert (await world.desk.approval(approval.approval_id)).status is ApprovalStatus.PROPOSED


@pytest.mark.parametrize("staff_id", [TRADER, APPROVER, "nobody"])
async def test_an_author_without_the_role_proposes_nothing(world: PeopleWorld, staff_id: str) -> None:
    with pytest.raises((StaffRoleMissing, StaffUnknown)):
        await proposed(world, author=staff_id)
    assert await world.desk.approvals(ApprovalStatus.PROPOSED, 10) == []


async def test_an_approval_is_not_good_for_another_act(world: PeopleWorld) -> None:
    approval = await approve(world, await proposed(world))
    with pytest.raises(ApprovalRefused, match="approves ForceToken, not FreezeToken"):
        await world.desk.use_approval(approval.approval_id, "FreezeToken", FORCE, CLERK, TERMINAL)


async def test_an_act_changed_after_its_approval_is_refused(world: PeopleWorld) -> None:
    approval = await approve(world, await proposed(world))
    more = FORCE.replace(b"10", b"99")
    with pytest.raises(ApprovalRefused, match="changed"):
        await world.desk.use_approval(approval.approval_id, "ForceToken", more, CLERK, TERMINAL)
    await world.desk.use_approval(approval.approval_id, "ForceToken", FORCE, CLERK, TERMINAL)
    with pytest.raises(ApprovalRefused, match="changed"):
        await world.desk.use_approval(approval.approval_id, "ForceToken", more, CLERK, TERMINAL)


async def test_an_act_changed_between_reading_and_approving_is_refused(world: PeopleWorld) -> None:
    shown, other = await proposed(world), await proposed(world, FORCE.replace(b"10", b"99"))
    with pytest.raises(ApprovalRefused, match="not what was proposed"):
        await world.desk.decide(other.approval_id, Decision.APPROVE, APPROVER, shown.request_hash, TERMINAL)


async def test_a_request_changed_in_the_database_does_not_pass_for_the_approved_one(world: PeopleWorld) -> None:
    approval = await approve(world, await proposed(world))
    more = FORCE.replace(b"10", b"99")
    await world.desk.database.submit(lambda c: c.execute(update(approvals_table).values(request=more)))
    with pytest.raises(ApprovalRefused, match="changed"):
        await world.desk.use_approval(approval.approval_id, "ForceToken", more, CLERK, TERMINAL)


async def test_another_author_cannot_use_it(world: PeopleWorld) -> None:
    await world.create("clerk-2", StaffRole.REGISTRAR_CLERK)
    approval = await approve(world, await proposed(world))
    with pytest.raises(ApprovalRefused, match=f"its author is {CLERK}"):
        await world.desk.use_approval(approval.approval_id, "ForceToken", FORCE, "clerk-2", TERMINAL)


async def test_after_its_expiry_it_is_neither_approved_nor_used(world: PeopleWorld) -> None:
    approved, waiting = await approve(world, await proposed(world)), await proposed(world)
    world.clock.advance_s(DEFAULT_LIFE_S)
    with pytest.raises(ApprovalRefused, match="expired"):
        await world.desk.use_approval(approved.approval_id, "ForceToken", FORCE, CLERK, TERMINAL)
    with pytest.raises(ApprovalRefused, match="expired"):
        await approve(world, waiting)


async def test_an_approver_who_lost_his_role_meanwhile_lends_no_hand(world: PeopleWorld) -> None:
    approval = await approve(world, await proposed(world))
    await world.change(UserChange(staff_id=APPROVER, status=UserStatus.LOCKED))
    with pytest.raises(StaffNotActive):
        await world.desk.use_approval(approval.approval_id, "ForceToken", FORCE, CLERK, TERMINAL)


async def test_what_was_rejected_or_withdrawn_is_over(world: PeopleWorld) -> None:
    for decision, staff_id in ((Decision.REJECT, APPROVER), (Decision.WITHDRAW, CLERK)):
        approval = await proposed(world)
        await world.desk.decide(approval.approval_id, decision, staff_id, approval.request_hash, TERMINAL)
        with pytest.raises(ApprovalRefused, match="expected PROPOSED"):
            await approve(world, approval)
    approval = await proposed(world)
    with pytest.raises(ApprovalRefused, match="only its author"):
        await world.desk.decide(approval.approval_id, Decision.WITHDRAW, APPROVER, approval.request_hash, TERMINAL)
    with pytest.raises(ApprovalUnknown):
        await world.desk.decide("00" * 16, Decision.APPROVE, APPROVER, bytes(32), TERMINAL)


async def test_acts_of_admins_need_two_admins(world: PeopleWorld) -> None:
    request = canonical(as_fields(await world.new_user("new-1", StaffRole.TRADER)))
    approval = await world.desk.propose("CreateUser", "new-1", request, Act(ADMIN_A), TERMINAL)
    with pytest.raises(SamePerson):
        await approve(world, approval, ADMIN_A)
    with pytest.raises(StaffRoleMissing):
        await approve(world, approval, APPROVER)
    assert (await approve(world, approval, ADMIN_B)).status is ApprovalStatus.EXECUTED
    assert "new-1" in {user.staff_id for user in await world.desk.users("", 100)}


async def test_an_act_that_fails_leaves_its_approval_open(world: PeopleWorld) -> None:
    request = canonical(as_fields(await world.new_user(CLERK, StaffRole.TRADER)))
    approval = await world.desk.propose("CreateUser", CLERK, request, Act(ADMIN_A), TERMINAL)
    with pytest.raises(UserRefused, match="exists"):
        await approve(world, approval, ADMIN_B)
    assert (await world.desk.approval(approval.approval_id)).status is ApprovalStatus.PROPOSED


async def test_the_last_two_admins_stay(world: PeopleWorld) -> None:
    for change in (
        UserChange(staff_id=ADMIN_A, status=UserStatus.LOCKED),
        UserChange(staff_id=ADMIN_B, roles=frozenset({StaffRole.TRADER})),
    ):
        with pytest.raises(UserRefused, match="two active admins"):
            await world.change(change)


async def test_the_first_users_are_made_once_and_two_of_them_are_admins(world: PeopleWorld, tmp_path: Path) -> None:
    admins = [await world.new_user(f"late-{number}", StaffRole.ADMIN) for number in range(2)]
    with pytest.raises(UsersExist):
        await world.desk.create_first(admins, TERMINAL)
    (tmp_path / "fresh").mkdir()
    async with empty_world(tmp_path / "fresh") as fresh:
        with pytest.raises(UserRefused, match="two admins"):
            await fresh.desk.create_first(admins[:1], TERMINAL)


async def test_an_act_without_a_row_is_closed_to_everybody(world: PeopleWorld) -> None:
    with pytest.raises(StaffRoleMissing, match="has none"):
        await world.desk.database.read(lambda c: require_one(c, "NoSuchAct", ADMIN_A))
    with pytest.raises(StaffRoleMissing, match="has none"):
        await world.desk.database.read(lambda c: require_two(c, "NoSuchAct", CLERK, APPROVER))


async def test_an_act_for_two_is_not_done_by_one(world: PeopleWorld) -> None:
    with pytest.raises(SamePerson):
        await world.desk.database.read(lambda c: require_one(c, "ForceToken", CLERK))


async def test_without_users_names_must_still_be_two(tmp_path: Path) -> None:
    async with empty_world(tmp_path) as fresh:
        read = fresh.desk.database.read
        assert await read(lambda c: require_two(c, "ForceToken", "taro", "jiro", "why")) == Act("taro", "jiro", "why")
        with pytest.raises(SamePerson):
            await read(lambda c: require_two(c, "ForceToken", "taro", "taro"))
        for author, approver in (("", "jiro"), ("taro", ""), ("taro\n", "jiro"), ("x" * 65, "jiro")):
            with pytest.raises(NotAnActName):
                await read(lambda c, one=author, two=approver: require_two(c, "ForceToken", one, two))  # type: ignore[misc] # bound per turn


@pytest.mark.parametrize(
    "fields",
    [
        {"staff_id": "a b", "name": "N", "roles": ["TRADER"]},
        {"staff_id": "ok", "name": "", "roles": ["TRADER"]},
        {"staff_id": "ok", "name": "N", "roles": []},
        {"staff_id": "ok", "name": "N", "roles": ["GOD"]},
        {"staff_id": "ok", "name": "N", "roles": ["TRADER"], "status": "ACTIVE"},
        {"staff_id": "ok", "name": "N", "roles": ["TRADER"], "password_hash": "plain"},
    ],
)
def test_a_user_that_cannot_be_is_refused_by_field(fields: dict[str, object]) -> None:
    with pytest.raises(UserRefused):
        parsed(NewUser, fields)


async def test_requests_of_an_erased_subject_are_gone_and_open_ones_with_them(world: PeopleWorld) -> None:
    approval = await proposed(world)
    await world.desk.database.submit(lambda c: rows.erase_requests(c, "ST-1"))
    erased = await world.desk.approval(approval.approval_id)
    assert (erased.request, erased.why, erased.status) == (b"", "", ApprovalStatus.WITHDRAWN)


async def test_a_proposal_is_shown_to_those_whose_affair_it_is(world: PeopleWorld) -> None:
    await proposed(world)
    shown = {who: await world.desk.approvals(None, 10, who) for who in (CLERK, APPROVER, AUDITOR, TRADER, ADMIN_A)}
    assert {who: len(found) for who, found in shown.items()} == {
        CLERK: 1,
        APPROVER: 1,
        AUDITOR: 1,
        TRADER: 0,
        ADMIN_A: 0,
    }
