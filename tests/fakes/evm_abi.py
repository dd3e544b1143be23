"""Contract ABIs of checked-in artifacts, without web3: calldata, results, events and custom errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from eth_abi import abi as eth_abi

from primitives.keccak import keccak256

ROOT: Final = Path(__file__).resolve().parents[2]
ARTIFACT_FOLDERS: Final = tuple(
    ROOT / folder for folder in ("chains/evm/artifacts", "chains/evm/devnet/artifacts", "tests/fakes/artifacts")
)

#: Solidity's own errors, which no ABI lists
BUILT_IN_ERRORS: Final = (
    {"name": "Error", "inputs": [{"type": "string"}]},
    {"name": "Panic", "inputs": [{"type": "uint256"}]},
)

Entry = dict[str, Any]


class Reverted(Exception):
    """A transaction reverted. `error` is the custom error's name, empty if there was no data."""

    def __init__(self, error: str, args: tuple[Any, ...], data: bytes) -> None:
        super().__init__(f"{error or 'no data'}{args}")
        self.error = error
        self.error_args = args
        self.data = data


@dataclass(frozen=True)
class Log:
    """A decoded event. `args` are in the order of the declaration; indexed dynamic values are hashes."""

    address: bytes
    event: str
    args: tuple[Any, ...]
    topics: tuple[bytes, ...]
    data: bytes = b""


def type_of(parameter: Entry) -> str:
    """The canonical type, tuples written out."""
    declared = cast("str", parameter["type"])
    if not declared.startswith("tuple"):
        return declared
    inner = ",".join(type_of(component) for component in parameter["components"])
    return f"({inner}){declared.removeprefix('tuple')}"


def types_of(parameters: list[Entry]) -> list[str]:
    """The canonical types of a parameter list."""
    return [type_of(parameter) for parameter in parameters]


def signature_of(entry: Entry) -> str:
    """`name(type,type)`."""
    return f"{entry['name']}({','.join(types_of(entry['inputs']))})"


def selector_of(entry: Entry) -> bytes:
    """First four bytes of the signature's hash."""
    return keccak256(signature_of(entry).encode())[:4]


@dataclass(frozen=True)
class ContractAbi:
    """One artifact."""

    name: str
    entries: tuple[Entry, ...]
    bytecode: bytes

    @classmethod
    def load(cls, name: str) -> ContractAbi:
        """Read a checked-in artifact by contract name."""
        return _load(name)

    def encode_constructor(self, args: tuple[Any, ...]) -> bytes:
        """Creation code with its arguments."""
        inputs: list[Entry] = next((entry["inputs"] for entry in self.entries if entry["type"] == "constructor"), [])
        return self.bytecode + eth_abi.encode(types_of(inputs), args)

    def encode(self, function: str, args: tuple[Any, ...]) -> bytes:
        """Calldata. `function` is a name, found by its number of arguments if overloaded, or a full signature."""
        entry = self._function(function, len(args))
        return selector_of(entry) + eth_abi.encode(types_of(entry["inputs"]), args)

    def decode_result(self, function: str, args: tuple[Any, ...], output: bytes) -> Any:  # noqa: ANN401 - ABI values
        """The result: one value bare, several as a tuple, none as None."""
        values = eth_abi.decode(types_of(self._function(function, len(args))["outputs"]), output)
        return values[0] if len(values) == 1 else values or None

    def functions(self) -> list[Entry]:
        """All functions."""
        return [entry for entry in self.entries if entry["type"] == "function"]

    def _function(self, function: str, arguments: int) -> Entry:
        for entry in self.functions():
            if function == signature_of(entry) or (function == entry["name"] and arguments == len(entry["inputs"])):
                return entry
        raise LookupError(f"{self.name} has no function {function} of {arguments} arguments")


@cache
def _load(name: str) -> ContractAbi:
    for folder in ARTIFACT_FOLDERS:
        path = folder / f"{name}.json"
        if path.is_file():
            artifact = json.loads(path.read_text())
            return ContractAbi(name, tuple(artifact["abi"]), bytes.fromhex(artifact["bytecode"].removeprefix("0x")))
    raise LookupError(f"no artifact {name}: run scripts/build_contracts.py")


@cache
def _known(kind: str) -> dict[bytes, Entry]:
    """Errors by selector or events by topic, over all artifacts: they cross contract borders."""
    known: dict[bytes, Entry] = {}
    for folder in ARTIFACT_FOLDERS:
        for path in sorted(folder.glob("*.json")):
            entries = [entry for entry in _load(path.stem).entries if entry["type"] == kind]
            known |= {keccak256(signature_of(entry).encode()): entry for entry in entries}
    if kind == "error":
        known |= {keccak256(signature_of(entry).encode()): entry for entry in BUILT_IN_ERRORS}
        return {topic[:4]: entry for topic, entry in known.items()}
    return known


def decode_revert(data: bytes) -> Reverted:
    """The error a revert carries; unknown selectors keep their hex as name."""
    if not data:
        return Reverted("", (), data)
    entry = _known("error").get(data[:4])
    if entry is None:
        return Reverted("0x" + data[:4].hex(), (), data)
    return Reverted(entry["name"], eth_abi.decode(types_of(entry["inputs"]), data[4:]), data)


def decode_log(address: bytes, raw_topics: Sequence[int], data: bytes) -> Log:
    """The event a log carries; unknown topics keep their hex as name."""
    topics = tuple(topic.to_bytes(32, "big") for topic in raw_topics)
    entry = _known("event").get(topics[0]) if topics else None
    if entry is None:
        return Log(address, topics[0].hex() if topics else "", (), topics, data)
    plain = iter(eth_abi.decode(types_of([p for p in entry["inputs"] if not p["indexed"]]), data))
    indexed = iter(topics[1:])
    args = tuple(_topic_value(p, next(indexed)) if p["indexed"] else next(plain) for p in entry["inputs"])
    return Log(address, entry["name"], args, topics, data)


def _topic_value(parameter: Entry, topic: bytes) -> Any:  # noqa: ANN401 - ABI values
    declared = type_of(parameter)
    if declared in {"string", "bytes"} or declared.endswith((")", "]")):
        return topic
    return eth_abi.decode([declared], topic)[0]
