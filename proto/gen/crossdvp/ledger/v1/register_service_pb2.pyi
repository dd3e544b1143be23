from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import vault_service_pb2 as _vault_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterEntryKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGISTER_ENTRY_KIND_UNSPECIFIED: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_PRIMARY: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_SECONDARY: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_FORCED: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_REDEMPTION: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_CANCELLATION: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_COUPON: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_GRANT: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_USE: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_FREEZE: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_THAW: _ClassVar[RegisterEntryKind]
    REGISTER_ENTRY_KIND_OTHER: _ClassVar[RegisterEntryKind]
REGISTER_ENTRY_KIND_UNSPECIFIED: RegisterEntryKind
REGISTER_ENTRY_KIND_PRIMARY: RegisterEntryKind
REGISTER_ENTRY_KIND_SECONDARY: RegisterEntryKind
REGISTER_ENTRY_KIND_FORCED: RegisterEntryKind
REGISTER_ENTRY_KIND_REDEMPTION: RegisterEntryKind
REGISTER_ENTRY_KIND_CANCELLATION: RegisterEntryKind
REGISTER_ENTRY_KIND_COUPON: RegisterEntryKind
REGISTER_ENTRY_KIND_GRANT: RegisterEntryKind
REGISTER_ENTRY_KIND_USE: RegisterEntryKind
REGISTER_ENTRY_KIND_FREEZE: RegisterEntryKind
REGISTER_ENTRY_KIND_THAW: RegisterEntryKind
REGISTER_ENTRY_KIND_OTHER: RegisterEntryKind

class SecurityReference(_message.Message):
    __slots__ = ("network", "security_id", "registrar")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    security_id: str
    registrar: str
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., security_id: _Optional[str] = ..., registrar: _Optional[str] = ...) -> None: ...

class RegisterAsOf(_message.Message):
    __slots__ = ("before_ms", "journal_position", "sequence")
    BEFORE_MS_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    before_ms: int
    journal_position: int
    sequence: int
    def __init__(self, before_ms: _Optional[int] = ..., journal_position: _Optional[int] = ..., sequence: _Optional[int] = ...) -> None: ...

class RegisterMoment(_message.Message):
    __slots__ = ("sequence", "recorded_ms", "journal_position")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RECORDED_MS_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    recorded_ms: int
    journal_position: int
    def __init__(self, sequence: _Optional[int] = ..., recorded_ms: _Optional[int] = ..., journal_position: _Optional[int] = ...) -> None: ...

class RegisterSummary(_message.Message):
    __slots__ = ("security", "moment", "holders", "units", "frozen", "hash", "only_node")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    MOMENT_FIELD_NUMBER: _ClassVar[int]
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    ONLY_NODE_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    moment: RegisterMoment
    holders: int
    units: int
    frozen: int
    hash: bytes
    only_node: str
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., moment: _Optional[_Union[RegisterMoment, _Mapping]] = ..., holders: _Optional[int] = ..., units: _Optional[int] = ..., frozen: _Optional[int] = ..., hash: _Optional[bytes] = ..., only_node: _Optional[str] = ...) -> None: ...

class RegisterHolder(_message.Message):
    __slots__ = ("account", "units", "frozen", "investor_id")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    account: _states_pb2.CashAccount
    units: int
    frozen: int
    investor_id: str
    def __init__(self, account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., units: _Optional[int] = ..., frozen: _Optional[int] = ..., investor_id: _Optional[str] = ...) -> None: ...

class GetRegisterRequest(_message.Message):
    __slots__ = ("security", "as_of")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    as_of: RegisterAsOf
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., as_of: _Optional[_Union[RegisterAsOf, _Mapping]] = ...) -> None: ...

class GetRegisterResponse(_message.Message):
    __slots__ = ("register",)
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    register: RegisterSummary
    def __init__(self, register: _Optional[_Union[RegisterSummary, _Mapping]] = ...) -> None: ...

class ExportRegisterRequest(_message.Message):
    __slots__ = ("security", "as_of")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    as_of: RegisterAsOf
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., as_of: _Optional[_Union[RegisterAsOf, _Mapping]] = ...) -> None: ...

class ExportRegisterResponse(_message.Message):
    __slots__ = ("register", "holders")
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    register: RegisterSummary
    holders: _containers.RepeatedCompositeFieldContainer[RegisterHolder]
    def __init__(self, register: _Optional[_Union[RegisterSummary, _Mapping]] = ..., holders: _Optional[_Iterable[_Union[RegisterHolder, _Mapping]]] = ...) -> None: ...

