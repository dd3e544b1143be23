"""What can go wrong when missed transactions are asked for. Continues ``errors``.

CrossDvpError
├── PeerError
│   └── BadListing          a peer's list of final transactions goes back, stands still or never ends
└── UnavailableError
    ├── RecoveryUnderWay    somebody else's request has all peers asked at this moment
    └── StillOpen           what the asker began, and we signed, may yet become final
"""

from __future__ import annotations

from primitives.errors import PeerError, UnavailableError


class BadListing(PeerError):
    """A peer's list of final transactions is none."""

    reason = "BAD_LISTING"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        self.rule = rule
        super().__init__(f"list of final transactions from {peer}: {rule}")


class RecoveryUnderWay(UnavailableError):
    """Peers are asked on request by one caller at a time."""

    reason = "RECOVERY_UNDER_WAY"

    def __init__(self, running_s: int, retry_after_s: float) -> None:
        self.running_s = running_s
        self.retry_after_s = retry_after_s
        super().__init__(
            f"all peers are being asked for missed transactions, for {running_s} s now: what comes back serves every "
            f"caller; retry after {retry_after_s:g} s"
        )


class StillOpen(UnavailableError):
    """A list of final transactions has no end yet: the notary may commit more of what the asker began."""

    reason = "STILL_OPEN"

    def __init__(self, asker: str, number: int) -> None:
        self.asker = asker
        self.number = number
        super().__init__(
            f"{number} transactions that {asker} began and this node signed are neither final nor too late: "
            "ask again when their time windows are over, in two minutes"
        )
