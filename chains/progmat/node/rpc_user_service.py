"""UserService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import user_service_pb2 as pb
from crossdvp.ledger.v1.user_service_pb2_grpc import UserServiceServicer

from chains.progmat.client.sessions import SESSION_KEY
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.people.acts import Act, require_one
from chains.progmat.market.people.canonical_request import canonical
from chains.progmat.market.people.desk import PeopleDesk
from chains.progmat.market.people.statuses import ApprovalStatus, Decision
from chains.progmat.market.people.users import NewUser, PasswordReset, UserChange, as_fields, parsed, user_of
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.approved_calls import approved_form, people_named, proposed_call
from chains.progmat.node.calling_people import acting, caller_on, told
from chains.progmat.node.people_messages import (
    approval_to_message,
    line_to_message,
    new_user_fields,
    roles_of,
    user_to_message,
)

Context = grpc.aio.ServicerContext[Any, Any]

MOST_LISTED: Final = 500
MOST_FIRST_USERS: Final = 16
_SUBJECT_CHARS: Final = 128
READ_PEOPLE: Final = "ReadPeople"


class UserServiceRpc(UserServiceServicer):
    """The servicer of one vault node."""

    def __init__(self, desk: PeopleDesk, access: ApiAccess) -> None:
        self._desk = desk
        self._access = access

    async def CreateFirstUsers(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.CreateFirstUsersRequest, context: Context
    ) -> pb.CreateFirstUsersResponse:
        caller = self._authorised(context, "CreateFirstUsers")
        if not 1 <= len(request.users) <= MOST_FIRST_USERS:
            raise InvalidRequest("users", f"expected 1 to {MOST_FIRST_USERS}")
        admins = [await self._new_user(first.user, first.first_password) for first in request.users]
        await self._desk.create_first(admins, caller)
        return pb.CreateFirstUsersResponse()

    async def BeginLogin(self, request: pb.BeginLoginRequest, context: Context) -> pb.BeginLoginResponse:  # noqa: D102, N802 # as above
        del request
        self._authorised(context, "BeginLogin")
        return pb.BeginLoginResponse(nonce=await self._desk.begin_login())

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:  # noqa: D102, N802 # as above
        caller = self._authorised(context, "Login")
        if request.HasField("password"):
            proof = request.password
            session = await self._desk.log_in(proof.staff_id, proof.password, caller)
        elif request.HasField("id_token"):
            session = await self._desk.log_in_by_token(request.id_token.issuer, request.id_token.id_token, caller)
        else:
            raise InvalidRequest("proof", "expected a password or an ID token")
        return pb.LoginResponse(session_token=session.token, staff_id=session.staff_id, expires_s=session.expires_s)

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutResponse:  # noqa: D102, N802 # as above
        del request
        caller = self._authorised(context, "Logout")
        await self._desk.log_out(told(context, SESSION_KEY), caller)
        return pb.LogoutResponse()

    async def ChangePassword(self, request: pb.ChangePasswordRequest, context: Context) -> pb.ChangePasswordResponse:  # noqa: D102, N802 # as above
        caller = self._authorised(context, "ChangePassword")
        await self._desk.change_password(request.staff_id, request.old_password, request.new_password, caller)
        return pb.ChangePasswordResponse()

    async def ListUsers(self, request: pb.ListUsersRequest, context: Context) -> pb.ListUsersResponse:  # noqa: D102, N802 # as above
        await self._reader(context, "ListUsers", READ_PEOPLE)
        found = await self._desk.users(request.after_staff_id, most(request.max_users))
        return pb.ListUsersResponse(users=[user_to_message(user) for user in found])

    async def CreateUser(self, request: pb.CreateUserRequest, context: Context) -> pb.CreateUserResponse:  # noqa: D102, N802 # as above
        self._authorised(context, "CreateUser")
        user = await self._new_user(request.user, request.first_password)
        approval = await self._propose("CreateUser", user.staff_id, canonical(as_fields(user)), request, context)
        return pb.CreateUserResponse(approval=approval)

    async def ChangeUser(self, request: pb.ChangeUserRequest, context: Context) -> pb.ChangeUserResponse:  # noqa: D102, N802 # as above
        self._authorised(context, "ChangeUser")
        fields: dict[str, Any] = {"staff_id": request.staff_id}
        for name in ("branch", "department", "staff_group", "account_class"):
            if request.HasField(name):
                fields[name] = getattr(request, name)
        if request.status:
            fields["status"] = pb.UserStatus.Name(request.status).removeprefix("USER_STATUS_")
        if request.roles:
            fields["roles"] = roles_of(request.roles)
        change = parsed(UserChange, fields)
        await self._desk.database.read(lambda connection: user_of(connection, change.staff_id))
        approval = await self._propose("ChangeUser", change.staff_id, canonical(as_fields(change)), request, context)
        return pb.ChangeUserResponse(approval=approval)

    async def ResetPassword(self, request: pb.ResetPasswordRequest, context: Context) -> pb.ResetPasswordResponse:  # noqa: D102, N802 # as above
        self._authorised(context, "ResetPassword")
        user = await self._desk.database.read(lambda connection: user_of(connection, request.staff_id))
        hashed = await self._desk.first_password(request.first_password, user.staff_id, user.name)
        reset = parsed(PasswordReset, {"staff_id": user.staff_id, "password_hash": hashed})
        approval = await self._propose("ResetPassword", user.staff_id, canonical(as_fields(reset)), request, context)
        return pb.ResetPasswordResponse(approval=approval)

    async def ProposeCall(self, request: pb.ProposeCallRequest, context: Context) -> pb.ProposeCallResponse:  # noqa: D102, N802 # as above
        self._authorised(context, "ProposeCall")
        act, path, call = proposed_call(request.method, request.request)
        if getattr(people_named(call), "author", "") != request.author:
            raise InvalidRequest("request", "its author is another than the proposal's")
        if len(request.subject) > _SUBJECT_CHARS or not request.subject.isprintable():
            raise InvalidRequest("subject", f"expected at most {_SUBJECT_CHARS} printable characters")
        approval = await self._propose(act, request.subject, approved_form(path, call), request, context)
        return pb.ProposeCallResponse(approval=approval)

    async def DecideApproval(self, request: pb.DecideApprovalRequest, context: Context) -> pb.DecideApprovalResponse:  # noqa: D102, N802 # as above
        caller = self._authorised(context, "DecideApproval")
        if not request.decision or request.decision not in pb.ApprovalDecision.values():
            raise InvalidRequest("decision", "expected APPROVE, REJECT or WITHDRAW")
        decision = Decision(pb.ApprovalDecision.Name(request.decision).removeprefix("APPROVAL_DECISION_"))
        decided = await self._desk.decide(request.approval_id, decision, request.author, request.request_hash, caller)
        return pb.DecideApprovalResponse(approval=approval_to_message(decided))

    async def ListApprovals(self, request: pb.ListApprovalsRequest, context: Context) -> pb.ListApprovalsResponse:  # noqa: D102, N802 # as above
        self._authorised(context, "ListApprovals")
        reader = await acting(self._desk, context)
        status = None
        if request.status:
            status = ApprovalStatus(pb.ApprovalStatus.Name(request.status).removeprefix("APPROVAL_STATUS_"))
        found = await self._desk.approvals(status, most(request.max_approvals), reader)
        return pb.ListApprovalsResponse(approvals=[approval_to_message(each) for each in found])

    async def ListAuditEntries(  # noqa: D102, N802 # as above
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        await self._reader(context, "ListAuditEntries", READ_PEOPLE)
        limit = min(request.max_entries or MOST_LISTED, MOST_LISTED)
        head = await self._desk.audit_head()
        found = await self._desk.audit_lines(request.after_height, limit)
        return pb.ListAuditEntriesResponse(
            entries=[line_to_message(line) for line in found], head_height=head.height, head_hash=head.hash
        )

    def _authorised(self, context: Context, method: str) -> Any:  # noqa: ANN401  # a Caller
        caller = caller_on(context)
        self._access.require(caller.name, method)
        return caller

    async def _reader(self, context: Context, method: str, act: str) -> None:
        self._authorised(context, method)
        staff_id = await acting(self._desk, context)
        if staff_id:
            await self._desk.database.read(lambda connection: require_one(connection, act, staff_id))

    async def _new_user(self, message: pb.StaffUser, first_password: str) -> NewUser:
        hashed = await self._desk.first_password(first_password, message.staff_id, message.name)
        return parsed(NewUser, new_user_fields(message, hashed))

    async def _propose(
        self,
        act: str,
        subject: str,
        proposed: bytes,
        request: Any,  # noqa: ANN401  # any that has both
        context: Context,
    ) -> pb.Approval:
        by = Act(request.author, reason=request.reason)
        return approval_to_message(await self._desk.propose(act, subject, proposed, by, caller_on(context)))


def most(asked: int) -> int:
    """How many are listed: what was asked for, within bounds."""
    return min(asked or 100, MOST_LISTED)
