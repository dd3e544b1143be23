from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import token_states_pb2 as _token_states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProposeDvpRequest(_message.Message):
    __slots__ = ("terms", "round_ms", "notary")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    ROUND_MS_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    terms: _token_states_pb2.NativeTerms
    round_ms: int
    notary: str
    def __init__(self, terms: _Optional[_Union[_token_states_pb2.NativeTerms, _Mapping]] = ..., round_ms: _Optional[int] = ..., notary: _Optional[str] = ...) -> None: ...

class DvpInput(_message.Message):
    __slots__ = ("tx_id", "index")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    index: int
    def __init__(self, tx_id: _Optional[bytes] = ..., index: _Optional[int] = ...) -> None: ...

class ProposeDvpResponse(_message.Message):
    __slots__ = ("inputs",)
    INPUTS_FIELD_NUMBER: _ClassVar[int]
    inputs: _containers.RepeatedCompositeFieldContainer[DvpInput]
    def __init__(self, inputs: _Optional[_Iterable[_Union[DvpInput, _Mapping]]] = ...) -> None: ...

class ReleaseDvpRequest(_message.Message):
    __slots__ = ("trade_id", "round_ms")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    ROUND_MS_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    round_ms: int
    def __init__(self, trade_id: _Optional[bytes] = ..., round_ms: _Optional[int] = ...) -> None: ...

class ReleaseDvpResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FetchMembershipRequest(_message.Message):
    __slots__ = ("network", "party")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    party: str
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., party: _Optional[str] = ...) -> None: ...

class FetchMembershipResponse(_message.Message):
    __slots__ = ("tx_ids",)
    TX_IDS_FIELD_NUMBER: _ClassVar[int]
    tx_ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, tx_ids: _Optional[_Iterable[bytes]] = ...) -> None: ...
