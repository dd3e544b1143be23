"""Attacks on the people's audit log: entries cut, changed, reordered, put there; notes altered; refusals forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import Connection, delete, insert, select, update

from chains.audit_chain import AuditChainBroken, AuditHead
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.errors import AuditNoteAltered, LoginRefused, StaffRoleMissing
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.tables import audit as entries
from chains.progmat.market.people.tables import audit_head, audit_notes
from tests.fakes.people_world import ADMIN_A, CLERK, PASSWORD, TERMINAL, TRADER, PeopleWorld, empty_world

SALT = bytes(range(16))


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[PeopleWorld]:
    async with empty_world(tmp_path) as opened:
        await opened.create_admins()
        for number in range(6):
            await opened.desk.database.submit(
                lambda c, n=number: audit.append(c, "Act", Act("a", "b", f"why {n}"), f"R-{n}", at_s=n, salt=SALT)  # type: ignore[misc] # bound per turn
            )
        yield opened


def _swap(c: Connection) -> None:
    rows = {row.height: row for row in c.execute(select(entries).where(entries.c.height.in_([3, 4])))}
    for height, other in ((3, 4), (4, 3)):
        values = {name: getattr(rows[other], name) for name in ("act", "resource", "at_s", "note_hash")}
        c.execute(update(entries).where(entries.c.height == height).values(values))


def _cut_the_end(c: Connection) -> None:
    c.execute(delete(entries).where(entries.c.height > 5))


def _put_behind(c: Connection) -> None:
    last = c.execute(select(entries).order_by(entries.c.height.desc())).mappings().first()
    assert last is not None
    c.execute(insert(entries).values({**last, "height": last["height"] + 1}))


ATTACKS: dict[str, Callable[[Connection], object]] = {
    "an entry is cut out": lambda c: c.execute(delete(entries).where(entries.c.height == 3)),
    "the end is cut off": _cut_the_end,
    "who did it is changed": lambda c: c.execute(update(entries).where(entries.c.height == 3).values(staff_id="x")),
    "who approved is changed": lambda c: c.execute(
        update(entries).where(entries.c.height == 3).values(approver_staff_id="x")
    ),
    "the outcome is changed": lambda c: c.execute(update(entries).where(entries.c.height == 3).values(outcome="NO")),
    "two are swapped": _swap,
    "one is put behind": _put_behind,
    "one is put before the first": lambda c: c.execute(update(entries).where(entries.c.height == 1).values(height=-1)),
    "a second head": lambda c: c.execute(insert(audit_head).values(id=2, height=1, hash=bytes(32))),
    "no head": lambda c: c.execute(delete(audit_head)),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_whatever_is_done_to_the_chain_is_found(
    world: PeopleWorld, attack: Callable[[Connection], object]
) -> None:
    database = world.desk.database
    assert (await database.read(audit.verify)).height == 7
    await database.submit(attack)
    with pytest.raises((AuditChainBroken, AuditNoteAltered)):
        await database.read(audit.verify)


async def test_an_altered_note_is_found_and_an_erased_one_is_not_missed(world: PeopleWorld) -> None:
    database = world.desk.database
    await database.submit(lambda c: audit.erase_notes(c, "R-2"))
    lines = await database.read(audit.lines)
    assert [line.note for line in lines if line.entry.record.resource in {"R-1", "R-2"}] == ["why 1", ""]
    await database.read(audit.verify)
    for values in ({"note": "another"}, {"note": "unsalted", "salt": b""}):
        await database.submit(lambda c, v=values: c.execute(update(audit_notes).values(v)))  # type: ignore[misc] # bound per turn
        with pytest.raises(AuditNoteAltered):
            await database.read(audit.verify)


async def test_a_chain_written_anew_does_not_pass_its_anchor(world: PeopleWorld) -> None:
    database = world.desk.database
    anchor = await database.read(audit.head)

    def write_anew(c: Connection) -> None:
        old = c.execute(select(entries).order_by(entries.c.height)).mappings().all()
        for table in (entries, audit_head, audit_notes):
            c.execute(delete(table))
        for row in old:
            audit.append(c, row["act"], Act("somebody-else"), row["resource"], at_s=row["at_s"], salt=SALT)

    await database.submit(write_anew)
    assert (await database.read(audit.verify)).height == anchor.height
    with pytest.raises(AuditChainBroken, match="anchored"):
        await database.read(lambda c: audit.verify(c, [anchor]))
    with pytest.raises(AuditChainBroken, match="cut off"):
        await database.read(lambda c: audit.verify(c, [AuditHead(99, bytes(32))]))


async def test_refused_acts_are_written_too(world: PeopleWorld) -> None:
    with pytest.raises(LoginRefused):
        await world.desk.log_in(ADMIN_A, "wrong", TERMINAL)
    with pytest.raises(StaffRoleMissing):
        await world.desk.propose("ForceToken", "ST-1", b"{}", Act(ADMIN_A, reason="just so"), TERMINAL)
    refused = [line.entry.record for line in await world.desk.audit_lines(7, 10)]
    assert [(r.act, r.staff_id, r.caller, r.outcome) for r in refused] == [
        ("Login", ADMIN_A, TERMINAL.name, "LOGIN_REFUSED"),
        ("Propose ForceToken", ADMIN_A, TERMINAL.name, "STAFF_ROLE_MISSING"),
    ]


async def test_no_password_comes_into_the_log_even_when_typed_into_the_wrong_field(world: PeopleWorld) -> None:
    with pytest.raises(LoginRefused):
        await world.desk.log_in(f"{ADMIN_A} {PASSWORD}", PASSWORD, TERMINAL)
    told = repr(await world.desk.audit_lines(0, 100))
    assert PASSWORD not in told


async def test_every_step_of_a_users_life_is_in_the_log(tmp_path: Path) -> None:
    async with empty_world(tmp_path) as world:
        await world.create_admins()
        await world.create(TRADER, StaffRole.TRADER)
        await world.create(CLERK, StaffRole.REGISTRAR_CLERK)
        await world.settle_in(CLERK)
        acts = [line.entry.record.act for line in await world.desk.audit_lines(0, 100)]
        assert acts[:3] == ["CreateFirstUsers", "Propose CreateUser", "Approve CreateUser"]
        assert acts[-2:] == ["CheckPassword", "ChangePassword"]
        approved = [line.entry.record for line in await world.desk.audit_lines(0, 100)][2]
        assert (approved.staff_id, approved.approver_staff_id) == ("adm-a", "adm-b")
        assert TRADER in {line.entry.record.resource for line in await world.desk.audit_lines(0, 100)}
