"""What can go wrong in a flow. Of members and native trades: ``market_errors``.

CrossDvpError
├── CallerError
│   ├── InvalidRequest           a field of a request is malformed or out of range
│   ├── RequestIdReused          the same request id with another body
│   ├── FlowUnknown              no flow of that id
│   ├── FlowAborted              an operator ended the flow before its transaction could become final
│   ├── ActNotAllowed            an operator's act that the flow's step does not allow
│   ├── NodeRoleMissing          this node's roles do not include what the request needs
│   ├── AccountUnknown           the account's key is not kept here
│   ├── PartyUnknown             no party of that name on the network map
│   ├── OperatorKeyMissing       only the network operator's node does this
│   ├── MembershipMissing        this ledger knows no active membership of that party with that role
│   ├── LockTimePassed           the trade's lock_by is over
│   ├── TradeIdUsed              the trade is locked or cancelled already
│   ├── TradeNotAuthorised       the buyer's platform has not asked this node for these terms
│   ├── AuthorisationReplaced    a repeated authorisation, whose trade was authorised with other terms since
│   ├── TradeUnknown             this node knows no such trade
│   ├── LightClientUnknown       no light client of that id, or none at that height
│   ├── LightClientExists        the id is taken by another client
│   ├── LightClientIsFrozen      frozen: nothing may be built on it
│   ├── PacketUnknown            no lock here sends that packet
│   ├── PacketAlreadyProcessed   the packet's outcome is final; names the transaction
│   ├── CountersignRefused       the role policy of the asked node does not sign such a transaction
│   ├── NotAParticipant          a transaction was asked for by a node that has no need to know it
│   └── TransactionUnknown       no transaction of that id here
├── PeerError
│   ├── BadCountersignature      the peer's answer is not a signature of the asked key over the transaction
│   ├── BadFinality              a delivered transaction lacks signatures, or belongs to nobody here
│   ├── NotConfirmed             signed by a replaced key of the notary, which under its present key knows nothing of it
│   └── BadResolution            a peer's ancestors do not match the ids asked for, or exceed the bounds
└── UnavailableError
    ├── KeyHolderUnknown         no listed party holds a key whose signature is missing (map not renewed yet)
    ├── AnswerProvesNothing      the answer is no valid signature: the outcome is unknown, asked again
    ├── TransactionOutdated      the built transaction's time window or epoch is over: it is built again
    ├── AttestationTooEarly      an attestation of a transaction that is not recorded here yet
    ├── NodeStopping             this node is stopping; the flow goes on after its restart
    └── FlowDefect               an unexpected error of this program; logged under an incident id, tried again
"""

from __future__ import annotations

from primitives.errors import CallerError, PeerError, UnavailableError


class InvalidRequest(CallerError):
    """A field of a request breaks its rule."""

    reason = "INVALID_REQUEST"

    def __init__(self, field: str, rule: str) -> None:
        self.field = field
        self.rule = rule
        super().__init__(f"{field}: {rule}")


class RequestIdReused(CallerError):
    """One request id, two bodies."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str, fields: tuple[str, ...]) -> None:
        self.request_id = request_id
        self.fields = fields
        super().__init__(f"request id {request_id!r} was used with other {', '.join(fields)}: use a new id")


class FlowUnknown(CallerError):
    """No such flow."""

    reason = "FLOW_UNKNOWN"

    def __init__(self, flow_id: str) -> None:
        self.flow_id = flow_id
        super().__init__(f"this node has no flow {flow_id!r}")


class FlowAborted(CallerError):
    """An operator ended the flow; nothing happened on the ledger."""

    reason = "FLOW_ABORTED"

    def __init__(self, flow_id: str) -> None:
        self.flow_id = flow_id
        super().__init__(f"an operator ended flow {flow_id!r}: nothing happened on the ledger; use a new request id")


class ActNotAllowed(CallerError):
    """The flow is where this act does not reach."""

    reason = "ACT_NOT_ALLOWED"

    def __init__(self, act: str, flow_id: str, why_not: str) -> None:
        self.act = act
        self.flow_id = flow_id
        super().__init__(f"{act} of flow {flow_id!r} is not possible: {why_not}")


class NodeRoleMissing(CallerError):
    """Asked of the wrong node."""

    reason = "NODE_ROLE_MISSING"

    def __init__(self, needed: str, roles: tuple[str, ...]) -> None:
        self.needed = needed
        self.roles = roles
        super().__init__(f"needs a node with role {needed}; this one is {', '.join(roles)}: ask the right node")


class AccountUnknown(CallerError):
    """The account is not kept here."""

    reason = "ACCOUNT_UNKNOWN"

    def __init__(self, account_key: bytes) -> None:
        self.account_key = account_key
        super().__init__(f"no account with key {account_key.hex()} is kept at this node")


class PartyUnknown(CallerError):
    """Not on the map."""

    reason = "PARTY_UNKNOWN"

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name!r} is not on the network map: check the name or renew the map")


class OperatorKeyMissing(CallerError):
    """The network operator's business."""

    reason = "OPERATOR_KEY_MISSING"

    def __init__(self, node: str) -> None:
        self.node = node
        super().__init__(f"{node} does not keep the network operator's key: ask the operator's node")


