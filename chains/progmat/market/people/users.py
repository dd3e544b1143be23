"""Users of a node: their record, their roles, and what admins propose about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from chains.progmat.market.people.acts import Act, checked_staff_id
from chains.progmat.market.people.approvals import Approval, CarryOut
from chains.progmat.market.people.errors import StaffUnknown, UserRefused
from chains.progmat.market.people.sessions import end_sessions_of
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import UserStatus
from chains.progmat.market.people.tables import roles, users

Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
StaffId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_PASSWORD_HASH: Final = r"^(|scrypt\$[0-9$a-f]{1,200})$"  # noqa: S105  # the shape of a hash


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class NewUser(_Record):
    """A user to be created. Either a password hash or a subject at an identity provider, or both."""

    staff_id: StaffId
    name: Annotated[Word, Field(min_length=1)]
    branch: Word = ""
    department: Word = ""
    staff_group: Word = ""
    staff_number: Word = ""
    account_class: Word = ""
    roles: Annotated[frozenset[StaffRole], Field(min_length=1)]
    password_hash: Annotated[str, Field(pattern=_PASSWORD_HASH)] = ""
    oidc_issuer: Annotated[str, Field(max_length=300)] = ""
    oidc_subject: Annotated[str, Field(max_length=255)] = ""


class UserChange(_Record):
    """A change of a user; what is None stays. Status ACTIVE unlocks."""

    staff_id: StaffId
    status: UserStatus | None = None
    roles: Annotated[frozenset[StaffRole], Field(min_length=1)] | None = None
    branch: Word | None = None
    department: Word | None = None
    staff_group: Word | None = None
    account_class: Word | None = None


class PasswordReset(_Record):
    """A first password for somebody who has forgotten his; he must change it at once."""

    staff_id: StaffId
    password_hash: Annotated[str, Field(pattern=_PASSWORD_HASH, min_length=1)]


class User(NewUser):
    """A user as stored. Times in Unix seconds, 0 = never."""

    status: UserStatus
    password_before: str
    password_before_that: str
    password_changed_s: int
    must_change: int
    failed_attempts: int
    locked_until_s: int
    last_login_s: int
    created_s: int
    created_by: str
    updated_s: int
    updated_by: str
    approved_by: str


RecordT = TypeVar("RecordT", bound=_Record)


def parsed(kind: type[RecordT], fields: Mapping[str, Any]) -> RecordT:
    """A record from fields that came from outside. Raises ``UserRefused``."""
    try:
        return kind.model_validate(dict(fields))
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5])
        raise UserRefused(str(fields.get("staff_id", "")), where) from None


def as_fields(record: _Record) -> dict[str, Any]:
    """For the canonical encoding of a proposal: plain values, roles in order."""
    plain = record.model_dump(mode="json", exclude_none=True)
    return {name: sorted(value) if isinstance(value, list) else value for name, value in plain.items()}


def user_of(connection: Connection, staff_id: str) -> User:
    """The stored user; raises ``StaffUnknown``."""
    row = connection.execute(select(users).where(users.c.staff_id == staff_id)).mappings().first()
    if row is None:
        raise StaffUnknown(staff_id[:64])
    return _user(connection, row)


def user_of_subject(connection: Connection, issuer: str, subject: str) -> User | None:
    """Whom an identity provider's subject is; None if nobody, or if the pair is empty."""
    if not issuer or not subject:
        return None
    at = users.c.oidc_issuer == issuer, users.c.oidc_subject == subject
    row = connection.execute(select(users).where(*at)).mappings().first()
    return None if row is None else _user(connection, row)


def all_users(connection: Connection, after: str, limit: int) -> list[User]:
    """Users by staff id, above one."""
    query = select(users).where(users.c.staff_id > after).order_by(users.c.staff_id).limit(limit)
    return [_user(connection, row) for row in connection.execute(query).mappings().all()]


