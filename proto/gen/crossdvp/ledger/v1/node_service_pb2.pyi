from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FlowStep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FLOW_STEP_UNSPECIFIED: _ClassVar[FlowStep]
    FLOW_STEP_PROPOSED: _ClassVar[FlowStep]
    FLOW_STEP_BUILT: _ClassVar[FlowStep]
    FLOW_STEP_COUNTERSIGNED: _ClassVar[FlowStep]
    FLOW_STEP_APPROVED: _ClassVar[FlowStep]
    FLOW_STEP_NOTARISED: _ClassVar[FlowStep]
    FLOW_STEP_RECORDED: _ClassVar[FlowStep]
    FLOW_STEP_DONE: _ClassVar[FlowStep]
    FLOW_STEP_FAILED: _ClassVar[FlowStep]

class TradeStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRADE_STATUS_UNSPECIFIED: _ClassVar[TradeStatus]
    TRADE_STATUS_LOCKED: _ClassVar[TradeStatus]
    TRADE_STATUS_PAID: _ClassVar[TradeStatus]
    TRADE_STATUS_RETURNED: _ClassVar[TradeStatus]
    TRADE_STATUS_CANCELLED: _ClassVar[TradeStatus]

class IbcEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IBC_EVENT_KIND_UNSPECIFIED: _ClassVar[IbcEventKind]
    IBC_EVENT_KIND_SEND_PACKET: _ClassVar[IbcEventKind]
    IBC_EVENT_KIND_ACK_PROCESSED: _ClassVar[IbcEventKind]
    IBC_EVENT_KIND_TIMEOUT_PROCESSED: _ClassVar[IbcEventKind]
    IBC_EVENT_KIND_ACK_WRITTEN: _ClassVar[IbcEventKind]
FLOW_STEP_UNSPECIFIED: FlowStep
FLOW_STEP_PROPOSED: FlowStep
FLOW_STEP_BUILT: FlowStep
FLOW_STEP_COUNTERSIGNED: FlowStep
FLOW_STEP_APPROVED: FlowStep
FLOW_STEP_NOTARISED: FlowStep
FLOW_STEP_RECORDED: FlowStep
FLOW_STEP_DONE: FlowStep
FLOW_STEP_FAILED: FlowStep
TRADE_STATUS_UNSPECIFIED: TradeStatus
TRADE_STATUS_LOCKED: TradeStatus
TRADE_STATUS_PAID: TradeStatus
TRADE_STATUS_RETURNED: TradeStatus
TRADE_STATUS_CANCELLED: TradeStatus
IBC_EVENT_KIND_UNSPECIFIED: IbcEventKind
IBC_EVENT_KIND_SEND_PACKET: IbcEventKind
IBC_EVENT_KIND_ACK_PROCESSED: IbcEventKind
IBC_EVENT_KIND_TIMEOUT_PROCESSED: IbcEventKind
IBC_EVENT_KIND_ACK_WRITTEN: IbcEventKind

class Flow(_message.Message):
    __slots__ = ("flow_id", "kind", "step", "tx_id", "journal_position", "attempts", "last_error_reason", "last_error_message", "waiting_on", "since_ms", "next_attempt_ms", "created_ms", "updated_ms")
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    WAITING_ON_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_MS_FIELD_NUMBER: _ClassVar[int]
    CREATED_MS_FIELD_NUMBER: _ClassVar[int]
    UPDATED_MS_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    kind: str
    step: FlowStep
    tx_id: bytes
    journal_position: int
    attempts: int
    last_error_reason: str
    last_error_message: str
    waiting_on: str
    since_ms: int
    next_attempt_ms: int
    created_ms: int
    updated_ms: int
    def __init__(self, flow_id: _Optional[str] = ..., kind: _Optional[str] = ..., step: _Optional[_Union[FlowStep, str]] = ..., tx_id: _Optional[bytes] = ..., journal_position: _Optional[int] = ..., attempts: _Optional[int] = ..., last_error_reason: _Optional[str] = ..., last_error_message: _Optional[str] = ..., waiting_on: _Optional[str] = ..., since_ms: _Optional[int] = ..., next_attempt_ms: _Optional[int] = ..., created_ms: _Optional[int] = ..., updated_ms: _Optional[int] = ...) -> None: ...