class MembershipMissing(CallerError):
    """The party may not do this on the network."""

    reason = "MEMBERSHIP_MISSING"

    def __init__(self, party: str, role: str, notary: str) -> None:
        self.party, self.role, self.notary = party, role, notary
        super().__init__(f"{party} has no active membership as {role} at {notary}: the operator admits or activates it")


class LockTimePassed(CallerError):
    """Too late to lock."""

    reason = "LOCK_TIME_PASSED"

    def __init__(self, lock_by_s: int, now_s: int) -> None:
        self.lock_by_s = lock_by_s
        self.now_s = now_s
        super().__init__(f"the trade had to be locked before {lock_by_s}, it is {now_s}: agree on a new trade")


class TradeIdUsed(CallerError):
    """A trade id is spent once."""

    reason = "TRADE_ID_USED"

    def __init__(self, trade_id: bytes, status: str) -> None:
        self.trade_id = trade_id
        self.status = status
        super().__init__(f"trade {trade_id.hex()} is already {status}: trade ids are never reused")


class TradeNotAuthorised(CallerError):
    """The customer's own platform has the first word. Nothing happened; the lock may be asked for again later."""

    reason = "TRADE_NOT_AUTHORISED"

    def __init__(self, trade_id: bytes, account_key: bytes) -> None:
        self.trade_id = trade_id
        self.account_key = account_key
        super().__init__(
            f"the platform of account {account_key.hex()} has not authorised these terms of trade {trade_id.hex()}: "
            "it calls AuthoriseTrade first"
        )


class AuthorisationReplaced(CallerError):
    """Newer terms are in force for the trade."""

    reason = "AUTHORISATION_REPLACED"

    def __init__(self, trade_id: bytes) -> None:
        self.trade_id = trade_id
        super().__init__(
            f"trade {trade_id.hex()} was authorised with other terms after this request: use a new request id "
            "if these are to count again"
        )


class TradeUnknown(CallerError):
    """No such trade in this vault."""

    reason = "TRADE_UNKNOWN"

    def __init__(self, trade_id: bytes) -> None:
        self.trade_id = trade_id
        super().__init__(f"this node knows no trade {trade_id.hex()}")


class LightClientUnknown(CallerError):
    """No such light client, or no such height of it."""

    reason = "LIGHT_CLIENT_UNKNOWN"

    def __init__(self, client_id: str, height: int | None = None) -> None:
        self.client_id = client_id
        self.height = height
        where = "" if height is None else f" at height {height}"
        super().__init__(f"this node knows no light client {client_id!r}{where}: create or update it first")


class LightClientExists(CallerError):
    """The id is taken."""

    reason = "LIGHT_CLIENT_EXISTS"

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        super().__init__(f"light client {client_id!r} exists: choose another id")


class LightClientIsFrozen(CallerError):
    """Evidence of misbehaviour ended this client."""

    reason = "LIGHT_CLIENT_FROZEN"

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        super().__init__(f"light client {client_id!r} is frozen: its operators must recover it")


