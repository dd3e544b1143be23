from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import trade_service_pb2 as _trade_service_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AskMethodRequest(_message.Message):
    __slots__ = ("trade_id", "network", "token_id", "registrar", "quantity", "amount_yen", "settle_by_s", "kind", "coin_id", "issuer", "seller_tokens_key", "seller_cash_key", "payment")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SETTLE_BY_S_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    SELLER_TOKENS_KEY_FIELD_NUMBER: _ClassVar[int]
    SELLER_CASH_KEY_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settle_by_s: int
    kind: _trade_service_pb2.CashMethodKind
    coin_id: str
    issuer: str
    seller_tokens_key: bytes
    seller_cash_key: bytes
    payment: _trade_service_pb2.FiatPayment
    def __init__(self, trade_id: _Optional[bytes] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., amount_yen: _Optional[int] = ..., settle_by_s: _Optional[int] = ..., kind: _Optional[_Union[_trade_service_pb2.CashMethodKind, str]] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., seller_tokens_key: _Optional[bytes] = ..., seller_cash_key: _Optional[bytes] = ..., payment: _Optional[_Union[_trade_service_pb2.FiatPayment, str]] = ...) -> None: ...

class AskMethodResponse(_message.Message):
    __slots__ = ("kind", "coin_id", "issuer", "buyer_tokens_key", "buyer_cash_key", "covers", "payer_name", "payment")
    KIND_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    BUYER_TOKENS_KEY_FIELD_NUMBER: _ClassVar[int]
    BUYER_CASH_KEY_FIELD_NUMBER: _ClassVar[int]
    COVERS_FIELD_NUMBER: _ClassVar[int]
    PAYER_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    kind: _trade_service_pb2.CashMethodKind
    coin_id: str
    issuer: str
    buyer_tokens_key: bytes
    buyer_cash_key: bytes
    covers: bool
    payer_name: str
    payment: _trade_service_pb2.FiatPayment
    def __init__(self, kind: _Optional[_Union[_trade_service_pb2.CashMethodKind, str]] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., buyer_tokens_key: _Optional[bytes] = ..., buyer_cash_key: _Optional[bytes] = ..., covers: _Optional[bool] = ..., payer_name: _Optional[str] = ..., payment: _Optional[_Union[_trade_service_pb2.FiatPayment, str]] = ...) -> None: ...

class TradeEndedRequest(_message.Message):
    __slots__ = ("trade_id", "reason", "tx_id")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    reason: str
    tx_id: bytes
    def __init__(self, trade_id: _Optional[bytes] = ..., reason: _Optional[str] = ..., tx_id: _Optional[bytes] = ...) -> None: ...

class TradeEndedResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AgreeNetRequest(_message.Message):
    __slots__ = ("broker_a", "broker_b", "settlement_day", "set_id")
    BROKER_A_FIELD_NUMBER: _ClassVar[int]
    BROKER_B_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DAY_FIELD_NUMBER: _ClassVar[int]
    SET_ID_FIELD_NUMBER: _ClassVar[int]
    broker_a: str
    broker_b: str
    settlement_day: str
    set_id: bytes
    def __init__(self, broker_a: _Optional[str] = ..., broker_b: _Optional[str] = ..., settlement_day: _Optional[str] = ..., set_id: _Optional[bytes] = ...) -> None: ...

class AgreeNetResponse(_message.Message):
    __slots__ = ("set_id",)
    SET_ID_FIELD_NUMBER: _ClassVar[int]
    set_id: bytes
    def __init__(self, set_id: _Optional[bytes] = ...) -> None: ...
