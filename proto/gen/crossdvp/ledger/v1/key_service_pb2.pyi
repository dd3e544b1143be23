from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import token_states_pb2 as _token_states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InvestorKey(_message.Message):
    __slots__ = ("version", "account")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    version: int
    account: _states_pb2.CashAccount
    def __init__(self, version: _Optional[int] = ..., account: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ...) -> None: ...

class OpenInvestorAccountRequest(_message.Message):
    __slots__ = ("investor_id",)
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    investor_id: str
    def __init__(self, investor_id: _Optional[str] = ...) -> None: ...

class OpenInvestorAccountResponse(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: InvestorKey
    def __init__(self, key: _Optional[_Union[InvestorKey, _Mapping]] = ...) -> None: ...

class RotateInvestorKeyRequest(_message.Message):
    __slots__ = ("investor_id", "from_version")
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_VERSION_FIELD_NUMBER: _ClassVar[int]
    investor_id: str
    from_version: int
    def __init__(self, investor_id: _Optional[str] = ..., from_version: _Optional[int] = ...) -> None: ...

class RotateInvestorKeyResponse(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: InvestorKey
    def __init__(self, key: _Optional[_Union[InvestorKey, _Mapping]] = ...) -> None: ...

class ListInvestorKeysRequest(_message.Message):
    __slots__ = ("investor_id",)
    INVESTOR_ID_FIELD_NUMBER: _ClassVar[int]
    investor_id: str
    def __init__(self, investor_id: _Optional[str] = ...) -> None: ...

class ListInvestorKeysResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[InvestorKey]
    def __init__(self, keys: _Optional[_Iterable[_Union[InvestorKey, _Mapping]]] = ...) -> None: ...

class RotateTokensRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "registrar", "from_account_key", "to_account_key", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    TO_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    registrar: str
    from_account_key: bytes
    to_account_key: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., from_account_key: _Optional[bytes] = ..., to_account_key: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RotateTokensResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...
