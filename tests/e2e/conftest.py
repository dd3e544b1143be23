"""One devnet for all end-to-end tests: booting it is most of their cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chains.evm.client.adapter_family import AdapterFamily
from relayer.devnet.boot import boot, shut_down
from tests.fakes.trex_abi import missing_trex


@pytest.fixture(scope="package")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The directory of a running devnet with every family of tokens; without npm, the genuine T-REX is left out.

    It goes down with the last end-to-end test: a dozen idle processes take a third of a core from all others.
    """
    directory = tmp_path_factory.mktemp("devnet") / "devnet"
    said: list[str] = []
    families = [family for family in AdapterFamily if family is not AdapterFamily.ERC3643 or not missing_trex()]
    asyncio.run(boot(directory, said.append, families=families))
    try:
        yield directory
    finally:
        shut_down(directory)
