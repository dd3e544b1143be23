"""Two worker processes of one notary over one PostgreSQL; the active one is killed under load.

The requester dials both endpoints of the notary, as its network map lists them. Nothing acknowledged may be lost, no
transaction may get two answers, the journal may not fork. The gap without answers is printed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.identity import KeyStore, NetworkMap
from chains.progmat.node.peers import GrpcPeerNetwork, PeerTls
from chains.progmat.notary.codec import Notarised, NotariseRequest, decode_entry, decode_response, encode_request
from chains.progmat.notary.errors import NotarisationConflict
from chains.progmat.notary.journal import genesis, validate_successor
from chains.progmat.notary.requester import sign_request
from chains.progmat.notary.service import NOTARISE
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.model import ProvableWrite, StateRef, WriteKind
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import UnavailableError
from primitives.hashing import sha256
from primitives.signatures import Signer
from primitives.types import Hash32

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores

ROOT = Path(__file__).parents[3]
LEDGER_ID = "two-workers"
LEASE_S = 1.0
PATIENCE_S = 60.0
IN_FLIGHT = 24


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Notary:
    """The files of the network, and the notary's two workers."""

    folder: Path
    store_url: str
    ports: tuple[int, int] = field(default_factory=lambda: (free_port(), free_port()))
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def make_files(self) -> None:
        nodes = (
            NodeSpec(name="nn", roles=("NN",), port=self.ports[0]),
            NodeSpec(name="sn", roles=("SN", "BNO"), port=1),
            NodeSpec(name="v1", roles=("VALIDATOR",), port=2),
            NodeSpec(name="cn", roles=("CN",), port=3),
        )
        create_network(NetworkSpec(ledger_id=LEDGER_ID, threshold=1, nodes=nodes), self.folder, datetime.now(UTC))
        path = self.folder / "network-map.json"
        content = json.loads(path.read_text())
        for node in content["nodes"]:
            if node["name"] == "nn":
                node["also_at"] = [f"127.0.0.1:{self.ports[1]}"]
        path.write_text(json.dumps(content))

    def start(self, number: int) -> subprocess.Popen[bytes]:
        """One worker: the same name, certificate and key; another port and data folder."""
        environment = os.environ | {
            "PYTHONPATH": f"{ROOT}:{ROOT / 'proto' / 'gen'}",
            "CROSSDVP_NODE_LISTEN__PORT": str(self.ports[number]),
            "CROSSDVP_NODE_DATA_DIR": str(self.folder / "nn" / f"data-{number}"),
            "CROSSDVP_NODE_NOTARY__STORE": self.store_url,
            "CROSSDVP_NODE_NOTARY__LEASE_S": str(LEASE_S),
        }
        command = [sys.executable, "-m", "chains.progmat.node", "--config", str(self.folder / "nn" / "node.toml")]
        worker = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        self.workers.append(worker)
        return worker

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()


class Custodian:
    """A requester with the files of the node ``cn``."""

    def __init__(self, folder: Path) -> None:
        self.parameters = NetworkParameters.decode((folder / "parameters.bin").read_bytes())
        directory = NetworkMap.load(folder / "network-map.json")
        self.signer = self._key(folder, "cn", directory)
        self.validator = self._key(folder, "v1", directory)
        tls = PeerTls(
            (folder / "authority.pem").read_bytes(),
            (folder / "cn" / "certificate.pem").read_bytes(),
            (folder / "cn" / "private-key.pem").read_bytes(),
        )
        self.network = GrpcPeerNetwork(directory.endpoints_of_others("cn"), tls)
        self.answers: dict[Hash32, set[tuple[int, int]]] = {}
        self.acknowledged_at_s: list[float] = []

    @staticmethod
    def _key(folder: Path, name: str, directory: NetworkMap) -> Signer:
        party = directory.party(name)
        keys = KeyStore.open(folder / name / "keys.json", (folder / name / "passphrase").read_bytes().strip())
        signer = None if party is None else keys.signer(party.key)
        assert signer is not None
        return signer

    def wire(self, coin: str, rival: str = "") -> WireTransaction:
        """Spends a coin and writes; two rivals for one coin are two transactions."""
        builder = TransactionBuilder(
            notary=self.parameters.notary,
            network_parameters_hash=self.parameters.hash,
            contract_package=self.parameters.contract_packages[0],
            inputs=(StateRef(Hash32(sha256(coin.encode())), 0),),
            provable_writes=(
                ProvableWrite(WriteKind.CREATE, f"{coin} {rival}".encode(), Hash32(sha256(rival.encode()))),
            ),
        )
        return builder.to_wire(sha256(f"{coin} {rival}".encode()))

    async def ask(self, wire: WireTransaction) -> Notarised:
        """Ask until there is an answer, whatever happens to the workers."""
        approval = encode_signature(sign_transaction(self.validator, wire.id))
        request = NotariseRequest(wire.filter(NOTARY_GROUPS).encode(), (approval,), sign_request(self.signer, wire.id))
        body = encode_request(request)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(UnavailableError):
                    answer = decode_response(await self.network.request("nn", NOTARISE, body, 5.0))
                    self.acknowledged_at_s.append(time.monotonic())
                    decode_signature(answer.signature).verify(wire.id)
                    self.answers.setdefault(wire.id, set()).add((answer.position, answer.time_s))
                    return answer


