"""The one encoding of wrapped data keys and sealed keys (``key_envelopes.proto``), bounded and strictly decoded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from crossdvp.ledger.v1 import key_envelopes_pb2 as pb

from chains.progmat.keys.purpose import SecretPlace
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

FORMAT: Final = 1
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
CHECK_BYTES: Final = 8
MAX_WRAPPED_BYTES: Final = 8 * 1024
MAX_SEALED_BYTES: Final = 1024
_MAX_ID_CHARS: Final = 512
_SALT_BYTES: Final = 16
_WRAPPED_KEY_BYTES: Final = 32 + TAG_BYTES
_MAX_GENERATION: Final = 2**32 - 1


class Wrapping(Enum):
    """What keeps the master key."""

    PASSPHRASE = 1
    HSM = 2
    AWS_KMS = 3

    @property
    def shown(self) -> str:
        """As the configuration says it."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class WrappedDataKey:
    """A data key as whoever keeps the master key gave it out. ``blob`` is theirs."""

    wrapping: Wrapping
    master_key_id: str
    blob: bytes

    def encoded(self) -> bytes:
        """The one encoding."""
        message = pb.WrappedDataKey(format=FORMAT, master_key_id=self.master_key_id, blob=self.blob)
        message.wrapping = self.wrapping.value  # type: ignore[assignment] # an enum's number
        return deterministic_bytes(message)

    @classmethod
    def decode(cls, data: bytes) -> WrappedDataKey:
        """Raises ``DecodeError``."""
        message = strict_parse(pb.WrappedDataKey, data, max_bytes=MAX_WRAPPED_BYTES)
        _check_format(message.format)
        if message.wrapping not in {each.value for each in Wrapping}:
            raise DecodeError("a data key is wrapped in an unknown way", expected="1..3", found=int(message.wrapping))
        if len(message.master_key_id) > _MAX_ID_CHARS or not message.blob:
            raise DecodeError("a wrapped data key lacks its blob, or names its master key at length")
        return cls(Wrapping(message.wrapping), message.master_key_id, message.blob)


@dataclass(frozen=True, slots=True)
class PassphraseBlob:
    """AES-256-GCM under ``scrypt(passphrase, salt, 2^log2_n, r = 8, p = 1)``."""

    log2_n: int
    salt: bytes
    check: bytes
    nonce: bytes
    sealed: bytes

    def encoded(self) -> bytes:
        """The one encoding."""
        fields = {"salt": self.salt, "check": self.check, "nonce": self.nonce, "sealed": self.sealed}
        return deterministic_bytes(pb.PassphraseBlob(log2_n=self.log2_n, **fields))

    @classmethod
    def decode(cls, data: bytes) -> PassphraseBlob:
        """Raises ``DecodeError``; the cost is whoever's who decodes to bound."""
        message = strict_parse(pb.PassphraseBlob, data, max_bytes=MAX_WRAPPED_BYTES)
        _check_size("salt", message.salt, _SALT_BYTES)
        _check_size("nonce", message.nonce, NONCE_BYTES)
        _check_size("wrapped key", message.sealed, _WRAPPED_KEY_BYTES)
        _check_size("check", message.check, CHECK_BYTES)
        return cls(message.log2_n, message.salt, message.check, message.nonce, message.sealed)


@dataclass(frozen=True, slots=True)
class HsmBlob:
    """AES-256-GCM by a key inside an HSM."""

    nonce: bytes
    sealed: bytes

    def encoded(self) -> bytes:
        """The one encoding."""
        return deterministic_bytes(pb.HsmBlob(nonce=self.nonce, sealed=self.sealed))

    @classmethod
    def decode(cls, data: bytes) -> HsmBlob:
        """Raises ``DecodeError``."""
        message = strict_parse(pb.HsmBlob, data, max_bytes=MAX_WRAPPED_BYTES)
        _check_size("nonce", message.nonce, NONCE_BYTES)
        _check_size("wrapped key", message.sealed, _WRAPPED_KEY_BYTES)
        return cls(message.nonce, message.sealed)


@dataclass(frozen=True, slots=True)
class SealedKey:
    """A secret, or the reference to one, under the data key of ``generation``."""

    generation: int
    place: SecretPlace
    nonce: bytes
    sealed: bytes

    def encoded(self) -> bytes:
        """The one encoding."""
        message = pb.SealedKey(format=FORMAT, generation=self.generation, nonce=self.nonce, sealed=self.sealed)
        message.place = self.place.value  # type: ignore[assignment] # an enum's number
        return deterministic_bytes(message)

    @classmethod
    def decode(cls, data: bytes) -> SealedKey:
        """Raises ``DecodeError``."""
        message = strict_parse(pb.SealedKey, data, max_bytes=MAX_SEALED_BYTES)
        _check_format(message.format)
        if message.place not in {each.value for each in SecretPlace}:
            raise DecodeError("a key's secret is in an unknown place", expected="1 or 2", found=int(message.place))
        if not 1 <= message.generation <= _MAX_GENERATION or len(message.sealed) <= TAG_BYTES:
            raise DecodeError("a sealed key has a generation and something sealed", found=data)
        _check_size("nonce", message.nonce, NONCE_BYTES)
        return cls(message.generation, SecretPlace(message.place), message.nonce, message.sealed)


@dataclass(frozen=True, slots=True)
class HsmKeyReference:
    """Where a key is in an HSM."""

    token_label: str
    key_id: bytes

    def encoded(self) -> bytes:
        """The one encoding."""
        return deterministic_bytes(pb.HsmKeyReference(token_label=self.token_label, key_id=self.key_id))

    @classmethod
    def decode(cls, data: bytes) -> HsmKeyReference:
        """Raises ``DecodeError``."""
        message = strict_parse(pb.HsmKeyReference, data, max_bytes=MAX_SEALED_BYTES)
        return cls(message.token_label, message.key_id)


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a store has come: its changes so far, and how many keys it has."""

    serial: int
    keys: int

    def encoded(self) -> bytes:
        """The one encoding."""
        return deterministic_bytes(pb.KeyStoreTally(serial=self.serial, keys=self.keys))

    @classmethod
    def decode(cls, data: bytes) -> Tally:
        """Raises ``DecodeError``."""
        message = strict_parse(pb.KeyStoreTally, data, max_bytes=MAX_SEALED_BYTES)
        return cls(message.serial, message.keys)


def _check_format(found: int) -> None:
    if found != FORMAT:
        raise DecodeError("an envelope of another format: use the version that wrote it", expected=FORMAT, found=found)


def _check_size(what: str, data: bytes, size: int) -> None:
    if len(data) != size:
        raise DecodeError(f"an envelope's {what} has the wrong size", expected=size, found=len(data))
