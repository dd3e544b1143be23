"""Keys at rest: ``passphrase -> key-encryption key -> data key -> node and account keys``, one JSON file.

The passphrase (or what a KMS hands out in its place) opens only the data key; the data key opens the seeds. AES-256-GCM
everywhere; the associated data binds every ciphertext to its place: a seed to its label, purpose and public key, the
data key to the scrypt parameters. Files are replaced atomically and readable by their owner only.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chains.progmat.identity.errors import BadKeyFile, KeyLabelTaken, WrongPassphrase
from chains.progmat.identity.fresh_keys import FreshKeys
from primitives.errors import InvalidArgument
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of, sign_digest
from primitives.signatures import Signer, SoftwareSigner
from primitives.types import Address

MAX_FILE_BYTES = 16 * 1024 * 1024
NONCE_BYTES = 12
SEED_BYTES = 32
MAX_LABEL_CHARS = 128
LEAST_LOG2_N = 14
MOST_LOG2_N = 20  # a planted file cannot make a node take gigabytes


class KeyPurpose(Enum):
    """What a key signs for."""

    NODE = "node"
    ACCOUNT = "account"
    OPERATOR = "operator"
    VALIDATOR = "validator"


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """Cost of a guess at the passphrase: 2^log2_n * 1 KiB of memory (r = 8, p = 1)."""

    log2_n: int = 16


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key of the file, without its secret."""

    label: str
    purpose: KeyPurpose
    public_key: PublicKey


class DigestSigner:
    """Signs 32-byte digests as Ethereum does, with a key of the file; deterministic (RFC 6979)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._address = address_of(secret)

    @property
    def address(self) -> Address:
        """What EVM chains know the key by."""
        return self._address

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes ``r | s | v``, low s."""
        return sign_digest(self._secret, digest)


