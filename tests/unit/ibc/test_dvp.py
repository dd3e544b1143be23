"""The DvP payload: eight words, one hash that binds every term, and nothing that gives the amount away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from eth_abi.abi import encode as abi_encode
from hypothesis import given
from hypothesis import strategies as st

from ibc.dvp import (
    DVP_ENCODING,
    DVP_PORT,
    DVP_VERSION,
    PAYLOAD_SIZE,
    TERMS_TYPEHASH,
    CashAccount,
    CashLeg,
    DvpPayload,
    LeadLeg,
    SecurityLeg,
    SettlementTerms,
    cash_hash,
    dvp_payload_of,
    packet_of,
    payload_of,
    payload_terms_hash,
    terms_hash,
    trade_cancelled_value,
    trade_locked_value,
    trade_path,
)
from ibc.errors import InvalidTerms
from primitives.errors import DecodeError
from primitives.hashing import sha256
from primitives.keccak import keccak256
from primitives.public_key import SignatureScheme
from primitives.signatures import SoftwareSigner
from primitives.types import Address


def account(node: str, number: int) -> CashAccount:
    key = SoftwareSigner.from_seed(SignatureScheme.ED25519, bytes((number,)) * 32).public_key
    return CashAccount(node, key.encoded())


def evm(number: int) -> Address:
    return Address(bytes((number,)) * 20)


SECURITY = SecurityLeg(1337, evm(1), evm(2), 100, evm(3), evm(4))
CASH = CashLeg("progmat-devnet", "JPY-SC", "SN", 1_000_000, account("CN-B", 1), account("CN-S", 2), b"\x5a" * 32)
TERMS = SettlementTerms(b"\x07" * 32, SECURITY, CASH, LeadLeg.CASH, 1_800_000_000, 1_800_000_600)
PAYLOAD = dvp_payload_of(TERMS)

ALTERED_SECURITY: list[dict[str, Any]] = [
    {"chain_id": 1338},
    {"token": evm(9)},
    {"adapter": evm(9)},
    {"quantity": 101},
    {"seller": evm(9)},
    {"buyer": evm(9)},
]
ALTERED_CASH: list[dict[str, Any]] = [
    {"ledger_id": "other"},
    {"coin_id": "other"},
    {"issuer": "other"},
    {"amount_yen": 1_000_001},
    {"buyer": account("CN-B", 3)},
    {"buyer": account("CN-X", 1)},
    {"seller": account("CN-S", 3)},
    {"seller": account("CN-X", 2)},
    {"salt": b"\x5b" * 32},
]
ALTERED_TERMS: list[dict[str, Any]] = [
    {"trade_id": b"\x08" * 32},
    {"lead_leg": LeadLeg.SECURITIES},
    {"lock_by_s": TERMS.lock_by_s + 1},
    {"settle_by_s": TERMS.settle_by_s + 1},
    *({"security": replace(SECURITY, **change)} for change in ALTERED_SECURITY),
    *({"cash": replace(CASH, **change)} for change in ALTERED_CASH),
]


@pytest.mark.parametrize("change", ALTERED_TERMS, ids=lambda change: str(change)[:60])
def test_a_change_of_any_term_changes_the_hash(change: dict[str, Any]) -> None:
    assert terms_hash(replace(TERMS, **change)) != terms_hash(TERMS)


def test_the_altered_terms_all_have_different_hashes() -> None:
    assert len({terms_hash(replace(TERMS, **change)) for change in ALTERED_TERMS}) == len(ALTERED_TERMS)


def test_moving_bytes_between_neighbouring_names_changes_the_cash_hash() -> None:
    first = replace(CASH, ledger_id="ab", coin_id="c")
    second = replace(CASH, ledger_id="a", coin_id="bc")
    assert cash_hash(first) != cash_hash(second)


def test_the_cash_hash_is_the_agreed_one() -> None:
    fields = [
        CASH.salt,
        b"progmat-devnet",
        b"JPY-SC",
        b"SN",
        (1_000_000).to_bytes(8, "big"),
        b"CN-B",
        CASH.buyer.key,
        b"CN-S",
        CASH.seller.key,
    ]
    packed = b"".join(len(field).to_bytes(2, "big") + field for field in fields)
    assert cash_hash(CASH) == keccak256(b"crossdvp/cash-leg/1" + packed)


def test_the_payload_is_the_abi_encoding_of_eight_words() -> None:
    window = 1 << 128 | TERMS.lock_by_s << 64 | TERMS.settle_by_s
    words = [TERMS.trade_id, evm(1), evm(2), 100, evm(3), evm(4), cash_hash(CASH), window]
    types = ["bytes32", "address", "address", "uint256", "address", "address", "bytes32", "uint256"]
    assert PAYLOAD.encode() == abi_encode(types, words)
    assert len(PAYLOAD.encode()) == PAYLOAD_SIZE
    expected = keccak256(abi_encode(["bytes32", "uint256", *types], [TERMS_TYPEHASH, 1337, *words]))
    assert terms_hash(TERMS) == expected == payload_terms_hash(1337, PAYLOAD)


def test_a_payload_survives_the_wire() -> None:
    decoded = DvpPayload.decode(PAYLOAD.encode())
    assert decoded == PAYLOAD
    assert (decoded.lead_leg, decoded.lock_by_s, decoded.settle_by_s) == (
        LeadLeg.CASH,
        TERMS.lock_by_s,
        TERMS.settle_by_s,
    )


def test_the_packet_carries_the_terms_and_times_out_at_settle_by() -> None:
    packet = packet_of(TERMS, 9, "qbft-0", "progmat-0")
    assert (packet.sequence, packet.source_client, packet.destination_client) == (9, "qbft-0", "progmat-0")
    assert packet.timeout_s == TERMS.settle_by_s
    payload = payload_of(TERMS)
    assert packet.payloads == (payload,)
    assert (payload.source_port, payload.destination_port) == (DVP_PORT, DVP_PORT)
    assert (payload.version, payload.encoding) == (DVP_VERSION, DVP_ENCODING)
    assert payload.value == PAYLOAD.encode()


def with_word(index: int, word: bytes) -> bytes:
    encoded = PAYLOAD.encode()
    return encoded[: 32 * index] + word + encoded[32 * index + 32 :]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        PAYLOAD.encode()[:-1],
        PAYLOAD.encode() + b"\x00",
        PAYLOAD.encode() + bytes(32),
        with_word(0, bytes(32)),
        with_word(1, b"\x01" + bytes(11) + evm(1)),  # bits above an address
        with_word(1, bytes(32)),
        with_word(2, bytes(32)),
        with_word(3, bytes(32)),  # no quantity
        with_word(4, bytes(32)),
        with_word(5, bytes(32)),
        with_word(5, bytes(12) + evm(3)),  # the buyer is the seller
        with_word(7, bytes(32)),
        with_word(7, (3 << 128 | 1 << 64 | 2).to_bytes(32, "big")),  # no such leg
        with_word(7, (1 << 192 | 1 << 128 | 1 << 64 | 2).to_bytes(32, "big")),
        with_word(7, (1 << 128 | 2 << 64 | 2).to_bytes(32, "big")),  # lock-by is settle-by
        with_word(7, (1 << 128 | 3 << 64 | 2).to_bytes(32, "big")),
        with_word(7, (1 << 128 | 0 << 64 | 2).to_bytes(32, "big")),
    ],
)
def test_a_payload_that_is_not_eight_good_words_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidTerms):
        DvpPayload.decode(data)


@given(
    st.binary(min_size=PAYLOAD_SIZE, max_size=PAYLOAD_SIZE)
    | st.integers(0, 7).map(lambda at: with_word(at, b"\x01" * 32))
)
def test_whatever_is_decoded_encodes_to_the_same_bytes(data: bytes) -> None:
    try:
        payload = DvpPayload.decode(data)
    except DecodeError:
        return
    assert payload.encode() == data


@pytest.mark.parametrize(
    "change",
    [
        {"chain_id": 0},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": 2**256},
        {"token": Address(bytes(20))},
        {"adapter": Address(bytes(19))},
        {"seller": evm(4)},
    ],
    ids=str,
)
def test_a_security_leg_out_of_its_limits_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        replace(SECURITY, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"amount_yen": 0},
        {"amount_yen": -1},
        {"amount_yen": 10**15 + 1},
        {"ledger_id": ""},
        {"coin_id": "x" * 257},
        {"issuer": ""},
        {"salt": bytes(31)},
        {"seller": CASH.buyer},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_cash_leg_out_of_its_limits_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        replace(CASH, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"trade_id": bytes(32)},
        {"trade_id": b"\x01" * 31},
        {"lock_by_s": TERMS.settle_by_s},
        {"lock_by_s": 0},
        {"settle_by_s": 2**64},
    ],
    ids=str,
)
def test_terms_out_of_their_limits_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        replace(TERMS, **change)


@pytest.mark.parametrize(("node", "key"), [("", CASH.buyer.key), ("CN", b""), ("CN", b"\x04" + bytes(32))])
def test_an_account_without_a_name_or_a_usable_key_is_refused(node: str, key: bytes) -> None:
    with pytest.raises(DecodeError):
        CashAccount(node, key)


def test_what_became_of_a_trade_has_one_path_and_two_values() -> None:
    hashed = terms_hash(TERMS)
    assert trade_path(TERMS.trade_id) == b"trade/" + TERMS.trade_id
    assert trade_locked_value(hashed) == sha256(b"locked" + hashed)
    assert trade_cancelled_value(hashed) == sha256(b"cancelled" + hashed)
    for maker in (trade_path, trade_locked_value, trade_cancelled_value):
        with pytest.raises(DecodeError):
            maker(b"short")
