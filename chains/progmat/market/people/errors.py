"""What is refused to a node's people, and why.

CrossDvpError
├── CallerError
│   ├── ActRefused                 a person may not do this act, or not alone
│   │   ├── NotAnActName           a staff id or reason that cannot be one
│   │   ├── SamePerson             author and approver are one
│   │   ├── StaffUnknown           nobody of that staff id works here
│   │   ├── StaffNotActive         locked or disabled
│   │   └── StaffRoleMissing       none of the person's roles may do it
│   ├── LoginRefused               names neither user nor password: what was wrong stays unsaid
│   ├── LoginLocked                too many failures: not before a time
│   ├── PasswordRefused            the new one breaks a rule of the policy
│   ├── PasswordExpired            only a change of it is possible
│   ├── IdTokenRefused             an OIDC ID token that breaks a rule
│   ├── SessionRefused             no session, an old one, or one of another certificate
│   ├── UserRefused                a user's record that cannot be so
│   ├── UsersExist                 the first users are made once
│   ├── ApprovalUnknown            no such approval
│   └── ApprovalRefused            not open, expired, of another act, or not by this person
└── PeerError
    └── AuditNoteAltered           a note beside the audit chain is not the one that was written
"""

from __future__ import annotations

from primitives.errors import CallerError, PeerError


class ActRefused(CallerError):
    """A person may not do this act, or not alone; nothing was changed."""

    reason = "ACT_REFUSED"


class NotAnActName(ActRefused):
    """A staff id or a reason that cannot be one."""

    reason = "ACT_NAME_INVALID"

    def __init__(self, field: str, found: str, rule: str) -> None:
        self.field = field
        super().__init__(f"{field} {found[:40]!r}: expected {rule}")


class SamePerson(ActRefused):
    """Four eyes are wanted, two looked."""

    reason = "SAME_PERSON"

    def __init__(self, act: str, staff_id: str) -> None:
        self.act, self.staff_id = act, staff_id
        super().__init__(f"{act}: expected an approver other than its author {staff_id!r}; ask a colleague to approve")


class StaffUnknown(ActRefused):
    """Nobody of that staff id works here."""

    reason = "STAFF_UNKNOWN"

    def __init__(self, staff_id: str) -> None:
        self.staff_id = staff_id
        super().__init__(f"staff id {staff_id!r} is no user of this node: correct it, or have an admin create the user")


class StaffNotActive(ActRefused):
    """The user is locked or disabled."""

    reason = "STAFF_NOT_ACTIVE"

    def __init__(self, staff_id: str, status: str) -> None:
        self.staff_id, self.status = staff_id, status
        super().__init__(f"user {staff_id!r}: expected ACTIVE, found {status}; two admins can change that")


class StaffRoleMissing(ActRefused):
    """None of the person's roles may do the act."""

    reason = "STAFF_ROLE_MISSING"

    def __init__(self, staff_id: str, act: str, expected: tuple[str, ...], found: tuple[str, ...]) -> None:
        self.staff_id, self.act, self.expected, self.found = staff_id, act, expected, found
        wanted = " or ".join(expected) or "a row in the table of acts: this act has none"
        super().__init__(f"{staff_id!r} may not do {act}: expected {wanted}, found {', '.join(found) or 'no role'}")


class LoginRefused(CallerError):
    """User and password do not fit. Which of the two is wrong stays unsaid, also by the time it takes."""

    reason = "LOGIN_REFUSED"

    def __init__(self) -> None:
        super().__init__("staff id and password do not fit together: try again with care, failures lock the user")


class LoginLocked(CallerError):
    """Too many failures in a row."""

    reason = "LOGIN_LOCKED"

    def __init__(self, until_s: int) -> None:
        self.until_s = until_s
        super().__init__(f"too many failures: not before {until_s} (Unix seconds); two admins can unlock earlier")


class PasswordRefused(CallerError):
    """The new password breaks a rule of the policy."""

    reason = "PASSWORD_REFUSED"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"the new password is refused: {rule}; the old one stays in force")


class PasswordExpired(CallerError):
    """The password is right, but too old, or was set by an admin: only a change of it is possible."""

    reason = "PASSWORD_EXPIRED"

    def __init__(self) -> None:
        super().__init__("the password must be changed before anything else: use ChangePassword")


class IdTokenRefused(CallerError):
    """An OIDC ID token that breaks a rule."""

    reason = "ID_TOKEN_REFUSED"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"the ID token is refused: {rule}; log in at the identity provider again")


class SessionRefused(CallerError):
    """No session, one that ended, or one of another certificate."""

    reason = "SESSION_REFUSED"

    def __init__(self, rule: str) -> None:
        self.rule = rule
        super().__init__(f"the session is refused: {rule}; log in again")


class UserRefused(CallerError):
    """A user's record that cannot be so."""

    reason = "USER_REFUSED"

    def __init__(self, staff_id: str, rule: str) -> None:
        self.staff_id, self.rule = staff_id, rule
        super().__init__(f"user {staff_id[:40]!r}: {rule}; correct the request")


class UsersExist(CallerError):
    """The first users are made once."""

    reason = "USERS_EXIST"

    def __init__(self) -> None:
        super().__init__("this node has users: an admin proposes new ones, another admin approves them")


class ApprovalUnknown(CallerError):
    """No such approval."""

    reason = "APPROVAL_UNKNOWN"

    def __init__(self, approval_id: str) -> None:
        self.approval_id = approval_id[:64]
        super().__init__(f"approval {approval_id[:64]!r} is unknown here: list the open ones")


class ApprovalRefused(CallerError):
    """The approval is not open, expired, of another act, or not this person's to give."""

    reason = "APPROVAL_REFUSED"

    def __init__(self, approval_id: str, rule: str) -> None:
        self.approval_id, self.rule = approval_id, rule
        super().__init__(f"approval {approval_id!r}: {rule}; propose the act again if it is still wanted")


class AuditNoteAltered(PeerError):
    """A note beside the audit chain is not the one that was written."""

    reason = "AUDIT_NOTE_ALTERED"

    def __init__(self, height: int) -> None:
        self.height = height
        super().__init__(f"the note of audit entry {height} does not have the hash in the chain; compare with a backup")
