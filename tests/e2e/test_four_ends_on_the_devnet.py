"""The demo's scenarios as tests: each ends as it must; ``perform`` checks that both ledgers hold what the end says."""

from __future__ import annotations

from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.devnet.layout import read_state
from relayer.devnet.scenarios import SCENARIOS, Scenario, perform
from relayer.devnet.stage import Stage

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario.title.replace(" ", "_") for scenario in SCENARIOS])
async def test_both_legs_settle_or_neither_does(devnet: Path, scenario: Scenario) -> None:
    async with Stage(devnet, read_state(devnet)) as stage:
        scene = await perform(scenario, stage, lambda _text: None)
        alarms = (await stage.relayer.status()).alarms
    assert [(alarm.kind, alarm.subject, alarm.detail) for alarm in alarms] == [], "honest chains raise none"
    facts = [fact.what for fact in scene.followed.settlement.facts]
    assert facts.index("earmarked") < facts.index("cash locked")
    assert len(facts) == len(set(facts))
    assert scene.followed.settlement.packet_sequence > 0
    if scenario.end == pb.SETTLEMENT_STATE_SETTLED:
        assert facts.index("delivered") < facts.index("cash released to seller")
