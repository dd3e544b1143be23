"""What every test needs before its first import."""

from __future__ import annotations

import os

# eth-hash binds its keccak backend on first use; the default one is about seven times slower, and the devnet refuses it.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