class EarmarkProof(_message.Message):
    __slots__ = ("height", "account_proof", "storage_proof")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    STORAGE_PROOF_FIELD_NUMBER: _ClassVar[int]
    height: int
    account_proof: _containers.RepeatedScalarFieldContainer[bytes]
    storage_proof: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, height: _Optional[int] = ..., account_proof: _Optional[_Iterable[bytes]] = ..., storage_proof: _Optional[_Iterable[bytes]] = ...) -> None: ...

class GetNodeInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNodeInfoResponse(_message.Message):
    __slots__ = ("name", "key", "roles", "ledger_id", "network_parameters_hash", "contract_package", "accounts")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_PARAMETERS_HASH_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    key: bytes
    roles: _containers.RepeatedScalarFieldContainer[str]
    ledger_id: str
    network_parameters_hash: bytes
    contract_package: bytes
    accounts: _containers.RepeatedCompositeFieldContainer[_states_pb2.CashAccount]
    def __init__(self, name: _Optional[str] = ..., key: _Optional[bytes] = ..., roles: _Optional[_Iterable[str]] = ..., ledger_id: _Optional[str] = ..., network_parameters_hash: _Optional[bytes] = ..., contract_package: _Optional[bytes] = ..., accounts: _Optional[_Iterable[_Union[_states_pb2.CashAccount, _Mapping]]] = ...) -> None: ...

class OpenAccountRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    def __init__(self, request_id: _Optional[str] = ...) -> None: ...

class OpenAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: _states_pb2.CashAccount
    def __init__(self, account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ...) -> None: ...

class IssueCashRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "amount_yen", "to", "wait_s", "notary", "keys")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    amount_yen: int
    to: _states_pb2.CashAccount
    wait_s: int
    notary: str
    keys: _states_pb2.KeyChoice
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., amount_yen: _Optional[int] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., wait_s: _Optional[int] = ..., notary: _Optional[str] = ..., keys: _Optional[_Union[_states_pb2.KeyChoice, str]] = ...) -> None: ...

class IssueCashResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class MoveCashRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "issuer", "amount_yen", "from_account_key", "to", "wait_s", "keys")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    from_account_key: bytes
    to: _states_pb2.CashAccount
    wait_s: int
    keys: _states_pb2.KeyChoice
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ..., from_account_key: _Optional[bytes] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., wait_s: _Optional[int] = ..., keys: _Optional[_Union[_states_pb2.KeyChoice, str]] = ...) -> None: ...

class MoveCashResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class RedeemCashRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "issuer", "amount_yen", "from_account_key", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    from_account_key: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ..., from_account_key: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RedeemCashResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class RotateAccountKeyRequest(_message.Message):
    __slots__ = ("request_id", "coin_id", "issuer", "from_account_key", "to_account_key", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    TO_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    coin_id: str
    issuer: str
    from_account_key: bytes
    to_account_key: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., from_account_key: _Optional[bytes] = ..., to_account_key: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RotateAccountKeyResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class AuthoriseTradeRequest(_message.Message):
    __slots__ = ("request_id", "terms")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    terms: _states_pb2.SettlementTerms
    def __init__(self, request_id: _Optional[str] = ..., terms: _Optional[_Union[_states_pb2.SettlementTerms, _Mapping]] = ...) -> None: ...

class AuthoriseTradeResponse(_message.Message):
    __slots__ = ("terms_hash", "at_ms")
    TERMS_HASH_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    terms_hash: bytes
    at_ms: int
    def __init__(self, terms_hash: _Optional[bytes] = ..., at_ms: _Optional[int] = ...) -> None: ...

class LockCashRequest(_message.Message):
    __slots__ = ("request_id", "terms", "client_id", "earmark", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    EARMARK_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    terms: _states_pb2.SettlementTerms
    client_id: str
    earmark: EarmarkProof
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., terms: _Optional[_Union[_states_pb2.SettlementTerms, _Mapping]] = ..., client_id: _Optional[str] = ..., earmark: _Optional[_Union[EarmarkProof, _Mapping]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class LockCashResponse(_message.Message):
    __slots__ = ("flow", "packet")
    FLOW_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    packet: bytes
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ..., packet: _Optional[bytes] = ...) -> None: ...

class CancelTradeRequest(_message.Message):
    __slots__ = ("request_id", "terms", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    terms: _states_pb2.SettlementTerms
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., terms: _Optional[_Union[_states_pb2.SettlementTerms, _Mapping]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class CancelTradeResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class GetTradeRequest(_message.Message):
    __slots__ = ("trade_id",)
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    def __init__(self, trade_id: _Optional[bytes] = ...) -> None: ...

class GetTradeResponse(_message.Message):
    __slots__ = ("status", "packet", "opening_tx_id", "opening_position", "closing_tx_id", "closing_position", "terms_hash")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    OPENING_TX_ID_FIELD_NUMBER: _ClassVar[int]
    OPENING_POSITION_FIELD_NUMBER: _ClassVar[int]
    CLOSING_TX_ID_FIELD_NUMBER: _ClassVar[int]
    CLOSING_POSITION_FIELD_NUMBER: _ClassVar[int]
    TERMS_HASH_FIELD_NUMBER: _ClassVar[int]
    status: TradeStatus
    packet: bytes
    opening_tx_id: bytes
    opening_position: int
    closing_tx_id: bytes
    closing_position: int
    terms_hash: bytes
    def __init__(self, status: _Optional[_Union[TradeStatus, str]] = ..., packet: _Optional[bytes] = ..., opening_tx_id: _Optional[bytes] = ..., opening_position: _Optional[int] = ..., closing_tx_id: _Optional[bytes] = ..., closing_position: _Optional[int] = ..., terms_hash: _Optional[bytes] = ...) -> None: ...

class GetTradesRequest(_message.Message):
    __slots__ = ("trade_ids",)
    TRADE_IDS_FIELD_NUMBER: _ClassVar[int]
    trade_ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, trade_ids: _Optional[_Iterable[bytes]] = ...) -> None: ...

class KnownTrade(_message.Message):
    __slots__ = ("trade_id", "trade")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    TRADE_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    trade: GetTradeResponse
    def __init__(self, trade_id: _Optional[bytes] = ..., trade: _Optional[_Union[GetTradeResponse, _Mapping]] = ...) -> None: ...

class GetTradesResponse(_message.Message):
    __slots__ = ("trades",)
    TRADES_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[KnownTrade]
    def __init__(self, trades: _Optional[_Iterable[_Union[KnownTrade, _Mapping]]] = ...) -> None: ...

class GetTradeEvidenceRequest(_message.Message):
    __slots__ = ("terms",)
    TERMS_FIELD_NUMBER: _ClassVar[int]
    terms: _states_pb2.SettlementTerms
    def __init__(self, terms: _Optional[_Union[_states_pb2.SettlementTerms, _Mapping]] = ...) -> None: ...

class TornTransaction(_message.Message):
    __slots__ = ("journal_position", "tear_off", "notary_signature", "paid_output")
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    TEAR_OFF_FIELD_NUMBER: _ClassVar[int]
    NOTARY_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PAID_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    journal_position: int
    tear_off: bytes
    notary_signature: bytes
    paid_output: bytes
    def __init__(self, journal_position: _Optional[int] = ..., tear_off: _Optional[bytes] = ..., notary_signature: _Optional[bytes] = ..., paid_output: _Optional[bytes] = ...) -> None: ...

class GetTradeEvidenceResponse(_message.Message):
    __slots__ = ("transactions",)
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    transactions: _containers.RepeatedCompositeFieldContainer[TornTransaction]
    def __init__(self, transactions: _Optional[_Iterable[_Union[TornTransaction, _Mapping]]] = ...) -> None: ...

class GetBalanceRequest(_message.Message):
    __slots__ = ("coin_id", "account_key")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    account_key: bytes
    def __init__(self, coin_id: _Optional[str] = ..., account_key: _Optional[bytes] = ...) -> None: ...

class Balance(_message.Message):
    __slots__ = ("coin_id", "account", "free_yen", "reserved_yen", "locked_yen")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FREE_YEN_FIELD_NUMBER: _ClassVar[int]
    RESERVED_YEN_FIELD_NUMBER: _ClassVar[int]
    LOCKED_YEN_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    account: _states_pb2.CashAccount
    free_yen: int
    reserved_yen: int
    locked_yen: int
    def __init__(self, coin_id: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., free_yen: _Optional[int] = ..., reserved_yen: _Optional[int] = ..., locked_yen: _Optional[int] = ...) -> None: ...

class GetBalanceResponse(_message.Message):
    __slots__ = ("balances",)
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    balances: _containers.RepeatedCompositeFieldContainer[Balance]
    def __init__(self, balances: _Optional[_Iterable[_Union[Balance, _Mapping]]] = ...) -> None: ...

class IbcEvent(_message.Message):
    __slots__ = ("cursor", "kind", "packet", "tx_id", "journal_position", "acknowledgement")
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    cursor: int
    kind: IbcEventKind
    packet: bytes
    tx_id: bytes
    journal_position: int
    acknowledgement: bytes
    def __init__(self, cursor: _Optional[int] = ..., kind: _Optional[_Union[IbcEventKind, str]] = ..., packet: _Optional[bytes] = ..., tx_id: _Optional[bytes] = ..., journal_position: _Optional[int] = ..., acknowledgement: _Optional[bytes] = ...) -> None: ...

class ListIbcEventsRequest(_message.Message):
    __slots__ = ("after", "wait_s", "max_events")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    MAX_EVENTS_FIELD_NUMBER: _ClassVar[int]
    after: int
    wait_s: int
    max_events: int
    def __init__(self, after: _Optional[int] = ..., wait_s: _Optional[int] = ..., max_events: _Optional[int] = ...) -> None: ...

class ListIbcEventsResponse(_message.Message):
    __slots__ = ("events",)
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[IbcEvent]
    def __init__(self, events: _Optional[_Iterable[_Union[IbcEvent, _Mapping]]] = ...) -> None: ...

class CreateLightClientRequest(_message.Message):
    __slots__ = ("request_id", "client_id", "client_type", "client_state", "consensus_state", "counterparty_client_id", "counterparty_merkle_prefix", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_MERKLE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    client_id: str
    client_type: str
    client_state: bytes
    consensus_state: bytes
    counterparty_client_id: str
    counterparty_merkle_prefix: _containers.RepeatedScalarFieldContainer[bytes]
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., client_id: _Optional[str] = ..., client_type: _Optional[str] = ..., client_state: _Optional[bytes] = ..., consensus_state: _Optional[bytes] = ..., counterparty_client_id: _Optional[str] = ..., counterparty_merkle_prefix: _Optional[_Iterable[bytes]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class CreateLightClientResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class UpdateLightClientRequest(_message.Message):
    __slots__ = ("request_id", "client_id", "client_message", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    client_id: str
    client_message: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., client_id: _Optional[str] = ..., client_message: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class UpdateLightClientResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class SubmitMisbehaviourRequest(_message.Message):
    __slots__ = ("request_id", "client_id", "client_message", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    client_id: str
    client_message: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., client_id: _Optional[str] = ..., client_message: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class SubmitMisbehaviourResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class GetLightClientRequest(_message.Message):
    __slots__ = ("client_id", "max_heights")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_HEIGHTS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    max_heights: int
    def __init__(self, client_id: _Optional[str] = ..., max_heights: _Optional[int] = ...) -> None: ...

class LightClientHeight(_message.Message):
    __slots__ = ("height", "timestamp_s")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    height: int
    timestamp_s: int
    def __init__(self, height: _Optional[int] = ..., timestamp_s: _Optional[int] = ...) -> None: ...

class GetLightClientResponse(_message.Message):
    __slots__ = ("client_type", "client_state", "counterparty_client_id", "counterparty_merkle_prefix", "heights", "frozen", "consensus_client_id", "endorsers", "status", "newest_consensus_state")
    CLIENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_MERKLE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    HEIGHTS_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    ENDORSERS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NEWEST_CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    client_type: str
    client_state: bytes
    counterparty_client_id: str
    counterparty_merkle_prefix: _containers.RepeatedScalarFieldContainer[bytes]
    heights: _containers.RepeatedCompositeFieldContainer[LightClientHeight]
    frozen: bool
    consensus_client_id: str
    endorsers: _containers.RepeatedScalarFieldContainer[str]
    status: str
    newest_consensus_state: bytes
    def __init__(self, client_type: _Optional[str] = ..., client_state: _Optional[bytes] = ..., counterparty_client_id: _Optional[str] = ..., counterparty_merkle_prefix: _Optional[_Iterable[bytes]] = ..., heights: _Optional[_Iterable[_Union[LightClientHeight, _Mapping]]] = ..., frozen: _Optional[bool] = ..., consensus_client_id: _Optional[str] = ..., endorsers: _Optional[_Iterable[str]] = ..., status: _Optional[str] = ..., newest_consensus_state: _Optional[bytes] = ...) -> None: ...

class RecoverLightClientRequest(_message.Message):
    __slots__ = ("request_id", "client_id", "substitute_id", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    client_id: str
    substitute_id: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., client_id: _Optional[str] = ..., substitute_id: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RecoverLightClientResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class EndorseLightClientRequest(_message.Message):
    __slots__ = ("request_id", "client_id", "substitute_id", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTE_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    client_id: str
    substitute_id: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., client_id: _Optional[str] = ..., substitute_id: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class EndorseLightClientResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class PruneLightClientRequest(_message.Message):
    __slots__ = ("request_id", "client_id", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    client_id: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., client_id: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class PruneLightClientResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class GetConsensusStateRequest(_message.Message):
    __slots__ = ("client_id", "height")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    height: int
    def __init__(self, client_id: _Optional[str] = ..., height: _Optional[int] = ...) -> None: ...

class GetConsensusStateResponse(_message.Message):
    __slots__ = ("height", "timestamp_s", "consensus_state")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    height: int
    timestamp_s: int
    consensus_state: bytes
    def __init__(self, height: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., consensus_state: _Optional[bytes] = ...) -> None: ...

class AckPacketRequest(_message.Message):
    __slots__ = ("request_id", "packet", "acknowledgement", "proof", "height", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    packet: bytes
    acknowledgement: bytes
    proof: bytes
    height: int
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., packet: _Optional[bytes] = ..., acknowledgement: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., height: _Optional[int] = ..., wait_s: _Optional[int] = ...) -> None: ...

class AckPacketResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class TimeoutPacketRequest(_message.Message):
    __slots__ = ("request_id", "packet", "proof", "height", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    packet: bytes
    proof: bytes
    height: int
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., packet: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., height: _Optional[int] = ..., wait_s: _Optional[int] = ...) -> None: ...

class TimeoutPacketResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class ReceivePacketRequest(_message.Message):
    __slots__ = ("request_id", "packet", "proof", "height", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    packet: bytes
    proof: bytes
    height: int
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., packet: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., height: _Optional[int] = ..., wait_s: _Optional[int] = ...) -> None: ...

class ReceivePacketResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class GetTransactionRequest(_message.Message):
    __slots__ = ("tx_id",)
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    def __init__(self, tx_id: _Optional[bytes] = ...) -> None: ...

class GetTransactionResponse(_message.Message):
    __slots__ = ("signed_transaction", "journal_position")
    SIGNED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    signed_transaction: bytes
    journal_position: int
    def __init__(self, signed_transaction: _Optional[bytes] = ..., journal_position: _Optional[int] = ...) -> None: ...

class GetFlowRequest(_message.Message):
    __slots__ = ("flow_id",)
    FLOW_ID_FIELD_NUMBER: _ClassVar[int]
    flow_id: str
    def __init__(self, flow_id: _Optional[str] = ...) -> None: ...

class GetFlowResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: Flow
    def __init__(self, flow: _Optional[_Union[Flow, _Mapping]] = ...) -> None: ...

class ListFlowsRequest(_message.Message):
    __slots__ = ("steps", "max_flows")
    STEPS_FIELD_NUMBER: _ClassVar[int]
    MAX_FLOWS_FIELD_NUMBER: _ClassVar[int]
    steps: _containers.RepeatedScalarFieldContainer[FlowStep]
    max_flows: int
    def __init__(self, steps: _Optional[_Iterable[_Union[FlowStep, str]]] = ..., max_flows: _Optional[int] = ...) -> None: ...

class ListFlowsResponse(_message.Message):
    __slots__ = ("flows",)
    FLOWS_FIELD_NUMBER: _ClassVar[int]
    flows: _containers.RepeatedCompositeFieldContainer[Flow]
    def __init__(self, flows: _Optional[_Iterable[_Union[Flow, _Mapping]]] = ...) -> None: ...
