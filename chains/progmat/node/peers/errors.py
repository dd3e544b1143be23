"""What can go wrong between nodes.

CrossDvpError
├── CallerError
│   ├── PeerNotListed        the name is not on our network map
│   ├── UnknownMethod        no handler of that name here
│   ├── MethodTaken          registered twice (start-up)
│   └── OversizeBody         a body over the bound, refused before it is sent
├── PeerError
│   └── ProtocolViolation    a frame that is malformed, oversize, uncorrelated or repeated; the stream is closed
└── UnavailableError
    ├── PeerUnreachable      no connection, or it was lost; the request may or may not have been carried out
    ├── RefusedByPeer        the peer does not list us (yet): its operator must renew its map
    ├── PeerTimedOut         no answer in time; the request may or may not have been carried out
    ├── PeerStalled          too many answers overdue; the stream is renewed
    └── NetworkClosed        this node is stopping

A failure told by the peer itself is a ``Remote…Error`` of ``chains.rpc_status``, of the same three kinds.
"""

from __future__ import annotations

from primitives.errors import CallerError, PeerError, UnavailableError


class PeerNotListed(CallerError):
    """The name is not on the network map."""

    reason = "PEER_NOT_LISTED"

    def __init__(self, peer: str) -> None:
        self.peer = peer
        super().__init__(f"{peer!r} is not a peer on this node's network map: check the name or renew the map")


class UnknownMethod(CallerError):
    """No handler answers this method."""

    reason = "UNKNOWN_METHOD"

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__(f"this node does not answer {method!r}: check its roles on the network map")


class MethodTaken(CallerError):
    """Two handlers for one method: a defect of the composition root."""

    reason = "METHOD_TAKEN"

    def __init__(self, method: str) -> None:
        self.method = method
        super().__init__(f"{method!r} has a handler already: register each method once")


class OversizeBody(CallerError):
    """A body above the bound."""

    reason = "OVERSIZE_BODY"

    def __init__(self, found_bytes: int, max_bytes: int) -> None:
        self.found_bytes = found_bytes
        self.max_bytes = max_bytes
        super().__init__(f"body of {found_bytes} bytes, at most {max_bytes} are carried: send it in parts")


class RefusedByPeer(UnavailableError):
    """The peer lets us have no stream: its map is older than ours. What is owed to it stays owed."""

    reason = "REFUSED_BY_PEER"

    def __init__(self, peer: str, detail: str, retry_after_s: float = 0.0) -> None:
        self.peer = peer
        self.detail = detail
        self.retry_after_s = retry_after_s
        super().__init__(f"{peer!r} refuses a stream to this node ({detail}): have its operator check its network map")


class ProtocolViolation(PeerError):
    """The peer's frame breaks the protocol."""

    reason = "PEER_PROTOCOL_VIOLATION"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        self.rule = rule
        super().__init__(f"{peer!r} broke the peer protocol: {rule}")


class PeerUnreachable(UnavailableError):
    """There is no stream to the peer, or it broke."""

    reason = "PEER_UNREACHABLE"

    def __init__(self, peer: str, detail: str, retry_after_s: float = 0.0) -> None:
        self.peer = peer
        self.detail = detail
        self.retry_after_s = retry_after_s
        super().__init__(f"{peer!r} is unreachable ({detail}): retry")


class PeerTimedOut(UnavailableError):
    """No answer in time."""

    reason = "PEER_TIMED_OUT"

    def __init__(self, peer: str, method: str, timeout_s: float, waiting_for: str) -> None:
        self.peer = peer
        self.method = method
        self.timeout_s = timeout_s
        self.waiting_for = waiting_for
        super().__init__(
            f"{peer!r} did not answer {method!r} within {timeout_s:g} s (waiting for {waiting_for}): retry"
        )


class PeerStalled(UnavailableError):
    """So many answers are overdue that the stream was given up."""

    reason = "PEER_STALLED"

    def __init__(self, peer: str, overdue: int) -> None:
        self.peer = peer
        self.overdue = overdue
        super().__init__(f"{peer!r} owes {overdue} answers; its stream is renewed: retry")


class NetworkClosed(UnavailableError):
    """This node is stopping."""

    reason = "NODE_STOPPING"

    def __init__(self) -> None:
        super().__init__("this node is stopping: ask again when it is back")
