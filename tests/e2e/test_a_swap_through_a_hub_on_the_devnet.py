"""The swap while both ends' light clients hear a third chain alone: what settles, and what waits while it is down."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.devnet import processes
from relayer.devnet.boot import boot, shut_down
from relayer.devnet.chain_access import ledger_client
from relayer.devnet.layout import LEDGER_CLIENT_ID, read_state
from relayer.devnet.scenarios import AMOUNT_YEN, QUANTITY
from relayer.devnet.stage import FINAL, Followed, Stage
from relayer.devnet.trading import TradePlan
from relayer.proof_config import Architecture

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]

PLAN = TradePlan(QUANTITY, AMOUNT_YEN, lock_in_s=60, settle_in_s=120)
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A devnet with a hub between."""
    directory = tmp_path_factory.mktemp("hub-devnet") / "devnet"
    said: list[str] = []
    asyncio.run(boot(directory, said.append, proof=Architecture.HUB))
    try:
        yield directory
    finally:
        shut_down(directory)


async def ends_settled(stage: Stage, followed: Followed) -> None:
    before = await stage.holdings()
    await stage.follow(followed, lambda settlement: settlement.state in FINAL, PATIENCE_S)
    after = await stage.holdings()
    assert followed.settlement.state == pb.SETTLEMENT_STATE_SETTLED
    assert (after.buyer_units - before.buyer_units, after.seller_yen - before.seller_yen) == (QUANTITY, AMOUNT_YEN)


async def test_the_swap_settles_and_one_begun_while_the_hub_is_down_waits_for_it(devnet: Path) -> None:
    async with Stage(devnet, read_state(devnet)) as stage:
        issuer = ledger_client(devnet, stage.state.nodes["sn"])
        hosted = await issuer.light_client(LEDGER_CLIENT_ID)
        await issuer.close()
        assert hosted is not None
        assert hosted.client_type == "hub"
        await ends_settled(stage, await stage.start_trade(PLAN))
        assert not (await stage.relayer.status()).alarms

        hub = stage.process("hub")
        processes.kill(hub)
        followed = await stage.start_trade(PLAN)
        await stage.follow(followed, lambda settlement: bool(settlement.waiting.last_error), PATIENCE_S)
        assert followed.settlement.state == pb.SETTLEMENT_STATE_EARMARKED
        assert not followed.settlement.packet_sequence

        stage.start(hub.name, hub.argv[1:])
        await ends_settled(stage, followed)
