from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ReadNetworkRequest(_message.Message):
    __slots__ = ("after_epoch", "after_map")
    AFTER_EPOCH_FIELD_NUMBER: _ClassVar[int]
    AFTER_MAP_FIELD_NUMBER: _ClassVar[int]
    after_epoch: int
    after_map: int
    def __init__(self, after_epoch: _Optional[int] = ..., after_map: _Optional[int] = ...) -> None: ...

class ReadNetworkResponse(_message.Message):
    __slots__ = ("epochs", "network_map", "accepted_epoch")
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    NETWORK_MAP_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_EPOCH_FIELD_NUMBER: _ClassVar[int]
    epochs: _containers.RepeatedScalarFieldContainer[bytes]
    network_map: bytes
    accepted_epoch: int
    def __init__(self, epochs: _Optional[_Iterable[bytes]] = ..., network_map: _Optional[bytes] = ..., accepted_epoch: _Optional[int] = ...) -> None: ...

class SignedNetworkMap(_message.Message):
    __slots__ = ("map", "by", "signature")
    MAP_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    map: bytes
    by: bytes
    signature: bytes
    def __init__(self, map: _Optional[bytes] = ..., by: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...
