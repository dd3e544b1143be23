from crossdvp.ledger.v1 import register_service_pb2 as _register_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StaffKey(_message.Message):
    __slots__ = ("staff_id", "key")
    STAFF_ID_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    staff_id: str
    key: bytes
    def __init__(self, staff_id: _Optional[str] = ..., key: _Optional[bytes] = ...) -> None: ...

class BeginEmergencyRequest(_message.Message):
    __slots__ = ("security", "authors", "approvers")
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    AUTHORS_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    security: _register_service_pb2.SecurityReference
    authors: _containers.RepeatedCompositeFieldContainer[StaffKey]
    approvers: _containers.RepeatedCompositeFieldContainer[StaffKey]
    def __init__(self, security: _Optional[_Union[_register_service_pb2.SecurityReference, _Mapping]] = ..., authors: _Optional[_Iterable[_Union[StaffKey, _Mapping]]] = ..., approvers: _Optional[_Iterable[_Union[StaffKey, _Mapping]]] = ...) -> None: ...

class BeginEmergencyResponse(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class OutageLine(_message.Message):
    __slots__ = ("line", "units", "tx_id", "counted")
    LINE_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTED_FIELD_NUMBER: _ClassVar[int]
    line: int
    units: int
    tx_id: bytes
    counted: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, line: _Optional[int] = ..., units: _Optional[int] = ..., tx_id: _Optional[bytes] = ..., counted: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Outage(_message.Message):
    __slots__ = ("outage_id", "security", "head", "base_sequence", "closed_sequence", "is_closed", "author", "approver", "lines")
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    BASE_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CLOSED_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    IS_CLOSED_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    outage_id: bytes
    security: _register_service_pb2.SecurityReference
    head: bytes
    base_sequence: int
    closed_sequence: int
    is_closed: bool
    author: str
    approver: str
    lines: _containers.RepeatedCompositeFieldContainer[OutageLine]
    def __init__(self, outage_id: _Optional[bytes] = ..., security: _Optional[_Union[_register_service_pb2.SecurityReference, _Mapping]] = ..., head: _Optional[bytes] = ..., base_sequence: _Optional[int] = ..., closed_sequence: _Optional[int] = ..., is_closed: _Optional[bool] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[OutageLine, _Mapping]]] = ...) -> None: ...

class LedgerMoveDecision(_message.Message):
    __slots__ = ("tx_id", "line")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    line: int
    def __init__(self, tx_id: _Optional[bytes] = ..., line: _Optional[int] = ...) -> None: ...

class UploadEmergencyFileRequest(_message.Message):
    __slots__ = ("chunk",)
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    chunk: bytes
    def __init__(self, chunk: _Optional[bytes] = ...) -> None: ...

class UploadEmergencyFileResponse(_message.Message):
    __slots__ = ("outage_id", "head", "moves")
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    MOVES_FIELD_NUMBER: _ClassVar[int]
    outage_id: bytes
    head: bytes
    moves: int
    def __init__(self, outage_id: _Optional[bytes] = ..., head: _Optional[bytes] = ..., moves: _Optional[int] = ...) -> None: ...

class PreviewNormalisationRequest(_message.Message):
    __slots__ = ("outage_id", "head", "decisions")
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    outage_id: bytes
    head: bytes
    decisions: _containers.RepeatedCompositeFieldContainer[LedgerMoveDecision]
    def __init__(self, outage_id: _Optional[bytes] = ..., head: _Optional[bytes] = ..., decisions: _Optional[_Iterable[_Union[LedgerMoveDecision, _Mapping]]] = ...) -> None: ...

class PreviewNormalisationResponse(_message.Message):
    __slots__ = ("outage",)
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    outage: Outage
    def __init__(self, outage: _Optional[_Union[Outage, _Mapping]] = ...) -> None: ...

class PlanNormalisationRequest(_message.Message):
    __slots__ = ("outage_id", "head", "author", "approver", "decisions")
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    outage_id: bytes
    head: bytes
    author: str
    approver: str
    decisions: _containers.RepeatedCompositeFieldContainer[LedgerMoveDecision]
    def __init__(self, outage_id: _Optional[bytes] = ..., head: _Optional[bytes] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., decisions: _Optional[_Iterable[_Union[LedgerMoveDecision, _Mapping]]] = ...) -> None: ...

class PlanNormalisationResponse(_message.Message):
    __slots__ = ("outage",)
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    outage: Outage
    def __init__(self, outage: _Optional[_Union[Outage, _Mapping]] = ...) -> None: ...

class BringInLinesRequest(_message.Message):
    __slots__ = ("outage_id", "max_lines")
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_LINES_FIELD_NUMBER: _ClassVar[int]
    outage_id: bytes
    max_lines: int
    def __init__(self, outage_id: _Optional[bytes] = ..., max_lines: _Optional[int] = ...) -> None: ...

class BringInLinesResponse(_message.Message):
    __slots__ = ("outage",)
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    outage: Outage
    def __init__(self, outage: _Optional[_Union[Outage, _Mapping]] = ...) -> None: ...

class GetOutageRequest(_message.Message):
    __slots__ = ("outage_id",)
    OUTAGE_ID_FIELD_NUMBER: _ClassVar[int]
    outage_id: bytes
    def __init__(self, outage_id: _Optional[bytes] = ...) -> None: ...

class GetOutageResponse(_message.Message):
    __slots__ = ("outage",)
    OUTAGE_FIELD_NUMBER: _ClassVar[int]
    outage: Outage
    def __init__(self, outage: _Optional[_Union[Outage, _Mapping]] = ...) -> None: ...
