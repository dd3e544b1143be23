from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_SIDE_UNSPECIFIED: _ClassVar[OrderSide]
    SELL: _ClassVar[OrderSide]
    BUY: _ClassVar[OrderSide]

class DayChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DAY_CHANGE_UNSPECIFIED: _ClassVar[DayChange]
    OPEN: _ClassVar[DayChange]
    START: _ClassVar[DayChange]
    CLOSE: _ClassVar[DayChange]
ORDER_SIDE_UNSPECIFIED: OrderSide
SELL: OrderSide
BUY: OrderSide
DAY_CHANGE_UNSPECIFIED: DayChange
OPEN: DayChange
START: DayChange
CLOSE: DayChange

class SetListingRequest(_message.Message):
    __slots__ = ("token_id", "registrar", "tick_yen", "lot", "base_yen", "lowest_yen", "highest_yen", "author", "approver")
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    TICK_YEN_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    BASE_YEN_FIELD_NUMBER: _ClassVar[int]
    LOWEST_YEN_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_YEN_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    registrar: str
    tick_yen: int
    lot: int
    base_yen: int
    lowest_yen: int
    highest_yen: int
    author: str
    approver: str
    def __init__(self, token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., tick_yen: _Optional[int] = ..., lot: _Optional[int] = ..., base_yen: _Optional[int] = ..., lowest_yen: _Optional[int] = ..., highest_yen: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class SetListingResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SetTraderRequest(_message.Message):
    __slots__ = ("trader", "custodian", "suspended", "author", "approver")
    TRADER_FIELD_NUMBER: _ClassVar[int]
    CUSTODIAN_FIELD_NUMBER: _ClassVar[int]
    SUSPENDED_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    trader: str
    custodian: str
    suspended: bool
    author: str
    approver: str
    def __init__(self, trader: _Optional[str] = ..., custodian: _Optional[str] = ..., suspended: _Optional[bool] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class SetTraderResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ChangeDayRequest(_message.Message):
    __slots__ = ("request_id", "token_id", "registrar", "change", "trading_date", "settlement_date", "author")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    TRADING_DATE_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    token_id: str
    registrar: str
    change: DayChange
    trading_date: str
    settlement_date: str
    author: str
    def __init__(self, request_id: _Optional[str] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., change: _Optional[_Union[DayChange, str]] = ..., trading_date: _Optional[str] = ..., settlement_date: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class ChangeDayResponse(_message.Message):
    __slots__ = ("executions",)
    EXECUTIONS_FIELD_NUMBER: _ClassVar[int]
    executions: _containers.RepeatedCompositeFieldContainer[VenueExecution]
    def __init__(self, executions: _Optional[_Iterable[_Union[VenueExecution, _Mapping]]] = ...) -> None: ...

class PlaceOrderRequest(_message.Message):
    __slots__ = ("order_id", "token_id", "registrar", "side", "quantity", "limit_yen")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_YEN_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    token_id: str
    registrar: str
    side: OrderSide
    quantity: int
    limit_yen: int
    def __init__(self, order_id: _Optional[str] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., side: _Optional[_Union[OrderSide, str]] = ..., quantity: _Optional[int] = ..., limit_yen: _Optional[int] = ...) -> None: ...

class PlaceOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: VenueOrder
    def __init__(self, order: _Optional[_Union[VenueOrder, _Mapping]] = ...) -> None: ...

class AmendOrderRequest(_message.Message):
    __slots__ = ("request_id", "order_id", "quantity", "limit_yen")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_YEN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    order_id: str
    quantity: int
    limit_yen: int
    def __init__(self, request_id: _Optional[str] = ..., order_id: _Optional[str] = ..., quantity: _Optional[int] = ..., limit_yen: _Optional[int] = ...) -> None: ...

class AmendOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: VenueOrder
    def __init__(self, order: _Optional[_Union[VenueOrder, _Mapping]] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("request_id", "order_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    order_id: str
    def __init__(self, request_id: _Optional[str] = ..., order_id: _Optional[str] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: VenueOrder
    def __init__(self, order: _Optional[_Union[VenueOrder, _Mapping]] = ...) -> None: ...

class VenueOrder(_message.Message):
    __slots__ = ("order_id", "token_id", "registrar", "side", "quantity", "limit_yen", "filled", "ended")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_YEN_FIELD_NUMBER: _ClassVar[int]
    FILLED_FIELD_NUMBER: _ClassVar[int]
    ENDED_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    token_id: str
    registrar: str
    side: OrderSide
    quantity: int
    limit_yen: int
    filled: int
    ended: str
    def __init__(self, order_id: _Optional[str] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., side: _Optional[_Union[OrderSide, str]] = ..., quantity: _Optional[int] = ..., limit_yen: _Optional[int] = ..., filled: _Optional[int] = ..., ended: _Optional[str] = ...) -> None: ...

class GetBookRequest(_message.Message):
    __slots__ = ("token_id", "registrar", "max_levels")
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    MAX_LEVELS_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    registrar: str
    max_levels: int
    def __init__(self, token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., max_levels: _Optional[int] = ...) -> None: ...

class BookLevel(_message.Message):
    __slots__ = ("price_yen", "quantity", "orders")
    PRICE_YEN_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    price_yen: int
    quantity: int
    orders: int
    def __init__(self, price_yen: _Optional[int] = ..., quantity: _Optional[int] = ..., orders: _Optional[int] = ...) -> None: ...

class GetBookResponse(_message.Message):
    __slots__ = ("phase", "trading_date", "sells", "buys")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    TRADING_DATE_FIELD_NUMBER: _ClassVar[int]
    SELLS_FIELD_NUMBER: _ClassVar[int]
    BUYS_FIELD_NUMBER: _ClassVar[int]
    phase: str
    trading_date: str
    sells: _containers.RepeatedCompositeFieldContainer[BookLevel]
    buys: _containers.RepeatedCompositeFieldContainer[BookLevel]
    def __init__(self, phase: _Optional[str] = ..., trading_date: _Optional[str] = ..., sells: _Optional[_Iterable[_Union[BookLevel, _Mapping]]] = ..., buys: _Optional[_Iterable[_Union[BookLevel, _Mapping]]] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("order_id",)
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    def __init__(self, order_id: _Optional[str] = ...) -> None: ...

class GetOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: VenueOrder
    def __init__(self, order: _Optional[_Union[VenueOrder, _Mapping]] = ...) -> None: ...

class VenueExecution(_message.Message):
    __slots__ = ("number", "trade_id", "token_id", "registrar", "order_id", "side", "quantity", "price_yen", "amount_yen", "settlement_date", "flow_id")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    PRICE_YEN_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    number: int
    trade_id: bytes
    token_id: str
    registrar: str
    order_id: str
    side: OrderSide
    quantity: int
    price_yen: int
    amount_yen: int
    settlement_date: str
    flow_id: str
    def __init__(self, number: _Optional[int] = ..., trade_id: _Optional[bytes] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., order_id: _Optional[str] = ..., side: _Optional[_Union[OrderSide, str]] = ..., quantity: _Optional[int] = ..., price_yen: _Optional[int] = ..., amount_yen: _Optional[int] = ..., settlement_date: _Optional[str] = ..., flow_id: _Optional[str] = ...) -> None: ...

class WatchExecutionsRequest(_message.Message):
    __slots__ = ("after", "heartbeat_s")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_S_FIELD_NUMBER: _ClassVar[int]
    after: int
    heartbeat_s: int
    def __init__(self, after: _Optional[int] = ..., heartbeat_s: _Optional[int] = ...) -> None: ...

class WatchExecutionsResponse(_message.Message):
    __slots__ = ("execution",)
    EXECUTION_FIELD_NUMBER: _ClassVar[int]
    execution: VenueExecution
    def __init__(self, execution: _Optional[_Union[VenueExecution, _Mapping]] = ...) -> None: ...

class PublishAgainRequest(_message.Message):
    __slots__ = ("trade_id", "author")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    author: str
    def __init__(self, trade_id: _Optional[bytes] = ..., author: _Optional[str] = ...) -> None: ...

class PublishAgainResponse(_message.Message):
    __slots__ = ("flow_id",)
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    def __init__(self, flow_id: _Optional[str] = ...) -> None: ...

class WithdrawExecutionRequest(_message.Message):
    __slots__ = ("request_id", "trade_id", "withdrawal", "reference", "author", "approver", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWAL_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    trade_id: bytes
    withdrawal: str
    reference: str
    author: str
    approver: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., trade_id: _Optional[bytes] = ..., withdrawal: _Optional[str] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class WithdrawExecutionResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class PublishExecutionRequest(_message.Message):
    __slots__ = ("request_id", "number", "token_id", "registrar", "quantity", "amount_yen", "sell_order_id", "buy_order_id", "seller", "buyer", "settlement_date")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SELL_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    BUY_ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DATE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    number: int
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    sell_order_id: str
    buy_order_id: str
    seller: str
    buyer: str
    settlement_date: str
    def __init__(self, request_id: _Optional[str] = ..., number: _Optional[int] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., amount_yen: _Optional[int] = ..., sell_order_id: _Optional[str] = ..., buy_order_id: _Optional[str] = ..., seller: _Optional[str] = ..., buyer: _Optional[str] = ..., settlement_date: _Optional[str] = ...) -> None: ...
