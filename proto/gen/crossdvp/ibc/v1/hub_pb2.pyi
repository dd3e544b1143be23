from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RingLayout(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RING_LAYOUT_UNSPECIFIED: _ClassVar[RingLayout]
    RING_LAYOUT_MAPPING: _ClassVar[RingLayout]
    RING_LAYOUT_ARRAY: _ClassVar[RingLayout]
RING_LAYOUT_UNSPECIFIED: RingLayout
RING_LAYOUT_MAPPING: RingLayout
RING_LAYOUT_ARRAY: RingLayout

class HubClientState(_message.Message):
    __slots__ = ("hub_client_state", "contract", "head_slot", "ring_slot", "chain_id", "router_address", "store_slot", "latest_height", "trusting_period_s", "max_clock_drift_s", "frozen_mask", "ring_layout", "frozen")
    HUB_CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    HEAD_SLOT_FIELD_NUMBER: _ClassVar[int]
    RING_SLOT_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    ROUTER_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    STORE_SLOT_FIELD_NUMBER: _ClassVar[int]
    LATEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRUSTING_PERIOD_S_FIELD_NUMBER: _ClassVar[int]
    MAX_CLOCK_DRIFT_S_FIELD_NUMBER: _ClassVar[int]
    FROZEN_MASK_FIELD_NUMBER: _ClassVar[int]
    RING_LAYOUT_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    hub_client_state: bytes
    contract: bytes
    head_slot: bytes
    ring_slot: bytes
    chain_id: int
    router_address: bytes
    store_slot: bytes
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen_mask: bytes
    ring_layout: RingLayout
    frozen: bool
    def __init__(self, hub_client_state: _Optional[bytes] = ..., contract: _Optional[bytes] = ..., head_slot: _Optional[bytes] = ..., ring_slot: _Optional[bytes] = ..., chain_id: _Optional[int] = ..., router_address: _Optional[bytes] = ..., store_slot: _Optional[bytes] = ..., latest_height: _Optional[int] = ..., trusting_period_s: _Optional[int] = ..., max_clock_drift_s: _Optional[int] = ..., frozen_mask: _Optional[bytes] = ..., ring_layout: _Optional[_Union[RingLayout, str]] = ..., frozen: _Optional[bool] = ...) -> None: ...

class HubConsensusState(_message.Message):
    __slots__ = ("timestamp_s", "state_root", "storage_root", "block_hash", "hub_height", "hub_consensus_state")
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    STATE_ROOT_FIELD_NUMBER: _ClassVar[int]
    STORAGE_ROOT_FIELD_NUMBER: _ClassVar[int]
    BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
    HUB_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HUB_CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    block_hash: bytes
    hub_height: int
    hub_consensus_state: bytes
    def __init__(self, timestamp_s: _Optional[int] = ..., state_root: _Optional[bytes] = ..., storage_root: _Optional[bytes] = ..., block_hash: _Optional[bytes] = ..., hub_height: _Optional[int] = ..., hub_consensus_state: _Optional[bytes] = ...) -> None: ...

class FarBlock(_message.Message):
    __slots__ = ("height", "timestamp_s", "state_root", "storage_root", "block_hash", "validators_hash")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    STATE_ROOT_FIELD_NUMBER: _ClassVar[int]
    STORAGE_ROOT_FIELD_NUMBER: _ClassVar[int]
    BLOCK_HASH_FIELD_NUMBER: _ClassVar[int]
    VALIDATORS_HASH_FIELD_NUMBER: _ClassVar[int]
    height: int
    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    block_hash: bytes
    validators_hash: bytes
    def __init__(self, height: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., state_root: _Optional[bytes] = ..., storage_root: _Optional[bytes] = ..., block_hash: _Optional[bytes] = ..., validators_hash: _Optional[bytes] = ...) -> None: ...

class HubHeader(_message.Message):
    __slots__ = ("hub_message", "trusted_height", "account_proof", "head_proof", "ring_proof", "shown")
    HUB_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_PROOF_FIELD_NUMBER: _ClassVar[int]
    HEAD_PROOF_FIELD_NUMBER: _ClassVar[int]
    RING_PROOF_FIELD_NUMBER: _ClassVar[int]
    SHOWN_FIELD_NUMBER: _ClassVar[int]
    hub_message: bytes
    trusted_height: int
    account_proof: _containers.RepeatedScalarFieldContainer[bytes]
    head_proof: _containers.RepeatedScalarFieldContainer[bytes]
    ring_proof: _containers.RepeatedScalarFieldContainer[bytes]
    shown: FarBlock
    def __init__(self, hub_message: _Optional[bytes] = ..., trusted_height: _Optional[int] = ..., account_proof: _Optional[_Iterable[bytes]] = ..., head_proof: _Optional[_Iterable[bytes]] = ..., ring_proof: _Optional[_Iterable[bytes]] = ..., shown: _Optional[_Union[FarBlock, _Mapping]] = ...) -> None: ...

class HubMisbehaviour(_message.Message):
    __slots__ = ("hub_message", "trusted_height")
    HUB_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    hub_message: bytes
    trusted_height: int
    def __init__(self, hub_message: _Optional[bytes] = ..., trusted_height: _Optional[int] = ...) -> None: ...

class HubClientMessage(_message.Message):
    __slots__ = ("header", "misbehaviour")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    MISBEHAVIOUR_FIELD_NUMBER: _ClassVar[int]
    header: HubHeader
    misbehaviour: HubMisbehaviour
    def __init__(self, header: _Optional[_Union[HubHeader, _Mapping]] = ..., misbehaviour: _Optional[_Union[HubMisbehaviour, _Mapping]] = ...) -> None: ...
