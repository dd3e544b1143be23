from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StateChoice(_message.Message):
    __slots__ = ("refs", "contract", "account_key", "asset_id")
    REFS_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    refs: _containers.RepeatedCompositeFieldContainer[_transaction_pb2.StateRef]
    contract: str
    account_key: bytes
    asset_id: str
    def __init__(self, refs: _Optional[_Iterable[_Union[_transaction_pb2.StateRef, _Mapping]]] = ..., contract: _Optional[str] = ..., account_key: _Optional[bytes] = ..., asset_id: _Optional[str] = ...) -> None: ...

class ChangeNotaryRequest(_message.Message):
    __slots__ = ("request_id", "new_notary", "from_notary", "states", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NEW_NOTARY_FIELD_NUMBER: _ClassVar[int]
    FROM_NOTARY_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    new_notary: str
    from_notary: str
    states: StateChoice
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., new_notary: _Optional[str] = ..., from_notary: _Optional[str] = ..., states: _Optional[_Union[StateChoice, _Mapping]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class ChangeNotaryResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class UpgradeStatesRequest(_message.Message):
    __slots__ = ("request_id", "from_package", "states", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_PACKAGE_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    from_package: bytes
    states: StateChoice
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., from_package: _Optional[bytes] = ..., states: _Optional[_Union[StateChoice, _Mapping]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class UpgradeStatesResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class AttestUnspentRequest(_message.Message):
    __slots__ = ("max_transactions",)
    MAX_TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    max_transactions: int
    def __init__(self, max_transactions: _Optional[int] = ...) -> None: ...

class AttestUnspentResponse(_message.Message):
    __slots__ = ("attested", "left")
    ATTESTED_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    attested: int
    left: int
    def __init__(self, attested: _Optional[int] = ..., left: _Optional[int] = ...) -> None: ...
