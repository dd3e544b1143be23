"""JSON as the client and the devnet read it: strict, and bounded in depth.

py-evm raises the interpreter's recursion limit so far that a deeply nested text overflows the C stack inside
`json.loads` before Python notices, which ends the process: depth is checked first.
"""

from __future__ import annotations

import json
from typing import Final, NoReturn

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What `parse_json` can return."""

MAX_DEPTH: Final = 64
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def parse_json(text: bytes) -> Json:
    """Parse UTF-8 JSON. Raises `ValueError` for anything else, NaN and more than 64 levels of nesting included."""
    _check_depth(text)
    parsed: Json = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    return parsed


def _check_depth(text: bytes) -> None:
    """Count brackets outside of strings: what stands between every second quote, once no quote is escaped."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    depth = 0
    for bracket in b"".join(text.split(b'"')[::2]).translate(None, _NO_BRACKETS):
        if bracket in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"JSON is nested deeper than {MAX_DEPTH}")
        else:
            depth -= 1


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
