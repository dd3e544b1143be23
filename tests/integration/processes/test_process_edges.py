"""The relayer's and the gateway's processes at their edges: bad files, chains that are away, being asked to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return certified_folder(tmp_path)


def test_a_process_with_a_bad_file_ends_with_one_json_line_and_code_2(folder: Path) -> None:
    ended = _run("relayer.gateway", "--config", str(folder / "none.toml"), "--log-format", "json")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    told: dict[str, Any] = json.loads(line)
    assert (told["reason"], told["level"]) == ("CONFIG_INVALID", "error")
    assert "none.toml" in told["error"]


def test_a_process_whose_deployment_is_missing_says_so_without_a_traceback(folder: Path) -> None:
    ended = _run("relayer", "--config", str(write_config(folder)))
    assert ended.returncode == 2
    assert "deployment.json" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("module", ["relayer", "relayer.gateway"])
def test_a_process_waits_for_chains_that_are_away_and_ends_with_0_when_asked(folder: Path, module: str) -> None:
    addresses = dict.fromkeys(("router", "light_client", "dvp_app", "token"), "0x" + "22" * 20)
    numbers = {"chain_id": 1337, "block_period_ms": 1000, "deployed_after": 0}
    wiring = {"adapters": {"escrow": "0x" + "33" * 20}, "rpc_url": "http://127.0.0.1:1", "client_id": "progmat-0"}
    deployment = {**addresses, **numbers, **wiring}
    (folder / "deployment.json").write_text(json.dumps(deployment))
    config = write_config(folder, **(FOR_GATEWAY if module == "relayer.gateway" else {}))
    command = (sys.executable, "-m", module, "--config", str(config), "--log-format", "json")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=_environment()) as process:
        lines: Iterable[str] = process.stderr or ()
        seen = [json.loads(line)["event"] for line in _until(lines, {"chain unavailable", "round failed"})]
        process.send_signal(signal.SIGTERM)
        rest = [json.loads(line)["event"] for line in lines]
        assert process.wait(timeout=30) == 0
    assert {"relaying", "serving"} & {*seen, *rest}
    assert rest[-1] == "stopped"


def _until(lines: Iterable[str], events: set[str]) -> Iterator[str]:
    """Lines up to the first that tells of one of the events: what lasts is told once."""
    for line in lines:
        yield line
        if json.loads(line)["event"] in events:
            return


def _environment() -> dict[str, str]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen")))
    return {**os.environ, "PYTHONPATH": path}


def _run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", module, *arguments),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=_environment(),
        timeout=60,
    )
