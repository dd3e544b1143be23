from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OpenDistributionRequest(_message.Message):
    __slots__ = ("request_id", "state", "lines", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    state: bytes
    lines: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., state: _Optional[bytes] = ..., lines: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class PayBatchRequest(_message.Message):
    __slots__ = ("request_id", "distribution_id", "part", "batch", "network", "node", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    distribution_id: bytes
    part: int
    batch: int
    network: _states_pb2.BusinessNetwork
    node: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., distribution_id: _Optional[bytes] = ..., part: _Optional[int] = ..., batch: _Optional[int] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., node: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class CancelPartRequest(_message.Message):
    __slots__ = ("request_id", "distribution_id", "part", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    distribution_id: bytes
    part: int
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., distribution_id: _Optional[bytes] = ..., part: _Optional[int] = ..., wait_s: _Optional[int] = ...) -> None: ...
