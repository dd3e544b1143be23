from crossdvp.ibc.v1 import enclave_pb2 as _enclave_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class VerifyQuoteRequest(_message.Message):
    __slots__ = ("attestation", "collateral")
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    attestation: bytes
    collateral: _enclave_pb2.SgxCollateral
    def __init__(self, attestation: _Optional[bytes] = ..., collateral: _Optional[_Union[_enclave_pb2.SgxCollateral, _Mapping]] = ...) -> None: ...

class VerifyQuoteResponse(_message.Message):
    __slots__ = ("signature", "address")
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    signature: bytes
    address: bytes
    def __init__(self, signature: _Optional[bytes] = ..., address: _Optional[bytes] = ...) -> None: ...
