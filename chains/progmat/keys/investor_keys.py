"""One key an investor and version: fresh when it is opened, derived from no other, and found by the investor's id.

Which investor a key belongs to is the node's own record; on the ledger there is the key alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Protocol

from chains.progmat.keys.errors import KeyLabelTaken
from chains.progmat.keys.purpose import KeptKey, KeyPurpose
from primitives.errors import InvalidArgument
from primitives.public_key import SignatureScheme

MAX_ID_CHARS: Final = 64
MAX_VERSIONS: Final = 9999
_LABEL: Final = "investor/"
_ID: Final = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_ID_CHARS - 1}}}")


class InvestorKeyStore(Protocol):
    """What of a key store is needed."""

    def key(self, label: str) -> KeptKey | None:
        """The key under a label."""
        ...

    def generate(self, label: str, purpose: KeyPurpose, scheme: SignatureScheme) -> KeptKey:
        """Make and keep a new key; raises ``KeyLabelTaken``."""
        ...


@dataclass(frozen=True, slots=True)
class InvestorKey:
    """A version of an investor's account key; version 1 is the first."""

    investor_id: str
    version: int
    kept: KeptKey


class InvestorKeys:
    """Of one custodian."""

    def __init__(self, store: InvestorKeyStore) -> None:
        self._store = store

    def open(self, investor_id: str) -> InvestorKey:
        """The investor's present key, made if there is none: asking again gives the same one.

        Raises ``InvalidArgument`` for what is no id of an investor.
        """
        return self.present(investor_id) or self._made(investor_id, 1)

    def rotate(self, investor_id: str, from_version: int) -> InvestorKey:
        """The version after ``from_version``, made if there is none: asking again gives the same one.

        Raises ``InvalidArgument`` if the investor has no key of that version.
        """
        if self._version(investor_id, from_version) is None:
            raise InvalidArgument(f"{investor_id} has no key of version {from_version}: open an account, or ask for it")
        return self._version(investor_id, from_version + 1) or self._made(investor_id, from_version + 1)

    def present(self, investor_id: str) -> InvestorKey | None:
        """The newest version, or None."""
        versions = self.all(investor_id)
        return versions[-1] if versions else None

    def all(self, investor_id: str) -> tuple[InvestorKey, ...]:
        """Every version, the first one first."""
        found: list[InvestorKey] = []
        while (following := self._version(investor_id, len(found) + 1)) is not None:
            found.append(following)
        return tuple(found)

    def _version(self, investor_id: str, version: int) -> InvestorKey | None:
        kept = self._store.key(_label(investor_id, version))
        return None if kept is None else InvestorKey(investor_id, version, kept)

    def _made(self, investor_id: str, version: int) -> InvestorKey:
        label = _label(investor_id, version)
        try:
            kept = self._store.generate(label, KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
        except KeyLabelTaken:
            taken = self._store.key(label)  # another call was faster
            if taken is None:
                raise  # another process was: this one sees it after its restart
            kept = taken
        return InvestorKey(investor_id, version, kept)


def _label(investor_id: str, version: int) -> str:
    if not _ID.fullmatch(investor_id):
        raise InvalidArgument(f"an investor's id has 1 to {MAX_ID_CHARS} letters, digits, dots, dashes, underscores")
    if not 1 <= version <= MAX_VERSIONS:
        raise InvalidArgument(f"a key's version is 1..{MAX_VERSIONS}, not {version}")
    return f"{_LABEL}{investor_id}/{version:04d}"
