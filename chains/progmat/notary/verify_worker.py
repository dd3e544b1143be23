"""``python -m chains.progmat.notary.verify_worker``: verifies signatures until its input closes. Holds no secret."""

from __future__ import annotations

import signal
import sys
from functools import lru_cache

from chains.progmat.notary.verify_frames import HOLDS, REFUSED, Item, read_items
from primitives.composite_key import Key, decode_key
from primitives.errors import BadSignature
from primitives.signatures import verify

decoded_key = lru_cache(maxsize=4096)(decode_key)


def verdict(item: Item) -> int:
    """HOLDS or REFUSED."""
    key_bytes, message, signature = item
    key: Key = decoded_key(key_bytes)
    try:
        verify(key, message, signature)
    except BadSignature:
        return REFUSED
    return HOLDS


def main() -> None:
    """Answer frame after frame; the notary's end ends this process too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the notary's to handle: it finishes what is queued
    while (items := read_items(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(bytes(map(verdict, items)))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
