from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConsensusEngine(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONSENSUS_ENGINE_UNSPECIFIED: _ClassVar[ConsensusEngine]
    CONSENSUS_ENGINE_QBFT: _ClassVar[ConsensusEngine]
    CONSENSUS_ENGINE_IBFT2: _ClassVar[ConsensusEngine]
    CONSENSUS_ENGINE_IBFT1: _ClassVar[ConsensusEngine]

class ProposerCheck(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROPOSER_CHECK_UNSPECIFIED: _ClassVar[ProposerCheck]
    PROPOSER_CHECK_VALIDATOR: _ClassVar[ProposerCheck]
    PROPOSER_CHECK_NONE: _ClassVar[ProposerCheck]
CONSENSUS_ENGINE_UNSPECIFIED: ConsensusEngine
CONSENSUS_ENGINE_QBFT: ConsensusEngine
CONSENSUS_ENGINE_IBFT2: ConsensusEngine
CONSENSUS_ENGINE_IBFT1: ConsensusEngine
PROPOSER_CHECK_UNSPECIFIED: ProposerCheck
PROPOSER_CHECK_VALIDATOR: ProposerCheck
PROPOSER_CHECK_NONE: ProposerCheck

class EngineEra(_message.Message):
    __slots__ = ("from_block", "engine", "validator_contract", "validators_slot", "proposer_check")
    FROM_BLOCK_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_SLOT_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_CHECK_FIELD_NUMBER: _ClassVar[int]
    from_block: int
    engine: ConsensusEngine
    validator_contract: bytes
    validators_slot: bytes
    proposer_check: ProposerCheck
    def __init__(self, from_block: _Optional[int] = ..., engine: _Optional[_Union[ConsensusEngine, str]] = ..., validator_contract: _Optional[bytes] = ..., validators_slot: _Optional[bytes] = ..., proposer_check: _Optional[_Union[ProposerCheck, str]] = ...) -> None: ...

class ClientState(_message.Message):
    __slots__ = ("chain_id", "router_address", "store_slot", "latest_height", "trusting_period_s", "max_clock_drift_s", "frozen", "eras")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STORE_SLOT_FIELD_NUMBER: _ClassVar[int]
    LATEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRUSTING_PERIOD_S_FIELD_NUMBER: _ClassVar[int]
    MAX_CLOCK_DRIFT_S_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    ERAS_FIELD_NUMBER: _ClassVar[int]
    chain_id: int
    router_address: bytes
    store_slot: bytes
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool
    eras: _containers.RepeatedCompositeFieldContainer[EngineEra]
    def __init__(self, chain_id: _Optional[int] = ..., router_address: _Optional[bytes] = ..., store_slot: _Optional[bytes] = ..., latest_height: _Optional[int] = ..., trusting_period_s: _Optional[int] = ..., max_clock_drift_s: _Optional[int] = ..., frozen: _Optional[bool] = ..., eras: _Optional[_Iterable[_Union[EngineEra, _Mapping]]] = ...) -> None: ...

class ConsensusState(_message.Message):
    __slots__ = ("timestamp_s", "state_root", "storage_root", "validators", "block_hash")
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    STATE_ROOT_FIELD_NUMBER: _ClassVar[int]
    STORAGE_ROOT_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    validators: _containers.RepeatedScalarFieldContainer[bytes]
    block_hash: bytes
    def __init__(self, timestamp_s: _Optional[int] = ..., state_root: _Optional[bytes] = ..., storage_root: _Optional[bytes] = ..., validators: _Optional[_Iterable[bytes]] = ..., block_hash: _Optional[bytes] = ...) -> None: ...

class StorageProof(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, nodes: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ValidatorsProof(_message.Message):
    __slots__ = ("parent_header_rlp", "account_proof", "slots")
    PARENT_HEADER_RLP_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    parent_header_rlp: bytes
    account_proof: _containers.RepeatedScalarFieldContainer[bytes]
    slots: _containers.RepeatedCompositeFieldContainer[StorageProof]
    def __init__(self, parent_header_rlp: _Optional[bytes] = ..., account_proof: _Optional[_Iterable[bytes]] = ..., slots: _Optional[_Iterable[_Union[StorageProof, _Mapping]]] = ...) -> None: ...

class Header(_message.Message):
    __slots__ = ("header_rlp", "trusted_height", "account_proof", "validators_proof")
    HEADER_RLP_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_PROOF_FIELD_NUMBER: _ClassVar[int]
    header_rlp: bytes
    trusted_height: int
    account_proof: _containers.RepeatedScalarFieldContainer[bytes]
    validators_proof: ValidatorsProof
    def __init__(self, header_rlp: _Optional[bytes] = ..., trusted_height: _Optional[int] = ..., account_proof: _Optional[_Iterable[bytes]] = ..., validators_proof: _Optional[_Union[ValidatorsProof, _Mapping]] = ...) -> None: ...

class Misbehaviour(_message.Message):
    __slots__ = ("header_1", "header_2")
    HEADER_1_FIELD_NUMBER: _ClassVar[int]
    HEADER_2_FIELD_NUMBER: _ClassVar[int]
    header_1: Header
    header_2: Header
    def __init__(self, header_1: _Optional[_Union[Header, _Mapping]] = ..., header_2: _Optional[_Union[Header, _Mapping]] = ...) -> None: ...

class ClientMessage(_message.Message):
    __slots__ = ("header", "misbehaviour")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    MISBEHAVIOUR_FIELD_NUMBER: _ClassVar[int]
    header: Header
    misbehaviour: Misbehaviour
    def __init__(self, header: _Optional[_Union[Header, _Mapping]] = ..., misbehaviour: _Optional[_Union[Misbehaviour, _Mapping]] = ...) -> None: ...

class MembershipProof(_message.Message):
    __slots__ = ("storage_proof",)
    STORAGE_PROOF_FIELD_NUMBER: _ClassVar[int]
    storage_proof: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, storage_proof: _Optional[_Iterable[bytes]] = ...) -> None: ...
