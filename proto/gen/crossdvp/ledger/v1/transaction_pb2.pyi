from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WriteKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WRITE_KIND_UNSPECIFIED: _ClassVar[WriteKind]
    WRITE_KIND_CREATE: _ClassVar[WriteKind]
    WRITE_KIND_DELETE: _ClassVar[WriteKind]

class NotaryService(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTARY_SERVICE_UNSPECIFIED: _ClassVar[NotaryService]
    NOTARY_SERVICE_OPEN: _ClassVar[NotaryService]
    NOTARY_SERVICE_RETIRING: _ClassVar[NotaryService]
WRITE_KIND_UNSPECIFIED: WriteKind
WRITE_KIND_CREATE: WriteKind
WRITE_KIND_DELETE: WriteKind
NOTARY_SERVICE_UNSPECIFIED: NotaryService
NOTARY_SERVICE_OPEN: NotaryService
NOTARY_SERVICE_RETIRING: NotaryService

class StateRef(_message.Message):
    __slots__ = ("tx_id", "index")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    index: int
    def __init__(self, tx_id: _Optional[bytes] = ..., index: _Optional[int] = ...) -> None: ...

class Party(_message.Message):
    __slots__ = ("name", "key")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    name: str
    key: bytes
    def __init__(self, name: _Optional[str] = ..., key: _Optional[bytes] = ...) -> None: ...

class TransactionState(_message.Message):
    __slots__ = ("contract", "data", "notary", "encumbrance")
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    ENCUMBRANCE_FIELD_NUMBER: _ClassVar[int]
    contract: str
    data: bytes
    notary: Party
    encumbrance: int
    def __init__(self, contract: _Optional[str] = ..., data: _Optional[bytes] = ..., notary: _Optional[_Union[Party, _Mapping]] = ..., encumbrance: _Optional[int] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("contract", "name", "data")
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    contract: str
    name: str
    data: bytes
    def __init__(self, contract: _Optional[str] = ..., name: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class CommandSigners(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, keys: _Optional[_Iterable[bytes]] = ...) -> None: ...

class TimeWindow(_message.Message):
    __slots__ = ("from_s", "until_s")
    FROM_S_FIELD_NUMBER: _ClassVar[int]
    UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    from_s: int
    until_s: int
    def __init__(self, from_s: _Optional[int] = ..., until_s: _Optional[int] = ...) -> None: ...

class NetworkParametersHash(_message.Message):
    __slots__ = ("hash",)
    HASH_FIELD_NUMBER: _ClassVar[int]
    hash: bytes
    def __init__(self, hash: _Optional[bytes] = ...) -> None: ...

class ProvableWrite(_message.Message):
    __slots__ = ("kind", "path", "value")
    KIND_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    kind: WriteKind
    path: bytes
    value: bytes
    def __init__(self, kind: _Optional[_Union[WriteKind, str]] = ..., path: _Optional[bytes] = ..., value: _Optional[bytes] = ...) -> None: ...

class ContractPackageHash(_message.Message):
    __slots__ = ("hash",)
    HASH_FIELD_NUMBER: _ClassVar[int]
    hash: bytes
    def __init__(self, hash: _Optional[bytes] = ...) -> None: ...

class ComponentGroup(_message.Message):
    __slots__ = ("ordinal", "components")
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    ordinal: int
    components: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, ordinal: _Optional[int] = ..., components: _Optional[_Iterable[bytes]] = ...) -> None: ...

class WireTransaction(_message.Message):
    __slots__ = ("salt", "groups")
    SALT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    salt: bytes
    groups: _containers.RepeatedCompositeFieldContainer[ComponentGroup]
    def __init__(self, salt: _Optional[bytes] = ..., groups: _Optional[_Iterable[_Union[ComponentGroup, _Mapping]]] = ...) -> None: ...

class TransactionSignature(_message.Message):
    __slots__ = ("by", "signature", "platform_version", "partial_tree")
    BY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_TREE_FIELD_NUMBER: _ClassVar[int]
    by: bytes
    signature: bytes
    platform_version: int
    partial_tree: bytes
    def __init__(self, by: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., platform_version: _Optional[int] = ..., partial_tree: _Optional[bytes] = ...) -> None: ...

class SignedTransaction(_message.Message):
    __slots__ = ("wire", "signatures")
    WIRE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    wire: bytes
    signatures: _containers.RepeatedCompositeFieldContainer[TransactionSignature]
    def __init__(self, wire: _Optional[bytes] = ..., signatures: _Optional[_Iterable[_Union[TransactionSignature, _Mapping]]] = ...) -> None: ...

class ApprovalRequest(_message.Message):
    __slots__ = ("wire", "signatures", "ahead")
    WIRE_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    AHEAD_FIELD_NUMBER: _ClassVar[int]
    wire: bytes
    signatures: _containers.RepeatedCompositeFieldContainer[TransactionSignature]
    ahead: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, wire: _Optional[bytes] = ..., signatures: _Optional[_Iterable[_Union[TransactionSignature, _Mapping]]] = ..., ahead: _Optional[_Iterable[bytes]] = ...) -> None: ...

class VisibleComponent(_message.Message):
    __slots__ = ("nonce", "component")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    component: bytes
    def __init__(self, nonce: _Optional[bytes] = ..., component: _Optional[bytes] = ...) -> None: ...

class VisibleGroup(_message.Message):
    __slots__ = ("ordinal", "components")
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    ordinal: int
    components: _containers.RepeatedCompositeFieldContainer[VisibleComponent]
    def __init__(self, ordinal: _Optional[int] = ..., components: _Optional[_Iterable[_Union[VisibleComponent, _Mapping]]] = ...) -> None: ...

class FilteredTransaction(_message.Message):
    __slots__ = ("tx_id", "group_roots", "groups")
    TX_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_ROOTS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    tx_id: bytes
    group_roots: _containers.RepeatedScalarFieldContainer[bytes]
    groups: _containers.RepeatedCompositeFieldContainer[VisibleGroup]
    def __init__(self, tx_id: _Optional[bytes] = ..., group_roots: _Optional[_Iterable[bytes]] = ..., groups: _Optional[_Iterable[_Union[VisibleGroup, _Mapping]]] = ...) -> None: ...

class NetworkParameters(_message.Message):
    __slots__ = ("epoch", "ledger_id", "notary", "validator_key", "checkpoint_threshold", "checkpoint_validators", "operator_key", "contract_packages", "platform_version", "previous_hash", "effective_from_s", "key_successions", "package_approvals", "other_notaries")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    LEDGER_ID_FIELD_NUMBER: _ClassVar[int]
    NOTARY_FIELD_NUMBER: _ClassVar[int]
    VALIDATOR_KEY_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_VALIDATORS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_KEY_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_PACKAGES_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_HASH_FIELD_NUMBER: _ClassVar[int]
    EFFECTIVE_FROM_S_FIELD_NUMBER: _ClassVar[int]
    KEY_SUCCESSIONS_FIELD_NUMBER: _ClassVar[int]
    PACKAGE_APPROVALS_FIELD_NUMBER: _ClassVar[int]
    OTHER_NOTARIES_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    ledger_id: str
    notary: Party
    validator_key: bytes
    checkpoint_threshold: int
    checkpoint_validators: _containers.RepeatedScalarFieldContainer[bytes]
    operator_key: bytes
    contract_packages: _containers.RepeatedScalarFieldContainer[bytes]
    platform_version: int
    previous_hash: bytes
    effective_from_s: int
    key_successions: _containers.RepeatedCompositeFieldContainer[KeySuccession]
    package_approvals: _containers.RepeatedCompositeFieldContainer[PackageApproval]
    other_notaries: _containers.RepeatedCompositeFieldContainer[OtherNotary]
    def __init__(self, epoch: _Optional[int] = ..., ledger_id: _Optional[str] = ..., notary: _Optional[_Union[Party, _Mapping]] = ..., validator_key: _Optional[bytes] = ..., checkpoint_threshold: _Optional[int] = ..., checkpoint_validators: _Optional[_Iterable[bytes]] = ..., operator_key: _Optional[bytes] = ..., contract_packages: _Optional[_Iterable[bytes]] = ..., platform_version: _Optional[int] = ..., previous_hash: _Optional[bytes] = ..., effective_from_s: _Optional[int] = ..., key_successions: _Optional[_Iterable[_Union[KeySuccession, _Mapping]]] = ..., package_approvals: _Optional[_Iterable[_Union[PackageApproval, _Mapping]]] = ..., other_notaries: _Optional[_Iterable[_Union[OtherNotary, _Mapping]]] = ...) -> None: ...

class OtherNotary(_message.Message):
    __slots__ = ("party", "service")
    PARTY_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    party: Party
    service: NotaryService
    def __init__(self, party: _Optional[_Union[Party, _Mapping]] = ..., service: _Optional[_Union[NotaryService, str]] = ...) -> None: ...

class PackageApproval(_message.Message):
    __slots__ = ("package_hash", "result_tx")
    PACKAGE_HASH_FIELD_NUMBER: _ClassVar[int]
    RESULT_TX_FIELD_NUMBER: _ClassVar[int]
    package_hash: bytes
    result_tx: bytes
    def __init__(self, package_hash: _Optional[bytes] = ..., result_tx: _Optional[bytes] = ...) -> None: ...

class KeySuccession(_message.Message):
    __slots__ = ("name", "old_key", "new_key", "consent")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OLD_KEY_FIELD_NUMBER: _ClassVar[int]
    NEW_KEY_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    name: str
    old_key: bytes
    new_key: bytes
    consent: bytes
    def __init__(self, name: _Optional[str] = ..., old_key: _Optional[bytes] = ..., new_key: _Optional[bytes] = ..., consent: _Optional[bytes] = ...) -> None: ...

class SignedNetworkParameters(_message.Message):
    __slots__ = ("parameters", "by", "signature")
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    parameters: bytes
    by: bytes
    signature: bytes
    def __init__(self, parameters: _Optional[bytes] = ..., by: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...
