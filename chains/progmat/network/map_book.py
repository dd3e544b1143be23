"""The network map one node knows: a directory that the operator's signed versions change under its readers.

The first version is the file that the node's configuration names. A later one is signed by the operator in force, has
a higher serial number, and keeps the key of every name that stays: keys change by succession in the parameters only,
so that all nodes change them at one moment. ``network-map.signed`` in the node's folder holds the newest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from chains.progmat.identity import NetworkMap, NodeEntry
from chains.progmat.network.errors import NetworkMapRefused, ParametersStoreBroken
from chains.progmat.network.keeping import keep
from chains.progmat.network.peer_codec import MAX_SIGNED_MAP_BYTES, decode_signed_map, encode_signed_map
from chains.progmat.transactions.parameters_history import ParametersHistory
from primitives.errors import BadSignature, CrossDvpError
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.signatures import Signer, verify

_DOMAIN: Final = b"crossdvp/network-map/1"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SignedNetworkMap:
    """A version of the map as it travels: untrusted until ``MapBook.learn`` took it."""

    document: bytes
    by: PublicKey
    signature: bytes

    @classmethod
    def sign(cls, network_map: NetworkMap, operator: Signer) -> SignedNetworkMap:
        """The map with the operator's signature."""
        document = network_map.to_json().encode()
        return cls(document, operator.public_key, operator.sign(_DOMAIN + sha256(document)))

    def opened(self, operator_keys: frozenset[PublicKey]) -> NetworkMap:
        """The map, if one of the keys signed it; raises NetworkMapRefused, BadNetworkMap."""
        if self.by not in operator_keys:
            raise NetworkMapRefused(f"it is signed with {self.by!r}, which is not the operator's key in force")
        try:
            verify(self.by, _DOMAIN + sha256(self.document), self.signature)
        except BadSignature as error:
            raise NetworkMapRefused(f"the operator's signature does not verify ({error})") from error
        try:
            return NetworkMap.from_json(self.document.decode(), "signed network map")
        except UnicodeDecodeError as error:
            raise NetworkMapRefused("it is no text") from error

    def encode(self) -> bytes:
        """Canonical bytes."""
        return encode_signed_map(self.document, self.by, self.signature)

    @classmethod
    def decode(cls, data: bytes) -> SignedNetworkMap:
        """A map, no signature verified; raises DecodeError."""
        return cls(*decode_signed_map(data))


class MapBook(NetworkMap):
    """A ``NetworkMap`` that follows the operator's. Use ``open``.

    Guarantees: a map that ``learn`` took is on disk. Readers see one version or the next, never a mixture.
    """

    def __init__(self, first: NetworkMap, path: Path, history: Callable[[], ParametersHistory]) -> None:
        super().__init__(first.entries, serial=first.serial)
        self._path = path
        self._history = history
        self._signed: SignedNetworkMap | None = None
        self._listeners: list[Callable[[], object]] = []
        self._changing = threading.Lock()

    @classmethod
    def open(cls, first: NetworkMap, folder: Path, history: Callable[[], ParametersHistory]) -> MapBook:
        """The configured map, or the newer one in the folder; raises ``ParametersStoreBroken``."""
        folder.mkdir(parents=True, exist_ok=True)
        book = cls(first, folder / "network-map.signed", history)
        if book._path.exists():
            try:
                if book._path.stat().st_size > MAX_SIGNED_MAP_BYTES:
                    raise NetworkMapRefused(f"longer than {MAX_SIGNED_MAP_BYTES} bytes")
                signed = SignedNetworkMap.decode(book._path.read_bytes())
                found = signed.opened(frozenset(epoch.operator_key for epoch in history().epochs))
            except (OSError, CrossDvpError) as error:
                raise ParametersStoreBroken(str(book._path), str(error)) from error
            if found.serial > first.serial:
                book._signed = signed
                book._show(found)
        return book

    def holder_of(self, key: PublicKey) -> str | None:
        """Name of the node that signs, or once signed, with this key: the map's, or another of the same succession."""
        name = super().holder_of(key)
        if name is not None:
            return name
        newest = self._history().newest
        for succession in newest.key_successions:
            listed = self.party(succession.name)
            if key not in {succession.old_key, succession.new_key} or listed is None:
                continue
            first = newest.identity(listed)
            if key in newest.heirs(first) | {first.key}:
                return succession.name
        return None

    def __contains__(self, name: object) -> bool:
        """Whether a name is listed: who may open a peer stream."""
        return name in self.names()

    def newer_than(self, serial: int) -> bytes:
        """The signed map for somebody who has version ``serial``; empty if that is no older than ours."""
        signed = self._signed
        return b"" if signed is None or serial >= self.serial else signed.encode()

    def on_change(self, listener: Callable[[], object]) -> None:
        """Call ``listener`` after each change, from the thread that learnt it."""
        self._listeners.append(listener)

    def learn(self, signed: SignedNetworkMap, now_s: int) -> bool:
        """Take a newer map; False for the one at hand.

        Raises ``NetworkMapRefused``, ``BadNetworkMap``, ``NetworkFilesFailed``.
        """
        with self._changing:
            operator_key = self._history().at(now_s).operator_key
            found = signed.opened(frozenset({operator_key}))
            if found.serial == self.serial and self._signed is not None and signed.document == self._signed.document:
                return False
            if found.serial <= self.serial:
                raise NetworkMapRefused(f"its serial number is {found.serial}, the map at hand has {self.serial}")
            for entry in found.entries:
                known = self.entry(entry.name)
                if known is not None and known.party.key != entry.party.key:
                    raise NetworkMapRefused(f"the key of {entry.name} is another: keys change by parameters only")
                if known is not None and known.index != entry.index:
                    raise NetworkMapRefused(f"the number of {entry.name} is another: packets are numbered with it")
            keep(self._path, signed.encode())
            self._signed = signed
            self._show(found)
        _log.info("network map learnt", serial=found.serial, nodes=len(found.entries))
        for listener in self._listeners:
            listener()
        return True

    def _show(self, found: NetworkMap) -> None:
        """One assignment a look-up: each reader uses one of them."""
        self.entries: tuple[NodeEntry, ...] = found.entries
        self.serial = found.serial
        self._index()
