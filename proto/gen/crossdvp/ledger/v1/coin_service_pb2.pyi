from crossdvp.ledger.v1 import coin_states_pb2 as _coin_states_pb2
from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterCoinRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "coin_kind", "approver_keys", "author", "approver", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_KIND_FIELD_NUMBER: _ClassVar[int]
    APPROVER_KEYS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    coin_kind: _coin_states_pb2.CoinKind
    approver_keys: _containers.RepeatedScalarFieldContainer[bytes]
    author: str
    approver: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., coin_kind: _Optional[_Union[_coin_states_pb2.CoinKind, str]] = ..., approver_keys: _Optional[_Iterable[bytes]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RegisterCoinResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class AmendCoinRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "approver_keys", "author", "approver", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    APPROVER_KEYS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    approver_keys: _containers.RepeatedScalarFieldContainer[bytes]
    author: str
    approver: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., approver_keys: _Optional[_Iterable[bytes]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class AmendCoinResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class AdmitHolderRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "to", "author", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    to: _states_pb2.CashAccount
    author: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., author: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class AdmitHolderResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class RemoveHolderRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "to", "author", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    to: _states_pb2.CashAccount
    author: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., author: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RemoveHolderResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class RegisteredCoin(_message.Message):
    __slots__ = ("coin_id", "kind", "approver_keys", "admitted", "halted_because")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    APPROVER_KEYS_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    HALTED_BECAUSE_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    kind: _coin_states_pb2.CoinKind
    approver_keys: _containers.RepeatedScalarFieldContainer[bytes]
    admitted: _containers.RepeatedCompositeFieldContainer[_states_pb2.CashAccount]
    halted_because: str
    def __init__(self, coin_id: _Optional[str] = ..., kind: _Optional[_Union[_coin_states_pb2.CoinKind, str]] = ..., approver_keys: _Optional[_Iterable[bytes]] = ..., admitted: _Optional[_Iterable[_Union[_states_pb2.CashAccount, _Mapping]]] = ..., halted_because: _Optional[str] = ...) -> None: ...

class ListRegisteredCoinsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRegisteredCoinsResponse(_message.Message):
    __slots__ = ("coins",)
    COINS_FIELD_NUMBER: _ClassVar[int]
    coins: _containers.RepeatedCompositeFieldContainer[RegisteredCoin]
    def __init__(self, coins: _Optional[_Iterable[_Union[RegisteredCoin, _Mapping]]] = ...) -> None: ...

class Deposit(_message.Message):
    __slots__ = ("deposit_id", "coin_id", "amount_yen", "to", "status", "flow_id", "bank_reference", "tx_id", "announced_by", "announced_ms", "author", "approver", "confirmed_ms", "payment_reference")
    DEPOSIT_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    BANK_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCED_BY_FIELD_NUMBER: _ClassVar[int]
    ANNOUNCED_MS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_MS_FIELD_NUMBER: _ClassVar[int]
    PAYMENT_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    deposit_id: str
    coin_id: str
    amount_yen: int
    to: _states_pb2.CashAccount
    status: str
    flow_id: str
    bank_reference: str
    tx_id: bytes
    announced_by: str
    announced_ms: int
    author: str
    approver: str
    confirmed_ms: int
    payment_reference: str
    def __init__(self, deposit_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., amount_yen: _Optional[int] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., status: _Optional[str] = ..., flow_id: _Optional[str] = ..., bank_reference: _Optional[str] = ..., tx_id: _Optional[bytes] = ..., announced_by: _Optional[str] = ..., announced_ms: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., confirmed_ms: _Optional[int] = ..., payment_reference: _Optional[str] = ...) -> None: ...

class AnnounceDepositRequest(_message.Message):
    __slots__ = ("deposit_id", "coin_id", "issuer", "amount_yen", "to", "author")
    DEPOSIT_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    deposit_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    to: _states_pb2.CashAccount
    author: str
    def __init__(self, deposit_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., author: _Optional[str] = ...) -> None: ...

class AnnounceDepositResponse(_message.Message):
    __slots__ = ("deposit",)
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    deposit: Deposit
    def __init__(self, deposit: _Optional[_Union[Deposit, _Mapping]] = ...) -> None: ...

class ConfirmDepositRequest(_message.Message):
    __slots__ = ("deposit_id", "paid_yen", "bank_reference", "author", "approver")
    DEPOSIT_ID_FIELD_NUMBER: _ClassVar[int]
    PAID_YEN_FIELD_NUMBER: _ClassVar[int]
    BANK_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    deposit_id: str
    paid_yen: int
    bank_reference: str
    author: str
    approver: str
    def __init__(self, deposit_id: _Optional[str] = ..., paid_yen: _Optional[int] = ..., bank_reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class ConfirmDepositResponse(_message.Message):
    __slots__ = ("deposit",)
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    deposit: Deposit
    def __init__(self, deposit: _Optional[_Union[Deposit, _Mapping]] = ...) -> None: ...

class CancelDepositRequest(_message.Message):
    __slots__ = ("deposit_id", "author")
    DEPOSIT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    deposit_id: str
    author: str
    def __init__(self, deposit_id: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class CancelDepositResponse(_message.Message):
    __slots__ = ("deposit",)
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    deposit: Deposit
    def __init__(self, deposit: _Optional[_Union[Deposit, _Mapping]] = ...) -> None: ...

class RetryDepositRequest(_message.Message):
    __slots__ = ("deposit_id", "author")
    DEPOSIT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    deposit_id: str
    author: str
    def __init__(self, deposit_id: _Optional[str] = ..., author: _Optional[str] = ...) -> None: ...

class RetryDepositResponse(_message.Message):
    __slots__ = ("deposit",)
    DEPOSIT_FIELD_NUMBER: _ClassVar[int]
    deposit: Deposit
    def __init__(self, deposit: _Optional[_Union[Deposit, _Mapping]] = ...) -> None: ...

class ListDepositsRequest(_message.Message):
    __slots__ = ("coin_id", "status")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    status: str
    def __init__(self, coin_id: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class ListDepositsResponse(_message.Message):
    __slots__ = ("deposits",)
    DEPOSITS_FIELD_NUMBER: _ClassVar[int]
    deposits: _containers.RepeatedCompositeFieldContainer[Deposit]
    def __init__(self, deposits: _Optional[_Iterable[_Union[Deposit, _Mapping]]] = ...) -> None: ...

class Redemption(_message.Message):
    __slots__ = ("redemption_id", "coin_id", "node", "amount_yen", "tx_id", "status", "bank_reference", "seen_ms", "author", "approver", "paid_ms")
    REDEMPTION_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    BANK_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SEEN_MS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    PAID_MS_FIELD_NUMBER: _ClassVar[int]
    redemption_id: str
    coin_id: str
    node: str
    amount_yen: int
    tx_id: bytes
    status: str
    bank_reference: str
    seen_ms: int
    author: str
    approver: str
    paid_ms: int
    def __init__(self, redemption_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., node: _Optional[str] = ..., amount_yen: _Optional[int] = ..., tx_id: _Optional[bytes] = ..., status: _Optional[str] = ..., bank_reference: _Optional[str] = ..., seen_ms: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., paid_ms: _Optional[int] = ...) -> None: ...

class ListRedemptionsRequest(_message.Message):
    __slots__ = ("coin_id", "status")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    status: str
    def __init__(self, coin_id: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class ListRedemptionsResponse(_message.Message):
    __slots__ = ("redemptions",)
    REDEMPTIONS_FIELD_NUMBER: _ClassVar[int]
    redemptions: _containers.RepeatedCompositeFieldContainer[Redemption]
    def __init__(self, redemptions: _Optional[_Iterable[_Union[Redemption, _Mapping]]] = ...) -> None: ...

class ConfirmPayoutRequest(_message.Message):
    __slots__ = ("redemption_id", "bank_reference", "author", "approver")
    REDEMPTION_ID_FIELD_NUMBER: _ClassVar[int]
    BANK_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    redemption_id: str
    bank_reference: str
    author: str
    approver: str
    def __init__(self, redemption_id: _Optional[str] = ..., bank_reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class ConfirmPayoutResponse(_message.Message):
    __slots__ = ("redemption",)
    REDEMPTION_FIELD_NUMBER: _ClassVar[int]
    redemption: Redemption
    def __init__(self, redemption: _Optional[_Union[Redemption, _Mapping]] = ...) -> None: ...

class ReconcileCoinRequest(_message.Message):
    __slots__ = ("coin_id",)
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    def __init__(self, coin_id: _Optional[str] = ...) -> None: ...

class ReconciledLine(_message.Message):
    __slots__ = ("node", "trust_yen", "free_yen", "locked_yen", "frozen_yen", "received_yen", "payable_yen", "difference_yen")
    NODE_FIELD_NUMBER: _ClassVar[int]
    TRUST_YEN_FIELD_NUMBER: _ClassVar[int]
    FREE_YEN_FIELD_NUMBER: _ClassVar[int]
    LOCKED_YEN_FIELD_NUMBER: _ClassVar[int]
    FROZEN_YEN_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_YEN_FIELD_NUMBER: _ClassVar[int]
    PAYABLE_YEN_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_YEN_FIELD_NUMBER: _ClassVar[int]
    node: str
    trust_yen: int
    free_yen: int
    locked_yen: int
    frozen_yen: int
    received_yen: int
    payable_yen: int
    difference_yen: int
    def __init__(self, node: _Optional[str] = ..., trust_yen: _Optional[int] = ..., free_yen: _Optional[int] = ..., locked_yen: _Optional[int] = ..., frozen_yen: _Optional[int] = ..., received_yen: _Optional[int] = ..., payable_yen: _Optional[int] = ..., difference_yen: _Optional[int] = ...) -> None: ...

class ReconcileCoinResponse(_message.Message):
    __slots__ = ("lines", "bank_yen", "reached", "halted_because")
    LINES_FIELD_NUMBER: _ClassVar[int]
    BANK_YEN_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    HALTED_BECAUSE_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[ReconciledLine]
    bank_yen: int
    reached: int
    halted_because: str
    def __init__(self, lines: _Optional[_Iterable[_Union[ReconciledLine, _Mapping]]] = ..., bank_yen: _Optional[int] = ..., reached: _Optional[int] = ..., halted_because: _Optional[str] = ...) -> None: ...

class ResumeIssuesRequest(_message.Message):
    __slots__ = ("coin_id", "author", "approver")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    author: str
    approver: str
    def __init__(self, coin_id: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class ResumeIssuesResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CoinHolder(_message.Message):
    __slots__ = ("account", "balance_yen", "locked_yen")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    BALANCE_YEN_FIELD_NUMBER: _ClassVar[int]
    LOCKED_YEN_FIELD_NUMBER: _ClassVar[int]
    account: _states_pb2.CashAccount
    balance_yen: int
    locked_yen: int
    def __init__(self, account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., balance_yen: _Optional[int] = ..., locked_yen: _Optional[int] = ...) -> None: ...

class ListCoinHoldersRequest(_message.Message):
    __slots__ = ("coin_id", "node", "as_of_ms")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_MS_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    node: str
    as_of_ms: int
    def __init__(self, coin_id: _Optional[str] = ..., node: _Optional[str] = ..., as_of_ms: _Optional[int] = ...) -> None: ...

class ListCoinHoldersResponse(_message.Message):
    __slots__ = ("holders",)
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    holders: _containers.RepeatedCompositeFieldContainer[CoinHolder]
    def __init__(self, holders: _Optional[_Iterable[_Union[CoinHolder, _Mapping]]] = ...) -> None: ...

class FreezeCashRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "account", "amount_yen", "reason", "reference", "author", "approver", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    account: _states_pb2.CashAccount
    amount_yen: int
    reason: str
    reference: str
    author: str
    approver: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., amount_yen: _Optional[int] = ..., reason: _Optional[str] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class FreezeCashResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ThawCashRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "account", "amount_yen", "reason", "reference", "author", "approver", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    account: _states_pb2.CashAccount
    amount_yen: int
    reason: str
    reference: str
    author: str
    approver: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., amount_yen: _Optional[int] = ..., reason: _Optional[str] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class ThawCashResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ForceCashRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "account", "amount_yen", "to", "reason", "reference", "author", "approver", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    account: _states_pb2.CashAccount
    amount_yen: int
    to: _states_pb2.CashAccount
    reason: str
    reference: str
    author: str
    approver: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., amount_yen: _Optional[int] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., reason: _Optional[str] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class ForceCashResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...
