from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Position(_message.Message):
    __slots__ = ("node", "database_id", "incarnation", "nonce", "number")
    NODE_FIELD_NUMBER: _ClassVar[int]
    DATABASE_ID_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    node: str
    database_id: str
    incarnation: int
    nonce: str
    number: int
    def __init__(self, node: _Optional[str] = ..., database_id: _Optional[str] = ..., incarnation: _Optional[int] = ..., nonce: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class PositionRequest(_message.Message):
    __slots__ = ("own", "signature")
    OWN_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    own: Position
    signature: bytes
    def __init__(self, own: _Optional[_Union[Position, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class PositionResponse(_message.Message):
    __slots__ = ("latest", "signature", "journal_height")
    LATEST_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    latest: Position
    signature: bytes
    journal_height: int
    def __init__(self, latest: _Optional[_Union[Position, _Mapping]] = ..., signature: _Optional[bytes] = ..., journal_height: _Optional[int] = ...) -> None: ...
