"""Random schedules of trades and faults on the real devnet: whatever dies when, both legs settle or neither does.

One schedule is a list of trades and of processes killed with -9 (and started again by a supervisor). At rest every
settlement is at an end, units and yen are conserved, and exactly the settled trades changed hands.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import adapter_address, address_bytes
from chains.evm.client.token import TokenBinding
from relayer.devnet import processes
from relayer.devnet.boot import BUYER_YEN
from relayer.devnet.instruments import SELLER_UNITS
from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import AMOUNT_YEN, QUANTITY
from relayer.devnet.stage import FINAL, Followed, Stage
from relayer.devnet.trading import TradePlan

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(400)]

PLAN = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=40, settle_in_s=60)
KILLABLE = ("relayer", "gateway", "validator-4", "cn-a", "cn-b", "sn", "nn")
STEPS = st.lists(
    st.one_of(
        st.just("trade"),
        st.just("disallow"),
        st.just("allow"),
        st.sampled_from(KILLABLE).map(lambda name: f"kill {name}"),
    ),
    min_size=4,
    max_size=7,
)


def kill_and_restart(stage: Stage, name: str) -> None:
    """SIGKILL, then what a supervisor does."""
    process = stage.process(name)
    processes.kill(process)
    stage.start(name, process.argv[1:])


async def play(stage: Stage, steps: list[str]) -> list[Followed]:
    """One schedule; the buyer is allowed again at its end."""
    trades: list[Followed] = [await stage.start_trade(PLAN)]
    for step in steps:
        if step == "trade":
            trades.append(await stage.start_trade(PLAN))
        elif step == "disallow":
            await stage.let_buyer_receive(TokenBinding.disallow)
        elif step == "allow":
            await stage.let_buyer_receive(TokenBinding.allow)
        else:
            kill_and_restart(stage, step.removeprefix("kill "))
    for trade in trades:
        await stage.follow(trade, lambda settlement: settlement.state in FINAL, timeout_s=150)
    await stage.let_buyer_receive(TokenBinding.allow)
    return trades


@given(steps=STEPS)
@settings(
    max_examples=2,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
async def test_whatever_is_killed_when_units_and_yen_are_conserved(devnet: Path, steps: list[str]) -> None:
    async with Stage(devnet, read_state(devnet)) as stage:
        before = await stage.holdings()
        trades = await play(stage, steps)
        settled = sum(trade.settlement.state == pb.SETTLEMENT_STATE_SETTLED for trade in trades)
        for trade in trades:
            if trade.settlement.state == pb.SETTLEMENT_STATE_RETURNED:
                await stage.take_earmark_back(trade)
        after = await stage.holdings()
        token = TokenBinding(address_bytes(stage.deployment.token))
        earmarked = await token.balance_of(stage.rpc, adapter_address(stage.deployment, AdapterFamily.ESCROW))
    assert after.buyer_units - before.buyer_units == QUANTITY * settled
    assert after.seller_yen - before.seller_yen == AMOUNT_YEN * settled
    assert after.seller_units + after.buyer_units + earmarked == SELLER_UNITS
    assert after.seller_yen + after.buyer_yen == BUYER_YEN
