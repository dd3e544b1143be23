from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CashMethodKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASH_METHOD_KIND_UNSPECIFIED: _ClassVar[CashMethodKind]
    CASH_METHOD_KIND_COIN: _ClassVar[CashMethodKind]
    CASH_METHOD_KIND_FIAT: _ClassVar[CashMethodKind]

class FiatPayment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FIAT_PAYMENT_UNSPECIFIED: _ClassVar[FiatPayment]
    FIAT_PAYMENT_GROSS: _ClassVar[FiatPayment]
    FIAT_PAYMENT_NET: _ClassVar[FiatPayment]
CASH_METHOD_KIND_UNSPECIFIED: CashMethodKind
CASH_METHOD_KIND_COIN: CashMethodKind
CASH_METHOD_KIND_FIAT: CashMethodKind
FIAT_PAYMENT_UNSPECIFIED: FiatPayment
FIAT_PAYMENT_GROSS: FiatPayment
FIAT_PAYMENT_NET: FiatPayment

class CashMethod(_message.Message):
    __slots__ = ("investor_id", "version", "from_day", "kind", "coin_id", "issuer", "cash_key", "bank_id", "payer_name", "payment", "author", "approver", "at_ms")
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FROM_DAY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    CASH_KEY_FIELD_NUMBER: _ClassVar[int]
    BANK_ID_FIELD_NUMBER: _ClassVar[int]
    PAYER_NAME_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    investor_id: str
    version: int
    from_day: str
    kind: CashMethodKind
    coin_id: str
    issuer: str
    cash_key: bytes
    bank_id: str
    payer_name: str
    payment: FiatPayment
    author: str
    approver: str
    at_ms: int
    def __init__(self, investor_id: _Optional[str] = ..., version: _Optional[int] = ..., from_day: _Optional[str] = ..., kind: _Optional[_Union[CashMethodKind, str]] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., cash_key: _Optional[bytes] = ..., bank_id: _Optional[str] = ..., payer_name: _Optional[str] = ..., payment: _Optional[_Union[FiatPayment, str]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., at_ms: _Optional[int] = ...) -> None: ...

class RegisterCashMethodRequest(_message.Message):
    __slots__ = ("method", "author", "approver")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    method: CashMethod
    author: str
    approver: str
    def __init__(self, method: _Optional[_Union[CashMethod, _Mapping]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class RegisterCashMethodResponse(_message.Message):
    __slots__ = ("method",)
    METHOD_FIELD_NUMBER: _ClassVar[int]
    method: CashMethod
    def __init__(self, method: _Optional[_Union[CashMethod, _Mapping]] = ...) -> None: ...

class ListCashMethodsRequest(_message.Message):
    __slots__ = ("investor_id", "max_methods")
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_METHODS_FIELD_NUMBER: _ClassVar[int]
    investor_id: str
    max_methods: int
    def __init__(self, investor_id: _Optional[str] = ..., max_methods: _Optional[int] = ...) -> None: ...

class ListCashMethodsResponse(_message.Message):
    __slots__ = ("methods",)
    METHODS_FIELD_NUMBER: _ClassVar[int]
    methods: _containers.RepeatedCompositeFieldContainer[CashMethod]
    def __init__(self, methods: _Optional[_Iterable[_Union[CashMethod, _Mapping]]] = ...) -> None: ...

class TradeParty(_message.Message):
    __slots__ = ("investor_id", "broker", "tokens_key")
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    BROKER_FIELD_NUMBER: _ClassVar[int]
    TOKENS_KEY_FIELD_NUMBER: _ClassVar[int]
    investor_id: str
    broker: str
    tokens_key: bytes
    def __init__(self, investor_id: _Optional[str] = ..., broker: _Optional[str] = ..., tokens_key: _Optional[bytes] = ...) -> None: ...

class TradeInstruction(_message.Message):
    __slots__ = ("trade_id", "network", "token_id", "registrar", "quantity", "amount_yen", "settlement_day", "settle_by_s", "seller", "buyer")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DAY_FIELD_NUMBER: _ClassVar[int]
    SETTLE_BY_S_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settlement_day: str
    settle_by_s: int
    seller: TradeParty
    buyer: TradeParty
    def __init__(self, trade_id: _Optional[bytes] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., amount_yen: _Optional[int] = ..., settlement_day: _Optional[str] = ..., settle_by_s: _Optional[int] = ..., seller: _Optional[_Union[TradeParty, _Mapping]] = ..., buyer: _Optional[_Union[TradeParty, _Mapping]] = ...) -> None: ...

class InstructTradeRequest(_message.Message):
    __slots__ = ("instruction", "author")
    INSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    instruction: TradeInstruction
    author: str
    def __init__(self, instruction: _Optional[_Union[TradeInstruction, _Mapping]] = ..., author: _Optional[str] = ...) -> None: ...

class InstructTradeResponse(_message.Message):
    __slots__ = ("trade",)
    TRADE_FIELD_NUMBER: _ClassVar[int]
    trade: NativeTrade
    def __init__(self, trade: _Optional[_Union[NativeTrade, _Mapping]] = ...) -> None: ...

class ImportTradeInstructionsRequest(_message.Message):
    __slots__ = ("file_name", "content", "author")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    content: bytes
    author: str
    def __init__(self, file_name: _Optional[str] = ..., content: _Optional[bytes] = ..., author: _Optional[str] = ...) -> None: ...

class RowProblem(_message.Message):
    __slots__ = ("row", "column", "expected", "found", "reason")
    ROW_FIELD_NUMBER: _ClassVar[int]
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    row: int
    column: str
    expected: str
    found: str
    reason: str
    def __init__(self, row: _Optional[int] = ..., column: _Optional[str] = ..., expected: _Optional[str] = ..., found: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ImportTradeInstructionsResponse(_message.Message):
    __slots__ = ("file_hash", "entered", "problems", "was_imported_before")
    FILE_HASH_FIELD_NUMBER: _ClassVar[int]
    ENTERED_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    WAS_IMPORTED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    file_hash: bytes
    entered: int
    problems: _containers.RepeatedCompositeFieldContainer[RowProblem]
    was_imported_before: bool
    def __init__(self, file_hash: _Optional[bytes] = ..., entered: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[RowProblem, _Mapping]]] = ..., was_imported_before: _Optional[bool] = ...) -> None: ...

class NativeTrade(_message.Message):
    __slots__ = ("number", "trade_id", "side", "pattern", "state", "reason", "says", "network", "token_id", "registrar", "quantity", "amount_yen", "settlement_day", "settle_by_s", "counterparty", "seller_id", "buyer_id", "tx_id", "flow_id", "payment_reference", "next_due_ms", "attempts")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SAYS_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DAY_FIELD_NUMBER: _ClassVar[int]
    SETTLE_BY_S_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    SELLER_ID_FIELD_NUMBER: _ClassVar[int]
    BUYER_ID_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_DUE_MS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    number: int
    trade_id: bytes
    side: str
    pattern: str
    state: str
    reason: str
    says: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settlement_day: str
    settle_by_s: int
    counterparty: str
    seller_id: str
    buyer_id: str
    tx_id: bytes
    flow_id: str
    payment_reference: str
    next_due_ms: int
    attempts: int
    def __init__(self, number: _Optional[int] = ..., trade_id: _Optional[bytes] = ..., side: _Optional[str] = ..., pattern: _Optional[str] = ..., state: _Optional[str] = ..., reason: _Optional[str] = ..., says: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., amount_yen: _Optional[int] = ..., settlement_day: _Optional[str] = ..., settle_by_s: _Optional[int] = ..., counterparty: _Optional[str] = ..., seller_id: _Optional[str] = ..., buyer_id: _Optional[str] = ..., tx_id: _Optional[bytes] = ..., flow_id: _Optional[str] = ..., payment_reference: _Optional[str] = ..., next_due_ms: _Optional[int] = ..., attempts: _Optional[int] = ...) -> None: ...

class GetNativeTradeRequest(_message.Message):
    __slots__ = ("trade_id",)
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    def __init__(self, trade_id: _Optional[bytes] = ...) -> None: ...

class GetNativeTradeResponse(_message.Message):
    __slots__ = ("trade",)
    TRADE_FIELD_NUMBER: _ClassVar[int]
    trade: NativeTrade
    def __init__(self, trade: _Optional[_Union[NativeTrade, _Mapping]] = ...) -> None: ...

class ListNativeTradesRequest(_message.Message):
    __slots__ = ("state", "after", "max_trades")
    STATE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MAX_TRADES_FIELD_NUMBER: _ClassVar[int]
    state: str
    after: int
    max_trades: int
    def __init__(self, state: _Optional[str] = ..., after: _Optional[int] = ..., max_trades: _Optional[int] = ...) -> None: ...

class ListNativeTradesResponse(_message.Message):
    __slots__ = ("trades",)
    TRADES_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[NativeTrade]
    def __init__(self, trades: _Optional[_Iterable[_Union[NativeTrade, _Mapping]]] = ...) -> None: ...

class CancelNativeTradeRequest(_message.Message):
    __slots__ = ("trade_id", "author", "approver", "reason")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    author: str
    approver: str
    reason: str
    def __init__(self, trade_id: _Optional[bytes] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelNativeTradeResponse(_message.Message):
    __slots__ = ("trade",)
    TRADE_FIELD_NUMBER: _ClassVar[int]
    trade: NativeTrade
    def __init__(self, trade: _Optional[_Union[NativeTrade, _Mapping]] = ...) -> None: ...

class TopUpTradeRequest(_message.Message):
    __slots__ = ("trade_id", "author")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    author: str
    def __init__(self, trade_id: _Optional[bytes] = ..., author: _Optional[str] = ...) -> None: ...

class TopUpTradeResponse(_message.Message):
    __slots__ = ("deposit_id", "coin_id", "issuer", "amount_yen")
    DEPOSIT_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    deposit_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    def __init__(self, deposit_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ...) -> None: ...

class TradeNotice(_message.Message):
    __slots__ = ("number", "at_ms", "trade_id", "broker", "reason", "shortage", "english", "japanese")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    BROKER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SHORTAGE_FIELD_NUMBER: _ClassVar[int]
    ENGLISH_FIELD_NUMBER: _ClassVar[int]
    JAPANESE_FIELD_NUMBER: _ClassVar[int]
    number: int
    at_ms: int
    trade_id: bytes
    broker: str
    reason: str
    shortage: int
    english: str
    japanese: str
    def __init__(self, number: _Optional[int] = ..., at_ms: _Optional[int] = ..., trade_id: _Optional[bytes] = ..., broker: _Optional[str] = ..., reason: _Optional[str] = ..., shortage: _Optional[int] = ..., english: _Optional[str] = ..., japanese: _Optional[str] = ...) -> None: ...

class ListTradeNoticesRequest(_message.Message):
    __slots__ = ("broker", "after", "max_notices")
    BROKER_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MAX_NOTICES_FIELD_NUMBER: _ClassVar[int]
    broker: str
    after: int
    max_notices: int
    def __init__(self, broker: _Optional[str] = ..., after: _Optional[int] = ..., max_notices: _Optional[int] = ...) -> None: ...

class ListTradeNoticesResponse(_message.Message):
    __slots__ = ("notices",)
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    notices: _containers.RepeatedCompositeFieldContainer[TradeNotice]
    def __init__(self, notices: _Optional[_Iterable[_Union[TradeNotice, _Mapping]]] = ...) -> None: ...

class NetLine(_message.Message):
    __slots__ = ("trade_id", "payer", "receiver", "amount_yen")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    payer: str
    receiver: str
    amount_yen: int
    def __init__(self, trade_id: _Optional[bytes] = ..., payer: _Optional[str] = ..., receiver: _Optional[str] = ..., amount_yen: _Optional[int] = ...) -> None: ...

class NetSet(_message.Message):
    __slots__ = ("set_id", "broker_a", "broker_b", "settlement_day", "payer", "net_yen", "state", "payment_reference", "lines")
    SET_ID_FIELD_NUMBER: _ClassVar[int]
    BROKER_A_FIELD_NUMBER: _ClassVar[int]
    BROKER_B_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DAY_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    NET_YEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    set_id: bytes
    broker_a: str
    broker_b: str
    settlement_day: str
    payer: str
    net_yen: int
    state: str
    payment_reference: str
    lines: _containers.RepeatedCompositeFieldContainer[NetLine]
    def __init__(self, set_id: _Optional[bytes] = ..., broker_a: _Optional[str] = ..., broker_b: _Optional[str] = ..., settlement_day: _Optional[str] = ..., payer: _Optional[str] = ..., net_yen: _Optional[int] = ..., state: _Optional[str] = ..., payment_reference: _Optional[str] = ..., lines: _Optional[_Iterable[_Union[NetLine, _Mapping]]] = ...) -> None: ...

class FormNetSetRequest(_message.Message):
    __slots__ = ("broker_a", "broker_b", "settlement_day", "author")
    BROKER_A_FIELD_NUMBER: _ClassVar[int]
    BROKER_B_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_DAY_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    broker_a: str
    broker_b: str
    settlement_day: str
    author: str
    def __init__(self, broker_a: _Optional[str] = ..., broker_b: _Optional[str] = ..., settlement_day: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class FormNetSetResponse(_message.Message):
    __slots__ = ("net_set",)
    NET_SET_FIELD_NUMBER: _ClassVar[int]
    net_set: NetSet
    def __init__(self, net_set: _Optional[_Union[NetSet, _Mapping]] = ...) -> None: ...

class ListNetSetsRequest(_message.Message):
    __slots__ = ("max_sets",)
    MAX_SETS_FIELD_NUMBER: _ClassVar[int]
    max_sets: int
    def __init__(self, max_sets: _Optional[int] = ...) -> None: ...

class ListNetSetsResponse(_message.Message):
    __slots__ = ("net_sets",)
    NET_SETS_FIELD_NUMBER: _ClassVar[int]
    net_sets: _containers.RepeatedCompositeFieldContainer[NetSet]
    def __init__(self, net_sets: _Optional[_Iterable[_Union[NetSet, _Mapping]]] = ...) -> None: ...