def create(connection: Connection, new: NewUser, by: Act, now_s: int) -> None:
    """Store a user. He must change his password first, if he has one. Raises ``UserRefused``."""
    checked_staff_id(new.staff_id)
    if connection.execute(select(users.c.staff_id).where(users.c.staff_id == new.staff_id)).first() is not None:
        raise UserRefused(new.staff_id, "this staff id exists, and ids are never given twice")
    if not new.password_hash and not (new.oidc_issuer and new.oidc_subject):
        raise UserRefused(new.staff_id, "expected a password, or issuer and subject of an identity provider")
    if user_of_subject(connection, new.oidc_issuer, new.oidc_subject) is not None:
        raise UserRefused(new.staff_id, "another user has that subject at the identity provider")
    values = new.model_dump(exclude={"roles"}) | {
        "status": UserStatus.ACTIVE.value,
        "password_before": "",
        "password_before_that": "",
        "password_changed_s": now_s,
        "must_change": 1 if new.password_hash else 0,
        "failed_attempts": 0,
        "locked_until_s": 0,
        "last_login_s": 0,
        "created_s": now_s,
        "created_by": by.staff_id,
        "updated_s": now_s,
        "updated_by": by.staff_id,
        "approved_by": by.approver_staff_id,
    }
    connection.execute(insert(users).values(values))
    _set_roles(connection, new.staff_id, new.roles)


def change(connection: Connection, wanted: UserChange, by: Act, now_s: int) -> None:
    """Apply a change. Whoever is locked or disabled loses his sessions. Raises ``StaffUnknown``, ``UserRefused``."""
    user = user_of(connection, wanted.staff_id)
    if user.status is UserStatus.DISABLED and wanted.status not in {None, UserStatus.DISABLED}:
        raise UserRefused(user.staff_id, "a disabled user stays so: create another id")
    values: dict[str, object] = wanted.model_dump(exclude={"staff_id", "roles", "status"}, exclude_none=True)
    if wanted.status is not None:
        values["status"] = wanted.status.value
        if wanted.status is UserStatus.ACTIVE:
            values |= {"failed_attempts": 0, "locked_until_s": 0}
    values |= {"updated_s": now_s, "updated_by": by.staff_id, "approved_by": by.approver_staff_id}
    connection.execute(update(users).where(users.c.staff_id == user.staff_id).values(values))
    if wanted.roles is not None:
        _set_roles(connection, user.staff_id, wanted.roles)
    if wanted.status in {UserStatus.LOCKED, UserStatus.DISABLED}:
        end_sessions_of(connection, user.staff_id)
    _require_two_admins(connection, user.staff_id)


def set_password(connection: Connection, staff_id: str, new_hash: str, now_s: int, *, must_change: int = 0) -> None:
    """Store a hash; the present one and its predecessor move on. All sessions of the user end."""
    user = user_of(connection, staff_id)
    connection.execute(
        update(users)
        .where(users.c.staff_id == staff_id)
        .values(
            password_hash=new_hash,
            password_before=user.password_hash,
            password_before_that=user.password_before,
            password_changed_s=now_s,
            must_change=must_change,
        )
    )
    end_sessions_of(connection, staff_id)


def _create(connection: Connection, approval: Approval, now_s: int) -> None:
    create(connection, NewUser.model_validate_json(approval.request), approval.by, now_s)


def _change(connection: Connection, approval: Approval, now_s: int) -> None:
    change(connection, UserChange.model_validate_json(approval.request), approval.by, now_s)


def _reset(connection: Connection, approval: Approval, now_s: int) -> None:
    wanted = PasswordReset.model_validate_json(approval.request)
    set_password(connection, wanted.staff_id, wanted.password_hash, now_s, must_change=1)


CARRY_OUT: Final[Mapping[str, CarryOut]] = {"CreateUser": _create, "ChangeUser": _change, "ResetPassword": _reset}
"""Acts about users, carried out with their approval."""


def _require_two_admins(connection: Connection, changed: str) -> None:
    """Else nobody could change a user any more."""
    joined = users.join(roles, roles.c.staff_id == users.c.staff_id)
    active = users.c.status == UserStatus.ACTIVE.value, roles.c.role == StaffRole.ADMIN.value
    if len(connection.execute(select(users.c.staff_id).select_from(joined).where(*active)).all()) < 2:
        raise UserRefused(changed, "at least two active admins must remain: four eyes need them")


def _set_roles(connection: Connection, staff_id: str, wanted: frozenset[StaffRole]) -> None:
    connection.execute(delete(roles).where(roles.c.staff_id == staff_id))
    rows = [{"staff_id": staff_id, "role": role.value} for role in sorted(wanted, key=lambda each: each.value)]
    connection.execute(insert(roles), rows)


def _user(connection: Connection, row: RowMapping) -> User:
    found = connection.execute(select(roles.c.role).where(roles.c.staff_id == row["staff_id"])).scalars().all()
    return User.model_validate({**row, "roles": found})
