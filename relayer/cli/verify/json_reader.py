"""Reading JSON that somebody else wrote: bounded, typed, and every complaint says where.

Bytes are hexadecimal with or without ``0x``; numbers are JSON integers or ``0x`` quantities as JSON-RPC writes them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from primitives.types import UINT256_MAX
from relayer.cli.verify.errors import Unreadable

MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
_STRINGS_AND_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def load_bytes_file(path: Path) -> bytes:
    """The file's content; Unreadable if there is no such file, or it is too large."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise Unreadable(f"{path} is larger than {MAX_FILE_BYTES} bytes")
    return content


def load_json_file(path: Path) -> object:
    """The file's content; Unreadable if there is no such file, or it is too large or not JSON."""
    content = load_bytes_file(path)
    try:
        text = content.decode()
        _check_depth(path, text)
        parsed: object = json.loads(text, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        raise Unreadable(f"{path} is not JSON: {error}") from error
    return parsed


def _check_depth(path: Path, text: str) -> None:
    """Bound the nesting before parsing: the parser recurses, as deep as the process's limit lets it, on the C stack."""
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        first = token.group()[0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Unreadable(f"{path} is nested deeper than {MAX_DEPTH} levels")
        elif first in "]}":
            depth -= 1


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("an object names a member twice")
    return names


@dataclass(frozen=True, slots=True)
class JsonField:
    """A value with its place in the document. Every reader raises Unreadable for another type."""

    value: object
    place: str = "$"

    def has(self, name: str) -> bool:
        """Whether this is an object with such a member, not null."""
        return isinstance(self.value, dict) and self.value.get(name) is not None

    def at(self, name: str) -> JsonField:
        """A member that must be there."""
        if not isinstance(self.value, dict):
            raise Unreadable(f"expected an object with {name!r}, found {_kind(self.value)}", place=self.place)
        if self.value.get(name) is None:
            raise Unreadable(f"{name!r} is missing", place=self.place)
        return JsonField(self.value[name], f"{self.place}.{name}")

    def get(self, name: str) -> JsonField | None:
        """A member that may be missing or null."""
        return self.at(name) if self.has(name) else None

    def names(self) -> list[str]:
        """The members of an object."""
        if not isinstance(self.value, dict):
            raise Unreadable(f"expected an object, found {_kind(self.value)}", place=self.place)
        return [str(name) for name in self.value]

    def items(self) -> list[JsonField]:
        """The elements of a list."""
        if not isinstance(self.value, list):
            raise Unreadable(f"expected a list, found {_kind(self.value)}", place=self.place)
        return [JsonField(element, f"{self.place}[{number}]") for number, element in enumerate(self.value)]

    def text(self) -> str:
        """A string."""
        if not isinstance(self.value, str):
            raise Unreadable(f"expected a string, found {_kind(self.value)}", place=self.place)
        return self.value

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise Unreadable(f"expected true or false, found {_kind(self.value)}", place=self.place)
        return self.value

    def integer(self) -> int:
        """A number of 0 to 2^256-1, as JSON or as a 0x quantity."""
        if isinstance(self.value, int) and not isinstance(self.value, bool) and 0 <= self.value <= UINT256_MAX:
            return self.value
        if isinstance(self.value, str) and self.value.startswith("0x") and len(self.value) <= 66:
            try:
                return int(self.value[2:] or "0", 16)
            except ValueError as error:
                raise Unreadable("expected a 0x quantity", place=self.place) from error
        raise Unreadable(f"expected a number of 0 to 2^256-1, found {_kind(self.value)}", place=self.place)

    def hex(self, size: int | None = None) -> bytes:
        """Bytes, of this size if one is given."""
        text = self.text().removeprefix("0x")
        try:
            data = bytes.fromhex(text)
        except ValueError as error:
            raise Unreadable("expected hexadecimal bytes", place=self.place) from error
        if 2 * len(data) != len(text):
            raise Unreadable("expected hexadecimal bytes without spaces", place=self.place)
        if size is not None and len(data) != size:
            raise Unreadable(f"expected {size} bytes, found {len(data)}", place=self.place)
        return data

    def hex_list(self, size: int | None = None) -> tuple[bytes, ...]:
        """A list of bytes."""
        return tuple(element.hex(size) for element in self.items())


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", int: "a number"}
    return names.get(type(value), "null" if value is None else "a number with a fraction")
