"""Key files of the former format, as the version before wrote them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from primitives.signatures import SignatureScheme, SoftwareSigner

LOG2_N = 14
_SALT, _NONCE, _DATA_KEY = bytes(range(16)), bytes(range(12)), bytes(range(32))


def legacy_document(passphrase: bytes, keys: dict[str, tuple[str, SignatureScheme, bytes]]) -> dict[str, Any]:
    """Keys by label: purpose, scheme, seed."""
    stretched = Scrypt(salt=_SALT, length=32, n=1 << LOG2_N, r=8, p=1).derive(passphrase)
    wrapped = AESGCM(stretched).encrypt(_NONCE, _DATA_KEY, b"crossdvp/key-file/1|data-key|%d" % LOG2_N)
    sealed = {}
    for label, (purpose, scheme, seed) in keys.items():
        public = SoftwareSigner.from_seed(scheme, seed).public_key.encoded().hex()
        bound = b"|".join([b"crossdvp/key-file/1", purpose.encode(), public.encode(), label.encode()])
        ciphertext = AESGCM(_DATA_KEY).encrypt(_NONCE, seed, bound).hex()
        sealed[label] = {"purpose": purpose, "public_key": public, "nonce": _NONCE.hex(), "sealed": ciphertext}
    header = {"kdf": "scrypt", "log2_n": LOG2_N, "salt": _SALT.hex(), "nonce": _NONCE.hex(), "data_key": wrapped.hex()}
    return {"version": 1, "header": header, "keys": sealed}


def write_legacy(path: Path, document: dict[str, Any]) -> None:
    """As a file."""
    path.write_text(json.dumps(document, indent=2))
