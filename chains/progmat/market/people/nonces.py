"""Nonces for logins at an identity provider: given out by this node, good for one login."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, insert

from chains.progmat.market.people.errors import IdTokenRefused
from chains.progmat.market.people.tables import used_nonces
from primitives.hashing import sha256

LIFE_S: Final = 600


def give_out(connection: Connection, nonce: str, now_s: int) -> None:
    """Remember a fresh nonce for LIFE_S seconds."""
    connection.execute(delete(used_nonces).where(used_nonces.c.expires_s <= now_s))
    connection.execute(insert(used_nonces).values(nonce_hash=sha256(nonce.encode()), expires_s=now_s + LIFE_S))


def take(connection: Connection, nonce: str, now_s: int) -> None:
    """Use a nonce up. Raises ``IdTokenRefused`` for one that was not given out, is too old or was used."""
    at = used_nonces.c.nonce_hash == sha256(nonce.encode()), used_nonces.c.expires_s > now_s
    if not connection.execute(delete(used_nonces).where(*at)).rowcount:
        raise IdTokenRefused("its nonce is none that this node gave out for a login that is still open")
