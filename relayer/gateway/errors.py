"""What the gateway refuses, by name.

CallerError
├── BadRequest            a field is malformed, out of range or missing
│   ├── BadPageToken      a page or resume token that this gateway did not give
│   ├── NotServed         terms on a chain, ledger or node that this gateway does not reach
│   ├── OrderNotPossible  the leg that should lead cannot, for tokens of that adapter
│   └── HoldAmbiguous     on hold for both reasons: say which is lifted
├── NotYourSide           the caller does not speak for the node that keeps that side's account
├── RoleMissing           the caller's platform did not give it the role that the call needs
├── RequestIdReused       the same request id with another body
├── TradeIdTaken          the trade id belongs to a settlement between other custodian nodes
├── SettlementUnknown     not there, or not the caller's business
├── SettlementEnded       nothing can change it any more
├── TradeAlreadyLocked    cash or securities are locked: only evidence ends it now
├── BuyerCancels          securities lead, and the caller does not speak for the buyer
├── TimesTooClose         lock-by or settle-by leave less than the configured margins
├── TimesTooFar           settle-by is further from lock-by than a packet lives
├── EtagMismatch          the settlement has changed since the caller read it
├── NothingToAffirm       the other side has said nothing yet
├── TermsHashDiffers      the terms that are here are not the ones affirmed
├── NotInstructed         that side has no instruction to change
├── NotYourInstruction    another platform that speaks for the same node gave it
├── NotOnHold             there is no such hold to lift
├── FourEyesSameUser      the second pair of eyes must be somebody else's
├── NothingToRetry        nothing is attempted before both sides agree
├── ReferenceTaken        the platform has used its own reference for another settlement
├── TradeReferenceUnknown no settlement of the other side's has that trade reference
├── TradeReferenceAmbiguous  several have
├── NotABusinessDay       the exchange's calendar has no settlement on that day
└── PastCutOff            too late on that day, for instructing or for locking
UnavailableError
├── ClockAhead            this machine says that lock-by has passed, and the EVM chain's clock says not yet
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


class ClockAhead(UnavailableError):
    """By this machine's clock lock-by has passed, by the EVM chain's it has not: nothing is cancelled yet."""

    reason = "CLOCK_AHEAD"

    def __init__(self, lock_by_s: int, chain_s: int, now_s: int) -> None:
        super().__init__(
            f"expected the EVM chain's clock to be at lock-by {lock_by_s}, found {chain_s} (Unix seconds); "
            f"this machine says {now_s}: not cancelled; if they stay apart, check this machine's clock"
        )


class GatewayStopping(UnavailableError):
    """The gateway is going down; nothing is lost."""

    reason = "GATEWAY_STOPPING"

    def __init__(self) -> None:
        super().__init__("the gateway is going down: watch again with the last resume token")


class HoldAmbiguous(BadRequest):
    """The instruction is on hold for its platform's wish and for four eyes."""

    reason = "HOLD_AMBIGUOUS"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__("reason", "PARTY or FOUR_EYES, as both stand", "none")


class EtagMismatch(CallerError):
    """Somebody changed the settlement since the caller read it; nothing was stored."""

    reason = "ETAG_MISMATCH"

    def __init__(self, name: str, current_etag: str, found: str) -> None:
        self.name, self.current_etag, self.found = name, current_etag, found[:64]
        super().__init__(f"{name} has etag {current_etag}, not {self.found}: read it again, and decide again")


class NothingToAffirm(CallerError):
    """There are no terms of the other side's to agree to."""

    reason = "NOTHING_TO_AFFIRM"

    def __init__(self, name: str, other_side: str) -> None:
        self.name, self.other_side = name, other_side
        super().__init__(f"{name}: the {other_side} has not instructed: create an instruction with your own terms")


