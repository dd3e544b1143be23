from crossdvp.gateway.v1 import settlement_service_pb2 as _settlement_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_TYPE_UNSPECIFIED: _ClassVar[MessageType]
    MESSAGE_TYPE_STATUS_ADVICE: _ClassVar[MessageType]
    MESSAGE_TYPE_CONFIRMATION: _ClassVar[MessageType]
    MESSAGE_TYPE_CASH_TRANSFER: _ClassVar[MessageType]
MESSAGE_TYPE_UNSPECIFIED: MessageType
MESSAGE_TYPE_STATUS_ADVICE: MessageType
MESSAGE_TYPE_CONFIRMATION: MessageType
MESSAGE_TYPE_CASH_TRANSFER: MessageType

class SubmitMessageRequest(_message.Message):
    __slots__ = ("request_id", "document")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    document: bytes
    def __init__(self, request_id: _Optional[str] = ..., document: _Optional[bytes] = ...) -> None: ...

class SubmitMessageResponse(_message.Message):
    __slots__ = ("settlement", "status_advice")
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    STATUS_ADVICE_FIELD_NUMBER: _ClassVar[int]
    settlement: _settlement_service_pb2.Settlement
    status_advice: bytes
    def __init__(self, settlement: _Optional[_Union[_settlement_service_pb2.Settlement, _Mapping]] = ..., status_advice: _Optional[bytes] = ...) -> None: ...

class GetMessageRequest(_message.Message):
    __slots__ = ("name", "message_type", "side")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    name: str
    message_type: MessageType
    side: _settlement_service_pb2.Side
    def __init__(self, name: _Optional[str] = ..., message_type: _Optional[_Union[MessageType, str]] = ..., side: _Optional[_Union[_settlement_service_pb2.Side, str]] = ...) -> None: ...

class GetMessageResponse(_message.Message):
    __slots__ = ("document", "message_identifier")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    document: bytes
    message_identifier: str
    def __init__(self, document: _Optional[bytes] = ..., message_identifier: _Optional[str] = ...) -> None: ...
