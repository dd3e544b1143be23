"""``python -m chains.progmat.notary.verify_worker``: verifies signatures until its input closes. Holds no secret."""

from __future__ import annotations

import signal
import sys
from functools import lru_cache

from chains.progmat.notary.requester import has_signed
from chains.progmat.notary.verify_frames import HOLDS, REFUSED, Claims, read_claims
from chains.progmat.transactions.component_codec import decode_single_key

decoded_key = lru_cache(maxsize=4096)(decode_single_key)


def verdicts(said: Claims) -> bytes:
    """HOLDS or REFUSED for each claim."""
    key = decoded_key(said.key)
    return bytes(HOLDS if has_signed(key, claim) else REFUSED for claim in said.claims)


def main() -> None:
    """Answer frame after frame; the notary's end ends this process too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the notary's to handle: it finishes what is queued
    while (said := read_claims(sys.stdin.buffer)) is not None:
        sys.stdout.buffer.write(verdicts(said))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
