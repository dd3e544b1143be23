"""Adapters over JSON-RPC: tokens of other families settle in both orders, and what issuers do is seen and named."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from eth_keys.datatypes import PrivateKey

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import created_address
from chains.evm.client.adapter_capabilities import Support, adapter_capabilities
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.adapters import AdapterBinding, AdapterPlan
from chains.evm.client.deployment import adapter_address
from chains.evm.client.dvp_app import PacketSentEvent
from chains.evm.client.event_pages import EventPages
from chains.evm.client.ibet import IbetAdapterBinding, IbetExchangeBinding, IbetTokenBinding
from chains.evm.client.interference import InterferenceAlarm, OpenTrades, watch_interference
from chains.evm.client.node_types import EvmReceipt
from chains.evm.client.preparing import EarmarkPreparation, prepare_earmark
from chains.evm.client.token import TokenBinding
from chains.evm.devnet.trex_suite import TrexSuite
from chains.evm.errors import DeploymentInvalid, ExecutionReverted
from ibc.acknowledgement import ack_commitment
from ibc.dvp import LeadLeg, SettlementTerms, dvp_payload_of, packet_of, terms_hash
from ibc.packet import packet_receipt_value
from ibc.paths import ack_path, commitment_path, receipt_path
from primitives.types import Address
from tests.fakes.evm_abi import ContractAbi
from tests.fakes.evm_settlement_world import (
    ADMIN,
    CLIENT_ID,
    HOLDING,
    LEDGER_CLIENT_ID,
    TIMEOUT_S,
    DeployedWorld,
    EvmSettlementWorld,
    settlement_world,
)
from tests.fakes.trex_abi import missing_trex, trex_abi

pytestmark = pytest.mark.xdist_group("trex")
PLANS = tuple(AdapterPlan(family) for family in AdapterFamily if family is not AdapterFamily.IBET_DVP)
STEP_GAS = 9_000_000


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world(adapters=PLANS, listing_delay_s=3600) as world:
        yield world


async def admin_sends(world: DeployedWorld, to: bytes, data: bytes) -> EvmReceipt:
    return await world.admin.execute(EvmCall(to, data, gas=STEP_GAS), TIMEOUT_S)


async def deploy(world: EvmSettlementWorld, double: str, *args: object) -> bytes:
    at = created_address(world.admin.address, await world.rpc.nonce(world.admin.address))
    await admin_sends(world, b"", ContractAbi.load(double).encode_constructor(args))
    return at


async def deploy_trex(world: DeployedWorld, adapter: bytes) -> TrexSuite:
    """The genuine suite; seller, buyer and adapter have verified identities, the seller has the tokens."""
    if missing_trex():
        pytest.skip(missing_trex())
    suite = TrexSuite(PrivateKey(ADMIN), await world.rpc.nonce(world.admin.address))
    suite.deploy()
    for holder in (world.seller.address, world.buyer.address, adapter):
        suite.register(holder)
    suite.call("Token", "mint", world.seller.address, HOLDING)
    for to, data in suite.take_steps():
        await admin_sends(world, to, data)
    return suite


def terms_for(world: EvmSettlementWorld, family: AdapterFamily, token: bytes, trade: int = 1) -> SettlementTerms:
    terms = world.terms(trade)
    adapter = Address(adapter_address(world.deployment, family))
    return replace(terms, security=replace(terms.security, token=Address(token), adapter=adapter))


async def receive(world: EvmSettlementWorld, terms: SettlementTerms) -> EvmReceipt:
    packet = world.lock_on_ledger(terms)
    proof = world.ledger.proof(commitment_path(LEDGER_CLIENT_ID, 1))
    update = world.router.update_client(CLIENT_ID, world.ledger.header())
    received = world.router.recv_packet(packet, proof, world.ledger.height)
    return await world.relayer.execute(world.router.multicall(update, received), TIMEOUT_S)


async def watch(
    world: EvmSettlementWorld, known: OpenTrades, first: int
) -> tuple[list[InterferenceAlarm], OpenTrades, int]:
    last = await world.rpc.block_number()
    page = await EventPages(world.rpc).page(min(first, last), last)
    alarms, trades = await watch_interference(world.rpc, page, world.app, known)
    return list(alarms), trades, last + 1


async def test_a_genuine_erc3643_token_settles_and_its_agents_acts_are_alarmed(world: EvmSettlementWorld) -> None:
    adapter = adapter_address(world.deployment, AdapterFamily.ERC3643)
    suite = await deploy_trex(world, adapter)
    token = TokenBinding(suite.at["Token"])
    first, second = (terms_for(world, AdapterFamily.ERC3643, token.address, trade) for trade in (1, 2))
    await world.seller.execute(token.approve(adapter, 20), TIMEOUT_S)
    for terms in (first, second):
        await world.seller.execute(world.app.earmark(terms), TIMEOUT_S)
    assert await world.app.preflight(world.rpc, first) is None
    alarms, trades, begin = await watch(world, {}, 0)
    assert alarms == []
    assert set(trades) == {first.trade_id, second.trade_id}

    await receive(world, first)
    assert await token.balance_of(world.rpc, world.buyer.address) == 10
    alarms, trades, begin = await watch(world, trades, begin)
    assert (alarms, set(trades)) == ([], {second.trade_id})

    async def agent(function: str, *args: object) -> None:
        await admin_sends(world, token.address, trex_abi("Token").encode(function, args))

    await agent("forcedTransfer", adapter, world.seller.address, 3)
    await agent("freezePartialTokens", adapter, 1)
    await agent("pause")
    alarms, trades, begin = await watch(world, trades, begin)
    assert [alarm.name for alarm in alarms] == ["Transfer", "TokensFrozen", "AdapterShortfall", "Erc3643Paused"]
    assert {(alarm.adapter, alarm.token) for alarm in alarms} == {(adapter, token.address)}
    assert dict(alarms[2].details)["mustHold"] == 10
    assert dict(alarms[2].details)["holds"] == 7
    reason = await world.app.preflight(world.rpc, second)
    assert reason is not None
    assert reason.name == "AdapterShortfall"
    # acts are told once, what stands is told as long as it stands
    alarms, *_ = await watch(world, trades, begin)
    assert [alarm.name for alarm in alarms] == ["AdapterShortfall", "Erc3643Paused"]


async def test_securities_lead_over_the_bindings_and_the_registrars_acts_are_alarmed(world: EvmSettlementWorld) -> None:
    adapter = AdapterBinding(adapter_address(world.deployment, AdapterFamily.ERC7943))
    cash_leads = terms_for(world, AdapterFamily.ERC7943, world.token.address)
    terms = replace(cash_leads, lead_leg=LeadLeg.SECURITIES)
    parties = EarmarkPreparation(world.seller, world.buyer, timeout_s=TIMEOUT_S)
    assert await prepare_earmark(AdapterFamily.ERC7943, terms, parties) == b""
    receipt = await world.seller.execute(world.app.lock_and_send(terms), TIMEOUT_S)
    (sent,) = [event for event in map(world.app.event_of, receipt.logs) if isinstance(event, PacketSentEvent)]
    assert (sent.trade_id, sent.terms_hash) == (terms.trade_id, terms_hash(terms))
    assert await adapter.earmark_of(world.rpc, terms.trade_id) == terms_hash(terms)
    assert await world.app.adapter_of(world.rpc, terms.trade_id) == adapter.address
    assert await world.app.adapter_of(world.rpc, b"\x05" * 32) is None

    await world.admin.execute(world.token.disallow(world.buyer.address), TIMEOUT_S)
    obstacle = await adapter.obstacle(world.rpc, dvp_payload_of(terms))
    assert obstacle is not None
    assert obstacle.name == "ERC7943CannotReceive"

    packet = packet_of(terms, sent.sequence, CLIENT_ID, LEDGER_CLIENT_ID)
    assert await world.router.commitment(world.rpc, commitment_path(CLIENT_ID, sent.sequence))
    world.ledger.now_s = world.devnet.chain.head.timestamp
    world.ledger.write(receipt_path(LEDGER_CLIENT_ID, sent.sequence), packet_receipt_value(packet))
    answer = ack_path(LEDGER_CLIENT_ID, sent.sequence)
    world.ledger.write(answer, ack_commitment([terms_hash(terms)]))
    await world.relayer.execute(world.router.update_client(CLIENT_ID, world.ledger.header()), TIMEOUT_S)
    acknowledged = world.router.ack_packet(packet, terms_hash(terms), world.ledger.proof(answer), world.ledger.height)
    with pytest.raises(ExecutionReverted, match="ERC7943CannotReceive"):
        await world.relayer.execute(acknowledged, TIMEOUT_S)
    await world.admin.execute(world.token.allow(world.buyer.address), TIMEOUT_S)
    await world.relayer.execute(acknowledged, TIMEOUT_S)
    assert await world.token.balance_of(world.rpc, world.buyer.address) == 10
    assert await world.router.commitment(world.rpc, commitment_path(CLIENT_ID, sent.sequence)) is None


async def test_the_reference_tokens_registrar_is_seen_forcing_and_freezing(world: EvmSettlementWorld) -> None:
    adapter = adapter_address(world.deployment, AdapterFamily.ERC7943)
    terms = terms_for(world, AdapterFamily.ERC7943, world.token.address)
    await world.seller.execute(world.token.approve(adapter, 10), TIMEOUT_S)
    await world.seller.execute(world.app.earmark(terms), TIMEOUT_S)
    abi = ContractAbi.load("SecurityToken")
    forced = (adapter, world.seller.address, 2)
    await admin_sends(world, world.token.address, abi.encode("forcedTransfer", forced))
    await admin_sends(world, world.token.address, abi.encode("setFrozenTokens", (adapter, 1)))
    alarms, *_ = await watch(world, {}, 0)
    names = [alarm.name for alarm in alarms]
    assert names == [
        *("Transfer", "ForcedTransfer", "Frozen"),
        *("AdapterShortfall", "ERC7943InsufficientUnfrozenBalance"),
    ]
    assert [alarm.evm_tx_hash is not None for alarm in alarms] == [True, True, True, False, False]


async def test_an_ibet_lock_settles_and_a_forced_unlock_is_alarmed(world: EvmSettlementWorld) -> None:
    adapter = adapter_address(world.deployment, AdapterFamily.IBET_LOCK)
    token, _ = await ibet_token(world, adapter)
    first, second = (terms_for(world, AdapterFamily.IBET_LOCK, token.address, trade) for trade in (1, 2))
    await world.seller.execute(token.lock(adapter, 21), TIMEOUT_S)
    for terms in (first, second):
        await world.seller.execute(world.app.earmark(terms), TIMEOUT_S)
    await receive(world, first)
    await world.seller.execute(IbetAdapterBinding(adapter).unlock_unbooked(token.address, 1), TIMEOUT_S)
    assert await token.locked_of(world.rpc, adapter, world.seller.address) == 10
    alarms, trades, begin = await watch(world, {}, 0)
    assert alarms == []
    forced = (adapter, world.seller.address, world.seller.address, 4, "")
    await admin_sends(world, token.address, ContractAbi.load("IbetSecurityTokenDouble").encode("forceUnlock", forced))
    alarms, *_ = await watch(world, trades, begin)
    assert [alarm.name for alarm in alarms] == ["ForceUnlock", "AdapterShortfall"]


async def test_an_ibet_delivery_settles_through_its_exchange(world: EvmSettlementWorld) -> None:
    """Its adapter is added to a running app, as any new family is: listed, and usable after the delay."""
    books = await deploy(world, "IbetDvpStorageDouble")
    exchange = IbetExchangeBinding(await deploy(world, "IbetDvpDouble", books))
    upgrade = ContractAbi.load("IbetDvpStorageDouble").encode("upgradeVersion", (exchange.address,))
    await admin_sends(world, books, upgrade)
    plan = AdapterPlan(AdapterFamily.IBET_DVP, exchange.address)
    adapter = created_address(world.admin.address, await world.rpc.nonce(world.admin.address))
    await admin_sends(world, b"", plan.creation_code(world.app.address, world.admin.address))
    await world.admin.execute(world.app.list_adapter(adapter), TIMEOUT_S)
    usable_from_s = await world.app.usable_from_s(world.rpc, adapter)
    assert usable_from_s is not None
    world.advance_to(usable_from_s)
    token, abi = await ibet_token(world, adapter)
    await admin_sends(world, token.address, abi.encode("setTradableExchange", (exchange.address,)))

    terms = world.terms()
    security = replace(terms.security, token=Address(token.address), adapter=Address(adapter))
    terms = replace(terms, security=security)
    parties = EarmarkPreparation(world.seller, world.buyer, exchange.address, TIMEOUT_S)
    data = await prepare_earmark(AdapterFamily.IBET_DVP, terms, parties)
    await world.seller.execute(world.app.earmark(terms, data), TIMEOUT_S)
    assert await world.app.preflight(world.rpc, terms) is None
    alarms, *_ = await watch(world, {}, 0)
    assert alarms == []
    await receive(world, terms)
    assert await exchange.balance_of(world.rpc, world.buyer.address, token.address) == 10
    await world.buyer.execute(exchange.withdraw(token.address), TIMEOUT_S)
    assert await TokenBinding(token.address).balance_of(world.rpc, world.buyer.address) == 10


async def ibet_token(world: EvmSettlementWorld, adapter: bytes) -> tuple[IbetTokenBinding, ContractAbi]:
    """A token of the double, listed at the adapter; seller and buyer are registered, the seller has the units."""
    register = await deploy(world, "IbetPersonalInfoDouble")
    known = ContractAbi.load("IbetPersonalInfoDouble").encode("register", (world.admin.address, ""))
    for party in (world.seller, world.buyer):
        await party.execute(EvmCall(register, known), TIMEOUT_S)
    token = IbetTokenBinding(await deploy(world, "IbetSecurityTokenDouble", register, HOLDING))
    abi = ContractAbi.load("IbetSecurityTokenDouble")
    await admin_sends(world, token.address, abi.encode("transfer", (world.seller.address, HOLDING)))
    await world.admin.execute(IbetAdapterBinding(adapter).list_token(token.address), TIMEOUT_S)
    return token, abi


async def test_every_adapter_says_its_family(world: EvmSettlementWorld) -> None:
    for plan in PLANS:
        adapter = AdapterBinding(adapter_address(world.deployment, plan.family))
        assert await adapter.family(world.rpc) is plan.family


@pytest.mark.parametrize("family", AdapterFamily)
def test_every_family_settles_in_both_orders_and_says_which_it_prefers_and_why(family: AdapterFamily) -> None:
    capabilities = adapter_capabilities(family)
    assert capabilities.preferred_lead is LeadLeg.CASH
    for lead in LeadLeg:
        assert capabilities.allows(lead)
        assert capabilities.orders[lead].because
    assert capabilities.orders[LeadLeg.SECURITIES].support is Support.POSSIBLE
    assert capabilities.before_earmark


@pytest.mark.parametrize("plan", [(AdapterFamily.IBET_DVP, b""), (AdapterFamily.ESCROW, b"\x01" * 20)])
def test_an_exchange_belongs_to_the_family_that_has_one(plan: tuple[AdapterFamily, bytes]) -> None:
    with pytest.raises(DeploymentInvalid, match="exchange"):
        AdapterPlan(*plan)
