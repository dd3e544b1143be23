"""Sessions: who has logged in, as a short-lived token that is good for one client certificate.

The database holds the token's hash, so a copy of it logs nobody in; a stolen token is refused on any other connection.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from chains.progmat.market.people.acts import roles_of
from chains.progmat.market.people.errors import SessionRefused
from chains.progmat.market.people.tables import sessions
from primitives.hashing import sha256

TOKEN_BYTES: Final = 32
_TOKEN_CHARS: Final = 43


@dataclass(frozen=True, slots=True)
class Session:
    """What a login gives. ``token`` is shown once; ``expires_s`` is exclusive, Unix seconds."""

    token: str
    staff_id: str
    expires_s: int


def open_session(
    connection: Connection, staff_id: str, certificate_hash: bytes, fresh: bytes, now_s: int, life_s: int
) -> Session:
    """A session from now on. ``fresh``: TOKEN_BYTES random bytes; ``certificate_hash``: SHA-256 of its DER form."""
    connection.execute(delete(sessions).where(sessions.c.expires_s <= now_s))
    token = base64.urlsafe_b64encode(fresh).rstrip(b"=").decode()
    connection.execute(
        insert(sessions).values(
            token_hash=sha256(fresh),
            staff_id=staff_id,
            certificate_hash=certificate_hash,
            issued_s=now_s,
            expires_s=now_s + life_s,
        )
    )
    return Session(token, staff_id, now_s + life_s)


def who_is(connection: Connection, token: str, certificate_hash: bytes, now_s: int) -> str:
    """The staff id behind a token, still active. Raises ``SessionRefused``, ``StaffNotActive``."""
    row = connection.execute(select(sessions).where(sessions.c.token_hash == _hash_of(token))).first()
    if row is None:
        raise SessionRefused("there is none with this token, or it was ended")
    if now_s >= row.expires_s:
        raise SessionRefused(f"it expired at {row.expires_s} (Unix seconds)")
    if bytes(row.certificate_hash) != certificate_hash:
        raise SessionRefused("it was opened with another client certificate")
    roles_of(connection, row.staff_id)
    found: str = row.staff_id
    return found


def end_session(connection: Connection, token: str) -> None:
    """Log out; unknown tokens are fine."""
    connection.execute(delete(sessions).where(sessions.c.token_hash == _hash_of(token)))


def end_sessions_of(connection: Connection, staff_id: str) -> None:
    """Log a user out everywhere."""
    connection.execute(delete(sessions).where(sessions.c.staff_id == staff_id))


def _hash_of(token: str) -> bytes:
    try:
        if len(token) != _TOKEN_CHARS:
            raise SessionRefused("expected a session token, as Login answers")
        return sha256(base64.b64decode(token + "=", altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise SessionRefused("expected a session token, as Login answers") from None
