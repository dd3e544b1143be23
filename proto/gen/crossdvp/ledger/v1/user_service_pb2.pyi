from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StaffRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAFF_ROLE_UNSPECIFIED: _ClassVar[StaffRole]
    STAFF_ROLE_REGISTRAR_CLERK: _ClassVar[StaffRole]
    STAFF_ROLE_REGISTRAR_APPROVER: _ClassVar[StaffRole]
    STAFF_ROLE_TRUST_CLERK: _ClassVar[StaffRole]
    STAFF_ROLE_TRUST_APPROVER: _ClassVar[StaffRole]
    STAFF_ROLE_TRADER: _ClassVar[StaffRole]
    STAFF_ROLE_TRADE_APPROVER: _ClassVar[StaffRole]
    STAFF_ROLE_AUDITOR: _ClassVar[StaffRole]
    STAFF_ROLE_ADMIN: _ClassVar[StaffRole]
    STAFF_ROLE_VENUE_CLERK: _ClassVar[StaffRole]
    STAFF_ROLE_VENUE_APPROVER: _ClassVar[StaffRole]

class UserStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    USER_STATUS_UNSPECIFIED: _ClassVar[UserStatus]
    USER_STATUS_ACTIVE: _ClassVar[UserStatus]
    USER_STATUS_LOCKED: _ClassVar[UserStatus]
    USER_STATUS_DISABLED: _ClassVar[UserStatus]

class ApprovalStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPROVAL_STATUS_UNSPECIFIED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_PROPOSED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_APPROVED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_EXECUTED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_REJECTED: _ClassVar[ApprovalStatus]
    APPROVAL_STATUS_WITHDRAWN: _ClassVar[ApprovalStatus]

class ApprovalDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    APPROVAL_DECISION_UNSPECIFIED: _ClassVar[ApprovalDecision]
    APPROVAL_DECISION_APPROVE: _ClassVar[ApprovalDecision]
    APPROVAL_DECISION_REJECT: _ClassVar[ApprovalDecision]
    APPROVAL_DECISION_WITHDRAW: _ClassVar[ApprovalDecision]
STAFF_ROLE_UNSPECIFIED: StaffRole
STAFF_ROLE_REGISTRAR_CLERK: StaffRole
STAFF_ROLE_REGISTRAR_APPROVER: StaffRole
STAFF_ROLE_TRUST_CLERK: StaffRole
STAFF_ROLE_TRUST_APPROVER: StaffRole
STAFF_ROLE_TRADER: StaffRole
STAFF_ROLE_TRADE_APPROVER: StaffRole
STAFF_ROLE_AUDITOR: StaffRole
STAFF_ROLE_ADMIN: StaffRole
STAFF_ROLE_VENUE_CLERK: StaffRole
STAFF_ROLE_VENUE_APPROVER: StaffRole
USER_STATUS_UNSPECIFIED: UserStatus
USER_STATUS_ACTIVE: UserStatus
USER_STATUS_LOCKED: UserStatus
USER_STATUS_DISABLED: UserStatus
APPROVAL_STATUS_UNSPECIFIED: ApprovalStatus
APPROVAL_STATUS_PROPOSED: ApprovalStatus
APPROVAL_STATUS_APPROVED: ApprovalStatus
APPROVAL_STATUS_EXECUTED: ApprovalStatus
APPROVAL_STATUS_REJECTED: ApprovalStatus
APPROVAL_STATUS_WITHDRAWN: ApprovalStatus
APPROVAL_DECISION_UNSPECIFIED: ApprovalDecision
APPROVAL_DECISION_APPROVE: ApprovalDecision
APPROVAL_DECISION_REJECT: ApprovalDecision
APPROVAL_DECISION_WITHDRAW: ApprovalDecision

