"""One swap per family of tokens and order; what issuers do to held tokens is shown, and ends by itself when it ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2 as relayer_pb

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import address_bytes
from chains.evm.client.ibet import IbetTokenBinding
from chains.evm.client.token import TokenBinding
from ibc.dvp import LeadLeg
from relayer.cli.relayer import alarms_of
from relayer.cli.settlement_view import alarm_lines
from relayer.devnet.instruments import instrument_of, read_secret
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import RELAYER
from relayer.devnet.stage import Followed, Stage
from relayer.devnet.trading import TradePlan, instruct, wait_for_block_time
from relayer.gateway.matching import Side
from tests.e2e.test_command_line_on_the_devnet import crossdvp
from tests.fakes.evm_abi import ContractAbi
from tests.fakes.trex_abi import missing_trex

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

QUANTITY, AMOUNT_YEN, MISSING = 10, 1_000_000, 3
PLAN = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=90, settle_in_s=120, family=AdapterFamily.ERC7943)
END_TIMEOUT_S = 60.0
CASH_FIRST = ["earmarked", "cash locked", "delivered", "cash released to seller"]
SECURITIES_FIRST = ["securities locked", "cash paid", "securities delivered"]


def standing(settlement: pb.Settlement) -> list[str]:
    return [alarm.name for alarm in settlement.alarms if not alarm.tx_id]


def acts(settlement: pb.Settlement) -> list[str]:
    return [alarm.name for alarm in settlement.alarms if alarm.tx_id]


async def test_every_adapter_settles_in_both_orders_and_no_unit_or_yen_is_lost(devnet: Path) -> None:
    expected = [family for family in AdapterFamily if family is not AdapterFamily.ERC3643 or not missing_trex()]
    instruments = {each.family: each for each in read_state(devnet).instruments}
    assert list(instruments) == expected
    code, (swaps,) = await crossdvp("demo", "--all", "--dir", str(devnet))  # holds both ledgers against every end
    assert code == 0
    assert [(swap["adapter"], swap["order"]) for swap in swaps] == list(product(expected, ("cash", "securities")))
    sharing = Counter(instruments[swap["adapter"]].token for swap in swaps)
    for swap in swaps:
        settlement, instrument = swap["settlement"], instruments[swap["adapter"]]
        assert settlement["state"] == "SETTLEMENT_STATE_SETTLED"
        facts = [fact["what"] for fact in settlement["facts"]]
        assert facts == (CASH_FIRST if swap["order"] == "cash" else SECURITIES_FIRST), swap
        assert "0x" + settlement["terms"]["adapter"] == instrument.adapter
        assert "alarms" not in settlement
        received = swap["after"]["buyer_units"] - swap["before"]["buyer_units"]
        assert received == QUANTITY * sharing[instrument.token]
        assert swap["after"]["seller_yen"] - swap["before"]["seller_yen"] == AMOUNT_YEN * len(swaps)


async def test_a_token_paused_at_release_blocks_the_delivery_says_what_to_do_and_settles_when_unpaused(
    devnet: Path,
) -> None:
    plan = TradePlan(QUANTITY, AMOUNT_YEN, 90, 120, lead_leg=LeadLeg.SECURITIES, family=AdapterFamily.ERC7943)
    async with Stage(devnet, read_state(devnet)) as stage:
        token = TokenBinding(address_bytes(instrument_of(stage.state, plan.family).token))
        before = await stage.holdings(plan.family)
        stage.stop("relayer")
        try:
            trade = await stage.start_trade(plan)
            await stage.registrar_sends(token.pause())
        finally:
            stage.start("relayer", (*RELAYER, str(devnet / "relayer.toml")))
        try:
            await stage.follow(
                trade,
                lambda s: s.state == pb.SETTLEMENT_STATE_DELIVERY_BLOCKED and bool(standing(s)),
                END_TIMEOUT_S,
            )
            blocked = trade.settlement
            assert blocked.waiting.on == "the token's issuer"
            assert standing(blocked) == ["ERC7943CannotTransfer"]
            lines = alarm_lines(blocked)
            assert len(lines) == 2
            assert "paid and not delivered: ERC7943CannotTransfer" in lines[0]
            assert "ask the token's issuer to lift it" in lines[1]
            await relayer_sees_the_blocked_packet(stage, trade)
            code, (status,) = await crossdvp("relayer", "status", "--dir", str(devnet))
            assert (code, status["packets_by_state"]["delivery_blocked"]) == (1, "1")
        finally:
            await stage.registrar_sends(token.unpause())
        await stage.follow(trade, lambda s: s.state == pb.SETTLEMENT_STATE_SETTLED, END_TIMEOUT_S)
        await stage.follow(trade, lambda s: not standing(s), END_TIMEOUT_S)
        after = await stage.holdings(plan.family)
        await relayer_sees_nothing_blocked(stage)
        assert (after.buyer_units - before.buyer_units, after.seller_yen - before.seller_yen) == (QUANTITY, AMOUNT_YEN)


async def relayer_sees_nothing_blocked(stage: Stage) -> None:
    """It marks the packet as done by its own look at the chain, which may come after the gateway's."""
    for _ in range(20):
        if not alarms_of(await stage.relayer.status()):
            return
        await wait_for_block_time(stage.rpc, (await stage.rpc.get_block()).timestamp_s + 1)
    pytest.fail("the relayer goes on to say that the packet is blocked")


