"""Order ids: random digits, so that nothing of a customer is in them."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""


def new_order_id(random_bytes: bytes) -> str:
    """The order id of 16 random bytes."""
    number = int.from_bytes(random_bytes, "big")
    digits = [_DIGITS[number >> shift & 31] for shift in range(125, -1, -5)]
    return "ORD-" + "".join(digits)
