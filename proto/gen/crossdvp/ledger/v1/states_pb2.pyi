from crossdvp.ledger.v1 import coin_states_pb2 as _coin_states_pb2
from crossdvp.ledger.v1 import transaction_pb2 as _transaction_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OwnerKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OWNER_KIND_UNSPECIFIED: _ClassVar[OwnerKind]
    OWNER_KIND_FRESH: _ClassVar[OwnerKind]

class KeyChoice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_CHOICE_UNSPECIFIED: _ClassVar[KeyChoice]
    KEY_CHOICE_ACCOUNT: _ClassVar[KeyChoice]
    KEY_CHOICE_FRESH: _ClassVar[KeyChoice]

class LeadLeg(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEAD_LEG_UNSPECIFIED: _ClassVar[LeadLeg]
    LEAD_LEG_CASH: _ClassVar[LeadLeg]
    LEAD_LEG_SECURITIES: _ClassVar[LeadLeg]

class ClientRecordStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLIENT_RECORD_STATUS_UNSPECIFIED: _ClassVar[ClientRecordStatus]
    CLIENT_RECORD_STATUS_ACTIVE: _ClassVar[ClientRecordStatus]
    CLIENT_RECORD_STATUS_FROZEN: _ClassVar[ClientRecordStatus]

class BusinessNetwork(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUSINESS_NETWORK_UNSPECIFIED: _ClassVar[BusinessNetwork]
    BUSINESS_NETWORK_ST: _ClassVar[BusinessNetwork]
    BUSINESS_NETWORK_SC: _ClassVar[BusinessNetwork]
    BUSINESS_NETWORK_UT: _ClassVar[BusinessNetwork]

class MemberRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBER_ROLE_UNSPECIFIED: _ClassVar[MemberRole]
    MEMBER_ROLE_SC_ISSUER: _ClassVar[MemberRole]
    MEMBER_ROLE_CUSTODIAN: _ClassVar[MemberRole]
    MEMBER_ROLE_REGISTRAR: _ClassVar[MemberRole]
    MEMBER_ROLE_EXCHANGE: _ClassVar[MemberRole]

class MembershipStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEMBERSHIP_STATUS_UNSPECIFIED: _ClassVar[MembershipStatus]
    MEMBERSHIP_STATUS_ACTIVE: _ClassVar[MembershipStatus]
    MEMBERSHIP_STATUS_SUSPENDED: _ClassVar[MembershipStatus]
OWNER_KIND_UNSPECIFIED: OwnerKind
OWNER_KIND_FRESH: OwnerKind
KEY_CHOICE_UNSPECIFIED: KeyChoice
KEY_CHOICE_ACCOUNT: KeyChoice
KEY_CHOICE_FRESH: KeyChoice
LEAD_LEG_UNSPECIFIED: LeadLeg
LEAD_LEG_CASH: LeadLeg
LEAD_LEG_SECURITIES: LeadLeg
CLIENT_RECORD_STATUS_UNSPECIFIED: ClientRecordStatus
CLIENT_RECORD_STATUS_ACTIVE: ClientRecordStatus
CLIENT_RECORD_STATUS_FROZEN: ClientRecordStatus
BUSINESS_NETWORK_UNSPECIFIED: BusinessNetwork
BUSINESS_NETWORK_ST: BusinessNetwork
BUSINESS_NETWORK_SC: BusinessNetwork
BUSINESS_NETWORK_UT: BusinessNetwork
MEMBER_ROLE_UNSPECIFIED: MemberRole
MEMBER_ROLE_SC_ISSUER: MemberRole
MEMBER_ROLE_CUSTODIAN: MemberRole
MEMBER_ROLE_REGISTRAR: MemberRole
MEMBER_ROLE_EXCHANGE: MemberRole
MEMBERSHIP_STATUS_UNSPECIFIED: MembershipStatus
MEMBERSHIP_STATUS_ACTIVE: MembershipStatus
MEMBERSHIP_STATUS_SUSPENDED: MembershipStatus

class CashState(_message.Message):
    __slots__ = ("coin_id", "issuer", "amount_yen", "owner", "node", "owner_kind", "frozen", "kind")
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    OWNER_KIND_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    coin_id: str
    issuer: _transaction_pb2.Party
    amount_yen: int
    owner: bytes
    node: str
    owner_kind: OwnerKind
    frozen: bool
    kind: _coin_states_pb2.CoinKind
    def __init__(self, coin_id: _Optional[str] = ..., issuer: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., amount_yen: _Optional[int] = ..., owner: _Optional[bytes] = ..., node: _Optional[str] = ..., owner_kind: _Optional[_Union[OwnerKind, str]] = ..., frozen: _Optional[bool] = ..., kind: _Optional[_Union[_coin_states_pb2.CoinKind, str]] = ...) -> None: ...

class CashAccount(_message.Message):
    __slots__ = ("node", "key")
    NODE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    node: str
    key: bytes
    def __init__(self, node: _Optional[str] = ..., key: _Optional[bytes] = ...) -> None: ...

class SecurityLeg(_message.Message):
    __slots__ = ("chain_id", "token", "adapter", "quantity", "seller", "buyer")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ADAPTER_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    chain_id: bytes
    token: bytes
    adapter: bytes
    quantity: bytes
    seller: bytes
    buyer: bytes
    def __init__(self, chain_id: _Optional[bytes] = ..., token: _Optional[bytes] = ..., adapter: _Optional[bytes] = ..., quantity: _Optional[bytes] = ..., seller: _Optional[bytes] = ..., buyer: _Optional[bytes] = ...) -> None: ...

class CashLeg(_message.Message):
    __slots__ = ("ledger_id", "coin_id", "issuer", "amount_yen", "buyer", "seller", "salt")
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    COIN_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_YEN_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    SELLER_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    ledger_id: str
    coin_id: str
    issuer: str
    amount_yen: int
    buyer: CashAccount
    seller: CashAccount
    salt: bytes
    def __init__(self, ledger_id: _Optional[str] = ..., coin_id: _Optional[str] = ..., issuer: _Optional[str] = ..., amount_yen: _Optional[int] = ..., buyer: _Optional[_Union[CashAccount, _Mapping]] = ..., seller: _Optional[_Union[CashAccount, _Mapping]] = ..., salt: _Optional[bytes] = ...) -> None: ...

class SettlementTerms(_message.Message):
    __slots__ = ("trade_id", "security", "cash", "lead_leg", "lock_by_s", "settle_by_s")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    CASH_FIELD_NUMBER: _ClassVar[int]
    LEAD_LEG_FIELD_NUMBER: _ClassVar[int]
    LOCK_BY_S_FIELD_NUMBER: _ClassVar[int]
    SETTLE_BY_S_FIELD_NUMBER: _ClassVar[int]
    trade_id: bytes
    security: SecurityLeg
    cash: CashLeg
    lead_leg: LeadLeg
    lock_by_s: int
    settle_by_s: int
    def __init__(self, trade_id: _Optional[bytes] = ..., security: _Optional[_Union[SecurityLeg, _Mapping]] = ..., cash: _Optional[_Union[CashLeg, _Mapping]] = ..., lead_leg: _Optional[_Union[LeadLeg, str]] = ..., lock_by_s: _Optional[int] = ..., settle_by_s: _Optional[int] = ...) -> None: ...

class DvpLockState(_message.Message):
    __slots__ = ("terms", "packet", "client_id", "issuer")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    terms: SettlementTerms
    packet: bytes
    client_id: str
    issuer: _transaction_pb2.Party
    def __init__(self, terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., packet: _Optional[bytes] = ..., client_id: _Optional[str] = ..., issuer: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ...) -> None: ...

class AckEvidence(_message.Message):
    __slots__ = ("acknowledgement", "proof", "height")
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    acknowledgement: bytes
    proof: bytes
    height: int
    def __init__(self, acknowledgement: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class TimeoutEvidence(_message.Message):
    __slots__ = ("proof", "height")
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    proof: bytes
    height: int
    def __init__(self, proof: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class UnlockEvidence(_message.Message):
    __slots__ = ("acknowledged", "timed_out")
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    TIMED_OUT_FIELD_NUMBER: _ClassVar[int]
    acknowledged: AckEvidence
    timed_out: TimeoutEvidence
    def __init__(self, acknowledged: _Optional[_Union[AckEvidence, _Mapping]] = ..., timed_out: _Optional[_Union[TimeoutEvidence, _Mapping]] = ...) -> None: ...

class PayEvidence(_message.Message):
    __slots__ = ("terms", "packet", "proof", "height")
    TERMS_FIELD_NUMBER: _ClassVar[int]
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    terms: SettlementTerms
    packet: bytes
    proof: bytes
    height: int
    def __init__(self, terms: _Optional[_Union[SettlementTerms, _Mapping]] = ..., packet: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., height: _Optional[int] = ...) -> None: ...

class RefuseEvidence(_message.Message):
    __slots__ = ("packet", "proof", "height", "declined")
    PACKET_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    DECLINED_FIELD_NUMBER: _ClassVar[int]
    packet: bytes
    proof: bytes
    height: int
    declined: SettlementTerms
    def __init__(self, packet: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., height: _Optional[int] = ..., declined: _Optional[_Union[SettlementTerms, _Mapping]] = ...) -> None: ...

class ClientRecord(_message.Message):
    __slots__ = ("client_id", "client_type", "client_state", "counterparty_client_id", "counterparty_merkle_prefix", "status", "consensus_client_id", "endorsers")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    CLIENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLIENT_STATE_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_MERKLE_PREFIX_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    ENDORSERS_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    client_type: str
    client_state: bytes
    counterparty_client_id: str
    counterparty_merkle_prefix: _containers.RepeatedScalarFieldContainer[bytes]
    status: ClientRecordStatus
    consensus_client_id: str
    endorsers: _containers.RepeatedCompositeFieldContainer[_transaction_pb2.Party]
    def __init__(self, client_id: _Optional[str] = ..., client_type: _Optional[str] = ..., client_state: _Optional[bytes] = ..., counterparty_client_id: _Optional[str] = ..., counterparty_merkle_prefix: _Optional[_Iterable[bytes]] = ..., status: _Optional[_Union[ClientRecordStatus, str]] = ..., consensus_client_id: _Optional[str] = ..., endorsers: _Optional[_Iterable[_Union[_transaction_pb2.Party, _Mapping]]] = ...) -> None: ...

class ConsensusRecord(_message.Message):
    __slots__ = ("client_id", "height", "timestamp_s", "consensus_state")
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    client_id: str
    height: int
    timestamp_s: int
    consensus_state: bytes
    def __init__(self, client_id: _Optional[str] = ..., height: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., consensus_state: _Optional[bytes] = ...) -> None: ...

class IbcClientState(_message.Message):
    __slots__ = ("client", "consensus")
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_FIELD_NUMBER: _ClassVar[int]
    client: ClientRecord
    consensus: ConsensusRecord
    def __init__(self, client: _Optional[_Union[ClientRecord, _Mapping]] = ..., consensus: _Optional[_Union[ConsensusRecord, _Mapping]] = ...) -> None: ...

class MembershipState(_message.Message):
    __slots__ = ("network", "party", "roles", "status")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    PARTY_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    network: BusinessNetwork
    party: _transaction_pb2.Party
    roles: _containers.RepeatedScalarFieldContainer[MemberRole]
    status: MembershipStatus
    def __init__(self, network: _Optional[_Union[BusinessNetwork, str]] = ..., party: _Optional[_Union[_transaction_pb2.Party, _Mapping]] = ..., roles: _Optional[_Iterable[_Union[MemberRole, str]]] = ..., status: _Optional[_Union[MembershipStatus, str]] = ...) -> None: ...