class KeyStore:
    """An opened key file. Signers are safe to use from any thread; changes are written before they are visible."""

    def __init__(self, path: Path, header: _Header, data_key: bytes, sealed: Mapping[str, _SealedKey]) -> None:
        self._path = path
        self._header = header
        self._cipher = AESGCM(data_key)
        self._sealed = dict(sealed)
        self._changing = threading.Lock()
        self._kept: dict[str, KeptKey] = {}
        self._signers: dict[PublicKey, Signer] = {}
        self._digest_signers: dict[PublicKey, DigestSigner] = {}
        self._fresh_keys: dict[PublicKey, FreshKeys] = {}
        for label, entry in self._sealed.items():
            self._enter(label, KeyPurpose(entry.purpose), *self._unseal(label, entry))

    @classmethod
    def create(cls, path: Path, passphrase: bytes, cost: ScryptCost = ScryptCost()) -> KeyStore:
        """A new, empty key file; raises ``BadKeyFile`` if the path exists."""
        if path.exists():
            raise BadKeyFile(str(path), "exists already: open it, or choose another path")
        data_key = AESGCM.generate_key(256)
        store = cls(path, _wrap(data_key, passphrase, cost), data_key, {})
        store._write()
        return store

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> KeyStore:
        """Open a key file and all its keys; raises ``WrongPassphrase``, ``BadKeyFile``."""
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise BadKeyFile(str(path), f"longer than {MAX_FILE_BYTES} bytes")
            parsed = _KeyFile.model_validate_json(path.read_bytes())
        except OSError as error:
            raise BadKeyFile(str(path), f"cannot be read: {error}") from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise BadKeyFile(str(path), f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
        data_key = _unwrap(parsed.header, passphrase, str(path))
        return cls(path, parsed.header, data_key, parsed.keys)

    def generate(self, label: str, purpose: KeyPurpose, scheme: SignatureScheme) -> KeptKey:
        """Make and keep a new key; raises ``KeyLabelTaken``."""
        while True:
            seed = secrets.token_bytes(SEED_BYTES)
            try:
                SoftwareSigner.from_seed(scheme, seed)
            except InvalidArgument:  # pragma: no cover - a scalar above the curve's order: once in 2^128
                continue
            return self.keep(label, purpose, scheme, seed)

    def keep(self, label: str, purpose: KeyPurpose, scheme: SignatureScheme, seed: bytes) -> KeptKey:
        """Keep a key made elsewhere; raises ``KeyLabelTaken``, ``InvalidArgument``."""
        if not 0 < len(label) <= MAX_LABEL_CHARS:
            raise BadKeyFile(str(self._path), f"a label has 1..{MAX_LABEL_CHARS} characters")
        signer = SoftwareSigner.from_seed(scheme, seed)
        with self._changing:
            if label in self._sealed:
                raise KeyLabelTaken(label)
            nonce = secrets.token_bytes(NONCE_BYTES)
            bound = _bound(label, purpose, signer.public_key)
            entry = _SealedKey(
                purpose=purpose.value,
                public_key=signer.public_key.encoded().hex(),
                nonce=nonce.hex(),
                sealed=self._cipher.encrypt(nonce, seed, bound).hex(),
            )
            self._write({**self._sealed, label: entry})
            self._sealed[label] = entry
            return self._enter(label, purpose, scheme, seed)

    def keys(self) -> tuple[KeptKey, ...]:
        """All keys kept, by label."""
        return tuple(kept for _, kept in sorted(self._kept.items()))

    def key(self, label: str) -> KeptKey | None:
        """The key under a label."""
        return self._kept.get(label)

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key kept here, or None."""
        return self._signers.get(key)

    def digest_signer(self, key: PublicKey) -> DigestSigner | None:
        """The Ethereum-style signer of a secp256k1 key kept here for a node, not for an account, or None."""
        return self._digest_signers.get(key)

    def account_keys(self) -> tuple[PublicKey, ...]:
        """The keys of the accounts kept here."""
        return tuple(self._fresh_keys)

    def fresh_signer(self, account_key: PublicKey, asker: str, tag: bytes) -> Signer | None:
        """The signer of the account's key for a payment by ``asker`` with this tag; None if no such account is here."""
        fresh = self._fresh_keys.get(account_key)
        return None if fresh is None else fresh.signer(asker, tag)

    def _enter(self, label: str, purpose: KeyPurpose, scheme: SignatureScheme, seed: bytes) -> KeptKey:
        signer = SoftwareSigner.from_seed(scheme, seed)
        kept = self._kept[label] = KeptKey(label, purpose, signer.public_key)
        self._signers[signer.public_key] = signer
        if purpose is KeyPurpose.ACCOUNT:
            self._fresh_keys[signer.public_key] = FreshKeys(seed, signer.public_key)
        if scheme is SignatureScheme.SECP256K1 and purpose is not KeyPurpose.ACCOUNT:
            self._digest_signers[signer.public_key] = DigestSigner(seed)
        return kept

    def _unseal(self, label: str, entry: _SealedKey) -> tuple[SignatureScheme, bytes]:
        encoded = bytes.fromhex(entry.public_key)
        bound = _bound_bytes(label, entry.purpose, encoded)
        try:
            seed = self._cipher.decrypt(bytes.fromhex(entry.nonce), bytes.fromhex(entry.sealed), bound)
        except InvalidTag as error:
            raise BadKeyFile(str(self._path), f"key {label!r} was altered: restore the file from its backup") from error
        return SignatureScheme(encoded[0]), seed

    def _write(self, keys: Mapping[str, _SealedKey] | None = None) -> None:
        content = _KeyFile(version=1, header=self._header, keys=dict(self._sealed if keys is None else keys))
        replace_privately(self._path, content.model_dump_json(indent=2).encode())


def replace_privately(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, all or nothing, on disk when this returns."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


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


def _wrap(data_key: bytes, passphrase: bytes, cost: ScryptCost) -> _Header:
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
    wrapped = AESGCM(_stretch(passphrase, salt, cost.log2_n)).encrypt(nonce, data_key, _header_bound(cost.log2_n))
    return _Header(kdf="scrypt", log2_n=cost.log2_n, salt=salt.hex(), nonce=nonce.hex(), data_key=wrapped.hex())


def _unwrap(header: _Header, passphrase: bytes, source: str) -> bytes:
    key = _stretch(passphrase, bytes.fromhex(header.salt), header.log2_n)
    try:
        return AESGCM(key).decrypt(
            bytes.fromhex(header.nonce), bytes.fromhex(header.data_key), _header_bound(header.log2_n)
        )
    except InvalidTag as error:
        raise WrongPassphrase(source) from error


def _stretch(passphrase: bytes, salt: bytes, log2_n: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=1 << log2_n, r=8, p=1).derive(passphrase)


def _header_bound(log2_n: int) -> bytes:
    return b"crossdvp/key-file/1|data-key|%d" % log2_n


def _bound(label: str, purpose: KeyPurpose, key: PublicKey) -> bytes:
    return _bound_bytes(label, purpose.value, key.encoded())


def _bound_bytes(label: str, purpose: str, encoded_key: bytes) -> bytes:
    return b"|".join([b"crossdvp/key-file/1", purpose.encode(), encoded_key.hex().encode(), label.encode()])
