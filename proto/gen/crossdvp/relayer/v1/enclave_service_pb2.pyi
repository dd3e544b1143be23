from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Snapshot(_message.Message):
    __slots__ = ("client_type", "client_state", "height", "consensus_state")
    CLIENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    client_type: str
    client_state: bytes
    height: int
    consensus_state: bytes
    def __init__(self, client_type: _Optional[str] = ..., client_state: _Optional[bytes] = ..., height: _Optional[int] = ..., consensus_state: _Optional[bytes] = ...) -> None: ...

class Stated(_message.Message):
    __slots__ = ("message", "signature")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signature: bytes
    def __init__(self, message: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class GetIdentityRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetIdentityResponse(_message.Message):
    __slots__ = ("enclave_key", "operator", "attestation")
    ENCLAVE_KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    enclave_key: bytes
    operator: bytes
    attestation: bytes
    def __init__(self, enclave_key: _Optional[bytes] = ..., operator: _Optional[bytes] = ..., attestation: _Optional[bytes] = ...) -> None: ...

class StateUpdateRequest(_message.Message):
    __slots__ = ("snapshot", "client_message")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    snapshot: Snapshot
    client_message: bytes
    def __init__(self, snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., client_message: _Optional[bytes] = ...) -> None: ...

class StateUpdateResponse(_message.Message):
    __slots__ = ("stated", "after")
    STATED_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    stated: Stated
    after: Snapshot
    def __init__(self, stated: _Optional[_Union[Stated, _Mapping]] = ..., after: _Optional[_Union[Snapshot, _Mapping]] = ...) -> None: ...

class StateMembershipRequest(_message.Message):
    __slots__ = ("snapshot", "proof", "path", "value")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    snapshot: Snapshot
    proof: bytes
    path: bytes
    value: bytes
    def __init__(self, snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., proof: _Optional[bytes] = ..., path: _Optional[bytes] = ..., value: _Optional[bytes] = ...) -> None: ...

class StateMembershipResponse(_message.Message):
    __slots__ = ("stated",)
    STATED_FIELD_NUMBER: _ClassVar[int]
    stated: Stated
    def __init__(self, stated: _Optional[_Union[Stated, _Mapping]] = ...) -> None: ...

class StateStorageRequest(_message.Message):
    __slots__ = ("snapshot", "address", "slot", "account_proof", "storage_proof")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    STORAGE_PROOF_FIELD_NUMBER: _ClassVar[int]
    snapshot: Snapshot
    address: bytes
    slot: bytes
    account_proof: _containers.RepeatedScalarFieldContainer[bytes]
    storage_proof: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., address: _Optional[bytes] = ..., slot: _Optional[bytes] = ..., account_proof: _Optional[_Iterable[bytes]] = ..., storage_proof: _Optional[_Iterable[bytes]] = ...) -> None: ...

class StateStorageResponse(_message.Message):
    __slots__ = ("stated",)
    STATED_FIELD_NUMBER: _ClassVar[int]
    stated: Stated
    def __init__(self, stated: _Optional[_Union[Stated, _Mapping]] = ...) -> None: ...

class StateMisbehaviourRequest(_message.Message):
    __slots__ = ("snapshot", "client_message")
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    snapshot: Snapshot
    client_message: bytes
    def __init__(self, snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., client_message: _Optional[bytes] = ...) -> None: ...

class StateMisbehaviourResponse(_message.Message):
    __slots__ = ("stated",)
    STATED_FIELD_NUMBER: _ClassVar[int]
    stated: Stated
    def __init__(self, stated: _Optional[_Union[Stated, _Mapping]] = ...) -> None: ...
