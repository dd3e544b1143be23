"""The day's network: trustee, registrar, exchange, two brokers' nodes, a custodian's, notary and one Validator."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chains.progmat.client import (
    BusinessNetwork,
    ChangeMembership,
    MemberRole,
    MembershipChange,
    MembershipClient,
)
from relayer.config import Peer
from relayer.devnet import processes
from relayer.devnet.access import OPERATOR, tls_of
from relayer.devnet.layout import Process

Say = Callable[[str], None]

TRUSTEE, REGISTRAR, EXCHANGE = "sn", "an", "en"
BROKER_A, BROKER_B, CUSTODIAN = "cn-a", "cn-b", "cn-c"
NOTARY, VALIDATOR = "nn", "validator-1"
LEDGER_ID: Final = "progmat-native-demo"
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


@dataclass(frozen=True)
class DayNetwork:
    """A running network: its directory, and each node's address and process."""

    directory: Path
    nodes: dict[str, Peer]
    processes: dict[str, Process]

    async def start(self, *names: str) -> None:
        """Start nodes, again if they were stopped; returns when all listen. Raises ``NotReady``, ``ProcessDied``."""
        for name in names:
            config = self.directory / "network" / name / "node.toml"
            arguments = ("-m", "chains.progmat.node", "--config", str(config))
            self.processes[name] = processes.start(self.directory, name, arguments)
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

    def kill(self, *names: str) -> None:
        """SIGKILL: the machines are gone."""
        for name in names:
            processes.kill(self.processes[name])


@asynccontextmanager
async def running_day_network(directory: Path, say: Say) -> AsyncIterator[DayNetwork]:
    """Make the files in an empty directory, start the processes, admit the members; stops them at the end.

    Raises ``NotReady``, ``ProcessDied``.
    """
    ports = dict(zip(ROLES, processes.free_ports(len(ROLES)), strict=True))
    nodes = {name: Peer(name=name, target=f"127.0.0.1:{port}") for name, port in ports.items()}
    network = DayNetwork(directory, nodes, {})
    say("making certificates, keys and network parameters")
    await _make(network, ports)
    try:
        say(f"starting {', '.join(f'{name} ({WHO[name]})' for name in ROLES)}")
        await network.start(*ROLES)
        say("admitting members of the coin and the securities network")
        await _admit(network)
        yield network
    finally:
        processes.stop(list(network.processes.values()))


async def _make(network: DayNetwork, ports: dict[str, int]) -> None:
    spec = network.directory / "network-spec.json"
    content = {
        "ledger_id": LEDGER_ID,
        "threshold": 1,
        "nodes": [{"name": name, "roles": list(roles), "port": ports[name]} for name, roles in ROLES.items()],
        "operators": [OPERATOR],
    }
    spec.write_text(json.dumps(content))
    module = ("-m", "chains.progmat.bootstrap", str(spec), str(network.directory / "network"))
    child = await asyncio.create_subprocess_exec(sys.executable, *module, stderr=asyncio.subprocess.PIPE)
    _, complaint = await child.communicate()
    if child.returncode:
        raise processes.NotReady(f"the network's files: {complaint.decode(errors='replace').strip()}", 0)


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
