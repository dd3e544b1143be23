"""One node's UserService for other programs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import user_service_pb2 as pb
from crossdvp.ledger.v1.user_service_pb2_grpc import UserServiceStub

from chains.audit_chain import AuditHead, ChainEntry, require_anchors, require_head
from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call
from chains.progmat.market.people.audit_lines import AuditLine, AuditRecord, verified_lines
from chains.progmat.market.people.staff_roles import StaffRole
from chains.progmat.market.people.statuses import ApprovalStatus, Decision, UserStatus

PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class StaffLine:
    """A user as a node tells it. Times in Unix seconds, 0 = never."""

    staff_id: str
    name: str
    roles: tuple[StaffRole, ...]
    status: UserStatus
    last_login_s: int
    failed_attempts: int
    locked_until_s: int


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A user to be created; without a password he logs in at an identity provider."""

    staff_id: str
    name: str
    roles: tuple[StaffRole, ...]
    first_password: str = ""
    branch: str = ""
    department: str = ""
    staff_group: str = ""
    staff_number: str = ""
    account_class: str = ""
    oidc_issuer: str = ""
    oidc_subject: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """An approval as a node tells it; ``request_hash`` is what a decision names."""

    approval_id: str
    act: str
    subject: str
    request_json: str
    request_hash: bytes
    author: str
    reason: str
    status: ApprovalStatus
    approver: str
    expires_s: int


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """``token`` goes with every call as metadata; see ``sessions.in_session``."""

    token: str
    staff_id: str
    expires_s: int


class UserClient:
    """Asks one node. All methods raise as those of ``LedgerClient``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = UserServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def create_first(self, users: Sequence[NewStaff]) -> None:
        """The first users of a node."""
        told = [pb.FirstUser(user=_staff_message(each), first_password=each.first_password) for each in users]
        await self._call("CreateFirstUsers", pb.CreateFirstUsersRequest(users=told))

    async def begin_login(self) -> str:
        """A nonce for a login at an identity provider."""
        return str((await self._call("BeginLogin", pb.BeginLoginRequest())).nonce)

    async def log_in(self, staff_id: str, password: str) -> OpenedSession:
        """By password."""
        proof = pb.PasswordLogin(staff_id=staff_id, password=password)
        return _session(await self._call("Login", pb.LoginRequest(password=proof)))

    async def log_in_by_token(self, issuer: str, id_token: str) -> OpenedSession:
        """By an identity provider's ID token."""
        proof = pb.IdTokenLogin(issuer=issuer, id_token=id_token)
        return _session(await self._call("Login", pb.LoginRequest(id_token=proof)))

    async def log_out(self) -> None:
        """End the session in which this client calls."""
        await self._call("Logout", pb.LogoutRequest())

    async def change_password(self, staff_id: str, old: str, new: str) -> None:
        """Also in place of an expired one."""
        request = pb.ChangePasswordRequest(staff_id=staff_id, old_password=old, new_password=new)
        await self._call("ChangePassword", request)

    async def users(self) -> list[StaffLine]:
        """All of them."""
        found: list[StaffLine] = []
        while True:
            after = found[-1].staff_id if found else ""
            answer = await self._call("ListUsers", pb.ListUsersRequest(after_staff_id=after, max_users=PAGE))
            found += [_staff_line(user) for user in answer.users]
            if len(answer.users) < PAGE:
                return found

    async def create_user(self, user: NewStaff, author: str, reason: str) -> ApprovalLine:
        """Propose a user."""
        request = pb.CreateUserRequest(
            user=_staff_message(user), first_password=user.first_password, author=author, reason=reason
        )
        return approval_line((await self._call("CreateUser", request)).approval)

    async def change_user(
        self, staff_id: str, status: UserStatus | None, roles: Iterable[StaffRole], author: str, reason: str
    ) -> ApprovalLine:
        """Propose a change of status or roles; None and none: they stay."""
        request = pb.ChangeUserRequest(
            staff_id=staff_id,
            status=f"USER_STATUS_{status.value if status else 'UNSPECIFIED'}",
            roles=_role_numbers(roles),
            author=author,
            reason=reason,
        )
        return approval_line((await self._call("ChangeUser", request)).approval)

    async def reset_password(self, staff_id: str, first_password: str, author: str, reason: str) -> ApprovalLine:
        """Propose a first password for somebody who has forgotten his."""
        request = pb.ResetPasswordRequest(
            staff_id=staff_id, first_password=first_password, author=author, reason=reason
        )
        return approval_line((await self._call("ResetPassword", request)).approval)

    async def propose_call(self, method: str, request: bytes, subject: str, author: str, reason: str) -> ApprovalLine:
        """Propose a call of another service: its full method name and encoded request."""
        proposed = pb.ProposeCallRequest(method=method, request=request, subject=subject, author=author, reason=reason)
        return approval_line((await self._call("ProposeCall", proposed)).approval)

    async def decide(self, approval: ApprovalLine, decision: Decision, author: str) -> ApprovalLine:
        """Decide on what ``approval`` shows."""
        request = pb.DecideApprovalRequest(
            approval_id=approval.approval_id,
            decision=f"APPROVAL_DECISION_{decision.value}",
            request_hash=approval.request_hash,
            author=author,
        )
        return approval_line((await self._call("DecideApproval", request)).approval)

    async def approvals(self, status: ApprovalStatus | None = None, limit: int = 100) -> list[ApprovalLine]:
        """The newest first."""
        named = f"APPROVAL_STATUS_{status.value if status else 'UNSPECIFIED'}"
        request = pb.ListApprovalsRequest(status=named, max_approvals=limit)
        return [approval_line(each) for each in (await self._call("ListApprovals", request)).approvals]

    async def audit_page(self, after: int, limit: int = PAGE) -> tuple[list[AuditLine], AuditHead]:
        """Entries above a height, and where the chain ended when they were read."""
        request = pb.ListAuditEntriesRequest(after_height=after, max_entries=limit)
        answer = await self._call("ListAuditEntries", request)
        return [_audit_line(each) for each in answer.entries], AuditHead(answer.head_height, answer.head_hash)

    async def audit(self) -> AsyncIterator[AuditLine]:
        """The whole log, read by pages."""
        after = 0
        while True:
            page, _ = await self.audit_page(after)
            if not page:
                return
            for line in page:
                yield line
            after = page[-1].entry.height

    async def verify_audit(self, anchors: Iterable[AuditHead] = ()) -> AuditHead:
        """Verify here what the node tells, entry by entry. Raises ``AuditChainBroken``, ``AuditNoteAltered``."""
        known = list(anchors)
        found = AuditHead()
        while True:
            page, expected = await self.audit_page(found.height)
            found = verified_lines(page, known, found)
            if not page or found.height >= expected.height:
                break
        require_anchors(known, found)
        require_head(expected, found)
        return found

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _call(self, method: str, request: object) -> Any:  # noqa: ANN401  # generated messages
        return await call(self.name, getattr(self._stub, method), request)


