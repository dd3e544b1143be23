from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CoinKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COIN_KIND_UNSPECIFIED: _ClassVar[CoinKind]
    COIN_KIND_WHOLESALE: _ClassVar[CoinKind]
    COIN_KIND_RETAIL: _ClassVar[CoinKind]
COIN_KIND_UNSPECIFIED: CoinKind
COIN_KIND_WHOLESALE: CoinKind
COIN_KIND_RETAIL: CoinKind

class CoinState(_message.Message):
    __slots__ = ("coin_id", "issuer", "kind", "approvers")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    APPROVERS_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    issuer: _transaction_pb2.Party
    kind: CoinKind
    approvers: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, coin_id: _Optional[str] = ..., issuer: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., kind: _Optional[_Union[CoinKind, str]] = ..., approvers: _Optional[_Iterable[bytes]] = ...) -> None: ...

class CoinHolderState(_message.Message):
    __slots__ = ("coin_id", "issuer", "owner", "node")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    issuer: _transaction_pb2.Party
    owner: bytes
    node: str
    def __init__(self, coin_id: _Optional[str] = ..., issuer: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., owner: _Optional[bytes] = ..., node: _Optional[str] = ...) -> None: ...
