"""The relayer's benchmarks over a few packets: they measure what they say, and fail where nothing was relayed."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

from scripts.bench.relay_load.run import relay
from scripts.bench.relay_restart import seconds_to_first_submission


async def test_every_packet_of_both_directions_ends_and_memory_is_looked_at_on_the_way(tmp_path: Path) -> None:
    seen: list[int] = []
    relayed = await relay(tmp_path / "relayer.sqlite3", 60, 0.0, seen.append)
    assert relayed.packets == 60
    assert relayed.elapsed_s > 0
    assert seen[-1] == 60


def test_a_restart_over_a_backlog_brings_a_whole_batch_first() -> None:
    assert 0 < seconds_to_first_submission(100) < 60


@pytest.mark.parametrize("name", ["relay_memory"])
def test_a_line_has_its_figures_and_its_bound(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [name, "--packets", "100"])
    assert import_module(f"scripts.bench.{name}").main() == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (line["name"], line["packets"]) == (name, 100)
    assert all(line[figure] > 0 for figure in ("baseline", "ratio"))
    assert line["bound"]
