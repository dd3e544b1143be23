"""A whole ledger on one simulated loop: machines, the network between them, and phases of trouble and of calm."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.flows.store import find_flow
from chains.progmat.identity import NetworkMap
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.roles import VaultRole
from tests.fakes.ledger_parties import COIN_ID, SN, LedgerParty
from tests.simulator.disk import Disk
from tests.simulator.faults import CALM, Mishaps
from tests.simulator.loop import simulated_loop
from tests.simulator.machine import Machine, Setting
from tests.simulator.network import SimulatedNetwork, Weather
from tests.simulator.notary_disk import NotaryDisk
from tests.simulator.parties import CASH_NODES, CUSTODIANS, MAP, PARAMETERS, ROLES, accounts_at
from tests.simulator.trace import Trace

T = TypeVar("T")
FUNDS: Final = tuple(
    (account, amount_yen) for node in CUSTODIANS for account in accounts_at(node) for amount_yen in (100, 30, 250)
)
"""Cash that every account has when a schedule begins, in yen."""
BEGIN_S: Final = 600.0
"""When schedules begin: after the disks that they begin with were made."""
_FOLDER: Final = tempfile.TemporaryDirectory(prefix="crossdvp-simulated-")
NO_FOLDER: Final = Path(_FOLDER.name)
"""Databases are in memory; only a Validator's signing log is a file."""
Images = dict[str, tuple[Disk, NotaryDisk]]


class SimulatedLedger:
    """``parties`` run; all are on the network map. The same seed makes the same run. ``close`` when done."""

    def __init__(
        self,
        seed: str,
        parties: Iterable[LedgerParty] = CASH_NODES,
        images: Images | None = None,
        lines: list[str] | None = None,
        folder: Path = NO_FOLDER,
        network_map: NetworkMap = MAP,
    ) -> None:
        self.seed = seed
        self.loop = simulated_loop(self.chance("loop"), 0.0 if images is None else BEGIN_S)
        self.trace = Trace(lines)
        network = SimulatedNetwork(
            self.chance("network"), noted=lambda what, body: self.trace.note(self.loop.time(), what, body)
        )
        self.setting = Setting(self.loop, network, self.trace, folder, network_map)
        self.machines: dict[LedgerParty, Machine] = {}
        for party in ROLES:
            network.list_node(party.name)
        for party in parties:
            machine = self.machines[party] = Machine(party, self.setting, self.chance(party.name))
            if images is not None and party.name in images:
                disk, notary_disk = images[party.name]
                machine.disk.destroy()
                machine.disk = Disk(disk)
                machine.notary_disk = NotaryDisk(PARAMETERS.ledger_id, notary_disk)

    def chance(self, purpose: str) -> random.Random:
        """A stream of its own for each purpose, so that a change in one leaves the others as they are."""
        return random.Random(f"{self.seed}/{purpose}")  # noqa: S311 - repeatable on purpose

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run until ``main`` has ended."""
        return self.loop.run(main)

    def start(self) -> None:
        """Start all machines."""
        for machine in self.machines.values():
            machine.start()

    def trouble(self, weather: Weather, mishaps: Mishaps) -> None:
        """From now on."""
        self.setting.network.weather = weather
        self.setting.mishaps = mishaps

    def calm(self) -> None:
        """All faults are over; who is down comes back."""
        self.trouble(Weather(), CALM)

    async def ask(self, party: LedgerParty, call: Callable[[NodeOperations], Awaitable[T]]) -> T:
        """Call a node's API; raises ``MachineDown``."""
        return await self.machines[party].ask(call)

    async def done(self, party: LedgerParty, request: AnyRequest) -> FlowRecord:
        """In calm only: submit, wait until all participants have it, and insist on success."""
        await self.started()
        record = await self.ask(party, lambda operations: operations.submit(request, 0))
        role = self.machines[party].role
        assert isinstance(role, VaultRole)
        record = await role.node.engine.outcome(request.request_id, 3600, ENDS)
        assert record.step is FlowStep.DONE, record
        await self._stored_as_done(role, record.flow_id)
        return record

    @staticmethod
    async def _stored_as_done(role: VaultRole, flow_id: str) -> None:
        """Who waits is told before it is stored."""
        while True:
            stored = await role.node.parts.database.look_up(partial(find_flow, flow_id=flow_id))
            if stored is not None and stored.step is FlowStep.DONE:
                return
            await asyncio.sleep(0.01)

    async def started(self) -> None:
        """Wait until all machines answer."""
        while any(machine.role is None for machine in self.machines.values()):
            for machine in self.machines.values():
                assert not machine.defects, machine.defects
            await asyncio.sleep(0.01)

    def close(self) -> None:
        """Free everything; no code of the nodes runs."""
        self.loop.abandon()
        for machine in self.machines.values():
            machine.disk.destroy()

    def images(self) -> Images:
        """Copies of all disks as they are."""
        return {
            party.name: (Disk(machine.disk), NotaryDisk(PARAMETERS.ledger_id, machine.notary_disk))
            for party, machine in self.machines.items()
        }


@cache
def genesis() -> Images:
    """The disks of a ledger with members and some cash: made once a process, by the nodes themselves."""
    return made_by_nodes(CASH_NODES)


def made_by_nodes(
    parties: tuple[LedgerParty, ...], more: tuple[AnyRequest, ...] = (), folder: Path = NO_FOLDER
) -> Images:
    """The disks after members are admitted, accounts funded and ``more`` done by the issuer."""
    ledger = SimulatedLedger("genesis", parties, folder=folder)

    async def prepare() -> None:
        ledger.start()
        for party in (SN, *CUSTODIANS):
            role = MemberRole.SC_ISSUER if party is SN else MemberRole.CUSTODIAN
            await ledger.done(
                SN,
                ChangeMembership(
                    f"admit-{party.name}", MembershipChange.ADMIT, BusinessNetwork.SC, party.name, (role,)
                ),
            )
        for number, (account, amount_yen) in enumerate(FUNDS):
            await ledger.done(SN, IssueCash(f"fund-{number}", COIN_ID, amount_yen, account))
        for request in more:
            await ledger.done(SN, request)

    try:
        ledger.run(prepare())
        assert ledger.loop.time() < BEGIN_S, "what was made must lie in the past"
        return ledger.images()
    finally:
        ledger.close()
