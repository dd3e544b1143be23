from crossdvp.ledger.v1 import exchange_service_pb2 as _exchange_service_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterOrderRequest(_message.Message):
    __slots__ = ("order_id", "side", "token_id", "registrar", "quantity", "investor_id", "token_account_key", "cash_account_key", "author")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    CASH_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    side: _exchange_service_pb2.OrderSide
    token_id: str
    registrar: str
    quantity: int
    investor_id: str
    token_account_key: bytes
    cash_account_key: bytes
    author: str
    def __init__(self, order_id: _Optional[str] = ..., side: _Optional[_Union[_exchange_service_pb2.OrderSide, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., investor_id: _Optional[str] = ..., token_account_key: _Optional[bytes] = ..., cash_account_key: _Optional[bytes] = ..., author: _Optional[str] = ...) -> None: ...

class RegisterOrderResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReviseOrderRequest(_message.Message):
    __slots__ = ("order_id", "quantity", "author")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    quantity: int
    author: str
    def __init__(self, order_id: _Optional[str] = ..., quantity: _Optional[int] = ..., author: _Optional[str] = ...) -> None: ...

class ReviseOrderResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("after", "max_orders")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MAX_ORDERS_FIELD_NUMBER: _ClassVar[int]
    after: str
    max_orders: int
    def __init__(self, after: _Optional[str] = ..., max_orders: _Optional[int] = ...) -> None: ...

class BrokerOrder(_message.Message):
    __slots__ = ("order_id", "side", "token_id", "registrar", "quantity", "executed", "investor_id", "token_account_key", "cash_account_key")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_FIELD_NUMBER: _ClassVar[int]
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    CASH_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    side: _exchange_service_pb2.OrderSide
    token_id: str
    registrar: str
    quantity: int
    executed: int
    investor_id: str
    token_account_key: bytes
    cash_account_key: bytes
    def __init__(self, order_id: _Optional[str] = ..., side: _Optional[_Union[_exchange_service_pb2.OrderSide, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., executed: _Optional[int] = ..., investor_id: _Optional[str] = ..., token_account_key: _Optional[bytes] = ..., cash_account_key: _Optional[bytes] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders",)
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[BrokerOrder]
    def __init__(self, orders: _Optional[_Iterable[_Union[BrokerOrder, _Mapping]]] = ...) -> None: ...

class ListBrokerExecutionsRequest(_message.Message):
    __slots__ = ("after", "max_executions")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MAX_EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    after: int
    max_executions: int
    def __init__(self, after: _Optional[int] = ..., max_executions: _Optional[int] = ...) -> None: ...

class BrokerExecution(_message.Message):
    __slots__ = ("arrival", "trade_id", "venue", "token_id", "registrar", "quantity", "amount_yen", "settlement_date", "side", "order_id", "counterparty", "status", "investor_id", "own_tokens", "own_cash", "counterparty_tokens", "counterparty_cash", "reason", "blamed", "english", "japanese")
    ARRIVAL_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    OWN_TOKENS_FIELD_NUMBER: _ClassVar[int]
    OWN_CASH_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_TOKENS_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CASH_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BLAMED_FIELD_NUMBER: _ClassVar[int]
    ENGLISH_FIELD_NUMBER: _ClassVar[int]
    JAPANESE_FIELD_NUMBER: _ClassVar[int]
    arrival: int
    trade_id: bytes
    venue: str
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settlement_date: str
    side: _exchange_service_pb2.OrderSide
    order_id: str
    counterparty: str
    status: str
    investor_id: str
    own_tokens: _states_pb2.CashAccount
    own_cash: _states_pb2.CashAccount
    counterparty_tokens: _states_pb2.CashAccount
    counterparty_cash: _states_pb2.CashAccount
    reason: str
    blamed: str
    english: str
    japanese: str
    def __init__(self, arrival: _Optional[int] = ..., trade_id: _Optional[bytes] = ..., venue: _Optional[str] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., amount_yen: _Optional[int] = ..., settlement_date: _Optional[str] = ..., side: _Optional[_Union[_exchange_service_pb2.OrderSide, str]] = ..., order_id: _Optional[str] = ..., counterparty: _Optional[str] = ..., status: _Optional[str] = ..., investor_id: _Optional[str] = ..., own_tokens: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., own_cash: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., counterparty_tokens: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., counterparty_cash: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., reason: _Optional[str] = ..., blamed: _Optional[str] = ..., english: _Optional[str] = ..., japanese: _Optional[str] = ...) -> None: ...

class ListBrokerExecutionsResponse(_message.Message):
    __slots__ = ("executions",)
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    executions: _containers.RepeatedCompositeFieldContainer[BrokerExecution]
    def __init__(self, executions: _Optional[_Iterable[_Union[BrokerExecution, _Mapping]]] = ...) -> None: ...
