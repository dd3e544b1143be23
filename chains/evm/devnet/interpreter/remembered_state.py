"""py-evm's state with a memory: what stands in a trie under a root is looked for once.

A root commits to all that is under it, so what was found there is true for ever and for everybody: each call, estimate
and block begins with a state of its own, and reads the same few accounts and slots.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from eth.abc import AccountStorageDatabaseAPI, AtomicDatabaseAPI
from eth.constants import EMPTY_SHA3
from eth.db.account import AccountDB
from eth.db.backends.base import BaseDB
from eth.db.cache import CacheDB
from eth.db.hash_trie import HashTrie
from eth.db.journal import JournalDB
from eth.db.storage import AccountStorageDB, StorageLookup
from eth_typing import Address, Hash32

_MOST_VALUES: Final = 65_536
_MOST_CODES: Final = 128


class Memory:
    """Values by what names them, bounded; the oldest are forgotten first."""

    def __init__(self, most: int) -> None:
        self._values: OrderedDict[tuple[bytes, bytes], bytes] = OrderedDict()
        self._most = most

    def get(self, root: bytes, key: bytes) -> bytes | None:
        """What stands under the key, empty if nothing does; None if it is not remembered."""
        return self._values.get((root, key))

    def keep(self, root: bytes, key: bytes, value: bytes) -> None:
        """Remember it."""
        self._values[(root, key)] = value
        if len(self._values) > self._most:
            self._values.popitem(last=False)


_values: Final = Memory(_MOST_VALUES)
_codes: Final = Memory(_MOST_CODES)


class _RememberedSlots(StorageLookup):
    """The slots of one account. What this state itself has written is in a trie of its own, and is read there."""

    def __getitem__(self, key: bytes) -> bytes:
        if self.has_changed_root:
            return super().__getitem__(key)
        value = _values.get(self._starting_root_hash, key)
        if value is None:
            value = super().__getitem__(key)
            _values.keep(self._starting_root_hash, key, value)
        return value


class _RememberedStorage(AccountStorageDB):
    """An account's storage over such slots."""

    def __init__(self, database: AtomicDatabaseAPI, storage_root: Hash32, address: Address) -> None:
        super().__init__(database, storage_root, address)
        self._storage_lookup = _RememberedSlots(database, storage_root, address)
        self._storage_cache = CacheDB(self._storage_lookup)
        self._locked_changes = JournalDB(self._storage_cache)
        self._journal_storage = JournalDB(self._locked_changes)


class _RememberedAccounts(BaseDB):
    """Encoded accounts by address, under whatever root the trie has now."""

    def __init__(self, trie: HashTrie) -> None:
        self._trie = trie

    def __getitem__(self, key: bytes) -> bytes:
        root = self._trie.root_hash
        value = _values.get(root, key)
        if value is None:
            value = self._trie[key]
            _values.keep(root, key, value)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._trie[key] = value

    def __delitem__(self, key: bytes) -> None:
        del self._trie[key]


class RememberedAccountDB(AccountDB):
    """Accounts, their storage and their code."""

    def __init__(self, database: AtomicDatabaseAPI, state_root: Hash32) -> None:
        super().__init__(database, state_root)
        self._trie_cache = CacheDB(_RememberedAccounts(self._trie))
        self._journaltrie = JournalDB(self._trie_cache)

    def _get_address_store(self, address: Address) -> AccountStorageDatabaseAPI:
        store = self._account_stores.get(address)
        if store is None:
            store = _RememberedStorage(self._raw_store_db, self._get_storage_root(address), address)
            self._account_stores[address] = store
        return store

    def get_code(self, address: Address) -> bytes:
        """The code; py-evm's also notes that it was read, for a witness that nobody here asks for."""
        code_hash = self.get_code_hash(address)
        if code_hash == EMPTY_SHA3:
            return b""
        code = _codes.get(code_hash, b"")
        if code is None:
            code = super().get_code(address)
            _codes.keep(code_hash, b"", code)
        return code

    def touch_account(self, address: Address) -> None:
        """Bring an account into being that may have to be cleared again; one that is there stays as it is."""
        if not self.account_exists(address):
            super().touch_account(address)
