from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import securities_states_pb2 as _securities_states_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import token_states_pb2 as _token_states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IssueTokenRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "quantity", "to", "wait_s", "notary", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    quantity: int
    to: _states_pb2.CashAccount
    wait_s: int
    notary: str
    note: _securities_states_pb2.TransferNote
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., quantity: _Optional[int] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., wait_s: _Optional[int] = ..., notary: _Optional[str] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ...) -> None: ...

class IssueTokenResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class MoveTokenRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "registrar", "quantity", "from_account_key", "to", "wait_s", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    from_account_key: bytes
    to: _states_pb2.CashAccount
    wait_s: int
    note: _securities_states_pb2.TransferNote
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., from_account_key: _Optional[bytes] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., wait_s: _Optional[int] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ...) -> None: ...

class MoveTokenResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class RedeemTokenRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "registrar", "quantity", "from_account_key", "wait_s", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    from_account_key: bytes
    wait_s: int
    note: _securities_states_pb2.TransferNote
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., from_account_key: _Optional[bytes] = ..., wait_s: _Optional[int] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ...) -> None: ...

class RedeemTokenResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ListTokenBalancesRequest(_message.Message):
    __slots__ = ("token_id", "account_key")
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    token_id: str
    account_key: bytes
    def __init__(self, token_id: _Optional[str] = ..., account_key: _Optional[bytes] = ...) -> None: ...

class TokenBalance(_message.Message):
    __slots__ = ("network", "token_id", "registrar", "account", "free", "reserved")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FREE_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    account: _states_pb2.CashAccount
    free: int
    reserved: int
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., free: _Optional[int] = ..., reserved: _Optional[int] = ...) -> None: ...

class ListTokenBalancesResponse(_message.Message):
    __slots__ = ("balances",)
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    balances: _containers.RepeatedCompositeFieldContainer[TokenBalance]
    def __init__(self, balances: _Optional[_Iterable[_Union[TokenBalance, _Mapping]]] = ...) -> None: ...

class AuthoriseDvpRequest(_message.Message):
    __slots__ = ("request_id", "terms")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    terms: _token_states_pb2.NativeTerms
    def __init__(self, request_id: _Optional[str] = ..., terms: _Optional[_Union[_token_states_pb2.NativeTerms, _Mapping]] = ...) -> None: ...

class AuthoriseDvpResponse(_message.Message):
    __slots__ = ("terms_hash", "at_ms")
    TERMS_HASH_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    terms_hash: bytes
    at_ms: int
    def __init__(self, terms_hash: _Optional[bytes] = ..., at_ms: _Optional[int] = ...) -> None: ...

class SettleDvpRequest(_message.Message):
    __slots__ = ("request_id", "dvp", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DVP_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    dvp: _token_states_pb2.NativeTerms
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., dvp: _Optional[_Union[_token_states_pb2.NativeTerms, _Mapping]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class SettleDvpResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class GetDvpRequest(_message.Message):
    __slots__ = ("trade_id",)
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    def __init__(self, trade_id: _Optional[bytes] = ...) -> None: ...

class GetDvpResponse(_message.Message):
    __slots__ = ("terms_hash", "tx_id")
    TERMS_HASH_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    terms_hash: bytes
    tx_id: bytes
    def __init__(self, terms_hash: _Optional[bytes] = ..., tx_id: _Optional[bytes] = ...) -> None: ...