def approval_line(message: pb.Approval) -> ApprovalLine:
    """An approval in an answer of any service."""
    return ApprovalLine(
        message.approval_id,
        message.act,
        message.subject,
        message.request_json,
        message.request_hash,
        message.author,
        message.reason,
        ApprovalStatus(pb.ApprovalStatus.Name(message.status).removeprefix("APPROVAL_STATUS_")),
        message.approver,
        message.expires_s,
    )


def _staff_message(user: NewStaff) -> pb.StaffUser:
    return pb.StaffUser(
        staff_id=user.staff_id,
        name=user.name,
        branch=user.branch,
        department=user.department,
        staff_group=user.staff_group,
        staff_number=user.staff_number,
        account_class=user.account_class,
        roles=_role_numbers(user.roles),
        oidc_issuer=user.oidc_issuer,
        oidc_subject=user.oidc_subject,
    )


def _staff_line(user: pb.StaffUser) -> StaffLine:
    return StaffLine(
        user.staff_id,
        user.name,
        tuple(StaffRole(pb.StaffRole.Name(role).removeprefix("STAFF_ROLE_")) for role in user.roles),
        UserStatus(pb.UserStatus.Name(user.status).removeprefix("USER_STATUS_")),
        user.last_login_s,
        user.failed_attempts,
        user.locked_until_s,
    )


def _role_numbers(roles: Iterable[StaffRole]) -> list[Any]:
    return [pb.StaffRole.Value(f"STAFF_ROLE_{role.value}") for role in roles]


def _session(answer: pb.LoginResponse) -> OpenedSession:
    return OpenedSession(answer.session_token, answer.staff_id, answer.expires_s)


def _audit_line(message: pb.AuditEntry) -> AuditLine:
    record = AuditRecord(
        message.at_s,
        message.act,
        message.staff_id,
        message.approver_staff_id,
        message.caller,
        message.resource,
        message.outcome,
        message.note_hash,
    )
    entry = ChainEntry(message.height, record, message.previous, message.hash)
    return AuditLine(entry, message.note, message.note_salt)
