"""The compiled contracts as they are checked in: ABI and bytecode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from chains.evm.client.abi import AbiFunction
from chains.evm.errors import ArtifactInvalid

ARTIFACTS_DIR: Final = Path(__file__).resolve().parent.parent / "artifacts"
CONTRACTS: Final = (
    *("ICS26Router", "ProgmatLightClient", "QbftLightClient", "HubProgmatLightClient", "DvpApp", "SecurityToken"),
    *("EnclaveLightClient", "ValidatorAttestationVerifier"),
    *("EscrowAdapter", "Erc3643Adapter", "Erc7943Adapter", "IbetDvpAdapter", "IbetLockAdapter"),
)


@dataclass(frozen=True)
class Artifact:
    """One contract. `abi` is the JSON ABI, `bytecode` the creation code."""

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes

    def creation_code(self, *arguments: object) -> bytes:
        """Give the data of the creating transaction: creation code and constructor arguments."""
        constructor = next((entry for entry in self.abi if entry["type"] == "constructor"), None)
        inputs = () if constructor is None else tuple(map(canonical_type, constructor["inputs"]))
        return self.bytecode + AbiFunction("constructor", inputs).encode(*arguments)[4:]

    def call_data(self, function: str, *arguments: object) -> bytes:
        """Give the data of a call of the function with this name and number of arguments. Raises `ArtifactInvalid`."""
        for entry in self.abi:
            if entry["type"] == "function" and (entry["name"], len(entry["inputs"])) == (function, len(arguments)):
                return AbiFunction(function, tuple(map(canonical_type, entry["inputs"]))).encode(*arguments)
        raise ArtifactInvalid(f"{self.name} has no function {function} of {len(arguments)} arguments")


@cache
def load_artifact(name: str) -> Artifact:
    """Read one artifact; a file that is not one is `ArtifactInvalid`."""
    return read_artifact(name, ARTIFACTS_DIR / f"{name}.json")


def read_artifact(name: str, path: Path) -> Artifact:
    """Read a compiled contract from any file of this form; a file that is not one is `ArtifactInvalid`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        bytecode = bytes.fromhex(content["bytecode"].removeprefix("0x"))
        abi = tuple(content["abi"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactInvalid(f"{path.name}: {error}; run `make contracts`") from error
    return Artifact(name, abi, bytecode)


def canonical_type(parameter: Mapping[str, Any]) -> str:
    """Write an ABI parameter's type as signatures do: structs as tuples of their fields' types."""
    declared = str(parameter["type"])
    if not declared.startswith("tuple"):
        return declared
    fields = ",".join(canonical_type(field) for field in parameter["components"])
    return f"({fields}){declared.removeprefix('tuple')}"
