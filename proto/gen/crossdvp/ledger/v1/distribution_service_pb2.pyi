from crossdvp.ledger.v1 import distribution_states_pb2 as _distribution_states_pb2
from crossdvp.ledger.v1 import node_service_pb2 as _node_service_pb2
from crossdvp.ledger.v1 import states_pb2 as _states_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RemainderRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REMAINDER_RULE_UNSPECIFIED: _ClassVar[RemainderRule]
    REMAINDER_RULE_LARGEST_REMAINDER: _ClassVar[RemainderRule]
    REMAINDER_RULE_PAYER_KEEPS: _ClassVar[RemainderRule]

class WithholdingRule(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WITHHOLDING_RULE_UNSPECIFIED: _ClassVar[WithholdingRule]
    WITHHOLDING_RULE_NONE: _ClassVar[WithholdingRule]
    WITHHOLDING_RULE_INDIVIDUAL: _ClassVar[WithholdingRule]
REMAINDER_RULE_UNSPECIFIED: RemainderRule
REMAINDER_RULE_LARGEST_REMAINDER: RemainderRule
REMAINDER_RULE_PAYER_KEEPS: RemainderRule
WITHHOLDING_RULE_UNSPECIFIED: WithholdingRule
WITHHOLDING_RULE_NONE: WithholdingRule
WITHHOLDING_RULE_INDIVIDUAL: WithholdingRule

class DistributionTerms(_message.Message):
    __slots__ = ("name", "security_id", "record_date", "cut_off_s", "per_unit", "total", "per_holder", "remainders", "withholding", "medium", "asset_id", "keeper", "payer", "expires_s")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATE_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_S_FIELD_NUMBER: _ClassVar[int]
    PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    PER_HOLDER_FIELD_NUMBER: _ClassVar[int]
    REMAINDERS_FIELD_NUMBER: _ClassVar[int]
    WITHHOLDING_FIELD_NUMBER: _ClassVar[int]
    MEDIUM_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    KEEPER_FIELD_NUMBER: _ClassVar[int]
    PAYER_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_S_FIELD_NUMBER: _ClassVar[int]
    name: str
    security_id: str
    record_date: str
    cut_off_s: int
    per_unit: str
    total: int
    per_holder: int
    remainders: RemainderRule
    withholding: WithholdingRule
    medium: _distribution_states_pb2.DistributionMedium
    asset_id: str
    keeper: str
    payer: _states_pb2.CashAccount
    expires_s: int
    def __init__(self, name: _Optional[str] = ..., security_id: _Optional[str] = ..., record_date: _Optional[str] = ..., cut_off_s: _Optional[int] = ..., per_unit: _Optional[str] = ..., total: _Optional[int] = ..., per_holder: _Optional[int] = ..., remainders: _Optional[_Union[RemainderRule, str]] = ..., withholding: _Optional[_Union[WithholdingRule, str]] = ..., medium: _Optional[_Union[_distribution_states_pb2.DistributionMedium, str]] = ..., asset_id: _Optional[str] = ..., keeper: _Optional[str] = ..., payer: _Optional[_Union[_states_pb2.CashAccount, _Mapping]] = ..., expires_s: _Optional[int] = ...) -> None: ...

class HeldLine(_message.Message):
    __slots__ = ("node", "account_key", "amount", "reason")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    node: str
    account_key: bytes
    amount: int
    reason: str
    def __init__(self, node: _Optional[str] = ..., account_key: _Optional[bytes] = ..., amount: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class DistributionTotals(_message.Message):
    __slots__ = ("holders", "units", "gross", "national_tax", "local_tax", "net", "held")
    HOLDERS_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    GROSS_FIELD_NUMBER: _ClassVar[int]
    NATIONAL_TAX_FIELD_NUMBER: _ClassVar[int]
    LOCAL_TAX_FIELD_NUMBER: _ClassVar[int]
    NET_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    holders: int
    units: int
    gross: int
    national_tax: int
    local_tax: int
    net: int
    held: int
    def __init__(self, holders: _Optional[int] = ..., units: _Optional[int] = ..., gross: _Optional[int] = ..., national_tax: _Optional[int] = ..., local_tax: _Optional[int] = ..., net: _Optional[int] = ..., held: _Optional[int] = ...) -> None: ...

class PreviewDistributionRequest(_message.Message):
    __slots__ = ("terms",)
    TERMS_FIELD_NUMBER: _ClassVar[int]
    terms: DistributionTerms
    def __init__(self, terms: _Optional[_Union[DistributionTerms, _Mapping]] = ...) -> None: ...

class PreviewDistributionResponse(_message.Message):
    __slots__ = ("totals", "unpayable")
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    UNPAYABLE_FIELD_NUMBER: _ClassVar[int]
    totals: DistributionTotals
    unpayable: _containers.RepeatedCompositeFieldContainer[HeldLine]
    def __init__(self, totals: _Optional[_Union[DistributionTotals, _Mapping]] = ..., unpayable: _Optional[_Iterable[_Union[HeldLine, _Mapping]]] = ...) -> None: ...

class OrderDistributionRequest(_message.Message):
    __slots__ = ("terms", "author", "approver")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    terms: DistributionTerms
    author: str
    approver: str
    def __init__(self, terms: _Optional[_Union[DistributionTerms, _Mapping]] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class OrderDistributionResponse(_message.Message):
    __slots__ = ("distribution_id", "totals", "parts")
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    distribution_id: bytes
    totals: DistributionTotals
    parts: int
    def __init__(self, distribution_id: _Optional[bytes] = ..., totals: _Optional[_Union[DistributionTotals, _Mapping]] = ..., parts: _Optional[int] = ...) -> None: ...

class ReleaseHeldLinesRequest(_message.Message):
    __slots__ = ("distribution_id", "author", "approver")
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    distribution_id: bytes
    author: str
    approver: str
    def __init__(self, distribution_id: _Optional[bytes] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class ReleaseHeldLinesResponse(_message.Message):
    __slots__ = ("parts", "held")
    PARTS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    parts: int
    held: int
    def __init__(self, parts: _Optional[int] = ..., held: _Optional[int] = ...) -> None: ...

class CancelDistributionRequest(_message.Message):
    __slots__ = ("distribution_id", "author", "approver")
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    distribution_id: bytes
    author: str
    approver: str
    def __init__(self, distribution_id: _Optional[bytes] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class CancelDistributionResponse(_message.Message):
    __slots__ = ("cancelled",)
    CANCELLED_FIELD_NUMBER: _ClassVar[int]
    cancelled: int
    def __init__(self, cancelled: _Optional[int] = ...) -> None: ...

class GetDistributionRequest(_message.Message):
    __slots__ = ("distribution_id",)
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    distribution_id: bytes
    def __init__(self, distribution_id: _Optional[bytes] = ...) -> None: ...

class DistributionPart(_message.Message):
    __slots__ = ("part", "node", "status", "batches", "paid_batches", "total", "waiting")
    PART_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    PAID_BATCHES_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    part: int
    node: str
    status: str
    batches: int
    paid_batches: int
    total: int
    waiting: str
    def __init__(self, part: _Optional[int] = ..., node: _Optional[str] = ..., status: _Optional[str] = ..., batches: _Optional[int] = ..., paid_batches: _Optional[int] = ..., total: _Optional[int] = ..., waiting: _Optional[str] = ...) -> None: ...

class GetDistributionResponse(_message.Message):
    __slots__ = ("distribution_id", "security_id", "record_date", "parts", "held", "totals")
    DISTRIBUTION_ID_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    RECORD_DATE_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    TOTALS_FIELD_NUMBER: _ClassVar[int]
    distribution_id: bytes
    security_id: str
    record_date: int
    parts: _containers.RepeatedCompositeFieldContainer[DistributionPart]
    held: _containers.RepeatedCompositeFieldContainer[HeldLine]
    totals: DistributionTotals
    def __init__(self, distribution_id: _Optional[bytes] = ..., security_id: _Optional[str] = ..., record_date: _Optional[int] = ..., parts: _Optional[_Iterable[_Union[DistributionPart, _Mapping]]] = ..., held: _Optional[_Iterable[_Union[HeldLine, _Mapping]]] = ..., totals: _Optional[_Union[DistributionTotals, _Mapping]] = ...) -> None: ...

class ListDistributionsRequest(_message.Message):
    __slots__ = ("security_id", "limit")
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    security_id: str
    limit: int
    def __init__(self, security_id: _Optional[str] = ..., limit: _Optional[int] = ...) -> None: ...

class ListDistributionsResponse(_message.Message):
    __slots__ = ("distributions",)
    DISTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    distributions: _containers.RepeatedCompositeFieldContainer[GetDistributionResponse]
    def __init__(self, distributions: _Optional[_Iterable[_Union[GetDistributionResponse, _Mapping]]] = ...) -> None: ...

class GiveMandateRequest(_message.Message):
    __slots__ = ("account_key", "registrar", "security_id", "asset_id", "keeper", "most", "author", "approver")
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    SECURITY_ID_FIELD_NUMBER: _ClassVar[int]
    ASSET_ID_FIELD_NUMBER: _ClassVar[int]
    KEEPER_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    account_key: bytes
    registrar: str
    security_id: str
    asset_id: str
    keeper: str
    most: int
    author: str
    approver: str
    def __init__(self, account_key: _Optional[bytes] = ..., registrar: _Optional[str] = ..., security_id: _Optional[str] = ..., asset_id: _Optional[str] = ..., keeper: _Optional[str] = ..., most: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class GiveMandateResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UseUtilityRequest(_message.Message):
    __slots__ = ("request_id", "token_id", "registrar", "quantity", "from_account_key", "reference", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    REGISTRAR_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    FROM_ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    token_id: str
    registrar: str
    quantity: int
    from_account_key: bytes
    reference: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., token_id: _Optional[str] = ..., registrar: _Optional[str] = ..., quantity: _Optional[int] = ..., from_account_key: _Optional[bytes] = ..., reference: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class UseUtilityResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class ExpireUtilityRequest(_message.Message):
    __slots__ = ("request_id", "token_id", "wait_s")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    WAIT_S_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    token_id: str
    wait_s: int
    def __init__(self, request_id: _Optional[str] = ..., token_id: _Optional[str] = ..., wait_s: _Optional[int] = ...) -> None: ...

class ExpireUtilityResponse(_message.Message):
    __slots__ = ("flow",)
    FLOW_FIELD_NUMBER: _ClassVar[int]
    flow: _node_service_pb2.Flow
    def __init__(self, flow: _Optional[_Union[_node_service_pb2.Flow, _Mapping]] = ...) -> None: ...

class CheckPayeesRequest(_message.Message):
    __slots__ = ("network", "nodes")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    network: _states_pb2.BusinessNetwork
    nodes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, network: _Optional[_Union[_states_pb2.BusinessNetwork, str]] = ..., nodes: _Optional[_Iterable[str]] = ...) -> None: ...

class CheckPayeesResponse(_message.Message):
    __slots__ = ("unpayable",)
    UNPAYABLE_FIELD_NUMBER: _ClassVar[int]
    unpayable: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, unpayable: _Optional[_Iterable[str]] = ...) -> None: ...
