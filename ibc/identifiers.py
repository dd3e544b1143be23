"""Client and port identifiers (ICS-24): alphanumerics and `._+-#[]<>`, 2-64 and 2-128 characters."""

from __future__ import annotations

import re
from typing import Final

from ibc.errors import InvalidIdentifier

_CLIENT_ID: Final = re.compile(r"[A-Za-z0-9._+\-#\[\]<>]{2,64}")
_PORT_ID: Final = re.compile(r"[A-Za-z0-9._+\-#\[\]<>]{2,128}")


def client_id(value: str) -> str:
    """`value` if it is a client identifier. Raises `InvalidIdentifier`."""
    return _matching(_CLIENT_ID, value, "client identifier", "2-64 of A-Z a-z 0-9 . _ + - # [ ] < >")


def port_id(value: str) -> str:
    """`value` if it is a port identifier. Raises `InvalidIdentifier`."""
    return _matching(_PORT_ID, value, "port identifier", "2-128 of A-Z a-z 0-9 . _ + - # [ ] < >")


def _matching(pattern: re.Pattern[str], value: str, what: str, rule: str) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise InvalidIdentifier(f"not a {what}", expected=rule, found=repr(value)[:200])
    return value
