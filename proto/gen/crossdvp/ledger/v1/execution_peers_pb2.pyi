from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TradeAccountsRequest(_message.Message):
    __slots__ = ("trade_id", "notice_hash")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    NOTICE_HASH_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    notice_hash: bytes
    def __init__(self, trade_id: _Optional[bytes] = ..., notice_hash: _Optional[bytes] = ...) -> None: ...

class TradeAccountsResponse(_message.Message):
    __slots__ = ("tokens", "cash")
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    tokens: _states_pb2.CashAccount
    cash: _states_pb2.CashAccount
    def __init__(self, tokens: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., cash: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ...) -> None: ...
