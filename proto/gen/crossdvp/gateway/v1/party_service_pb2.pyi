import datetime

from crossdvp.gateway.v1 import instrument_service_pb2 as _instrument_service_pb2
from crossdvp.gateway.v1 import settlement_service_pb2 as _settlement_service_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_PASS: _ClassVar[Verdict]
    VERDICT_WARN: _ClassVar[Verdict]
    VERDICT_FAIL: _ClassVar[Verdict]
    VERDICT_UNKNOWN: _ClassVar[Verdict]
VERDICT_UNSPECIFIED: Verdict
VERDICT_PASS: Verdict
VERDICT_WARN: Verdict
VERDICT_FAIL: Verdict
VERDICT_UNKNOWN: Verdict

class LedgerAccount(_message.Message):
    __slots__ = ("evm_address", "cash_account")
    EVM_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CASH_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    evm_address: bytes
    cash_account: _settlement_service_pb2.CashAccount
    def __init__(self, evm_address: _Optional[bytes] = ..., cash_account: _Optional[_Union[_settlement_service_pb2.CashAccount, _Mapping]] = ...) -> None: ...

class CoinBalance(_message.Message):
    __slots__ = ("coin_id", "free_yen", "reserved_yen", "locked_yen")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    FREE_YEN_FIELD_NUMBER: _ClassVar[int]
    RESERVED_YEN_FIELD_NUMBER: _ClassVar[int]
    LOCKED_YEN_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    free_yen: int
    reserved_yen: int
    locked_yen: int
    def __init__(self, coin_id: _Optional[str] = ..., free_yen: _Optional[int] = ..., reserved_yen: _Optional[int] = ..., locked_yen: _Optional[int] = ...) -> None: ...

class Admission(_message.Message):
    __slots__ = ("instrument", "verdict", "why", "read_at")
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    READ_AT_FIELD_NUMBER: _ClassVar[int]
    instrument: str
    verdict: Verdict
    why: str
    read_at: _instrument_service_pb2.ReadAt
    def __init__(self, instrument: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., why: _Optional[str] = ..., read_at: _Optional[_Union[_instrument_service_pb2.ReadAt, _Mapping]] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("name", "account", "create_time", "balances", "balances_unknown", "admissions")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    BALANCES_FIELD_NUMBER: _ClassVar[int]
    BALANCES_UNKNOWN_FIELD_NUMBER: _ClassVar[int]
    ADMISSIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    account: LedgerAccount
    create_time: _timestamp_pb2.Timestamp
    balances: _containers.RepeatedCompositeFieldContainer[CoinBalance]
    balances_unknown: str
    admissions: _containers.RepeatedCompositeFieldContainer[Admission]
    def __init__(self, name: _Optional[str] = ..., account: _Optional[_Union[LedgerAccount, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., balances: _Optional[_Iterable[_Union[CoinBalance, _Mapping]]] = ..., balances_unknown: _Optional[str] = ..., admissions: _Optional[_Iterable[_Union[Admission, _Mapping]]] = ...) -> None: ...

class ListAccountsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountsResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[Account]
    next_page_token: str
    def __init__(self, accounts: _Optional[_Iterable[_Union[Account, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("name", "instruments")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    instruments: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., instruments: _Optional[_Iterable[str]] = ...) -> None: ...

class GetAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class CreateAccountRequest(_message.Message):
    __slots__ = ("account", "validate_only")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    account: Account
    validate_only: bool
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class CreateAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class DeleteAccountRequest(_message.Message):
    __slots__ = ("name", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class DeleteAccountResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Counterparty(_message.Message):
    __slots__ = ("name", "account", "create_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    account: LedgerAccount
    create_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., account: _Optional[_Union[LedgerAccount, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListCounterpartiesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCounterpartiesResponse(_message.Message):
    __slots__ = ("counterparties", "next_page_token")
    COUNTERPARTIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    counterparties: _containers.RepeatedCompositeFieldContainer[Counterparty]
    next_page_token: str
    def __init__(self, counterparties: _Optional[_Iterable[_Union[Counterparty, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AddCounterpartyRequest(_message.Message):
    __slots__ = ("counterparty", "validate_only")
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    counterparty: Counterparty
    validate_only: bool
    def __init__(self, counterparty: _Optional[_Union[Counterparty, _Mapping]] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class AddCounterpartyResponse(_message.Message):
    __slots__ = ("counterparty",)
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    counterparty: Counterparty
    def __init__(self, counterparty: _Optional[_Union[Counterparty, _Mapping]] = ...) -> None: ...

class RemoveCounterpartyRequest(_message.Message):
    __slots__ = ("name", "allow_everybody", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ALLOW_EVERYBODY_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    allow_everybody: bool
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., allow_everybody: _Optional[bool] = ..., validate_only: _Optional[bool] = ...) -> None: ...

class RemoveCounterpartyResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
