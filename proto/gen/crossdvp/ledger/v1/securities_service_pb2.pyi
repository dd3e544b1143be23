from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import securities_states_pb2 as _securities_states_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterSecurityRequest(_message.Message):
    __slots__ = ("request_id", "network", "security_id", "gate_id", "security", "status", "approver_keys", "author", "approver", "notary", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    APPROVER_KEYS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    security_id: str
    gate_id: str
    security: _securities_states_pb2.SecurityTerms
    status: _securities_states_pb2.SecurityStatus
    approver_keys: _containers.RepeatedScalarFieldContainer[bytes]
    author: str
    approver: str
    notary: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., security_id: _Optional[str] = ..., gate_id: _Optional[str] = ..., security: _Optional[_Union[_securities_states_pb2.SecurityTerms, _Mapping]] = ..., status: _Optional[_Union[_securities_states_pb2.SecurityStatus, str]] = ..., approver_keys: _Optional[_Iterable[bytes]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RegisterSecurityResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class AmendSecurityRequest(_message.Message):
    __slots__ = ("request_id", "network", "security_id", "security", "status", "approver_keys", "author", "approver", "notary", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    APPROVER_KEYS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    security_id: str
    security: _securities_states_pb2.SecurityTerms
    status: _securities_states_pb2.SecurityStatus
    approver_keys: _containers.RepeatedScalarFieldContainer[bytes]
    author: str
    approver: str
    notary: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., security_id: _Optional[str] = ..., security: _Optional[_Union[_securities_states_pb2.SecurityTerms, _Mapping]] = ..., status: _Optional[_Union[_securities_states_pb2.SecurityStatus, str]] = ..., approver_keys: _Optional[_Iterable[bytes]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class AmendSecurityResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class RetireSecurityRequest(_message.Message):
    __slots__ = ("request_id", "network", "security_id", "author", "approver", "notary", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    security_id: str
    author: str
    approver: str
    notary: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., security_id: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class RetireSecurityResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class SetGateRequest(_message.Message):
    __slots__ = ("request_id", "network", "gate_id", "opening", "controlled", "author", "notary", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CONTROLLED_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    gate_id: str
    opening: _securities_states_pb2.Opening
    controlled: bool
    author: str
    notary: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., gate_id: _Optional[str] = ..., opening: _Optional[_Union[_securities_states_pb2.Opening, str]] = ..., controlled: _Optional[bool] = ..., author: _Optional[str] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class SetGateResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class SetNetworkControlRequest(_message.Message):
    __slots__ = ("request_id", "network", "opening", "author", "notary", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    opening: _securities_states_pb2.Opening
    author: str
    notary: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., opening: _Optional[_Union[_securities_states_pb2.Opening, str]] = ..., author: _Optional[str] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class SetNetworkControlResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ForceTokenRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "quantity", "holder", "to", "note", "notary", "wait_s", "author", "approver")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    quantity: int
    holder: _states_pb2.CashAccount
    to: _states_pb2.CashAccount
    note: _securities_states_pb2.TransferNote
    notary: str
    wait_s: int
    author: str
    approver: str
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., quantity: _Optional[int] = ..., holder: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., to: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class ForceTokenResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class FreezeTokenRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "quantity", "holder", "note", "notary", "wait_s", "author", "approver")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    quantity: int
    holder: _states_pb2.CashAccount
    note: _securities_states_pb2.TransferNote
    notary: str
    wait_s: int
    author: str
    approver: str
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., quantity: _Optional[int] = ..., holder: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class FreezeTokenResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ThawTokenRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "quantity", "holder", "note", "notary", "wait_s", "author", "approver")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    quantity: int
    holder: _states_pb2.CashAccount
    note: _securities_states_pb2.TransferNote
    notary: str
    wait_s: int
    author: str
    approver: str
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., quantity: _Optional[int] = ..., holder: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class ThawTokenResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class CancelTransferRequest(_message.Message):
    __slots__ = ("request_id", "network", "token_id", "note", "notary", "wait_s", "author", "approver")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    token_id: str
    note: _securities_states_pb2.TransferNote
    notary: str
    wait_s: int
    author: str
    approver: str
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., token_id: _Optional[str] = ..., note: _Optional[_Union[_securities_states_pb2.TransferNote, _Mapping]] = ..., notary: _Optional[str] = ..., wait_s: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class CancelTransferResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ListSecuritiesRequest(_message.Message):
    __slots__ = ("max_securities",)
    MAX_SECURITIES_FIELD_NUMBER: _ClassVar[int]
    max_securities: int
    def __init__(self, max_securities: _Optional[int] = ...) -> None: ...

class SecurityEntry(_message.Message):
    __slots__ = ("network", "security_id", "registrar", "gate_id", "security", "status", "approver_keys", "tx_id", "notary", "existing", "frozen")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    APPROVER_KEYS_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    security_id: str
    registrar: str
    gate_id: str
    security: _securities_states_pb2.SecurityTerms
    status: _securities_states_pb2.SecurityStatus
    approver_keys: _containers.RepeatedScalarFieldContainer[bytes]
    tx_id: bytes
    notary: str
    existing: int
    frozen: int
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., security_id: _Optional[str] = ..., registrar: _Optional[str] = ..., gate_id: _Optional[str] = ..., security: _Optional[_Union[_securities_states_pb2.SecurityTerms, _Mapping]] = ..., status: _Optional[_Union[_securities_states_pb2.SecurityStatus, str]] = ..., approver_keys: _Optional[_Iterable[bytes]] = ..., tx_id: _Optional[bytes] = ..., notary: _Optional[str] = ..., existing: _Optional[int] = ..., frozen: _Optional[int] = ...) -> None: ...

class ListSecuritiesResponse(_message.Message):
    __slots__ = ("securities",)
    SECURITIES_FIELD_NUMBER: _ClassVar[int]
    securities: _containers.RepeatedCompositeFieldContainer[SecurityEntry]
    def __init__(self, securities: _Optional[_Iterable[_Union[SecurityEntry, _Mapping]]] = ...) -> None: ...

class ListGatesRequest(_message.Message):
    __slots__ = ("max_gates",)
    MAX_GATES_FIELD_NUMBER: _ClassVar[int]
    max_gates: int
    def __init__(self, max_gates: _Optional[int] = ...) -> None: ...

class GateEntry(_message.Message):
    __slots__ = ("network", "gate_id", "registrar", "opening", "controlled", "tx_id", "notary")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    GATE_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    OPENING_FIELD_NUMBER: _ClassVar[int]
    CONTROLLED_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    gate_id: str
    registrar: str
    opening: _securities_states_pb2.Opening
    controlled: bool
    tx_id: bytes
    notary: str
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., gate_id: _Optional[str] = ..., registrar: _Optional[str] = ..., opening: _Optional[_Union[_securities_states_pb2.Opening, str]] = ..., controlled: _Optional[bool] = ..., tx_id: _Optional[bytes] = ..., notary: _Optional[str] = ...) -> None: ...

class ListGatesResponse(_message.Message):
    __slots__ = ("gates",)
    GATES_FIELD_NUMBER: _ClassVar[int]
    gates: _containers.RepeatedCompositeFieldContainer[GateEntry]
    def __init__(self, gates: _Optional[_Iterable[_Union[GateEntry, _Mapping]]] = ...) -> None: ...
