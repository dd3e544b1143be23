"""Pages by key, never by offset, and the opaque tokens by which a caller goes on.

A token holds the key after which the next page begins, bound to the query that made it by a hash of its arguments, and
under a MAC, so that a token of another query and one that was changed are told from each other. It grants nothing:
every call checks its caller and applies its filters again.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, insert, literal, select, tuple_

from chains.progmat.vault.errors import BadPageToken, PageTokenOfAnotherQuery
from chains.progmat.vault.pages import Cursor, Key
from chains.progmat.vault.schema import settings
from primitives.hashing import sha256

T = TypeVar("T")

MAX_TOKEN_CHARACTERS: Final = 4096
_QUERY_BYTES: Final = 16
_MAC_BYTES: Final = 16
_KEY_NAME: Final = "page_token_key"
_MARK_OF_BYTES: Final = "0x"
_MARK_OF_TEXT: Final = "="


def beyond(columns: Sequence[ColumnElement[Any]], key: Key) -> ColumnElement[bool]:
    """Rows after ``key`` in the order of ``columns``."""
    return tuple_(*columns) > tuple_(*(literal(value, column.type) for column, value in zip(columns, key, strict=True)))


def page_token_key(connection: Connection, random_bytes: Callable[[int], bytes]) -> bytes:
    """This vault's key for tokens, made when it is first asked for, so that tokens outlive a restart."""
    kept = connection.execute(select(settings.c.value).where(settings.c.name == _KEY_NAME)).scalar_one_or_none()
    if kept is not None:
        return bytes(kept)
    fresh = random_bytes(32)
    connection.execute(insert(settings).values(name=_KEY_NAME, value=fresh))
    return fresh


class PageTokens:
    """Makes and reads tokens under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, query: bytes, cursor: Cursor) -> str:
        """The token that goes on with ``query`` (its arguments, canonically)."""
        position = json.dumps([cursor.sequence, *map(_to_json, cursor.after)], separators=(",", ":")).encode()
        bound = _fingerprint(query) + position
        return base64.urlsafe_b64encode(self._mac(bound) + bound).rstrip(b"=").decode()

    def read(self, method: str, query: bytes, token: str) -> Cursor:
        """Where ``token`` goes on. Raises ``BadPageToken``, ``PageTokenOfAnotherQuery``."""
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise BadPageToken(f"at most {MAX_TOKEN_CHARACTERS} characters are possible, not {len(token)}")
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise BadPageToken("it is not one of this node's") from None
        mac, bound = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(bound)):
            raise BadPageToken("it is not one of this node's")
        if bound[:_QUERY_BYTES] != _fingerprint(query):
            raise PageTokenOfAnotherQuery(method)
        sequence, *key = json.loads(bound[_QUERY_BYTES:])
        return Cursor(sequence, tuple(map(_from_json, key)))

    def _mac(self, bound: bytes) -> bytes:
        return hmac.digest(self._key, bound, "sha256")[:_MAC_BYTES]


def _fingerprint(query: bytes) -> bytes:
    return bytes(sha256(query))[:_QUERY_BYTES]


def _to_json(value: int | str | bytes) -> int | str:
    if isinstance(value, bytes):
        return _MARK_OF_BYTES + value.hex()
    return _MARK_OF_TEXT + value if isinstance(value, str) else value


def _from_json(value: int | str) -> int | str | bytes:
    if isinstance(value, int):
        return value
    if value.startswith(_MARK_OF_BYTES):
        return bytes.fromhex(value.removeprefix(_MARK_OF_BYTES))
    return value.removeprefix(_MARK_OF_TEXT)
