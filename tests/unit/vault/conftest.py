"""A vault of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.fakes.vault_world import vault_at


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with vault_at(tmp_path / "node.sqlite") as opened:
        yield opened
