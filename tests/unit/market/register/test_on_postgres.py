"""The register's statements on both databases: one history, read, fixed and read again."""

from __future__ import annotations

from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.market.register.reading import register_at
from chains.progmat.market.register.snapshots import snapshot_of, take_snapshot
from chains.progmat.node.database_location import DatabaseLocation
from tests.fakes.register_world import Books, books_at
from tests.fakes.vault_world import ALICE, BOB, BOND
from tests.unit.market.register.test_record_dates import CUT_OFF_MS, RECORD_DATE


def test_register_and_snapshot_over_each_of_the_databases(database_at: DatabaseLocation) -> None:
    with books_at(database_at) as connection:
        books = Books(connection)
        books.issue(ALICE, 100)
        books.issue(BOB, 50)
        books.freeze(BOB, 20)
        books.move(ALICE, BOB, 30)
        found = {(line.account, line.units, line.frozen) for line in register_at(connection, BOND).lines}
        assert found == {(ALICE, 70, 0), (BOB, 80, 20)}
        assert register_at(connection, BOND, Moment(AsOf.POSITION, 0)).units == 150
        taken = take_snapshot(connection, BOND, RECORD_DATE, CUT_OFF_MS, CUT_OFF_MS, "clerk")
        books.move(ALICE, BOB, 70)
        assert snapshot_of(connection, BOND, RECORD_DATE) == taken
