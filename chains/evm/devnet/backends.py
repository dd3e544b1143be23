"""Refuse to start on a slow crypto backend.

eth-hash and eth-keys choose a backend silently; the pure-Python secp256k1 is about 140 times slower than
coincurve, and a devnet on it would look like a broken relayer.
"""

from __future__ import annotations

import sha3
from eth_hash.auto import keccak
from eth_keys.backends.coincurve import CoinCurveECCBackend
from eth_keys.main import KeyAPI

from chains.evm.devnet.errors import SlowCryptoBackend


def check_crypto_backends() -> None:
    """Raise `SlowCryptoBackend` unless keccak runs on pysha3 and secp256k1 on coincurve."""
    keccak(b"")  # the backend is bound on first use
    hasher = getattr(keccak, "hasher", None)
    module = getattr(hasher, "__module__", "an unknown backend")
    if not module.endswith(".pysha3") or not hasattr(sha3, "keccak_256"):
        raise SlowCryptoBackend("eth-hash", "pysha3", module)
    backend = KeyAPI().backend
    if not isinstance(backend, CoinCurveECCBackend):
        raise SlowCryptoBackend("eth-keys", "coincurve", type(backend).__name__)
