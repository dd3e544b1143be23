"""The gateway's store over each of the databases it runs on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relayer.gateway.store import GatewayStore

OpenStore = Callable[[], GatewayStore]


@pytest.fixture(params=["sqlite", "postgresql"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Opens the one database of the test, as often as it is called: another instance each time."""
    file = tmp_path / "gateway.sqlite3"
    location = file if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened: list[GatewayStore] = []

    def open_again() -> GatewayStore:
        opened.append(GatewayStore(location))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: OpenStore) -> GatewayStore:
    """One instance's."""
    return open_store()
