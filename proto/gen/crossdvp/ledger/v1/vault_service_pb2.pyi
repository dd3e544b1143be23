from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CoinStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COIN_STATUS_UNSPECIFIED: _ClassVar[CoinStatus]
    COIN_STATUS_FREE: _ClassVar[CoinStatus]
    COIN_STATUS_RESERVED: _ClassVar[CoinStatus]
    COIN_STATUS_LOCKED: _ClassVar[CoinStatus]

class EntryKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTRY_KIND_UNSPECIFIED: _ClassVar[EntryKind]
    ENTRY_KIND_ISSUE: _ClassVar[EntryKind]
    ENTRY_KIND_MOVE: _ClassVar[EntryKind]
    ENTRY_KIND_MERGE: _ClassVar[EntryKind]
    ENTRY_KIND_REDEEM: _ClassVar[EntryKind]
    ENTRY_KIND_LOCK: _ClassVar[EntryKind]
    ENTRY_KIND_UNLOCK: _ClassVar[EntryKind]
    ENTRY_KIND_OTHER: _ClassVar[EntryKind]
    ENTRY_KIND_NOTARY_CHANGE: _ClassVar[EntryKind]
    ENTRY_KIND_PACKAGE_UPGRADE: _ClassVar[EntryKind]
    ENTRY_KIND_DVP: _ClassVar[EntryKind]
    ENTRY_KIND_PAYMENT: _ClassVar[EntryKind]
    ENTRY_KIND_FORCE: _ClassVar[EntryKind]
    ENTRY_KIND_FREEZE: _ClassVar[EntryKind]
    ENTRY_KIND_THAW: _ClassVar[EntryKind]
    ENTRY_KIND_CANCEL: _ClassVar[EntryKind]
    ENTRY_KIND_COUPON: _ClassVar[EntryKind]
COIN_STATUS_UNSPECIFIED: CoinStatus
COIN_STATUS_FREE: CoinStatus
COIN_STATUS_RESERVED: CoinStatus
COIN_STATUS_LOCKED: CoinStatus
ENTRY_KIND_UNSPECIFIED: EntryKind
ENTRY_KIND_ISSUE: EntryKind
ENTRY_KIND_MOVE: EntryKind
ENTRY_KIND_MERGE: EntryKind
ENTRY_KIND_REDEEM: EntryKind
ENTRY_KIND_LOCK: EntryKind
ENTRY_KIND_UNLOCK: EntryKind
ENTRY_KIND_OTHER: EntryKind
ENTRY_KIND_NOTARY_CHANGE: EntryKind
ENTRY_KIND_PACKAGE_UPGRADE: EntryKind
ENTRY_KIND_DVP: EntryKind
ENTRY_KIND_PAYMENT: EntryKind
ENTRY_KIND_FORCE: EntryKind
ENTRY_KIND_FREEZE: EntryKind
ENTRY_KIND_THAW: EntryKind
ENTRY_KIND_CANCEL: EntryKind
ENTRY_KIND_COUPON: EntryKind

class StateReference(_message.Message):
    __slots__ = ("tx_id", "output_index")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_INDEX_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    output_index: int
    def __init__(self, tx_id: _Optional[bytes] = ..., output_index: _Optional[int] = ...) -> None: ...

class VaultAccount(_message.Message):
    __slots__ = ("asset_id", "issuer", "account", "free", "reserved", "locked", "coins", "network")
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    COINS_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    asset_id: str
    issuer: str
    account: _states_pb2.CashAccount
    free: int
    reserved: int
    locked: int
    coins: int
    network: _states_pb2.BusinessNetwork
    def __init__(self, asset_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., free: _Optional[int] = ..., reserved: _Optional[int] = ..., locked: _Optional[int] = ..., coins: _Optional[int] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ...) -> None: ...

