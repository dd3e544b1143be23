"""The master key in an HSM: an AES-256 key that never leaves it, and wraps by AES-GCM, the context authenticated."""

from __future__ import annotations

import secrets
from typing import Any, Final

from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import NONCE_BYTES, TAG_BYTES, HsmBlob, WrappedDataKey, Wrapping
from chains.progmat.keys.errors import WrappedKeyRefused
from chains.progmat.keys.hsm_token import HsmToken, pkcs11_package
from chains.progmat.keys.wrapper import DATA_KEY_BYTES, DataKey, require_wrapping

_AES_BITS: Final = 256
_REFUSALS: Final = ("EncryptedDataInvalid", "EncryptedDataLenRange", "GeneralError")
"""What modules answer when the tag of AES-GCM does not hold: the first by the standard, SoftHSM2 the third."""


class HsmKeyWrapper:
    """``KeyWrapper`` by the AES key labelled ``master_key``; former ones open as long as the token has them."""

    wrapping = Wrapping.HSM

    def __init__(self, token: HsmToken, master_key: str) -> None:
        self._token = token
        self._master_key = master_key

    def make_master_key(self) -> None:
        """A new AES-256 key of that label in the token, if there is none. Raises as ``HsmToken.use``."""
        package = pkcs11_package()

        def make(session: Any) -> None:  # noqa: ANN401  # a session of an optional package
            found = session.get_objects(_aes_key(package, self._master_key))
            if next(iter(found), None) is None:
                session.generate_key(package.KeyType.AES, _AES_BITS, store=True, label=self._master_key)

        self._token.use(make)

    def generate_data_key(self, context: EncryptionContext) -> DataKey:
        """See ``KeyWrapper``."""
        plaintext = secrets.token_bytes(DATA_KEY_BYTES)
        return DataKey(plaintext, self.wrap(plaintext, context))

    def wrap(self, data_key: bytes, context: EncryptionContext) -> WrappedDataKey:
        """See ``KeyWrapper``."""
        package, nonce = pkcs11_package(), secrets.token_bytes(NONCE_BYTES)

        def encrypt(session: Any) -> bytes:  # noqa: ANN401  # as above
            key = _master(package, session, self._master_key)
            sealed: bytes = key.encrypt(data_key, **_gcm(package, nonce, context))
            return sealed

        sealed = self._token.use(encrypt)
        return WrappedDataKey(self.wrapping, self._master_key, HsmBlob(nonce, sealed).encoded())

    def unwrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> bytes:
        """See ``KeyWrapper``."""
        require_wrapping(self, wrapped)
        blob, package = HsmBlob.decode(wrapped.blob), pkcs11_package()

        def decrypt(session: Any) -> bytes | None:  # noqa: ANN401  # as above
            key = _master(package, session, wrapped.master_key_id)
            try:
                opened: bytes = key.decrypt(blob.sealed, **_gcm(package, blob.nonce, context))
            except package.exceptions.PKCS11Error as error:
                if type(error).__name__ in _REFUSALS:
                    return None
                raise
            return opened

        opened = self._token.use(decrypt)
        if opened is None or len(opened) != DATA_KEY_BYTES:
            raise WrappedKeyRefused("a data key opens with its context", expected=str(context), found=blob.sealed)
        return opened

    def rewrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> WrappedDataKey:
        """See ``KeyWrapper``."""
        return self.wrap(self.unwrap(wrapped, context), context)


def _master(package: Any, session: Any, label: str) -> Any:  # noqa: ANN401  # as above
    return session.get_key(package.ObjectClass.SECRET_KEY, package.KeyType.AES, label=label)


def _aes_key(package: Any, label: str) -> dict[Any, Any]:  # noqa: ANN401  # as above
    return {package.Attribute.CLASS: package.ObjectClass.SECRET_KEY, package.Attribute.LABEL: label}


def _gcm(package: Any, nonce: bytes, context: EncryptionContext) -> dict[str, Any]:  # noqa: ANN401  # as above
    parameters = package.GCMParams(nonce, context.encoded(), TAG_BYTES * 8)
    return {"mechanism": package.Mechanism.AES_GCM, "mechanism_param": parameters}
