"""``KeySuccession``: a party's signing key took the place of another, by its own word and the network operator's.

States name a party with its first key, for ever: that is its identity. An epoch's parameters carry every succession
there ever was, so that contracts can tell, from the pinned epoch alone, who signs for such a party now. A name proves
nothing: a party of the same name under a key that no succession leads to is a stranger. The old key consents, so that
the operator alone cannot put another in anybody's place; the notary's key, which moves no assets, needs no consent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Party, check_name, check_range
from primitives.public_key import PublicKey
from primitives.signatures import SIGNATURE_SIZE, Signer, verify

MAX_SUCCESSIONS: Final = 512
_DOMAIN: Final = b"crossdvp/key-succession/1"


@dataclass(frozen=True, slots=True)
class KeySuccession:
    """Of the party ``name``: ``new_key`` speaks for everything that names ``old_key``."""

    name: str
    old_key: PublicKey
    new_key: PublicKey
    consent: bytes = b""

    def __post_init__(self) -> None:
        check_name("KeySuccession.name", self.name)
        if self.consent:
            check_range("KeySuccession.consent length", len(self.consent), SIGNATURE_SIZE, SIGNATURE_SIZE)

    @classmethod
    def agreed(cls, name: str, old: Signer, new_key: PublicKey) -> KeySuccession:
        """A succession with the old key's consent."""
        return cls(name, old.public_key, new_key, old.sign(_consented(name, old.public_key, new_key)))

    def verify_consent(self) -> None:
        """Return if the old key agreed; raises BadSignature."""
        verify(self.old_key, _consented(self.name, self.old_key, self.new_key), self.consent)


def _consented(name: str, old_key: PublicKey, new_key: PublicKey) -> bytes:
    """What the old key signs: each part behind its 2-byte length."""
    parts = (name.encode(), old_key.encoded(), new_key.encoded())
    return _DOMAIN + b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def newest_keys(successions: Iterable[KeySuccession]) -> Mapping[Party, Party]:
    """For each party whose key was ever replaced, the party with its newest key.

    Raises MalformedComponent when there are too many, when a key is replaced twice, or when a key that was in use
    before comes back: a retired key never speaks again, for anybody.
    """
    following: dict[Party, Party] = {}
    used: set[PublicKey] = set()
    count = 0
    for count, item in enumerate(successions, start=1):  # noqa: B007 - the last number is the count
        old, new = Party(item.name, item.old_key), Party(item.name, item.new_key)
        if old in following or item.new_key in used | {item.old_key}:
            raise MalformedComponent(
                "a key is replaced once, by one never used before", expected=item.name, found=item.new_key.encoded()
            )
        following[old] = new
        used |= {item.old_key, item.new_key}
    check_range("key successions", count, 0, MAX_SUCCESSIONS)
    return {party: _last(party, following) for party in following}


def _last(party: Party, following: Mapping[Party, Party]) -> Party:
    """The end of a party's chain; it has one, because no key comes back."""
    while party in following:
        party = following[party]
    return party
