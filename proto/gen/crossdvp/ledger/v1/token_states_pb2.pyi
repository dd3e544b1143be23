from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TokenState(_message.Message):
    __slots__ = ("network", "token_id", "registrar", "quantity", "owner", "node", "gate_id", "frozen", "expires_s")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: _transaction_pb2.Party
    quantity: int
    owner: bytes
    node: str
    gate_id: str
    frozen: bool
    expires_s: int
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., quantity: _Optional[int] = ..., owner: _Optional[bytes] = ..., node: _Optional[str] = ..., gate_id: _Optional[str] = ..., frozen: _Optional[bool] = ..., expires_s: _Optional[int] = ...) -> None: ...

class NativeTerms(_message.Message):
    __slots__ = ("trade_id", "network", "token_id", "registrar", "quantity", "coin_id", "issuer", "amount_yen", "seller_tokens", "seller_cash", "buyer_cash", "buyer_tokens", "settle_by_s")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SELLER_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SELLER_CASH_FIELD_NUMBER: _ClassVar[int]
    BUYER_CASH_FIELD_NUMBER: _ClassVar[int]
    BUYER_TOKENS_FIELD_NUMBER: _ClassVar[int]
    SETTLE_BY_S_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    coin_id: str
    issuer: str
    amount_yen: int
    seller_tokens: _states_pb2.CashAccount
    seller_cash: _states_pb2.CashAccount
    buyer_cash: _states_pb2.CashAccount
    buyer_tokens: _states_pb2.CashAccount
    settle_by_s: int
    def __init__(self, trade_id: _Optional[bytes] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ..., seller_tokens: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., seller_cash: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., buyer_cash: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., buyer_tokens: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., settle_by_s: _Optional[int] = ...) -> None: ...
