from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetNetworkStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNetworkStatusResponse(_message.Message):
    __slots__ = ("node", "epochs", "map_serial", "peers", "fork_evidence")
    NODE_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    MAP_SERIAL_FIELD_NUMBER: _ClassVar[int]
    PEERS_FIELD_NUMBER: _ClassVar[int]
    FORK_EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    node: str
    epochs: _containers.RepeatedCompositeFieldContainer[EpochStatus]
    map_serial: int
    peers: _containers.RepeatedCompositeFieldContainer[PeerAcceptance]
    fork_evidence: str
    def __init__(self, node: _Optional[str] = ..., epochs: _Optional[_Iterable[_Union[EpochStatus, _Mapping]]] = ..., map_serial: _Optional[int] = ..., peers: _Optional[_Iterable[_Union[PeerAcceptance, _Mapping]]] = ..., fork_evidence: _Optional[str] = ...) -> None: ...

class EpochStatus(_message.Message):
    __slots__ = ("epoch", "hash", "effective_from_s", "accepted", "in_force", "parameters")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FROM_S_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    hash: bytes
    effective_from_s: int
    accepted: bool
    in_force: bool
    parameters: bytes
    def __init__(self, epoch: _Optional[int] = ..., hash: _Optional[bytes] = ..., effective_from_s: _Optional[int] = ..., accepted: _Optional[bool] = ..., in_force: _Optional[bool] = ..., parameters: _Optional[bytes] = ...) -> None: ...

class PeerAcceptance(_message.Message):
    __slots__ = ("name", "accepted_epoch", "heard_at_s")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACCEPTED_EPOCH_FIELD_NUMBER: _ClassVar[int]
    HEARD_AT_S_FIELD_NUMBER: _ClassVar[int]
    name: str
    accepted_epoch: int
    heard_at_s: int
    def __init__(self, name: _Optional[str] = ..., accepted_epoch: _Optional[int] = ..., heard_at_s: _Optional[int] = ...) -> None: ...

class OfferParametersRequest(_message.Message):
    __slots__ = ("signed_parameters",)
    SIGNED_PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    signed_parameters: bytes
    def __init__(self, signed_parameters: _Optional[bytes] = ...) -> None: ...

class OfferParametersResponse(_message.Message):
    __slots__ = ("newest_epoch",)
    NEWEST_EPOCH_FIELD_NUMBER: _ClassVar[int]
    newest_epoch: int
    def __init__(self, newest_epoch: _Optional[int] = ...) -> None: ...

class AcceptParametersRequest(_message.Message):
    __slots__ = ("epoch", "hash")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    hash: bytes
    def __init__(self, epoch: _Optional[int] = ..., hash: _Optional[bytes] = ...) -> None: ...

class AcceptParametersResponse(_message.Message):
    __slots__ = ("effective_from_s",)
    EFFECTIVE_FROM_S_FIELD_NUMBER: _ClassVar[int]
    effective_from_s: int
    def __init__(self, effective_from_s: _Optional[int] = ...) -> None: ...

class OfferNetworkMapRequest(_message.Message):
    __slots__ = ("signed_map",)
    SIGNED_MAP_FIELD_NUMBER: _ClassVar[int]
    signed_map: bytes
    def __init__(self, signed_map: _Optional[bytes] = ...) -> None: ...

class OfferNetworkMapResponse(_message.Message):
    __slots__ = ("serial",)
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    serial: int
    def __init__(self, serial: _Optional[int] = ...) -> None: ...
