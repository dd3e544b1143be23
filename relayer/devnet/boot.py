"""Bringing a devnet up, step by step, and taking it down. Every step says what it does; a failure names its log."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from chains.evm.client.account import EvmAccount
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment as EvmDeployment
from chains.evm.client.deployment import DeploymentPlan, LedgerAnchor, deploy_all
from chains.evm.client.proofs import TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.membership_client import MembershipClient
from chains.progmat.client.nouns import (
    AnyRequest,
    BusinessNetwork,
    ChangeMembership,
    CreateLightClient,
    FlowView,
    IssueCash,
    MemberRole,
    MembershipChange,
)
from ibc.dvp import CashAccount
from primitives.secp256k1 import address_of
from relayer.devnet import config_files as files
from relayer.devnet import processes
from relayer.devnet.access import tls_of
from relayer.devnet.architectures import proof_path
from relayer.devnet.chain_access import checkpoint_collector, ledger_client
from relayer.devnet.instruments import SELLER_UNITS, Issuing, require_packages
from relayer.devnet.layout import (
    BROKERS,
    COIN_ID,
    EVM_CLIENT_ID,
    LEDGER_CLIENT_ID,
    LEDGER_ID,
    NODE_PROGRAM,
    OBSERVED,
    SECOND_NOTARY,
    STATE_FILE,
    DevnetAlreadyRunning,
    DevnetNotRunning,
    DevnetState,
    Instrument,
    Notaries,
    Party,
    Process,
    read_state,
    write_state,
)
from relayer.devnet.proof_paths import Between, FirstStates, NetworkAdditions, ProofPath
from relayer.peer_config import Peer
from relayer.proof_config import Architecture

TRUST = TrustTerms(trusting_period_s=14 * 24 * 3600, max_clock_drift_s=30)
EARMARK_MARGIN_S = 3
BUYER_YEN = 100_000_000
START_TIMEOUT_S = 60.0
SPEC_FILE = "network-spec.json"
MEMBERS = (
    (BusinessNetwork.SC, "sn", MemberRole.SC_ISSUER),
    (BusinessNetwork.SC, "cn-a", MemberRole.CUSTODIAN),
    (BusinessNetwork.SC, "cn-b", MemberRole.CUSTODIAN),
    (BusinessNetwork.ST, "an", MemberRole.REGISTRAR),
    (BusinessNetwork.ST, "en", MemberRole.EXCHANGE),
    (BusinessNetwork.ST, "cn-a", MemberRole.CUSTODIAN),
    (BusinessNetwork.ST, "cn-b", MemberRole.CUSTODIAN),
)
FIRST = {"evm": "chains.evm.devnet"}
LAST = {"relayer": "relayer", "gateway": "relayer.gateway"}
KEYS = ("registrar", "seller", "buyer", "relayer", "webhooks")

Say = Callable[[str], None]


async def boot(
    directory: Path,
    say: Say,
    block_period_s: int = 1,
    notaries: Notaries = Notaries.ONE,
    families: Collection[AdapterFamily] = (),
    proof: Architecture = Architecture.DIRECT,
) -> DevnetState:
    """A fresh devnet in ``directory``, running when this returns; cleans up on failure.

    ``families``: adapters, each with a token of its own, beside those of the reference token.
    Raises ``DevnetAlreadyRunning``, ``NotReady``, ``ProcessDied``, ``ArtifactInvalid`` (a token's packages).
    """
    started: list[Process] = []
    require_packages(families)
    try:
        return await _boot(_fresh(directory), say, block_period_s, notaries, families, proof, started)
    except BaseException:
        processes.stop(started)
        raise


def _fresh(directory: Path) -> Path:
    if (directory / STATE_FILE).exists():
        raise DevnetAlreadyRunning(directory)
    if (directory / SPEC_FILE).exists():
        shutil.rmtree(directory)  # what a boot that failed has left; its logs were of use until now
    directory.mkdir(parents=True, exist_ok=True)
    return directory.absolute()


async def _boot(
    directory: Path,
    say: Say,
    block_period_s: int,
    notaries: Notaries,
    families: Collection[AdapterFamily],
    proof: Architecture,
    started: list[Process],
) -> DevnetState:
    path = proof_path(proof)
    processes.load_ahead((NODE_PROGRAM, *FIRST.values(), *path.listening.values()))
    names = (*notaries.nodes, "evm", *path.listening, *OBSERVED, "gateway-http", *map(_metrics_of, OBSERVED))
    ports = dict(zip(names, processes.free_ports(len(names)), strict=True))
    secrets_by_name = _make_evm_keys(directory)
    say("making certificates, keys and network parameters")
    await _make_network(directory, ports, path.prepare(directory, ports, block_period_s))
    files.write_evm(directory, ports["evm"], block_period_s)
    await _start_first(directory, path, notaries, ports, say, started)
    nodes = {name: Peer(name=name, target=f"127.0.0.1:{ports[name]}") for name in notaries.nodes}
    rpc_url = f"http://127.0.0.1:{ports['evm']}"
    issuer = ledger_client(directory, nodes["sn"])
    collector = checkpoint_collector(directory, nodes, files.validator_set(directory))
    async with EvmRpc(rpc_url) as rpc:
        say("admitting members, opening accounts")
        accounts = await _admit(directory, nodes)
        say("deploying the IBC contracts and the security tokens")
        issuing = await _issuing(rpc, secrets_by_name, families)
        deployment, instruments = await _deploy(issuing, collector, secrets_by_name, block_period_s)
        between = Between(directory, rpc, issuing.registrar, deployment, collector, ports, nodes, TRUST)
        first = await path.put_between(between)
        first.deployment.write(directory / "deployment.json")
        say(f"creating the light client of the EVM chain on the ledger, of type {first.client_type}; issuing coin")
        await asyncio.gather(_create_light_client(issuer, first), _issue(issuer, accounts["cn-b"]))
        relayer, gateway = (Peer(name=name, target=f"127.0.0.1:{ports[name]}") for name in ("relayer", "gateway"))
        await _start_last(between, path, (relayer, gateway), say, started)
    await asyncio.gather(issuer.close(), collector.close())
    state = DevnetState(
        ledger_id=LEDGER_ID,
        coin_id=COIN_ID,
        rpc_url=rpc_url,
        deployment_file="deployment.json",
        block_period_ms=block_period_s * 1000,
        nodes=nodes,
        gateway=gateway,
        http_url=f"https://127.0.0.1:{ports['gateway-http']}",
        relayer=relayer,
        seller=_party(directory, "seller", accounts["cn-a"], secrets_by_name),
        buyer=_party(directory, "buyer", accounts["cn-b"], secrets_by_name),
        instruments=instruments,
        processes=tuple(started),
        proof=proof.value,
        metrics={name: f"http://127.0.0.1:{ports[_metrics_of(name)]}" for name in OBSERVED},
    )
    write_state(directory, state)
    return state


async def _start_first(
    directory: Path, path: ProofPath, notaries: Notaries, ports: dict[str, int], say: Say, started: list[Process]
) -> None:
    """Both ledgers and what the proof architecture runs beside them, until all of it listens."""
    say("starting the EVM chain, notary, Validators, issuer, registrar, exchange and custodians")
    _start(directory, FIRST, started)
    _start_nodes(directory, notaries, started)
    if path.listening:
        say(f"starting {', '.join(path.listening)}")
    _start(directory, path.listening, started)
    await _wait_for_ports(directory, ports, started)
    processes.load_ahead((*LAST.values(), *path.processes_at_last().values()))  # while contracts wait for their blocks


async def _start_last(
    between: Between, path: ProofPath, ends: tuple[Peer, Peer], say: Say, started: list[Process]
) -> None:
    """Relayer and gateway, ``ends``, and what the proof architecture runs beside them, until all of it is ready."""
    directory, (relayer, gateway) = between.directory, ends
    last = {**LAST, **path.processes_at_last()}
    say(f"starting {', '.join(last)}")
    validators = between.collector.validator_set

    def telemetry(name: str) -> str:
        return files.telemetry_section(name, between.ports[_metrics_of(name)])

    files.write_relayer_and_gateway(
        directory,
        between.rpc.url,
        between.nodes,
        validators,
        relayer,
        gateway,
        path.section,
        between.ports["gateway-http"],
        telemetry,
    )
    _start(directory, last, started)
    await _wait_for_ports(directory, between.ports, started)
    await path.wait_until_ready(between)


def _metrics_of(name: str) -> str:
    """A process's metrics listener among the ports."""
    return f"{name} metrics"


def shut_down(directory: Path) -> None:
    """Stop all processes and remove the directory; nothing happens where no devnet is."""
    try:
        processes.stop(read_state(directory).processes)
    except DevnetNotRunning:
        return
    shutil.rmtree(directory)


def _make_evm_keys(directory: Path) -> dict[str, bytes]:
    folder = directory / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    made = {name: secrets.token_bytes(32) for name in KEYS}
    for name, secret in made.items():
        path = folder / f"{name}.hex"
        path.touch(mode=0o600)
        path.write_text(secret.hex())
    return made


def _start_nodes(directory: Path, notaries: Notaries, started: list[Process]) -> None:
    for name in notaries.nodes:
        config = directory / "network" / name / "node.toml"
        started.append(processes.start(directory, name, ("-m", NODE_PROGRAM, "--config", str(config))))


def _start(directory: Path, modules: Mapping[str, str], started: list[Process]) -> None:
    """Each module under its process's name, with the configuration file of that name."""
    for name, module in modules.items():
        started.append(processes.start(directory, name, ("-m", module, "--config", str(directory / f"{name}.toml"))))


async def _make_network(directory: Path, ports: dict[str, int], additions: NetworkAdditions) -> None:
    spec = directory / SPEC_FILE
    spec.write_text(json.dumps(files.network_spec(ports, additions.attestation_roots, additions.programs)))
    module = ("-m", "chains.progmat.bootstrap", str(spec), str(directory / "network"))
    child = await asyncio.create_subprocess_exec(sys.executable, *module, stderr=asyncio.subprocess.PIPE)
    _, complaint = await child.communicate()
    if child.returncode:
        raise processes.NotReady(f"the network's files: {complaint.decode(errors='replace').strip()}", 0)


async def _wait_for_ports(directory: Path, ports: dict[str, int], started: list[Process]) -> None:
    def wait_for_all() -> None:
        for process in started:
            if process.name not in ports:
                continue
            processes.wait_until(
                lambda port=ports[process.name]: processes.accepts_connections("127.0.0.1", port),  # type: ignore[misc]  # a default binds the loop's value
                process.name,
                START_TIMEOUT_S,
                process,
                directory / "logs",
            )

    await asyncio.to_thread(wait_for_all)


async def _admit(directory: Path, nodes: dict[str, Peer]) -> dict[str, CashAccount]:
    """Memberships of the cash and the securities network at each notary, then an account at each custodian."""
    admissions = [
        ChangeMembership(f"member-{network.name}-{name}{at}", MembershipChange.ADMIT, network, name, (role,), at)
        for at in ("", *(name for name in nodes if name == SECOND_NOTARY))
        for network, name, role in MEMBERS
    ]
    operator = MembershipClient(nodes["sn"].endpoint(), tls_of(directory))
    for admission in admissions:
        _require_final(admission, await operator.change(admission))
    await operator.close()
    accounts: dict[str, CashAccount] = {}
    for name in ("cn-a", "cn-b"):
        custodian = ledger_client(directory, nodes[name])
        accounts[name] = await custodian.open_account("broker")
        await custodian.close()
    return accounts


async def _issuing(rpc: EvmRpc, keys: dict[str, bytes], families: Collection[AdapterFamily]) -> Issuing:
    registrar = EvmAccount(rpc, keys["registrar"], await rpc.chain_id())
    return Issuing(registrar, keys["registrar"], keys["seller"], keys["buyer"], families)


async def _deploy(
    issuing: Issuing, collector: CheckpointCollector, keys: dict[str, bytes], block_period_s: int
) -> tuple[EvmDeployment, tuple[Instrument, ...]]:
    adapters = await issuing.before_the_app()
    anchor = await collector.collect(await collector.head(1, wait_ms=20_000))
    checkpoint = anchor.checkpoint
    plan = DeploymentPlan(
        anchor=LedgerAnchor(
            ledger_id=LEDGER_ID,
            height=checkpoint.height,
            timestamp_s=checkpoint.timestamp_s,
            root=checkpoint.root,
            validator_set_hash=collector.validator_set.hash(),
            trusting_period_s=TRUST.trusting_period_s,
            max_clock_drift_s=TRUST.max_clock_drift_s,
        ),
        client_id=EVM_CLIENT_ID,
        counterparty_client_id=LEDGER_CLIENT_ID,
        earmark_margin_s=EARMARK_MARGIN_S,
        token_name="Devnet Real Estate ST",  # noqa: S106  # the name of a security
        token_symbol="DST",  # noqa: S106  # its symbol
        holders=((address_of(keys["seller"]), SELLER_UNITS), (address_of(keys["buyer"]), 0)),
        adapters=adapters,
    )
    deployment = await deploy_all(issuing.registrar, plan, block_period_s * 1000)
    return deployment, await issuing.after_the_app(deployment)


async def _create_light_client(issuer: LedgerClient, first: FirstStates) -> None:
    initial = first.initial
    request = CreateLightClient(
        "light-client",
        LEDGER_CLIENT_ID,
        first.client_type,
        initial.client_state,
        initial.consensus_state,
        EVM_CLIENT_ID,
        (b"",),
    )
    await _done(issuer, request)


async def _issue(issuer: LedgerClient, to: CashAccount) -> None:
    await _done(issuer, IssueCash("first-trust", COIN_ID, BUYER_YEN, to))


async def _done(node: LedgerClient, request: AnyRequest) -> None:
    """Submit and see it final. Raises ``NotReady`` with the node's reason."""
    _require_final(request, await node.submit(request))


def _require_final(request: AnyRequest, flow: FlowView) -> None:
    if not flow.is_final_on_ledger:
        raise processes.NotReady(
            f"{request.request_id}: {flow.last_error_reason} {flow.last_error} {flow.waiting_on}", 30
        )


def _party(directory: Path, name: str, account: CashAccount, keys: dict[str, bytes]) -> Party:
    del directory
    return Party(
        name=name,
        broker=BROKERS[account.node],
        node=account.node,
        evm_address="0x" + address_of(keys[name]).hex(),
        evm_key_file=f"keys/{name}.hex",
        cash_key=account.key.hex(),
    )
