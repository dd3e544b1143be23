from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetStandingRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStandingResponse(_message.Message):
    __slots__ = ("node", "parts")
    NODE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    node: str
    parts: _containers.RepeatedCompositeFieldContainer[PartStanding]
    def __init__(self, node: _Optional[str] = ..., parts: _Optional[_Iterable[_Union[PartStanding, _Mapping]]] = ...) -> None: ...

class PartStanding(_message.Message):
    __slots__ = ("name", "able", "about", "since_ms", "reason", "detail")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ABLE_FIELD_NUMBER: _ClassVar[int]
    ABOUT_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    name: str
    able: bool
    about: str
    since_ms: int
    reason: str
    detail: str
    def __init__(self, name: _Optional[str] = ..., able: _Optional[bool] = ..., about: _Optional[str] = ..., since_ms: _Optional[int] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...
