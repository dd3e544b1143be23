"""Describe the gateway's HTTP face as OpenAPI 3.1 in docs/api/openapi.json, from the .proto files and their comments.

``--check`` (CI) fails when the checked-in file is not what the sources give today. The package has the same file: it is
what a gateway serves at /openapi.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from importlib import import_module, resources
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import ServiceDescriptor
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from relayer.gateway.http.openapi import comments_of, openapi_document  # noqa: E402 # the checkout must be importable

TARGET = ROOT / "relayer" / "gateway" / "http" / "openapi.json"
PROTOS = ROOT / "proto" / "crossdvp" / "gateway" / "v1"


def services() -> list[ServiceDescriptor]:
    """Every service of the gateway's package, in the order of their files."""
    modules = [import_module(f"crossdvp.gateway.v1.{path.stem}_pb2") for path in sorted(PROTOS.glob("*.proto"))]
    return [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]


def with_comments() -> descriptor_pb2.FileDescriptorSet:
    """The sources' descriptors with their comments, which the generated modules do not keep."""
    imported = (ROOT / "proto", resources.files("grpc_tools") / "_proto", resources.files("google.api") / ".." / "..")
    protos = [path.relative_to(ROOT / "proto").as_posix() for path in sorted(PROTOS.glob("*.proto"))]
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "descriptors"
        os.chdir(ROOT / "proto")
        options = ["--include_source_info", f"--descriptor_set_out={made}", *(f"-I{each}" for each in imported)]
        if protoc.main(["protoc", *options, *protos]) != 0:
            raise SystemExit("protoc refused the sources: see its message above")
        return descriptor_pb2.FileDescriptorSet.FromString(made.read_bytes())


def main() -> int:
    """Command line: write the file, or ``--check`` without writing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the checked-in file is stale; write nothing")
    document = openapi_document(services(), comments_of(with_comments().file))
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if not parser.parse_args().check:
        TARGET.write_text(text)
        print(f"{TARGET.relative_to(ROOT)}: {len(document['paths'])} paths")
        return 0
    if not TARGET.exists() or TARGET.read_text() != text:
        print("stale: docs/api/openapi.json; run `make proto`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
