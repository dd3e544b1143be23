"""The default: ``passphrase -> scrypt -> AES-256-GCM``. The passphrase comes from a mounted secret's file."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import CHECK_BYTES, NONCE_BYTES, PassphraseBlob, WrappedDataKey, Wrapping
from chains.progmat.keys.errors import BadKeyFile, WrappedKeyRefused, WrongPassphrase
from chains.progmat.keys.wrapper import DATA_KEY_BYTES, DataKey, require_wrapping

LEAST_LOG2_N: Final = 14
MOST_LOG2_N: Final = 20  # a planted file cannot make a node take gigabytes
_SALT_BYTES: Final = 16
_DOMAIN: Final = b"crossdvp/passphrase-blob/1"
_CHECK_DOMAIN: Final = b"crossdvp/passphrase-check/1"


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """Cost of a guess at the passphrase: 2^log2_n * 1 KiB of memory (r = 8, p = 1)."""

    log2_n: int = 16


DEFAULT_COST: Final = ScryptCost()


class PassphraseWrapper:
    """``KeyWrapper``; raises ``WrongPassphrase`` besides.

    ``passphrase`` is asked anew for each salt that was not met before: after a change of the passphrase a running node
    reads the new one. ``former``: what data keys were wrapped with before, while the passphrase is being changed.
    """

    wrapping = Wrapping.PASSPHRASE

    def __init__(
        self,
        passphrase: Callable[[], bytes],
        source: str,
        cost: ScryptCost = DEFAULT_COST,
        former: Callable[[], bytes] | None = None,
    ) -> None:
        self._passphrase = passphrase
        self._former = former or passphrase
        self._source = source
        self._cost = cost
        self._own_salt = secrets.token_bytes(_SALT_BYTES)
        self._stretched: dict[tuple[bytes, int], bytes] = {}
        self._stretching = threading.Lock()

    def generate_data_key(self, context: EncryptionContext) -> DataKey:
        """See ``KeyWrapper``."""
        plaintext = secrets.token_bytes(DATA_KEY_BYTES)
        return DataKey(plaintext, self.wrap(plaintext, context))

    def wrap(self, data_key: bytes, context: EncryptionContext) -> WrappedDataKey:
        """See ``KeyWrapper``."""
        salt, log2_n, nonce = self._own_salt, self._cost.log2_n, secrets.token_bytes(NONCE_BYTES)
        key = self._stretch(salt, log2_n, self._passphrase)
        sealed = AESGCM(key).encrypt(nonce, data_key, _bound(context, log2_n))
        return WrappedDataKey(self.wrapping, "", PassphraseBlob(log2_n, salt, _check(key), nonce, sealed).encoded())

    def unwrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> bytes:
        """See ``KeyWrapper``."""
        require_wrapping(self, wrapped)
        blob = PassphraseBlob.decode(wrapped.blob)
        if not LEAST_LOG2_N <= blob.log2_n <= MOST_LOG2_N:
            raise BadKeyFile(self._source, f"log2_n is {blob.log2_n}, not {LEAST_LOG2_N}..{MOST_LOG2_N}")
        key = self._stretch(blob.salt, blob.log2_n, self._former)
        if not hmac.compare_digest(_check(key), blob.check):
            with self._stretching:
                self._stretched.pop((blob.salt, blob.log2_n), None)  # the passphrase may be another one next time
            raise WrongPassphrase(self._source)
        try:
            return AESGCM(key).decrypt(blob.nonce, blob.sealed, _bound(context, blob.log2_n))
        except InvalidTag as error:
            raise WrappedKeyRefused(
                f"{self._source}: a data key opens with its context", expected=str(context), found=blob.sealed
            ) from error

    def rewrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> WrappedDataKey:
        """See ``KeyWrapper``: under the present passphrase, with a salt of its own."""
        return self.wrap(self.unwrap(wrapped, context), context)

    def _stretch(self, salt: bytes, log2_n: int, passphrase: Callable[[], bytes]) -> bytes:
        with self._stretching:
            kept = self._stretched.get((salt, log2_n))
            if kept is None:
                kept = Scrypt(salt=salt, length=DATA_KEY_BYTES, n=1 << log2_n, r=8, p=1).derive(passphrase())
                self._stretched = {**dict(list(self._stretched.items())[-3:]), (salt, log2_n): kept}
            return kept


def _bound(context: EncryptionContext, log2_n: int) -> bytes:
    return _DOMAIN + log2_n.to_bytes(1, "big") + context.encoded()


def _check(key: bytes) -> bytes:
    return hmac.digest(key, _CHECK_DOMAIN, "sha256")[:CHECK_BYTES]
