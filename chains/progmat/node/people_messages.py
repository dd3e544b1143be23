"""Users, approvals, audit entries and master records as messages of their services, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from crossdvp.ledger.v1 import master_data_service_pb2 as master_pb
from crossdvp.ledger.v1 import user_service_pb2 as pb

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.rows import Stored, Values, Version
from chains.progmat.market.master_data.shape import Leaf, leaves_of
from chains.progmat.market.people.approvals import Approval
from chains.progmat.market.people.audit_lines import AuditLine
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.users import User
from chains.progmat.node.approved_calls import readable

_MOST_INTEGER_DIGITS: Final = 15


def user_to_message(user: User) -> pb.StaffUser:
    """Without hashes of passwords."""
    return pb.StaffUser(
        staff_id=user.staff_id,
        name=user.name,
        branch=user.branch,
        department=user.department,
        staff_group=user.staff_group,
        staff_number=user.staff_number,
        account_class=user.account_class,
        roles=[_number(pb.StaffRole, f"STAFF_ROLE_{role.value}") for role in sorted(user.roles, key=_value)],
        oidc_issuer=user.oidc_issuer,
        oidc_subject=user.oidc_subject,
        status=_number(pb.UserStatus, f"USER_STATUS_{user.status.value}"),
        last_login_s=user.last_login_s,
        password_changed_s=user.password_changed_s,
        failed_attempts=user.failed_attempts,
        locked_until_s=user.locked_until_s,
        approved_by=user.approved_by,
    )


def new_user_fields(message: pb.StaffUser, password_hash: str) -> dict[str, Any]:
    """What a user to be created consists of; for ``users.parsed``."""
    words = ("staff_id", "name", "branch", "department", "staff_group", "staff_number", "account_class")
    of_provider = ("oidc_issuer", "oidc_subject")
    told = {name: getattr(message, name) for name in (*words, *of_provider)}
    return {**told, "roles": roles_of(message.roles), "password_hash": password_hash}


def roles_of(numbers: Any) -> list[StaffRole]:  # noqa: ANN401  # a generated container
    """Roles by their numbers. Raises ``InvalidRequest``."""
    names = {value: name for name, value in pb.StaffRole.items() if value}
    found = []
    for number in numbers:
        if number not in names:
            raise InvalidRequest("roles", f"{number} is no role")
        found.append(StaffRole(names[number].removeprefix("STAFF_ROLE_")))
    return found


def approval_to_message(approval: Approval) -> pb.Approval:
    """With its request as people read it."""
    return pb.Approval(
        approval_id=approval.approval_id,
        act=approval.act,
        subject=approval.subject,
        request_json=readable(approval.request),
        request_hash=approval.request_hash,
        author=approval.author,
        reason=approval.why,
        proposed_s=approval.proposed_s,
        expires_s=approval.expires_s,
        status=_number(pb.ApprovalStatus, f"APPROVAL_STATUS_{approval.status.value}"),
        approver=approval.approver,
        decided_s=approval.decided_s,
        executed_s=approval.executed_s,
    )


def line_to_message(line: AuditLine) -> pb.AuditEntry:
    """All that a verifier needs."""
    entry, record = line.entry, line.entry.record
    return pb.AuditEntry(
        height=entry.height,
        at_s=record.at_s,
        act=record.act,
        staff_id=record.staff_id,
        approver_staff_id=record.approver_staff_id,
        caller=record.caller,
        resource=record.resource,
        outcome=record.outcome,
        note_hash=record.note_hash,
        previous=entry.previous,
        hash=entry.hash,
        note=line.note,
        note_salt=line.salt,
    )


def kind_of(number: int) -> RecordKind:
    """A kind of record by its number. Raises ``InvalidRequest``."""
    names = {value: name for name, value in master_pb.RecordKind.items() if value}
    if number not in names:
        raise InvalidRequest("kind", f"{number} is no kind of record")
    return RecordKind(names[number].removeprefix("RECORD_KIND_"))


def values_from(kind: RecordKind, told: Mapping[str, str]) -> dict[str, str | int]:
    """Values by path, numbers as numbers. Raises ``InvalidRequest``."""
    integers = {leaf.path for leaf in leaves_of(kind) if leaf.kind is int}
    values: dict[str, str | int] = {}
    for path, text in told.items():
        if path not in integers or not text:
            values[path] = text
        elif text.isascii() and text.isdigit() and len(text) <= _MOST_INTEGER_DIGITS:
            values[path] = int(text)
        else:
            raise InvalidRequest(path[:60], "expected a whole number in decimal digits")
    return values


def record_to_message(stored: Stored) -> master_pb.MasterRecord:
    """With all its values."""
    return master_pb.MasterRecord(
        kind=kind_to_number(stored.kind),
        values=_texts(stored.values),
        version=stored.version,
        created_s=stored.created_s,
        created_by=stored.created_by,
        updated_s=stored.updated_s,
        updated_by=stored.updated_by,
        approved_by=stored.approved_by,
        erased_s=stored.erased_s,
    )


def version_to_message(version: Version) -> master_pb.RecordVersion:
    """With what is left of its values."""
    return master_pb.RecordVersion(
        version=version.version,
        at_s=version.at_s,
        author=version.author,
        approver=version.approver,
        values=_texts(version.values),
        erased_s=version.erased_s,
    )


def field_to_message(leaf: Leaf) -> master_pb.RecordField:
    """A field's rules."""
    return master_pb.RecordField(
        path=leaf.path,
        is_personal=leaf.is_personal,
        is_required=leaf.is_required,
        refers_to=kind_to_number(leaf.refers_to) if leaf.refers_to else None,
        choices=leaf.choices,
    )


def kind_to_number(kind: RecordKind) -> Any:  # noqa: ANN401  # generated enums are ints at run time
    """A kind's number."""
    return _number(master_pb.RecordKind, f"RECORD_KIND_{kind.value}")


def _texts(values: Values) -> dict[str, str]:
    return {path: str(value) for path, value in values.items()}


def _value(role: StaffRole) -> str:
    return role.value


def _number(of_enum: Any, name: str) -> Any:  # noqa: ANN401  # as kind_to_number
    return of_enum.Value(name)
