"""What a node does for its people: log in, change users, decide on proposals; each with its entry in the audit log.

An act and its entry are one database transaction. What is refused changes nothing and leaves an entry of its own.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from chains.audit_chain import AuditHead
from chains.progmat.market.people import approvals, audit, login, nonces, sessions, users
from chains.progmat.market.people.acts import Act, has_users, roles_of
from chains.progmat.market.people.approvals import Approval, CarryOut
from chains.progmat.market.people.audit_lines import AuditLine
from chains.progmat.market.people.errors import (
    IdTokenRefused,
    LoginRefused,
    StaffRoleMissing,
    UserRefused,
    UsersExist,
)
from chains.progmat.market.people.oidc import HttpKeySource, IdTokens, KeySource
from chains.progmat.market.people.passwords import checked_new, fits, hashed
from chains.progmat.market.people.rules import PeopleRules
from chains.progmat.market.people.sessions import Session
from chains.progmat.market.people.staff_roles import ACTS, StaffRole
from chains.progmat.market.people.statuses import ApprovalStatus, Decision
from chains.progmat.market.people.users import CARRY_OUT, NewUser, User
from chains.progmat.node.storage import NodeDatabase
from primitives.errors import CallerError, PeerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """How a call came: the name in its client certificate, and SHA-256 of the certificate's DER form."""

    name: str
    certificate_hash: bytes


