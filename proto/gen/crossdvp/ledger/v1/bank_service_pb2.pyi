from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImportBankStatementRequest(_message.Message):
    __slots__ = ("account", "file_name", "content", "author")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    account: str
    file_name: str
    content: bytes
    author: str
    def __init__(self, account: _Optional[str] = ..., file_name: _Optional[str] = ..., content: _Optional[bytes] = ..., author: _Optional[str] = ...) -> None: ...

class ImportBankStatementResponse(_message.Message):
    __slots__ = ("file_hash", "lines", "matched", "ambiguous_lines", "was_imported_before")
    FILE_HASH_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    AMBIGUOUS_LINES_FIELD_NUMBER: _ClassVar[int]
    WAS_IMPORTED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    file_hash: bytes
    lines: int
    matched: int
    ambiguous_lines: _containers.RepeatedScalarFieldContainer[int]
    was_imported_before: bool
    def __init__(self, file_hash: _Optional[bytes] = ..., lines: _Optional[int] = ..., matched: _Optional[int] = ..., ambiguous_lines: _Optional[_Iterable[int]] = ..., was_imported_before: _Optional[bool] = ...) -> None: ...

class BankImport(_message.Message):
    __slots__ = ("file_hash", "target", "size_bytes", "at_ms", "kind", "status", "result", "registrant")
    FILE_HASH_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    REGISTRANT_FIELD_NUMBER: _ClassVar[int]
    file_hash: bytes
    target: str
    size_bytes: int
    at_ms: int
    kind: str
    status: str
    result: str
    registrant: str
    def __init__(self, file_hash: _Optional[bytes] = ..., target: _Optional[str] = ..., size_bytes: _Optional[int] = ..., at_ms: _Optional[int] = ..., kind: _Optional[str] = ..., status: _Optional[str] = ..., result: _Optional[str] = ..., registrant: _Optional[str] = ...) -> None: ...

class ListBankImportsRequest(_message.Message):
    __slots__ = ("max_imports",)
    MAX_IMPORTS_FIELD_NUMBER: _ClassVar[int]
    max_imports: int
    def __init__(self, max_imports: _Optional[int] = ...) -> None: ...

class ListBankImportsResponse(_message.Message):
    __slots__ = ("imports",)
    IMPORTS_FIELD_NUMBER: _ClassVar[int]
    imports: _containers.RepeatedCompositeFieldContainer[BankImport]
    def __init__(self, imports: _Optional[_Iterable[_Union[BankImport, _Mapping]]] = ...) -> None: ...

class ExpectedPayment(_message.Message):
    __slots__ = ("reference", "direction", "amount_yen", "payer_name", "status", "line")
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    PAYER_NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    reference: str
    direction: str
    amount_yen: int
    payer_name: str
    status: str
    line: int
    def __init__(self, reference: _Optional[str] = ..., direction: _Optional[str] = ..., amount_yen: _Optional[int] = ..., payer_name: _Optional[str] = ..., status: _Optional[str] = ..., line: _Optional[int] = ...) -> None: ...

class ListExpectedPaymentsRequest(_message.Message):
    __slots__ = ("max_payments",)
    MAX_PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    max_payments: int
    def __init__(self, max_payments: _Optional[int] = ...) -> None: ...

class ListExpectedPaymentsResponse(_message.Message):
    __slots__ = ("payments",)
    PAYMENTS_FIELD_NUMBER: _ClassVar[int]
    payments: _containers.RepeatedCompositeFieldContainer[ExpectedPayment]
    def __init__(self, payments: _Optional[_Iterable[_Union[ExpectedPayment, _Mapping]]] = ...) -> None: ...

class BankLine(_message.Message):
    __slots__ = ("line", "account", "day", "value_day", "direction", "amount_yen", "balance_yen", "text", "candidates")
    LINE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    VALUE_DAY_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    BALANCE_YEN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    CANDIDATES_FIELD_NUMBER: _ClassVar[int]
    line: int
    account: str
    day: str
    value_day: str
    direction: str
    amount_yen: int
    balance_yen: int
    text: str
    candidates: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, line: _Optional[int] = ..., account: _Optional[str] = ..., day: _Optional[str] = ..., value_day: _Optional[str] = ..., direction: _Optional[str] = ..., amount_yen: _Optional[int] = ..., balance_yen: _Optional[int] = ..., text: _Optional[str] = ..., candidates: _Optional[_Iterable[str]] = ...) -> None: ...

class ListUnmatchedLinesRequest(_message.Message):
    __slots__ = ("max_lines",)
    MAX_LINES_FIELD_NUMBER: _ClassVar[int]
    max_lines: int
    def __init__(self, max_lines: _Optional[int] = ...) -> None: ...

class ListUnmatchedLinesResponse(_message.Message):
    __slots__ = ("lines",)
    LINES_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[BankLine]
    def __init__(self, lines: _Optional[_Iterable[_Union[BankLine, _Mapping]]] = ...) -> None: ...

class MatchBankLineRequest(_message.Message):
    __slots__ = ("line", "reference", "author", "approver")
    LINE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    APPROVER_FIELD_NUMBER: _ClassVar[int]
    line: int
    reference: str
    author: str
    approver: str
    def __init__(self, line: _Optional[int] = ..., reference: _Optional[str] = ..., author: _Optional[str] = ..., approver: _Optional[str] = ...) -> None: ...

class MatchBankLineResponse(_message.Message):
    __slots__ = ("payment",)
    PAYMENT_FIELD_NUMBER: _ClassVar[int]
    payment: ExpectedPayment
    def __init__(self, payment: _Optional[_Union[ExpectedPayment, _Mapping]] = ...) -> None: ...