class StaffUser(_message.Message):
    __slots__ = ("staff_id", "name", "branch", "department", "staff_group", "staff_number", "account_class", "roles", "oidc_issuer", "oidc_subject", "status", "last_login_s", "password_changed_s", "failed_attempts", "locked_until_s", "approved_by")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    STAFF_GROUP_FIELD_NUMBER: _ClassVar[int]
    STAFF_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_CLASS_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    OIDC_ISSUER_FIELD_NUMBER: _ClassVar[int]
    OIDC_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LAST_LOGIN_S_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_CHANGED_S_FIELD_NUMBER: _ClassVar[int]
    FAILED_ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LOCKED_UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    name: str
    branch: str
    department: str
    staff_group: str
    staff_number: str
    account_class: str
    roles: _containers.RepeatedScalarFieldContainer[StaffRole]
    oidc_issuer: str
    oidc_subject: str
    status: UserStatus
    last_login_s: int
    password_changed_s: int
    failed_attempts: int
    locked_until_s: int
    approved_by: str
    def __init__(self, staff_id: _Optional[str] = ..., name: _Optional[str] = ..., branch: _Optional[str] = ..., department: _Optional[str] = ..., staff_group: _Optional[str] = ..., staff_number: _Optional[str] = ..., account_class: _Optional[str] = ..., roles: _Optional[_Iterable[_Union[StaffRole, str]]] = ..., oidc_issuer: _Optional[str] = ..., oidc_subject: _Optional[str] = ..., status: _Optional[_Union[UserStatus, str]] = ..., last_login_s: _Optional[int] = ..., password_changed_s: _Optional[int] = ..., failed_attempts: _Optional[int] = ..., locked_until_s: _Optional[int] = ..., approved_by: _Optional[str] = ...) -> None: ...

class Approval(_message.Message):
    __slots__ = ("approval_id", "act", "subject", "request_json", "request_hash", "author", "reason", "proposed_s", "expires_s", "status", "approver", "decided_s", "executed_s")
    APPROVAL_ID_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_JSON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_HASH_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_S_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    DECIDED_S_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_S_FIELD_NUMBER: _ClassVar[int]
    approval_id: str
    act: str
    subject: str
    request_json: str
    request_hash: bytes
    author: str
    reason: str
    proposed_s: int
    expires_s: int
    status: ApprovalStatus
    approver: str
    decided_s: int
    executed_s: int
    def __init__(self, approval_id: _Optional[str] = ..., act: _Optional[str] = ..., subject: _Optional[str] = ..., request_json: _Optional[str] = ..., request_hash: _Optional[bytes] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., proposed_s: _Optional[int] = ..., expires_s: _Optional[int] = ..., status: _Optional[_Union[ApprovalStatus, str]] = ..., approver: _Optional[str] = ..., decided_s: _Optional[int] = ..., executed_s: _Optional[int] = ...) -> None: ...

class FirstUser(_message.Message):
    __slots__ = ("user", "first_password")
    USER_FIELD_NUMBER: _ClassVar[int]
    FIRST_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    user: StaffUser
    first_password: str
    def __init__(self, user: _Optional[_Union[StaffUser, _Mapping]] = ..., first_password: _Optional[str] = ...) -> None: ...

class CreateFirstUsersRequest(_message.Message):
    __slots__ = ("users",)
    USERS_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[FirstUser]
    def __init__(self, users: _Optional[_Iterable[_Union[FirstUser, _Mapping]]] = ...) -> None: ...

class CreateFirstUsersResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BeginLoginRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BeginLoginResponse(_message.Message):
    __slots__ = ("nonce",)
    NONCE_FIELD_NUMBER: _ClassVar[int]
    nonce: str
    def __init__(self, nonce: _Optional[str] = ...) -> None: ...

class PasswordLogin(_message.Message):
    __slots__ = ("staff_id", "password")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    password: str
    def __init__(self, staff_id: _Optional[str] = ..., password: _Optional[str] = ...) -> None: ...

