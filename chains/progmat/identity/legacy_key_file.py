"""The former key file: one JSON document, rewritten whole for each key. It is read once and becomes a key store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chains.progmat.keys.errors import BadKeyFile, WrongPassphrase
from chains.progmat.keys.key_book import MAX_LABEL_CHARS
from chains.progmat.keys.passphrase_wrapper import LEAST_LOG2_N, MOST_LOG2_N
from chains.progmat.keys.purpose import KeyPurpose
from primitives.public_key import SignatureScheme

MAX_FILE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class LegacyKey:
    """A key in the clear, on its way into a store."""

    label: str
    purpose: KeyPurpose
    scheme: SignatureScheme
    seed: bytes


def is_legacy(path: Path) -> bool:
    """Whether a file is a JSON document rather than a store."""
    try:
        with path.open("rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False  # whoever opens it says why


def read_legacy(path: Path, passphrase: bytes) -> tuple[list[LegacyKey], int]:
    """All keys of the file, and scrypt's cost; raises ``WrongPassphrase``, ``BadKeyFile``."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadKeyFile(str(path), f"longer than {MAX_FILE_BYTES} bytes")
        parsed = _KeyFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadKeyFile(str(path), f"cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadKeyFile(str(path), f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    cipher = AESGCM(_data_key(parsed.header, passphrase, str(path)))
    return [_opened(cipher, label, entry, path) for label, entry in parsed.keys.items()], parsed.header.log2_n


_Hex = Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,128}$")]


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    kdf: Literal["scrypt"]
    log2_n: Annotated[int, Field(ge=LEAST_LOG2_N, le=MOST_LOG2_N)]
    salt: _Hex
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    data_key: _Hex


class _SealedKey(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    purpose: Literal["node", "account", "operator", "validator"]
    public_key: _Hex
    nonce: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
    sealed: _Hex


class _KeyFile(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    header: _Header
    keys: dict[Annotated[str, Field(min_length=1, max_length=MAX_LABEL_CHARS)], _SealedKey]


def _data_key(header: _Header, passphrase: bytes, source: str) -> bytes:
    stretched = Scrypt(salt=bytes.fromhex(header.salt), length=32, n=1 << header.log2_n, r=8, p=1).derive(passphrase)
    bound = b"crossdvp/key-file/1|data-key|%d" % header.log2_n
    try:
        return AESGCM(stretched).decrypt(bytes.fromhex(header.nonce), bytes.fromhex(header.data_key), bound)
    except InvalidTag as error:
        raise WrongPassphrase(source) from error


def _opened(cipher: AESGCM, label: str, entry: _SealedKey, path: Path) -> LegacyKey:
    bound = b"|".join([b"crossdvp/key-file/1", entry.purpose.encode(), entry.public_key.encode(), label.encode()])
    try:
        seed = cipher.decrypt(bytes.fromhex(entry.nonce), bytes.fromhex(entry.sealed), bound)
    except InvalidTag as error:
        raise BadKeyFile(str(path), f"key {label!r} was altered: restore the file from its backup") from error
    return LegacyKey(label, KeyPurpose(entry.purpose), SignatureScheme(bytes.fromhex(entry.public_key)[0]), seed)
