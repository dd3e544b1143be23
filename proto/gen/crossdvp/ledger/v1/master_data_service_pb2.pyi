from crossdvp.ledger.v1 import user_service_pb2 as _user_service_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecordKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RECORD_KIND_UNSPECIFIED: _ClassVar[RecordKind]
    RECORD_KIND_SECURITY: _ClassVar[RecordKind]
    RECORD_KIND_TRANSFER_GATE: _ClassVar[RecordKind]
    RECORD_KIND_TRUST_CONTRACT: _ClassVar[RecordKind]
    RECORD_KIND_INVESTOR_KEY: _ClassVar[RecordKind]
    RECORD_KIND_INVESTOR: _ClassVar[RecordKind]
    RECORD_KIND_CUSTODY_PLACE: _ClassVar[RecordKind]
    RECORD_KIND_CUSTODIAN: _ClassVar[RecordKind]
    RECORD_KIND_BENEFICIARY_AGENT: _ClassVar[RecordKind]
    RECORD_KIND_SETTLOR: _ClassVar[RecordKind]
    RECORD_KIND_TRUSTEE: _ClassVar[RecordKind]
    RECORD_KIND_ASSET_MANAGER: _ClassVar[RecordKind]
    RECORD_KIND_IMPORT_FILE: _ClassVar[RecordKind]

class ErasureGround(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERASURE_GROUND_UNSPECIFIED: _ClassVar[ErasureGround]
    ERASURE_GROUND_REQUEST: _ClassVar[ErasureGround]
    ERASURE_GROUND_LEGAL_ORDER: _ClassVar[ErasureGround]
RECORD_KIND_UNSPECIFIED: RecordKind
RECORD_KIND_SECURITY: RecordKind
RECORD_KIND_TRANSFER_GATE: RecordKind
RECORD_KIND_TRUST_CONTRACT: RecordKind
RECORD_KIND_INVESTOR_KEY: RecordKind
RECORD_KIND_INVESTOR: RecordKind
RECORD_KIND_CUSTODY_PLACE: RecordKind
RECORD_KIND_CUSTODIAN: RecordKind
RECORD_KIND_BENEFICIARY_AGENT: RecordKind
RECORD_KIND_SETTLOR: RecordKind
RECORD_KIND_TRUSTEE: RecordKind
RECORD_KIND_ASSET_MANAGER: RecordKind
RECORD_KIND_IMPORT_FILE: RecordKind
ERASURE_GROUND_UNSPECIFIED: ErasureGround
ERASURE_GROUND_REQUEST: ErasureGround
ERASURE_GROUND_LEGAL_ORDER: ErasureGround

class MasterRecord(_message.Message):
    __slots__ = ("kind", "values", "version", "created_s", "created_by", "updated_s", "updated_by", "approved_by", "erased_s")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATED_S_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    UPDATED_S_FIELD_NUMBER: _ClassVar[int]
    UPDATED_BY_FIELD_NUMBER: _ClassVar[int]
    APPROVED_BY_FIELD_NUMBER: _ClassVar[int]
    ERASED_S_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    values: _containers.ScalarMap[str, str]
    version: int
    created_s: int
    created_by: str
    updated_s: int
    updated_by: str
    approved_by: str
    erased_s: int
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., values: _Optional[_Mapping[str, str]] = ..., version: _Optional[int] = ..., created_s: _Optional[int] = ..., created_by: _Optional[str] = ..., updated_s: _Optional[int] = ..., updated_by: _Optional[str] = ..., approved_by: _Optional[str] = ..., erased_s: _Optional[int] = ...) -> None: ...

class PutRecordRequest(_message.Message):
    __slots__ = ("kind", "values", "expected_version", "author", "reason")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    KIND_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_VERSION_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    values: _containers.ScalarMap[str, str]
    expected_version: int
    author: str
    reason: str
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., values: _Optional[_Mapping[str, str]] = ..., expected_version: _Optional[int] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class PutRecordResponse(_message.Message):
    __slots__ = ("record", "bank_approval")
    RECORD_FIELD_NUMBER: _ClassVar[int]
    BANK_APPROVAL_FIELD_NUMBER: _ClassVar[int]
    record: MasterRecord
    bank_approval: _user_service_pb2.Approval
    def __init__(self, record: _Optional[_Union[MasterRecord, _Mapping]] = ..., bank_approval: _Optional[_Union[_user_service_pb2.Approval, _Mapping]] = ...) -> None: ...

