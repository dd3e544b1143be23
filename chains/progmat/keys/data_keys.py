"""Data keys of one store, opened and kept in memory for a bounded time; sealing and unsealing with them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chains.progmat.keys.context import DATA_KEY, TALLY, EncryptionContext
from chains.progmat.keys.envelopes import NONCE_BYTES, SealedKey, Tally, WrappedDataKey
from chains.progmat.keys.errors import BadKeyFile
from chains.progmat.keys.key_book import KeyBook, KeyRow
from chains.progmat.keys.patience import Patience
from chains.progmat.keys.purpose import SecretPlace
from chains.progmat.keys.wrapper import DataKey, KeyWrapper
from primitives.errors import DecodeError

CACHE_S: Final = 3600.0


class DataKeys:
    """Of the store in ``book``, by ``wrapper``. ``clock_s`` is monotonic. Safe from any thread."""

    def __init__(
        self,
        book: KeyBook,
        node: str,
        store_id: bytes,
        wrapper: KeyWrapper,
        cache_s: float,
        clock_s: Callable[[], float],
    ) -> None:
        self.book = book
        self.node = node
        self._store_id = store_id.hex()
        self._wrapper = wrapper
        self._cache_s = cache_s
        self._clock_s = clock_s
        self._opened: dict[int, tuple[AESGCM, float]] = {}
        self._opening = threading.Lock()
        self.patience = Patience("what keeps the master key")

    def context(self, generation: int) -> EncryptionContext:
        """What a data key is bound to."""
        return EncryptionContext(self.node, DATA_KEY, self._store_id, generation)

    def keep(self, generation: int, key: DataKey) -> bytes:
        """Remember a new data key; its encoded envelope."""
        self._remember(generation, key.plaintext)
        return key.wrapped.encoded()

    def current(self) -> int:
        """The generation that new keys are sealed under."""
        return max(self.book.data_keys())

    def renew(self) -> None:
        """Open all data keys again before they expire; raises what the wrapper raises, and keeps what it has then."""
        for generation, wrapped in self.book.data_keys().items():
            self._remember(generation, self._unwrap(generation, wrapped))

    def until_s(self, generation: int) -> float:
        """When what was opened with this data key is to be forgotten."""
        kept = self._opened.get(generation)
        return self._clock_s() if kept is None else kept[1]

    @property
    def open_for_s(self) -> float:
        """How much longer the first to expire of those that were opened stays so; from memory, 0 if none was."""
        now_s = self._clock_s()
        return min((until_s for _, until_s in list(self._opened.values())), default=now_s) - now_s

    def seal(self, row: KeyRow, place: SecretPlace, secret: bytes) -> KeyRow:
        """``row`` with its secret under the data key of its generation."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(row.generation).encrypt(nonce, secret, self._bound(row, place))
        envelope = SealedKey(row.generation, place, nonce, sealed).encoded()
        return KeyRow(row.label, row.purpose, row.public_key, row.generation, envelope)

    def unseal(self, row: KeyRow) -> tuple[SecretPlace, bytes]:
        """Where the secret is, and it or the reference to it; raises ``BadKeyFile``."""
        try:
            envelope = SealedKey.decode(row.sealed)
        except DecodeError as error:
            raise self._altered(row, str(error)) from error
        if envelope.generation != row.generation:
            raise self._altered(row, f"sealed under generation {envelope.generation}, listed under {row.generation}")
        try:
            cipher = self._cipher(row.generation)
            return envelope.place, cipher.decrypt(envelope.nonce, envelope.sealed, self._bound(row, envelope.place))
        except InvalidTag as error:
            raise self._altered(row, "another node's, key's or generation's, or changed bytes") from error

    def seal_tally(self, tally: Tally, generation: int) -> bytes:
        """A tally under a data key."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(generation).encrypt(nonce, tally.encoded(), self._tally_bound(generation))
        return SealedKey(generation, SecretPlace.STORE, nonce, sealed).encoded()

    def tally(self) -> Tally:
        """How far the store says it came, held against its rows; raises ``BadKeyFile``."""
        source = str(self.book.path)
        try:
            envelope = SealedKey.decode(self.book.head().tally)
            cipher = self._cipher(envelope.generation)
            bound = self._tally_bound(envelope.generation)
            tally = Tally.decode(cipher.decrypt(envelope.nonce, envelope.sealed, bound))
        except (DecodeError, InvalidTag) as error:
            raise BadKeyFile(source, "its tally was altered: restore the file from its backup") from error
        found = self.book.count()
        if found != tally.keys:
            raise BadKeyFile(source, f"it has {found} keys, its tally says {tally.keys}: restore it from its backup")
        return tally

    def _cipher(self, generation: int) -> AESGCM:
        kept = self._opened.get(generation)
        if kept is not None and self._clock_s() < kept[1]:
            return kept[0]
        wrapped = self.book.data_keys().get(generation)  # before the lock: who writes the book may wait for it
        if wrapped is None:
            raise BadKeyFile(str(self.book.path), f"it has no data key of generation {generation}: it is altered")
        # What is opened too late for who waits is there for who comes next.
        return self.patience.call(partial(self._open_once, generation, wrapped))

    def _open_once(self, generation: int, wrapped: bytes) -> AESGCM:
        """Within the patience: whoever opens it now may wait for long, and an event loop must not wait for the lock."""
        with self._opening:
            kept = self._opened.get(generation)
            if kept is not None and self._clock_s() < kept[1]:
                return kept[0]
            return self._remember(generation, self._unwrap(generation, wrapped))

    def _unwrap(self, generation: int, wrapped: bytes) -> bytes:
        try:
            envelope = WrappedDataKey.decode(wrapped)
            return self._wrapper.unwrap(envelope, self.context(generation))
        except DecodeError as error:
            raise BadKeyFile(str(self.book.path), f"data key {generation}: {error}") from error

    def _remember(self, generation: int, plaintext: bytes) -> AESGCM:
        cipher = AESGCM(plaintext)
        self._opened[generation] = (cipher, self._clock_s() + self._cache_s)
        return cipher

    def _bound(self, row: KeyRow, place: SecretPlace) -> bytes:
        context = EncryptionContext(self.node, row.purpose, row.label, row.generation)
        return bytes((place.value,)) + row.public_key + b"|" + self._store_id.encode() + context.encoded()

    def _tally_bound(self, generation: int) -> bytes:
        return EncryptionContext(self.node, TALLY, self._store_id, generation).encoded()

    def _altered(self, row: KeyRow, how: str) -> BadKeyFile:
        return BadKeyFile(
            str(self.book.path), f"key {row.label!r} was altered ({how}): restore the file from its backup"
        )
