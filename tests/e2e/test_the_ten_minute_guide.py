"""docs/platform.md, run as it stands against a devnet: every command, and what it says its output is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(340)]

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "platform.md"
MARK = "---- block {}"


def blocks() -> list[tuple[str, str]]:
    """Each shell block with the output that the guide shows after it, which may be none."""
    found = re.findall(r"```sh\n(.*?)```\n(?:\n```text\n(.*?)```)?", GUIDE.read_text(), flags=re.DOTALL)
    return [(commands, shown) for commands, shown in found]


def script() -> str:
    """All blocks in one shell, but for bringing the devnet up, which the fixture has done."""
    lines = ["set -eu"]
    for at, (commands, _) in enumerate(blocks()):
        kept = "".join(line for line in commands.splitlines(keepends=True) if not line.startswith("crossdvp devnet up"))
        lines += [f"echo '{MARK.format(at)}'", kept]
    return "\n".join(lines)


def matches(shown: str, output: str) -> bool:
    """Whether the lines shown come in the output in this order; … stands for anything."""
    rest = output.splitlines()
    for line in shown.splitlines():
        if line.strip() in {"", "…"}:
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        while rest and not pattern.match(rest[0]):
            rest.pop(0)
        if not rest:
            return False
    return True


def test_the_guide_does_what_it_says(devnet: Path, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "crossdvp").write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from relayer.cli.main import main; main()' \"$@\"\n"
    )
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    environment = os.environ | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CROSSDVP_DEVNET": str(devnet),
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in (".", "proto/gen", "sdk")),
        "COLUMNS": "200",
    }
    ran = subprocess.run(
        ["bash", "-c", script()],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    outputs = re.split(r"^---- block \d+\n", ran.stdout, flags=re.MULTILINE)[1:]
    for (commands, shown), output in zip(blocks(), outputs, strict=True):
        assert matches(shown, output), f"{commands}\nexpected:\n{shown}\nfound:\n{output}\n{ran.stderr}"
