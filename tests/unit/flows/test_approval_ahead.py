"""What a node sends along when it asks Validators to approve: ancestors they are not known to have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from chains.progmat.flows.approval_ahead import ApprovalAhead
from chains.progmat.node.storage import NodeDatabase, store_recorded
from chains.progmat.transactions.signed_codec import MAX_AHEAD_BYTES
from tests.fakes.commit_requests import NOW_S, create
from tests.fakes.toy_ledger import Toy

ROOT, OTHER = Toy("root"), Toy("other")
CHILD = Toy("child", inputs=(ROOT.output,))
LARGE = Toy("large", data=bytes(MAX_AHEAD_BYTES))
UNKNOWN = Toy("known to others only")
WANTED = Toy("wanted", inputs=(ROOT.output,), references=(OTHER.output,), writes=(create("p"),)).wire


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[NodeDatabase]:
    opened = await NodeDatabase.open(tmp_path / "node.sqlite3", "node", [])

    def store(connection: Connection) -> None:
        for toy in (ROOT, OTHER, CHILD, LARGE):
            store_recorded(connection, toy.wire.id, toy.final().encode(), 0, NOW_S)

    await opened.submit(store)
    yield opened
    await opened.close()


async def test_a_validator_is_sent_the_ancestors_it_has_approved_nothing_on(database: NodeDatabase) -> None:
    ahead = ApprovalAhead(database)
    both = (ROOT.final().encode(), OTHER.final().encode())
    assert await ahead.of(["v1", "v2"], WANTED) == {"v1": both, "v2": both}
    ahead.approved("v1", WANTED, both)
    assert await ahead.of(["v1", "v2"], WANTED) == {"v1": (), "v2": both}
    ahead.approved("v2", Toy("earlier", references=(OTHER.output,)).wire, ())
    assert await ahead.of(["v1", "v2"], WANTED) == {"v1": (), "v2": both[:1]}


async def test_one_that_was_not_asked_about_an_ancestor_is_sent_what_that_uses_as_well(database: NodeDatabase) -> None:
    ahead = ApprovalAhead(database)
    wire = Toy("grandchild", inputs=(CHILD.output,), references=(OTHER.output,)).wire
    all_three = (CHILD.final().encode(), OTHER.final().encode(), ROOT.final().encode())
    assert await ahead.of(["asked", "not asked"], wire) == {"asked": all_three, "not asked": all_three}
    ahead.approved("asked", CHILD.wire, ())
    assert await ahead.of(["asked", "not asked"], wire) == {"asked": all_three[:2], "not asked": all_three}
    ahead.approved("not asked", wire, all_three)
    assert await ahead.of(["not asked"], Toy("on the root", inputs=(ROOT.output,)).wire) == {"not asked": ()}


async def test_what_is_large_or_not_recorded_whole_is_left_to_be_asked_for(database: NodeDatabase) -> None:
    wire = Toy("on them", inputs=(LARGE.output, UNKNOWN.output, ROOT.output)).wire
    assert await ApprovalAhead(database).of(["v1"], wire) == {"v1": (ROOT.final().encode(),)}
