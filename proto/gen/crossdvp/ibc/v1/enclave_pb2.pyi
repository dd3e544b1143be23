from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnclaveClientState(_message.Message):
    __slots__ = ("root_pins", "measurements", "tcb_statuses", "advisories", "operators", "threshold", "key_lifetime_s", "latest_height", "trusting_period_s", "max_clock_drift_s", "frozen", "chain_id")
    ROOT_PINS_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    TCB_STATUSES_FIELD_NUMBER: _ClassVar[int]
    ADVISORIES_FIELD_NUMBER: _ClassVar[int]
    OPERATORS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    KEY_LIFETIME_S_FIELD_NUMBER: _ClassVar[int]
    LATEST_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TRUSTING_PERIOD_S_FIELD_NUMBER: _ClassVar[int]
    MAX_CLOCK_DRIFT_S_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    root_pins: _containers.RepeatedScalarFieldContainer[bytes]
    measurements: _containers.RepeatedScalarFieldContainer[bytes]
    tcb_statuses: _containers.RepeatedScalarFieldContainer[int]
    advisories: _containers.RepeatedScalarFieldContainer[str]
    operators: _containers.RepeatedScalarFieldContainer[bytes]
    threshold: int
    key_lifetime_s: int
    latest_height: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool
    chain_id: int
    def __init__(self, root_pins: _Optional[_Iterable[bytes]] = ..., measurements: _Optional[_Iterable[bytes]] = ..., tcb_statuses: _Optional[_Iterable[int]] = ..., advisories: _Optional[_Iterable[str]] = ..., operators: _Optional[_Iterable[bytes]] = ..., threshold: _Optional[int] = ..., key_lifetime_s: _Optional[int] = ..., latest_height: _Optional[int] = ..., trusting_period_s: _Optional[int] = ..., max_clock_drift_s: _Optional[int] = ..., frozen: _Optional[bool] = ..., chain_id: _Optional[int] = ...) -> None: ...

class EnclaveKey(_message.Message):
    __slots__ = ("enclave_key", "operator", "expires_at_s")
    ENCLAVE_KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_S_FIELD_NUMBER: _ClassVar[int]
    enclave_key: bytes
    operator: bytes
    expires_at_s: int
    def __init__(self, enclave_key: _Optional[bytes] = ..., operator: _Optional[bytes] = ..., expires_at_s: _Optional[int] = ...) -> None: ...

class EnclaveConsensusState(_message.Message):
    __slots__ = ("timestamp_s", "state_id", "keys", "tcb_evaluation_number", "revoked_keys")
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    STATE_ID_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    TCB_EVALUATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    REVOKED_KEYS_FIELD_NUMBER: _ClassVar[int]
    timestamp_s: int
    state_id: bytes
    keys: _containers.RepeatedCompositeFieldContainer[EnclaveKey]
    tcb_evaluation_number: int
    revoked_keys: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, timestamp_s: _Optional[int] = ..., state_id: _Optional[bytes] = ..., keys: _Optional[_Iterable[_Union[EnclaveKey, _Mapping]]] = ..., tcb_evaluation_number: _Optional[int] = ..., revoked_keys: _Optional[_Iterable[bytes]] = ...) -> None: ...

