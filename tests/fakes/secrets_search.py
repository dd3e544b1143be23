"""Looking for secrets where none may be: each in every form in which a program might write it."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path

SHORTEST = 8


def forms_of(secret: bytes) -> frozenset[bytes]:
    """Raw, hexadecimal in either case, base64 in either alphabet, as Python would show the bytes, as a number."""
    standard, urlsafe = base64.b64encode(secret).rstrip(b"="), base64.urlsafe_b64encode(secret).rstrip(b"=")
    shown = repr(secret)[2:-1].encode()
    number = str(int.from_bytes(secret, "big")).encode()
    hexadecimal = secret.hex().encode()
    forms = {secret, hexadecimal, hexadecimal.upper(), standard, urlsafe, shown, number}
    return frozenset(form for form in forms if len(form) >= SHORTEST)


def pem_secrets(pem: bytes) -> Iterable[bytes]:
    """A PEM key's body: whole, and each of its lines."""
    lines = [line for line in pem.splitlines() if line and not line.startswith(b"-----")]
    yield base64.b64decode(b"".join(lines))
    yield from (line for line in lines if len(line) >= 32)


def found_in(content: bytes, secrets: Mapping[str, Iterable[bytes]]) -> list[str]:
    """The names of the secrets whose value, in any form, is in the content."""
    return [
        name
        for name, values in secrets.items()
        if any(form in content for value in values for form in (forms_of(value) | {value}))
    ]


def found_in_files(files: Iterable[Path], secrets: Mapping[str, Iterable[bytes]]) -> dict[str, list[str]]:
    """By file name, what was found there; files without are left out."""
    found = {str(path): found_in(path.read_bytes(), secrets) for path in files if path.is_file()}
    return {path: names for path, names in found.items() if names}
