"""Passwords: the policy, and their hashes (scrypt, RFC 7914). Pure but for the work.

A hash is text, ``scrypt$log2n$r$p$salt$key`` in hexadecimal, so that its cost can rise later. Somebody who is unknown
is checked against a hash of nobody's: the answer takes as long as for a user.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from chains.progmat.market.people.errors import PasswordRefused
from chains.progmat.market.people.rules import PasswordPolicy

SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_MOST_LOG2_N: Final = 20


def checked_new(password: str, staff_id: str, name: str, before: Sequence[str], policy: PasswordPolicy) -> str:
    """The password as it is hashed (NFKC). ``before``: hashes it must not fit. Raises ``PasswordRefused``."""
    normal = normalised(password)
    if not policy.min_chars <= len(normal) <= policy.max_chars:
        raise PasswordRefused(f"expected {policy.min_chars} to {policy.max_chars} characters, found {len(normal)}")
    if any(unicodedata.category(each) == "Cc" for each in normal):
        raise PasswordRefused("expected no control characters")
    if len(set(normal)) < policy.min_chars // 2:
        raise PasswordRefused("expected less repetition")
    if len(normal) < 20 and len({_kind(each) for each in normal}) < policy.min_kinds:
        raise PasswordRefused(
            f"expected {policy.min_kinds} of lower case, upper case, digits and others, or 20 characters"
        )
    for known in (staff_id, name):
        if len(known) >= 4 and known.casefold() in normal.casefold():
            raise PasswordRefused("expected neither the staff id nor the name in it")
    if any(fits(password, stored) for stored in before if stored):
        raise PasswordRefused("it is the present one or one of its two predecessors")
    return normal


def normalised(password: str) -> str:
    """One form of what keyboards type in several."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str, salt: bytes, policy: PasswordPolicy) -> str:
    """The hash to be stored. ``salt``: SALT_BYTES fresh random bytes."""
    key = _kdf(salt, policy.log2_n, 8, 1).derive(normalised(password).encode())
    return f"scrypt${policy.log2_n}$8$1${salt.hex()}${key.hex()}"


def fits(password: str, stored: str) -> bool:
    """Whether a password fits a hash, compared in constant time. An empty or unknown hash fits nothing."""
    parts = stored.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not int(parts[1]) <= _MOST_LOG2_N:
        return False
    salt, key = bytes.fromhex(parts[4]), bytes.fromhex(parts[5])
    try:
        _kdf(salt, int(parts[1]), int(parts[2]), int(parts[3])).verify(normalised(password).encode(), key)
    except InvalidKey:
        return False
    return True


def nobodys_hash(policy: PasswordPolicy) -> str:
    """Fits no password anybody has; checking it takes as long as checking a user's."""
    return f"scrypt${policy.log2_n}$8$1${bytes(SALT_BYTES).hex()}${bytes(_KEY_BYTES).hex()}"


def _kdf(salt: bytes, log2_n: int, r: int, p: int) -> Scrypt:
    return Scrypt(salt=salt, length=_KEY_BYTES, n=1 << log2_n, r=r, p=p)


def _kind(char: str) -> str:
    if char.islower():
        return "lower"
    if char.isupper():
        return "upper"
    return "digit" if char.isdigit() else "other"
