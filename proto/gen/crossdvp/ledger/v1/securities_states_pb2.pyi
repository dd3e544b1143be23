from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TransferKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_KIND_UNSPECIFIED: _ClassVar[TransferKind]
    TRANSFER_KIND_PRIMARY: _ClassVar[TransferKind]
    TRANSFER_KIND_SECONDARY: _ClassVar[TransferKind]
    TRANSFER_KIND_FORCED: _ClassVar[TransferKind]
    TRANSFER_KIND_REDEMPTION: _ClassVar[TransferKind]
    TRANSFER_KIND_CANCELLATION: _ClassVar[TransferKind]
    TRANSFER_KIND_COUPON: _ClassVar[TransferKind]
    TRANSFER_KIND_GRANT: _ClassVar[TransferKind]
    TRANSFER_KIND_USE: _ClassVar[TransferKind]

class SecurityKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_KIND_UNSPECIFIED: _ClassVar[SecurityKind]
    SECURITY_KIND_BENEFICIARY_RIGHT: _ClassVar[SecurityKind]
    SECURITY_KIND_BOND: _ClassVar[SecurityKind]
    SECURITY_KIND_UTILITY: _ClassVar[SecurityKind]

class SecurityStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECURITY_STATUS_UNSPECIFIED: _ClassVar[SecurityStatus]
    SECURITY_STATUS_PLANNED: _ClassVar[SecurityStatus]
    SECURITY_STATUS_LISTED: _ClassVar[SecurityStatus]
    SECURITY_STATUS_REDEEMED: _ClassVar[SecurityStatus]

class HolidayAdjustment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HOLIDAY_ADJUSTMENT_UNSPECIFIED: _ClassVar[HolidayAdjustment]
    HOLIDAY_ADJUSTMENT_NONE: _ClassVar[HolidayAdjustment]
    HOLIDAY_ADJUSTMENT_NEXT: _ClassVar[HolidayAdjustment]
    HOLIDAY_ADJUSTMENT_PREVIOUS: _ClassVar[HolidayAdjustment]
    HOLIDAY_ADJUSTMENT_MODIFIED_NEXT: _ClassVar[HolidayAdjustment]

class Opening(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPENING_UNSPECIFIED: _ClassVar[Opening]
    OPENING_OPEN: _ClassVar[Opening]
    OPENING_CLOSED: _ClassVar[Opening]
TRANSFER_KIND_UNSPECIFIED: TransferKind
TRANSFER_KIND_PRIMARY: TransferKind
TRANSFER_KIND_SECONDARY: TransferKind
TRANSFER_KIND_FORCED: TransferKind
TRANSFER_KIND_REDEMPTION: TransferKind
TRANSFER_KIND_CANCELLATION: TransferKind
TRANSFER_KIND_COUPON: TransferKind
TRANSFER_KIND_GRANT: TransferKind
TRANSFER_KIND_USE: TransferKind
SECURITY_KIND_UNSPECIFIED: SecurityKind
SECURITY_KIND_BENEFICIARY_RIGHT: SecurityKind
SECURITY_KIND_BOND: SecurityKind
SECURITY_KIND_UTILITY: SecurityKind
SECURITY_STATUS_UNSPECIFIED: SecurityStatus
SECURITY_STATUS_PLANNED: SecurityStatus
SECURITY_STATUS_LISTED: SecurityStatus
SECURITY_STATUS_REDEEMED: SecurityStatus
HOLIDAY_ADJUSTMENT_UNSPECIFIED: HolidayAdjustment
HOLIDAY_ADJUSTMENT_NONE: HolidayAdjustment
HOLIDAY_ADJUSTMENT_NEXT: HolidayAdjustment
HOLIDAY_ADJUSTMENT_PREVIOUS: HolidayAdjustment
HOLIDAY_ADJUSTMENT_MODIFIED_NEXT: HolidayAdjustment
OPENING_UNSPECIFIED: Opening
OPENING_OPEN: Opening
OPENING_CLOSED: Opening

class TransferNote(_message.Message):
    __slots__ = ("kind", "trade_id", "cancelled_tx_id", "settlement_date", "reason", "reference", "author", "approver")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_TX_ID_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    kind: TransferKind
    trade_id: bytes
    cancelled_tx_id: bytes
    settlement_date: str
    reason: str
    reference: str
    author: str
    approver: str
    def __init__(self, kind: _Optional[_Union[TransferKind, str]] = ..., trade_id: _Optional[bytes] = ..., cancelled_tx_id: _Optional[bytes] = ..., settlement_date: _Optional[str] = ..., reason: _Optional[str] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class MonthDay(_message.Message):
    __slots__ = ("month", "day")
    MONTH_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    month: int
    day: int
    def __init__(self, month: _Optional[int] = ..., day: _Optional[int] = ...) -> None: ...

class SecurityTerms(_message.Message):
    __slots__ = ("isin", "kind", "trust_contract_id", "units", "issue_date", "redemption_date", "record_dates", "holiday_adjustment")
    ISIN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TRUST_CONTRACT_ID_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    ISSUE_DATE_FIELD_NUMBER: _ClassVar[int]
    REDEMPTION_DATE_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATES_FIELD_NUMBER: _ClassVar[int]
    HOLIDAY_ADJUSTMENT_FIELD_NUMBER: _ClassVar[int]
    isin: str
    kind: SecurityKind
    trust_contract_id: str
    units: int
    issue_date: str
    redemption_date: str
    record_dates: _containers.RepeatedCompositeFieldContainer[MonthDay]
    holiday_adjustment: HolidayAdjustment
    def __init__(self, isin: _Optional[str] = ..., kind: _Optional[_Union[SecurityKind, str]] = ..., trust_contract_id: _Optional[str] = ..., units: _Optional[int] = ..., issue_date: _Optional[str] = ..., redemption_date: _Optional[str] = ..., record_dates: _Optional[_Iterable[_Union[MonthDay, _Mapping]]] = ..., holiday_adjustment: _Optional[_Union[HolidayAdjustment, str]] = ...) -> None: ...

class SecurityState(_message.Message):
    __slots__ = ("network", "security_id", "registrar", "gate_id", "terms", "status", "approvers")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    security_id: str
    registrar: _transaction_pb2.Party
    gate_id: str
    terms: SecurityTerms
    status: SecurityStatus
    approvers: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., security_id: _Optional[str] = ..., registrar: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., gate_id: _Optional[str] = ..., terms: _Optional[_Union[SecurityTerms, _Mapping]] = ..., status: _Optional[_Union[SecurityStatus, str]] = ..., approvers: _Optional[_Iterable[bytes]] = ...) -> None: ...

class TransferGateState(_message.Message):
    __slots__ = ("network", "gate_id", "registrar", "opening", "controlled")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CONTROLLED_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    gate_id: str
    registrar: _transaction_pb2.Party
    opening: Opening
    controlled: bool
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., gate_id: _Optional[str] = ..., registrar: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., opening: _Optional[_Union[Opening, str]] = ..., controlled: _Optional[bool] = ...) -> None: ...

class NetworkControlState(_message.Message):
    __slots__ = ("network", "opening")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    opening: Opening
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., opening: _Optional[_Union[Opening, str]] = ...) -> None: ...