class IdTokenLogin(_message.Message):
    __slots__ = ("issuer", "id_token")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ID_TOKEN_FIELD_NUMBER: _ClassVar[int]
    issuer: str
    id_token: str
    def __init__(self, issuer: _Optional[str] = ..., id_token: _Optional[str] = ...) -> None: ...

class LoginRequest(_message.Message):
    __slots__ = ("password", "id_token")
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ID_TOKEN_FIELD_NUMBER: _ClassVar[int]
    password: PasswordLogin
    id_token: IdTokenLogin
    def __init__(self, password: _Optional[_Union[PasswordLogin, _Mapping]] = ..., id_token: _Optional[_Union[IdTokenLogin, _Mapping]] = ...) -> None: ...

class LoginResponse(_message.Message):
    __slots__ = ("session_token", "staff_id", "expires_s")
    SESSION_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    session_token: str
    staff_id: str
    expires_s: int
    def __init__(self, session_token: _Optional[str] = ..., staff_id: _Optional[str] = ..., expires_s: _Optional[int] = ...) -> None: ...

class LogoutRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LogoutResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChangePasswordRequest(_message.Message):
    __slots__ = ("staff_id", "old_password", "new_password")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    OLD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    old_password: str
    new_password: str
    def __init__(self, staff_id: _Optional[str] = ..., old_password: _Optional[str] = ..., new_password: _Optional[str] = ...) -> None: ...

class ChangePasswordResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListUsersRequest(_message.Message):
    __slots__ = ("after_staff_id", "max_users")
    AFTER_STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_USERS_FIELD_NUMBER: _ClassVar[int]
    after_staff_id: str
    max_users: int
    def __init__(self, after_staff_id: _Optional[str] = ..., max_users: _Optional[int] = ...) -> None: ...

class ListUsersResponse(_message.Message):
    __slots__ = ("users",)
    USERS_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[StaffUser]
    def __init__(self, users: _Optional[_Iterable[_Union[StaffUser, _Mapping]]] = ...) -> None: ...

