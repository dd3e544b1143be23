"""The genuine T-REX: several processes want it on a fresh machine, and an installation may break off."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chains.evm.devnet import trex_suite
from chains.evm.devnet.trex_suite import COMPLETE, install_trex
from chains.evm.errors import ArtifactInvalid

NPM = """#!/bin/sh
echo called >> calls
rm -rf node_modules && mkdir node_modules
sleep 0.3
[ -e broken ] && exit 1
touch node_modules/.package-lock.json
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nothing is installed yet, and an npm that takes its time."""
    programs, folder = tmp_path / "bin", tmp_path / "trex"
    programs.mkdir()
    folder.mkdir()
    npm = programs / "npm"
    npm.write_text(NPM)
    npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
    (folder / "package-lock.json").touch()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(trex_suite, "FOLDER", folder)
    monkeypatch.setattr(trex_suite, "PACKAGES", folder / "node_modules")
    return folder


def install() -> bool:
    """As a process of its own would; whether all is there on return."""
    install_trex.__wrapped__()
    return (trex_suite.PACKAGES / COMPLETE).is_file()


def calls(folder: Path) -> int:
    return len((folder / "calls").read_text().splitlines())


def test_of_several_that_want_it_at_once_one_brings_it_and_all_have_it_whole(folder: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: install(), range(4))) == [True] * 4
    assert calls(folder) == 1


def test_what_broke_off_is_brought_again(folder: Path) -> None:
    (folder / "broken").touch()
    with pytest.raises(ArtifactInvalid, match="could not be brought by npm"):
        install()
    assert (folder / "node_modules").is_dir()
    (folder / "broken").unlink()
    assert install()
    assert calls(folder) == 2
