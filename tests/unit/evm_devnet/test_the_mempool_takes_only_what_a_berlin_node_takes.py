from __future__ import annotations

import pytest
import rlp
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.evm.devnet import mempool
from chains.evm.devnet.errors import RequestRefused
from primitives.secp256k1 import ORDER, address_of
from tests.fakes.evm_devnet_world import (
    ALSO_RICH,
    CHAIN_ID,
    POOR,
    RECIPIENT,
    RICH,
    DevnetWorld,
    RpcFailure,
    devnet_config,
    hex_of,
)


@pytest.fixture
def world() -> DevnetWorld:
    return DevnetWorld()


def test_a_transfer_at_gas_price_zero_is_included(world: DevnetWorld) -> None:
    evm_tx_hash = world.send(RICH, value=5, gas=21_000)
    world.mine()
    receipt = world.rpc("eth_getTransactionReceipt", evm_tx_hash)
    assert (receipt["status"], receipt["gasUsed"]) == ("0x1", "0x5208")
    assert world.rpc("eth_getBalance", hex_of(RECIPIENT), "latest") == "0x5"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chainId": 1}, "invalid chain id"),
        ({"gas": 20_999}, "intrinsic gas too low"),
        ({"gas": 100_000_001}, "exceeds block gas limit"),
        ({"value": 10**30}, "insufficient funds"),
        ({"gasPrice": 10**30}, "insufficient funds"),
        ({"nonce": 5000}, "nonce too high"),
    ],
)
def test_a_bad_transaction_is_refused_in_words_that_clients_know(
    world: DevnetWorld, changes: dict[str, int], words: str
) -> None:
    with pytest.raises(RpcFailure, match=words) as failure:
        world.send(RICH, **changes)
    assert failure.value.code == -32000


def test_a_used_nonce_is_too_low(world: DevnetWorld) -> None:
    world.send(RICH, nonce=0)
    world.mine()
    with pytest.raises(RpcFailure, match="nonce too low"):
        world.send(RICH, nonce=0, value=1)


def test_the_same_transaction_twice_is_already_known(world: DevnetWorld) -> None:
    raw = world.signed(RICH)
    world.rpc("eth_sendRawTransaction", raw)
    with pytest.raises(RpcFailure, match="already known"):
        world.rpc("eth_sendRawTransaction", raw)


def test_an_unprotected_transaction_could_be_replayed_from_another_chain_and_is_refused(world: DevnetWorld) -> None:
    fields = {"nonce": 0, "gas": 21_000, "gasPrice": 0, "to": RECIPIENT, "value": 0, "data": b""}
    raw = hex_of(bytes(Account.sign_transaction(fields, RICH).raw_transaction))
    with pytest.raises(RpcFailure, match="replay-protected"):
        world.rpc("eth_sendRawTransaction", raw)


def test_typed_transactions_do_not_exist_here(world: DevnetWorld) -> None:
    fields = {
        "type": 2,
        "nonce": 0,
        "gas": 21_000,
        "maxFeePerGas": 0,
        "maxPriorityFeePerGas": 0,
        "to": RECIPIENT,
        "value": 0,
        "chainId": CHAIN_ID,
    }
    raw = hex_of(bytes(Account.sign_transaction(fields, RICH).raw_transaction))
    with pytest.raises(RpcFailure, match="type not supported"):
        world.rpc("eth_sendRawTransaction", raw)


def test_the_malleable_twin_of_a_signature_is_refused(world: DevnetWorld) -> None:
    fields = rlp.decode(bytes.fromhex(world.signed(RICH)[2:]))
    v, s = int.from_bytes(fields[6], "big"), int.from_bytes(fields[8], "big")
    base = 35 + 2 * CHAIN_ID
    twin = [*fields[:6], (base + 1 - (v - base)).to_bytes(3, "big"), fields[7], (ORDER - s).to_bytes(32, "big")]
    with pytest.raises(RpcFailure, match="invalid sender"):
        world.rpc("eth_sendRawTransaction", hex_of(rlp.encode(twin)))


