import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_SELLER: _ClassVar[Side]
    SIDE_BUYER: _ClassVar[Side]

class SettlementState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTLEMENT_STATE_UNSPECIFIED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_UNMATCHED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_MISMATCHED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_MATCHED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_EARMARKED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_LOCKED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_DELIVERED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_REFUSED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_SETTLED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_RETURNED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_CANCELLED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_SECURITIES_LOCKED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_PAID: _ClassVar[SettlementState]
    SETTLEMENT_STATE_DELIVERY_BLOCKED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_RETURN_BLOCKED: _ClassVar[SettlementState]
    SETTLEMENT_STATE_WITHIN_TOLERANCE: _ClassVar[SettlementState]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_NORMAL: _ClassVar[Priority]
    PRIORITY_HIGH: _ClassVar[Priority]
    PRIORITY_URGENT: _ClassVar[Priority]

class HoldReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLD_REASON_UNSPECIFIED: _ClassVar[HoldReason]
    HOLD_REASON_PARTY: _ClassVar[HoldReason]
    HOLD_REASON_FOUR_EYES: _ClassVar[HoldReason]

class Certainty(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTAINTY_UNSPECIFIED: _ClassVar[Certainty]
    CERTAINTY_EVIDENCED: _ClassVar[Certainty]
    CERTAINTY_INDETERMINATE: _ClassVar[Certainty]

class LeadLeg(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEAD_LEG_UNSPECIFIED: _ClassVar[LeadLeg]
    LEAD_LEG_CASH: _ClassVar[LeadLeg]
    LEAD_LEG_SECURITIES: _ClassVar[LeadLeg]

class ListOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIST_ORDER_UNSPECIFIED: _ClassVar[ListOrder]
    LIST_ORDER_NEWEST_FIRST: _ClassVar[ListOrder]
    LIST_ORDER_OLDEST_FIRST: _ClassVar[ListOrder]
SIDE_UNSPECIFIED: Side
SIDE_SELLER: Side
SIDE_BUYER: Side
SETTLEMENT_STATE_UNSPECIFIED: SettlementState
SETTLEMENT_STATE_UNMATCHED: SettlementState
SETTLEMENT_STATE_MISMATCHED: SettlementState
SETTLEMENT_STATE_MATCHED: SettlementState
SETTLEMENT_STATE_EARMARKED: SettlementState
SETTLEMENT_STATE_LOCKED: SettlementState
SETTLEMENT_STATE_DELIVERED: SettlementState
SETTLEMENT_STATE_REFUSED: SettlementState
SETTLEMENT_STATE_SETTLED: SettlementState
SETTLEMENT_STATE_RETURNED: SettlementState
SETTLEMENT_STATE_CANCELLED: SettlementState
SETTLEMENT_STATE_SECURITIES_LOCKED: SettlementState
SETTLEMENT_STATE_PAID: SettlementState
SETTLEMENT_STATE_DELIVERY_BLOCKED: SettlementState
SETTLEMENT_STATE_RETURN_BLOCKED: SettlementState
SETTLEMENT_STATE_WITHIN_TOLERANCE: SettlementState
PRIORITY_UNSPECIFIED: Priority
PRIORITY_NORMAL: Priority
PRIORITY_HIGH: Priority
PRIORITY_URGENT: Priority
HOLD_REASON_UNSPECIFIED: HoldReason
HOLD_REASON_PARTY: HoldReason
HOLD_REASON_FOUR_EYES: HoldReason
CERTAINTY_UNSPECIFIED: Certainty
CERTAINTY_EVIDENCED: Certainty
CERTAINTY_INDETERMINATE: Certainty
LEAD_LEG_UNSPECIFIED: LeadLeg
LEAD_LEG_CASH: LeadLeg
LEAD_LEG_SECURITIES: LeadLeg
LIST_ORDER_UNSPECIFIED: ListOrder
LIST_ORDER_NEWEST_FIRST: ListOrder
LIST_ORDER_OLDEST_FIRST: ListOrder

class CashAccount(_message.Message):
    __slots__ = ("node", "account_key")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    node: str
    account_key: bytes
    def __init__(self, node: _Optional[str] = ..., account_key: _Optional[bytes] = ...) -> None: ...

class SettlementTerms(_message.Message):
    __slots__ = ("trade_id", "evm_chain_id", "token", "adapter", "quantity", "seller_address", "buyer_address", "ledger_id", "coin_id", "issuer", "amount_yen", "seller_account", "buyer_account", "salt", "lock_by", "settle_by", "lead_leg")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    EVM_CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SELLER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    BUYER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SELLER_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    BUYER_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    LOCK_BY_FIELD_NUMBER: _ClassVar[int]
    SETTLE_BY_FIELD_NUMBER: _ClassVar[int]
    LEAD_LEG_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    evm_chain_id: int
    token: bytes
    adapter: bytes
    quantity: str
    seller_address: bytes
    buyer_address: bytes
    ledger_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    seller_account: CashAccount
    buyer_account: CashAccount
    salt: bytes
    lock_by: _timestamp_pb2.Timestamp
    settle_by: _timestamp_pb2.Timestamp
    lead_leg: LeadLeg
    def __init__(self, trade_id: _Optional[bytes] = ..., evm_chain_id: _Optional[int] = ..., token: _Optional[bytes] = ..., adapter: _Optional[bytes] = ..., quantity: _Optional[str] = ..., seller_address: _Optional[bytes] = ..., buyer_address: _Optional[bytes] = ..., ledger_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ..., seller_account: _Optional[_Union[CashAccount, _Mapping]] = ..., buyer_account: _Optional[_Union[CashAccount, _Mapping]] = ..., salt: _Optional[bytes] = ..., lock_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., settle_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lead_leg: _Optional[_Union[LeadLeg, str]] = ...) -> None: ...

class LedgerFact(_message.Message):
    __slots__ = ("ledger", "what", "tx_id", "height", "at", "proof_bytes")
    LEDGER_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    PROOF_BYTES_FIELD_NUMBER: _ClassVar[int]
    ledger: str
    what: str
    tx_id: str
    height: int
    at: _timestamp_pb2.Timestamp
    proof_bytes: int
    def __init__(self, ledger: _Optional[str] = ..., what: _Optional[str] = ..., tx_id: _Optional[str] = ..., height: _Optional[int] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., proof_bytes: _Optional[int] = ...) -> None: ...

class Waiting(_message.Message):
    __slots__ = ("on", "what", "since", "next_attempt", "attempts", "last_error", "retry_asked")
    ON_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    RETRY_ASKED_FIELD_NUMBER: _ClassVar[int]
    on: str
    what: str
    since: _timestamp_pb2.Timestamp
    next_attempt: _timestamp_pb2.Timestamp
    attempts: int
    last_error: str
    retry_asked: _timestamp_pb2.Timestamp
    def __init__(self, on: _Optional[str] = ..., what: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_attempt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempts: _Optional[int] = ..., last_error: _Optional[str] = ..., retry_asked: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Alarm(_message.Message):
    __slots__ = ("name", "detail", "advice", "tx_id", "height", "since")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    detail: str
    advice: str
    tx_id: str
    height: int
    since: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., detail: _Optional[str] = ..., advice: _Optional[str] = ..., tx_id: _Optional[str] = ..., height: _Optional[int] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Instruction(_message.Message):
    __slots__ = ("side", "reference", "trade_reference", "holds", "priority", "intended_settlement_date", "create_time")
    SIDE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    TRADE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    INTENDED_SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    side: Side
    reference: str
    trade_reference: str
    holds: _containers.RepeatedScalarFieldContainer[HoldReason]
    priority: Priority
    intended_settlement_date: str
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, side: _Optional[_Union[Side, str]] = ..., reference: _Optional[str] = ..., trade_reference: _Optional[str] = ..., holds: _Optional[_Iterable[_Union[HoldReason, str]]] = ..., priority: _Optional[_Union[Priority, str]] = ..., intended_settlement_date: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Difference(_message.Message):
    __slots__ = ("field", "seller_value", "buyer_value", "agreed_value")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    SELLER_VALUE_FIELD_NUMBER: _ClassVar[int]
    BUYER_VALUE_FIELD_NUMBER: _ClassVar[int]
    AGREED_VALUE_FIELD_NUMBER: _ClassVar[int]
    field: str
    seller_value: str
    buyer_value: str
    agreed_value: str
    def __init__(self, field: _Optional[str] = ..., seller_value: _Optional[str] = ..., buyer_value: _Optional[str] = ..., agreed_value: _Optional[str] = ...) -> None: ...

class Settlement(_message.Message):
    __slots__ = ("name", "terms", "terms_hash", "state", "waiting", "facts", "mismatched_fields", "create_time", "update_time", "packet_sequence", "alarms", "etag", "instructions", "differences", "tolerated", "priority", "on_hold", "certainty", "uncertain_reason", "uncertain_since", "seller_terms", "buyer_terms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    TERMS_HASH_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    FACTS_FIELD_NUMBER: _ClassVar[int]
    MISMATCHED_FIELDS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    INSTRUCTIONS_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    TOLERATED_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    ON_HOLD_FIELD_NUMBER: _ClassVar[int]
    CERTAINTY_FIELD_NUMBER: _ClassVar[int]
    UNCERTAIN_REASON_FIELD_NUMBER: _ClassVar[int]
    UNCERTAIN_SINCE_FIELD_NUMBER: _ClassVar[int]
    SELLER_TERMS_FIELD_NUMBER: _ClassVar[int]
    BUYER_TERMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    terms: SettlementTerms
    terms_hash: bytes
    state: SettlementState
    waiting: Waiting
    facts: _containers.RepeatedCompositeFieldContainer[LedgerFact]
    mismatched_fields: _containers.RepeatedScalarFieldContainer[str]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    packet_sequence: int
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    etag: str
    instructions: _containers.RepeatedCompositeFieldContainer[Instruction]
    differences: _containers.RepeatedCompositeFieldContainer[Difference]
    tolerated: _containers.RepeatedCompositeFieldContainer[Difference]
    priority: Priority
    on_hold: bool
    certainty: Certainty
    uncertain_reason: str
    uncertain_since: _timestamp_pb2.Timestamp
    seller_terms: SettlementTerms
    buyer_terms: SettlementTerms
    def __init__(self, name: _Optional[str] = ..., terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., terms_hash: _Optional[bytes] = ..., state: _Optional[_Union[SettlementState, str]] = ..., waiting: _Optional[_Union[Waiting, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[LedgerFact, _Mapping]]] = ..., mismatched_fields: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., packet_sequence: _Optional[int] = ..., alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ..., etag: _Optional[str] = ..., instructions: _Optional[_Iterable[_Union[Instruction, _Mapping]]] = ..., differences: _Optional[_Iterable[_Union[Difference, _Mapping]]] = ..., tolerated: _Optional[_Iterable[_Union[Difference, _Mapping]]] = ..., priority: _Optional[_Union[Priority, str]] = ..., on_hold: _Optional[bool] = ..., certainty: _Optional[_Union[Certainty, str]] = ..., uncertain_reason: _Optional[str] = ..., uncertain_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., seller_terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., buyer_terms: _Optional[_Union[SettlementTerms, _Mapping]] = ...) -> None: ...

class CreateSettlementRequest(_message.Message):
    __slots__ = ("request_id", "side", "terms", "validate_only", "reference", "unique_reference", "trade_reference", "priority", "hold", "intended_settlement_date")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    TRADE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    INTENDED_SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    side: Side
    terms: SettlementTerms
    validate_only: bool
    reference: str
    unique_reference: bool
    trade_reference: str
    priority: Priority
    hold: bool
    intended_settlement_date: str
    def __init__(self, request_id: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ..., terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., validate_only: _Optional[bool] = ..., reference: _Optional[str] = ..., unique_reference: _Optional[bool] = ..., trade_reference: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., hold: _Optional[bool] = ..., intended_settlement_date: _Optional[str] = ...) -> None: ...

class CreateSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class BatchCreateSettlementsRequest(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[CreateSettlementRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[CreateSettlementRequest, _Mapping]]] = ...) -> None: ...

class BatchCreateSettlementsResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BatchResult]
    def __init__(self, results: _Optional[_Iterable[_Union[BatchResult, _Mapping]]] = ...) -> None: ...

class BatchResult(_message.Message):
    __slots__ = ("request_id", "settlement", "refusal")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    settlement: Settlement
    refusal: Refusal
    def __init__(self, request_id: _Optional[str] = ..., settlement: _Optional[_Union[Settlement, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("code", "message", "reason", "metadata")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    code: int
    message: str
    reason: str
    metadata: _containers.ScalarMap[str, str]
    def __init__(self, code: _Optional[int] = ..., message: _Optional[str] = ..., reason: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ...) -> None: ...

class AffirmSettlementRequest(_message.Message):
    __slots__ = ("request_id", "name", "side", "terms_hash", "etag", "reference", "unique_reference", "priority", "hold", "validate_only")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TERMS_HASH_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    side: Side
    terms_hash: bytes
    etag: str
    reference: str
    unique_reference: bool
    priority: Priority
    hold: bool
    validate_only: bool
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ..., terms_hash: _Optional[bytes] = ..., etag: _Optional[str] = ..., reference: _Optional[str] = ..., unique_reference: _Optional[bool] = ..., priority: _Optional[_Union[Priority, str]] = ..., hold: _Optional[bool] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class AffirmSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class GetSettlementRequest(_message.Message):
    __slots__ = ("name", "read_mask")
    NAME_FIELD_NUMBER: _ClassVar[int]
    READ_MASK_FIELD_NUMBER: _ClassVar[int]
    name: str
    read_mask: _field_mask_pb2.FieldMask
    def __init__(self, name: _Optional[str] = ..., read_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class GetSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class ListSettlementsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states", "stuck_for", "side", "reference", "trade_reference", "created_from", "created_before", "order")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    STUCK_FOR_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    TRADE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    CREATED_FROM_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[SettlementState]
    stuck_for: _duration_pb2.Duration
    side: Side
    reference: str
    trade_reference: str
    created_from: _timestamp_pb2.Timestamp
    created_before: _timestamp_pb2.Timestamp
    order: ListOrder
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[SettlementState, str]]] = ..., stuck_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., side: _Optional[_Union[Side, str]] = ..., reference: _Optional[str] = ..., trade_reference: _Optional[str] = ..., created_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., created_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., order: _Optional[_Union[ListOrder, str]] = ...) -> None: ...

class ListSettlementsResponse(_message.Message):
    __slots__ = ("settlements", "next_page_token")
    SETTLEMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    settlements: _containers.RepeatedCompositeFieldContainer[Settlement]
    next_page_token: str
    def __init__(self, settlements: _Optional[_Iterable[_Union[Settlement, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchSettlementsRequest(_message.Message):
    __slots__ = ("name", "resume_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    resume_token: str
    def __init__(self, name: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchSettlementsResponse(_message.Message):
    __slots__ = ("resume_token", "settlement", "at")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    resume_token: str
    settlement: Settlement
    at: _timestamp_pb2.Timestamp
    def __init__(self, resume_token: _Optional[str] = ..., settlement: _Optional[_Union[Settlement, _Mapping]] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UpdateSettlementRequest(_message.Message):
    __slots__ = ("request_id", "name", "etag", "side", "update_mask", "priority", "reference", "unique_reference", "hold")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    UNIQUE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    etag: str
    side: Side
    update_mask: _field_mask_pb2.FieldMask
    priority: Priority
    reference: str
    unique_reference: bool
    hold: bool
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., etag: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., priority: _Optional[_Union[Priority, str]] = ..., reference: _Optional[str] = ..., unique_reference: _Optional[bool] = ..., hold: _Optional[bool] = ...) -> None: ...

class UpdateSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class HoldSettlementRequest(_message.Message):
    __slots__ = ("request_id", "name", "etag", "side")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    etag: str
    side: Side
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., etag: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ...) -> None: ...

class HoldSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class ReleaseSettlementRequest(_message.Message):
    __slots__ = ("request_id", "name", "etag", "side", "reason")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    etag: str
    side: Side
    reason: HoldReason
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., etag: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ..., reason: _Optional[_Union[HoldReason, str]] = ...) -> None: ...

class ReleaseSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class RetrySettlementRequest(_message.Message):
    __slots__ = ("request_id", "name", "etag")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    etag: str
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class RetrySettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class CancelSettlementRequest(_message.Message):
    __slots__ = ("request_id", "name", "etag")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    etag: str
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ..., etag: _Optional[str] = ...) -> None: ...

class CancelSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...
