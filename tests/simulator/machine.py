"""One node's machine: a disk that lasts, a clock that is off, and a process that dies and is started again.

The process is the shipping node, put together by the shipping composition functions; what is simulated is handed to
them through ``Surroundings``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import MetaData

from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.identity import NetworkMap
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.notary_role import NotaryRole
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.roles import RunningRole, Surroundings, ValidatorRole, VaultRole
from chains.progmat.notary.uniqueness import UniquenessStore
from primitives.errors import UnavailableError
from tests.fakes.ledger_parties import LedgerParty
from tests.simulator.clock import SkewedClock
from tests.simulator.disk import CommitFate, Disk, SimulatedDatabase
from tests.simulator.faults import CALM, Mishaps
from tests.simulator.loop import OUTSIDE, Process, SimulatedLoop
from tests.simulator.network import SimulatedNetwork
from tests.simulator.notary_disk import NotaryDisk
from tests.simulator.parties import MAP, PACKAGE, PARAMETERS, ROLES, key_store
from tests.simulator.trace import Trace

T = TypeVar("T")
NOBODY = ApiAccess(operators=frozenset(), gateways=frozenset(), platforms=frozenset())


class MachineDown(Exception):
    """Nobody answers: the process is not there, or died before it answered."""


class Watcher(Protocol):
    """Whoever looks at a vault after each commit."""

    def __call__(self, machine: Machine) -> None:
        """Raises ``AssertionError`` for what must never be seen."""
        ...


@dataclass
class Setting:
    """What all machines of a schedule share. ``mishaps`` changes with the schedule's phases."""

    loop: SimulatedLoop
    network: SimulatedNetwork
    trace: Trace
    folder: Path
    network_map: NetworkMap = MAP
    mishaps: Mishaps = CALM
    watcher: Watcher | None = None


class Machine:
    """See the module's docstring. Also what its disk tells its events to (``DiskEvents``)."""

    def __init__(self, party: LedgerParty, setting: Setting, chance: random.Random) -> None:
        self.party = party
        self.disk = Disk()
        self.notary_disk = NotaryDisk(PARAMETERS.ledger_id)
        self.role: RunningRole | None = None
        self.operations: NodeOperations | None = None
        self.defects: list[BaseException] = []
        self.starts = 0
        self._setting = setting
        self._chance = chance
        self._process = Process("not started")
        self._process.is_alive = False
        self._asked: dict[asyncio.Future[Any], None] = {}

    @property
    def name(self) -> str:
        """The node's name."""
        return self.party.name

    @property
    def is_running(self) -> bool:
        """Whether its process is there, started or starting."""
        return self._process.is_alive

    def start(self) -> None:
        """A new process over what the disk holds."""
        self.starts += 1
        self._process = Process(f"{self.name}#{self.starts}")
        self._note("starts")
        boot = self._setting.loop.spawn(self._process, self._boot(), name=f"boot of {self.name}")
        boot.add_done_callback(partial(self._booted, self._process), context=OUTSIDE.context())

    def crash(self) -> None:
        """``kill -9``; an operator starts it again after a while."""
        if not self._process.is_alive:
            return
        self._note("crashes")
        self._setting.loop.kill(self._process)
        self._setting.network.leave(self.name)
        self.role = self.operations = None
        for waiting in list(self._asked):
            waiting.set_exception(MachineDown(self.name))
        mishaps = self._setting.mishaps
        down_s = self._chance.uniform(mishaps.least_down_s, mishaps.most_down_s)
        self._setting.loop.call_later(down_s, self.start, context=OUTSIDE.context())

    def lose_disk(self) -> None:
        """As ``crash``, and nothing that the disk held is left; the keys are kept elsewhere."""
        self.crash()
        self._note("has lost its disk")
        self.disk.destroy()
        self.disk = Disk()

    async def ask(self, call: Callable[[NodeOperations], Awaitable[T]]) -> T:
        """Call the node's API from outside; raises ``MachineDown`` besides what the call raises."""
        operations = self.operations
        if operations is None:
            raise MachineDown(self.name)
        answer: asyncio.Future[T] = self._setting.loop.create_future()
        self._asked[answer] = None
        answer.add_done_callback(self._asked.pop)

        async def answered() -> None:
            try:
                result = await call(operations)
            except Exception as error:  # noqa: BLE001 - it is the caller's
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(result)

        call_under_way = self._setting.loop.spawn(self._process, answered(), name=f"call of {self.name}")
        try:
            return await answer
        except asyncio.CancelledError:
            call_under_way.cancel()  # as a server does whose caller has gone
            raise

    # ---- what the disk tells ----

    def fate(self) -> CommitFate:
        """Of the batch that is about to be committed."""
        return self._setting.mishaps.fate(self._chance)

    def committed(self, operations: int) -> None:
        """A batch is on disk."""
        self._note(f"commits {operations}")
        if self._setting.watcher is not None:
            self._setting.watcher(self)

    # ---- how it is put together ----

    async def _boot(self) -> None:
        router = PeerRouter()
        around = self._surroundings()
        operations = None
        role: RunningRole
        if ROLES[self.party] is Role.NOTARY:
            role = await NotaryRole.open(around)
        elif ROLES[self.party] is Role.VALIDATOR:
            role = await ValidatorRole.open(around)
        else:
            vault = role = await VaultRole.open(around)
            operations = NodeOperations(vault.node, around.keys)
        role.answer_peers(router)
        self._setting.network.join(self.name, router, self._process)
        await role.start()
        self.role, self.operations = role, operations

    def _booted(self, process: Process, boot: asyncio.Task[None]) -> None:
        error = None if boot.cancelled() else boot.exception()
        if isinstance(error, UnavailableError):
            self.crash()  # its disk failed while it started: the supervisor tries again
        elif error is not None and process.is_alive:
            self.defects.append(error)

    def _surroundings(self) -> Surroundings:
        if ROLES[self.party] is Role.VALIDATOR:  # its signing log is a real file
            (self._setting.folder / self.name).mkdir(exist_ok=True)
        entry = self._setting.network_map.entry(self.name)
        assert entry is not None
        most_ms = self._setting.mishaps.most_skew_ms
        return Surroundings(
            me=NodeSelf(entry.party, entry.roles, entry.index),
            parameters=PARAMETERS,
            package=PACKAGE,
            directory=self._setting.network_map,
            keys=key_store(self.party),
            network=self._setting.network.view(self.name),
            folder=self._setting.folder / self.name,
            access=NOBODY,
            clock=SkewedClock(self._chance.randint(-most_ms, most_ms)),
            random_bytes=self._chance.randbytes,
            storage=NodeStorage(self._setting.folder / "node.sqlite3", self.name, open=self._open_database),
            open_uniqueness_store=self._open_store,
        )

    async def _open_database(
        self, at: DatabaseLocation, node_name: str, schemas: Sequence[MetaData], _now_s: Callable[[], int]
    ) -> SimulatedDatabase:
        self.disk.prepare(at, node_name, schemas)
        return SimulatedDatabase(self.disk, self, self._setting.loop.work_s)

    def _open_store(self, _path: Path, _ledger_id: str) -> UniquenessStore:
        return self.notary_disk.opened(self)

    def _note(self, what: str) -> None:
        self._setting.trace.note(self._setting.loop.time(), f"{self.name} {what}")