class CreateUserRequest(_message.Message):
    __slots__ = ("user", "first_password", "author", "reason")
    USER_FIELD_NUMBER: _ClassVar[int]
    FIRST_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    user: StaffUser
    first_password: str
    author: str
    reason: str
    def __init__(self, user: _Optional[_Union[StaffUser, _Mapping]] = ..., first_password: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CreateUserResponse(_message.Message):
    __slots__ = ("approval",)
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    approval: Approval
    def __init__(self, approval: _Optional[_Union[Approval, _Mapping]] = ...) -> None: ...

class ChangeUserRequest(_message.Message):
    __slots__ = ("staff_id", "status", "roles", "branch", "department", "staff_group", "account_class", "author", "reason")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    DEPARTMENT_FIELD_NUMBER: _ClassVar[int]
    STAFF_GROUP_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_CLASS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    status: UserStatus
    roles: _containers.RepeatedScalarFieldContainer[StaffRole]
    branch: str
    department: str
    staff_group: str
    account_class: str
    author: str
    reason: str
    def __init__(self, staff_id: _Optional[str] = ..., status: _Optional[_Union[UserStatus, str]] = ..., roles: _Optional[_Iterable[_Union[StaffRole, str]]] = ..., branch: _Optional[str] = ..., department: _Optional[str] = ..., staff_group: _Optional[str] = ..., account_class: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ChangeUserResponse(_message.Message):
    __slots__ = ("approval",)
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    approval: Approval
    def __init__(self, approval: _Optional[_Union[Approval, _Mapping]] = ...) -> None: ...

class ResetPasswordRequest(_message.Message):
    __slots__ = ("staff_id", "first_password", "author", "reason")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    first_password: str
    author: str
    reason: str
    def __init__(self, staff_id: _Optional[str] = ..., first_password: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResetPasswordResponse(_message.Message):
    __slots__ = ("approval",)
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    approval: Approval
    def __init__(self, approval: _Optional[_Union[Approval, _Mapping]] = ...) -> None: ...

class ProposeCallRequest(_message.Message):
    __slots__ = ("method", "request", "subject", "author", "reason")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    method: str
    request: bytes
    subject: str
    author: str
    reason: str
    def __init__(self, method: _Optional[str] = ..., request: _Optional[bytes] = ..., subject: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ProposeCallResponse(_message.Message):
    __slots__ = ("approval",)
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    approval: Approval
    def __init__(self, approval: _Optional[_Union[Approval, _Mapping]] = ...) -> None: ...

class DecideApprovalRequest(_message.Message):
    __slots__ = ("approval_id", "decision", "request_hash", "author")
    APPROVAL_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_HASH_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    approval_id: str
    decision: ApprovalDecision
    request_hash: bytes
    author: str
    def __init__(self, approval_id: _Optional[str] = ..., decision: _Optional[_Union[ApprovalDecision, str]] = ..., request_hash: _Optional[bytes] = ..., author: _Optional[str] = ...) -> None: ...

class DecideApprovalResponse(_message.Message):
    __slots__ = ("approval",)
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    approval: Approval
    def __init__(self, approval: _Optional[_Union[Approval, _Mapping]] = ...) -> None: ...

class ListApprovalsRequest(_message.Message):
    __slots__ = ("status", "max_approvals")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MAX_APPROVALS_FIELD_NUMBER: _ClassVar[int]
    status: ApprovalStatus
    max_approvals: int
    def __init__(self, status: _Optional[_Union[ApprovalStatus, str]] = ..., max_approvals: _Optional[int] = ...) -> None: ...

class ListApprovalsResponse(_message.Message):
    __slots__ = ("approvals",)
    APPROVALS_FIELD_NUMBER: _ClassVar[int]
    approvals: _containers.RepeatedCompositeFieldContainer[Approval]
    def __init__(self, approvals: _Optional[_Iterable[_Union[Approval, _Mapping]]] = ...) -> None: ...

class ListAuditEntriesRequest(_message.Message):
    __slots__ = ("after_height", "max_entries")
    AFTER_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    MAX_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    after_height: int
    max_entries: int
    def __init__(self, after_height: _Optional[int] = ..., max_entries: _Optional[int] = ...) -> None: ...

class AuditEntry(_message.Message):
    __slots__ = ("height", "at_s", "act", "staff_id", "approver_staff_id", "caller", "resource", "outcome", "note_hash", "previous", "hash", "note", "note_salt")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    AT_S_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVER_STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_FIELD_NUMBER: _ClassVar[int]
    RESOURCE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    NOTE_HASH_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NOTE_SALT_FIELD_NUMBER: _ClassVar[int]
    height: int
    at_s: int
    act: str
    staff_id: str
    approver_staff_id: str
    caller: str
    resource: str
    outcome: str
    note_hash: bytes
    previous: bytes
    hash: bytes
    note: str
    note_salt: bytes
    def __init__(self, height: _Optional[int] = ..., at_s: _Optional[int] = ..., act: _Optional[str] = ..., staff_id: _Optional[str] = ..., approver_staff_id: _Optional[str] = ..., caller: _Optional[str] = ..., resource: _Optional[str] = ..., outcome: _Optional[str] = ..., note_hash: _Optional[bytes] = ..., previous: _Optional[bytes] = ..., hash: _Optional[bytes] = ..., note: _Optional[str] = ..., note_salt: _Optional[bytes] = ...) -> None: ...

class ListAuditEntriesResponse(_message.Message):
    __slots__ = ("entries", "head_height", "head_hash")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HEAD_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[AuditEntry]
    head_height: int
    head_hash: bytes
    def __init__(self, entries: _Optional[_Iterable[_Union[AuditEntry, _Mapping]]] = ..., head_height: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...
