import datetime

from crossdvp.gateway.v1 import party_service_pb2 as _party_service_pb2
from crossdvp.gateway.v1 import settlement_service_pb2 as _settlement_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CheckSettlementRequest(_message.Message):
    __slots__ = ("terms", "name")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    terms: _settlement_service_pb2.SettlementTerms
    name: str
    def __init__(self, terms: _Optional[_Union[_settlement_service_pb2.SettlementTerms, _Mapping]] = ..., name: _Optional[str] = ...) -> None: ...

class Check(_message.Message):
    __slots__ = ("name", "verdict", "summary", "evidence", "advice")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    name: str
    verdict: _party_service_pb2.Verdict
    summary: str
    evidence: str
    advice: str
    def __init__(self, name: _Optional[str] = ..., verdict: _Optional[_Union[_party_service_pb2.Verdict, str]] = ..., summary: _Optional[str] = ..., evidence: _Optional[str] = ..., advice: _Optional[str] = ...) -> None: ...

class CheckSettlementResponse(_message.Message):
    __slots__ = ("verdict", "checks", "checked_at")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    CHECKED_AT_FIELD_NUMBER: _ClassVar[int]
    verdict: _party_service_pb2.Verdict
    checks: _containers.RepeatedCompositeFieldContainer[Check]
    checked_at: _timestamp_pb2.Timestamp
    def __init__(self, verdict: _Optional[_Union[_party_service_pb2.Verdict, str]] = ..., checks: _Optional[_Iterable[_Union[Check, _Mapping]]] = ..., checked_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
