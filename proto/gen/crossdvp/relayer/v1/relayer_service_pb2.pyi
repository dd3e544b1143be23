import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PacketState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PACKET_STATE_UNSPECIFIED: _ClassVar[PacketState]
    PACKET_STATE_SENT: _ClassVar[PacketState]
    PACKET_STATE_RECEIVED: _ClassVar[PacketState]
    PACKET_STATE_ACKNOWLEDGED: _ClassVar[PacketState]
    PACKET_STATE_TIMED_OUT: _ClassVar[PacketState]
    PACKET_STATE_DELIVERY_BLOCKED: _ClassVar[PacketState]
    PACKET_STATE_RETURN_BLOCKED: _ClassVar[PacketState]
PACKET_STATE_UNSPECIFIED: PacketState
PACKET_STATE_SENT: PacketState
PACKET_STATE_RECEIVED: PacketState
PACKET_STATE_ACKNOWLEDGED: PacketState
PACKET_STATE_TIMED_OUT: PacketState
PACKET_STATE_DELIVERY_BLOCKED: PacketState
PACKET_STATE_RETURN_BLOCKED: PacketState

class Step(_message.Message):
    __slots__ = ("chain", "what", "tx_id", "height", "proof_bytes", "refusal", "at")
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_BYTES_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    chain: str
    what: str
    tx_id: str
    height: int
    proof_bytes: int
    refusal: str
    at: _timestamp_pb2.Timestamp
    def __init__(self, chain: _Optional[str] = ..., what: _Optional[str] = ..., tx_id: _Optional[str] = ..., height: _Optional[int] = ..., proof_bytes: _Optional[int] = ..., refusal: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Packet(_message.Message):
    __slots__ = ("source_chain", "source_client", "destination_client", "sequence", "timeout", "state", "waits_for", "attempts", "last_error", "next_attempt", "steps")
    SOURCE_CHAIN_FIELD_NUMBER: _ClassVar[int]
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_CLIENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    WAITS_FOR_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    source_chain: str
    source_client: str
    destination_client: str
    sequence: int
    timeout: _timestamp_pb2.Timestamp
    state: PacketState
    waits_for: str
    attempts: int
    last_error: str
    next_attempt: _timestamp_pb2.Timestamp
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    def __init__(self, source_chain: _Optional[str] = ..., source_client: _Optional[str] = ..., destination_client: _Optional[str] = ..., sequence: _Optional[int] = ..., timeout: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[PacketState, str]] = ..., waits_for: _Optional[str] = ..., attempts: _Optional[int] = ..., last_error: _Optional[str] = ..., next_attempt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ...) -> None: ...

class ChainStatus(_message.Message):
    __slots__ = ("chain", "height", "head_time", "client_id", "client_height", "client_expires", "client_status", "last_error", "path", "standby")
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HEAD_TIME_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CLIENT_EXPIRES_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATUS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    STANDBY_FIELD_NUMBER: _ClassVar[int]
    chain: str
    height: int
    head_time: _timestamp_pb2.Timestamp
    client_id: str
    client_height: int
    client_expires: _timestamp_pb2.Timestamp
    client_status: str
    last_error: str
    path: str
    standby: str
    def __init__(self, chain: _Optional[str] = ..., height: _Optional[int] = ..., head_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., client_id: _Optional[str] = ..., client_height: _Optional[int] = ..., client_expires: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., client_status: _Optional[str] = ..., last_error: _Optional[str] = ..., path: _Optional[str] = ..., standby: _Optional[str] = ...) -> None: ...

class Alarm(_message.Message):
    __slots__ = ("kind", "subject", "detail", "since")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    subject: str
    detail: str
    since: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[str] = ..., subject: _Optional[str] = ..., detail: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("chains", "packets_by_state", "alarms")
    class PacketsByStateEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    CHAINS_FIELD_NUMBER: _ClassVar[int]
    PACKETS_BY_STATE_FIELD_NUMBER: _ClassVar[int]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    chains: _containers.RepeatedCompositeFieldContainer[ChainStatus]
    packets_by_state: _containers.ScalarMap[str, int]
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    def __init__(self, chains: _Optional[_Iterable[_Union[ChainStatus, _Mapping]]] = ..., packets_by_state: _Optional[_Mapping[str, int]] = ..., alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ...) -> None: ...

class ListPacketsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[PacketState]
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[PacketState, str]]] = ...) -> None: ...

class ListPacketsResponse(_message.Message):
    __slots__ = ("packets", "next_page_token")
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    packets: _containers.RepeatedCompositeFieldContainer[Packet]
    next_page_token: str
    def __init__(self, packets: _Optional[_Iterable[_Union[Packet, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetPacketRequest(_message.Message):
    __slots__ = ("source_client", "sequence")
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    source_client: str
    sequence: int
    def __init__(self, source_client: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

class GetPacketResponse(_message.Message):
    __slots__ = ("packet",)
    PACKET_FIELD_NUMBER: _ClassVar[int]
    packet: Packet
    def __init__(self, packet: _Optional[_Union[Packet, _Mapping]] = ...) -> None: ...
