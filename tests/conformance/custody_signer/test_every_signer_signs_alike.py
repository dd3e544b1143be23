"""One suite for every signer of delegated custody: a file's key, and a key management service's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from moto.kms.utils import ECDSAPrivateKey

from chains.evm.client.unsigned_tx import UnsignedEvmTx, read_signed_tx
from primitives.errors import BadSignature, InvalidKey
from primitives.secp256k1 import ORDER, address_of, recover_address, sign_digest
from relayer.gateway.custody.recoverable import address_of_spki, recoverable
from relayer.gateway.custody.signers import FileSigner, KmsSigner, Signer, opened_signers
from relayer.gateway.service_errors import NoDelegatedSigner, SignerUnavailable
from relayer.gateway.services_config import FileSignerSection

SECRET = b"\x07" * 32
DIGESTS = [bytes([number]) * 32 for number in range(1, 17)]


def _kms(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, str]:
    """moto's service with one key. It ignores MessageType DIGEST (its documentation says so): filled in here."""

    def sign(self: Any, message: bytes, _algorithm: str) -> bytes:  # noqa: ANN401  # moto has no types
        signed: bytes = self.private_key.sign(message, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return signed

    monkeypatch.setattr(ECDSAPrivateKey, "sign", sign)
    return _key("ECC_SECG_P256K1")


def _key(spec: str) -> tuple[Any, str]:
    client = boto3.client(
        "kms",
        region_name="ap-northeast-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106  # moto's, which checks none
    )
    made = client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")
    return client, made["KeyMetadata"]["KeyId"]


@pytest.fixture(params=["file", "kms"])
async def signer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Signer]:
    if request.param == "file":
        yield FileSigner(SECRET)
        return
    with mock_aws():
        yield await KmsSigner.opened(*_kms(monkeypatch))


async def test_a_signature_is_by_the_signers_address_and_has_the_one_form_that_ethereum_takes(signer: Signer) -> None:
    for digest in DIGESTS:
        signature = await signer.sign(digest)
        assert recover_address(digest, signature) == signer.address  # refuses an s in the upper half
        assert len(signature) == 65


async def test_a_signed_transaction_is_read_back_as_the_signers(signer: Signer) -> None:
    unsigned = UnsignedEvmTx(919_191, 7, 0, 300_000, b"\x11" * 20, b"data")
    read = read_signed_tx(unsigned.signed(await signer.sign(unsigned.digest)).raw)
    assert (read.content, read.sender) == (unsigned, signer.address)


async def test_a_signer_shows_no_secret(signer: Signer) -> None:
    assert SECRET.hex() not in repr(signer)
    assert repr(SECRET) not in repr(signer)


async def test_a_service_that_signs_something_else_is_not_believed() -> None:
    """moto as it is hashes the digest once more: a genuine signature by the key, over other bytes."""
    with mock_aws():
        kms = await KmsSigner.opened(*_key("ECC_SECG_P256K1"))
        with pytest.raises(SignerUnavailable):
            await kms.sign(DIGESTS[0])


async def test_a_key_of_another_curve_is_refused_when_it_is_opened() -> None:
    with mock_aws(), pytest.raises(InvalidKey):
        await KmsSigner.opened(*_key("ECC_NIST_P256"))


async def test_a_service_that_is_away_or_refuses_is_unavailable_and_tells_no_details() -> None:
    with mock_aws():
        client, key_id = _key("ECC_SECG_P256K1")
        kms = await KmsSigner.opened(client, key_id)
        client.disable_key(KeyId=key_id)
        client.schedule_key_deletion(KeyId=key_id)
        with pytest.raises(SignerUnavailable):
            await KmsSigner.opened(client, "no-such-key")

    class Away:
        def sign(self, **_question: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://secret-host.example")

    with pytest.raises(SignerUnavailable) as failure:
        await KmsSigner(Away(), key_id, kms.address).sign(DIGESTS[0])
    assert "secret-host" not in str(failure.value)


async def test_signers_of_a_configuration_are_each_platforms_own(tmp_path: Path) -> None:
    key_file = tmp_path / "key.hex"
    key_file.write_text(SECRET.hex())
    signers = await opened_signers([FileSignerSection(kind="file", platform="broker-a", evm_key_file=key_file)])
    assert signers.of("broker-a", address_of(SECRET)).address == address_of(SECRET)
    for platform, address in (("broker-b", address_of(SECRET)), ("broker-a", b"\x01" * 20)):
        with pytest.raises(NoDelegatedSigner):
            signers.of(platform, address)


@given(st.binary(min_size=32, max_size=32), st.integers(1, ORDER - 1), st.booleans())
def test_any_der_signature_becomes_recoverable_whichever_half_its_s_is_in(
    digest: bytes,
    scalar: int,
    in_upper_half: bool,  # noqa: FBT001  # hypothesis hands it over so
) -> None:
    secret = scalar.to_bytes(32, "big")
    signature = sign_digest(secret, digest)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    der = utils.encode_dss_signature(r, ORDER - s if in_upper_half else s)
    assert recoverable(digest, der, address_of(secret)) == signature
    with pytest.raises(BadSignature):
        recoverable(digest, der, b"\x01" * 20)


@pytest.mark.parametrize("der", [b"", b"\x30\x00", b"\x00" * 70, b"\x30" * 300])
def test_what_is_no_der_signature_is_refused(der: bytes) -> None:
    with pytest.raises(BadSignature):
        recoverable(DIGESTS[0], der, address_of(SECRET))
    with pytest.raises(InvalidKey):
        address_of_spki(der)
