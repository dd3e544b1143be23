"""What every test needs before its first import."""

from __future__ import annotations

import os

# CPython 3.11 fails ("AST constructor recursion depth mismatch") when a finaliser formats a traceback while a module is
# being parsed. Hypothesis's pytest plugin would import hypothesis, rewritten, after the last test: import it now.
import hypothesis as _imported_before_any_test  # noqa: F401  # for its effect

# eth-hash binds its keccak backend on first use; the default is about seven times slower, and the devnet refuses it.
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
