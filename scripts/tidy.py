"""Tidiness as a test: sizes, names, reasons beside lint ignores, forbidden words and machine paths.

Prints one line per finding, ``path:line: what, and what to do``; exit code 1 if there is any.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_LINES_OF_DOCUMENT = {"README.md": 120, "ARCHITECTURE.md": 150}
MAX_ADR_LINES = 60
VAGUE_MODULES = {"utils.py", "util.py", "helpers.py", "misc.py", "common.py"}
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK|NotImplemented" r"Error)\b")
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|root|farm|home)/\w")
BARE_IGNORE = re.compile(r"#\s*(?:noqa(?::\s*[A-Z]+[0-9]+(?:,\s*[A-Z]+[0-9]+)*)?|type:\s*ignore(?:\[[\w,\- ]+\])?)\s*$")
WRITTEN_BY_MACHINES = (
    "proto/gen/",
    "chains/evm/artifacts/",
    "chains/evm/devnet/artifacts/",
    "chains/progmat/node/storage/migrations/versions/",
    "relayer/migrations/relayer/versions/",
    "relayer/migrations/gateway/versions/",
    "tests/vectors/",
    "requirements.lock",
    "package-lock.json",
)

Finding = tuple[int, str]


def tracked_files() -> list[Path]:
    """Files git knows or would add; build output and ignored files do not count."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {name for name in listing.stdout.splitlines() if not any(part in name for part in WRITTEN_BY_MACHINES)}
    return sorted(ROOT / name for name in names if (ROOT / name).is_file())


def text_findings(path: Path, lines: list[str]) -> Iterator[Finding]:
    """Rules that hold for every text file."""
    limit = MAX_LINES_OF_DOCUMENT.get(path.relative_to(ROOT).as_posix())
    if path.suffix in {".py", ".sol"}:
        limit = MAX_FILE_LINES
    elif "docs/adr" in path.as_posix():
        limit = MAX_ADR_LINES
    if limit and len(lines) > limit:
        yield len(lines), f"{len(lines)} lines, at most {limit}: split it by idea"
    if path.name in VAGUE_MODULES:
        yield 1, f"{path.name} names no idea: call the module by what it holds"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield number, "unfinished work: do it, or say it in the closing note"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine: make it relative"


def python_findings(source: str, lines: list[str]) -> Iterator[Finding]:
    """Rules for Python: function length, bool parameters in rows, reasons beside ignores."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if length > MAX_FUNCTION_LINES:
            yield node.lineno, f"{node.name} has {length} lines, at most {MAX_FUNCTION_LINES}: split it by step"
        flags = [
            a.arg
            for a in node.args.args + node.args.kwonlyargs
            if isinstance(a.annotation, ast.Name) and a.annotation.id == "bool"
        ]
        if len(flags) > 1:
            yield node.lineno, f"{node.name} takes the flags {', '.join(flags)}: use an enum"
    for number, line in enumerate(lines, 1):
        if BARE_IGNORE.search(line):
            yield number, "an ignore without its reason: write it behind the code, after two spaces and #"


def main() -> int:
    """Check every tracked file."""
    findings: list[str] = []
    for path in tracked_files():
        try:
            source = path.read_text()
        except UnicodeDecodeError:
            continue
        lines = source.splitlines()
        found = list(text_findings(path, lines))
        if path.suffix == ".py":
            found += python_findings(source, lines)
        findings += [f"{path.relative_to(ROOT)}:{number}: {what}" for number, what in sorted(found)]
    if (ROOT / "proto" / "__init__.py").exists():
        findings.append("proto/__init__.py:1: shadows the proto package of protobuf: delete it")
    for line in findings:
        print(line)
    print(f"tidy: {len(findings)} finding(s)", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