class TermsHashDiffers(CallerError):
    """The hash is not that of the terms to be affirmed; nothing was stored."""

    reason = "TERMS_HASH_DIFFERS"

    def __init__(self, name: str, current_terms_hash: str, found: str) -> None:
        self.name, self.current_terms_hash, self.found = name, current_terms_hash, found[:128]
        super().__init__(
            f"{name}: the terms to affirm have the hash {current_terms_hash}, not {self.found}: read and compare them"
        )


class NotInstructed(CallerError):
    """The side has given no instruction."""

    reason = "NOT_INSTRUCTED"

    def __init__(self, name: str, side: str) -> None:
        self.name, self.side = name, side
        super().__init__(f"{name} has no instruction of the {side}: create or affirm one first")


class NotYourInstruction(CallerError):
    """What a platform says beside the terms, it changes itself, whoever else speaks for the node."""

    reason = "NOT_YOUR_INSTRUCTION"

    def __init__(self, name: str, side: str, caller: str) -> None:
        self.name, self.side, self.caller = name, side, caller
        super().__init__(f"{name}: the {side}'s instruction is not {caller}'s: the platform that gave it changes it")


class NotOnHold(CallerError):
    """There is nothing to lift."""

    reason = "NOT_ON_HOLD"

    def __init__(self, name: str, side: str, hold: str) -> None:
        self.name, self.side, self.hold = name, side, hold
        super().__init__(f"{name}: the {side}'s instruction is not on hold for {hold}: nothing to release")


class FourEyesSameUser(CallerError):
    """Whoever instructed cannot be the second pair of eyes; nothing was stored."""

    reason = "FOUR_EYES_SAME_USER"

    def __init__(self, name: str, user: str) -> None:
        self.name, self.user = name, user
        super().__init__(
            f"{name} was instructed by {user or 'a caller without a name of his own'}: another affirmer of the "
            "platform releases it, with a token of his own"
        )


class NothingToRetry(CallerError):
    """The gateway attempts nothing in that state."""

    reason = "NOTHING_TO_RETRY"

    def __init__(self, name: str, state: str) -> None:
        self.name, self.state = name, state
        super().__init__(f"{name} is {state}: it waits for an instruction, not for the gateway")


class ReferenceTaken(CallerError):
    """The platform asked for a reference of its own to be unique, and has used it before; nothing was stored."""

    reason = "REFERENCE_TAKEN"

    def __init__(self, reference: str, name: str) -> None:
        self.reference, self.name = reference, name
        super().__init__(f"reference {reference} belongs to {name}: use another one, or say that it need not be unique")


class TradeReferenceUnknown(CallerError):
    """No unmatched instruction of the other side's between these nodes names that trade."""

    reason = "TRADE_REFERENCE_UNKNOWN"

    def __init__(self, trade_reference: str) -> None:
        self.trade_reference = trade_reference
        super().__init__(
            f"no settlement waits for this side under trade reference {trade_reference}: "
            "send trade id and salt, or wait for the other side"
        )


class TradeReferenceAmbiguous(CallerError):
    """More than one settlement waits under that trade reference."""

    reason = "TRADE_REFERENCE_AMBIGUOUS"

    def __init__(self, trade_reference: str) -> None:
        self.trade_reference = trade_reference
        super().__init__(f"several settlements wait under trade reference {trade_reference}: send trade id and salt")


class NotABusinessDay(CallerError):
    """Nothing settles on that day."""

    reason = "NOT_A_BUSINESS_DAY"

    def __init__(self, day: str, why: str, next_day: str) -> None:
        self.day, self.why, self.next_day = day, why, next_day
        super().__init__(f"{day} is not a business day of the exchange ({why}): the next one is {next_day}")


class PastCutOff(CallerError):
    """Too late on that day."""

    reason = "PAST_CUT_OFF"

    def __init__(self, what: str, cut_off: str, found: str) -> None:
        self.what, self.cut_off, self.found = what, cut_off, found
        super().__init__(f"the cut-off for {what} is {cut_off}, found {found}: choose a later business day")