class PacketUnknown(CallerError):
    """No lock of ours sends that packet."""

    reason = "PACKET_UNKNOWN"

    def __init__(self, source_client: str, sequence: int) -> None:
        self.source_client = source_client
        self.sequence = sequence
        super().__init__(f"no packet {sequence} of client {source_client!r} with these fields was sent from here")


class PacketAlreadyProcessed(CallerError):
    """Acknowledged or timed out already."""

    reason = "PACKET_ALREADY_PROCESSED"

    def __init__(self, sequence: int, tx_id: bytes) -> None:
        self.sequence = sequence
        self.tx_id = tx_id
        super().__init__(f"packet {sequence} was processed by ledger transaction {tx_id.hex()}: nothing is left to do")


class CountersignRefused(CallerError):
    """Not what this node signs for others."""

    reason = "COUNTERSIGN_REFUSED"

    def __init__(self, node: str, rule: str) -> None:
        self.node = node
        self.rule = rule
        super().__init__(f"{node} does not countersign: {rule}")


class NotAParticipant(CallerError):
    """Need to know."""

    reason = "NOT_A_PARTICIPANT"

    def __init__(self, peer: str, tx_id: bytes) -> None:
        self.peer = peer
        self.tx_id = tx_id
        super().__init__(f"{peer} takes no part in {tx_id.hex()}, nor in a descendant it was sent")


class TransactionUnknown(CallerError):
    """No such transaction here."""

    reason = "TRANSACTION_UNKNOWN"

    def __init__(self, tx_id: bytes) -> None:
        self.tx_id = tx_id
        super().__init__(f"ledger transaction {tx_id.hex()} is not known here")


class BadCountersignature(PeerError):
    """A peer's signature is not what was asked for."""

    reason = "BAD_COUNTERSIGNATURE"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        self.rule = rule
        super().__init__(f"{peer} answered no valid countersignature: {rule}")


class BadFinality(PeerError):
    """A delivered transaction is not final, or not ours."""

    reason = "BAD_FINALITY"

    def __init__(self, peer: str, tx_id: bytes, rule: str) -> None:
        self.peer = peer
        self.tx_id = tx_id
        self.rule = rule
        super().__init__(f"{peer} delivered {tx_id.hex()}, which is not recorded: {rule}")


class BadResolution(PeerError):
    """A peer's back-chain is not what was asked for."""

    reason = "BAD_RESOLUTION"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        self.rule = rule
        super().__init__(f"back-chain from {peer}: {rule}")


class KeyHolderUnknown(UnavailableError):
    """Whom to ask for a signature is not on the map."""

    reason = "KEY_HOLDER_UNKNOWN"

    def __init__(self, key: bytes) -> None:
        self.key = key
        super().__init__(f"no party on the network map holds key {key.hex()}: renew the map")


class AnswerProvesNothing(UnavailableError):
    """The outcome is unknown: the answer is no valid signature over what was asked."""

    reason = "ANSWER_PROVES_NOTHING"

    def __init__(self, peer: str, rule: str) -> None:
        self.peer = peer
        self.rule = rule
        super().__init__(f"{peer}: {rule}; the outcome is unknown and is asked for again")


class TransactionOutdated(UnavailableError):
    """The built transaction can no longer become final; nothing happened."""

    reason = "TRANSACTION_OUTDATED"

    def __init__(self, tx_id: bytes) -> None:
        self.tx_id = tx_id
        super().__init__(f"the time window or the epoch of {tx_id.hex()} is over: it is built again")


class AttestationTooEarly(UnavailableError):
    """The attested transaction has not been delivered here yet."""

    reason = "ATTESTATION_TOO_EARLY"

    def __init__(self, tx_id: bytes) -> None:
        self.tx_id = tx_id
        super().__init__(f"{tx_id.hex()} is not recorded here yet: send its attestation again later")


class NodeStopping(UnavailableError):
    """No new work."""

    reason = "NODE_STOPPING"

    def __init__(self) -> None:
        super().__init__("this node is stopping: ask again when it is back")


class FlowDefect(UnavailableError):
    """Our own mistake: it must show in the record, and must not end a flow whose outcome it does not prove."""

    reason = "FLOW_DEFECT"

    def __init__(self, incident: str) -> None:
        self.incident = incident
        super().__init__(f"a defect of this node, logged as incident {incident}; the step is tried again")
