"""Acts of people: who did it, who approved it, and why; and whether these two may.

A node without users checks the names alone (distinct and well-formed), as long as it has none: from its first users on
both must be active users whose roles have the act (``staff_roles.ACTS``). That a caller *is* the person it names is not
said here: ``sessions`` and ``node.calling_people`` see to that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, literal_column, select

from chains.progmat.market.people.errors import (
    NotAnActName,
    SamePerson,
    StaffNotActive,
    StaffRoleMissing,
    StaffUnknown,
)
from chains.progmat.market.people.staff_roles import ACTS, NOBODY, ActRule, StaffRole, may_do_without_author
from chains.progmat.market.people.tables import roles, users
from chains.progmat.node.storage import Prepared

MOST_REASON_CHARS: Final = 500
ACTIVE: Final = "ACTIVE"
_STAFF_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_ANY_USER: Final = Prepared(select(users.c.staff_id).limit(literal_column("1")))
"""Asked at every call that changes something."""


@dataclass(frozen=True, slots=True)
class Act:
    """Who did something, who approved it (empty where one is enough), and why. Ids, never names."""

    staff_id: str
    approver_staff_id: str = ""
    reason: str = ""


def checked_staff_id(staff_id: str, field: str = "staff id") -> str:
    """The id, if it can be one; raises ``NotAnActName``."""
    if not _STAFF_ID.fullmatch(staff_id):
        raise NotAnActName(field, staff_id, "1 to 64 of letters, digits, '_', '.' and '-', the first no sign")
    return staff_id


def has_users(connection: Connection) -> bool:
    """Whether this node's people are set up: then roles are enforced."""
    return _ANY_USER.first(connection) is not None


def require_one(connection: Connection, act: str, author: str, reason: str = "") -> Act:
    """That ``author`` may do ``act`` alone. Raises ``ActRefused``'s leaves."""
    _check_words(author, reason)
    if has_users(connection):
        rule = ACTS.get(act, ActRule(NOBODY))
        if rule.approvers:
            raise SamePerson(act, author)
        _require_role(connection, act, author, rule.authors)
    return Act(author, "", reason)


def require_two(connection: Connection, act: str, author: str, approver: str, reason: str = "") -> Act:
    """That ``author`` may do ``act`` and another, ``approver``, may approve it. Raises leaves of ``ActRefused``."""
    _check_words(author, reason)
    checked_staff_id(approver, "approver")
    if author == approver:
        raise SamePerson(act, author)
    if has_users(connection):
        rule = ACTS.get(act, ActRule(NOBODY))
        _require_role(connection, act, author, rule.authors)
        _require_role(connection, act, approver, rule.approvers)
    return Act(author, approver, reason)


def require_in_session(connection: Connection, act: str, staff_id: str) -> None:
    """That the person of a session may do an act whose request names nobody. Raises leaves of ``ActRefused``."""
    _require_role(connection, act, staff_id, may_do_without_author(act))


def roles_of(connection: Connection, staff_id: str) -> frozenset[StaffRole]:
    """The roles of an active user; raises ``StaffUnknown``, ``StaffNotActive``."""
    status = connection.execute(select(users.c.status).where(users.c.staff_id == staff_id)).scalar_one_or_none()
    if status is None:
        raise StaffUnknown(staff_id)
    if status != ACTIVE:
        raise StaffNotActive(staff_id, status)
    found = connection.execute(select(roles.c.role).where(roles.c.staff_id == staff_id)).scalars()
    return frozenset(StaffRole(role) for role in found)


def _require_role(connection: Connection, act: str, staff_id: str, allowed: frozenset[StaffRole]) -> None:
    has = roles_of(connection, staff_id)
    if not has & allowed:
        raise StaffRoleMissing(staff_id, act, _names(allowed), _names(has))


def _names(of_roles: frozenset[StaffRole]) -> tuple[str, ...]:
    return tuple(sorted(role.value for role in of_roles))


def _check_words(author: str, reason: str) -> None:
    checked_staff_id(author, "author")
    if len(reason) > MOST_REASON_CHARS or "\x00" in reason:
        raise NotAnActName("reason", reason, f"at most {MOST_REASON_CHARS} characters, no NUL")
