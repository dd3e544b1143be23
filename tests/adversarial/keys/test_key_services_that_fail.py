"""KMS that is away, throttles, or says no: told apart by blame, retried where that helps, and nothing half done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from chains.progmat.identity import KeyPurpose, KeyStore, StoreOptions
from chains.progmat.keys import aws_wrapper
from chains.progmat.keys.aws_wrapper import MAX_ATTEMPTS, AwsKeyWrapper, kms_client
from chains.progmat.keys.context import EncryptionContext
from chains.progmat.keys.envelopes import WrappedDataKey, Wrapping
from chains.progmat.keys.errors import KeyAccessDenied, KeyBackendMissing, KeyServiceUnavailable
from chains.progmat.keys.hsm_token import HsmToken, pkcs11_package
from primitives.errors import UnavailableError
from primitives.signatures import SignatureScheme, verify
from tests.fakes.kms import mock_kms, new_master_key

CONTEXT = EncryptionContext("cn-a", "data-key", "store-1", 1)


class Answers:
    """Answers the next requests itself, ``b""`` stands for letting one through; counts all."""

    def __init__(self, client: Any, status: int, answers: list[bytes]) -> None:  # noqa: ANN401  # boto3 has no types
        self.asked = 0
        self._status = status
        self._answers = answers
        client.meta.events.register_first("before-send.kms", self._answer)

    def _answer(self, request: Any, **_: object) -> AWSResponse | None:  # noqa: ANN401  # as above
        self.asked += 1
        body = self._answers.pop(0) if self._answers else b""
        return AWSResponse(request.url, self._status, {}, Raw(body)) if body else None


class Raw:
    """A body as botocore reads one."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> list[bytes]:
        return [self._body]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)


def error(code: str) -> bytes:
    return b'{"__type":"%s","message":"no"}' % code.encode()


def test_a_service_that_answers_the_third_time_is_not_seen_to_have_failed() -> None:
    with mock_kms() as client:
        wrapper = AwsKeyWrapper(client, new_master_key(client))
        answers = Answers(client, 500, [error("KMSInternalException")] * 2)
        assert len(wrapper.generate_data_key(CONTEXT).plaintext) == 32
        assert answers.asked == 3


def test_one_that_never_answers_is_unavailable_after_a_bounded_number_of_tries() -> None:
    with mock_kms() as client:
        wrapper = AwsKeyWrapper(client, new_master_key(client))
        answers = Answers(client, 500, [error("KMSInternalException")] * 99)
        with pytest.raises(KeyServiceUnavailable) as failure:
            wrapper.generate_data_key(CONTEXT)
        assert isinstance(failure.value, UnavailableError)
        assert answers.asked == MAX_ATTEMPTS


def test_a_no_is_not_retried_and_is_the_callers_to_solve() -> None:
    codes = ["AccessDeniedException", "DisabledException", "NotFoundException", "MadeUpException"]
    with mock_kms() as client:
        wrapper = AwsKeyWrapper(client, new_master_key(client))
        answers = Answers(client, 400, [error(code) for code in codes])
        for asked, code in enumerate(codes, 1):
            with pytest.raises(KeyAccessDenied) as refusal:
                wrapper.generate_data_key(CONTEXT)
            assert (refusal.value.answer, answers.asked) == (code, asked)


def test_nobody_at_the_address_is_unavailable_and_the_address_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    client = kms_client("ap-northeast-1", "http://127.0.0.1:1")
    with pytest.raises(KeyServiceUnavailable) as failure:
        AwsKeyWrapper(client, "alias/none").unwrap(WrappedDataKey(Wrapping.AWS_KMS, "alias/none", b"blob"), CONTEXT)
    assert "127.0.0.1" not in str(failure.value)


def test_a_node_goes_on_until_its_data_key_expires_and_again_when_kms_is_back(tmp_path: Path) -> None:
    now_s = [0.0]
    with mock_kms() as client:
        wrapper = AwsKeyWrapper(client, new_master_key(client))
        options = StoreOptions("cn-a", cache_s=60, clock_s=lambda: now_s[0])
        store = KeyStore.create_with(tmp_path / "keys.db", wrapper, options)
        node = store.generate("node", KeyPurpose.NODE, SignatureScheme.ED25519).public_key

        def sign() -> None:
            signer = store.signer(node)
            assert signer is not None
            verify(node, b"message", signer.sign(b"message"))

        sign()
        away = Answers(client, 500, [error("KMSInternalException")] * (3 * MAX_ATTEMPTS))
        with pytest.raises(KeyServiceUnavailable):
            store.data_keys.renew()
        now_s[0] = 59.0
        sign()  # with what it has
        now_s[0] = 61.0
        with pytest.raises(KeyServiceUnavailable):
            sign()
        with pytest.raises(KeyServiceUnavailable):
            store.generate("account/1", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)
        assert store.key("account/1") is None
        assert away.asked == 3 * MAX_ATTEMPTS
        sign()
        assert store.generate("account/1", KeyPurpose.ACCOUNT, SignatureScheme.ED25519)


def test_a_service_that_hands_out_short_data_keys_is_refused() -> None:
    class Short:
        def generate_data_key(self, **_question: object) -> dict[str, object]:
            return {"KeyId": "arn", "Plaintext": b"\x01" * 16, "CiphertextBlob": b"blob"}

    with pytest.raises(Exception, match="32 bytes") as refusal:
        AwsKeyWrapper(Short(), "arn").generate_data_key(CONTEXT)
    assert "0101" not in str(refusal.value)


def test_a_missing_package_or_module_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(KeyBackendMissing, match="PKCS#11 module"):
        HsmToken(tmp_path / "none.so", "label", lambda: "pin").use(lambda session: session)
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeyBackendMissing, match="extra hsm"):
        pkcs11_package()
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(KeyBackendMissing, match="extra kms"):
        aws_wrapper.kms_client("ap-northeast-1")
