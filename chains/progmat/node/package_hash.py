"""The hash that names the contract package: of the sources of everything a verdict depends on.

A node that runs other sources computes another hash, and refuses and is refused: members agree on a package by its
hash, which stands in the network parameters. Files are hashed with their paths, in order; line ends count.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from primitives.hashing import sha256
from primitives.types import Hash32

VERDICT_PACKAGES: Final = (
    "chains.progmat.contracts",
    "chains.progmat.transactions",
    "ibc",
    "light_clients",
    "primitives",
)
"""Packages whose code decides whether a ledger transaction is valid."""

_DOMAIN: Final = b"crossdvp/contract-package-sources/1"
_ROOTS_DOMAIN: Final = b"crossdvp/contract-package-with-attestation-roots/1"


def package_hash(attestation_roots: frozenset[bytes] = frozenset()) -> Hash32:
    """The hash of the sources; of roots of attestation too, if some are pinned beside the makers'."""
    sources = sources_hash()
    if not attestation_roots:
        return sources
    return Hash32(sha256(_ROOTS_DOMAIN + sources + b"".join(sorted(attestation_roots))))


@cache
def sources_hash(packages: tuple[str, ...] = VERDICT_PACKAGES) -> Hash32:
    """SHA-256 over each Python source file of the packages: path and content, each behind its 4-byte length."""
    parts = [_DOMAIN]
    for package in packages:
        for path, content in sorted(_sources(resources.files(package), package.replace(".", "/"))):
            parts += [len(path).to_bytes(4, "big"), path.encode(), len(content).to_bytes(4, "big"), content]
    return Hash32(sha256(b"".join(parts)))


def _sources(folder: Traversable, at: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = f"{at}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _sources(entry, path)
        elif entry.is_file() and entry.name.endswith(".py"):
            yield path, entry.read_bytes()
