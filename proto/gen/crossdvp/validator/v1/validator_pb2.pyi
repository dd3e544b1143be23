from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SigningStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNING_STATUS_UNSPECIFIED: _ClassVar[SigningStatus]
    SIGNING_STATUS_SIGNING: _ClassVar[SigningStatus]
    SIGNING_STATUS_STOPPED: _ClassVar[SigningStatus]

class Presence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRESENCE_UNSPECIFIED: _ClassVar[Presence]
    PRESENCE_PRESENT: _ClassVar[Presence]
    PRESENCE_ABSENT: _ClassVar[Presence]
SIGNING_STATUS_UNSPECIFIED: SigningStatus
SIGNING_STATUS_SIGNING: SigningStatus
SIGNING_STATUS_STOPPED: SigningStatus
PRESENCE_UNSPECIFIED: Presence
PRESENCE_PRESENT: Presence
PRESENCE_ABSENT: Presence

class GetHeadRequest(_message.Message):
    __slots__ = ("min_height", "wait_ms")
    MIN_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    min_height: int
    wait_ms: int
    def __init__(self, min_height: _Optional[int] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class GetHeadResponse(_message.Message):
    __slots__ = ("ledger_id", "height", "timestamp_s", "root", "journal_hash", "status", "alarm_reason", "alarm_detail", "validator_set", "address", "dishonest_notaries")
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ALARM_REASON_FIELD_NUMBER: _ClassVar[int]
    ALARM_DETAIL_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_SET_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    DISHONEST_NOTARIES_FIELD_NUMBER: _ClassVar[int]
    ledger_id: str
    height: int
    timestamp_s: int
    root: bytes
    journal_hash: bytes
    status: SigningStatus
    alarm_reason: str
    alarm_detail: str
    validator_set: bytes
    address: bytes
    dishonest_notaries: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ledger_id: _Optional[str] = ..., height: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., root: _Optional[bytes] = ..., journal_hash: _Optional[bytes] = ..., status: _Optional[_Union[SigningStatus, str]] = ..., alarm_reason: _Optional[str] = ..., alarm_detail: _Optional[str] = ..., validator_set: _Optional[bytes] = ..., address: _Optional[bytes] = ..., dishonest_notaries: _Optional[_Iterable[str]] = ...) -> None: ...

class SignCheckpointRequest(_message.Message):
    __slots__ = ("height",)
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    height: int
    def __init__(self, height: _Optional[int] = ...) -> None: ...

class ListHandoversRequest(_message.Message):
    __slots__ = ("after_height",)
    AFTER_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    after_height: int
    def __init__(self, after_height: _Optional[int] = ...) -> None: ...

class ListHandoversResponse(_message.Message):
    __slots__ = ("handovers",)
    HANDOVERS_FIELD_NUMBER: _ClassVar[int]
    handovers: _containers.RepeatedCompositeFieldContainer[Handover]
    def __init__(self, handovers: _Optional[_Iterable[_Union[Handover, _Mapping]]] = ...) -> None: ...

class Handover(_message.Message):
    __slots__ = ("height", "next_validator_set")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    NEXT_VALIDATOR_SET_FIELD_NUMBER: _ClassVar[int]
    height: int
    next_validator_set: bytes
    def __init__(self, height: _Optional[int] = ..., next_validator_set: _Optional[bytes] = ...) -> None: ...

class Checkpoint(_message.Message):
    __slots__ = ("ledger_id", "height", "timestamp_s", "root", "journal_hash", "next_validator_set_hash")
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_HASH_FIELD_NUMBER: _ClassVar[int]
    NEXT_VALIDATOR_SET_HASH_FIELD_NUMBER: _ClassVar[int]
    ledger_id: str
    height: int
    timestamp_s: int
    root: bytes
    journal_hash: bytes
    next_validator_set_hash: bytes
    def __init__(self, ledger_id: _Optional[str] = ..., height: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., root: _Optional[bytes] = ..., journal_hash: _Optional[bytes] = ..., next_validator_set_hash: _Optional[bytes] = ...) -> None: ...

class SignCheckpointResponse(_message.Message):
    __slots__ = ("checkpoint", "signature", "address")
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    checkpoint: Checkpoint
    signature: bytes
    address: bytes
    def __init__(self, checkpoint: _Optional[_Union[Checkpoint, _Mapping]] = ..., signature: _Optional[bytes] = ..., address: _Optional[bytes] = ...) -> None: ...

class GetProofRequest(_message.Message):
    __slots__ = ("path", "height")
    PATH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    height: int
    def __init__(self, path: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class GetProofResponse(_message.Message):
    __slots__ = ("height", "timestamp_s", "root", "presence", "value", "proof")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    ROOT_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    height: int
    timestamp_s: int
    root: bytes
    presence: Presence
    value: bytes
    proof: bytes
    def __init__(self, height: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., root: _Optional[bytes] = ..., presence: _Optional[_Union[Presence, str]] = ..., value: _Optional[bytes] = ..., proof: _Optional[bytes] = ...) -> None: ...
