"""A vault with the emergency register's tables for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.fakes.register_world import books_at


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with books_at(tmp_path / "an.sqlite") as opened:
        yield opened
