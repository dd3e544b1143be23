"""A node's people over a real database file: four users with roles, a clock moved by hand, counted randomness."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.approvals import Approval, CarryOut
from chains.progmat.market.people.canonical_request import canonical
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.market.people.oidc import KeySource
from chains.progmat.market.people.rules import IdentityProvider, PasswordPolicy, PeopleRules
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import Decision
from chains.progmat.market.people.users import NewUser, UserChange, as_fields
from chains.progmat.node.database_tables import ROLE_TABLES
from chains.progmat.node.storage import NodeDatabase
from primitives.hashing import sha256
from tests.fakes.manual_clock import ManualClock

CHEAP = PasswordPolicy(log2_n=4)
TERMINAL = Caller("terminal-1", sha256(b"certificate of terminal 1"))
OTHER_TERMINAL = Caller("terminal-2", sha256(b"certificate of terminal 2"))
ADMIN_A, ADMIN_B = "adm-a", "adm-b"
CLERK, APPROVER, TRADER, AUDITOR = "clerk-1", "approver-1", "trader-1", "auditor-1"
TRADE_APPROVER = "approver-t"
ROLES = {
    CLERK: StaffRole.REGISTRAR_CLERK,
    APPROVER: StaffRole.REGISTRAR_APPROVER,
    TRADER: StaffRole.TRADER,
    TRADE_APPROVER: StaffRole.TRADE_APPROVER,
    AUDITOR: StaffRole.AUDITOR,
}
PASSWORD = "Correct-Horse-7-Battery"  # noqa: S105  # of people who do not exist
NEW_PASSWORD = "Quite-Another-8-Staple"  # noqa: S105  # as above


class Counted:
    """Bytes that are never the same twice, and the same in every run."""

    def __init__(self) -> None:
        self._drawn = 0

    def __call__(self, count: int) -> bytes:
        self._drawn += 1
        return sha256(self._drawn.to_bytes(8, "big"))[:count]


@dataclass
class PeopleWorld:
    """The desk and what its users do most."""

    desk: PeopleDesk
    clock: ManualClock

    async def new_user(self, staff_id: str, *roles: StaffRole, **more: str) -> NewUser:
        """A user to be created, with PASSWORD, which he must change."""
        password_hash = await self.desk.password_hash(PASSWORD)
        return NewUser(
            staff_id=staff_id, name=f"Name of {staff_id}", roles=frozenset(roles), password_hash=password_hash, **more
        )

    async def create_admins(self) -> None:
        """The first two."""
        admins = [await self.new_user(each, StaffRole.ADMIN) for each in (ADMIN_A, ADMIN_B)]
        await self.desk.create_first(admins, TERMINAL)

    async def create(self, staff_id: str, role: StaffRole, **more: str) -> None:
        """One admin proposes, the other approves."""
        user = await self.new_user(staff_id, role, **more)
        await self.approved("CreateUser", staff_id, canonical(as_fields(user)))

    async def approved(self, act: str, subject: str, request: bytes) -> Approval:
        """An act of the admins."""
        proposed = await self.desk.propose(act, subject, request, Act(ADMIN_A, reason="as agreed"), TERMINAL)
        return await self.desk.decide(
            proposed.approval_id, Decision.APPROVE, ADMIN_B, proposed.request_hash, OTHER_TERMINAL
        )

    async def change(self, change: UserChange) -> Approval:
        """A change of a user by the admins."""
        return await self.approved("ChangeUser", change.staff_id, canonical(as_fields(change)))

    async def settle_in(self, staff_id: str) -> None:
        """A new user changes the first password."""
        await self.desk.change_password(staff_id, PASSWORD, NEW_PASSWORD, TERMINAL)

    async def everybody(self) -> None:
        """Admins and one user of each of ROLES."""
        of_all = {ADMIN_A: StaffRole.ADMIN, ADMIN_B: StaffRole.ADMIN, **ROLES}
        await self.desk.create_first([await self.new_user(*each) for each in of_all.items()], TERMINAL)


_template: Final = TemporaryDirectory(prefix="people")
"""A node's folder with everybody in it, made once: each world is a copy."""


async def _copy_everybody(folder: Path) -> None:
    made = Path(_template.name)
    if not await asyncio.to_thread((made / "node.sqlite3").exists):
        async with empty_world(made) as world:
            await world.everybody()
    await asyncio.to_thread(shutil.copytree, made, folder, dirs_exist_ok=True)


@asynccontextmanager
async def people_world(
    folder: Path,
    providers: tuple[IdentityProvider, ...] = (),
    key_source: KeySource | None = None,
    carry_out: Mapping[str, CarryOut] | None = None,
) -> AsyncIterator[PeopleWorld]:
    """With everybody; closed at the end."""
    await _copy_everybody(folder)
    async with empty_world(folder, providers, key_source, carry_out) as world:
        yield world


@asynccontextmanager
async def empty_world(
    folder: Path,
    providers: tuple[IdentityProvider, ...] = (),
    key_source: KeySource | None = None,
    carry_out: Mapping[str, CarryOut] | None = None,
) -> AsyncIterator[PeopleWorld]:
    """Without anybody, over a file in ``folder``; closed at the end."""
    clock = ManualClock()
    database = await NodeDatabase.open(folder / "node.sqlite3", "cn-a", ROLE_TABLES, clock.now_s)
    rules = PeopleRules(CHEAP, providers)
    try:
        yield PeopleWorld(PeopleDesk(database, clock.now_s, Counted(), rules, carry_out, key_source), clock)
    finally:
        await asyncio.shield(database.close())
