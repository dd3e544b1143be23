"""Securities lead, between processes: paid on arrival whatever is killed, blocked and delivered later, given back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2 as relayer_pb

from chains.evm.client.token import TokenBinding
from ibc.dvp import LeadLeg
from relayer.cli.verify.files import VERIFIERS
from relayer.devnet.boot import BUYER_YEN
from relayer.devnet.evidence import evidence_of
from relayer.devnet.layout import EVM_CLIENT_ID, read_state
from relayer.devnet.scenarios import AMOUNT_YEN, QUANTITY
from relayer.devnet.stage import Followed, Stage
from relayer.devnet.trading import TradePlan
from tests.e2e.test_faults_on_the_devnet import kill_and_restart

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

PLAN = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=60, settle_in_s=90, lead_leg=LeadLeg.SECURITIES)
BEYOND_MEANS = TradePlan(QUANTITY, BUYER_YEN * 2, lock_in_s=9, settle_in_s=60, lead_leg=LeadLeg.SECURITIES)


async def reaches(stage: Stage, trade: Followed, state: pb.SettlementState) -> None:
    await stage.follow(trade, lambda settlement: settlement.state == state, timeout_s=60)


async def alarmed(stage: Stage, trade: Followed) -> None:
    """The relayer, which reads the ledger by itself, comes to the same."""
    async with asyncio.timeout(60):
        while True:
            packet = await stage.relayer.packet(EVM_CLIENT_ID, trade.settlement.packet_sequence)
            if packet is not None and packet.state == relayer_pb.PACKET_STATE_DELIVERY_BLOCKED:
                return
            await asyncio.sleep(0.2)


async def test_paid_on_arrival_blocked_until_the_token_agrees_and_given_back_when_unpaid(
    devnet: Path,
) -> None:
    async with Stage(devnet, read_state(devnet)) as stage:
        before = await stage.holdings()
        settled = await stage.start_trade(PLAN)
        for name in ("relayer", "cn-b"):
            kill_and_restart(stage, name)
        await reaches(stage, settled, pb.SETTLEMENT_STATE_SETTLED)
        facts = [fact.what for fact in settled.settlement.facts]
        assert facts == ["securities locked", "cash paid", "securities delivered"]
        documents = await evidence_of(devnet, stage.state, settled.settlement)
        for file_name, document in documents.items():
            assert VERIFIERS[file_name.partition(".")[0]](document).facts
        assert {"checkpoint.acknowledgement.json", "storage.packet.json"} <= documents.keys()

        unpaid = await stage.start_trade(BEYOND_MEANS)
        await stage.let_buyer_receive(TokenBinding.disallow)
        blocked = await stage.start_trade(PLAN)
        await reaches(stage, blocked, pb.SETTLEMENT_STATE_DELIVERY_BLOCKED)
        await reaches(stage, unpaid, pb.SETTLEMENT_STATE_RETURNED)
        await alarmed(stage, blocked)
        assert blocked.settlement.state == pb.SETTLEMENT_STATE_DELIVERY_BLOCKED
        await stage.let_buyer_receive(TokenBinding.allow)
        await reaches(stage, blocked, pb.SETTLEMENT_STATE_SETTLED)
        after = await stage.holdings()
    assert (after.buyer_units - before.buyer_units, before.seller_units - after.seller_units) == (2 * QUANTITY,) * 2
    assert (after.seller_yen - before.seller_yen, before.buyer_yen - after.buyer_yen) == (2 * AMOUNT_YEN,) * 2