class GetRecordRequest(_message.Message):
    __slots__ = ("kind", "id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    id: str
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., id: _Optional[str] = ...) -> None: ...

class GetRecordResponse(_message.Message):
    __slots__ = ("record",)
    RECORD_FIELD_NUMBER: _ClassVar[int]
    record: MasterRecord
    def __init__(self, record: _Optional[_Union[MasterRecord, _Mapping]] = ...) -> None: ...

class ListRecordsRequest(_message.Message):
    __slots__ = ("kind", "after_id", "max_records")
    KIND_FIELD_NUMBER: _ClassVar[int]
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    MAX_RECORDS_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    after_id: str
    max_records: int
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., after_id: _Optional[str] = ..., max_records: _Optional[int] = ...) -> None: ...

class ListRecordsResponse(_message.Message):
    __slots__ = ("records",)
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[MasterRecord]
    def __init__(self, records: _Optional[_Iterable[_Union[MasterRecord, _Mapping]]] = ...) -> None: ...

class ListRecordVersionsRequest(_message.Message):
    __slots__ = ("kind", "id", "max_versions")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    MAX_VERSIONS_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    id: str
    max_versions: int
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., id: _Optional[str] = ..., max_versions: _Optional[int] = ...) -> None: ...

class RecordVersion(_message.Message):
    __slots__ = ("version", "at_s", "author", "approver", "values", "erased_s")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AT_S_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ERASED_S_FIELD_NUMBER: _ClassVar[int]
    version: int
    at_s: int
    author: str
    approver: str
    values: _containers.ScalarMap[str, str]
    erased_s: int
    def __init__(self, version: _Optional[int] = ..., at_s: _Optional[int] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ..., values: _Optional[_Mapping[str, str]] = ..., erased_s: _Optional[int] = ...) -> None: ...

class ListRecordVersionsResponse(_message.Message):
    __slots__ = ("versions",)
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[RecordVersion]
    def __init__(self, versions: _Optional[_Iterable[_Union[RecordVersion, _Mapping]]] = ...) -> None: ...

class EraseRecordRequest(_message.Message):
    __slots__ = ("kind", "id", "ground", "reference", "author", "reason")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    GROUND_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    id: str
    ground: ErasureGround
    reference: str
    author: str
    reason: str
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., id: _Optional[str] = ..., ground: _Optional[_Union[ErasureGround, str]] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class EraseRecordResponse(_message.Message):
    __slots__ = ("approval",)
    APPROVAL_FIELD_NUMBER: _ClassVar[int]
    approval: _user_service_pb2.Approval
    def __init__(self, approval: _Optional[_Union[_user_service_pb2.Approval, _Mapping]] = ...) -> None: ...

class ScrubRecordsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ScrubRecordsResponse(_message.Message):
    __slots__ = ("is_complete",)
    IS_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    is_complete: bool
    def __init__(self, is_complete: _Optional[bool] = ...) -> None: ...

class DescribeRecordsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RecordField(_message.Message):
    __slots__ = ("path", "is_personal", "is_required", "refers_to", "choices")
    PATH_FIELD_NUMBER: _ClassVar[int]
    IS_PERSONAL_FIELD_NUMBER: _ClassVar[int]
    IS_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    REFERS_TO_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    path: str
    is_personal: bool
    is_required: bool
    refers_to: RecordKind
    choices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, path: _Optional[str] = ..., is_personal: _Optional[bool] = ..., is_required: _Optional[bool] = ..., refers_to: _Optional[_Union[RecordKind, str]] = ..., choices: _Optional[_Iterable[str]] = ...) -> None: ...

class RecordDescription(_message.Message):
    __slots__ = ("kind", "fields")
    KIND_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    kind: RecordKind
    fields: _containers.RepeatedCompositeFieldContainer[RecordField]
    def __init__(self, kind: _Optional[_Union[RecordKind, str]] = ..., fields: _Optional[_Iterable[_Union[RecordField, _Mapping]]] = ...) -> None: ...

class DescribeRecordsResponse(_message.Message):
    __slots__ = ("kinds",)
    KINDS_FIELD_NUMBER: _ClassVar[int]
    kinds: _containers.RepeatedCompositeFieldContainer[RecordDescription]
    def __init__(self, kinds: _Optional[_Iterable[_Union[RecordDescription, _Mapping]]] = ...) -> None: ...
