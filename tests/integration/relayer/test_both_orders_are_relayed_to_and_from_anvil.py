"""Settlements between a whole ledger and anvil: both orders, every end, and a relayer that dies in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.adapters import ESCROW, AdapterPlan
from chains.evm.client.deployment import adapter_address
from chains.evm.client.token import TokenBinding
from chains.evm.errors import EvmRequestRefused
from ibc.dvp import LeadLeg
from primitives.types import Address
from relayer.core.crash_points import CrashPoint
from relayer.core.lifecycle import PacketState
from tests.fakes.anvil_world import AnvilSetting, anvil_world
from tests.fakes.evm_settlement_world import HOLDING, TIMEOUT_S
from tests.integration.evm.test_adapters_on_the_devnet import deploy_trex
from tests.integration.relayer.anvil_and_ledger import BUYER_YEN, PRICE_YEN, QUANTITY, Between, between

SETTLED_TOKENS, SETTLED_YEN = (HOLDING - QUANTITY, QUANTITY), (PRICE_YEN, BUYER_YEN - PRICE_YEN)
NO_TOKENS, NO_YEN = (HOLDING, 0), (0, BUYER_YEN)
EARMARKED = (HOLDING - QUANTITY, 0)
ONE_GWEI = 10**9


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Between]:
    async with between(tmp_path) as it:
        yield it


async def test_cash_leads_and_a_relayer_killed_between_any_two_steps_settles_once(it: Between) -> None:
    await it.lock_cash(it.terms(1, LeadLeg.CASH))
    it.kill_at = [CrashPoint.BEFORE_RECEIVE, CrashPoint.AFTER_RECEIVE, CrashPoint.BEFORE_ACKNOWLEDGE]
    it.kill_at.append(CrashPoint.AFTER_ACKNOWLEDGE)
    await it.relay_until(PacketState.ACKNOWLEDGED)
    assert (await it.tokens(), await it.yen()) == (SETTLED_TOKENS, SETTLED_YEN)


async def test_securities_lead_and_a_relayer_killed_between_any_two_steps_settles_once(it: Between) -> None:
    terms = it.terms(1, LeadLeg.SECURITIES)
    await it.authorise(terms)
    await it.lock_securities(terms)
    it.kill_at = [CrashPoint.BEFORE_RECEIVE, CrashPoint.AFTER_RECEIVE, CrashPoint.BEFORE_ACKNOWLEDGE]
    it.kill_at.append(CrashPoint.AFTER_ACKNOWLEDGE)
    await it.relay_until(PacketState.ACKNOWLEDGED)
    assert (await it.tokens(), await it.yen()) == (SETTLED_TOKENS, SETTLED_YEN)


async def test_what_nobody_relayed_in_time_goes_back_in_both_orders(it: Between) -> None:
    await it.lock_cash(it.terms(1, LeadLeg.CASH))
    await it.lock_securities(it.terms(2, LeadLeg.SECURITIES))
    assert await it.yen() == (0, BUYER_YEN - PRICE_YEN)
    await it.advance(601)
    it.kill_at = [CrashPoint.BEFORE_TIME_OUT, CrashPoint.AFTER_TIME_OUT]
    await it.relay_until(PacketState.TIMED_OUT, packets=2)
    assert (await it.tokens(), await it.yen()) == (EARMARKED, NO_YEN)  # the earmark is taken back by the seller alone


async def test_a_delivery_that_the_token_refuses_gives_the_cash_back(it: Between) -> None:
    await it.lock_cash(it.terms(1, LeadLeg.CASH))
    await it.evm.admin.execute(it.evm.token.disallow(it.evm.buyer.address), TIMEOUT_S)
    await it.relay_until(PacketState.ACKNOWLEDGED)
    assert (await it.tokens(), await it.yen()) == (EARMARKED, NO_YEN)


async def test_a_paid_delivery_that_the_token_refuses_is_blocked_until_it_takes_it(it: Between) -> None:
    terms = it.terms(1, LeadLeg.SECURITIES)
    await it.authorise(terms)
    await it.lock_securities(terms)
    await it.evm.admin.execute(it.evm.token.disallow(it.evm.buyer.address), TIMEOUT_S)
    await it.relay_until(PacketState.DELIVERY_BLOCKED)
    assert (await it.tokens(), await it.yen()) == (EARMARKED, SETTLED_YEN)
    await it.advance(1000)  # however late
    await it.evm.admin.execute(it.evm.token.allow(it.evm.buyer.address), TIMEOUT_S)
    await it.relay_until(PacketState.ACKNOWLEDGED)
    assert (await it.tokens(), await it.yen()) == (SETTLED_TOKENS, SETTLED_YEN)


async def test_a_packet_that_no_buyer_wants_is_refused_when_late_and_gives_the_securities_back(it: Between) -> None:
    await it.lock_securities(it.terms(1, LeadLeg.SECURITIES))
    await it.advance(301)
    await it.relay_until(PacketState.ACKNOWLEDGED)
    assert (await it.tokens(), await it.yen()) == (NO_TOKENS, NO_YEN)


async def both_orders(it: Between) -> None:
    """Locked on either side, to be relayed together."""
    leading = it.terms(2, LeadLeg.SECURITIES)
    await it.authorise(leading)
    await it.lock_securities(leading)
    await it.lock_cash(it.terms(1, LeadLeg.CASH))


async def both_settled(it: Between) -> bool:
    await it.relay_until(PacketState.ACKNOWLEDGED, packets=2)
    tokens, yen = (HOLDING - 2 * QUANTITY, 2 * QUANTITY), (2 * PRICE_YEN, BUYER_YEN - 2 * PRICE_YEN)
    return (await it.tokens(), await it.yen()) == (tokens, yen)


async def test_both_orders_settle_over_blocks_that_come_once_a_second(it: Between) -> None:
    await both_orders(it)
    await it.evm.make_blocks_every(1)
    assert await both_settled(it)


async def test_both_orders_settle_under_london_where_gas_has_its_price(tmp_path: Path) -> None:
    setting = AnvilSetting(hardfork="london", base_fee_wei=ONE_GWEI, max_gas_price_wei=10 * ONE_GWEI)
    async with between(tmp_path, setting) as it:
        before_wei = await it.evm.rpc.balance_wei(it.evm.relayer.address)
        await both_orders(it)
        assert await both_settled(it)
        assert await it.evm.rpc.balance_wei(it.evm.relayer.address) < before_wei


async def test_an_account_that_may_pay_nothing_is_refused_where_gas_has_its_price() -> None:
    with pytest.raises(EvmRequestRefused, match="base fee"):
        async with anvil_world(AnvilSetting(hardfork="london", base_fee_wei=ONE_GWEI)):
            pass


@pytest.mark.xdist_group("trex")
async def test_a_genuine_erc3643_token_settles_between_anvil_and_the_ledger(tmp_path: Path) -> None:
    async with between(tmp_path, adapters=(ESCROW, AdapterPlan(AdapterFamily.ERC3643))) as it:
        adapter = adapter_address(it.evm.deployment, AdapterFamily.ERC3643)
        it.evm.token = TokenBinding((await deploy_trex(it.evm, adapter)).at["Token"])
        terms = it.terms(1, LeadLeg.CASH)
        security = replace(terms.security, token=Address(it.evm.token.address), adapter=Address(adapter))
        await it.lock_cash(replace(terms, security=security))
        await it.relay_until(PacketState.ACKNOWLEDGED)
        assert (await it.tokens(), await it.yen()) == (SETTLED_TOKENS, SETTLED_YEN)
