"""A ledger network of real processes on this machine, told what to do over their standard input and output.

``sn`` issues the coin and countersigns, ``cn-a`` pays, ``cn-b`` is paid, ``nn`` is the notary: four processes with mTLS
between them, from the files ``bootstrap`` makes; where tokens are, ``an`` keeps their register. The one Validator is on
the map and never started: nothing here is shown to another chain.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from scripts.bench.machine import processor_time

ROOT = Path(__file__).resolve().parents[3]
ISSUER, PAYER, PAYEE, NOTARY, VALIDATOR = "sn", "cn-a", "cn-b", "nn", "validator-0"
REGISTRAR = "an"
COIN = "JPY-BENCH"
ROLES = {ISSUER: "SN", PAYER: "CN", PAYEE: "CN", NOTARY: "NN", VALIDATOR: "VALIDATOR", REGISTRAR: "AN"}
END_S = 30.0


@dataclass(frozen=True)
class Shape:
    """Which nodes run, and who is admitted as what: (party, business network, role)."""

    running: tuple[str, ...]
    members: tuple[tuple[str, str, str], ...]


_CASH_MEMBERS = ((ISSUER, "SC", "SC_ISSUER"), (PAYER, "SC", "CUSTODIAN"), (PAYEE, "SC", "CUSTODIAN"))
CASH = Shape((NOTARY, ISSUER, PAYER, PAYEE), _CASH_MEMBERS)
CASH_AND_TOKENS = Shape(
    (*CASH.running, REGISTRAR),
    (*_CASH_MEMBERS, (REGISTRAR, "ST", "REGISTRAR"), (PAYER, "ST", "CUSTODIAN"), (PAYEE, "ST", "CUSTODIAN")),
)


class BenchNode:
    """One node's process; commands are answered one at a time."""

    def __init__(self, name: str, directory: Path, process: subprocess.Popen[str]) -> None:
        self.name = name
        self.data = directory / name / "data"
        self.pid = process.pid
        self._process = process

    def ask(self, do: str, **arguments: object) -> Any:  # noqa: ANN401 - whatever the command answers, from JSON
        """Have a command carried out; returns its answer."""
        self.tell(do, **arguments)
        return self.answer()

    def tell(self, do: str, **arguments: object) -> None:
        """Begin a command; ``answer`` waits for its end."""
        stdin = self._process.stdin
        if stdin is None:
            raise RuntimeError("the process has no input")
        stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        stdin.flush()

    def answer(self) -> Any:  # noqa: ANN401 - as above
        """The answer of the command under way."""
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError(f"{self.name} ended with code {self._process.wait()}")
        return json.loads(line)

    def stop(self) -> None:
        """End of input is the sign to stop."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def running_network(directory: Path, shape: Shape = CASH) -> Iterator[dict[str, BenchNode]]:
    """The nodes of a shape, answering, with its members admitted; by name."""
    ports = _free_ports(len(ROLES))
    nodes = [
        NodeSpec(name=name, roles=("SN", "BNO") if name == ISSUER else (role,), port=port)
        for (name, role), port in zip(ROLES.items(), ports, strict=True)
    ]
    create_network(NetworkSpec(ledger_id="bench", threshold=1, nodes=tuple(nodes)), directory, datetime.now(UTC))
    with ExitStack() as stack:
        running = {}
        for name in shape.running:
            running[name] = BenchNode(name, directory, _started(directory / name / "node.toml"))
            stack.callback(running[name].stop)
        for node in running.values():
            node.answer()
        for party, network, role in shape.members:
            running[ISSUER].ask("admit", party=party, network=network, role=role)
        yield running


def cpu_s(nodes: dict[str, BenchNode]) -> dict[str, float]:
    """Processor seconds used by each node so far, the notary's signature workers included."""
    return {name: processor_time.cpu_s(node.pid) for name, node in nodes.items()}


def _started(config: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen")))
    return subprocess.Popen(
        (sys.executable, "-m", "scripts.bench.ledger_net.node_process", str(config)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "CROSSDVP_NODE_ATTEST_EVERY": "0"},  # no Validator runs
    )


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
