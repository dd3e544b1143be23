"""Generate the Python messages and gRPC stubs under proto/gen from proto/crossdvp.

The output is checked in, so that nobody needs the generator to run the project; ``--check`` (CI) fails when the
checked-in files are not what the generator makes of the sources.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import sys
import tempfile
from importlib import resources
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "proto"
GENERATED = SOURCES / "gen"


def generate(target: Path) -> list[Path]:
    """Run protoc over every .proto file; returns the files made, relative to ``target``."""
    imported = (resources.files("grpc_tools") / "_proto", resources.files("google.api") / ".." / "..")
    protos = sorted(p.relative_to(SOURCES).as_posix() for p in (SOURCES / "crossdvp").rglob("*.proto"))
    target.mkdir(parents=True, exist_ok=True)
    os.chdir(SOURCES)
    plain = [f"--{kind}_out={target}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(["protoc", "-I.", *(f"-I{folder}" for folder in imported), *plain, *protos]) != 0:
        raise SystemExit("protoc refused the sources: see its message above")
    for stub in target.rglob("*_pb2_grpc.py"):  # a file without a service gets an empty stub: noise in the tree
        if "Servicer" not in stub.read_text():
            stub.unlink()
    return sorted(p.relative_to(target) for p in target.rglob("*.py*") if "__pycache__" not in p.parts)


def differences(fresh: Path, made: list[Path]) -> list[str]:
    """Names of checked-in files that are missing, stale or left over."""
    stale = [
        str(p) for p in made if not (GENERATED / p).exists() or not filecmp.cmp(fresh / p, GENERATED / p, shallow=False)
    ]
    kept = {p.relative_to(GENERATED) for p in GENERATED.rglob("*.py*") if "__pycache__" not in p.parts}
    return stale + [f"{p} (no longer made)" for p in sorted(kept - set(made))]


def main() -> int:
    """Command line: generate in place, or ``--check`` without writing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the checked-in files are stale; write nothing")
    if not parser.parse_args().check:
        print(f"{len(generate(GENERATED))} files under proto/gen")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch)
        stale = differences(fresh, generate(fresh))
    for name in stale:
        print(f"stale: proto/gen/{name}; run `make proto`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
