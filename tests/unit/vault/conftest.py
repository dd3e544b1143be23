"""A vault of its own for every test, over each of the databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from chains.progmat.node.database_location import DatabaseLocation
from tests.fakes.vault_world import vault_at


@pytest.fixture
def connection(database_at: DatabaseLocation) -> Iterator[Connection]:
    with vault_at(database_at) as opened:
        yield opened