class RegisterEntry(_message.Message):
    __slots__ = ("entry", "kind", "trade_id", "cancelled_tx_id", "settlement_date", "reason", "reference", "author", "approver", "investor_id")
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    CANCELLED_TX_ID_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    entry: _vault_service_pb2.Entry
    kind: RegisterEntryKind
    trade_id: bytes
    cancelled_tx_id: bytes
    settlement_date: str
    reason: str
    reference: str
    author: str
    approver: str
    investor_id: str
    def __init__(self, entry: _Optional[_Union[_vault_service_pb2.Entry, _Mapping]] = ..., kind: _Optional[_Union[RegisterEntryKind, str]] = ..., trade_id: _Optional[bytes] = ..., cancelled_tx_id: _Optional[bytes] = ..., settlement_date: _Optional[str] = ..., reason: _Optional[str] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., investor_id: _Optional[str] = ...) -> None: ...

class ListRegisterEntriesRequest(_message.Message):
    __slots__ = ("security", "account_key", "after", "up_to", "page_size", "page_token")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    UP_TO_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    account_key: bytes
    after: int
    up_to: int
    page_size: int
    page_token: str
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., account_key: _Optional[bytes] = ..., after: _Optional[int] = ..., up_to: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRegisterEntriesResponse(_message.Message):
    __slots__ = ("entries", "next_page_token", "sequence")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[RegisterEntry]
    next_page_token: str
    sequence: int
    def __init__(self, entries: _Optional[_Iterable[_Union[RegisterEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class ListRecordDatesRequest(_message.Message):
    __slots__ = ("security", "from_date", "max_dates")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    FROM_DATE_FIELD_NUMBER: _ClassVar[int]
    MAX_DATES_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    from_date: str
    max_dates: int
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., from_date: _Optional[str] = ..., max_dates: _Optional[int] = ...) -> None: ...

class ListRecordDatesResponse(_message.Message):
    __slots__ = ("record_dates",)
    RECORD_DATES_FIELD_NUMBER: _ClassVar[int]
    record_dates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, record_dates: _Optional[_Iterable[str]] = ...) -> None: ...

class SnapshotSummary(_message.Message):
    __slots__ = ("register", "record_date", "cut_off_ms", "taken_ms", "taken_by")
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATE_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_MS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_MS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_BY_FIELD_NUMBER: _ClassVar[int]
    register: RegisterSummary
    record_date: str
    cut_off_ms: int
    taken_ms: int
    taken_by: str
    def __init__(self, register: _Optional[_Union[RegisterSummary, _Mapping]] = ..., record_date: _Optional[str] = ..., cut_off_ms: _Optional[int] = ..., taken_ms: _Optional[int] = ..., taken_by: _Optional[str] = ...) -> None: ...

class SnapshotRecordDateRequest(_message.Message):
    __slots__ = ("security", "record_date", "close_of_business", "author")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATE_FIELD_NUMBER: _ClassVar[int]
    CLOSE_OF_BUSINESS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    record_date: str
    close_of_business: str
    author: str
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., record_date: _Optional[str] = ..., close_of_business: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class SnapshotRecordDateResponse(_message.Message):
    __slots__ = ("snapshot",)
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    snapshot: SnapshotSummary
    def __init__(self, snapshot: _Optional[_Union[SnapshotSummary, _Mapping]] = ...) -> None: ...

class GetSnapshotRequest(_message.Message):
    __slots__ = ("security", "record_date")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATE_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    record_date: str
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ..., record_date: _Optional[str] = ...) -> None: ...

class GetSnapshotResponse(_message.Message):
    __slots__ = ("snapshot", "holders")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    snapshot: SnapshotSummary
    holders: _containers.RepeatedCompositeFieldContainer[RegisterHolder]
    def __init__(self, snapshot: _Optional[_Union[SnapshotSummary, _Mapping]] = ..., holders: _Optional[_Iterable[_Union[RegisterHolder, _Mapping]]] = ...) -> None: ...

class ListSnapshotsRequest(_message.Message):
    __slots__ = ("security",)
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    security: SecurityReference
    def __init__(self, security: _Optional[_Union[SecurityReference, _Mapping]] = ...) -> None: ...

class ListSnapshotsResponse(_message.Message):
    __slots__ = ("record_dates",)
    RECORD_DATES_FIELD_NUMBER: _ClassVar[int]
    record_dates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, record_dates: _Optional[_Iterable[str]] = ...) -> None: ...
