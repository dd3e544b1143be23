from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BallotChoice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BALLOT_CHOICE_UNSPECIFIED: _ClassVar[BallotChoice]
    BALLOT_CHOICE_UNCAST: _ClassVar[BallotChoice]
    BALLOT_CHOICE_FOR: _ClassVar[BallotChoice]
    BALLOT_CHOICE_AGAINST: _ClassVar[BallotChoice]

class ProposalOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROPOSAL_OUTCOME_UNSPECIFIED: _ClassVar[ProposalOutcome]
    PROPOSAL_OUTCOME_APPROVED: _ClassVar[ProposalOutcome]
    PROPOSAL_OUTCOME_REJECTED: _ClassVar[ProposalOutcome]
BALLOT_CHOICE_UNSPECIFIED: BallotChoice
BALLOT_CHOICE_UNCAST: BallotChoice
BALLOT_CHOICE_FOR: BallotChoice
BALLOT_CHOICE_AGAINST: BallotChoice
PROPOSAL_OUTCOME_UNSPECIFIED: ProposalOutcome
PROPOSAL_OUTCOME_APPROVED: ProposalOutcome
PROPOSAL_OUTCOME_REJECTED: ProposalOutcome

class ProposalRecord(_message.Message):
    __slots__ = ("proposal", "ballot", "result")
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    BALLOT_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    proposal: Proposal
    ballot: Ballot
    result: ProposalResult
    def __init__(self, proposal: _Optional[_Union[Proposal, _Mapping]] = ..., ballot: _Optional[_Union[Ballot, _Mapping]] = ..., result: _Optional[_Union[ProposalResult, _Mapping]] = ...) -> None: ...

class Proposal(_message.Message):
    __slots__ = ("network", "package_hash", "description_hash", "proposer", "filed_s", "opens_s", "closes_s", "needed_percent", "roll")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_HASH_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_HASH_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    FILED_S_FIELD_NUMBER: _ClassVar[int]
    OPENS_S_FIELD_NUMBER: _ClassVar[int]
    CLOSES_S_FIELD_NUMBER: _ClassVar[int]
    NEEDED_PERCENT_FIELD_NUMBER: _ClassVar[int]
    ROLL_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    package_hash: bytes
    description_hash: bytes
    proposer: _transaction_pb2.Party
    filed_s: int
    opens_s: int
    closes_s: int
    needed_percent: int
    roll: _containers.RepeatedCompositeFieldContainer[_transaction_pb2.Party]
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., package_hash: _Optional[bytes] = ..., description_hash: _Optional[bytes] = ..., proposer: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., filed_s: _Optional[int] = ..., opens_s: _Optional[int] = ..., closes_s: _Optional[int] = ..., needed_percent: _Optional[int] = ..., roll: _Optional[_Iterable[_Union[_transaction_pb2.Party, _Mapping]]] = ...) -> None: ...

class Ballot(_message.Message):
    __slots__ = ("network", "voter", "choice", "proposal_tx")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    VOTER_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_TX_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    voter: _transaction_pb2.Party
    choice: BallotChoice
    proposal_tx: bytes
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., voter: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., choice: _Optional[_Union[BallotChoice, str]] = ..., proposal_tx: _Optional[bytes] = ...) -> None: ...

class ProposalResult(_message.Message):
    __slots__ = ("network", "package_hash", "description_hash", "proposal_tx", "closes_s", "roll_size", "votes_for", "votes_against", "outcome")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_HASH_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_HASH_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_TX_FIELD_NUMBER: _ClassVar[int]
    CLOSES_S_FIELD_NUMBER: _ClassVar[int]
    ROLL_SIZE_FIELD_NUMBER: _ClassVar[int]
    VOTES_FOR_FIELD_NUMBER: _ClassVar[int]
    VOTES_AGAINST_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    package_hash: bytes
    description_hash: bytes
    proposal_tx: bytes
    closes_s: int
    roll_size: int
    votes_for: int
    votes_against: int
    outcome: ProposalOutcome
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., package_hash: _Optional[bytes] = ..., description_hash: _Optional[bytes] = ..., proposal_tx: _Optional[bytes] = ..., closes_s: _Optional[int] = ..., roll_size: _Optional[int] = ..., votes_for: _Optional[int] = ..., votes_against: _Optional[int] = ..., outcome: _Optional[_Union[ProposalOutcome, str]] = ...) -> None: ...
