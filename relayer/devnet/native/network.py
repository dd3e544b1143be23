"""The day's network: trustee, registrar, exchange, two brokers' nodes, a custodian's, notary and one Validator."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final

from chains.progmat.client.membership_client import MembershipClient
from chains.progmat.client.nouns import BusinessNetwork, ChangeMembership, MemberRole, MembershipChange
from primitives.errors import CallerError
from relayer.devnet import processes
from relayer.devnet.access import OPERATOR, tls_of
from relayer.devnet.layout import NODE_PROGRAM, Process
from relayer.peer_config import Peer

Say = Callable[[str], None]

TRUSTEE, REGISTRAR, EXCHANGE = "sn", "an", "en"
BROKER_A, BROKER_B, CUSTODIAN = "cn-a", "cn-b", "cn-c"
NOTARY, VALIDATOR = "nn", "validator-1"
LEDGER_ID: Final = "progmat-native-demo"
PROCESSES_FILE: Final = "native-processes.json"
APPROVER_LABEL: Final = "approver-1"
PLATFORMS: Final = {
    BROKER_A: ("broker-a",),
    BROKER_B: ("broker-b",),
    CUSTODIAN: ("broker-c", "broker-d"),
    EXCHANGE: ("broker-a", "broker-b", "broker-c", "broker-d"),
}
"""Brokers' programs that a node answers: their custodian's, and the venue's."""
ROLES: Final = {
    TRUSTEE: ("SN", "BNO"),
    REGISTRAR: ("AN",),
    EXCHANGE: ("EN",),
    BROKER_A: ("CN",),
    BROKER_B: ("CN",),
    CUSTODIAN: ("CN",),
    NOTARY: ("NN",),
    VALIDATOR: ("VALIDATOR",),
}
WHO: Final = {
    TRUSTEE: "trust bank, issues the coin",
    REGISTRAR: "trustee, keeps the register",
    EXCHANGE: "PTS",
    BROKER_A: "broker A",
    BROKER_B: "broker B",
    CUSTODIAN: "custodian for brokers C and D",
    NOTARY: "notary",
    VALIDATOR: "Validator",
}
_NETWORKS: Final = (BusinessNetwork.SC, BusinessNetwork.ST)
_CUSTODIANS: Final = (BROKER_A, BROKER_B, CUSTODIAN)
MEMBERS: Final = (
    (BusinessNetwork.SC, TRUSTEE, MemberRole.SC_ISSUER),
    (BusinessNetwork.ST, REGISTRAR, MemberRole.REGISTRAR),
    (BusinessNetwork.ST, EXCHANGE, MemberRole.EXCHANGE),
    *((network, name, MemberRole.CUSTODIAN) for network in _NETWORKS for name in _CUSTODIANS),
)
START_TIMEOUT_S: Final = 60.0


class CommandRefused(CallerError):
    """A command of the day was refused."""

    reason = "DEMO_COMMAND_REFUSED"

    def __init__(self, command: str, told: str) -> None:
        self.command = command
        super().__init__(f"crossdvp {command}: {told}")


class AtTheEnd(Enum):
    """What becomes of the processes."""

    STOP = "stop"
    KEEP = "keep"


@dataclass(frozen=True)
class DayNetwork:
    """A running network: its directory, each node's address and process, second approvers' public keys by node."""

    directory: Path
    nodes: dict[str, Peer]
    processes: dict[str, Process]
    approver_keys: dict[str, bytes] = field(default_factory=dict)

    def config(self, name: str) -> Path:
        """A node's file."""
        return self.directory / "network" / name / "node.toml"

    async def start(self, *names: str) -> None:
        """Start nodes, again if they were stopped; returns when all listen. Raises ``NotReady``, ``ProcessDied``."""
        for name in names:
            arguments = ("-m", NODE_PROGRAM, "--config", str(self.config(name)))
            self.processes[name] = processes.start(self.directory, name, arguments)
        self._write_down()
        for name in names:
            await asyncio.to_thread(self._wait_for, name)

    def _wait_for(self, name: str) -> None:
        host, _, port = self.nodes[name].target.rpartition(":")
        processes.wait_until(
            lambda: processes.accepts_connections(host, int(port)),
            name,
            START_TIMEOUT_S,
            self.processes[name],
            self.directory / "logs",
        )

    def _write_down(self) -> None:
        """So that another command can stop them."""
        written = [one.model_dump(mode="json") for one in self.processes.values()]
        (self.directory / PROCESSES_FILE).write_text(json.dumps(written))

    def kill(self, *names: str) -> None:
        """SIGKILL: the machines are gone."""
        for name in names:
            processes.kill(self.processes[name])


