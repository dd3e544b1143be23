"""A QBFT chain on py-evm, served over JSON-RPC: berlin rules, real commit seals, misbehaviour on request.

Public surface: `Devnet` and `DevnetConfig` (in `app` and `config`). Everything else is internal to the process.
"""

from __future__ import annotations

import os

# py-evm binds its keccak backend on first use; the default one is about seven times slower (see backends.py)
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
