"""Strict reading of what a node answers. Every failure is `NodeMisbehaved`, naming the field."""

from __future__ import annotations

import re
from typing import Final

from chains.evm.errors import NodeMisbehaved
from chains.evm.json_value import Json

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")


def as_object(value: Json, what: str) -> dict[str, Json]:
    """Read a JSON object."""
    if not isinstance(value, dict):
        raise NodeMisbehaved(what, "an object", _shown(value))
    return value


def as_list(value: Json, what: str, most: int) -> list[Json]:
    """Read a JSON array of bounded length."""
    if not isinstance(value, list) or len(value) > most:
        raise NodeMisbehaved(what, f"a list of at most {most}", _shown(value))
    return value


def as_quantity(value: Json, what: str) -> int:
    """Read a hex number of at most 256 bits."""
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise NodeMisbehaved(what, "a hex quantity", _shown(value))
    return int(value, 16)


def as_data(value: Json, what: str, size: int | None = None) -> bytes:
    """Read hex data, of exactly `size` bytes if given."""
    if not isinstance(value, str) or value[:2] != "0x":
        raise NodeMisbehaved(what, "hex data", _shown(value))
    try:
        data = bytes.fromhex(value[2:])
    except ValueError as error:
        raise NodeMisbehaved(what, "hex data", _shown(value)) from error
    if 2 + 2 * len(data) != len(value):  # blanks between bytes, which Python leaves out
        raise NodeMisbehaved(what, "hex data", _shown(value))
    if size is not None and len(data) != size:
        raise NodeMisbehaved(what, f"{size} bytes", f"{len(data)} bytes")
    return data


def hex_data(data: bytes) -> str:
    """Write hex data."""
    return "0x" + data.hex()


def _shown(value: Json) -> str:
    return repr(value)[:80]
