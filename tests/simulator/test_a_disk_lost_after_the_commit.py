"""A payer's disk is lost at any moment, its payments are repeated when it is back: each payee is paid once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from functools import partial

import pytest

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.roles import VaultRole
from primitives.errors import CrossDvpError
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, NN, SN, LedgerParty
from tests.simulator.ledger import SimulatedLedger, genesis
from tests.simulator.machine import MachineDown
from tests.simulator.network import Weather
from tests.simulator.parties import accounts_at
from tests.simulator.properties import RULES, is_quiet
from tests.simulator.records import Records
from tests.simulator.workload import Users

PAYMENTS = 4
SEEDS = range(12)
QUIET_WITHIN_S = 2 * 3600


def payment(number: int) -> MoveCash:
    payer, payee = accounts_at(CN_A)[0], accounts_at(CN_B)[0]
    return MoveCash(f"pay-{number}", COIN_ID, SN.name, 7 + number, payer.key, payee)


def role_of(ledger: SimulatedLedger, party: LedgerParty) -> VaultRole:
    role = ledger.machines[party].role
    assert isinstance(role, VaultRole)
    return role


def _submit(request: MoveCash, operations: NodeOperations) -> Awaitable[FlowRecord]:
    return operations.submit(request, 0)


async def pay(ledger: SimulatedLedger, chance: random.Random, number: int) -> None:
    """A platform that asks once, and learns nothing if the node dies."""
    await asyncio.sleep(chance.uniform(0, 1))
    try:
        await ledger.ask(CN_A, partial(_submit, payment(number)))
    except (MachineDown, CrossDvpError):
        return


async def repaid(ledger: SimulatedLedger) -> None:
    """The payer asks its peers until all have answered, as a node with lost records does; then it is asked again."""
    while True:
        while any(machine.role is None for machine in ledger.machines.values()):  # noqa: ASYNC110 - as in ``started``
            await asyncio.sleep(0.1)
        if (await role_of(ledger, CN_A).node.recovery.reconcile()).is_complete:
            break
        await asyncio.sleep(10)
    for number in range(PAYMENTS):
        await ledger.ask(CN_A, partial(_submit, payment(number)))
        record = await role_of(ledger, CN_A).node.engine.outcome(f"pay-{number}", 3600)
        assert record.step in {FlowStep.RECORDED, FlowStep.DONE}, record


async def lived(ledger: SimulatedLedger, chance: random.Random) -> set[bytes]:
    """Returns what the notary had committed when the disk was lost."""
    ledger.start()
    await ledger.started()
    before = set(ledger.machines[NN].notary_disk.committed())
    ledger.setting.network.weather = Weather(
        most_s=chance.choice((0.005, 0.2)),
        lose_answer=chance.choice((0.0, 0.4)),
        lose_request=chance.choice((0.0, 0.3)),
    )
    payments = [asyncio.ensure_future(pay(ledger, chance, number)) for number in range(PAYMENTS)]
    await asyncio.sleep(chance.uniform(0.2, 3))
    ledger.machines[CN_A].lose_disk()
    committed = set(ledger.machines[NN].notary_disk.committed()) - before
    await asyncio.gather(*payments)
    ledger.calm()
    await repaid(ledger)
    deadline_s = ledger.loop.time() + QUIET_WITHIN_S
    while not is_quiet(ledger) and ledger.loop.time() < deadline_s:  # noqa: ASYNC110 - disks know none
        await asyncio.sleep(5)
    return committed


@pytest.mark.parametrize("seed", SEEDS)
def test_every_payment_is_made_once(seed: int) -> None:
    ledger = SimulatedLedger(f"lost disk {seed}", images=genesis())
    try:
        committed = ledger.run(lived(ledger, ledger.chance("lost disk")))
        records = Records.of(ledger)
        users = Users(ledger, ledger.chance("nobody"))
        assert [text for rule in RULES for text in rule(ledger, records, users)] == []
        for party in (SN, CN_A, CN_B):
            assert committed <= records.vaults[party.name].tx_ids, party.name
        assert sum(flow.node == CN_A.name for flow in records.flows) == PAYMENTS
    finally:
        ledger.close()
