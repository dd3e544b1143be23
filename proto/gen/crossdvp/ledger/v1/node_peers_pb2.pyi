from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FreshKeyStatement(_message.Message):
    __slots__ = ("node", "account_key", "fresh_key", "tag", "account_signature", "fresh_signature")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    FRESH_KEY_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    FRESH_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    node: str
    account_key: bytes
    fresh_key: bytes
    tag: bytes
    account_signature: bytes
    fresh_signature: bytes
    def __init__(self, node: _Optional[str] = ..., account_key: _Optional[bytes] = ..., fresh_key: _Optional[bytes] = ..., tag: _Optional[bytes] = ..., account_signature: _Optional[bytes] = ..., fresh_signature: _Optional[bytes] = ...) -> None: ...

class CountersignRequest(_message.Message):
    __slots__ = ("signed_transaction", "fresh_keys")
    SIGNED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    FRESH_KEYS_FIELD_NUMBER: _ClassVar[int]
    signed_transaction: bytes
    fresh_keys: _containers.RepeatedCompositeFieldContainer[FreshKeyStatement]
    def __init__(self, signed_transaction: _Optional[bytes] = ..., fresh_keys: _Optional[_Iterable[_Union[FreshKeyStatement, _Mapping]]] = ...) -> None: ...

class CountersignResponse(_message.Message):
    __slots__ = ("signatures",)
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    signatures: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, signatures: _Optional[_Iterable[bytes]] = ...) -> None: ...

class FinaliseRequest(_message.Message):
    __slots__ = ("tx_id", "signatures", "wire_transaction", "ahead")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    WIRE_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    AHEAD_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    signatures: _containers.RepeatedScalarFieldContainer[bytes]
    wire_transaction: bytes
    ahead: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, tx_id: _Optional[bytes] = ..., signatures: _Optional[_Iterable[bytes]] = ..., wire_transaction: _Optional[bytes] = ..., ahead: _Optional[_Iterable[bytes]] = ...) -> None: ...

class FinaliseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WantedOutputs(_message.Message):
    __slots__ = ("tx_id", "indexes")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    INDEXES_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    indexes: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, tx_id: _Optional[bytes] = ..., indexes: _Optional[_Iterable[int]] = ...) -> None: ...

class FetchTransactionsRequest(_message.Message):
    __slots__ = ("wanted",)
    WANTED_FIELD_NUMBER: _ClassVar[int]
    wanted: _containers.RepeatedCompositeFieldContainer[WantedOutputs]
    def __init__(self, wanted: _Optional[_Iterable[_Union[WantedOutputs, _Mapping]]] = ...) -> None: ...

class FetchTransactionsResponse(_message.Message):
    __slots__ = ("transactions", "attested")
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    ATTESTED_FIELD_NUMBER: _ClassVar[int]
    transactions: _containers.RepeatedScalarFieldContainer[bytes]
    attested: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, transactions: _Optional[_Iterable[bytes]] = ..., attested: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ListFinalRequest(_message.Message):
    __slots__ = ("history_id", "after")
    HISTORY_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    history_id: str
    after: int
    def __init__(self, history_id: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class ListFinalResponse(_message.Message):
    __slots__ = ("history_id", "tx_ids", "up_to", "complete")
    HISTORY_ID_FIELD_NUMBER: _ClassVar[int]
    TX_IDS_FIELD_NUMBER: _ClassVar[int]
    UP_TO_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_FIELD_NUMBER: _ClassVar[int]
    history_id: str
    tx_ids: _containers.RepeatedScalarFieldContainer[bytes]
    up_to: int
    complete: bool
    def __init__(self, history_id: _Optional[str] = ..., tx_ids: _Optional[_Iterable[bytes]] = ..., up_to: _Optional[int] = ..., complete: _Optional[bool] = ...) -> None: ...

class FreshKeyRequest(_message.Message):
    __slots__ = ("account_key", "tag")
    ACCOUNT_KEY_FIELD_NUMBER: _ClassVar[int]
    TAG_FIELD_NUMBER: _ClassVar[int]
    account_key: bytes
    tag: bytes
    def __init__(self, account_key: _Optional[bytes] = ..., tag: _Optional[bytes] = ...) -> None: ...

class FreshKeyResponse(_message.Message):
    __slots__ = ("statement",)
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    statement: FreshKeyStatement
    def __init__(self, statement: _Optional[_Union[FreshKeyStatement, _Mapping]] = ...) -> None: ...

class ShowFreshKeysRequest(_message.Message):
    __slots__ = ("fresh_keys",)
    FRESH_KEYS_FIELD_NUMBER: _ClassVar[int]
    fresh_keys: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, fresh_keys: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ShowFreshKeysResponse(_message.Message):
    __slots__ = ("statements",)
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    statements: _containers.RepeatedCompositeFieldContainer[FreshKeyStatement]
    def __init__(self, statements: _Optional[_Iterable[_Union[FreshKeyStatement, _Mapping]]] = ...) -> None: ...
