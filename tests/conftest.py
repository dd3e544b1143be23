"""What every test needs before its first import."""

from __future__ import annotations

import gc
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# CPython 3.11.7 sometimes failed after the last test ("AST constructor recursion depth mismatch"), where hypothesis's
# pytest plugin imports hypothesis and pytest rewrites it. Probably a finaliser parses at the same time; not proved.
# Imported now, nothing is left to parse then, and it was not seen again.
import hypothesis
import pytest
import structlog
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

from chains.progmat.node.database_location import DatabaseLocation, postgres_database
from chains.progmat.node.storage.commit_pace import CommitPace
from scripts.local_postgres import LocalPostgres, PostgresMissing, temporary_postgres

# eth-hash binds its keccak backend on first use; the default is about seven times slower, and the devnet refuses it.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

# The same examples in every run, however slow the machine is today: a red run is a change's doing. ``make fuzz`` draws
# new ones for every property.
_draws_new = "CROSSDVP_FUZZ_EXAMPLES" in os.environ
hypothesis.settings.register_profile("crossdvp", derandomize=not _draws_new, deadline=None)
hypothesis.settings.load_profile("crossdvp")

# A worker holds all that the tests import: half a gigabyte that the collector goes through again and again. Asked
# seldom, it leaves the tests a quarter of their processor time; cycles still go, a little later.
gc.set_threshold(100_000, 50, 50)

# Every commit of every node waits for the disk (``synchronous=FULL``), in tests for nothing: what they kill is
# processes, and what those had written the system keeps. In memory the suite takes half as long.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108  # where the system keeps files in memory; names in it are random
_NEEDED_BYTES = 8 * 1024**3
if "TMPDIR" not in os.environ and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _NEEDED_BYTES:
    os.environ["TMPDIR"] = str(_IN_MEMORY)  # also for processes that tests start
    tempfile.tempdir = None  # asked before, and kept


_GROUP = re.compile(r"^pytestmark = .*xdist_group\(\"(\w+)\"\)", re.MULTILINE)


class _FilesOfOneGroupTogether(LoadScopeScheduling):  # type: ignore[misc]  # the same
    """pytest-xdist 3.8 writes a test's group into its id, where pytest 9.2 no longer looks: groups had no effect.

    A file that marks itself as of a group runs on the worker of that group; all other tests go wherever there is room.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group_of(nodeid.partition("::")[0]) or nodeid


@cache
def _group_of(file: str) -> str:
    found = _GROUP.search((Path(__file__).parents[1] / file).read_text())
    return found[1] if found else ""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """Used by ``pytest -n``."""
    return _FilesOfOneGroupTogether(config, log)


@pytest.fixture(autouse=True)
def _logs_go_where_they_went_before() -> Iterator[None]:
    """A command run inside a test points structlog at that test's captured stream, which is closed afterwards."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[LocalPostgres]:
    """A PostgreSQL server for this run of the tests; its tests are skipped where the server's programs are not."""
    try:
        with temporary_postgres() as server:
            yield server
    except PostgresMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def postgres_url(postgres_server: LocalPostgres) -> str:
    """The URL of an empty PostgreSQL database."""
    return postgres_server.fresh_database()


@pytest.fixture(params=["sqlite", "sqlite on a slow disk", "postgresql"])
def database_at(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatabaseLocation:
    """Where a node's new database may be: a test that takes this runs over each, a file committed by either thread."""
    if request.param == "sqlite on a slow disk":
        monkeypatch.setattr(CommitPace, "is_quick", False)
    if request.param != "postgresql":
        return tmp_path / "node.sqlite3"
    return postgres_database(request.getfixturevalue("postgres_url"), tmp_path)
