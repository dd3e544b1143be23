"""Logging in with a password: each attempt is counted before it is judged, so that many at once gain nothing.

``begin`` and ``end`` are two database transactions; the costly hash is computed between them, outside of both.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from chains.progmat.market.people.errors import LoginLocked, LoginRefused, PasswordExpired, StaffNotActive
from chains.progmat.market.people.passwords import nobodys_hash
from chains.progmat.market.people.rules import PasswordPolicy
from chains.progmat.market.people.sessions import Session, end_sessions_of, open_session
from chains.progmat.market.people.statuses import UserStatus
from chains.progmat.market.people.tables import users
from chains.progmat.market.people.users import User, user_of


@dataclass(frozen=True, slots=True)
class Attempt:
    """What ``begin`` found: the hash to check, nobody's if there is no such user."""

    staff_id: str
    stored_hash: str
    is_known: bool


def begin(connection: Connection, staff_id: str, policy: PasswordPolicy, now_s: int) -> Attempt:
    """Count an attempt as a failure until it is known to be none. Raises ``LoginLocked``.

    Somebody unknown, without a password or not active gets an attempt that cannot succeed.
    """
    columns = users.c.password_hash, users.c.status, users.c.failed_attempts, users.c.locked_until_s
    row = connection.execute(select(*columns).where(users.c.staff_id == staff_id)).first()
    if row is None or not row.password_hash or row.status != UserStatus.ACTIVE.value:
        return Attempt(staff_id, nobodys_hash(policy), is_known=False)
    if now_s < row.locked_until_s:
        raise LoginLocked(row.locked_until_s)
    failures = row.failed_attempts + 1
    values: dict[str, object] = {"failed_attempts": failures, "locked_until_s": now_s + policy.wait_s(failures)}
    if failures >= policy.lock_after:
        values["status"] = UserStatus.LOCKED.value
        end_sessions_of(connection, staff_id)
    connection.execute(update(users).where(users.c.staff_id == staff_id).values(values))
    return Attempt(staff_id, row.password_hash, is_known=True)


def end(connection: Connection, attempt: Attempt, policy: PasswordPolicy, *, fits: bool) -> User:
    """The user whose password fitted; his failures are forgotten. Raises ``LoginRefused``."""
    if not fits or not attempt.is_known:
        raise LoginRefused
    user = user_of(connection, attempt.staff_id)
    if user.password_hash != attempt.stored_hash or user.status is UserStatus.DISABLED:
        raise LoginRefused  # it was changed, or he was disabled, while the hash was computed
    forgiven = {"failed_attempts": 0, "locked_until_s": 0, "status": UserStatus.ACTIVE.value}
    if user.status is UserStatus.LOCKED and user.failed_attempts < policy.lock_after:
        raise LoginRefused  # admins locked him meanwhile
    connection.execute(update(users).where(users.c.staff_id == user.staff_id).values(forgiven))
    return user_of(connection, user.staff_id)


def require_fresh(user: User, policy: PasswordPolicy, now_s: int) -> None:
    """That the password need not be changed first. Raises ``PasswordExpired``."""
    if user.must_change or now_s >= user.password_changed_s + policy.max_age_s:
        raise PasswordExpired


def enter(
    connection: Connection, user: User, certificate_hash: bytes, fresh: bytes, policy: PasswordPolicy, now_s: int
) -> Session:
    """Let a user in who has shown who he is. Raises ``StaffNotActive``."""
    if user.status is not UserStatus.ACTIVE:
        raise StaffNotActive(user.staff_id, user.status.value)
    seen = update(users).where(users.c.staff_id == user.staff_id).values(last_login_s=now_s)
    connection.execute(seen)
    return open_session(connection, user.staff_id, certificate_hash, fresh, now_s, policy.session_s)