@pytest.fixture
async def notary(tmp_path: Path, postgres_url: str) -> AsyncIterator[Notary]:
    made = Notary(tmp_path / "network", postgres_url)
    made.make_files()
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.slow
async def test_the_active_worker_is_killed_under_load_and_nothing_is_lost(
    notary: Notary, capsys: pytest.CaptureFixture[str]
) -> None:
    custodian = Custodian(notary.folder)
    active = notary.start(0)
    await custodian.ask(custodian.wire("first"))  # it is the writer
    notary.start(1)
    conflicts = 0
    killed_at_s = 0.0
    numbers = iter(range(400))

    async def keep_asking() -> None:
        nonlocal conflicts, killed_at_s
        for number in numbers:
            if number == 200:
                active.send_signal(signal.SIGKILL)
                killed_at_s = time.monotonic()
            await custodian.ask(custodian.wire(f"coin {number}", "a"))
            if number % 5 == 0:
                try:
                    await custodian.ask(custodian.wire(f"coin {number}", "b"))
                except NotarisationConflict:
                    conflicts += 1

    await asyncio.gather(*(keep_asking() for _ in range(IN_FLIGHT)))
    assert conflicts == 80, "each double spend is refused, on whichever side of the kill"
    before = dict(custodian.answers)
    for number in range(0, 400, 7):  # retries get what was answered first, by the other worker too
        await custodian.ask(custodian.wire(f"coin {number}", "a"))
    assert custodian.answers == before
    assert all(len(answers) == 1 for answers in custodian.answers.values())
    after_s = [killed_at_s, *sorted(at_s for at_s in custodian.acknowledged_at_s if at_s > killed_at_s)]
    gap_s = max(later - earlier for earlier, later in itertools.pairwise(after_s))
    with capsys.disabled():
        sys.stdout.write(f"\n  gap after kill -9 of the active worker, lease {LEASE_S:g} s: {gap_s:.2f} s\n")
    await custodian.network.close()
    check_journal(notary.store_url, custodian)


def check_journal(url: str, custodian: Custodian) -> None:
    with psycopg.connect(url) as connection:
        entries = [
            decode_entry(row[0]) for row in connection.execute("SELECT entry FROM notary_journal ORDER BY position")
        ]
        epoch = connection.execute("SELECT epoch FROM notary_writer").fetchone()
    head = genesis(LEDGER_ID)
    for entry in entries:
        validate_successor(head, entry)
        head = entry.head
    journalled = {entry.tx_id: entry.position for entry in entries if entry.tx_id is not None}
    told = {bytes(tx_id): position for tx_id, ((position, _),) in custodian.answers.items()}
    assert {tx_id: journalled.get(tx_id) for tx_id in told} == told
    assert epoch == (2,)


@pytest.mark.slow
async def test_a_stopped_worker_hands_over_at_once_and_a_replaced_one_stands_by(notary: Notary) -> None:
    custodian = Custodian(notary.folder)
    first = notary.start(0)
    await custodian.ask(custodian.wire("one"))
    notary.start(1)
    first.terminate()
    assert await asyncio.to_thread(first.wait, PATIENCE_S) == 0
    answer = await custodian.ask(custodian.wire("two"))
    notary.start(0)  # a new machine in the old one's place
    again = await custodian.ask(custodian.wire("two"))
    assert (again.position, again.time_s) == (answer.position, answer.time_s)
    await custodian.network.close()
    check_journal(notary.store_url, custodian)
