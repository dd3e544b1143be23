"""One devnet for all end-to-end tests: booting it is most of their cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from relayer.devnet.boot import boot, shut_down


@pytest.fixture(scope="session")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a running devnet."""
    directory = tmp_path_factory.mktemp("devnet") / "devnet"
    said: list[str] = []
    asyncio.run(boot(directory, said.append))
    try:
        yield directory
    finally:
        shut_down(directory)
