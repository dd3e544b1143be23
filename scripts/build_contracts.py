"""Build the Solidity contracts into checked-in artifacts, or check that the checked-in ones are what the sources give.

    python scripts/build_contracts.py            writes the artifacts of chains/evm, its devnet and tests/fakes
    python scripts/build_contracts.py --check    writes nothing; exit 1 and the names of the files that differ

The compiler is the solc pinned in chains/evm/contracts/package-lock.json; `npm ci` runs if it is not installed yet.
An artifact is {abi, bytecode, deployedBytecode, sourceHash, sources}: `sources` maps each source file to its
keccak-256, so that a test without a compiler can tell a stale artifact; `sourceHash` is the SHA-256 of the compiler's
metadata (compiler version, settings, sources).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = ROOT / "chains" / "evm" / "contracts"


@dataclass(frozen=True)
class BuildSet:
    """Sources compiled together, and the folder of their artifacts.

    The sets are compiled apart: what the tests add must not be able to change the bytecode of what is deployed.
    """

    sources: tuple[Path, ...]
    artifacts: Path


def build_sets() -> tuple[BuildSet, ...]:
    """Return the deployed contracts, those that only devnets deploy, and those that only tests deploy."""
    deployed = (
        *("core/ICS26Router", "dvp/DvpApp", "tokens/SecurityToken"),
        *(f"light-clients/{who}LightClient" for who in ("Progmat", "Enclave", "Qbft", "HubProgmat")),
        "light-clients/ValidatorAttestationVerifier",
        *(f"adapters/{family}Adapter" for family in ("Escrow", "Erc3643", "Erc7943", "IbetDvp", "IbetLock")),
    )
    return (
        BuildSet(tuple(CONTRACTS / f"{name}.sol" for name in deployed), ROOT / "chains" / "evm" / "artifacts"),
        *(
            BuildSet(tuple(sorted((folder / "solidity").glob("*.sol"))), folder / "artifacts")
            for folder in (ROOT / "chains" / "evm" / "devnet", ROOT / "tests" / "fakes")
        ),
    )


def install_compiler() -> None:
    """Run `npm ci` if the pinned compiler and library are not there."""
    if (CONTRACTS / "node_modules" / "solc").is_dir() and (CONTRACTS / "node_modules" / "@openzeppelin").is_dir():
        return
    sys.stderr.write("installing the pinned Solidity compiler (npm ci)\n")
    subprocess.run(["npm", "ci", "--silent"], cwd=CONTRACTS, check=True, stdout=sys.stderr)


def compile_set(build_set: BuildSet) -> dict[Path, bytes]:
    """Return artifact file -> content."""
    if not build_set.sources:
        return {}
    entries = [path.relative_to(ROOT).as_posix() for path in build_set.sources]
    command = ["node", str(CONTRACTS / "compile.mjs"), str(ROOT), *entries]
    finished = subprocess.run(command, check=False, stdout=subprocess.PIPE)
    if finished.returncode != 0:
        sys.exit("the contracts do not compile: see the compiler's messages above")
    contracts = json.loads(finished.stdout)
    return {build_set.artifacts / f"{name}.json": artifact(built) for name, built in contracts.items() if built["abi"]}


def artifact(built: dict[str, object]) -> bytes:
    """Return the artifact's text: sorted keys, one trailing newline, so that equal builds are equal bytes."""
    metadata = str(built["metadata"])
    sources = json.loads(metadata)["sources"]
    content = {
        "abi": built["abi"],
        "bytecode": f"0x{built['bytecode']}",
        "deployedBytecode": f"0x{built['deployedBytecode']}",
        "sourceHash": "0x" + hashlib.sha256(metadata.encode()).hexdigest(),
        "sources": {unit: source["keccak256"] for unit, source in sources.items()},
    }
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def differing(expected: dict[Path, bytes], folders: set[Path]) -> list[Path]:
    """Return the artifacts that are missing, different, or built from no source any more."""
    found = {path for folder in folders if folder.is_dir() for path in folder.glob("*.json")}
    changed = {path for path, content in expected.items() if path not in found or path.read_bytes() != content}
    return sorted(changed | (found - set(expected)))


def main() -> int:
    """Build or check; return the exit code."""
    parser = argparse.ArgumentParser(description="Build the Solidity contracts into checked-in artifacts.")
    parser.add_argument("--check", action="store_true", help="compare with the checked-in artifacts, write nothing")
    check_only: bool = parser.parse_args().check

    install_compiler()
    sets = build_sets()
    expected = {path: content for build_set in sets for path, content in compile_set(build_set).items()}
    stale = differing(expected, {build_set.artifacts for build_set in sets})
    for path in stale:
        print(f"{'differs' if check_only else 'writes'} {path.relative_to(ROOT)}")
        if check_only:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if path in expected:
            path.write_bytes(expected[path])
        else:
            path.unlink()
    if check_only and stale:
        print("run scripts/build_contracts.py and check the artifacts in")
        return 1
    print(f"{len(expected)} artifacts are what the sources give")
    return 0


if __name__ == "__main__":
    sys.exit(main())
