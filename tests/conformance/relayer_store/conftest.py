"""The databases that a relayer's store may be in: tests of ``location`` or ``relayer_store`` run over each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.database import Location
from relayer.store import RelayerStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """A new, empty database."""
    if request.param == "memory":
        return None
    if request.param == "sqlite":
        return tmp_path / "relayer.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """One that several instances, or processes of one machine, can open."""
    if request.param == "sqlite":
        return tmp_path / "relayer.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def relayer_store(location: Location) -> Iterator[RelayerStore]:
    """A store over it."""
    opened = RelayerStore(location)
    yield opened
    opened.close()
