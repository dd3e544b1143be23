"""What the gateway refuses, by name.

CallerError
├── BadRequest            a field is malformed, out of range or missing
│   ├── BadPageToken      a page or resume token that this gateway did not give
│   ├── NotServed         terms on a chain, ledger or node that this gateway does not reach
│   └── OrderNotPossible  the leg that should lead cannot, for tokens of that adapter
├── NotYourSide           the caller does not speak for the node that keeps that side's account
├── RoleMissing           the caller's platform did not give it the role that the call needs
├── RequestIdReused       the same request id with another body
├── TradeIdTaken          the trade id belongs to a settlement between other custodian nodes
├── SettlementUnknown     not there, or not the caller's business
├── SettlementEnded       nothing can change it any more
├── TradeAlreadyLocked    cash or securities are locked: only evidence ends it now
├── BuyerCancels          securities lead, and the caller does not speak for the buyer
├── TimesTooClose         lock-by or settle-by leave less than the configured margins
└── TimesTooFar           settle-by is further from lock-by than a packet lives
UnavailableError
└── GatewayStopping       this gateway goes down: watch again with the last token
"""

from __future__ import annotations

from collections.abc import Sequence

from primitives.errors import CallerError, UnavailableError


class BadRequest(CallerError):
    """A field of the request is malformed; nothing was stored."""

    reason = "BAD_REQUEST"

    def __init__(self, field: str, expected: str, found: object) -> None:
        self.field, self.expected, self.found = field, expected, str(found)
        super().__init__(f"{field}: expected {expected}, found {found}")


class BadPageToken(BadRequest):
    """A token that this gateway did not give: start again without one."""

    reason = "BAD_PAGE_TOKEN"


class NotServed(BadRequest):
    """The terms are on a chain, ledger or custodian node that this gateway does not reach: use theirs."""

    reason = "NOT_SERVED"


class OrderNotPossible(BadRequest):
    """The platform's tokens cannot settle in that order; nothing was stored."""

    reason = "ORDER_NOT_POSSIBLE"

    def __init__(self, adapter: str, lead: str, possible: Sequence[str]) -> None:
        super().__init__("terms.lead_leg", f"{' or '.join(possible)} for adapter {adapter}", lead)


class NotYourSide(CallerError):
    """The caller may not instruct for that side; nothing was stored."""

    reason = "NOT_YOUR_SIDE"

    def __init__(self, caller: str, side: str, node: str) -> None:
        self.caller, self.side, self.node = caller, side, node
        super().__init__(
            f"{caller} does not speak for {node}, which keeps the {side}'s account: instruct for your own side, "
            f"or have the node added to tenants.{caller}.nodes of the gateway"
        )


class RoleMissing(CallerError):
    """The caller may not do that; nothing was stored."""

    reason = "ROLE_MISSING"

    def __init__(self, user: str, role: str) -> None:
        self.user, self.role = user, role
        super().__init__(
            f"{user} has not the role {role}: have it given by the gateway's configuration, or ask a {role}"
        )


class RequestIdReused(CallerError):
    """The request id belongs to another request; use a new id for a new request."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str, differing: Sequence[str]) -> None:
        self.request_id, self.differing_fields = request_id, ", ".join(differing)
        super().__init__(
            f"request id {request_id} was used with other values of: {self.differing_fields}; use a new request id"
        )


class TradeIdTaken(CallerError):
    """The first instruction of a trade says between which custodian nodes it is; no later one changes that."""

    reason = "TRADE_ID_TAKEN"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is between other custodian nodes: correct the accounts, or use a new trade id")


class SettlementUnknown(CallerError):
    """No settlement of that name, or none that the caller has to do with."""

    reason = "SETTLEMENT_UNKNOWN"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no settlement {name}: list settlements, or check the trade id")


class SettlementEnded(CallerError):
    """The settlement is at an end; a trade id is never used again."""

    reason = "SETTLEMENT_ENDED"

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        super().__init__(f"{name} is {state}: nothing changes it any more; use a new trade id")


class TradeAlreadyLocked(CallerError):
    """The leading leg is locked: the settlement ends by what the other ledger answers, or by time-out, proved."""

    reason = "TRADE_ALREADY_LOCKED"

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        super().__init__(f"{name} is {state}: one leg is locked, so only evidence ends it; watch it instead")


class BuyerCancels(CallerError):
    """Where securities lead, the seller's may be locked already: he must not be able to take them back alone."""

    reason = "BUYER_CANCELS"

    def __init__(self, name: str, buyer_node: str) -> None:
        self.name, self.buyer_node = name, buyer_node
        super().__init__(
            f"{name} is led by the securities: only who speaks for the buyer's node {buyer_node} cancels it; "
            "if nothing was locked, let lock-by pass"
        )


class TimesTooClose(CallerError):
    """Lock-by or settle-by leave no room for the steps before them."""

    reason = "TIMES_TOO_CLOSE"

    def __init__(self, field: str, earliest_s: int, found_s: int) -> None:
        self.field, self.earliest_s, self.found_s = field, earliest_s, found_s
        super().__init__(f"{field} is {found_s}, must be {earliest_s} or later: choose a later time")


class TimesTooFar(CallerError):
    """The packet could not be sent as late as lock-by allows: it lives for a day at most."""

    reason = "TIMES_TOO_FAR"

    def __init__(self, field: str, latest_s: int, found_s: int) -> None:
        self.field, self.latest_s, self.found_s = field, latest_s, found_s
        super().__init__(f"{field} is {found_s}, must be {latest_s} or earlier: choose an earlier time")


class GatewayStopping(UnavailableError):
    """The gateway is going down; nothing is lost."""

    reason = "GATEWAY_STOPPING"

    def __init__(self) -> None:
        super().__init__("the gateway is going down: watch again with the last resume token")
