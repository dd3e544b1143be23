"""A node's key store, ``master key -> data key -> node and account keys``: what a node uses of ``chains.progmat.keys``.

Every key is verified when the store is opened, and opened when it first signs. What is open in memory expires with the
data key it came from.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chains.progmat.identity.fresh_keys import FreshKeys
from chains.progmat.identity.legacy_key_file import LegacyKey, is_legacy, read_legacy
from chains.progmat.keys.context import DATA_KEY, EncryptionContext
from chains.progmat.keys.data_keys import CACHE_S, DataKeys
from chains.progmat.keys.envelopes import HsmKeyReference, Tally
from chains.progmat.keys.errors import BadKeyFile, KeyKindNotHere
from chains.progmat.keys.hsm_signer import HsmDigestSigner, HsmSigner, make_hsm_key
from chains.progmat.keys.hsm_token import HsmToken
from chains.progmat.keys.key_book import MAX_LABEL_CHARS, STORE_ID_BYTES, KeyBook, KeyRow, StoreHead
from chains.progmat.keys.passphrase_wrapper import DEFAULT_COST, PassphraseWrapper, ScryptCost
from chains.progmat.keys.patience import Patience
from chains.progmat.keys.private_files import sync_folder
from chains.progmat.keys.purpose import KeptKey, KeyPurpose, SecretPlace
from chains.progmat.keys.wrapper import KeyWrapper
from primitives.composite_key import decode_key
from primitives.errors import DecodeError, InvalidArgument
from primitives.public_key import PublicKey, SignatureScheme
from primitives.secp256k1 import address_of, sign_digest
from primitives.signatures import Signer, SoftwareSigner
from primitives.types import Address

SEED_BYTES: Final = 32
MAX_OPEN_SIGNERS: Final = 4096


class DigestSigner:
    """Signs 32-byte digests as Ethereum does, with a key of the store; deterministic (RFC 6979)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._address = address_of(secret)

    @property
    def address(self) -> Address:
        """What EVM chains know the key by."""
        return self._address

    @property
    def apart(self) -> None:
        """It signs at once."""
        return None

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes ``r | s | v``, low s."""
        return sign_digest(self._secret, digest)


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """How a store is opened. ``node`` "" takes any node's; ``hsm`` is where keys of ``SecretPlace.HSM`` are."""

    node: str = ""
    hsm: HsmToken | None = None
    cache_s: float = CACHE_S
    clock_s: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class _Entry:
    label: str
    purpose: KeyPurpose
    place: SecretPlace
    public_key: bytes


@dataclass(frozen=True, slots=True)
class _Opened:
    signer: Signer
    digest_signer: DigestSigner | HsmDigestSigner | None
    fresh: FreshKeys | None
    until_s: float


