"""Evidence against a Validator on a whole ledger: it is suspended by a member, and flows go on with the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.flows.market_requests import SuspendValidator
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import UpdateLightClient
from chains.progmat.flows.steps import ANSWERED, FlowStep
from chains.progmat.node.peers.in_process import Delivery
from chains.progmat.node.roles import ValidatorRole
from chains.progmat.validators.approver import APPROVE
from light_clients.progmat import encode_equivocation, equivocation_of
from tests.fakes.equivocations import equivocation, evidence
from tests.fakes.ledger_parties import CN_B, LEDGER_ID, SN, STRANGER, VALIDATORS, LedgerParty
from tests.integration.ledger.network import WAIT_S, LedgerNetwork, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, Settlements

GUILTY = VALIDATORS[0]
EVIDENCE = evidence(GUILTY.secret, LEDGER_ID)


def update_of(world: Settlements, name: str) -> UpdateLightClient:
    world.evm.now_s = max(world.evm.now_s, world.ledger.clock.now_s())
    return UpdateLightClient(name, CLIENT_ID, world.evm.header(world.evm.seal(), trusted_height=1))


async def ended(ledger: LedgerNetwork, party: LedgerParty, request: UpdateLightClient) -> FlowRecord:
    """Time goes on until the flow has an outcome."""
    await ledger.run(party, request, wait_s=0)
    engine = ledger.vault(party).node.engine
    async with asyncio.timeout(WAIT_S):
        while (record := await engine.outcome(request.request_id, 0.01, ANSWERED)).step not in ANSWERED:
            ledger.clock.advance_ms(1000)
    return record


async def test_a_node_that_was_not_told_is_refused_once_and_then_asks_the_others(tmp_path: Path) -> None:
    """SN collects three approvals, the guilty one's among them: the notary says why not, and SN asks the others."""
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.done(CN_B, SuspendValidator("suspend", EVIDENCE))
        asked: list[str] = []

        async def the_fourth_is_slow(_asker: str, who: str, method: str) -> Delivery:
            if method == APPROVE:
                asked.append(who)
                if who == VALIDATORS[3].name and asked.count(who) == 1:
                    return Delivery.LOSE_REQUEST
            return Delivery.DELIVER

        ledger.hub.policy = the_fourth_is_slow
        record = await ended(ledger, SN, update_of(world, "first"))
        assert record.step is not FlowStep.FAILED, record
        assert asked.count(GUILTY.name) == 1, "asked once, before the notary said that it does not count"
        assert asked.count(VALIDATORS[3].name) == 2
        again = await ended(ledger, SN, update_of(world, "second"))
        assert again.step is not FlowStep.FAILED
        assert asked.count(GUILTY.name) == 1, "not asked any more"
        for party in VALIDATORS:
            role = ledger.nodes[party.name].role
            assert isinstance(role, ValidatorRole)
            await role.tail.wait_for_height(again.journal_position, WAIT_S)
            assert role._approver._gate.alarm is None


async def test_only_evidence_that_convicts_a_validator_is_built_and_only_by_a_member(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        await Settlements.connect(ledger)
        both = equivocation(GUILTY.secret, LEDGER_ID), equivocation(VALIDATORS[1].secret, LEDGER_ID)
        of_two = encode_equivocation(equivocation_of(both[0].first, both[1].second))
        worthless = (EVIDENCE[:-1], evidence(STRANGER.secret, LEDGER_ID), evidence(GUILTY.secret, "other"), of_two)
        for number, data in enumerate(worthless):
            record = await ledger.run(CN_B, SuspendValidator(f"worthless-{number}", data))
            assert (record.step, record.last_error_reason) == (FlowStep.FAILED, "INVALID_REQUEST"), record
        first = await ledger.run(CN_B, SuspendValidator("suspend", EVIDENCE))
        assert first.step is not FlowStep.FAILED
        second = await ledger.run(SN, SuspendValidator("again", evidence(GUILTY.secret, LEDGER_ID, height=9)))
        assert (second.step, second.last_error_reason) == (FlowStep.FAILED, "NOTARISATION_CONFLICT")
