"""Delegated signing: where a platform lets the gateway's operator ask for signatures with one of its keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from primitives.errors import BadSignature
from primitives.secp256k1 import address_of, sign_digest
from relayer.config import read_secret
from relayer.gateway.custody.recoverable import address_of_spki, recoverable
from relayer.gateway.service_errors import NoDelegatedSigner, SignerUnavailable
from relayer.gateway.services_config import FileSignerSection, KmsSignerSection, SignerSection


class Signer(Protocol):
    """One secp256k1 key, wherever it is. It signs digests; what they stand for is checked by whoever asks."""

    @property
    def address(self) -> bytes:
        """The EVM address of the key, 20 bytes."""
        ...

    async def sign(self, digest: bytes) -> bytes:
        """``r | s | v`` over 32 bytes, s in the lower half. Raises ``SignerUnavailable``."""
        ...


class FileSigner:
    """A key in this process's memory: for test networks."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.address: bytes = address_of(secret)

    async def sign(self, digest: bytes) -> bytes:
        """See Signer."""
        return sign_digest(self._secret, digest)


class KmsSigner:
    """A key in AWS KMS, of type ECC_SECG_P256K1. ``client`` is boto3's; it blocks, so it is asked in a thread."""

    def __init__(self, client: Any, key_id: str, address: bytes) -> None:  # noqa: ANN401  # boto3 has no types
        self._client = client
        self._key_id = key_id
        self.address = address

    @classmethod
    async def opened(cls, client: Any, key_id: str) -> KmsSigner:  # noqa: ANN401  # as above
        """Ask for the public key. Raises ``SignerUnavailable``, ``InvalidKey``."""
        found = await _asked(key_id, lambda: client.get_public_key(KeyId=key_id))
        return cls(client, key_id, address_of_spki(found["PublicKey"]))

    async def sign(self, digest: bytes) -> bytes:
        """See Signer. What comes back is verified: a service that signs something else is not believed."""
        question = {"KeyId": self._key_id, "Message": digest, "MessageType": "DIGEST"}
        found = await _asked(self._key_id, lambda: self._client.sign(**question, SigningAlgorithm="ECDSA_SHA_256"))
        try:
            return recoverable(digest, found["Signature"], self.address)
        except BadSignature as error:
            raise SignerUnavailable(self._key_id, str(error)) from error


async def _asked(key_id: str, question: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  # an extra: only who uses KMS has it

    try:
        return await asyncio.to_thread(question)
    except (BotoCoreError, ClientError) as error:
        raise SignerUnavailable(key_id, type(error).__name__) from error


class DelegatedSigners:
    """By platform and address: nobody signs with another platform's key."""

    def __init__(self, signers: Sequence[tuple[str, Signer]] = ()) -> None:
        self._signers = {(platform, signer.address): signer for platform, signer in signers}

    def of(self, platform: str, address: bytes) -> Signer:
        """Raises ``NoDelegatedSigner``."""
        try:
            return self._signers[platform, address]
        except KeyError:
            raise NoDelegatedSigner(platform, "0x" + address.hex()) from None


async def opened_signers(sections: Sequence[SignerSection]) -> DelegatedSigners:
    """The signers of a configuration. Raises ``ConfigInvalid``, ``SignerUnavailable``, ``InvalidKey``."""
    return DelegatedSigners([(section.platform, await _opened(section)) for section in sections])


async def _opened(section: SignerSection) -> Signer:
    match section:
        case FileSignerSection():
            return FileSigner(read_secret(section.evm_key_file))
        case KmsSignerSection():
            return await KmsSigner.opened(_kms(section), section.key_id)


def _kms(section: KmsSignerSection) -> Any:  # noqa: ANN401  # boto3 has no types
    """Raises ``SignerUnavailable`` where the package is missing."""
    try:
        import boto3  # noqa: PLC0415  # as above
    except ImportError:
        raise SignerUnavailable(section.key_id, "install crossdvp with its extra kms") from None
    return boto3.client("kms", region_name=section.region, endpoint_url=section.endpoint_url)