def test_trailing_bytes_and_leading_zeros_are_refused(world: DevnetWorld) -> None:
    raw = bytes.fromhex(world.signed(RICH)[2:])
    fields = rlp.decode(raw)
    for bad in (raw + b"\x00", rlp.encode([*fields[:2], b"\x00" + fields[2], *fields[3:]]), rlp.encode([*fields, b""])):
        with pytest.raises(RpcFailure, match="rlp"):
            world.rpc("eth_sendRawTransaction", hex_of(bad))


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_in_its_own_way(raw: bytes) -> None:
    with pytest.raises(RequestRefused):
        mempool.decode_evm_tx(b"\xc1" + raw if not raw or raw[0] > 0x7F else raw)


def test_an_oversized_transaction_is_refused_before_it_is_decoded(world: DevnetWorld) -> None:
    with pytest.raises(RpcFailure, match="oversized data"):
        world.rpc("eth_sendRawTransaction", "0x" + "c0" * (mempool.MAX_EVM_TX_BYTES + 1))


def test_nonces_that_arrive_out_of_order_are_included_in_order(world: DevnetWorld) -> None:
    last, first, middle = (world.send(RICH, nonce=nonce) for nonce in (2, 0, 1))
    assert world.nonce(RICH) == 3
    world.mine()
    assert world.block("latest")["transactions"] == [first, middle, last]


def test_a_gap_waits_until_it_is_filled(world: DevnetWorld) -> None:
    world.send(RICH, nonce=1)
    world.mine()
    assert world.rpc("eth_getBlockTransactionCountByNumber", "latest") == "0x0"
    assert world.nonce(RICH) == 0
    world.send(RICH, nonce=0)
    world.mine()
    assert world.rpc("eth_getBlockTransactionCountByNumber", "latest") == "0x2"


def test_a_waiting_transaction_is_replaced_only_for_a_tenth_more(world: DevnetWorld) -> None:
    world.send(RICH, nonce=0, gasPrice=100)
    with pytest.raises(RpcFailure, match="replacement transaction underpriced"):
        world.send(RICH, nonce=0, gasPrice=109)
    replacement = world.send(RICH, nonce=0, gasPrice=110)
    world.mine()
    assert world.block("latest")["transactions"] == [replacement]


def test_two_that_cannot_both_be_paid_do_not_stop_the_chain() -> None:
    world = DevnetWorld()
    world.send(RICH, to=address_of(POOR), value=100)
    world.mine()
    world.send(POOR, nonce=0, value=100)
    world.send(POOR, nonce=1, value=100)
    world.send(POOR, nonce=2)
    world.send(ALSO_RICH, value=1)
    world.mine()
    assert world.rpc("eth_getBlockTransactionCountByNumber", "latest") == "0x2"
    assert world.rpc("eth_getTransactionCount", hex_of(address_of(POOR)), "latest") == "0x1"


def test_what_does_not_fit_waits_for_the_next_block_with_its_followers() -> None:
    world = DevnetWorld(devnet_config(gas_limit=5_000_000))
    hashes = [world.send(RICH, gas=2_000_000) for _ in range(4)]
    world.mine()
    # each uses only 21,000, so the limits asked for fit again
    assert world.block("latest")["transactions"] == hashes
    big = [world.send(RICH, gas=4_990_000), world.send(RICH, gas=4_990_000), world.send(RICH, gas=30_000)]
    world.mine()
    assert world.block("latest")["transactions"] == big[:1]
    world.mine()
    assert world.block("latest")["transactions"] == big[1:]


def test_a_sender_cannot_fill_the_pool_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mempool, "MAX_WAITING_PER_SENDER", 3)
    monkeypatch.setattr(mempool, "MAX_WAITING", 4)
    world = DevnetWorld()
    for _ in range(3):
        world.send(RICH)
    with pytest.raises(RpcFailure, match="account limit exceeded"):
        world.send(RICH)
    world.send(ALSO_RICH)
    with pytest.raises(RpcFailure, match="txpool is full"):
        world.send(ALSO_RICH)
