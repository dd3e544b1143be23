"""Handlers' exceptions as failures on the wire, and back."""

from __future__ import annotations

from chains.progmat.node.peers.frame_codec import Failure
from chains.progmat.node.peers.limits import PeerLimits
from chains.rpc_guard import report_incident
from chains.rpc_status import Blame, RemoteError, blame_of, remote_error
from primitives.errors import CrossDvpError


def failure_of(error: BaseException, correlation_id: int, asker: str, method: str, limits: PeerLimits) -> Failure:
    """What the asker learns of a handler's exception; of a defect only the incident id under which it is logged."""
    if not isinstance(error, CrossDvpError) or blame_of(error) is Blame.INTERNAL:
        incident = report_incident(error, asker=asker, method=method)
        return Failure(correlation_id, "INTERNAL", f"internal error, incident {incident}", Blame.INTERNAL)
    reason = _cut(error.reason, limits.max_reason_bytes)
    return Failure(correlation_id, reason, _cut(str(error), limits.max_message_bytes), blame_of(error))


def error_of(failure: Failure, peer: str) -> RemoteError:
    """The exception that a request raises when ``peer`` answered with ``failure``."""
    return remote_error(failure.blame, peer, failure.reason, failure.message)


def _cut(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore")