class KeyStore:
    """An opened store. Safe to use from any thread; changes are on disk before they are visible.

    Another process's additions are seen when the store is opened again; its rotations at once.
    """

    def __init__(self, book: KeyBook, data_keys: DataKeys, options: StoreOptions) -> None:
        self.book = book
        self.data_keys = data_keys
        self._options = options
        self._changing = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._by_key: dict[bytes, _Entry] = {}
        self._kept: dict[str, KeptKey] = {}
        self._opened: dict[bytes, _Opened] = {}
        self._accounts: dict[PublicKey, None] | None = None
        data_keys.tally()
        for row in book.every_key():
            self._enter(self._entry(row))

    @classmethod
    def create(cls, path: Path, passphrase: bytes, cost: ScryptCost = DEFAULT_COST, node: str = "") -> KeyStore:
        """A new, empty store under a passphrase; raises ``BadKeyFile`` if the path exists."""
        wrapper = PassphraseWrapper(lambda: passphrase, str(path), cost)
        return cls.create_with(path, wrapper, StoreOptions(node))

    @classmethod
    def create_with(cls, path: Path, wrapper: KeyWrapper, options: StoreOptions) -> KeyStore:
        """A new, empty store under any master key; raises ``BadKeyFile`` if the path exists, and the wrapper's."""
        if path.exists():
            raise BadKeyFile(str(path), "exists already: open it, or choose another path")
        store_id = secrets.token_bytes(STORE_ID_BYTES)
        first = wrapper.generate_data_key(EncryptionContext(options.node, DATA_KEY, store_id.hex(), 1))
        book = KeyBook.create(path, StoreHead(store_id, options.node, b""), first.wrapped.encoded())
        data_keys = DataKeys(book, options.node, store_id, wrapper, options.cache_s, options.clock_s)
        data_keys.keep(1, first)
        with book.changing():
            book.put_tally(data_keys.seal_tally(Tally(1, 0), 1))
        return cls(book, data_keys, options)

    @classmethod
    def open(cls, path: Path, passphrase: bytes, node: str = "") -> KeyStore:
        """Open a store under a passphrase, of the former format too; raises ``WrongPassphrase``, ``BadKeyFile``."""
        cls.migrate(path, lambda: passphrase, node)
        return cls.open_with(path, PassphraseWrapper(lambda: passphrase, str(path)), StoreOptions(node))

    @classmethod
    def open_with(cls, path: Path, wrapper: KeyWrapper, options: StoreOptions) -> KeyStore:
        """Open a store and verify every key in it; raises ``BadKeyFile`` and the wrapper's errors."""
        if is_legacy(path):
            raise BadKeyFile(str(path), "is of the former format: open it once with its passphrase")
        book = KeyBook.open(path)
        try:
            head = _head_for(book, options.node)
            data_keys = DataKeys(book, head.node, head.store_id, wrapper, options.cache_s, options.clock_s)
            return cls(book, data_keys, options)
        except BaseException:
            book.close()
            raise

    @classmethod
    def migrate(cls, path: Path, passphrase: Callable[[], bytes], node: str) -> None:
        """A file of the former format becomes a store, in one rename; nothing of the old one stays."""
        if not is_legacy(path):
            return
        secret = passphrase()
        kept, log2_n = read_legacy(path, secret)
        fresh = path.with_name(path.name + ".migrating")
        fresh.unlink(missing_ok=True)
        store = cls.create(fresh, secret, ScryptCost(log2_n), node)
        store.keep_all(kept)
        store.close()
        fresh.replace(path)
        sync_folder(path.parent)

    def close(self) -> None:
        """Close the file and forget what was open."""
        self._opened.clear()
        self.book.close()

    @property
    def patiences(self) -> tuple[Patience, ...]:
        """With what is asked before a key can sign: the keeper of the master key, and an HSM if there is one."""
        hsm = self._options.hsm
        return (self.data_keys.patience,) if hsm is None else (self.data_keys.patience, hsm.patience)

    @property
    def serial(self) -> int:
        """How many changes the store has seen; an old copy has fewer."""
        return self.data_keys.tally().serial

    @property
    def store_id(self) -> bytes:
        """Which store it is, 16 bytes."""
        return self.book.head().store_id

    def generate(
        self, label: str, purpose: KeyPurpose, scheme: SignatureScheme, place: SecretPlace = SecretPlace.STORE
    ) -> KeptKey:
        """Make and keep a new key; raises ``KeyLabelTaken``, ``KeyKindNotHere``, and the HSM's errors."""
        if place is SecretPlace.HSM:
            return self._generate_in_hsm(label, purpose, scheme)
        while True:
            seed = secrets.token_bytes(SEED_BYTES)
            try:
                SoftwareSigner.from_seed(scheme, seed)
            except InvalidArgument:  # pragma: no cover - a scalar above the curve's order: once in 2^128
                continue
            return self.keep(label, purpose, scheme, seed)

    def keep(self, label: str, purpose: KeyPurpose, scheme: SignatureScheme, seed: bytes) -> KeptKey:
        """Keep a key made elsewhere; raises ``KeyLabelTaken``, ``InvalidArgument``."""
        return self.keep_all([LegacyKey(label, purpose, scheme, seed)])[0]

    def keep_all(self, keys: Iterable[LegacyKey]) -> tuple[KeptKey, ...]:
        """Keep keys made elsewhere, all or none; raises as ``keep``."""
        new = [
            (each.label, each.purpose, SoftwareSigner.from_seed(each.scheme, each.seed).public_key, each.seed)
            for each in keys
        ]
        return self._add(SecretPlace.STORE, new)

    def keys(self) -> tuple[KeptKey, ...]:
        """All keys kept, by label."""
        return tuple(self._kept_key(self._entries[label]) for label in sorted(self._entries))

    def key(self, label: str) -> KeptKey | None:
        """The key under a label."""
        entry = self._entries.get(label)
        return None if entry is None else self._kept_key(entry)

    def signer(self, key: PublicKey) -> Signer | None:
        """The signer of a key kept here, or None. An approver's key has none here: see ``approver_signer``.

        Raises ``KeyServiceUnavailable`` while the master key is away and the data key has expired.
        """
        entry = self._by_key.get(key.encoded())
        return None if entry is None or entry.purpose is KeyPurpose.APPROVER else self._open(entry).signer

    def approver_signer(self, key: PublicKey) -> Signer | None:
        """The signer of an approver's key; for ``keys.approver`` alone, which looks at what is signed."""
        entry = self._by_key.get(key.encoded())
        return None if entry is None or entry.purpose is not KeyPurpose.APPROVER else self._open(entry).signer

    def digest_signer(self, key: PublicKey) -> DigestSigner | HsmDigestSigner | None:
        """The Ethereum-style signer of a secp256k1 key kept here for a node, not for an account, or None."""
        entry = self._by_key.get(key.encoded())
        return None if entry is None else self._open(entry).digest_signer

    def account_keys(self) -> Collection[PublicKey]:
        """The keys of the accounts kept here, in a stable order; asking whether one is among them is quick."""
        accounts = self._accounts
        if accounts is None:
            found = [entry for entry in list(self._entries.values()) if entry.purpose is KeyPurpose.ACCOUNT]
            accounts = self._accounts = dict.fromkeys(self._kept_key(entry).public_key for entry in found)
        return accounts.keys()

    def fresh_signer(self, account_key: PublicKey, asker: str, tag: bytes) -> Signer | None:
        """The signer of the account's key for a payment by ``asker`` with this tag; None if no such account is here."""
        entry = self._by_key.get(account_key.encoded())
        fresh = None if entry is None or entry.purpose is not KeyPurpose.ACCOUNT else self._open(entry).fresh
        return None if fresh is None else fresh.signer(asker, tag)

    def _generate_in_hsm(self, label: str, purpose: KeyPurpose, scheme: SignatureScheme) -> KeptKey:
        if purpose is KeyPurpose.ACCOUNT:
            raise KeyKindNotHere("an account's key is kept in the store: fresh keys follow from its seed")
        if purpose is KeyPurpose.NODE and scheme is not SignatureScheme.ED25519:
            raise KeyKindNotHere("a node's key in an HSM is Ed25519: its salts follow from a signature, ECDSA's differ")
        if self._options.hsm is None:
            raise KeyKindNotHere(f"key {label!r} is wanted in an HSM, and none is configured: add [keys.hsm]")
        public_key, reference = make_hsm_key(self._options.hsm, label, scheme)
        return self._add(SecretPlace.HSM, [(label, purpose, public_key, reference.encoded())])[0]

    def _add(self, place: SecretPlace, new: list[tuple[str, KeyPurpose, PublicKey, bytes]]) -> tuple[KeptKey, ...]:
        for label, *_ in new:
            if not 0 < len(label) <= MAX_LABEL_CHARS:
                raise BadKeyFile(str(self.book.path), f"a label has 1..{MAX_LABEL_CHARS} characters")
        with self._changing:
            entries = []
            with self.book.changing():
                generation, tally = self.data_keys.current(), self.data_keys.tally()
                for label, purpose, public_key, secret in new:
                    row = KeyRow(label, purpose.value, public_key.encoded(), generation, b"")
                    self.book.add(self.data_keys.seal(row, place, secret))
                    entries.append(_Entry(label, purpose, place, row.public_key))
                grown = Tally(tally.serial + 1, tally.keys + len(new))
                self.book.put_tally(self.data_keys.seal_tally(grown, generation))
            for entry in entries:
                self._enter(entry)
        return tuple(map(self._kept_key, entries))

    def _enter(self, entry: _Entry) -> None:
        self._entries[entry.label] = self._by_key[entry.public_key] = entry
        if entry.purpose is KeyPurpose.ACCOUNT:
            self._accounts = None

    def _entry(self, row: KeyRow) -> _Entry:
        place, _ = self.data_keys.unseal(row)
        return _Entry(row.label, KeyPurpose(row.purpose), place, row.public_key)

    def _kept_key(self, entry: _Entry) -> KeptKey:
        kept = self._kept.get(entry.label)
        if kept is None:
            public_key = self._public_key(entry)
            kept = self._kept[entry.label] = KeptKey(entry.label, entry.purpose, public_key, entry.place)
        return kept

    def _public_key(self, entry: _Entry) -> PublicKey:
        try:
            key = decode_key(entry.public_key)
        except DecodeError as error:
            raise BadKeyFile(str(self.book.path), f"key {entry.label!r}: {error}") from error
        if not isinstance(key, PublicKey):
            raise BadKeyFile(str(self.book.path), f"key {entry.label!r} is a composite key")
        return key

    def _open(self, entry: _Entry) -> _Opened:
        now_s = self._options.clock_s()
        found = self._opened.get(entry.public_key)
        if found is not None and now_s < found.until_s:
            return found
        row = self.book.key(entry.label)
        if row is None or row.public_key != entry.public_key:
            raise BadKeyFile(str(self.book.path), f"key {entry.label!r} has gone: restore the file from its backup")
        place, secret = self.data_keys.unseal(row)
        until_s = self.data_keys.until_s(row.generation)
        key = self._public_key(entry)
        keep = self._in_hsm if place is SecretPlace.HSM else _here
        opened = keep(entry, key, secret, until_s)
        with self._changing:
            while len(self._opened) >= MAX_OPEN_SIGNERS:
                del self._opened[next(iter(self._opened))]
            self._opened[entry.public_key] = opened
        return opened

    def _in_hsm(self, entry: _Entry, key: PublicKey, secret: bytes, until_s: float) -> _Opened:
        reference, token = HsmKeyReference.decode(secret), self._options.hsm
        if token is None or token.label != reference.token_label:
            raise KeyKindNotHere(
                f"key {entry.label!r} is in HSM token {reference.token_label!r}: configure it in [keys.hsm]"
            )
        digests = HsmDigestSigner(token, reference.key_id, key) if _signs_digests(entry, key) else None
        return _Opened(HsmSigner(token, reference.key_id, key), digests, None, until_s)


def _head_for(book: KeyBook, node: str) -> StoreHead:
    head = book.head()
    if node and head.node not in {"", node}:
        raise BadKeyFile(str(book.path), f"is the key store of node {head.node}, not of {node}")
    return head


def _here(entry: _Entry, key: PublicKey, seed: bytes, until_s: float) -> _Opened:
    return _Opened(
        SoftwareSigner.from_seed(key.scheme, seed),
        DigestSigner(seed) if _signs_digests(entry, key) else None,
        FreshKeys(seed, key) if entry.purpose is KeyPurpose.ACCOUNT else None,
        until_s,
    )


def _signs_digests(entry: _Entry, key: PublicKey) -> bool:
    return key.scheme is SignatureScheme.SECP256K1 and entry.purpose not in _NO_DIGESTS


_NO_DIGESTS: Final = frozenset({KeyPurpose.ACCOUNT, KeyPurpose.APPROVER})
