"""What can go wrong with proposals of contract packages. Continues ``errors``.

CrossDvpError
└── CallerError
    ├── ProposalUnknown      no proposal of that ledger transaction is recorded here
    ├── ProposalClosed       its result is on the ledger
    ├── NotOnRoll            a node that had no active membership when the proposal was filed has no ballot
    ├── BallotCast           this node has voted, and otherwise
    ├── VotingNotOpen        it may be voted later, or no more
    ├── VotingNotOver        it may be closed later
    └── PackageNotApproved   an epoch brings in a contract package that no recorded vote has agreed to
"""

from __future__ import annotations

from primitives.errors import CallerError


class ProposalUnknown(CallerError):
    """Not recorded here."""

    reason = "PROPOSAL_UNKNOWN"

    def __init__(self, proposal_tx: bytes) -> None:
        self.proposal_tx = proposal_tx
        super().__init__(f"no proposal {proposal_tx.hex()} is recorded here: list them")


class ProposalClosed(CallerError):
    """Too late."""

    reason = "PROPOSAL_CLOSED"

    def __init__(self, proposal_tx: bytes) -> None:
        self.proposal_tx = proposal_tx
        super().__init__(f"proposal {proposal_tx.hex()} is closed: its result stands; file another one")


class NotOnRoll(CallerError):
    """No ballot."""

    reason = "NOT_ON_ROLL"

    def __init__(self, node: str, network: str) -> None:
        self.node = node
        self.network = network
        super().__init__(f"{node} is not on the roll: it was no active member of {network} when the proposal was filed")


class BallotCast(CallerError):
    """A ballot is cast once."""

    reason = "BALLOT_CAST"

    def __init__(self, node: str, choice: str) -> None:
        self.node = node
        self.choice = choice
        super().__init__(f"{node} has voted {choice}: a ballot is cast once")


class VotingNotOpen(CallerError):
    """Outside the voting time."""

    reason = "VOTING_NOT_OPEN"

    def __init__(self, opens_s: int, closes_s: int, now_s: int) -> None:
        self.opens_s, self.closes_s, self.now_s = opens_s, closes_s, now_s
        super().__init__(f"it may be voted from {opens_s} until before {closes_s}, it is {now_s}")


class VotingNotOver(CallerError):
    """Too early."""

    reason = "VOTING_NOT_OVER"

    def __init__(self, closes_s: int, now_s: int) -> None:
        self.closes_s, self.now_s = closes_s, now_s
        super().__init__(f"members may vote until {closes_s}, it is {now_s}: close it then")


class PackageNotApproved(CallerError):
    """This node does not accept the epoch."""

    reason = "PACKAGE_NOT_APPROVED"

    def __init__(self, epoch: int, package: bytes, network: str, rule: str) -> None:
        self.epoch, self.package, self.network, self.rule = epoch, package, network, rule
        super().__init__(
            f"epoch {epoch} brings in contract package {package.hex()}, to which the members of {network} have not "
            f"agreed as far as this node knows: {rule}"
        )
