"""The gateway's door: certificate, limit, token and role are checked before a servicer sees a call.

The order is the cheapest first: an unknown certificate costs a look-up, a known one a place in its bucket, and only
then is a signature verified. A refused call that would have changed something is in the audit log, unless the
limit refused it: a flood is not answered by writing it down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import grpc
import grpc.aio

from primitives.errors import CallerError
from relayer.gateway.access import Speaker, Speakers, admit
from relayer.gateway.access_errors import MethodNotOpen, TokenMissing, TokenRefused
from relayer.gateway.audit_calls import AuditedCalls, request_hash
from relayer.gateway.limits import STRANGER, STRANGERS, CallClass, Limiter
from relayer.gateway.method_rules import RULES, MethodRule
from relayer.gateway.tenants import Tenant, TokenPolicy
from relayer.gateway.token_uses import TokenUses
from relayer.gateway.tokens import TokenVerifier
from relayer.rpc.callers import CallerNotAuthorised, certificate_of, is_health
from relayer.rpc.handlers import Context, Continuation, Handler, guarded

BEARER: Final = "Bearer "
AUTHORIZATION_METADATA: Final = "authorization"


class CallerChecks(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Lets in what the table of methods, the tenants and their limits allow. Outside of ``AuditedCalls``."""

    def __init__(
        self,
        speakers: Speakers,
        verifier: TokenVerifier,
        limiter: Limiter,
        audited: AuditedCalls,
        now_s: Callable[[], int],
    ) -> None:
        self._speakers = speakers
        self._verifier = verifier
        self._limiter = limiter
        self._audited = audited
        self._uses = TokenUses()
        self._now_s = now_s

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handler with the checks that its method's rule asks for."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        is_stream = handler.request_streaming or handler.response_streaming
        if is_health(method):
            return guarded(handler, lambda _request, context: self._count_health(context, is_stream=is_stream))
        rule = RULES.get(method)

        async def check(request: object, context: Context) -> None:
            await self._check(method, rule, request, context)

        return guarded(handler, check)

    async def _count_health(self, context: Context, *, is_stream: bool) -> None:
        """Health stays open to every certificate of the authority, within limits."""
        name = certificate_of(context).name
        is_listed = name in self._speakers.callers
        limits = self._speakers.tenant(name).limits if is_listed else STRANGERS
        platform = name if is_listed else STRANGER
        self._limiter.take(platform, limits, CallClass.READ)
        if is_stream:
            context.add_done_callback(_closing(self._limiter.open_stream(platform, limits)))

    async def _check(self, method: str, rule: MethodRule | None, request: object, context: Context) -> None:
        certificate = certificate_of(context)
        user = ""
        try:
            tenant = self._tenant(certificate.name, rule)
            if rule is None:
                raise MethodNotOpen(method)
            if rule.needs_identity:
                speaker = self._speaker(tenant, request, context, rule)
                user = speaker.user
                speaker.require_one_of(rule.roles)
                admit(speaker)
        except CallerError as refusal:
            if rule is None or rule.is_privileged:
                await self._audited.refused(request, user, refusal, context)
            raise
        if rule.call_class is CallClass.STREAM:
            context.add_done_callback(_closing(self._limiter.open_stream(certificate.name, tenant.limits)))

    def _tenant(self, name: str, rule: MethodRule | None) -> Tenant:
        """The platform, within its limit; all who are none share one."""
        call_class = CallClass.READ if rule is None else rule.call_class
        try:
            tenant = self._speakers.tenant(name)
        except CallerNotAuthorised:
            self._limiter.take(STRANGER, STRANGERS, call_class)
            raise
        self._limiter.take(name, tenant.limits, call_class)
        return tenant

    def _speaker(self, tenant: Tenant, request: object, context: Context, rule: MethodRule) -> Speaker:
        certificate = certificate_of(context)
        token = bearer_token(context)
        if tenant.tokens is TokenPolicy.NONE:
            if token:
                raise TokenRefused("policy", f"no token: tenants.{certificate.name}.tokens is none", "one")
            return self._speakers.platform(certificate.name)
        if not token:
            if tenant.tokens is TokenPolicy.REQUIRED:
                raise TokenMissing(certificate.name)
            return self._speakers.platform(certificate.name)
        now_s = self._now_s()
        claims = self._verifier.verify(tenant, certificate, token, now_s)
        if rule.changes and claims.jti:
            forget_s = self._verifier.good_until_s(claims)
            self._uses.use(certificate.name, claims.jti, request_hash(request), forget_s, now_s)
        roles = claims.roles if claims.roles is not None else frozenset()
        return Speaker(certificate.name, tenant.nodes, claims.user, roles, tenant.four_eyes_above_yen)


def bearer_token(context: Context) -> str:
    """The token in a call's metadata; empty if there is none. Raises ``TokenRefused`` for another scheme, or two."""
    found = [value for key, value in context.invocation_metadata() or () if key == AUTHORIZATION_METADATA]
    if not found:
        return ""
    if len(found) > 1 or not isinstance(found[0], str) or not found[0].startswith(BEARER):
        raise TokenRefused("authorization", "one `Bearer TOKEN`", f"{len(found)} of another form")
    return found[0].removeprefix(BEARER)


def _closing(close: Callable[[], None]) -> Any:  # noqa: ANN401  # grpc's protocol wants a parameter by its name
    return lambda _context: close()
