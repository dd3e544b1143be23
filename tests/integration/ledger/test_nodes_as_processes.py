"""Eight node processes with mTLS between them, used through the client other programs use."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.client.channel import ApiEndpoint, ApiTls
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.membership_client import MembershipClient
from chains.progmat.client.rpc_validator import ValidatorApi
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.requests import CreateLightClient, IssueCash, MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.identity import NetworkMap
from chains.rpc_status import RemoteCallerError, RemoteUnavailableError
from ibc.dvp import CashAccount
from light_clients.progmat import ValidatorSet
from primitives.secp256k1 import address_of_public_key
from primitives.types import Address
from tests.fakes.evm_chain_model import EvmChainModel

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores

Roles = Mapping[str, tuple[str, ...]]

ROOT = Path(__file__).parents[3]
LEDGER_ID = "progmat-processes"
VALIDATORS = tuple(f"validator-{number}" for number in range(4))
ROLES: Roles = {
    "sn": ("SN", "BNO"),
    "cn-a": ("CN",),
    "cn-b": ("CN",),
    "nn": ("NN",),
    **dict.fromkeys(VALIDATORS, ("VALIDATOR",)),
}
OPERATOR = "operations"
RELAYER = "relayer"


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass
class NodeProcesses:
    """Processes by name; killed at the end, whatever happened."""

    folder: Path
    spec: NetworkSpec
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    async def start(self, name: str) -> None:
        command = (sys.executable, "-m", "chains.progmat.node", "--config", str(self.folder / name / "node.toml"))
        path = f"{ROOT}{os.pathsep}{ROOT / 'proto' / 'gen'}"
        with self.log(name).open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
            )

    def log(self, name: str) -> Path:
        return self.folder / name / "log"

    async def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        await process.wait()

    async def end(self) -> list[int | None]:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        codes: list[int | None] = []
        for process in self.processes.values():
            try:
                async with asyncio.timeout(30):
                    codes.append(await process.wait())
            except TimeoutError:
                process.kill()
                codes.append(None)
        return codes

    def tls(self, name: str) -> ApiTls:
        return ApiTls(
            (self.folder / "authority.pem").read_bytes(),
            (self.folder / name / "certificate.pem").read_bytes(),
            (self.folder / name / "private-key.pem").read_bytes(),
        )

    def endpoint(self, name: str) -> ApiEndpoint:
        node = next(node for node in self.spec.nodes if node.name == name)
        return ApiEndpoint(name, f"{node.host}:{node.port}")

    def client(self, name: str, caller: str = OPERATOR) -> LedgerClient:
        return LedgerClient(self.endpoint(name), self.tls(caller))

    def address_of(self, name: str) -> Address:
        party = NetworkMap.load(self.folder / "network-map.json").party(name)
        assert party is not None
        return address_of_public_key(party.key.data)


@asynccontextmanager
async def running_processes(
    folder: Path, roles: Roles = ROLES, stays_away: frozenset[str] = frozenset()
) -> AsyncIterator[NodeProcesses]:
    nodes = tuple(
        NodeSpec(name=name, roles=of_node, port=port)
        for (name, of_node), port in zip(roles.items(), free_ports(len(roles)), strict=True)
    )
    threshold = min(3, sum("VALIDATOR" in of_node for of_node in roles.values()))
    spec = NetworkSpec(
        ledger_id=LEDGER_ID, threshold=threshold, nodes=nodes, operators=(OPERATOR,), relayers=(RELAYER,)
    )
    create_network(spec, folder, datetime.now(UTC))
    processes = NodeProcesses(folder, spec)
    codes: list[int | None] = []
    try:
        for name in roles:
            if name not in stays_away:
                await processes.start(name)
        yield processes
    finally:
        codes = await processes.end()
    assert set(codes) == {0}, (
        codes,
        [processes.log(name).read_text()[-2000:] for name in roles if name not in stays_away],
    )


async def answering(client: LedgerClient) -> None:
    """Return when the node answers."""
    async with asyncio.timeout(90):
        while True:
            try:
                await client.node_info()
            except RemoteUnavailableError:
                await asyncio.sleep(0.1)  # another process starts: there is no event to wait for
            else:
                return


async def delivered(client: LedgerClient, flow_id: str) -> None:
    async with asyncio.timeout(30):
        flow = await client.flow(flow_id)
        while flow.step is not FlowStep.DONE:
            await asyncio.sleep(0.05)  # the node pushes nothing for this
            flow = await client.flow(flow_id)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_nodes_as_processes_move_cash_sign_checkpoints_and_survive_a_kill(tmp_path: Path) -> None:
    async with running_processes(tmp_path / "net") as network:
        sn, cn_a, cn_b = (network.client(name) for name in ("sn", "cn-a", "cn-b"))
        for client in (sn, cn_a, cn_b):
            await answering(client)
        operator = MembershipClient(network.endpoint("sn"), network.tls(OPERATOR))
        issuer, custodian = MemberRole.SC_ISSUER, MemberRole.CUSTODIAN
        for name, role in {"sn": issuer, "cn-a": custodian, "cn-b": custodian}.items():
            admission = ChangeMembership(f"admit-{name}", MembershipChange.ADMIT, BusinessNetwork.SC, name, (role,))
            flow = await operator.change(admission)
            assert flow.is_final_on_ledger, flow
        assert [line.party for line in await operator.list(BusinessNetwork.SC)] == ["cn-a", "cn-b", "sn"]
        await operator.close()
        payer = await cn_b.open_account("payer")
        payee = await cn_a.open_account("payee")
        assert await cn_b.open_account("payer") == payer
        await cash_is_issued_once_and_by_the_operator_only(network, sn, payer)

        await network.kill("sn")
        move = MoveCash("move-1", "PGC-1", "sn", 300, payer.key, payee)
        waiting = await cn_b.submit(move, wait_s=1)
        assert (waiting.step, waiting.waiting_on) == (FlowStep.BUILT, "sn")
        await network.start("sn")
        moved = await cn_b.submit(move, wait_s=50)
        assert moved.is_final_on_ledger, moved
        await delivered(cn_b, "move-1")
        assert [line.free_yen for line in await cn_a.balances("PGC-1", payee.key)] == [300]
        assert [line.free_yen for line in await cn_b.balances("PGC-1", payer.key)] == [700]

        await network.kill("cn-a")  # the payee, before it is told; then the payer, at whatever line it is
        second = MoveCash("move-2", "PGC-1", "sn", 200, payer.key, payee)
        await cn_b.submit(second, wait_s=0)
        await network.kill("cn-b")
        for name in ("cn-b", "cn-a"):
            await network.start(name)
        for client in (cn_b, cn_a):
            await answering(client)
        assert (await cn_b.flow("move-2")).created_ms > 0  # what was accepted is not forgotten
        await delivered(cn_b, "move-2")
        assert [line.free_yen for line in await cn_a.balances("PGC-1", payee.key)] == [500]
        assert [line.free_yen for line in await cn_b.balances("PGC-1", payer.key)] == [500]

        await checkpoints_are_collected(network, sn)
        for client in (sn, cn_a, cn_b):
            await client.close()


async def cash_is_issued_once_and_by_the_operator_only(
    network: NodeProcesses, sn: LedgerClient, payer: CashAccount
) -> None:
    issue = IssueCash("issue-1", "PGC-1", 1000, payer)
    issued = await sn.submit(issue)
    assert (await sn.submit(issue)).tx_id == issued.tx_id
    with pytest.raises(RemoteCallerError) as reused:
        await sn.submit(IssueCash("issue-1", "PGC-1", 2000, payer))
    assert reused.value.reason == "REQUEST_ID_REUSED"
    assert "amount_yen" in str(reused.value)
    relayer = network.client("sn", RELAYER)
    with pytest.raises(RemoteCallerError) as refused:
        await relayer.submit(IssueCash("issue-2", "PGC-1", 1, payer))
    assert refused.value.reason == "CALLER_NOT_AUTHORISED"
    await relayer.close()
    await delivered(sn, "issue-1")


async def checkpoints_are_collected(network: NodeProcesses, sn: LedgerClient) -> None:
    await answering(sn)
    evm = EvmChainModel(now_s=int(datetime.now(UTC).timestamp()))
    states = (evm.client_state(), evm.consensus_state())
    created = await sn.submit(CreateLightClient("client-1", "qbft-0", "qbft", *states, "progmat-0", (b"",)))
    assert created.is_final_on_ledger, created
    apis = [ValidatorApi(network.endpoint(name), network.tls(OPERATOR)) for name in VALIDATORS]
    validator_set = ValidatorSet(3, tuple(sorted(network.address_of(name) for name in VALIDATORS)))
    collector = CheckpointCollector(LEDGER_ID, validator_set, apis)
    assert await collector.head(created.journal_position, 20_000) >= created.journal_position
    checkpoint = await collector.collect(created.journal_position)
    assert (await collector.prove(b"client/qbft-0", checkpoint)).value is not None
    assert (await collector.prove(b"client/qbft-1", checkpoint)).value is None
    await collector.close()
