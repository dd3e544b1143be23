"""On the devnet each broker speaks for its own side; no cash is locked that its owner's broker did not authorise."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.rpc_status import RemoteCallerError
from relayer.devnet.access import gateway_client
from relayer.devnet.chain_access import ledger_client
from relayer.devnet.layout import DevnetState, read_state
from relayer.devnet.trading import TradePlan, earmark, plan_terms
from relayer.gateway.matching import Side

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

PLAN = TradePlan(quantity=1, amount_yen=1000, lock_in_s=40, settle_in_s=70)


async def test_a_broker_or_a_gateway_that_speaks_for_the_other_side_is_refused(devnet: Path) -> None:
    state = read_state(devnet)
    terms = plan_terms(devnet, state, PLAN)
    gateway = gateway_client(devnet, state, "broker-a")
    with pytest.raises(RemoteCallerError, match="NOT_YOUR_SIDE"):
        await gateway.create(Side.BUYER, terms)
    await gateway.close()
    for caller in ("gateway", "broker-a", "relayer"):
        custodian = ledger_client(devnet, state.nodes["cn-b"], caller)
        with pytest.raises(RemoteCallerError, match="CALLER_NOT_AUTHORISED"):
            await custodian.authorise_trade("not-mine", terms)
        await custodian.close()


async def test_a_matched_and_earmarked_trade_waits_for_the_buyers_word_and_settles_with_it(devnet: Path) -> None:
    state = read_state(devnet)
    terms = plan_terms(devnet, state, PLAN)
    for caller, side in (("broker-a", Side.SELLER), ("broker-b", Side.BUYER)):
        gateway = gateway_client(devnet, state, caller)
        settlement = await gateway.create(side, terms)
        await gateway.close()
    await earmark(devnet, state, terms)
    refused = await _awaited(devnet, state, settlement.name, "TRADE_NOT_AUTHORISED")
    assert refused.state == pb.SETTLEMENT_STATE_EARMARKED
    custodian = ledger_client(devnet, state.nodes["cn-b"], "broker-b")
    await custodian.authorise_trade(str(uuid.uuid4()), terms)
    await custodian.close()
    settled = await _awaited(devnet, state, settlement.name, "")
    assert settled.state == pb.SETTLEMENT_STATE_SETTLED


async def _awaited(devnet: Path, state: DevnetState, name: str, error: str) -> pb.Settlement:
    """The settlement as soon as its last attempt failed for ``error``, or at its end if there is none."""
    gateway = gateway_client(devnet, state, "broker-b")
    try:
        async with asyncio.timeout(60):
            async for event in gateway.watch(name):
                waiting = event.settlement.waiting
                if error in waiting.last_error if error else not event.settlement.HasField("waiting"):
                    return event.settlement
    finally:
        await gateway.close()
    raise AssertionError("the stream ended")
