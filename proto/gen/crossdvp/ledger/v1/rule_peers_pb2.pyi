from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class FetchRuleStateRequest(_message.Message):
    __slots__ = ("contract", "key")
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    contract: str
    key: str
    def __init__(self, contract: _Optional[str] = ..., key: _Optional[str] = ...) -> None: ...

class FetchRuleStateResponse(_message.Message):
    __slots__ = ("tx_ids",)
    TX_IDS_FIELD_NUMBER: _ClassVar[int]
    tx_ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, tx_ids: _Optional[_Iterable[bytes]] = ...) -> None: ...
