from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CountersignRequest(_message.Message):
    __slots__ = ("signed_transaction",)
    SIGNED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    signed_transaction: bytes
    def __init__(self, signed_transaction: _Optional[bytes] = ...) -> None: ...

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
    ahead: _containers.RepeatedCompositeFieldContainer[FetchedTransaction]
    def __init__(self, tx_id: _Optional[bytes] = ..., signatures: _Optional[_Iterable[bytes]] = ..., wire_transaction: _Optional[bytes] = ..., ahead: _Optional[_Iterable[_Union[FetchedTransaction, _Mapping]]] = ...) -> None: ...

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

class FetchedTransaction(_message.Message):
    __slots__ = ("signed_transaction", "journal_position")
    SIGNED_TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_POSITION_FIELD_NUMBER: _ClassVar[int]
    signed_transaction: bytes
    journal_position: int
    def __init__(self, signed_transaction: _Optional[bytes] = ..., journal_position: _Optional[int] = ...) -> None: ...

class FetchTransactionsResponse(_message.Message):
    __slots__ = ("transactions", "attested")
    TRANSACTIONS_FIELD_NUMBER: _ClassVar[int]
    ATTESTED_FIELD_NUMBER: _ClassVar[int]
    transactions: _containers.RepeatedCompositeFieldContainer[FetchedTransaction]
    attested: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, transactions: _Optional[_Iterable[_Union[FetchedTransaction, _Mapping]]] = ..., attested: _Optional[_Iterable[bytes]] = ...) -> None: ...

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
