from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MembershipChange(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBERSHIP_CHANGE_UNSPECIFIED: _ClassVar[MembershipChange]
    MEMBERSHIP_CHANGE_ADMIT: _ClassVar[MembershipChange]
    MEMBERSHIP_CHANGE_AMEND: _ClassVar[MembershipChange]
    MEMBERSHIP_CHANGE_SUSPEND: _ClassVar[MembershipChange]
    MEMBERSHIP_CHANGE_ACTIVATE: _ClassVar[MembershipChange]
    MEMBERSHIP_CHANGE_REVOKE: _ClassVar[MembershipChange]
MEMBERSHIP_CHANGE_UNSPECIFIED: MembershipChange
MEMBERSHIP_CHANGE_ADMIT: MembershipChange
MEMBERSHIP_CHANGE_AMEND: MembershipChange
MEMBERSHIP_CHANGE_SUSPEND: MembershipChange
MEMBERSHIP_CHANGE_ACTIVATE: MembershipChange
MEMBERSHIP_CHANGE_REVOKE: MembershipChange

class ChangeMembershipRequest(_message.Message):
    __slots__ = ("request_id", "change", "network", "party", "roles", "wait_s", "notary")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    change: MembershipChange
    network: _states_pb2.BusinessNetwork
    party: str
    roles: _containers.RepeatedScalarFieldContainer[_states_pb2.MemberRole]
    wait_s: int
    notary: str
    def __init__(self, request_id: _Optional[str] = ..., change: _Optional[_Union[MembershipChange, str]] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., party: _Optional[str] = ..., roles: _Optional[_Iterable[_Union[_states_pb2.MemberRole, str]]] = ..., wait_s: _Optional[int] = ..., notary: _Optional[str] = ...) -> None: ...

class ChangeMembershipResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class SuspendValidatorRequest(_message.Message):
    __slots__ = ("request_id", "evidence", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    evidence: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., evidence: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class SuspendValidatorResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ListMembershipsRequest(_message.Message):
    __slots__ = ("network", "max_memberships")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMBERSHIPS_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    max_memberships: int
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., max_memberships: _Optional[int] = ...) -> None: ...

class MembershipEntry(_message.Message):
    __slots__ = ("network", "party", "roles", "status", "tx_id", "notary")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    party: str
    roles: _containers.RepeatedScalarFieldContainer[_states_pb2.MemberRole]
    status: _states_pb2.MembershipStatus
    tx_id: bytes
    notary: str
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., party: _Optional[str] = ..., roles: _Optional[_Iterable[_Union[_states_pb2.MemberRole, str]]] = ..., status: _Optional[_Union[_states_pb2.MembershipStatus, str]] = ..., tx_id: _Optional[bytes] = ..., notary: _Optional[str] = ...) -> None: ...

class ListMembershipsResponse(_message.Message):
    __slots__ = ("memberships",)
    MEMBERSHIPS_FIELD_NUMBER: _ClassVar[int]
    memberships: _containers.RepeatedCompositeFieldContainer[MembershipEntry]
    def __init__(self, memberships: _Optional[_Iterable[_Union[MembershipEntry, _Mapping]]] = ...) -> None: ...