class SgxCollateral(_message.Message):
    __slots__ = ("pck_crl_issuer_chain", "root_ca_crl", "pck_crl", "tcb_info_issuer_chain", "tcb_info", "tcb_info_signature", "qe_identity_issuer_chain", "qe_identity", "qe_identity_signature")
    PCK_CRL_ISSUER_CHAIN_FIELD_NUMBER: _ClassVar[int]
    ROOT_CA_CRL_FIELD_NUMBER: _ClassVar[int]
    PCK_CRL_FIELD_NUMBER: _ClassVar[int]
    TCB_INFO_ISSUER_CHAIN_FIELD_NUMBER: _ClassVar[int]
    TCB_INFO_FIELD_NUMBER: _ClassVar[int]
    TCB_INFO_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    QE_IDENTITY_ISSUER_CHAIN_FIELD_NUMBER: _ClassVar[int]
    QE_IDENTITY_FIELD_NUMBER: _ClassVar[int]
    QE_IDENTITY_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    pck_crl_issuer_chain: bytes
    root_ca_crl: bytes
    pck_crl: bytes
    tcb_info_issuer_chain: bytes
    tcb_info: bytes
    tcb_info_signature: bytes
    qe_identity_issuer_chain: bytes
    qe_identity: bytes
    qe_identity_signature: bytes
    def __init__(self, pck_crl_issuer_chain: _Optional[bytes] = ..., root_ca_crl: _Optional[bytes] = ..., pck_crl: _Optional[bytes] = ..., tcb_info_issuer_chain: _Optional[bytes] = ..., tcb_info: _Optional[bytes] = ..., tcb_info_signature: _Optional[bytes] = ..., qe_identity_issuer_chain: _Optional[bytes] = ..., qe_identity: _Optional[bytes] = ..., qe_identity_signature: _Optional[bytes] = ...) -> None: ...

class KeyRegistration(_message.Message):
    __slots__ = ("attestation", "collateral", "operator_signature")
    ATTESTATION_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    attestation: bytes
    collateral: SgxCollateral
    operator_signature: bytes
    def __init__(self, attestation: _Optional[bytes] = ..., collateral: _Optional[_Union[SgxCollateral, _Mapping]] = ..., operator_signature: _Optional[bytes] = ...) -> None: ...

class KeyRevocation(_message.Message):
    __slots__ = ("enclave_key", "operator_signature")
    ENCLAVE_KEY_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    enclave_key: bytes
    operator_signature: bytes
    def __init__(self, enclave_key: _Optional[bytes] = ..., operator_signature: _Optional[bytes] = ...) -> None: ...

class SignedStatement(_message.Message):
    __slots__ = ("message", "signatures")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    message: bytes
    signatures: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, message: _Optional[bytes] = ..., signatures: _Optional[_Iterable[bytes]] = ...) -> None: ...

class EnclaveUpdate(_message.Message):
    __slots__ = ("registrations", "revocations", "statement", "trusted_consensus_state")
    REGISTRATIONS_FIELD_NUMBER: _ClassVar[int]
    REVOCATIONS_FIELD_NUMBER: _ClassVar[int]
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_CONSENSUS_STATE_FIELD_NUMBER: _ClassVar[int]
    registrations: _containers.RepeatedCompositeFieldContainer[KeyRegistration]
    revocations: _containers.RepeatedCompositeFieldContainer[KeyRevocation]
    statement: SignedStatement
    trusted_consensus_state: bytes
    def __init__(self, registrations: _Optional[_Iterable[_Union[KeyRegistration, _Mapping]]] = ..., revocations: _Optional[_Iterable[_Union[KeyRevocation, _Mapping]]] = ..., statement: _Optional[_Union[SignedStatement, _Mapping]] = ..., trusted_consensus_state: _Optional[bytes] = ...) -> None: ...

class EnclaveMisbehaviour(_message.Message):
    __slots__ = ("statements",)
    STATEMENTS_FIELD_NUMBER: _ClassVar[int]
    statements: _containers.RepeatedCompositeFieldContainer[SignedStatement]
    def __init__(self, statements: _Optional[_Iterable[_Union[SignedStatement, _Mapping]]] = ...) -> None: ...

class EnclaveClientMessage(_message.Message):
    __slots__ = ("update", "misbehaviour")
    UPDATE_FIELD_NUMBER: _ClassVar[int]
    MISBEHAVIOUR_FIELD_NUMBER: _ClassVar[int]
    update: EnclaveUpdate
    misbehaviour: EnclaveMisbehaviour
    def __init__(self, update: _Optional[_Union[EnclaveUpdate, _Mapping]] = ..., misbehaviour: _Optional[_Union[EnclaveMisbehaviour, _Mapping]] = ...) -> None: ...

class EnclaveMembershipProof(_message.Message):
    __slots__ = ("signatures",)
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    signatures: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, signatures: _Optional[_Iterable[bytes]] = ...) -> None: ...
