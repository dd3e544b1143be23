from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OutputProof(_message.Message):
    __slots__ = ("tx_id", "group_roots", "index", "nonce", "component", "partial_tree", "package_nonce", "package_component")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_ROOTS_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_TREE_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_NONCE_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_COMPONENT_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    group_roots: _containers.RepeatedScalarFieldContainer[bytes]
    index: int
    nonce: bytes
    component: bytes
    partial_tree: bytes
    package_nonce: bytes
    package_component: bytes
    def __init__(self, tx_id: _Optional[bytes] = ..., group_roots: _Optional[_Iterable[bytes]] = ..., index: _Optional[int] = ..., nonce: _Optional[bytes] = ..., component: _Optional[bytes] = ..., partial_tree: _Optional[bytes] = ..., package_nonce: _Optional[bytes] = ..., package_component: _Optional[bytes] = ...) -> None: ...

class AttestationSignature(_message.Message):
    __slots__ = ("by", "signature")
    BY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    by: bytes
    signature: bytes
    def __init__(self, by: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Attestation(_message.Message):
    __slots__ = ("tx_id", "parameters_hash", "signatures")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_HASH_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    parameters_hash: bytes
    signatures: _containers.RepeatedCompositeFieldContainer[AttestationSignature]
    def __init__(self, tx_id: _Optional[bytes] = ..., parameters_hash: _Optional[bytes] = ..., signatures: _Optional[_Iterable[_Union[AttestationSignature, _Mapping]]] = ...) -> None: ...

class AttestedOutputs(_message.Message):
    __slots__ = ("attestation", "outputs")
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    attestation: bytes
    outputs: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, attestation: _Optional[bytes] = ..., outputs: _Optional[_Iterable[bytes]] = ...) -> None: ...
