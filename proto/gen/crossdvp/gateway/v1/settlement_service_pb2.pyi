import datetime

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

class LeadLeg(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEAD_LEG_UNSPECIFIED: _ClassVar[LeadLeg]
    LEAD_LEG_CASH: _ClassVar[LeadLeg]
    LEAD_LEG_SECURITIES: _ClassVar[LeadLeg]
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
LEAD_LEG_UNSPECIFIED: LeadLeg
LEAD_LEG_CASH: LeadLeg
LEAD_LEG_SECURITIES: LeadLeg

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
    __slots__ = ("on", "what", "since", "next_attempt", "attempts", "last_error")
    ON_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    on: str
    what: str
    since: _timestamp_pb2.Timestamp
    next_attempt: _timestamp_pb2.Timestamp
    attempts: int
    last_error: str
    def __init__(self, on: _Optional[str] = ..., what: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., next_attempt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempts: _Optional[int] = ..., last_error: _Optional[str] = ...) -> None: ...

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

class Settlement(_message.Message):
    __slots__ = ("name", "terms", "terms_hash", "state", "waiting", "facts", "mismatched_fields", "create_time", "update_time", "packet_sequence", "alarms")
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
    def __init__(self, name: _Optional[str] = ..., terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., terms_hash: _Optional[bytes] = ..., state: _Optional[_Union[SettlementState, str]] = ..., waiting: _Optional[_Union[Waiting, _Mapping]] = ..., facts: _Optional[_Iterable[_Union[LedgerFact, _Mapping]]] = ..., mismatched_fields: _Optional[_Iterable[str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., packet_sequence: _Optional[int] = ..., alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ...) -> None: ...

class CreateSettlementRequest(_message.Message):
    __slots__ = ("request_id", "side", "terms", "validate_only")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    side: Side
    terms: SettlementTerms
    validate_only: bool
    def __init__(self, request_id: _Optional[str] = ..., side: _Optional[_Union[Side, str]] = ..., terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class CreateSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class GetSettlementRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...

class ListSettlementsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[SettlementState]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[SettlementState, str]]] = ...) -> None: ...

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

class CancelSettlementRequest(_message.Message):
    __slots__ = ("request_id", "name")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    name: str
    def __init__(self, request_id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class CancelSettlementResponse(_message.Message):
    __slots__ = ("settlement",)
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    settlement: Settlement
    def __init__(self, settlement: _Optional[_Union[Settlement, _Mapping]] = ...) -> None: ...
