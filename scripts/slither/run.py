"""Run Slither over the Solidity contracts and hold its findings against our answers.

    make slither      exit 0: every finding is answered in docs/security/slither.toml, and every answer is still needed

Slither lives in an environment of its own (its packages and ours do not go together) and reads what the pinned solc
gives: the sources are laid out in a temporary folder and compiled through the standard JSON interface.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "chains" / "evm" / "contracts"
ANSWERS = ROOT / "docs" / "security" / "slither.toml"
ENVIRONMENT = ROOT / ".venv-slither"
SOLC = Path(__file__).with_name("solc.cjs")
IMPORT = re.compile(r'^\s*import\s[^;]*?"([^"]+)"', re.MULTILINE)
SETTINGS = {
    "evmVersion": "berlin",
    "outputSelection": {
        "*": {"*": ["abi", "metadata", "devdoc", "userdoc", "evm.bytecode", "evm.deployedBytecode"], "": ["ast"]}
    },
    "optimizer": {"enabled": True, "runs": 1},
    "viaIR": True,
}
EVERYWHERE = "*"


@dataclass(frozen=True, order=True)
class Finding:
    """What Slither says about one function, variable or contract."""

    detector: str
    where: str
    text: str


@dataclass(frozen=True, order=True)
class Answer:
    """Why a detector's findings in one place, or everywhere, are no defect."""

    detector: str
    where: str
    why: str

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of this finding."""
        return self.detector == finding.detector and self.where in (EVERYWHERE, finding.where)


def main() -> int:
    """Run and compare; returns the exit code."""
    slither = install()
    with tempfile.TemporaryDirectory() as folder:
        findings = sorted(run(slither, Path(folder)))
    answers = [Answer(**entry) for entry in tomllib.loads(ANSWERS.read_text()).get("answer", [])]
    open_findings = [finding for finding in findings if not any(answer.covers(finding) for answer in answers)]
    stale = [answer for answer in answers if not any(answer.covers(finding) for finding in findings)]
    for finding in open_findings:
        print(f"not answered: {finding.detector} in {finding.where}\n{finding.text}")
    for answer in stale:
        print(f"no longer found: {answer.detector} in {answer.where}: take the answer out")
    answered = len(findings) - len(open_findings)
    print(f"slither: {len(findings)} findings, {answered} answered, {len(stale)} stale answers")
    return 1 if open_findings or stale else 0


def install() -> Path:
    """The pinned Slither and compiler, installed where they are missing."""
    binary = ENVIRONMENT / "bin" / "slither"
    if not binary.exists():
        sys.stderr.write("installing the pinned Slither (once)\n")
        lock = Path(__file__).with_name("requirements.lock")
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
        pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", str(lock)], check=True)
    if not (CONTRACTS / "node_modules" / "solc").is_dir():
        subprocess.run(["npm", "ci", "--silent"], cwd=CONTRACTS, check=True, stdout=sys.stderr)
    return binary


def run(slither: Path, folder: Path) -> Iterator[Finding]:
    """Slither's findings of high, medium and low impact in our own sources."""
    sources = lay_out(folder)
    standard = {"language": "Solidity", "sources": sources, "settings": SETTINGS}
    (folder / "input.json").write_text(json.dumps(standard))
    command = [str(slither), "input.json", "--compile-force-framework", "Solc-json", "--solc", str(SOLC)]
    options = ["--filter-paths", "@openzeppelin", "--exclude-informational", "--exclude-optimization", "--json", "-"]
    environment = os.environ | {"CROSSDVP_CONTRACTS": str(CONTRACTS)}
    finished = subprocess.run(
        [*command, *options], cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    try:
        report = json.loads(finished.stdout)
    except json.JSONDecodeError:
        sys.exit(f"slither did not run:\n{finished.stderr[-2000:]}")
    if not report["success"]:
        sys.exit(f"slither failed: {report['error']}")
    for found in report["results"].get("detectors", []):
        yield Finding(found["check"], place_of(found["elements"]), found["description"].strip())


def lay_out(folder: Path) -> dict[str, dict[str, str]]:
    """Our sources and all they import, under the names by which they import each other."""
    own = (path for path in CONTRACTS.rglob("*.sol") if "node_modules" not in path.parts)
    waiting = [path.relative_to(ROOT).as_posix() for path in own]
    sources: dict[str, dict[str, str]] = {}
    while waiting:
        unit = waiting.pop()
        if unit in sources:
            continue
        ours = ROOT / unit
        text = (ours if ours.exists() else CONTRACTS / "node_modules" / unit).read_text()
        sources[unit] = {"content": text}
        place = folder / unit
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        for imported in IMPORT.findall(text):
            relative = imported.startswith(".")
            waiting.append(os.path.normpath(os.path.join(os.path.dirname(unit), imported)) if relative else imported)  # noqa: PTH118, PTH120  # names of units, not files
    return sources


def place_of(elements: list[dict[str, object]]) -> str:
    """Contract and function (or variable) of a finding's first element."""
    names: list[str] = []
    element: object = elements[0]
    while isinstance(element, dict) and element.get("type") in ("contract", "function", "variable", "node"):
        if element["type"] != "node":
            names.append(str(element["name"]))
        fields = element.get("type_specific_fields")
        element = fields.get("parent") if isinstance(fields, dict) else None
    return ".".join(reversed(names))


if __name__ == "__main__":
    sys.exit(main())
