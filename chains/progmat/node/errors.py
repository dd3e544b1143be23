"""What a node refuses to start with, or to do for a caller of its API.

CrossDvpError
├── PeerError
│   └── BadPosition              a peer tells a position that is not its own
├── UnavailableError
│   └── DoubtNotReconciled       not every peer has answered, or something came back: asked again by itself
└── CallerError
    ├── AnotherDoubt             the records are in another doubt than the one the operator speaks of
    ├── DoubtNeedsRestart        only a restart makes this doubt safe to settle
    ├── CallerNotAuthorised      the certificate's name may not call this method
    ├── KeyMissing               the key store lacks a key the node's role needs
    ├── NotOnNetworkMap          the node's own name is not on its network map, or there with other roles or another key
    └── WrongContractPackage     these sources are not a package that the network parameters name
"""

from __future__ import annotations

from primitives.errors import CallerError, PeerError, UnavailableError


class CallerNotAuthorised(CallerError):
    """The certificate is known, what it asks for is not granted to it."""

    reason = "CALLER_NOT_AUTHORISED"

    def __init__(self, caller: str, method: str) -> None:
        self.caller = caller
        self.method = method
        super().__init__(f"{caller!r} may not call {method}: an operator lists it in this node's configuration")


class KeyMissing(CallerError):
    """A role without its key."""

    reason = "KEY_MISSING"

    def __init__(self, node: str, purpose: str, key: bytes) -> None:
        self.node = node
        self.purpose = purpose
        self.key = key
        super().__init__(f"{node} needs its {purpose} key {key.hex()}, which its key file does not hold")


class NotOnNetworkMap(CallerError):
    """Configuration and network map disagree about this node."""

    reason = "NOT_ON_NETWORK_MAP"

    def __init__(self, node: str, rule: str) -> None:
        self.node = node
        self.rule = rule
        super().__init__(f"{node}: {rule}: correct the configuration or renew the network map")


class WrongContractPackage(CallerError):
    """Other sources than the members agreed on."""

    reason = "WRONG_CONTRACT_PACKAGE"

    def __init__(self, expected: tuple[str, ...], found: bytes) -> None:
        self.expected = expected
        self.found = found
        super().__init__(
            f"these sources are contract package {found.hex()}, the network agreed on {', '.join(expected)}: "
            "install the agreed release"
        )


class BadPosition(PeerError):
    """A told position that its node has not signed."""

    reason = "BAD_POSITION"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer, self.rule = peer, rule
        super().__init__(f"{peer} told how far a database has come: {rule}")


class DoubtNotReconciled(UnavailableError):
    """An operator's word comes too early."""

    reason = "DOUBT_NOT_RECONCILED"

    def __init__(self, missed: int | None, unanswered: tuple[str, ...], retry_after_s: float) -> None:
        """``missed``: by the last round; None: no round has ended."""
        self.missed, self.unanswered, self.retry_after_s = missed, unanswered, retry_after_s
        if missed is None:
            found = "no round of asking its peers has ended"
        else:
            found = f"the last round brought or lacks {missed} ledger_txs, without answer: {list(unanswered)}"
        super().__init__(
            f"expected a round in which every issuer answered and nothing was missing; {found}: retry after "
            f"{retry_after_s:g} s. If who is away never comes back, stop the node and say so to its database"
        )


class AnotherDoubt(CallerError):
    """What the operator has looked into is not what the node doubts."""

    reason = "ANOTHER_DOUBT"

    def __init__(self, expected: str, found: str) -> None:
        self.expected, self.found = expected, found
        super().__init__(f"the records are in doubt {found}, not {expected}: look into that first")


class DoubtNeedsRestart(CallerError):
    """Peers who know of a later state believe only a later start of the node."""

    reason = "DOUBT_NEEDS_RESTART"

    def __init__(self, doubt: str) -> None:
        self.doubt = doubt
        super().__init__(
            f"doubt {doubt} arose while this node was running: its peers believe only a later start. Restart the node, "
            "let it ask its peers, then say it again"
        )
