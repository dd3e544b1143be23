import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CustodyAction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CUSTODY_ACTION_UNSPECIFIED: _ClassVar[CustodyAction]
    CUSTODY_ACTION_HOLD: _ClassVar[CustodyAction]
    CUSTODY_ACTION_RECLAIM: _ClassVar[CustodyAction]
    CUSTODY_ACTION_RELEASE_REFUSED: _ClassVar[CustodyAction]
    CUSTODY_ACTION_RELEASE_CANCELLED: _ClassVar[CustodyAction]

class OperationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATION_STATE_UNSPECIFIED: _ClassVar[OperationState]
    OPERATION_STATE_PENDING: _ClassVar[OperationState]
    OPERATION_STATE_INCLUDED: _ClassVar[OperationState]
    OPERATION_STATE_FAILED: _ClassVar[OperationState]
CUSTODY_ACTION_UNSPECIFIED: CustodyAction
CUSTODY_ACTION_HOLD: CustodyAction
CUSTODY_ACTION_RECLAIM: CustodyAction
CUSTODY_ACTION_RELEASE_REFUSED: CustodyAction
CUSTODY_ACTION_RELEASE_CANCELLED: CustodyAction
OPERATION_STATE_UNSPECIFIED: OperationState
OPERATION_STATE_PENDING: OperationState
OPERATION_STATE_INCLUDED: OperationState
OPERATION_STATE_FAILED: OperationState

class DecodedArgument(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class PreparedTransaction(_message.Message):
    __slots__ = ("name", "step", "summary", "evm_chain_id", "sender", "to", "nonce", "gas", "gas_price_wei", "most_gas_price_wei", "data", "unsigned_rlp", "signing_digest", "function", "arguments", "expire_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    EVM_CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    GAS_FIELD_NUMBER: _ClassVar[int]
    GAS_PRICE_WEI_FIELD_NUMBER: _ClassVar[int]
    MOST_GAS_PRICE_WEI_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    UNSIGNED_RLP_FIELD_NUMBER: _ClassVar[int]
    SIGNING_DIGEST_FIELD_NUMBER: _ClassVar[int]
    FUNCTION_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    step: str
    summary: str
    evm_chain_id: int
    sender: bytes
    to: bytes
    nonce: int
    gas: int
    gas_price_wei: str
    most_gas_price_wei: str
    data: bytes
    unsigned_rlp: bytes
    signing_digest: bytes
    function: str
    arguments: _containers.RepeatedCompositeFieldContainer[DecodedArgument]
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., step: _Optional[str] = ..., summary: _Optional[str] = ..., evm_chain_id: _Optional[int] = ..., sender: _Optional[bytes] = ..., to: _Optional[bytes] = ..., nonce: _Optional[int] = ..., gas: _Optional[int] = ..., gas_price_wei: _Optional[str] = ..., most_gas_price_wei: _Optional[str] = ..., data: _Optional[bytes] = ..., unsigned_rlp: _Optional[bytes] = ..., signing_digest: _Optional[bytes] = ..., function: _Optional[str] = ..., arguments: _Optional[_Iterable[_Union[DecodedArgument, _Mapping]]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PrepareTransactionRequest(_message.Message):
    __slots__ = ("settlement", "action", "validate_only")
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    settlement: str
    action: CustodyAction
    validate_only: bool
    def __init__(self, settlement: _Optional[str] = ..., action: _Optional[_Union[CustodyAction, str]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class PrepareTransactionResponse(_message.Message):
    __slots__ = ("prepared_transactions", "then")
    PREPARED_TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    THEN_FIELD_NUMBER: _ClassVar[int]
    prepared_transactions: _containers.RepeatedCompositeFieldContainer[PreparedTransaction]
    then: str
    def __init__(self, prepared_transactions: _Optional[_Iterable[_Union[PreparedTransaction, _Mapping]]] = ..., then: _Optional[str] = ...) -> None: ...

class ExecuteTransactionRequest(_message.Message):
    __slots__ = ("prepared_transaction", "signed_transaction", "use_delegated_signer", "validate_only")
    PREPARED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    SIGNED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    USE_DELEGATED_SIGNER_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    prepared_transaction: str
    signed_transaction: bytes
    use_delegated_signer: bool
    validate_only: bool
    def __init__(self, prepared_transaction: _Optional[str] = ..., signed_transaction: _Optional[bytes] = ..., use_delegated_signer: _Optional[bool] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class ExecuteTransactionResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: Operation
    def __init__(self, operation: _Optional[_Union[Operation, _Mapping]] = ...) -> None: ...

class Operation(_message.Message):
    __slots__ = ("name", "state", "prepared_transaction", "settlement", "step", "height", "gas_used", "error_reason", "error_message", "create_time", "update_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PREPARED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    GAS_USED_FIELD_NUMBER: _ClassVar[int]
    ERROR_REASON_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: OperationState
    prepared_transaction: str
    settlement: str
    step: str
    height: int
    gas_used: int
    error_reason: str
    error_message: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[OperationState, str]] = ..., prepared_transaction: _Optional[str] = ..., settlement: _Optional[str] = ..., step: _Optional[str] = ..., height: _Optional[int] = ..., gas_used: _Optional[int] = ..., error_reason: _Optional[str] = ..., error_message: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetOperationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetOperationResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: Operation
    def __init__(self, operation: _Optional[_Union[Operation, _Mapping]] = ...) -> None: ...
