import datetime

from google.protobuf import duration_pb2 as _duration_pb2
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

class ParkedFilter(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARKED_FILTER_UNSPECIFIED: _ClassVar[ParkedFilter]
    PARKED_FILTER_PARKED: _ClassVar[ParkedFilter]
    PARKED_FILTER_POISON: _ClassVar[ParkedFilter]
    PARKED_FILTER_NOT_PARKED: _ClassVar[ParkedFilter]
PACKET_STATE_UNSPECIFIED: PacketState
PACKET_STATE_SENT: PacketState
PACKET_STATE_RECEIVED: PacketState
PACKET_STATE_ACKNOWLEDGED: PacketState
PACKET_STATE_TIMED_OUT: PacketState
PACKET_STATE_DELIVERY_BLOCKED: PacketState
PACKET_STATE_RETURN_BLOCKED: PacketState
PARKED_FILTER_UNSPECIFIED: ParkedFilter
PARKED_FILTER_PARKED: ParkedFilter
PARKED_FILTER_POISON: ParkedFilter
PARKED_FILTER_NOT_PARKED: ParkedFilter

class Step(_message.Message):
    __slots__ = ("chain", "what", "tx_id", "height", "proof_bytes", "refusal", "at", "refusal_class")
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_BYTES_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_CLASS_FIELD_NUMBER: _ClassVar[int]
    chain: str
    what: str
    tx_id: str
    height: int
    proof_bytes: int
    refusal: str
    at: _timestamp_pb2.Timestamp
    refusal_class: str
    def __init__(self, chain: _Optional[str] = ..., what: _Optional[str] = ..., tx_id: _Optional[str] = ..., height: _Optional[int] = ..., proof_bytes: _Optional[int] = ..., refusal: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refusal_class: _Optional[str] = ...) -> None: ...

class Parking(_message.Message):
    __slots__ = ("by", "why", "since", "held_back", "ends_with")
    BY_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    HELD_BACK_FIELD_NUMBER: _ClassVar[int]
    ENDS_WITH_FIELD_NUMBER: _ClassVar[int]
    by: str
    why: str
    since: _timestamp_pb2.Timestamp
    held_back: str
    ends_with: str
    def __init__(self, by: _Optional[str] = ..., why: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., held_back: _Optional[str] = ..., ends_with: _Optional[str] = ...) -> None: ...

class Packet(_message.Message):
    __slots__ = ("source_chain", "source_client", "destination_client", "sequence", "timeout", "state", "waits_for", "attempts", "last_error", "next_attempt", "steps", "name", "path", "trade_id", "since", "refusal_class", "parking", "to_timeout", "send_by")
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
    NAME_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_CLASS_FIELD_NUMBER: _ClassVar[int]
    PARKING_FIELD_NUMBER: _ClassVar[int]
    TO_TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    SEND_BY_FIELD_NUMBER: _ClassVar[int]
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
    name: str
    path: str
    trade_id: str
    since: _timestamp_pb2.Timestamp
    refusal_class: str
    parking: Parking
    to_timeout: _duration_pb2.Duration
    send_by: _timestamp_pb2.Timestamp
    def __init__(self, source_chain: _Optional[str] = ..., source_client: _Optional[str] = ..., destination_client: _Optional[str] = ..., sequence: _Optional[int] = ..., timeout: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., state: _Optional[_Union[PacketState, str]] = ..., waits_for: _Optional[str] = ..., attempts: _Optional[int] = ..., last_error: _Optional[str] = ..., next_attempt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ..., name: _Optional[str] = ..., path: _Optional[str] = ..., trade_id: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., refusal_class: _Optional[str] = ..., parking: _Optional[_Union[Parking, _Mapping]] = ..., to_timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., send_by: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

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

class LightClient(_message.Message):
    __slots__ = ("path", "chain", "client_id", "of_chain", "status", "latest_height", "latest_time", "age", "trusting_period", "refresh_due", "expires")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    OF_CHAIN_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LATEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    LATEST_TIME_FIELD_NUMBER: _ClassVar[int]
    AGE_FIELD_NUMBER: _ClassVar[int]
    TRUSTING_PERIOD_FIELD_NUMBER: _ClassVar[int]
    REFRESH_DUE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_FIELD_NUMBER: _ClassVar[int]
    path: str
    chain: str
    client_id: str
    of_chain: str
    status: str
    latest_height: int
    latest_time: _timestamp_pb2.Timestamp
    age: _duration_pb2.Duration
    trusting_period: _duration_pb2.Duration
    refresh_due: _timestamp_pb2.Timestamp
    expires: _timestamp_pb2.Timestamp
    def __init__(self, path: _Optional[str] = ..., chain: _Optional[str] = ..., client_id: _Optional[str] = ..., of_chain: _Optional[str] = ..., status: _Optional[str] = ..., latest_height: _Optional[int] = ..., latest_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., age: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., trusting_period: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., refresh_due: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Path(_message.Message):
    __slots__ = ("name", "first_chain", "second_chain", "state", "last_error", "advice", "not_watched", "packets_by_state", "parked", "standby")
    class PacketsByStateEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    FIRST_CHAIN_FIELD_NUMBER: _ClassVar[int]
    SECOND_CHAIN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    NOT_WATCHED_FIELD_NUMBER: _ClassVar[int]
    PACKETS_BY_STATE_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    STANDBY_FIELD_NUMBER: _ClassVar[int]
    name: str
    first_chain: str
    second_chain: str
    state: str
    last_error: str
    advice: str
    not_watched: _containers.RepeatedScalarFieldContainer[str]
    packets_by_state: _containers.ScalarMap[str, int]
    parked: int
    standby: str
    def __init__(self, name: _Optional[str] = ..., first_chain: _Optional[str] = ..., second_chain: _Optional[str] = ..., state: _Optional[str] = ..., last_error: _Optional[str] = ..., advice: _Optional[str] = ..., not_watched: _Optional[_Iterable[str]] = ..., packets_by_state: _Optional[_Mapping[str, int]] = ..., parked: _Optional[int] = ..., standby: _Optional[str] = ...) -> None: ...

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

class Act(_message.Message):
    __slots__ = ("request_id", "kind", "subject", "who", "why", "at", "before", "after")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    WHO_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    AT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    kind: str
    subject: str
    who: str
    why: str
    at: _timestamp_pb2.Timestamp
    before: str
    after: str
    def __init__(self, request_id: _Optional[str] = ..., kind: _Optional[str] = ..., subject: _Optional[str] = ..., who: _Optional[str] = ..., why: _Optional[str] = ..., at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., before: _Optional[str] = ..., after: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("name", "ledger_id", "height", "validator", "equivocation")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_FIELD_NUMBER: _ClassVar[int]
    EQUIVOCATION_FIELD_NUMBER: _ClassVar[int]
    name: str
    ledger_id: str
    height: int
    validator: str
    equivocation: bytes
    def __init__(self, name: _Optional[str] = ..., ledger_id: _Optional[str] = ..., height: _Optional[int] = ..., validator: _Optional[str] = ..., equivocation: _Optional[bytes] = ...) -> None: ...

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

class ListPathsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPathsResponse(_message.Message):
    __slots__ = ("paths",)
    PATHS_FIELD_NUMBER: _ClassVar[int]
    paths: _containers.RepeatedCompositeFieldContainer[Path]
    def __init__(self, paths: _Optional[_Iterable[_Union[Path, _Mapping]]] = ...) -> None: ...

class ListClientsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListClientsResponse(_message.Message):
    __slots__ = ("clients",)
    CLIENTS_FIELD_NUMBER: _ClassVar[int]
    clients: _containers.RepeatedCompositeFieldContainer[LightClient]
    def __init__(self, clients: _Optional[_Iterable[_Union[LightClient, _Mapping]]] = ...) -> None: ...

class ListPacketsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "states", "path", "parked", "stuck_for")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    PARKED_FIELD_NUMBER: _ClassVar[int]
    STUCK_FOR_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    states: _containers.RepeatedScalarFieldContainer[PacketState]
    path: str
    parked: ParkedFilter
    stuck_for: _duration_pb2.Duration
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., states: _Optional[_Iterable[_Union[PacketState, str]]] = ..., path: _Optional[str] = ..., parked: _Optional[_Union[ParkedFilter, str]] = ..., stuck_for: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ListPacketsResponse(_message.Message):
    __slots__ = ("packets", "next_page_token")
    PACKETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    packets: _containers.RepeatedCompositeFieldContainer[Packet]
    next_page_token: str
    def __init__(self, packets: _Optional[_Iterable[_Union[Packet, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetPacketRequest(_message.Message):
    __slots__ = ("source_client", "sequence", "packet")
    SOURCE_CLIENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    source_client: str
    sequence: int
    packet: str
    def __init__(self, source_client: _Optional[str] = ..., sequence: _Optional[int] = ..., packet: _Optional[str] = ...) -> None: ...

class GetPacketResponse(_message.Message):
    __slots__ = ("packet",)
    PACKET_FIELD_NUMBER: _ClassVar[int]
    packet: Packet
    def __init__(self, packet: _Optional[_Union[Packet, _Mapping]] = ...) -> None: ...

class ExplainPacketRequest(_message.Message):
    __slots__ = ("packet",)
    PACKET_FIELD_NUMBER: _ClassVar[int]
    packet: str
    def __init__(self, packet: _Optional[str] = ...) -> None: ...

class ExplainPacketResponse(_message.Message):
    __slots__ = ("packet", "sentences", "evidence")
    PACKET_FIELD_NUMBER: _ClassVar[int]
    SENTENCES_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    packet: Packet
    sentences: _containers.RepeatedScalarFieldContainer[str]
    evidence: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, packet: _Optional[_Union[Packet, _Mapping]] = ..., sentences: _Optional[_Iterable[str]] = ..., evidence: _Optional[_Iterable[str]] = ...) -> None: ...

class RetryPacketRequest(_message.Message):
    __slots__ = ("request_id", "packet", "why")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    packet: str
    why: str
    def __init__(self, request_id: _Optional[str] = ..., packet: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class RetryPacketResponse(_message.Message):
    __slots__ = ("act", "packet")
    ACT_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    act: Act
    packet: Packet
    def __init__(self, act: _Optional[_Union[Act, _Mapping]] = ..., packet: _Optional[_Union[Packet, _Mapping]] = ...) -> None: ...

class ParkPacketRequest(_message.Message):
    __slots__ = ("request_id", "packet", "why")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    packet: str
    why: str
    def __init__(self, request_id: _Optional[str] = ..., packet: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class ParkPacketResponse(_message.Message):
    __slots__ = ("act", "packet")
    ACT_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    act: Act
    packet: Packet
    def __init__(self, act: _Optional[_Union[Act, _Mapping]] = ..., packet: _Optional[_Union[Packet, _Mapping]] = ...) -> None: ...

class UnparkPacketRequest(_message.Message):
    __slots__ = ("request_id", "packet", "why")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    packet: str
    why: str
    def __init__(self, request_id: _Optional[str] = ..., packet: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class UnparkPacketResponse(_message.Message):
    __slots__ = ("act", "packet")
    ACT_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    act: Act
    packet: Packet
    def __init__(self, act: _Optional[_Union[Act, _Mapping]] = ..., packet: _Optional[_Union[Packet, _Mapping]] = ...) -> None: ...

class ListActsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "packet")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    packet: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., packet: _Optional[str] = ...) -> None: ...

class ListActsResponse(_message.Message):
    __slots__ = ("acts", "next_page_token")
    ACTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    acts: _containers.RepeatedCompositeFieldContainer[Act]
    next_page_token: str
    def __init__(self, acts: _Optional[_Iterable[_Union[Act, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListEvidenceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListEvidenceResponse(_message.Message):
    __slots__ = ("evidence",)
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    evidence: _containers.RepeatedCompositeFieldContainer[Evidence]
    def __init__(self, evidence: _Optional[_Iterable[_Union[Evidence, _Mapping]]] = ...) -> None: ...

class SubmitEvidenceRequest(_message.Message):
    __slots__ = ("request_id", "equivocation", "why")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EQUIVOCATION_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    equivocation: bytes
    why: str
    def __init__(self, request_id: _Optional[str] = ..., equivocation: _Optional[bytes] = ..., why: _Optional[str] = ...) -> None: ...

class SubmitEvidenceResponse(_message.Message):
    __slots__ = ("act", "done")
    ACT_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    act: Act
    done: str
    def __init__(self, act: _Optional[_Union[Act, _Mapping]] = ..., done: _Optional[str] = ...) -> None: ...

class ListAlarmsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListAlarmsResponse(_message.Message):
    __slots__ = ("alarms",)
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    def __init__(self, alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ...) -> None: ...
