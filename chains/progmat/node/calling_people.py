"""Who acts in a call: the client certificate, the session behind it, and the approval it brings. See ``people.acts``.

``ActingPeople`` stands before every service of a node. A request with an ``author`` must come in that person's session;
one whose act needs a second person must bring an approval of exactly this request by the ``approver`` it names. What
changes something and names nobody must come in the session of somebody whose role has it. Each such call leaves two
entries in the audit log: that it began, and what became of it (one, where it names nobody). On a node without users
none of this applies; and a platform's certificate speaks for its own people, whose sessions are the platform's affair:
its calls are in the log, and whom it names must still be users with the role.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Any, Final, TypeAlias

import grpc
import grpc.aio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from google.protobuf.message import Message

from chains.progmat.client.sessions import APPROVAL_KEY, SESSION_KEY
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import Act, has_users, require_in_session
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.market.people.errors import ApprovalRefused, SessionRefused
from chains.progmat.market.people.staff_roles import ACTS
from chains.progmat.node.api_access import NEEDED, ApiAccess
from chains.progmat.node.approved_calls import approved_form, names_people, people_named
from chains.progmat.node.peers.rpc_service import identity_of
from primitives.errors import CrossDvpError

BEGUN: Final = "BEGUN"
DEFECT: Final = "INTERNAL"
_OWN_ENTRIES: Final = ("/crossdvp.ledger.v1.UserService/", "/crossdvp.ledger.v1.MasterDataService/")
"""Services whose every act writes its entry together with its change."""
_READS: Final = ("Get", "List", "Find", "Explain", "Preview", "Describe", "Reconcile")
"""How methods begin that change nothing."""

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


def caller_on(context: Context) -> Caller:
    """Name and hash of the certificate behind a call. Raises ``PeerNotListed``."""
    name = identity_of(context).name
    (pem,) = context.auth_context()["x509_pem_cert"]
    return Caller(name, _hash_of(pem))


def told(context: Context, key: str) -> str:
    """A value of the call's metadata; empty if there is none."""
    for name, value in context.invocation_metadata() or ():
        if name == key and isinstance(value, str):
            return value
    return ""


async def acting(desk: PeopleDesk, context: Context) -> str:
    """The staff id in whose session a call comes; empty on a node without users. Raises ``SessionRefused``."""
    if not await desk.database.look_up(has_users):
        return ""
    session = told(context, SESSION_KEY)
    if not session:
        raise SessionRefused(f"this node has users, and the call has no {SESSION_KEY} metadata")
    return await desk.who_is(session, caller_on(context))


class ActingPeople(grpc.aio.ServerInterceptor):  # type: ignore[type-arg] # generic in its stub only
    """Before the services of a node; inside of ``ErrorStatusInterceptor``, which tells what it raises."""

    def __init__(self, desk: PeopleDesk, access: ApiAccess) -> None:
        self._desk = desk
        self._access = access

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> _Handler:
        """Wrap methods that take one message and answer one: all that change something."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler  # type: ignore[return-value] # an unknown method has no handler, whatever the stub says
        inner: Callable[[Any, Any], Any] = handler.unary_unary
        method = str(handler_call_details.method)

        async def answer(request: Message, context: Context) -> object:
            act = method.rpartition("/")[2]
            if not names_people(act, request):
                if act in NEEDED and not act.startswith(_READS) and not method.startswith(_OWN_ENTRIES):
                    await self._require_session(act, request, context)
                return await inner(request, context)
            return await self._answer(inner, method, request, context)

        serializers = (handler.request_deserializer, handler.response_serializer)
        return grpc.unary_unary_rpc_method_handler(answer, *serializers)

    async def _require_session(self, act: str, request: Message, context: Context) -> None:
        """Somebody's session stands behind an operator's call that names nobody; it is in the log."""
        if not await self._desk.database.look_up(has_users):
            return
        caller = caller_on(context)
        if not self._access.is_operator(caller.name):
            return
        resource = str(getattr(request, "request_id", ""))
        try:
            staff_id = await acting(self._desk, context)
        except CrossDvpError as refused:
            await self._note(f"Call {act}", Act(""), resource, caller, refused.reason)
            raise
        check = partial(require_in_session, act=act, staff_id=staff_id)
        await self._desk.acted(f"Call {act}", Act(staff_id), resource, caller, check)

    async def _answer(
        self,
        inner: Callable[[Any, Any], Any],
        method: str,
        request: Any,  # noqa: ANN401  # any message
        context: Context,
    ) -> object:
        act = method.rpartition("/")[2]
        if not await self._desk.database.look_up(has_users):
            return await inner(request, context)
        named: Any = people_named(request)
        by = Act(named.author, getattr(named, "approver", ""))
        resource = str(getattr(request, "request_id", ""))
        caller = caller_on(context)
        try:
            await self._require(method, act, request, context)
        except CrossDvpError as refused:
            await self._note(f"Call {act}", by, resource, caller, refused.reason)
            raise
        if method.startswith(_OWN_ENTRIES):
            return await inner(request, context)
        await self._note(f"Call {act}", by, resource, caller, BEGUN)
        outcome = DEFECT
        try:
            answered = await inner(request, context)
            outcome = audit.OK
        except CrossDvpError as refused:
            outcome = refused.reason
            raise
        finally:
            await self._note(f"Call {act}", by, resource, caller, outcome)
        return answered

    async def _require(self, method: str, act: str, request: Any, context: Context) -> None:  # noqa: ANN401  # as above
        """Author and approver are whom the request names. Raises ``SessionRefused``, ``ApprovalRefused`` and others."""
        if not self._access.is_operator(caller_on(context).name):
            return
        staff_id = await acting(self._desk, context)
        named: Any = people_named(request)
        if named.author != staff_id:
            raise SessionRefused(f"it is {staff_id}'s, and the request names {named.author[:64]!r} as its author")
        if "approver" not in named.DESCRIPTOR.fields_by_name:
            return
        rule = ACTS.get(act)
        if not named.approver and not (rule and rule.approvers):
            return
        approval_id = told(context, APPROVAL_KEY)
        if not approval_id:
            raise ApprovalRefused("", f"{act} needs a second person: the call must bring {APPROVAL_KEY} metadata")
        approval = await self._desk.approval(approval_id)
        if approval.approver != named.approver:
            raise ApprovalRefused(approval_id, f"the request names {named.approver[:64]!r}, who did not approve it")
        form = approved_form(method, request)
        await self._desk.use_approval(approval_id, act, form, named.author, caller_on(context))

    async def _note(self, act: str, by: Act, resource: str, caller: Caller, outcome: str) -> None:
        at_s, salt = self._desk.now_s(), self._desk.random_bytes(audit.SALT_BYTES)
        await self._desk.database.submit(
            lambda connection: audit.append(
                connection, act, by, resource, at_s=at_s, salt=salt, outcome=outcome, caller=caller.name
            )
        )


@lru_cache(maxsize=256)
def _hash_of(pem: bytes) -> bytes:
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256())
