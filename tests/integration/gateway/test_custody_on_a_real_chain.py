"""Custody over gRPC against a real chain: prepared, signed by the platform's key, handed in, followed to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from crossdvp.gateway.v1 import custody_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2

from chains.evm.client.unsigned_tx import UnsignedEvmTx
from chains.rpc_status import RemoteCallerError
from ibc.dvp import LeadLeg, SettlementTerms, terms_hash
from primitives.secp256k1 import sign_digest
from relayer.gateway.matching import Side
from tests.fakes.evm_settlement_world import BUYER, EARMARK_MARGIN_S, SELLER
from tests.fakes.services_world import ServicesWorld, services_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ServicesWorld]:
    async with services_world(tmp_path) as running:
        yield running


async def _reason(call: Awaitable[Any]) -> str:
    with pytest.raises(RemoteCallerError) as refusal:
        await call
    return refusal.value.reason


async def _matched(world: ServicesWorld, terms: SettlementTerms) -> str:
    for caller, side in (("broker-a", Side.SELLER), ("broker-b", Side.BUYER)):
        settlement = await world.gateway.client(caller).create(side, terms)
    return settlement.name


async def _prepare(
    world: ServicesWorld,
    name: str,
    caller: str = "broker-a",
    action: Any = pb.CUSTODY_ACTION_HOLD,  # noqa: ANN401  # a generated enum value
) -> pb.PrepareTransactionResponse:
    request = pb.PrepareTransactionRequest(settlement=name, action=action)
    answer: pb.PrepareTransactionResponse = await world.services(caller).call(request)
    return answer


def _unsigned(prepared: pb.PreparedTransaction) -> UnsignedEvmTx:
    """As a platform rebuilds it from the fields that it shows its people, not from the bytes it is given."""
    price_wei = int(prepared.gas_price_wei)
    return UnsignedEvmTx(prepared.evm_chain_id, prepared.nonce, price_wei, prepared.gas, prepared.to, prepared.data)


def _signed(unsigned: UnsignedEvmTx, secret: bytes = SELLER) -> bytes:
    return unsigned.signed(sign_digest(secret, unsigned.digest)).raw


async def _execute(
    world: ServicesWorld, prepared: pb.PreparedTransaction, raw: bytes, caller: str = "broker-a"
) -> pb.Operation:
    request = pb.ExecuteTransactionRequest(prepared_transaction=prepared.name, signed_transaction=raw)
    answer: pb.ExecuteTransactionResponse = await world.services(caller).call(request)
    return answer.operation


async def _ended(world: ServicesWorld, name: str, caller: str = "broker-a") -> pb.Operation:
    """Followed until it has ended; what it waits for is another task of this loop."""
    async with asyncio.timeout(10):
        while True:
            operation: pb.Operation = (await world.services(caller).call(pb.GetOperationRequest(name=name))).operation
            if operation.state != pb.OPERATION_STATE_PENDING:
                return operation
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("lead", list(LeadLeg))
async def test_a_seller_holds_its_tokens_with_nothing_but_its_own_signatures(
    world: ServicesWorld, lead: LeadLeg
) -> None:
    terms = replace(world.terms(), lead_leg=lead)
    name = await _matched(world, terms)
    steps = (await _prepare(world, name)).prepared_transactions
    last = "earmark" if lead is LeadLeg.CASH else "lock_and_send"
    assert [step.step for step in steps] == ["approve", last]
    assert [step.nonce for step in steps] == [steps[0].nonce, steps[0].nonce + 1]
    for step in steps:
        unsigned = _unsigned(step)
        assert (unsigned.unsigned_rlp, unsigned.digest) == (step.unsigned_rlp, step.signing_digest)
        assert step.sender == world.chain.seller.address
        operation = await _execute(world, step, _signed(unsigned))
        ended = await _ended(world, operation.name)
        assert (ended.state, ended.error_reason) == (pb.OPERATION_STATE_INCLUDED, ""), ended.error_message
        assert ended.height > 0
    assert await world.chain.app.earmark_of(world.chain.rpc, terms.trade_id) == terms_hash(terms)
    again = await _prepare(world, name)
    assert not again.prepared_transactions
    assert "already" in again.then


async def test_people_can_read_what_they_sign(world: ServicesWorld) -> None:
    terms = world.terms()
    approve, earmark = (await _prepare(world, await _matched(world, terms))).prepared_transactions
    assert (approve.function, approve.to) == ("approve(address,uint256)", terms.security.token)
    assert {each.name: each.value for each in approve.arguments}["value"] == str(terms.security.quantity)
    shown = {each.name: each.value for each in earmark.arguments}
    assert shown["terms.buyer"] == "0x" + terms.security.buyer.hex()
    assert shown["terms.hash"] == "0x" + terms_hash(terms).hex()


async def test_handing_in_twice_is_one_operation_and_another_signature_is_refused(world: ServicesWorld) -> None:
    approve, _ = (await _prepare(world, await _matched(world, world.terms()))).prepared_transactions
    raw = _signed(_unsigned(approve))
    first = await _execute(world, approve, raw)
    await _ended(world, first.name)
    assert (await _execute(world, approve, raw)).name == first.name
    nonce = await world.chain.rpc.nonce(world.chain.seller.address)
    assert nonce == approve.nonce + 1
    other = pb.ExecuteTransactionRequest(prepared_transaction=approve.name, use_delegated_signer=True)
    assert (await world.services("broker-a").call(other)).operation.name == first.name  # the same bytes: RFC 6979


_FORGERIES: dict[str, tuple[str, Callable[[UnsignedEvmTx], UnsignedEvmTx], bytes]] = {
    "another chain": ("chain_id", lambda tx: replace(tx, chain_id=1), SELLER),
    "another key": ("sender", lambda tx: tx, BUYER),
    "another contract": ("to", lambda tx: replace(tx, to=b"\x66" * 20), SELLER),
    "other data": ("data", lambda tx: replace(tx, data=tx.data[:-1] + b"\xff"), SELLER),
    "more data": ("data", lambda tx: replace(tx, data=tx.data + b"\x00"), SELLER),
    "value": ("value", lambda tx: replace(tx, value_wei=1), SELLER),
    "another nonce": ("nonce", lambda tx: replace(tx, nonce=tx.nonce + 1), SELLER),
    "more gas": ("gas", lambda tx: replace(tx, gas=tx.gas + 1), SELLER),
    "a dearer gas price": ("gas_price", lambda tx: replace(tx, gas_price_wei=1), SELLER),
}


async def test_nothing_is_sent_but_what_was_prepared(world: ServicesWorld) -> None:
    approve, _ = (await _prepare(world, await _matched(world, world.terms()))).prepared_transactions
    nonce = await world.chain.rpc.nonce(world.chain.seller.address)
    for label, (field, forge, secret) in _FORGERIES.items():
        with pytest.raises(RemoteCallerError) as refusal:
            await _execute(world, approve, _signed(forge(_unsigned(approve)), secret))
        assert (refusal.value.reason, refusal.value.metadata["field"]) == ("EVM_TX_DIFFERS", field), label
    for raw in (b"", b"\x00", b"\xc0", approve.unsigned_rlp, _signed(_unsigned(approve)) + b"\x00", b"\x02" + b"\xc0"):
        assert await _reason(_execute(world, approve, raw)) in {"EVM_TX_MALFORMED", "BAD_REQUEST"}
    assert await world.chain.rpc.nonce(world.chain.seller.address) == nonce


async def test_what_is_prepared_for_one_platform_is_not_there_for_another(world: ServicesWorld) -> None:
    name = await _matched(world, world.terms())
    approve, _ = (await _prepare(world, name)).prepared_transactions
    raw = _signed(_unsigned(approve))
    assert await _reason(_execute(world, approve, raw, "broker-b")) == "PREPARED_TRANSACTION_UNKNOWN"
    operation = await _execute(world, approve, raw)
    theirs = world.services("broker-b").call(pb.GetOperationRequest(name=operation.name))
    assert await _reason(theirs) == "OPERATION_UNKNOWN"
    assert await _reason(_prepare(world, name, "broker-c")) == "SETTLEMENT_UNKNOWN"
    reclaim = _prepare(world, name, "broker-b", pb.CUSTODY_ACTION_RECLAIM)
    assert await _reason(reclaim) == "NOT_YOUR_SIDE"
    assert not (await _prepare(world, name, "broker-b")).prepared_transactions


async def test_what_was_prepared_long_ago_is_prepared_again(world: ServicesWorld) -> None:
    name = await _matched(world, world.terms())
    approve, _ = (await _prepare(world, name)).prepared_transactions
    world.chain.clock.now_s += 600
    assert await _reason(_execute(world, approve, _signed(_unsigned(approve)))) == "PREPARED_TRANSACTION_EXPIRED"
    fresh, _ = (await _prepare(world, name)).prepared_transactions
    unknown = _execute(world, approve, _signed(_unsigned(approve)))
    assert await _reason(unknown) == "PREPARED_TRANSACTION_UNKNOWN"
    await _ended(world, (await _execute(world, fresh, _signed(_unsigned(fresh)))).name)


async def test_a_transaction_that_reverts_says_why(world: ServicesWorld) -> None:
    _, earmark = (await _prepare(world, await _matched(world, world.terms()))).prepared_transactions
    blocker = UnsignedEvmTx(earmark.evm_chain_id, earmark.nonce - 1, 0, 60_000, earmark.to, b"")
    with pytest.raises(RemoteCallerError):
        await _execute(world, earmark, _signed(blocker))
    await world.chain.seller.execute(world.chain.token.approve(b"\x55" * 20, 1), 10.0)  # not what was prepared
    ended = await _ended(world, (await _execute(world, earmark, _signed(_unsigned(earmark)))).name)
    assert (ended.state, ended.error_reason) == (pb.OPERATION_STATE_FAILED, "EVM_TX_FAILED")
    assert ended.error_message
    assert ended.gas_used > 0


async def test_a_nonce_that_another_wallet_used_ends_the_operation(world: ServicesWorld) -> None:
    approve, _ = (await _prepare(world, await _matched(world, world.terms()))).prepared_transactions
    await world.chain.seller.execute(world.chain.token.approve(b"\x55" * 20, 1), 10.0)
    ended = await _ended(world, (await _execute(world, approve, _signed(_unsigned(approve)))).name)
    assert (ended.state, ended.error_reason) == (pb.OPERATION_STATE_FAILED, "EVM_NONCE_USED")


async def test_a_gateway_that_dies_after_the_answer_still_sends(world: ServicesWorld) -> None:
    approve, _ = (await _prepare(world, await _matched(world, world.terms()))).prepared_transactions
    operation = await _execute(world, approve, _signed(_unsigned(approve)))
    await world.gateway.restart()
    assert (await _ended(world, operation.name)).state == pb.OPERATION_STATE_INCLUDED


async def test_the_seller_takes_its_tokens_back_after_their_time_and_not_before(world: ServicesWorld) -> None:
    terms = world.terms()
    name = await _matched(world, terms)
    await world.chain.earmark(terms)
    reclaim = pb.CUSTODY_ACTION_RECLAIM
    assert await _reason(_prepare(world, name, action=reclaim)) == "STEP_NOT_DUE"
    for wrong in (pb.CUSTODY_ACTION_RELEASE_REFUSED, pb.CUSTODY_ACTION_RELEASE_CANCELLED):
        assert await _reason(_prepare(world, name, action=wrong)) == "STEP_NOT_DUE"
    world.chain.advance_to(terms.settle_by_s + EARMARK_MARGIN_S)
    (step,) = (await _prepare(world, name, action=reclaim)).prepared_transactions
    balance = await world.chain.token.balance_of(world.chain.rpc, world.chain.seller.address)
    await _ended(world, (await _execute(world, step, _signed(_unsigned(step)))).name)
    after = await world.chain.token.balance_of(world.chain.rpc, world.chain.seller.address)
    assert after == balance + terms.security.quantity


async def test_a_delegated_signer_signs_for_its_own_platform_only(world: ServicesWorld) -> None:
    name = await _matched(world, world.terms())
    approve, _ = (await _prepare(world, name)).prepared_transactions
    request = pb.ExecuteTransactionRequest(prepared_transaction=approve.name, use_delegated_signer=True)
    operation = (await world.services("broker-a").call(request)).operation
    assert (await _ended(world, operation.name)).state == pb.OPERATION_STATE_INCLUDED
    *_, ours = (await _prepare(world, await _matched(world, world.terms()), "house")).prepared_transactions
    theirs = pb.ExecuteTransactionRequest(prepared_transaction=ours.name, use_delegated_signer=True)
    assert await _reason(world.services("house").call(theirs)) == "NO_DELEGATED_SIGNER"
    refused = pb.ExecuteTransactionRequest(prepared_transaction=ours.name, use_delegated_signer=False)
    assert await _reason(world.services("house").call(refused)) == "BAD_REQUEST"


async def test_validating_only_remembers_and_sends_nothing(world: ServicesWorld) -> None:
    name = await _matched(world, world.terms())
    request = pb.PrepareTransactionRequest(settlement=name, action=pb.CUSTODY_ACTION_HOLD, validate_only=True)
    shown = (await world.services("broker-a").call(request)).prepared_transactions[0]
    unknown = _execute(world, shown, _signed(_unsigned(shown)))
    assert await _reason(unknown) == "PREPARED_TRANSACTION_UNKNOWN"
    approve, _ = (await _prepare(world, name)).prepared_transactions
    nonce = await world.chain.rpc.nonce(world.chain.seller.address)
    checked = pb.ExecuteTransactionRequest(
        prepared_transaction=approve.name, signed_transaction=_signed(_unsigned(approve)), validate_only=True
    )
    operation = (await world.services("broker-a").call(checked)).operation
    untold = world.services("broker-a").call(pb.GetOperationRequest(name=operation.name))
    assert await _reason(untold) == "OPERATION_UNKNOWN"
    assert await world.chain.rpc.nonce(world.chain.seller.address) == nonce


async def test_no_action_is_a_bad_request(world: ServicesWorld) -> None:
    name = await _matched(world, world.terms())
    assert settlement_service_pb2.Settlement(name=name).name == name
    assert await _reason(_prepare(world, name, action=pb.CUSTODY_ACTION_UNSPECIFIED)) == "BAD_REQUEST"
