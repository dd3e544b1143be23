"""No message of the gateway's services has a place for a secret, and signed transactions have one encoding."""

from __future__ import annotations

import re

import pytest
from crossdvp.gateway.v1 import (
    custody_service_pb2,
    instrument_service_pb2,
    party_service_pb2,
    preflight_service_pb2,
    proof_service_pb2,
)
from google.protobuf.descriptor import Descriptor
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.client.unsigned_tx import UnsignedEvmTx, read_signed_tx
from primitives.errors import BadSignature, DecodeError, PeerError
from primitives.rlp import encode, split_list, string_payload
from primitives.secp256k1 import ORDER, address_of, sign_digest

FILES = (
    custody_service_pb2,
    instrument_service_pb2,
    party_service_pb2,
    preflight_service_pb2,
    proof_service_pb2,
)
SECRET_WORDS = re.compile(r"secret|private|password|passphrase|mnemonic|seed|keystore|key_id|credential")
PUBLIC_KEYS = {"account_key"}  # of a cash account: public
SECRET = b"\x05" * 32


def _fields(message: Descriptor) -> set[str]:
    names = {field.name for field in message.fields}
    return names.union(*(_fields(nested) for nested in message.nested_types)) if message.nested_types else names


@pytest.mark.parametrize("file", FILES, ids=[file.DESCRIPTOR.name.rpartition("/")[2] for file in FILES])
def test_no_field_is_named_after_a_secret(file: object) -> None:
    descriptor = file.DESCRIPTOR  # type: ignore[attr-defined]  # every generated module has one
    for message in descriptor.message_types_by_name.values():
        for name in _fields(message):
            assert not SECRET_WORDS.search(name), f"{message.name}.{name}"
            assert not name.endswith("key") or name in PUBLIC_KEYS, f"{message.name}.{name}"


UNSIGNED = UnsignedEvmTx(919_191, 3, 0, 100_000, b"\x22" * 20, b"\x01\x02")
_CONTENT = st.builds(
    UnsignedEvmTx,
    chain_id=st.integers(1, 2**63),
    nonce=st.integers(0, 2**64 - 1),
    gas_price_wei=st.integers(0, 2**128),
    gas=st.integers(0, 2**64 - 1),
    to=st.binary(min_size=20, max_size=20),
    data=st.binary(max_size=300),
    value_wei=st.integers(0, 2**128),
)


@given(_CONTENT)
def test_what_is_signed_is_read_back_whole(content: UnsignedEvmTx) -> None:
    read = read_signed_tx(content.signed(sign_digest(SECRET, content.digest)).raw)
    assert (read.content, read.sender) == (content, address_of(SECRET))


def test_our_encoding_is_the_one_that_wallets_make() -> None:
    from eth_account import Account

    fields = {"nonce": 3, "gasPrice": 0, "gas": 100_000, "to": UNSIGNED.to, "value": 0, "data": UNSIGNED.data}
    signed = Account.sign_transaction({**fields, "chainId": UNSIGNED.chain_id}, SECRET)
    ours = UNSIGNED.signed(sign_digest(SECRET, UNSIGNED.digest))
    assert (bytes(signed.raw_transaction), bytes(signed.hash)) == (ours.raw, ours.evm_tx_hash)


def _items() -> list[bytes]:
    return [string_payload(item) for item in split_list(UNSIGNED.signed(sign_digest(SECRET, UNSIGNED.digest)).raw)]


def test_the_other_half_of_a_signature_is_refused() -> None:
    """Malleability: the same transaction under another hash would be followed for ever."""
    items = _items()
    s = int.from_bytes(items[8], "big")
    items[8] = (ORDER - s).to_bytes(32, "big")
    items[6] = (int.from_bytes(items[6], "big") ^ 1).to_bytes(len(items[6]), "big")
    with pytest.raises(BadSignature):
        read_signed_tx(encode(items))


def test_a_signature_without_a_chain_id_is_refused() -> None:
    for v in (27, 28, 0, 1, 35, 36):
        items = _items()
        items[6] = bytes([v]) if v else b""
        with pytest.raises((DecodeError, BadSignature)):
            read_signed_tx(encode(items))


def test_fields_that_are_missing_too_many_or_padded_are_refused() -> None:
    items = _items()
    forgeries = [items[:8], [*items, b""], [b"\x00" + items[0], *items[1:]], [*items[:3], b"", *items[4:]]]
    for forged in forgeries:
        with pytest.raises((DecodeError, BadSignature)):
            read_signed_tx(encode(forged))
    with pytest.raises(DecodeError):
        read_signed_tx(bytes(200 * 1024))


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail_in_another_way(raw: bytes) -> None:
    try:
        read_signed_tx(raw)
    except PeerError:
        return