async def relayer_sees_the_blocked_packet(stage: Stage, trade: Followed) -> None:
    """It is told by its own submission, a block or two after the gateway has asked the token."""
    source, sequence = stage.deployment.client_id, trade.settlement.packet_sequence
    for _ in range(20):
        packet = await stage.relayer.packet(source, sequence)
        if packet is not None and packet.state == relayer_pb.PACKET_STATE_DELIVERY_BLOCKED:
            return
        await wait_for_block_time(stage.rpc, (await stage.rpc.get_block()).timestamp_s + 1)
    pytest.fail("the relayer does not see that the packet is blocked")


def moved_by_force(stage: Stage, family: AdapterFamily) -> tuple[EvmCall, EvmCall]:
    """The issuer's order that takes units out of the adapter's hold, and what the seller does to put them back."""
    instrument = instrument_of(stage.state, family)
    adapter, seller = address_bytes(instrument.adapter), address_bytes(stage.state.seller.evm_address)
    if family is AdapterFamily.IBET_LOCK:
        token = IbetTokenBinding(address_bytes(instrument.token))
        data = ContractAbi.load("IbetSecurityTokenDouble").encode(
            "forceUnlock", (adapter, seller, seller, MISSING, "court order")
        )
        return EvmCall(token.address, data), token.lock(adapter, MISSING)
    reference = TokenBinding(address_bytes(instrument.token))
    return reference.forced_transfer(adapter, seller, MISSING), reference.transfer(adapter, MISSING)


@pytest.mark.parametrize(
    ("family", "act"), [(AdapterFamily.ERC7943, "ForcedTransfer"), (AdapterFamily.IBET_LOCK, "ForceUnlock")]
)
async def test_an_issuers_force_on_held_tokens_is_shown_until_they_are_back_and_the_trade_settles(
    devnet: Path, family: AdapterFamily, act: str
) -> None:
    plan = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=90, settle_in_s=120, family=family)
    async with Stage(devnet, read_state(devnet)) as stage:
        seller = EvmAccount(stage.rpc, read_secret(devnet, stage.state.seller.evm_key_file), stage.deployment.chain_id)
        trade = await stage.start_trade(plan, [Side.SELLER])  # the buyer has not agreed: the tokens wait in the adapter
        take, put_back = moved_by_force(stage, family)
        await stage.registrar_sends(take)
        seen: Callable[[pb.Settlement], bool] = lambda s: act in acts(s) and standing(s) == ["AdapterShortfall"]  # noqa: E731  # typed
        await stage.follow(trade, seen, END_TIMEOUT_S)
        name = trade.settlement.name
        code, (shown,) = await crossdvp("settlement", "show", name, "--dir", str(devnet))
        assert code == 0
        assert {"AdapterShortfall", act} <= {alarm["name"] for alarm in shown["alarms"]}
        assert all(alarm["advice"] for alarm in shown["alarms"])
        await seller.execute(put_back, 30.0)
        await stage.follow(trade, lambda s: not standing(s), END_TIMEOUT_S)
        await instruct(devnet, stage.state, trade.terms, [Side.BUYER])
        await stage.follow(trade, lambda s: s.state == pb.SETTLEMENT_STATE_SETTLED, END_TIMEOUT_S)
        assert act in acts(trade.settlement)  # what was done stays told


async def test_a_person_instructs_any_adapter_and_order_and_is_told_what_cannot_be(devnet: Path) -> None:
    where = ("--dir", str(devnet))
    kind = ("--adapter", "ibet-dvp", "--order", "securities")
    code, (created,) = await crossdvp("settlement", "create", *kind, *where)
    assert (code, created["terms"]["lead_leg"]) == (0, "LEAD_LEG_SECURITIES")
    code, events = await crossdvp("settlement", "watch", created["name"], *where)
    assert (code, events[-1]["settlement"]["state"]) == (0, "SETTLEMENT_STATE_SETTLED")
    code, (refusal,) = await crossdvp("settlement", "create", "--adapter", "ibet-dvp", "--side", "seller", *where)
    assert (code, refusal["error"]["reason"]) == (1, "BUYER_MUST_CONFIRM")