class PeopleDesk:
    """Of one node. ``carry_out``: acts beside those on users that an approval carries out at once.

    ``afterwards``: what follows such an act outside of its transaction, and may be repeated.
    """

    def __init__(
        self,
        database: NodeDatabase,
        now_s: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        rules: PeopleRules | None = None,
        carry_out: Mapping[str, CarryOut] | None = None,
        key_source: KeySource | None = None,
        afterwards: Mapping[str, Callable[[NodeDatabase], Awaitable[object]]] | None = None,
    ) -> None:
        rules = rules or PeopleRules()
        self.database = database
        self.now_s = now_s
        self.random_bytes = random_bytes
        self.policy = rules.policy
        self._carry_out = {**CARRY_OUT, **(carry_out or {})}
        self._afterwards = dict(afterwards or {})
        source = key_source or HttpKeySource()
        self._id_tokens = {provider.issuer: IdTokens(provider, source) for provider in rules.providers}

    # ---- every act ----

    async def acted(
        self,
        act: str,
        by: Act,
        resource: str,
        caller: Caller,
        work: Callable[[Connection], T],
        *,
        detail: str = "",
    ) -> T:
        """Do ``work`` and write its audit entry, together; a refusal is written instead, and raised."""
        at_s, salt = self.now_s(), self.random_bytes(audit.SALT_BYTES)
        entry = partial(audit.append, at_s=at_s, salt=salt, caller=caller.name)

        def both(connection: Connection) -> T:
            done = work(connection)
            entry(connection, act, by, resource, detail=detail)
            return done

        try:
            return await self.database.submit(both)
        except (CallerError, PeerError) as refused:
            why = refused.reason
            await self.database.submit(lambda connection: entry(connection, act, by, resource, outcome=why))
            raise

    async def who_is(self, token: str, caller: Caller) -> str:
        """The staff id of a session on this certificate. Raises ``SessionRefused``, ``StaffNotActive``."""
        now_s = self.now_s()
        return await self.database.read(
            lambda connection: sessions.who_is(connection, token, caller.certificate_hash, now_s)
        )

    # ---- logging in ----

    async def log_in(self, staff_id: str, password: str, caller: Caller) -> Session:
        """A session. Raises ``LoginRefused``, ``LoginLocked``, ``PasswordExpired``."""
        attempt = await self._attempt(staff_id, caller)
        is_right = await asyncio.to_thread(fits, password, attempt.stored_hash)
        fresh, now_s = self.random_bytes(sessions.TOKEN_BYTES), self.now_s()

        def enter(connection: Connection) -> Session:
            user = login.end(connection, attempt, self.policy, fits=is_right)
            login.require_fresh(user, self.policy, now_s)
            return login.enter(connection, user, caller.certificate_hash, fresh, self.policy, now_s)

        return await self.acted("Login", Act(_shown(staff_id)), _shown(staff_id), caller, enter)

    async def begin_login(self) -> str:
        """A nonce for a login at an identity provider."""
        nonce = base64.urlsafe_b64encode(self.random_bytes(24)).decode()
        now_s = self.now_s()
        await self.database.submit(lambda connection: nonces.give_out(connection, nonce, now_s))
        return nonce

    async def log_in_by_token(self, issuer: str, id_token: str, caller: Caller) -> Session:
        """A session. Raises ``IdTokenRefused``, ``KeySetUnavailable``, ``LoginRefused``, ``StaffNotActive``."""
        now_s, fresh = self.now_s(), self.random_bytes(sessions.TOKEN_BYTES)
        verifier = self._id_tokens.get(issuer)
        try:
            if verifier is None:
                raise IdTokenRefused("its issuer is no provider of this node")  # noqa: TRY301  # told as the others are
            identified = await verifier.verify(id_token, now_s)
        except IdTokenRefused as refused:
            await self.acted("Login", Act(""), "", caller, partial(_refuse, refused))
            raise

        def enter(connection: Connection) -> Session:
            nonces.take(connection, identified.nonce, now_s)
            user = users.user_of_subject(connection, identified.issuer, identified.subject)
            if user is None:
                raise LoginRefused
            return login.enter(connection, user, caller.certificate_hash, fresh, self.policy, now_s)

        return await self.acted("Login", Act(""), "", caller, enter)

    async def log_out(self, token: str, caller: Caller) -> None:
        """End a session."""
        staff_id = await self.who_is(token, caller)
        end = partial(sessions.end_session, token=token)
        await self.acted("Logout", Act(staff_id), staff_id, caller, end)

    async def change_password(self, staff_id: str, old: str, new: str, caller: Caller) -> None:
        """Set a new password, also an expired one. Raises ``LoginRefused``, ``LoginLocked``, ``PasswordRefused``."""
        attempt = await self._attempt(staff_id, caller)
        is_right = await asyncio.to_thread(fits, old, attempt.stored_hash)
        user = await self.acted(
            "CheckPassword",
            Act(_shown(staff_id)),
            _shown(staff_id),
            caller,
            lambda connection: login.end(connection, attempt, self.policy, fits=is_right),
        )
        before = user.password_hash, user.password_before, user.password_before_that
        try:
            await asyncio.to_thread(checked_new, new, staff_id, user.name, before, self.policy)
        except CallerError as refused:
            await self.acted("ChangePassword", Act(staff_id), staff_id, caller, partial(_refuse, refused))
            raise
        new_hash = await self.password_hash(new)
        now_s = self.now_s()

        def change(connection: Connection) -> None:
            if users.user_of(connection, staff_id).password_hash != attempt.stored_hash:
                raise LoginRefused
            users.set_password(connection, staff_id, new_hash, now_s)

        await self.acted("ChangePassword", Act(staff_id), staff_id, caller, change)

    async def password_hash(self, password: str) -> str:
        """The hash of a password, with a fresh salt."""
        return await asyncio.to_thread(hashed, password, self.random_bytes(16), self.policy)

    async def first_password(self, password: str, staff_id: str, name: str) -> str:
        """The hash of a password that an admin sets for somebody; empty for none. Raises ``PasswordRefused``."""
        if not password:
            return ""
        checked_new(password, staff_id, name, (), self.policy)
        return await self.password_hash(password)

    # ---- users and approvals ----

    async def create_first(self, admins: Sequence[NewUser], caller: Caller) -> None:
        """The first users of a node: at least two admins. Raises ``UsersExist``, ``UserRefused``."""
        now_s = self.now_s()

        def create_all(connection: Connection) -> None:
            if has_users(connection):
                raise UsersExist
            if sum(StaffRole.ADMIN in admin.roles for admin in admins) < 2:
                raise UserRefused(admins[0].staff_id if admins else "", "expected at least two admins: four eyes")
            for admin in admins:
                users.create(connection, admin, Act(caller.name), now_s)

        await self.acted("CreateFirstUsers", Act(""), "users", caller, create_all)

    async def propose(
        self,
        act: str,
        subject: str,
        request: bytes,
        by: Act,
        caller: Caller,
        check: Callable[[Connection], None] = lambda _connection: None,
    ) -> Approval:
        """Store a proposal that waits for another person. Raises ``ActRefused``'s leaves, ``ApprovalRefused``.

        ``check``: raises if the act would be refused anyway.
        """
        approval_id, now_s = self.random_bytes(approvals.ID_BYTES).hex(), self.now_s()

        def store(connection: Connection) -> Approval:
            if has_users(connection):
                _require_author(connection, act, by.staff_id)
            check(connection)
            return approvals.propose(connection, approval_id, act, subject, request, by, now_s)

        return await self.acted(f"Propose {act}", by, subject, caller, store, detail=f"approval {approval_id}")

    async def decide(
        self, approval_id: str, decision: Decision, staff_id: str, seen_hash: bytes, caller: Caller
    ) -> Approval:
        """Approve, reject or withdraw. Raises as ``approvals.decide``."""
        now_s = self.now_s()

        def store(connection: Connection) -> Approval:
            return approvals.decide(connection, approval_id, decision, staff_id, seen_hash, now_s, self._carry_out)

        known = await self.database.read(partial(approvals.found, approval_id=approval_id))
        by = Act(known.author, staff_id if decision is not Decision.WITHDRAW else "")
        act = f"{decision.value.capitalize()} {known.act}"
        decided = await self.acted(act, by, known.subject, caller, store, detail=f"approval {approval_id}")
        if decided.status is ApprovalStatus.EXECUTED and decided.act in self._afterwards:
            await self._afterwards[decided.act](self.database)
        return decided

    async def use_approval(self, approval_id: str, act: str, request: bytes, author: str, caller: Caller) -> Approval:
        """Carry out an approved request of another service. Raises as ``approvals.use``."""
        now_s = self.now_s()
        use = partial(approvals.use, approval_id=approval_id, act=act, request=request, author=author, now_s=now_s)
        return await self.acted(f"Use {act}", Act(author), approval_id, caller, use)

    async def approval(self, approval_id: str) -> Approval:
        """One, with its request. Raises ``ApprovalUnknown``."""
        return await self.database.read(partial(approvals.found, approval_id=approval_id))

    async def approvals(self, status: ApprovalStatus | None, limit: int, reader: str = "") -> list[Approval]:
        """The newest first; of ``reader``, if one is named, those that his roles may author, approve or audit."""

        def read(connection: Connection) -> list[Approval]:
            found = approvals.listed(connection, status, limit)
            if not reader:
                return found
            has = roles_of(connection, reader)
            return [each for each in found if has & _concerned(each.act)]

        return await self.database.read(read)

    async def users(self, after: str, limit: int) -> list[User]:
        """By staff id."""
        return await self.database.read(partial(users.all_users, after=after, limit=limit))

    # ---- audit ----

    async def audit_lines(self, after: int, limit: int) -> list[AuditLine]:
        """Entries above a height."""
        return await self.database.read(partial(audit.lines, after=after, limit=limit))

    async def audit_head(self) -> AuditHead:
        """Where the chain ends."""
        return await self.database.read(audit.head)

    async def _attempt(self, staff_id: str, caller: Caller) -> login.Attempt:
        now_s = self.now_s()
        begin = partial(login.begin, staff_id=staff_id[:64], policy=self.policy, now_s=now_s)
        try:
            return await self.database.submit(begin)
        except CallerError as refused:
            await self.acted("Login", Act(_shown(staff_id)), _shown(staff_id), caller, partial(_refuse, refused))
            raise


def _require_author(connection: Connection, act: str, staff_id: str) -> None:
    """That one may propose an act, which needs somebody else to approve it."""
    rule = ACTS.get(act)
    has = roles_of(connection, staff_id)
    if rule is None or not has & rule.authors:
        expected = tuple(sorted(role.value for role in rule.authors)) if rule else ()
        raise StaffRoleMissing(staff_id, act, expected, tuple(sorted(role.value for role in has)))


def _concerned(act: str) -> frozenset[StaffRole]:
    """Whose affair a proposal is: its request may hold a person's account."""
    rule = ACTS[act]
    return rule.authors | rule.approvers | {StaffRole.AUDITOR}


def _refuse(refusal: CallerError, connection: Connection) -> None:
    """An act that was refused before it came to the database."""
    del connection
    raise refusal


def _shown(staff_id: str) -> str:
    """A claimed id as it may stand in the log: nobody's password, typed into the wrong field."""
    return staff_id if len(staff_id) <= 64 and staff_id.isascii() and " " not in staff_id else "?"