class ListAccountsRequest(_message.Message):
    __slots__ = ("asset_id", "account_key", "page_size", "page_token", "network")
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    asset_id: str
    account_key: bytes
    page_size: int
    page_token: str
    network: _states_pb2.BusinessNetwork
    def __init__(self, asset_id: _Optional[str] = ..., account_key: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ...) -> None: ...

class ListAccountsResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token", "sequence")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[VaultAccount]
    next_page_token: str
    sequence: int
    def __init__(self, accounts: _Optional[_Iterable[_Union[VaultAccount, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class Coin(_message.Message):
    __slots__ = ("ref", "asset_id", "issuer", "account", "amount", "status", "reserved_by", "reserved_until_s", "trade_id", "network")
    REF_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESERVED_BY_FIELD_NUMBER: _ClassVar[int]
    RESERVED_UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ref: StateReference
    asset_id: str
    issuer: str
    account: _states_pb2.CashAccount
    amount: int
    status: CoinStatus
    reserved_by: str
    reserved_until_s: int
    trade_id: bytes
    network: _states_pb2.BusinessNetwork
    def __init__(self, ref: _Optional[_Union[StateReference, _Mapping]] = ..., asset_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., amount: _Optional[int] = ..., status: _Optional[_Union[CoinStatus, str]] = ..., reserved_by: _Optional[str] = ..., reserved_until_s: _Optional[int] = ..., trade_id: _Optional[bytes] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ...) -> None: ...

class ListCoinsRequest(_message.Message):
    __slots__ = ("asset_id", "account_key", "page_size", "page_token", "network")
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    asset_id: str
    account_key: bytes
    page_size: int
    page_token: str
    network: _states_pb2.BusinessNetwork
    def __init__(self, asset_id: _Optional[str] = ..., account_key: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ...) -> None: ...

class ListCoinsResponse(_message.Message):
    __slots__ = ("coins", "next_page_token", "sequence")
    COINS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    coins: _containers.RepeatedCompositeFieldContainer[Coin]
    next_page_token: str
    sequence: int
    def __init__(self, coins: _Optional[_Iterable[_Union[Coin, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class VaultHold(_message.Message):
    __slots__ = ("trade_id", "lock", "client_id", "packet_sequence", "timeout_s", "issuer", "buyer_node", "seller_node", "coins", "amount")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    LOCK_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    BUYER_NODE_FIELD_NUMBER: _ClassVar[int]
    SELLER_NODE_FIELD_NUMBER: _ClassVar[int]
    COINS_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    lock: StateReference
    client_id: str
    packet_sequence: int
    timeout_s: int
    issuer: str
    buyer_node: str
    seller_node: str
    coins: _containers.RepeatedCompositeFieldContainer[Coin]
    amount: int
    def __init__(self, trade_id: _Optional[bytes] = ..., lock: _Optional[_Union[StateReference, _Mapping]] = ..., client_id: _Optional[str] = ..., packet_sequence: _Optional[int] = ..., timeout_s: _Optional[int] = ..., issuer: _Optional[str] = ..., buyer_node: _Optional[str] = ..., seller_node: _Optional[str] = ..., coins: _Optional[_Iterable[_Union[Coin, _Mapping]]] = ..., amount: _Optional[int] = ...) -> None: ...

class ListHoldsRequest(_message.Message):
    __slots__ = ("account_key", "trade_id", "page_size", "page_token")
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account_key: bytes
    trade_id: bytes
    page_size: int
    page_token: str
    def __init__(self, account_key: _Optional[bytes] = ..., trade_id: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListHoldsResponse(_message.Message):
    __slots__ = ("holds", "next_page_token", "sequence")
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    holds: _containers.RepeatedCompositeFieldContainer[VaultHold]
    next_page_token: str
    sequence: int
    def __init__(self, holds: _Optional[_Iterable[_Union[VaultHold, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class SoftLock(_message.Message):
    __slots__ = ("flow_id", "expires_s", "ref", "state_kind", "coin")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    REF_FIELD_NUMBER: _ClassVar[int]
    STATE_KIND_FIELD_NUMBER: _ClassVar[int]
    COIN_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    expires_s: int
    ref: StateReference
    state_kind: str
    coin: Coin
    def __init__(self, flow_id: _Optional[str] = ..., expires_s: _Optional[int] = ..., ref: _Optional[_Union[StateReference, _Mapping]] = ..., state_kind: _Optional[str] = ..., coin: _Optional[_Union[Coin, _Mapping]] = ...) -> None: ...

class ListSoftLocksRequest(_message.Message):
    __slots__ = ("flow_id", "account_key", "page_size", "page_token", "trade_id")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    account_key: bytes
    page_size: int
    page_token: str
    trade_id: bytes
    def __init__(self, flow_id: _Optional[str] = ..., account_key: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., trade_id: _Optional[bytes] = ...) -> None: ...

class ListSoftLocksResponse(_message.Message):
    __slots__ = ("soft_locks", "next_page_token", "sequence")
    SOFT_LOCKS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    soft_locks: _containers.RepeatedCompositeFieldContainer[SoftLock]
    next_page_token: str
    sequence: int
    def __init__(self, soft_locks: _Optional[_Iterable[_Union[SoftLock, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("sequence", "tx_id", "kind", "recorded_ms", "journal_position", "asset_id", "issuer", "account", "counterparty", "received", "given", "locked_change", "balance", "locked", "network", "counter_leg")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RECORDED_MS_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    GIVEN_FIELD_NUMBER: _ClassVar[int]
    LOCKED_CHANGE_FIELD_NUMBER: _ClassVar[int]
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    COUNTER_LEG_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    tx_id: bytes
    kind: EntryKind
    recorded_ms: int
    journal_position: int
    asset_id: str
    issuer: str
    account: _states_pb2.CashAccount
    counterparty: _states_pb2.CashAccount
    received: int
    given: int
    locked_change: int
    balance: int
    locked: int
    network: _states_pb2.BusinessNetwork
    counter_leg: CounterLeg
    def __init__(self, sequence: _Optional[int] = ..., tx_id: _Optional[bytes] = ..., kind: _Optional[_Union[EntryKind, str]] = ..., recorded_ms: _Optional[int] = ..., journal_position: _Optional[int] = ..., asset_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., counterparty: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., received: _Optional[int] = ..., given: _Optional[int] = ..., locked_change: _Optional[int] = ..., balance: _Optional[int] = ..., locked: _Optional[int] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., counter_leg: _Optional[_Union[CounterLeg, _Mapping]] = ...) -> None: ...

class CounterLeg(_message.Message):
    __slots__ = ("network", "asset_id", "issuer", "account", "change")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    asset_id: str
    issuer: str
    account: _states_pb2.CashAccount
    change: int
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., asset_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., change: _Optional[int] = ...) -> None: ...

class PastBalance(_message.Message):
    __slots__ = ("balance", "locked", "sequence", "recorded_ms")
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    LOCKED_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    RECORDED_MS_FIELD_NUMBER: _ClassVar[int]
    balance: int
    locked: int
    sequence: int
    recorded_ms: int
    def __init__(self, balance: _Optional[int] = ..., locked: _Optional[int] = ..., sequence: _Optional[int] = ..., recorded_ms: _Optional[int] = ...) -> None: ...

class GetStatementRequest(_message.Message):
    __slots__ = ("asset_id", "issuer", "account", "from_ms", "until_ms", "page_size", "page_token", "network")
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    asset_id: str
    issuer: str
    account: _states_pb2.CashAccount
    from_ms: int
    until_ms: int
    page_size: int
    page_token: str
    network: _states_pb2.BusinessNetwork
    def __init__(self, asset_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., from_ms: _Optional[int] = ..., until_ms: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ...) -> None: ...

class GetStatementResponse(_message.Message):
    __slots__ = ("opening", "closing", "entries", "next_page_token", "sequence")
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CLOSING_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    opening: PastBalance
    closing: PastBalance
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    next_page_token: str
    sequence: int
    def __init__(self, opening: _Optional[_Union[PastBalance, _Mapping]] = ..., closing: _Optional[_Union[PastBalance, _Mapping]] = ..., entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetBalanceAsOfRequest(_message.Message):
    __slots__ = ("asset_id", "issuer", "account", "recorded_ms", "journal_position", "sequence", "network")
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    RECORDED_MS_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    asset_id: str
    issuer: str
    account: _states_pb2.CashAccount
    recorded_ms: int
    journal_position: int
    sequence: int
    network: _states_pb2.BusinessNetwork
    def __init__(self, asset_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., recorded_ms: _Optional[int] = ..., journal_position: _Optional[int] = ..., sequence: _Optional[int] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ...) -> None: ...

class GetBalanceAsOfResponse(_message.Message):
    __slots__ = ("balance",)
    BALANCE_FIELD_NUMBER: _ClassVar[int]
    balance: PastBalance
    def __init__(self, balance: _Optional[_Union[PastBalance, _Mapping]] = ...) -> None: ...

class WatchUpdatesRequest(_message.Message):
    __slots__ = ("after", "account_key", "heartbeat_s", "records_id")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_S_FIELD_NUMBER: _ClassVar[int]
    RECORDS_ID_FIELD_NUMBER: _ClassVar[int]
    after: int
    account_key: bytes
    heartbeat_s: int
    records_id: str
    def __init__(self, after: _Optional[int] = ..., account_key: _Optional[bytes] = ..., heartbeat_s: _Optional[int] = ..., records_id: _Optional[str] = ...) -> None: ...

class Update(_message.Message):
    __slots__ = ("tx_id", "kind", "recorded_ms", "journal_position", "entries", "made", "consumed")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    RECORDED_MS_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    MADE_FIELD_NUMBER: _ClassVar[int]
    CONSUMED_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    kind: EntryKind
    recorded_ms: int
    journal_position: int
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    made: _containers.RepeatedCompositeFieldContainer[Coin]
    consumed: _containers.RepeatedCompositeFieldContainer[StateReference]
    def __init__(self, tx_id: _Optional[bytes] = ..., kind: _Optional[_Union[EntryKind, str]] = ..., recorded_ms: _Optional[int] = ..., journal_position: _Optional[int] = ..., entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., made: _Optional[_Iterable[_Union[Coin, _Mapping]]] = ..., consumed: _Optional[_Iterable[_Union[StateReference, _Mapping]]] = ...) -> None: ...

class WatchUpdatesResponse(_message.Message):
    __slots__ = ("sequence", "update", "records_id")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    RECORDS_ID_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    update: Update
    records_id: str
    def __init__(self, sequence: _Optional[int] = ..., update: _Optional[_Union[Update, _Mapping]] = ..., records_id: _Optional[str] = ...) -> None: ...

class GroomAccountRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "issuer", "account_key", "below_yen", "max_coins", "wait_s", "keys")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    BELOW_YEN_FIELD_NUMBER: _ClassVar[int]
    MAX_COINS_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    issuer: str
    account_key: bytes
    below_yen: int
    max_coins: int
    wait_s: int
    keys: _states_pb2.KeyChoice
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., account_key: _Optional[bytes] = ..., below_yen: _Optional[int] = ..., max_coins: _Optional[int] = ..., wait_s: _Optional[int] = ..., keys: _Optional[_Union[_states_pb2.KeyChoice, str]] = ...) -> None: ...

class GroomAccountResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class SetAccountKeysRequest(_message.Message):
    __slots__ = ("account_key", "keys")
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    account_key: bytes
    keys: _states_pb2.KeyChoice
    def __init__(self, account_key: _Optional[bytes] = ..., keys: _Optional[_Union[_states_pb2.KeyChoice, str]] = ...) -> None: ...

class SetAccountKeysResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _states_pb2.KeyChoice
    def __init__(self, keys: _Optional[_Union[_states_pb2.KeyChoice, str]] = ...) -> None: ...
