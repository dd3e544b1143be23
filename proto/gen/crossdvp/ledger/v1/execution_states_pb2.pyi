from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WithdrawalReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WITHDRAWAL_REASON_UNSPECIFIED: _ClassVar[WithdrawalReason]
    ERRONEOUS_ORDER: _ClassVar[WithdrawalReason]
    SYSTEM_FAULT: _ClassVar[WithdrawalReason]
    MARKET_RULE: _ClassVar[WithdrawalReason]
    BOTH_BROKERS: _ClassVar[WithdrawalReason]
WITHDRAWAL_REASON_UNSPECIFIED: WithdrawalReason
ERRONEOUS_ORDER: WithdrawalReason
SYSTEM_FAULT: WithdrawalReason
MARKET_RULE: WithdrawalReason
BOTH_BROKERS: WithdrawalReason

class ExecutionNotice(_message.Message):
    __slots__ = ("trade_id", "venue", "number", "token_id", "registrar", "quantity", "amount_yen", "sell_order_id", "buy_order_id", "seller", "buyer", "settlement_date")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    VENUE_FIELD_NUMBER: _ClassVar[int]
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
    trade_id: bytes
    venue: _transaction_pb2.Party
    number: int
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    sell_order_id: str
    buy_order_id: str
    seller: _transaction_pb2.Party
    buyer: _transaction_pb2.Party
    settlement_date: str
    def __init__(self, trade_id: _Optional[bytes] = ..., venue: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., number: _Optional[int] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., amount_yen: _Optional[int] = ..., sell_order_id: _Optional[str] = ..., buy_order_id: _Optional[str] = ..., seller: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., buyer: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., settlement_date: _Optional[str] = ...) -> None: ...

class WithdrawalNote(_message.Message):
    __slots__ = ("reason", "reference", "author", "approver")
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    reason: WithdrawalReason
    reference: str
    author: str
    approver: str
    def __init__(self, reason: _Optional[_Union[WithdrawalReason, str]] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...
