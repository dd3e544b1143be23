from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DistributionMedium(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DISTRIBUTION_MEDIUM_UNSPECIFIED: _ClassVar[DistributionMedium]
    DISTRIBUTION_MEDIUM_COIN: _ClassVar[DistributionMedium]
    DISTRIBUTION_MEDIUM_UTILITY: _ClassVar[DistributionMedium]
DISTRIBUTION_MEDIUM_UNSPECIFIED: DistributionMedium
DISTRIBUTION_MEDIUM_COIN: DistributionMedium
DISTRIBUTION_MEDIUM_UTILITY: DistributionMedium

class DistributionState(_message.Message):
    __slots__ = ("distribution_id", "part", "security_id", "registrar", "record_date", "medium", "asset_id", "keeper", "payer", "expires_s", "rate_numerator", "rate_denominator", "node", "total", "batches", "next_batch", "lines_root")
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATE_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    KEEPER_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    RATE_NUMERATOR_FIELD_NUMBER: _ClassVar[int]
    RATE_DENOMINATOR_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_BATCH_FIELD_NUMBER: _ClassVar[int]
    LINES_ROOT_FIELD_NUMBER: _ClassVar[int]
    distribution_id: bytes
    part: int
    security_id: str
    registrar: _transaction_pb2.Party
    record_date: int
    medium: DistributionMedium
    asset_id: str
    keeper: str
    payer: _states_pb2.CashAccount
    expires_s: int
    rate_numerator: int
    rate_denominator: int
    node: str
    total: int
    batches: int
    next_batch: int
    lines_root: bytes
    def __init__(self, distribution_id: _Optional[bytes] = ..., part: _Optional[int] = ..., security_id: _Optional[str] = ..., registrar: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., record_date: _Optional[int] = ..., medium: _Optional[_Union[DistributionMedium, str]] = ..., asset_id: _Optional[str] = ..., keeper: _Optional[str] = ..., payer: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., expires_s: _Optional[int] = ..., rate_numerator: _Optional[int] = ..., rate_denominator: _Optional[int] = ..., node: _Optional[str] = ..., total: _Optional[int] = ..., batches: _Optional[int] = ..., next_batch: _Optional[int] = ..., lines_root: _Optional[bytes] = ...) -> None: ...

class DistributionLine(_message.Message):
    __slots__ = ("account_key", "amount")
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    account_key: bytes
    amount: int
    def __init__(self, account_key: _Optional[bytes] = ..., amount: _Optional[int] = ...) -> None: ...

class DistributionLines(_message.Message):
    __slots__ = ("batch_lines", "lines")
    BATCH_LINES_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    batch_lines: int
    lines: _containers.RepeatedCompositeFieldContainer[DistributionLine]
    def __init__(self, batch_lines: _Optional[int] = ..., lines: _Optional[_Iterable[_Union[DistributionLine, _Mapping]]] = ...) -> None: ...

class DistributionBatch(_message.Message):
    __slots__ = ("number", "lines", "proof")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    number: int
    lines: _containers.RepeatedCompositeFieldContainer[DistributionLine]
    proof: bytes
    def __init__(self, number: _Optional[int] = ..., lines: _Optional[_Iterable[_Union[DistributionLine, _Mapping]]] = ..., proof: _Optional[bytes] = ...) -> None: ...

class UtilityUse(_message.Message):
    __slots__ = ("reference",)
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    reference: str
    def __init__(self, reference: _Optional[str] = ...) -> None: ...
