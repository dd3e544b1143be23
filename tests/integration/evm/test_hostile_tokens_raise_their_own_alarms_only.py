"""Anybody may have any token held: one that reports nonsense hides nothing of what is done to others' tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import created_address
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import adapter_address
from chains.evm.client.interference import FROZEN_EVENT
from ibc.dvp import DvpPayload, dvp_payload_of
from primitives.types import Address
from relayer.gateway.evm_side import EvmSide
from tests.fakes.evm_settlement_world import TIMEOUT_S, EvmSettlementWorld, settlement_world


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world() as world:
        yield world


def liar() -> bytes:
    """Creation code of a contract that reports `Frozen` of what is no address, to whatever is asked of it."""
    runtime = bytes.fromhex("7f" + "ff" * 32 + "7f" + FROZEN_EVENT.topic0.hex() + "60206000a200")
    return bytes.fromhex(f"60{len(runtime):02x}80600b6000396000f3") + runtime


async def hold(world: EvmSettlementWorld) -> DvpPayload:
    terms = world.terms()
    await world.seller.execute(world.token.approve(terms.security.adapter, terms.security.quantity), TIMEOUT_S)
    await world.seller.execute(world.app.earmark(terms), TIMEOUT_S)
    return dvp_payload_of(terms)


async def test_a_token_that_reports_nonsense_hides_no_force_on_anothers(world: EvmSettlementWorld) -> None:
    honest = await hold(world)
    token = created_address(world.admin.address, await world.rpc.nonce(world.admin.address))
    await world.admin.execute(EvmCall(b"", liar(), gas=1_000_000), TIMEOUT_S)
    hostile = replace(honest, trade_id=b"\x66" * 32, token=Address(token), adapter=Address(token))
    side = EvmSide(world.rpc, world.deployment, world.prover)
    begin = await world.rpc.block_number()
    await world.admin.execute(EvmCall(token, b"", gas=200_000), TIMEOUT_S)
    taken = world.token.forced_transfer(honest.adapter, honest.seller, 3)
    await world.admin.execute(taken, TIMEOUT_S)

    held = {honest.trade_id: honest, hostile.trade_id: hostile}
    found = await side.interference(begin, held)
    assert (found.until, found.held) == (await world.rpc.block_number(), held)
    assert [alarm.name for alarm in found.acts[honest.trade_id]] == ["Transfer", "ForcedTransfer"]
    assert all(alarm.tx_id and alarm.advice for alarm in found.acts[honest.trade_id])
    assert [alarm.name for alarm in found.acts[hostile.trade_id]] == ["TokenEventsUnreadable"]
    assert found.standing is not None
    (short,) = found.standing[honest.trade_id]
    assert short.name == "AdapterShortfall"
    assert "7" in short.detail
    assert [alarm.name for alarm in found.standing[hostile.trade_id]] == ["TokenStateUnreadable"]


async def test_trades_held_before_the_gateway_ran_are_found_from_their_events(world: EvmSettlementWorld) -> None:
    honest = await hold(world)
    side = EvmSide(world.rpc, world.deployment, world.prover)
    found = await side.interference(0, {})
    assert found.held == {honest.trade_id: honest}
    assert (found.acts, found.standing) == ({}, {})
    again = await side.interference(found.until, found.held)
    assert (again.until, again.held, again.standing) == (found.until, found.held, None)
    assert adapter_address(world.deployment, AdapterFamily.ESCROW) == honest.adapter
