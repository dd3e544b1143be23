"""How keys are attested: what is written to and read from each kind of machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from light_clients.enclave.attestation.cbor import decode_cbor, encode_head
from primitives.errors import InvalidArgument
from relayer.enclave.devices import AttestationFailed, GramineDevice, NitroDevice, nsm_request

REPORT_DATA = bytes(range(64))


def test_gramine_gets_the_report_data_and_gives_the_quote(tmp_path: Path) -> None:
    (tmp_path / "quote").write_bytes(b"a quote")
    assert GramineDevice(tmp_path).attest(REPORT_DATA) == b"a quote"
    assert (tmp_path / "user_report_data").read_bytes() == REPORT_DATA


def test_a_machine_without_sgx_says_so(tmp_path: Path) -> None:
    with pytest.raises(AttestationFailed, match="gramine-sgx"):
        GramineDevice(tmp_path / "absent").attest(REPORT_DATA)


@pytest.mark.parametrize("quote", [b"", bytes(20_000)])
def test_a_quote_of_no_size_or_too_long_is_refused(tmp_path: Path, quote: bytes) -> None:
    (tmp_path / "quote").write_bytes(quote)
    with pytest.raises(AttestationFailed):
        GramineDevice(tmp_path).attest(REPORT_DATA)


def test_nitros_module_is_asked_for_a_document_with_the_report_data() -> None:
    asked: list[bytes] = []
    document = b"document"
    text = b"".join(encode_head(3, len(each)) + each for each in (b"Attestation",))
    inner = encode_head(5, 1) + encode_head(3, 8) + b"document" + encode_head(2, len(document)) + document

    def module(_device: Path, request: bytes) -> bytes:
        asked.append(request)
        return encode_head(5, 1) + text + inner

    assert NitroDevice(call=module).attest(REPORT_DATA) == document
    assert decode_cbor(asked[0], max_bytes=4096) == {
        "Attestation": {"user_data": REPORT_DATA, "nonce": None, "public_key": None}
    }


@pytest.mark.parametrize("answer", ["a1654572726f726c496e76616c69644f70", "f6", "", "a16b4174746573746174696f6e a0"])
def test_another_answer_of_nitros_module_is_no_document(answer: str) -> None:
    device = NitroDevice(call=lambda _device, _request: bytes.fromhex(answer))
    with pytest.raises(AttestationFailed):
        device.attest(REPORT_DATA)


def test_a_machine_without_nitro_says_so(tmp_path: Path) -> None:
    with pytest.raises(AttestationFailed, match="Nitro"):
        NitroDevice(tmp_path / "nsm").attest(REPORT_DATA)


def test_report_data_of_another_size_is_never_attested(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument):
        GramineDevice(tmp_path).attest(bytes(63))
    assert len(nsm_request(REPORT_DATA)) < 4096
