import datetime

from crossdvp.gateway.v1 import settlement_service_pb2 as _settlement_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderSupport(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_SUPPORT_UNSPECIFIED: _ClassVar[OrderSupport]
    ORDER_SUPPORT_PREFERRED: _ClassVar[OrderSupport]
    ORDER_SUPPORT_POSSIBLE: _ClassVar[OrderSupport]
    ORDER_SUPPORT_REFUSED: _ClassVar[OrderSupport]

class PauseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PAUSE_STATE_UNSPECIFIED: _ClassVar[PauseState]
    PAUSE_STATE_RUNNING: _ClassVar[PauseState]
    PAUSE_STATE_PAUSED: _ClassVar[PauseState]
    PAUSE_STATE_NOT_TOLD: _ClassVar[PauseState]
ORDER_SUPPORT_UNSPECIFIED: OrderSupport
ORDER_SUPPORT_PREFERRED: OrderSupport
ORDER_SUPPORT_POSSIBLE: OrderSupport
ORDER_SUPPORT_REFUSED: OrderSupport
PAUSE_STATE_UNSPECIFIED: PauseState
PAUSE_STATE_RUNNING: PauseState
PAUSE_STATE_PAUSED: PauseState
PAUSE_STATE_NOT_TOLD: PauseState

class PossibleOrder(_message.Message):
    __slots__ = ("lead_leg", "support", "because")
    LEAD_LEG_FIELD_NUMBER: _ClassVar[int]
    SUPPORT_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    lead_leg: _settlement_service_pb2.LeadLeg
    support: OrderSupport
    because: str
    def __init__(self, lead_leg: _Optional[_Union[_settlement_service_pb2.LeadLeg, str]] = ..., support: _Optional[_Union[OrderSupport, str]] = ..., because: _Optional[str] = ...) -> None: ...

class ReadAt(_message.Message):
    __slots__ = ("height", "time")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    height: int
    time: _timestamp_pb2.Timestamp
    def __init__(self, height: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Instrument(_message.Message):
    __slots__ = ("name", "evm_chain_id", "token", "adapter", "token_name", "token_symbol", "decimals", "total_supply", "adapter_family", "orders", "before_earmark", "pause_state", "read_at", "isin", "alias")
    NAME_FIELD_NUMBER: _ClassVar[int]
    EVM_CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    TOKEN_NAME_FIELD_NUMBER: _ClassVar[int]
    TOKEN_SYMBOL_FIELD_NUMBER: _ClassVar[int]
    DECIMALS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SUPPLY_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FAMILY_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    BEFORE_EARMARK_FIELD_NUMBER: _ClassVar[int]
    PAUSE_STATE_FIELD_NUMBER: _ClassVar[int]
    READ_AT_FIELD_NUMBER: _ClassVar[int]
    ISIN_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    name: str
    evm_chain_id: int
    token: bytes
    adapter: bytes
    token_name: str
    token_symbol: str
    decimals: int
    total_supply: str
    adapter_family: str
    orders: _containers.RepeatedCompositeFieldContainer[PossibleOrder]
    before_earmark: _containers.RepeatedScalarFieldContainer[str]
    pause_state: PauseState
    read_at: ReadAt
    isin: str
    alias: str
    def __init__(self, name: _Optional[str] = ..., evm_chain_id: _Optional[int] = ..., token: _Optional[bytes] = ..., adapter: _Optional[bytes] = ..., token_name: _Optional[str] = ..., token_symbol: _Optional[str] = ..., decimals: _Optional[int] = ..., total_supply: _Optional[str] = ..., adapter_family: _Optional[str] = ..., orders: _Optional[_Iterable[_Union[PossibleOrder, _Mapping]]] = ..., before_earmark: _Optional[_Iterable[str]] = ..., pause_state: _Optional[_Union[PauseState, str]] = ..., read_at: _Optional[_Union[ReadAt, _Mapping]] = ..., isin: _Optional[str] = ..., alias: _Optional[str] = ...) -> None: ...

class ListInstrumentsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstrumentsResponse(_message.Message):
    __slots__ = ("instruments", "next_page_token")
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedCompositeFieldContainer[Instrument]
    next_page_token: str
    def __init__(self, instruments: _Optional[_Iterable[_Union[Instrument, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetInstrumentRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetInstrumentResponse(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: Instrument
    def __init__(self, instrument: _Optional[_Union[Instrument, _Mapping]] = ...) -> None: ...

class UpdateInstrumentRequest(_message.Message):
    __slots__ = ("instrument", "update_mask", "validate_only")
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    instrument: Instrument
    update_mask: _field_mask_pb2.FieldMask
    validate_only: bool
    def __init__(self, instrument: _Optional[_Union[Instrument, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class UpdateInstrumentResponse(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: Instrument
    def __init__(self, instrument: _Optional[_Union[Instrument, _Mapping]] = ...) -> None: ...
