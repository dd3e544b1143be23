from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FlowAct(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLOW_ACT_UNSPECIFIED: _ClassVar[FlowAct]
    FLOW_ACT_RETRY: _ClassVar[FlowAct]
    FLOW_ACT_PARK: _ClassVar[FlowAct]
    FLOW_ACT_UNPARK: _ClassVar[FlowAct]
    FLOW_ACT_ABORT: _ClassVar[FlowAct]
FLOW_ACT_UNSPECIFIED: FlowAct
FLOW_ACT_RETRY: FlowAct
FLOW_ACT_PARK: FlowAct
FLOW_ACT_UNPARK: FlowAct
FLOW_ACT_ABORT: FlowAct

class FlowSummary(_message.Message):
    __slots__ = ("flow_id", "kind", "step", "wish", "tx_id", "waiting_on", "since_ms", "next_attempt_ms", "attempts", "last_error_reason", "last_error_message", "created_ms")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    WISH_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    WAITING_ON_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_MS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CREATED_MS_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    kind: str
    step: str
    wish: str
    tx_id: bytes
    waiting_on: str
    since_ms: int
    next_attempt_ms: int
    attempts: int
    last_error_reason: str
    last_error_message: str
    created_ms: int
    def __init__(self, flow_id: _Optional[str] = ..., kind: _Optional[str] = ..., step: _Optional[str] = ..., wish: _Optional[str] = ..., tx_id: _Optional[bytes] = ..., waiting_on: _Optional[str] = ..., since_ms: _Optional[int] = ..., next_attempt_ms: _Optional[int] = ..., attempts: _Optional[int] = ..., last_error_reason: _Optional[str] = ..., last_error_message: _Optional[str] = ..., created_ms: _Optional[int] = ...) -> None: ...

class FindFlowsRequest(_message.Message):
    __slots__ = ("kinds", "steps", "stuck_for_ms", "waiting_on", "after", "max_flows")
    KINDS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    STUCK_FOR_MS_FIELD_NUMBER: _ClassVar[int]
    WAITING_ON_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MAX_FLOWS_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedScalarFieldContainer[str]
    steps: _containers.RepeatedScalarFieldContainer[str]
    stuck_for_ms: int
    waiting_on: str
    after: str
    max_flows: int
    def __init__(self, kinds: _Optional[_Iterable[str]] = ..., steps: _Optional[_Iterable[str]] = ..., stuck_for_ms: _Optional[int] = ..., waiting_on: _Optional[str] = ..., after: _Optional[str] = ..., max_flows: _Optional[int] = ...) -> None: ...

class FindFlowsResponse(_message.Message):
    __slots__ = ("flows", "more")
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    flows: _containers.RepeatedCompositeFieldContainer[FlowSummary]
    more: bool
    def __init__(self, flows: _Optional[_Iterable[_Union[FlowSummary, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class ExplainFlowRequest(_message.Message):
    __slots__ = ("flow_id",)
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    def __init__(self, flow_id: _Optional[str] = ...) -> None: ...

class StoryLine(_message.Message):
    __slots__ = ("what", "at_ms")
    WHAT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    what: str
    at_ms: int
    def __init__(self, what: _Optional[str] = ..., at_ms: _Optional[int] = ...) -> None: ...

class ActChance(_message.Message):
    __slots__ = ("act", "why_not")
    ACT_FIELD_NUMBER: _ClassVar[int]
    WHY_NOT_FIELD_NUMBER: _ClassVar[int]
    act: FlowAct
    why_not: str
    def __init__(self, act: _Optional[_Union[FlowAct, str]] = ..., why_not: _Optional[str] = ...) -> None: ...

class ExplainFlowResponse(_message.Message):
    __slots__ = ("flow", "request", "story", "held_states", "held_yen", "held_until_s", "acts", "chances")
    FLOW_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    STORY_FIELD_NUMBER: _ClassVar[int]
    HELD_STATES_FIELD_NUMBER: _ClassVar[int]
    HELD_YEN_FIELD_NUMBER: _ClassVar[int]
    HELD_UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    ACTS_FIELD_NUMBER: _ClassVar[int]
    CHANCES_FIELD_NUMBER: _ClassVar[int]
    flow: FlowSummary
    request: str
    story: _containers.RepeatedCompositeFieldContainer[StoryLine]
    held_states: int
    held_yen: int
    held_until_s: int
    acts: _containers.RepeatedCompositeFieldContainer[OperatorActEntry]
    chances: _containers.RepeatedCompositeFieldContainer[ActChance]
    def __init__(self, flow: _Optional[_Union[FlowSummary, _Mapping]] = ..., request: _Optional[str] = ..., story: _Optional[_Iterable[_Union[StoryLine, _Mapping]]] = ..., held_states: _Optional[int] = ..., held_yen: _Optional[int] = ..., held_until_s: _Optional[int] = ..., acts: _Optional[_Iterable[_Union[OperatorActEntry, _Mapping]]] = ..., chances: _Optional[_Iterable[_Union[ActChance, _Mapping]]] = ...) -> None: ...

class ActOnFlowRequest(_message.Message):
    __slots__ = ("flow_id", "act", "reason")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    act: FlowAct
    reason: str
    def __init__(self, flow_id: _Optional[str] = ..., act: _Optional[_Union[FlowAct, str]] = ..., reason: _Optional[str] = ...) -> None: ...

class ActOnFlowResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: FlowSummary
    def __init__(self, flow: _Optional[_Union[FlowSummary, _Mapping]] = ...) -> None: ...

class OperatorActEntry(_message.Message):
    __slots__ = ("number", "at_ms", "operator", "act", "flow_id", "step", "reason", "entry_hash")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ENTRY_HASH_FIELD_NUMBER: _ClassVar[int]
    number: int
    at_ms: int
    operator: str
    act: str
    flow_id: str
    step: str
    reason: str
    entry_hash: bytes
    def __init__(self, number: _Optional[int] = ..., at_ms: _Optional[int] = ..., operator: _Optional[str] = ..., act: _Optional[str] = ..., flow_id: _Optional[str] = ..., step: _Optional[str] = ..., reason: _Optional[str] = ..., entry_hash: _Optional[bytes] = ...) -> None: ...

class ListOperatorActsRequest(_message.Message):
    __slots__ = ("after", "max_acts")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MAX_ACTS_FIELD_NUMBER: _ClassVar[int]
    after: int
    max_acts: int
    def __init__(self, after: _Optional[int] = ..., max_acts: _Optional[int] = ...) -> None: ...

class ListOperatorActsResponse(_message.Message):
    __slots__ = ("acts", "first_broken_entry")
    ACTS_FIELD_NUMBER: _ClassVar[int]
    FIRST_BROKEN_ENTRY_FIELD_NUMBER: _ClassVar[int]
    acts: _containers.RepeatedCompositeFieldContainer[OperatorActEntry]
    first_broken_entry: int
    def __init__(self, acts: _Optional[_Iterable[_Union[OperatorActEntry, _Mapping]]] = ..., first_broken_entry: _Optional[int] = ...) -> None: ...

class RecoverRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PeerRecovery(_message.Message):
    __slots__ = ("peer", "listed", "fetched", "missing", "problem")
    PEER_FIELD_NUMBER: _ClassVar[int]
    LISTED_FIELD_NUMBER: _ClassVar[int]
    FETCHED_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    peer: str
    listed: int
    fetched: int
    missing: int
    problem: str
    def __init__(self, peer: _Optional[str] = ..., listed: _Optional[int] = ..., fetched: _Optional[int] = ..., missing: _Optional[int] = ..., problem: _Optional[str] = ...) -> None: ...

class RecoverResponse(_message.Message):
    __slots__ = ("peers", "complete")
    PEERS_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    peers: _containers.RepeatedCompositeFieldContainer[PeerRecovery]
    complete: bool
    def __init__(self, peers: _Optional[_Iterable[_Union[PeerRecovery, _Mapping]]] = ..., complete: _Optional[bool] = ...) -> None: ...

class ListPendingRequest(_message.Message):
    __slots__ = ("max_transactions",)
    MAX_TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    max_transactions: int
    def __init__(self, max_transactions: _Optional[int] = ...) -> None: ...

class PendingTransaction(_message.Message):
    __slots__ = ("tx_id", "asker", "since_ms", "attempts", "next_attempt_ms", "last_error_reason", "last_error_message")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    ASKER_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    asker: str
    since_ms: int
    attempts: int
    next_attempt_ms: int
    last_error_reason: str
    last_error_message: str
    def __init__(self, tx_id: _Optional[bytes] = ..., asker: _Optional[str] = ..., since_ms: _Optional[int] = ..., attempts: _Optional[int] = ..., next_attempt_ms: _Optional[int] = ..., last_error_reason: _Optional[str] = ..., last_error_message: _Optional[str] = ...) -> None: ...

class ListPendingResponse(_message.Message):
    __slots__ = ("pending",)
    PENDING_FIELD_NUMBER: _ClassVar[int]
    pending: _containers.RepeatedCompositeFieldContainer[PendingTransaction]
    def __init__(self, pending: _Optional[_Iterable[_Union[PendingTransaction, _Mapping]]] = ...) -> None: ...
