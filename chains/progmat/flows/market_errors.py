"""What can go wrong with members and native trades. Continues ``errors``.

CrossDvpError
├── CallerError
│   ├── NotAMember               memberships of a business network were asked for by a node that is no member of it
│   ├── MembershipUnknown        there is no membership to change
│   ├── SettleTimePassed         a native trade's settle_by is over
│   ├── BuyerFundsInsufficient   to a seller: the buyer's coins do not do
│   └── ProposalRefused          a native trade is proposed by who is not its seller's custodian, or after other terms
├── PeerError
│   └── BadOffer                 a buying node offered for a trade what is no cash, or too little
└── UnavailableError
    ├── BuyerFundsHeld           to a seller: the buyer's coins are held by other flows
    ├── MembershipChanging       another flow changes the same membership: one after the other
    ├── MembershipOutdated       the membership here is spent, and the operator's node has no newer one yet
    └── TransactionOutdated
        ├── ReferenceOutdated    a membership it references is spent: it is built again, on what is current
        └── ApprovalNotCounted   a Validator that approved it is suspended: it is built again, and the others asked
"""

from __future__ import annotations

from chains.progmat.flows.errors import TransactionOutdated
from primitives.errors import CallerError, PeerError, UnavailableError


class NotAMember(CallerError):
    """Memberships are the members' business."""

    reason = "NOT_A_MEMBER"

    def __init__(self, peer: str, network: str) -> None:
        self.peer = peer
        self.network = network
        super().__init__(f"{peer} is no member of {network}: who is one is not told")


class MembershipUnknown(CallerError):
    """Nothing to change."""

    reason = "MEMBERSHIP_UNKNOWN"

    def __init__(self, network: str, party: str) -> None:
        self.network = network
        self.party = party
        super().__init__(f"{party} is no member of {network}: admit it first")


class SettleTimePassed(CallerError):
    """Too late to settle."""

    reason = "SETTLE_TIME_PASSED"

    def __init__(self, settle_by_s: int, now_s: int) -> None:
        self.settle_by_s = settle_by_s
        self.now_s = now_s
        super().__init__(f"the trade had to be settled before {settle_by_s}, it is {now_s}: agree on a new trade")


class ProposalRefused(CallerError):
    """The buying node does not answer this proposal of a native trade."""

    reason = "PROPOSAL_REFUSED"

    def __init__(self, node: str, rule: str) -> None:
        self.node = node
        self.rule = rule
        super().__init__(f"{node} answers no such proposal: {rule}")


class BuyerFundsInsufficient(CallerError):
    """What a seller learns of a buyer's balance: that it does not do, and no amount."""

    reason = "INSUFFICIENT_FUNDS"

    def __init__(self) -> None:
        super().__init__("the buyer's account does not hold the amount: its broker pays in more")


class BuyerFundsHeld(UnavailableError):
    """As above: enough is there, but other trades hold some of it for the moment."""

    reason = "FUNDS_SOFT_LOCKED"

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__("other flows of the buyer's node hold some of the amount for the moment: retry")


class BadOffer(PeerError):
    """What a buying node offers does not pay for the trade."""

    reason = "BAD_OFFER"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        self.rule = rule
        super().__init__(f"offer of {peer} for a native trade: {rule}")


class ReferenceOutdated(TransactionOutdated):
    """A referenced state is spent, the inputs are not: nothing happened."""

    reason = "REFERENCE_OUTDATED"

    def __init__(self, tx_id: bytes, refs: tuple[str, ...]) -> None:
        self.tx_id = tx_id
        self.refs = refs
        UnavailableError.__init__(self, f"{tx_id.hex()} references {', '.join(refs)}, spent since: it is built again")


class ApprovalNotCounted(TransactionOutdated):
    """Too few Validators approved whose approval counts: nothing happened."""

    reason = "APPROVAL_NOT_COUNTED"

    def __init__(self, tx_id: bytes, suspensions: tuple[bytes, ...]) -> None:
        self.tx_id = tx_id
        self.suspensions = suspensions
        named = ", ".join(path.hex() for path in suspensions)
        UnavailableError.__init__(
            self, f"{tx_id.hex()} was approved by Validators that {named} suspends: built again, the others are asked"
        )


class MembershipChanging(UnavailableError):
    """Two admissions at once would make two memberships, and the revocation of one would leave the other."""

    reason = "MEMBERSHIP_CHANGING"

    def __init__(self, network: str, party: str, flow_id: str) -> None:
        self.network, self.party, self.flow_id = network, party, flow_id
        super().__init__(f"flow {flow_id} changes the {network} membership of {party}: this one goes on after it")


class MembershipOutdated(UnavailableError):
    """The notary says that it is spent; what took its place is not here yet."""

    reason = "MEMBERSHIP_OUTDATED"

    def __init__(self, peer: str, network: str, party: str) -> None:
        self.peer = peer
        self.network = network
        self.party = party
        super().__init__(f"{peer} has no newer {network} membership of {party} than the one that is spent: asked again")
