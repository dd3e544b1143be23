"""What can go wrong at the exchange and with brokers' orders, beside what ``venue/errors`` refuses.

CrossDvpError
├── CallerError
│   ├── TraderUnknown            the caller is no member of this venue
│   ├── TraderSuspended          it may cancel its orders and nothing else
│   ├── SecurityNotListed        the venue has no book for that security
│   ├── PublicationUnderWay      the flow that publishes the execution has not failed
│   ├── OrderIdReused            an order is registered under that id with other content
│   ├── OrderUnknown             no order of that id is kept at this node
│   ├── TradeNotYours            accounts of a trade were asked for by who is no side of it
│   ├── NoticeDiffers            both nodes hold a notice of the trade, but not the same one
│   ├── ExecutionVoid            the notice is withdrawn, or the venue published two that differ
│   └── ExecutionUnresolvable    the answering node cannot assign the execution to an order
│       ├── ExecutionOrderUnknown
│       ├── ExecutionOfOtherOrder
│       └── ExecutionBeyondOrder
├── PeerError
│   ├── VenueRecordsDiffer       stored events do not make the stored executions: the database was altered
│   └── BadTradeAccounts         the other custodian node named accounts that cannot be its own
└── UnavailableError
    ├── NoticeNotHere            the notice of the trade has not arrived at the answering node
    └── WatchesFull              too many callers watch executions
"""

from __future__ import annotations

from chains.progmat.market.exchange import refusals
from chains.progmat.market.exchange.refusals import words_for
from primitives.errors import CallerError, PeerError, UnavailableError


class TraderUnknown(CallerError):
    """Not admitted."""

    reason = "TRADER_UNKNOWN"

    def __init__(self, trader: str) -> None:
        self.trader = trader
        super().__init__(f"{trader} is no member of this venue: its operators admit brokers (SetTrader)")


class TraderSuspended(CallerError):
    """Not now."""

    reason = "TRADER_SUSPENDED"

    def __init__(self, trader: str) -> None:
        self.trader = trader
        super().__init__(f"{trader} is suspended: it may cancel its orders and nothing else")


class SecurityNotListed(CallerError):
    """No book."""

    reason = "SECURITY_NOT_LISTED"

    def __init__(self, token_id: str, registrar: str) -> None:
        super().__init__(f"{token_id} of {registrar} is not listed here: the venue's operators list it (SetListing)")


class PublicationUnderWay(CallerError):
    """One flow an execution, unless it failed."""

    reason = "PUBLICATION_UNDER_WAY"

    def __init__(self, flow_id: str, step: str) -> None:
        self.flow_id = flow_id
        super().__init__(f"flow {flow_id} is {step}, not FAILED: nothing is published again")


class OrderIdReused(CallerError):
    """One id, one order."""

    reason = "ORDER_ID_REUSED"

    def __init__(self, order_id: str, fields: tuple[str, ...]) -> None:
        self.order_id, self.fields = order_id, fields
        super().__init__(f"order {order_id} is registered with other {', '.join(fields)}: use a new order id")


class OrderUnknown(CallerError):
    """Not here."""

    reason = "ORDER_UNKNOWN"

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id} is not registered at this node")


class TradeNotYours(CallerError):
    """Need to know."""

    reason = "TRADE_NOT_YOURS"

    def __init__(self, asker: str, trade_id: bytes) -> None:
        self.asker, self.trade_id = asker, trade_id
        super().__init__(f"{asker} is not the other side of trade {trade_id.hex()}: its accounts are not told")


class NoticeDiffers(CallerError):
    """The venue told two stories."""

    reason = "NOTICE_DIFFERS"

    def __init__(self, trade_id: bytes, notice_tx: bytes) -> None:
        super().__init__(f"of trade {trade_id.hex()} another notice is held here: ledger_tx {notice_tx.hex()}")


class ExecutionVoid(CallerError):
    """The notice counts no more."""

    reason = "EXECUTION_VOID"

    def __init__(self, trade_id: bytes, standing: str) -> None:
        super().__init__(f"the notice of trade {trade_id.hex()} is {standing}: nothing is settled on it")


class ExecutionUnresolvable(CallerError):
    """The answering node cannot assign the execution to an order of its own."""

    reason = "EXECUTION_UNRESOLVABLE"

    def __init__(self, trade_id: bytes) -> None:
        self.trade_id = trade_id
        super().__init__(f"trade {trade_id.hex()}: {words_for(self.reason).english}")


class ExecutionOrderUnknown(ExecutionUnresolvable):
    """No such order is registered."""

    reason = refusals.ORDER_UNKNOWN


class ExecutionOfOtherOrder(ExecutionUnresolvable):
    """The order is for something else."""

    reason = refusals.OTHER_ORDER


class ExecutionBeyondOrder(ExecutionUnresolvable):
    """The order would be filled beyond its quantity."""

    reason = refusals.BEYOND_ORDER


def refusal_of(code: str, trade_id: bytes) -> ExecutionUnresolvable:
    """The error that tells another node why an execution is refused here."""
    known = {each.reason: each for each in (ExecutionOrderUnknown, ExecutionOfOtherOrder, ExecutionBeyondOrder)}
    return known.get(code, ExecutionUnresolvable)(trade_id)


class VenueRecordsDiffer(PeerError):
    """Replay and record disagree."""

    reason = "VENUE_RECORDS_DIFFER"

    def __init__(self, event_number: int) -> None:
        self.event_number = event_number
        super().__init__(f"event {event_number} does not make the executions that are stored for it: compare a backup")


class BadTradeAccounts(PeerError):
    """Accounts of somebody else."""

    reason = "BAD_TRADE_ACCOUNTS"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        super().__init__(f"accounts that {peer} named for a trade: {rule}")


class NoticeNotHere(UnavailableError):
    """On its way."""

    reason = "NOTICE_NOT_HERE"

    def __init__(self, trade_id: bytes) -> None:
        super().__init__(f"the notice of trade {trade_id.hex()} has not arrived here yet")


class WatchesFull(UnavailableError):
    """Bounded."""

    reason = "TOO_MANY_EXECUTION_WATCHES"

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} callers watch executions already: try again later")
