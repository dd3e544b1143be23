"""Signing, beside the library that wallets use: the same bytes, the same hash."""

from __future__ import annotations

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from chains.evm.client.abi import EvmCall
from chains.evm.client.fees import Fee
from chains.evm.client.signing import sign_call

SECRET = b"\x11" * 32
UINT64 = st.integers(0, 2**63)


@given(
    chain_id=st.integers(1, 2**40),
    nonce=UINT64,
    gas=st.integers(21_000, 2**40),
    price_wei=UINT64,
    value_wei=UINT64,
    data=st.binary(max_size=300),
    is_dynamic=st.booleans(),
)
def test_a_signed_transaction_is_that_of_the_reference_library(
    chain_id: int, nonce: int, gas: int, price_wei: int, value_wei: int, data: bytes, *, is_dynamic: bool
) -> None:
    call = EvmCall(b"\xaa" * 20, data, value_wei)
    fields = {"nonce": nonce, "gas": gas, "to": call.to, "value": value_wei, "data": data, "chainId": chain_id}
    if is_dynamic:
        fee = Fee(price_wei, price_wei // 2)
        fields |= {"type": 2, "maxFeePerGas": price_wei, "maxPriorityFeePerGas": price_wei // 2}
    else:
        fee = Fee(price_wei)
        fields["gasPrice"] = price_wei
    expected = Account.sign_transaction(fields, SECRET)
    signed = sign_call(SECRET, chain_id, call, nonce, gas, fee)
    assert (signed.raw, signed.evm_tx_hash) == (bytes(expected.raw_transaction), bytes(expected.hash))
    assert signed.nonce == nonce


@pytest.mark.parametrize("size", [0, 1, 55, 56, 100_000])
def test_call_data_of_any_size_is_signed_as_it_is(size: int) -> None:
    call = EvmCall(b"\xaa" * 20, b"\x7f" * size)
    fields = {"nonce": 0, "gas": 21_000, "to": call.to, "value": 0, "data": call.data, "chainId": 1, "gasPrice": 0}
    assert sign_call(SECRET, 1, call, 0, 21_000).raw == bytes(Account.sign_transaction(fields, SECRET).raw_transaction)
