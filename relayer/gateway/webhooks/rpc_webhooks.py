"""WebhookService over gRPC: decodes and checks requests, answers with what is stored."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

import grpc
import grpc.aio
from crossdvp.gateway.v1 import webhook_service_pb2 as pb
from crossdvp.gateway.v1 import webhook_service_pb2_grpc as pb_grpc

from relayer.gateway.access import Role, Speaker
from relayer.gateway.errors import BadPageToken, BadRequest
from relayer.gateway.webhooks.bodies import trial_message
from relayer.gateway.webhooks.codec import encode_delivery, encode_endpoint, scheme_of, state_of, whole_seconds
from relayer.gateway.webhooks.delivery import Poster
from relayer.gateway.webhooks.endpoints import WebhookStore
from relayer.gateway.webhooks.model import Endpoint, EndpointState
from relayer.gateway.webhooks.signing import new_key, public_key_of, shown_secret, signed_headers
from relayer.gateway.webhooks.targets import TargetRules

MOST_PER_PAGE: Final = 500
MAX_DESCRIPTION_CHARS: Final = 256
DEFAULT_OVERLAP_S: Final = 24 * 3600
MAX_OVERLAP_S: Final = 30 * 24 * 3600
_ID: Final = re.compile(r"[0-9a-f]{32}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FIELDS: Final = ("url", "description", "state")

Context = grpc.aio.ServicerContext[Any, Any]


class Stream(Protocol):
    """What is asked of the stream of events."""

    def newest_event(self, nodes: Collection[str]) -> int:
        """The number of the last change that concerns custodian nodes; 0 when there was none."""


@dataclass(frozen=True)
class Chances:
    """The clock, Unix seconds, and where random bytes come from."""

    now_s: Callable[[], int]
    random_bytes: Callable[[int], bytes]


class WebhookRpc(pb_grpc.WebhookServiceServicer):
    """One per gateway process; ``speaker_of`` says who calls."""

    def __init__(
        self,
        store: WebhookStore,
        stream: Stream,
        speaker_of: Callable[[Context], Speaker],
        rules: TargetRules,
        poster: Poster,
        chances: Chances,
    ) -> None:
        self._store = store
        self._stream = stream
        self._speaker_of = speaker_of
        self._rules = rules
        self._poster = poster
        self._chances = chances

    def _operator(self, context: Context) -> Speaker:
        speaker = self._speaker_of(context)
        speaker.require_role(Role.OPERATOR)
        return speaker

    async def CreateEndpoint(  # noqa: N802  # the name in the .proto
        self, request: pb.CreateEndpointRequest, context: Context
    ) -> pb.CreateEndpointResponse:
        """See the .proto."""
        speaker = self._operator(context)
        request_id = _request_id(request.request_id)
        url = str(self._rules.check_url(request.url))
        description, scheme = _description(request.description), scheme_of(request.signature_scheme)
        newest = await asyncio.to_thread(self._stream.newest_event, speaker.nodes)
        cursor = _number("resume_token", request.resume_token, newest) if request.resume_token else newest
        key, now_s = new_key(self._chances.random_bytes), self._chances.now_s()
        endpoint = Endpoint(
            id=self._chances.random_bytes(16).hex(),
            platform=speaker.name,
            url=url,
            description=description,
            state=EndpointState.ACTIVE,
            scheme=scheme,
            public_key=public_key_of(scheme, key),
            cursor=cursor,
            created_s=now_s,
            updated_s=now_s,
        )
        fields = {"url": url, "description": description, "signature_scheme": scheme.name}
        fields |= {"resume_token": request.resume_token}
        made, is_new = await asyncio.to_thread(self._store.create, endpoint, key, request_id, fields)
        secret = shown_secret(scheme, key) if is_new else ""
        return pb.CreateEndpointResponse(endpoint=await self._shown(made), secret=secret)

    async def GetEndpoint(  # noqa: N802  # the name in the .proto
        self, request: pb.GetEndpointRequest, context: Context
    ) -> pb.GetEndpointResponse:
        """See the .proto."""
        speaker = self._speaker_of(context)
        endpoint = await asyncio.to_thread(self._store.get, speaker.name, _id("name", request.name))
        return pb.GetEndpointResponse(endpoint=await self._shown(endpoint))

    async def ListEndpoints(  # noqa: N802  # the name in the .proto
        self, _request: pb.ListEndpointsRequest, context: Context
    ) -> pb.ListEndpointsResponse:
        """See the .proto."""
        endpoints = await asyncio.to_thread(self._store.of_platform, self._speaker_of(context).name)
        return pb.ListEndpointsResponse(endpoints=[await self._shown(each) for each in endpoints])

    async def UpdateEndpoint(  # noqa: N802  # the name in the .proto
        self, request: pb.UpdateEndpointRequest, context: Context
    ) -> pb.UpdateEndpointResponse:
        """See the .proto."""
        speaker, endpoint_id = self._operator(context), _id("name", request.name)
        paths = set(request.update_mask.paths)
        if not paths or paths - set(_FIELDS):
            raise BadRequest(
                "update_mask", f"one or more of {', '.join(_FIELDS)}", ", ".join(sorted(paths))[:80] or "none"
            )
        values: dict[str, object] = {}
        if "url" in paths:
            values["url"] = str(self._rules.check_url(request.url))
        if "description" in paths:
            values["description"] = _description(request.description)
        if "state" in paths:
            values["state"] = state_of(request.state).value
        now_s = self._chances.now_s()
        endpoint = await asyncio.to_thread(self._store.edit, speaker.name, endpoint_id, now_s, **values)
        return pb.UpdateEndpointResponse(endpoint=await self._shown(endpoint))

    async def DeleteEndpoint(  # noqa: N802  # the name in the .proto
        self, request: pb.DeleteEndpointRequest, context: Context
    ) -> pb.DeleteEndpointResponse:
        """See the .proto."""
        speaker = self._operator(context)
        await asyncio.to_thread(self._store.delete, speaker.name, _id("name", request.name))
        return pb.DeleteEndpointResponse()

    async def RotateSecret(  # noqa: N802  # the name in the .proto
        self, request: pb.RotateSecretRequest, context: Context
    ) -> pb.RotateSecretResponse:
        """See the .proto."""
        speaker, endpoint_id = self._operator(context), _id("name", request.name)
        overlap_s = request.overlap.seconds if request.HasField("overlap") else DEFAULT_OVERLAP_S
        if request.overlap.nanos or not 0 <= overlap_s <= MAX_OVERLAP_S:
            raise BadRequest("overlap", f"whole seconds, 0 to {MAX_OVERLAP_S}", f"{overlap_s}.{request.overlap.nanos}")
        before = await asyncio.to_thread(self._store.get, speaker.name, endpoint_id)
        key = new_key(self._chances.random_bytes)
        endpoint = await asyncio.to_thread(
            self._store.rotate,
            speaker.name,
            endpoint_id,
            key,
            public_key_of(before.scheme, key),
            self._chances.now_s(),
            overlap_s,
        )
        return pb.RotateSecretResponse(endpoint=await self._shown(endpoint), secret=shown_secret(before.scheme, key))

    async def ListDeliveries(  # noqa: N802  # the name in the .proto
        self, request: pb.ListDeliveriesRequest, context: Context
    ) -> pb.ListDeliveriesResponse:
        """See the .proto."""
        speaker, endpoint_id = self._speaker_of(context), _id("parent", request.parent)
        if not 0 <= request.page_size <= MOST_PER_PAGE:
            raise BadRequest("page_size", f"0..{MOST_PER_PAGE}", request.page_size)
        size, before = request.page_size or 50, _number("page_token", request.page_token)
        found = await asyncio.to_thread(self._store.deliveries, speaker.name, endpoint_id, before, size + 1)
        shown = found[:size]
        return pb.ListDeliveriesResponse(
            deliveries=[encode_delivery(each) for each in shown],
            next_page_token=str(shown[-1].row_id) if len(found) > size else "",
        )

    async def ReplayEvents(  # noqa: N802  # the name in the .proto
        self, request: pb.ReplayEventsRequest, context: Context
    ) -> pb.ReplayEventsResponse:
        """See the .proto."""
        speaker, endpoint_id = self._operator(context), _id("name", request.name)
        has_time = request.HasField("from_time")
        if bool(request.resume_token) == has_time:
            raise BadRequest("resume_token", "either a token or a time", "both" if has_time else "neither")
        at_s = whole_seconds("from_time", request.from_time) if has_time else 0
        told = await asyncio.to_thread(self._store.newest_event_before, at_s) if has_time else None

        def place(endpoint: Endpoint) -> int:
            if told is not None:
                return min(told, endpoint.cursor)
            return _number("resume_token", request.resume_token, endpoint.cursor)

        now_s = self._chances.now_s()
        endpoint = await asyncio.to_thread(self._store.rewind, speaker.name, endpoint_id, place, now_s)
        return pb.ReplayEventsResponse(endpoint=await self._shown(endpoint))

    async def SendTestEvent(  # noqa: N802  # the name in the .proto
        self, request: pb.SendTestEventRequest, context: Context
    ) -> pb.SendTestEventResponse:
        """See the .proto."""
        speaker = self._operator(context)
        endpoint = await asyncio.to_thread(self._store.get, speaker.name, _id("name", request.name))
        self._rules.check_url(endpoint.url)
        now_s = self._chances.now_s()
        message = trial_message(f"msg_test_{self._chances.random_bytes(16).hex()}", endpoint.name, now_s)
        secrets = await asyncio.to_thread(self._store.secrets, endpoint.id, now_s)
        keys = [secret.key for secret in secrets]
        headers = signed_headers(endpoint.scheme, keys, message.webhook_id, now_s, message.body)
        outcome = await self._poster.post(endpoint.url, headers, message.body)
        delivery = await asyncio.to_thread(self._store.record_test, endpoint, message, outcome, self._chances.now_s())
        return pb.SendTestEventResponse(delivery=encode_delivery(delivery))

    async def _shown(self, endpoint: Endpoint) -> pb.Endpoint:
        now_s = self._chances.now_s()
        return encode_endpoint(endpoint, await asyncio.to_thread(self._store.old_secret_expires_s, endpoint.id, now_s))


def _request_id(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise BadRequest("request_id", "a UUID, as 8-4-4-4-12 hexadecimal digits", text[:64] or "nothing")
    return text.lower()


def _description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION_CHARS or not (text.isprintable() or not text):
        raise BadRequest(
            "description", f"at most {MAX_DESCRIPTION_CHARS} printable characters", f"{len(text)} characters"
        )
    return text


def _id(field: str, name: str) -> str:
    found = name.removeprefix("webhookEndpoints/")
    if found == name or not _ID.fullmatch(found):
        raise BadRequest(field, "webhookEndpoints/ and 32 hexadecimal digits", name[:80] or "nothing")
    return found


def _number(field: str, token: str, most: int | None = None) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise BadPageToken(field, "a token from an earlier answer", token[:40])
    if most is not None and int(token) > most:
        raise BadPageToken(field, f"a token up to {most}, which is where the stream stands here", token)
    return int(token)
