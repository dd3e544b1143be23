"""Checks of fields that states and messages share; all raise MalformedHubMessage."""

from __future__ import annotations

from light_clients.hub.errors import MalformedHubMessage
from primitives.types import UINT64_MAX


def check_number(what: str, number: int, least: int) -> None:
    """An unsigned integer of 64 bits, not below ``least``."""
    if not least <= number <= UINT64_MAX:
        raise MalformedHubMessage(f"{what} is out of range", expected=f"{least}..2^64-1", found=number)


def check_hash(what: str, data: bytes) -> None:
    """32 bytes."""
    if len(data) != 32:
        raise MalformedHubMessage(f"{what} has the wrong size", expected="32 bytes", found=data)


def check_address(what: str, data: bytes) -> None:
    """20 bytes, not all zero."""
    if len(data) != 20 or not any(data):
        raise MalformedHubMessage(f"{what} is no address", expected="20 bytes, not zero", found=data)
