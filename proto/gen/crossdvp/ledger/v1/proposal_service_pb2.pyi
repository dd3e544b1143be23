from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import proposal_states_pb2 as _proposal_states_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProposePackageRequest(_message.Message):
    __slots__ = ("request_id", "network", "package_hash", "description_hash", "opens_s", "closes_s", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_HASH_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_HASH_FIELD_NUMBER: _ClassVar[int]
    OPENS_S_FIELD_NUMBER: _ClassVar[int]
    CLOSES_S_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    network: _states_pb2.BusinessNetwork
    package_hash: bytes
    description_hash: bytes
    opens_s: int
    closes_s: int
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., package_hash: _Optional[bytes] = ..., description_hash: _Optional[bytes] = ..., opens_s: _Optional[int] = ..., closes_s: _Optional[int] = ..., wait_s: _Optional[int] = ...) -> None: ...

class ProposePackageResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class VoteOnPackageRequest(_message.Message):
    __slots__ = ("request_id", "proposal_tx", "choice", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_TX_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    proposal_tx: bytes
    choice: _proposal_states_pb2.BallotChoice
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., proposal_tx: _Optional[bytes] = ..., choice: _Optional[_Union[_proposal_states_pb2.BallotChoice, str]] = ..., wait_s: _Optional[int] = ...) -> None: ...

class VoteOnPackageResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class CloseProposalRequest(_message.Message):
    __slots__ = ("request_id", "proposal_tx", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_TX_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    proposal_tx: bytes
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., proposal_tx: _Optional[bytes] = ..., wait_s: _Optional[int] = ...) -> None: ...

class CloseProposalResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ListProposalsRequest(_message.Message):
    __slots__ = ("max_proposals",)
    MAX_PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    max_proposals: int
    def __init__(self, max_proposals: _Optional[int] = ...) -> None: ...

class ProposalVote(_message.Message):
    __slots__ = ("voter", "choice")
    VOTER_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    voter: str
    choice: _proposal_states_pb2.BallotChoice
    def __init__(self, voter: _Optional[str] = ..., choice: _Optional[_Union[_proposal_states_pb2.BallotChoice, str]] = ...) -> None: ...

class ProposalEntry(_message.Message):
    __slots__ = ("proposal_tx", "proposal", "votes", "result", "result_tx")
    PROPOSAL_TX_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    VOTES_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    RESULT_TX_FIELD_NUMBER: _ClassVar[int]
    proposal_tx: bytes
    proposal: _proposal_states_pb2.Proposal
    votes: _containers.RepeatedCompositeFieldContainer[ProposalVote]
    result: _proposal_states_pb2.ProposalResult
    result_tx: bytes
    def __init__(self, proposal_tx: _Optional[bytes] = ..., proposal: _Optional[_Union[_proposal_states_pb2.Proposal, _Mapping]] = ..., votes: _Optional[_Iterable[_Union[ProposalVote, _Mapping]]] = ..., result: _Optional[_Union[_proposal_states_pb2.ProposalResult, _Mapping]] = ..., result_tx: _Optional[bytes] = ...) -> None: ...

class ListProposalsResponse(_message.Message):
    __slots__ = ("proposals",)
    PROPOSALS_FIELD_NUMBER: _ClassVar[int]
    proposals: _containers.RepeatedCompositeFieldContainer[ProposalEntry]
    def __init__(self, proposals: _Optional[_Iterable[_Union[ProposalEntry, _Mapping]]] = ...) -> None: ...
