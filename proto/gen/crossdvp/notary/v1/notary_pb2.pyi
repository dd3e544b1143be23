from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StateUse(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_USE_UNSPECIFIED: _ClassVar[StateUse]
    STATE_USE_INPUT: _ClassVar[StateUse]
    STATE_USE_REFERENCE: _ClassVar[StateUse]

class PathProblem(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PATH_PROBLEM_UNSPECIFIED: _ClassVar[PathProblem]
    PATH_PROBLEM_ALREADY_CREATED: _ClassVar[PathProblem]
    PATH_PROBLEM_NEVER_CREATED: _ClassVar[PathProblem]
    PATH_PROBLEM_ALREADY_DELETED: _ClassVar[PathProblem]
    PATH_PROBLEM_APPROVER_SUSPENDED: _ClassVar[PathProblem]
STATE_USE_UNSPECIFIED: StateUse
STATE_USE_INPUT: StateUse
STATE_USE_REFERENCE: StateUse
PATH_PROBLEM_UNSPECIFIED: PathProblem
PATH_PROBLEM_ALREADY_CREATED: PathProblem
PATH_PROBLEM_NEVER_CREATED: PathProblem
PATH_PROBLEM_ALREADY_DELETED: PathProblem
PATH_PROBLEM_APPROVER_SUSPENDED: PathProblem

class NotariseRequest(_message.Message):
    __slots__ = ("tear_off", "signed_transaction", "validator_signatures", "requester_signature")
    TEAR_OFF_FIELD_NUMBER: _ClassVar[int]
    SIGNED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    tear_off: bytes
    signed_transaction: bytes
    validator_signatures: _containers.RepeatedScalarFieldContainer[bytes]
    requester_signature: bytes
    def __init__(self, tear_off: _Optional[bytes] = ..., signed_transaction: _Optional[bytes] = ..., validator_signatures: _Optional[_Iterable[bytes]] = ..., requester_signature: _Optional[bytes] = ...) -> None: ...

class NotariseResponse(_message.Message):
    __slots__ = ("notarised", "conflict")
    NOTARISED_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    notarised: Notarised
    conflict: Conflict
    def __init__(self, notarised: _Optional[_Union[Notarised, _Mapping]] = ..., conflict: _Optional[_Union[Conflict, _Mapping]] = ...) -> None: ...

class Notarised(_message.Message):
    __slots__ = ("signature", "position", "time_s")
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    signature: bytes
    position: int
    time_s: int
    def __init__(self, signature: _Optional[bytes] = ..., position: _Optional[int] = ..., time_s: _Optional[int] = ...) -> None: ...

class Conflict(_message.Message):
    __slots__ = ("states", "paths")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedCompositeFieldContainer[StateConflict]
    paths: _containers.RepeatedCompositeFieldContainer[PathConflict]
    def __init__(self, states: _Optional[_Iterable[_Union[StateConflict, _Mapping]]] = ..., paths: _Optional[_Iterable[_Union[PathConflict, _Mapping]]] = ...) -> None: ...

class StateConflict(_message.Message):
    __slots__ = ("ref", "use", "hash_of_consuming_tx_id")
    REF_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    HASH_OF_CONSUMING_TX_ID_FIELD_NUMBER: _ClassVar[int]
    ref: bytes
    use: StateUse
    hash_of_consuming_tx_id: bytes
    def __init__(self, ref: _Optional[bytes] = ..., use: _Optional[_Union[StateUse, str]] = ..., hash_of_consuming_tx_id: _Optional[bytes] = ...) -> None: ...

class PathConflict(_message.Message):
    __slots__ = ("path", "problem", "hash_of_writing_tx_id")
    PATH_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    HASH_OF_WRITING_TX_ID_FIELD_NUMBER: _ClassVar[int]
    path: bytes
    problem: PathProblem
    hash_of_writing_tx_id: bytes
    def __init__(self, path: _Optional[bytes] = ..., problem: _Optional[_Union[PathProblem, str]] = ..., hash_of_writing_tx_id: _Optional[bytes] = ...) -> None: ...

class FindRequest(_message.Message):
    __slots__ = ("tx_ids",)
    TX_IDS_FIELD_NUMBER: _ClassVar[int]
    tx_ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, tx_ids: _Optional[_Iterable[bytes]] = ...) -> None: ...

class FindResponse(_message.Message):
    __slots__ = ("found", "time_s")
    FOUND_FIELD_NUMBER: _ClassVar[int]
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    found: _containers.RepeatedCompositeFieldContainer[Found]
    time_s: int
    def __init__(self, found: _Optional[_Iterable[_Union[Found, _Mapping]]] = ..., time_s: _Optional[int] = ...) -> None: ...

class Found(_message.Message):
    __slots__ = ("tx_id", "notarised", "validator_signatures")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    NOTARISED_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    notarised: Notarised
    validator_signatures: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, tx_id: _Optional[bytes] = ..., notarised: _Optional[_Union[Notarised, _Mapping]] = ..., validator_signatures: _Optional[_Iterable[bytes]] = ...) -> None: ...

class PositionsRequest(_message.Message):
    __slots__ = ("tx_ids",)
    TX_IDS_FIELD_NUMBER: _ClassVar[int]
    tx_ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, tx_ids: _Optional[_Iterable[bytes]] = ...) -> None: ...

class PositionsResponse(_message.Message):
    __slots__ = ("positions",)
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    positions: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, positions: _Optional[_Iterable[int]] = ...) -> None: ...

class ReadJournalRequest(_message.Message):
    __slots__ = ("after_position", "max_entries", "wait_ms")
    AFTER_POSITION_FIELD_NUMBER: _ClassVar[int]
    MAX_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    WAIT_MS_FIELD_NUMBER: _ClassVar[int]
    after_position: int
    max_entries: int
    wait_ms: int
    def __init__(self, after_position: _Optional[int] = ..., max_entries: _Optional[int] = ..., wait_ms: _Optional[int] = ...) -> None: ...

class ReadJournalResponse(_message.Message):
    __slots__ = ("entries", "head_position", "head_hash")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    HEAD_POSITION_FIELD_NUMBER: _ClassVar[int]
    HEAD_HASH_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[JournalEntry]
    head_position: int
    head_hash: bytes
    def __init__(self, entries: _Optional[_Iterable[_Union[JournalEntry, _Mapping]]] = ..., head_position: _Optional[int] = ..., head_hash: _Optional[bytes] = ...) -> None: ...

class JournalEntry(_message.Message):
    __slots__ = ("position", "time_s", "previous_hash", "tx_id", "writes", "evidence")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HASH_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    WRITES_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    position: int
    time_s: int
    previous_hash: bytes
    tx_id: bytes
    writes: _containers.RepeatedScalarFieldContainer[bytes]
    evidence: bytes
    def __init__(self, position: _Optional[int] = ..., time_s: _Optional[int] = ..., previous_hash: _Optional[bytes] = ..., tx_id: _Optional[bytes] = ..., writes: _Optional[_Iterable[bytes]] = ..., evidence: _Optional[bytes] = ...) -> None: ...
