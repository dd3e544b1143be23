"""The master key in AWS KMS: GenerateDataKey, Decrypt and ReEncrypt with an encryption context."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import WrappedDataKey, Wrapping
from chains.progmat.keys.errors import KeyAccessDenied, KeyBackendMissing, KeyServiceUnavailable, WrappedKeyRefused
from chains.progmat.keys.wrapper import DATA_KEY_BYTES, DataKey, require_wrapping

CONNECT_TIMEOUT_S: Final = 2
READ_TIMEOUT_S: Final = 5
MAX_ATTEMPTS: Final = 4
_REFUSED: Final = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
_TEMPORARY: Final = frozenset({
    "ThrottlingException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException",
    "LimitExceededException", "ServiceUnavailable", "InternalFailure", "RequestTimeout", "RequestTimeoutException",
})  # fmt: skip


def kms_client(region: str, endpoint_url: str | None = None) -> Any:  # noqa: ANN401  # boto3 has no types
    """boto3's client, with bounded waits and retries; its credentials are the environment's.

    Raises ``KeyBackendMissing``.
    """
    try:
        import boto3  # noqa: PLC0415  # an extra: only who uses KMS has it
        from botocore.config import Config  # noqa: PLC0415  # as above
    except ImportError:
        raise KeyBackendMissing("boto3", "install crossdvp with its extra kms") from None
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
    )
    return boto3.client("kms", region_name=region, endpoint_url=endpoint_url, config=config)


class AwsKeyWrapper:
    """``KeyWrapper`` by the key ``key_id`` (an ARN, an id, or an alias). What was wrapped names the key that did it."""

    wrapping = Wrapping.AWS_KMS

    def __init__(self, client: Any, key_id: str) -> None:  # noqa: ANN401  # as above
        self._client = client
        self._key_id = key_id

    def generate_data_key(self, context: EncryptionContext) -> DataKey:
        """See ``KeyWrapper``."""
        question = {"KeyId": self._key_id, "KeySpec": "AES_256", "EncryptionContext": context.as_pairs()}
        found = self._asked(self._key_id, context, lambda: self._client.generate_data_key(**question))
        wrapped = WrappedDataKey(self.wrapping, found["KeyId"], found["CiphertextBlob"])
        return DataKey(self._checked(found["Plaintext"], wrapped, context), wrapped)

    def wrap(self, data_key: bytes, context: EncryptionContext) -> WrappedDataKey:
        """See ``KeyWrapper``."""
        question = {"KeyId": self._key_id, "Plaintext": data_key, "EncryptionContext": context.as_pairs()}
        found = self._asked(self._key_id, context, lambda: self._client.encrypt(**question))
        return WrappedDataKey(self.wrapping, found["KeyId"], found["CiphertextBlob"])

    def unwrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> bytes:
        """See ``KeyWrapper``."""
        require_wrapping(self, wrapped)
        question = {
            "KeyId": wrapped.master_key_id,
            "CiphertextBlob": wrapped.blob,
            "EncryptionContext": context.as_pairs(),
        }
        found = self._asked(wrapped.master_key_id, context, lambda: self._client.decrypt(**question))
        return self._checked(found["Plaintext"], wrapped, context)

    def rewrap(self, wrapped: WrappedDataKey, context: EncryptionContext) -> WrappedDataKey:
        """See ``KeyWrapper``: the service does it, the data key does not come here."""
        require_wrapping(self, wrapped)
        pairs = context.as_pairs()
        question = {
            "CiphertextBlob": wrapped.blob,
            "SourceKeyId": wrapped.master_key_id,
            "SourceEncryptionContext": pairs,
            "DestinationKeyId": self._key_id,
            "DestinationEncryptionContext": pairs,
        }
        found = self._asked(self._key_id, context, lambda: self._client.re_encrypt(**question))
        return WrappedDataKey(self.wrapping, found["KeyId"], found["CiphertextBlob"])

    @staticmethod
    def _checked(plaintext: bytes, wrapped: WrappedDataKey, context: EncryptionContext) -> bytes:
        if len(plaintext) != DATA_KEY_BYTES:
            raise WrappedKeyRefused(f"a data key of {context} has {DATA_KEY_BYTES} bytes", found=wrapped.blob)
        return plaintext

    @staticmethod
    def _asked(key_id: str, context: EncryptionContext, question: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # as above

        try:
            return question()
        except BotoCoreError as error:
            raise KeyServiceUnavailable("AWS KMS", type(error).__name__) from error
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))[:80]
            http = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
            if code in _REFUSED:
                what = "a data key opens with its context"
                raise WrappedKeyRefused(what, expected=str(context), found=code) from error
            if code in _TEMPORARY or http >= 500:
                raise KeyServiceUnavailable("AWS KMS", code or str(http)) from error
            raise KeyAccessDenied(key_id, code or str(http)) from error
