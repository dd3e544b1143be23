"""What a simulated enclave is measured by: the sources of all that runs inside.

Real hardware measures the image; the manifest in `manifests/` says what is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from primitives.hashing import sha256

INSIDE = ("relayer.enclave", "light_clients", "ibc", "primitives")
_DOMAIN = b"crossdvp/simulated-measurement/1"


@cache
def program_measurement() -> bytes:
    """32 bytes: SHA-256 over path and content of each Python file, each behind its 4-byte length."""
    parts = [_DOMAIN]
    for package in INSIDE:
        for path, content in sorted(_sources(resources.files(package), package.replace(".", "/"))):
            parts += [len(path).to_bytes(4, "big"), path.encode(), len(content).to_bytes(4, "big"), content]
    return sha256(b"".join(parts))


def _sources(folder: Traversable, at: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        path = f"{at}/{entry.name}"
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _sources(entry, path)
        elif entry.is_file() and entry.name.endswith(".py"):
            yield path, entry.read_bytes()