@asynccontextmanager
async def running_day_network(
    directory: Path, say: Say, at_the_end: AtTheEnd = AtTheEnd.STOP
) -> AsyncIterator[DayNetwork]:
    """Make the files in an empty directory, start the processes, admit the members; stops them at the end.

    ``KEEP`` leaves them running after a day that came to its end.

    Raises ``NotReady``, ``ProcessDied``.
    """
    ports = dict(zip(ROLES, processes.free_ports(len(ROLES)), strict=True))
    nodes = {name: Peer(name=name, target=f"127.0.0.1:{port}") for name, port in ports.items()}
    network = DayNetwork(directory, nodes, {})
    processes.load_ahead((NODE_PROGRAM,))
    say("making certificates, keys and network parameters")
    await _make(network, ports)
    keep = False
    try:
        say(f"starting {', '.join(f'{name} ({WHO[name]})' for name in ROLES)}")
        await network.start(*ROLES)
        say("admitting members of the coin and the securities network")
        await _admit(network)
        yield network
        keep = at_the_end is AtTheEnd.KEEP
    finally:
        if not keep:
            processes.stop(list(network.processes.values()))


def stop_day_network(directory: Path) -> int:
    """Stop the processes that a day left running in a directory; how many there were. Raises ``OSError``."""
    written = json.loads((directory / PROCESSES_FILE).read_text())
    found = [Process.model_validate(each) for each in written]
    alive = [process for process in found if processes.is_alive(process)]
    processes.stop(alive)
    return len(alive)


async def crossdvp(*arguments: str) -> dict[str, Any]:
    """A command as people type it, in a process of its own; its document. Raises ``CommandRefused``."""
    program = "from relayer.cli.main import main; main()"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        *arguments,
        "--json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    written, complaint = await child.communicate()
    if child.returncode:
        told = (written + complaint).decode(errors="replace").strip()
        raise CommandRefused(" ".join(arguments[:3]), told)
    found: dict[str, Any] = json.loads(written)
    return found


async def _make(network: DayNetwork, ports: dict[str, int]) -> None:
    spec = network.directory / "network-spec.json"
    content = {
        "ledger_id": LEDGER_ID,
        "threshold": 1,
        "nodes": [
            {"name": name, "roles": list(roles), "port": ports[name], "platforms": list(PLATFORMS.get(name, ()))}
            for name, roles in ROLES.items()
        ],
        "operators": [OPERATOR],
    }
    spec.write_text(json.dumps(content))
    module = ("-m", "chains.progmat.bootstrap", str(spec), str(network.directory / "network"))
    child = await asyncio.create_subprocess_exec(sys.executable, *module, stderr=asyncio.subprocess.PIPE)
    _, complaint = await child.communicate()
    if child.returncode:
        raise processes.NotReady(f"the network's files: {complaint.decode(errors='replace').strip()}", 0)
    made = await asyncio.gather(*(_approver_key(network, name) for name in (TRUSTEE, REGISTRAR)))
    network.approver_keys.update(zip((TRUSTEE, REGISTRAR), made, strict=True))


async def _approver_key(network: DayNetwork, name: str) -> bytes:
    """The second approver's key in a node's store: made before the node opens it."""
    done = await crossdvp("ledger", "keys", "make", str(network.config(name)), "--label", APPROVER_LABEL)
    return bytes.fromhex(done["public_key"])


async def _admit(network: DayNetwork) -> None:
    operator = MembershipClient(network.nodes[TRUSTEE].endpoint(), tls_of(network.directory))
    for business, name, role in MEMBERS:
        admission = ChangeMembership(
            f"member-{business.name}-{name}", MembershipChange.ADMIT, business, name, (role,), ""
        )
        done = await operator.change(admission)
        if not done.is_final_on_ledger:
            raise processes.NotReady(f"{admission.request_id}: {done.last_error_reason} {done.last_error}", 30)
    await operator.close()
