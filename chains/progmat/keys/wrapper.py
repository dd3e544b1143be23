"""Whoever keeps the master key: a KMS, an HSM, or a passphrase that stands in for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import WrappedDataKey, Wrapping
from chains.progmat.keys.errors import WrongKeyBackend

DATA_KEY_BYTES: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """A fresh data key: in the clear for this process, wrapped for the store."""

    plaintext: bytes
    wrapped: WrappedDataKey


class KeyWrapper(Protocol):
    """Envelope encryption under a master key that this process never sees, or forgets.

    A wrapped key opens only with the very context it was wrapped with. Calls block; they are safe from any thread. They
    raise ``KeyServiceUnavailable`` when there is no answer (retried inside, a bounded number of times: the caller tries
    the same again later), and ``KeyAccessDenied`` when the answer is no.
    """

    @property
    def wrapping(self) -> Wrapping:
        """Its kind."""
        ...

    def generate_data_key(self, context: EncryptionContext) -> DataKey:
        """A new random key of 32 bytes under the present master key."""
        ...

    def wrap(self, data_key: bytes, context: EncryptionContext) -> WrappedDataKey:
        """A data key that exists, 32 bytes, under the present master key: for a move from another backend."""
        ...

    def unwrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> bytes:
        """The 32 bytes, also of one under a former master key that is still there.

        Raises ``WrappedKeyRefused`` for another context or altered bytes, ``WrongKeyBackend`` for another backend's.
        """
        ...

    def rewrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> WrappedDataKey:
        """The same data key under the present master key, without leaving the service where that can do it.

        Raises as ``unwrap``.
        """
        ...


def require_wrapping(wrapper: KeyWrapper, wrapped: WrappedDataKey) -> None:
    """Raises ``WrongKeyBackend`` if ``wrapped`` is not of this kind."""
    if wrapped.wrapping is not wrapper.wrapping:
        raise WrongKeyBackend(wrapper.wrapping.shown, wrapped.wrapping.shown)
