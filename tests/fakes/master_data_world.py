"""Master data over a real database file, and investors whose every personal value can be found again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from chains.progmat.market.master_data.desk import MasterDataDesk, carried_out
from chains.progmat.market.master_data.erasing import Erasing
from chains.progmat.market.master_data.erasure import Erasure, Ground
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.shape import leaves_of, record_of, values_of
from chains.progmat.market.master_data.writing import Entered
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.approvals import Approval
from chains.progmat.market.people.statuses import Decision
from tests.fakes.people_world import OTHER_TERMINAL, TERMINAL, TRADE_APPROVER, TRADER, PeopleWorld, people_world

CLERK_ACT = Act(TRADER, reason="on the customer's form")

Values = Mapping[str, str | int]


def marked_investor(number: int) -> dict[str, str | int]:
    """An investor whose personal values occur nowhere else: every one is told by its number."""
    letters = "".join("アイウエオカキクケコ"[int(digit)] for digit in f"{number:06d}")
    return {
        "id": f"INV-{number:04d}",
        "name": f"丸印甲乙丙{number:06d}",
        "name_kana": f"マルジルシ{letters}",
        "registered_address": f"東京都千代田区丸印{number:06d}番地",
        "internal_id": f"CUSTNO{number:06d}",
        "contact.name": f"連絡丁戊己{number:06d}",
        "contact.post_code": f"{9_000_000 + number}",
        "contact.address": f"大阪府大阪市丸印{number:06d}",
        "contact.phone": f"0{9_000_000_000 + number}",
        "contact.email": f"marked{number:06d}@example.jp",
    }


def marked_bank(number: int) -> dict[str, str | int]:
    """And an account."""
    letters = "".join("アイウエオカキクケコ"[int(digit)] for digit in f"{number:06d}")
    return {
        "bank.code": "0009",
        "bank.branch_code": "123",
        "bank.deposit_kind": "1",
        "bank.number": f"{7_000_000 + number}",
        "bank.holder_kana": f"メイギ {letters}",
    }


def personal_of(values: Values, kind: RecordKind = RecordKind.INVESTOR) -> dict[str, bytes]:
    """The personal values that are long enough to be told from chance, by path."""
    personal = {leaf.path for leaf in leaves_of(kind) if leaf.is_personal and not leaf.choices}
    told = {path: str(value).encode() for path, value in values.items() if path in personal}
    return {path: value for path, value in told.items() if len(value) >= 7}


@dataclass
class Holding:
    """An ``Obstacles`` that says what it is told to."""

    lines: dict[str, list[str]] = field(default_factory=dict)

    def of(self, connection: Connection, investor_id: str, keys: Sequence[bytes], now_s: int) -> list[str]:
        del connection, keys, now_s
        return self.lines.get(investor_id, [])


@dataclass
class MasterDataWorld:
    """The desk, its people, and what is done most."""

    desk: MasterDataDesk
    people: PeopleWorld
    holding: Holding

    async def put(self, kind: RecordKind, values: Values, version: int = 0, by: Act = CLERK_ACT) -> Entered:
        return await self.desk.put(kind, values, version, by, TERMINAL)

    async def approve(self, approval: Approval | None, staff_id: str = TRADE_APPROVER) -> Approval:
        assert approval is not None
        seen = approval.approval_id, Decision.APPROVE, staff_id, approval.request_hash
        return await self.people.desk.decide(*seen, OTHER_TERMINAL)

    async def investor(self, number: int) -> dict[str, str | int]:
        """One with an approved account; the values as they are stored."""
        values = {**marked_investor(number), **marked_bank(number)}
        await self.approve((await self.put(RecordKind.INVESTOR, values)).bank_approval)
        return values_of(record_of(RecordKind.INVESTOR, values))

    async def erase(self, record_id: str, ground: Ground = Ground.REQUEST, reference: str = "") -> Approval:
        erasure = Erasure(RecordKind.INVESTOR, record_id, ground, reference)
        return await self.approve(await self.desk.propose_erasure(erasure, CLERK_ACT, TERMINAL))


@asynccontextmanager
async def master_data_world(folder: Path) -> AsyncIterator[MasterDataWorld]:
    """Over a file in ``folder``; closed at the end."""
    holding = Holding()
    erasing = Erasing(obstacles=(holding,))
    async with people_world(folder, carry_out=carried_out(erasing)) as people:
        yield MasterDataWorld(MasterDataDesk(people.desk, erasing), people, holding)
