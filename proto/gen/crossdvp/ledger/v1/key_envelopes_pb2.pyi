from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KeyWrapping(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_WRAPPING_UNSPECIFIED: _ClassVar[KeyWrapping]
    KEY_WRAPPING_PASSPHRASE: _ClassVar[KeyWrapping]
    KEY_WRAPPING_HSM: _ClassVar[KeyWrapping]
    KEY_WRAPPING_AWS_KMS: _ClassVar[KeyWrapping]

class KeySecretPlace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    KEY_SECRET_PLACE_UNSPECIFIED: _ClassVar[KeySecretPlace]
    KEY_SECRET_PLACE_STORE: _ClassVar[KeySecretPlace]
    KEY_SECRET_PLACE_HSM: _ClassVar[KeySecretPlace]
KEY_WRAPPING_UNSPECIFIED: KeyWrapping
KEY_WRAPPING_PASSPHRASE: KeyWrapping
KEY_WRAPPING_HSM: KeyWrapping
KEY_WRAPPING_AWS_KMS: KeyWrapping
KEY_SECRET_PLACE_UNSPECIFIED: KeySecretPlace
KEY_SECRET_PLACE_STORE: KeySecretPlace
KEY_SECRET_PLACE_HSM: KeySecretPlace

class WrappedDataKey(_message.Message):
    __slots__ = ("format", "wrapping", "master_key_id", "blob")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    WRAPPING_FIELD_NUMBER: _ClassVar[int]
    MASTER_KEY_ID_FIELD_NUMBER: _ClassVar[int]
    BLOB_FIELD_NUMBER: _ClassVar[int]
    format: int
    wrapping: KeyWrapping
    master_key_id: str
    blob: bytes
    def __init__(self, format: _Optional[int] = ..., wrapping: _Optional[_Union[KeyWrapping, str]] = ..., master_key_id: _Optional[str] = ..., blob: _Optional[bytes] = ...) -> None: ...

class PassphraseBlob(_message.Message):
    __slots__ = ("log2_n", "salt", "check", "nonce", "sealed")
    LOG2_N_FIELD_NUMBER: _ClassVar[int]
    SALT_FIELD_NUMBER: _ClassVar[int]
    CHECK_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    log2_n: int
    salt: bytes
    check: bytes
    nonce: bytes
    sealed: bytes
    def __init__(self, log2_n: _Optional[int] = ..., salt: _Optional[bytes] = ..., check: _Optional[bytes] = ..., nonce: _Optional[bytes] = ..., sealed: _Optional[bytes] = ...) -> None: ...

class HsmBlob(_message.Message):
    __slots__ = ("nonce", "sealed")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    sealed: bytes
    def __init__(self, nonce: _Optional[bytes] = ..., sealed: _Optional[bytes] = ...) -> None: ...

class SealedKey(_message.Message):
    __slots__ = ("format", "generation", "place", "nonce", "sealed")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    SEALED_FIELD_NUMBER: _ClassVar[int]
    format: int
    generation: int
    place: KeySecretPlace
    nonce: bytes
    sealed: bytes
    def __init__(self, format: _Optional[int] = ..., generation: _Optional[int] = ..., place: _Optional[_Union[KeySecretPlace, str]] = ..., nonce: _Optional[bytes] = ..., sealed: _Optional[bytes] = ...) -> None: ...

class HsmKeyReference(_message.Message):
    __slots__ = ("token_label", "key_id")
    TOKEN_LABEL_FIELD_NUMBER: _ClassVar[int]
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    token_label: str
    key_id: bytes
    def __init__(self, token_label: _Optional[str] = ..., key_id: _Optional[bytes] = ...) -> None: ...

class KeyStoreTally(_message.Message):
    __slots__ = ("serial", "keys")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    serial: int
    keys: int
    def __init__(self, serial: _Optional[int] = ..., keys: _Optional[int] = ...) -> None: ...
