from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SettleDoubtRequest(_message.Message):
    __slots__ = ("doubt", "said_by")
    DOUBT_FIELD_NUMBER: _ClassVar[int]
    SAID_BY_FIELD_NUMBER: _ClassVar[int]
    doubt: str
    said_by: str
    def __init__(self, doubt: _Optional[str] = ..., said_by: _Optional[str] = ...) -> None: ...

class SettleDoubtResponse(_message.Message):
    __slots__ = ("settled",)
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    settled: bool
    def __init__(self, settled: _Optional[bool] = ...) -> None: ...
