"""What a node does with master data: each act with its audit entry, in one database transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy import Connection

from chains.progmat.market.master_data import rows
from chains.progmat.market.master_data.erasing import ERASE, Erasing, investor_of
from chains.progmat.market.master_data.erasure import Erasure
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.rows import Stored, Values, Version, resource_of
from chains.progmat.market.master_data.scrubbing import Scrubbed, scrub
from chains.progmat.market.master_data.writing import CHANGE_BANK, PUT, Entered, change_bank, put
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.approvals import Approval, CarryOut
from chains.progmat.market.people.desk import Caller, PeopleDesk

READ = "ReadRecord"


def carried_out(erasing: Erasing) -> Mapping[str, CarryOut]:
    """What approvals of master data do; for ``PeopleDesk``."""
    return {CHANGE_BANK: change_bank, ERASE: erasing.carry_out}


class MasterDataDesk:
    """Of one node. Acts, approvals and audit are the people's."""

    def __init__(self, people: PeopleDesk, erasing: Erasing) -> None:
        self._people = people
        self._database = people.database
        self._erasing = erasing

    async def put(self, kind: RecordKind, changed: Values, expected_version: int, by: Act, caller: Caller) -> Entered:
        """Enter or change a record. Raises as ``writing.put``."""
        now_s, fresh = self._people.now_s(), self._people.random_bytes(32)
        work = partial(
            put, kind=kind, changed=changed, by=by, now_s=now_s, expected_version=expected_version, fresh=fresh
        )
        resource = resource_of(kind, _shown(changed.get("id", "")))
        detail = "fields " + ", ".join(sorted(each[:40] for each in changed)[:60])
        return await self._people.acted(PUT, by, resource, caller, work, detail=detail)

    async def get(self, kind: RecordKind, record_id: str) -> Stored:
        """The record in force, also an erased one. Raises ``RecordUnknown``."""
        return await self._database.read(partial(rows.get, kind=kind, record_id=record_id))

    async def records(self, kind: RecordKind, after: str, limit: int) -> list[Stored]:
        """By id, above one."""
        return await self._database.read(partial(rows.listed, kind=kind, after=after, limit=limit))

    async def versions(self, kind: RecordKind, record_id: str, limit: int) -> list[Version]:
        """The newest first. Raises ``RecordUnknown``."""
        return await self._database.read(partial(rows.versions_of, kind=kind, record_id=record_id, limit=limit))

    async def investors_of(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Whose accounts keys are; keys that nobody is known to have are left out."""

        def ask(connection: Connection) -> dict[bytes, str]:
            found = {key: investor_of(connection, key) for key in keys}
            return {key: investor_id for key, investor_id in found.items() if investor_id}

        return await self._database.read(ask)

    async def propose_erasure(self, erasure: Erasure, by: Act, caller: Caller) -> Approval:
        """Propose to erase a person. Raises as ``Erasing.require_possible``; it is asked again when it is approved."""
        now_s = self._people.now_s()
        check = partial(self._erasing.require_possible, erasure=erasure, now_s=now_s)
        resource = resource_of(erasure.kind, _shown(erasure.record_id))
        return await self._people.propose(ERASE, resource, erasure.encoded(), by, caller, check=check)

    async def scrub(self) -> Scrubbed:
        """Take what was erased out of the database's files, too; again if somebody was reading."""
        return await scrub(self._database)


def _shown(record_id: object) -> str:
    """A claimed id as it may stand in the log."""
    text = str(record_id)
    return text if len(text) <= 128 and text.isascii() and text.isprintable() and " " not in text else "?"
