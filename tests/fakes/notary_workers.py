"""The files of a network with a notary of two workers over one PostgreSQL, and a custodian that asks it for ever."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

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
from scripts.local_postgres import free_port

ROOT = Path(__file__).parents[2]
LEDGER_ID = "two-workers"
LEASE_S = 1.0
PATIENCE_S = 120.0
IN_FLIGHT = 24


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
        keys = KeyStore.open(folder / name / "keys.db", (folder / name / "passphrase").read_bytes().strip())
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

    async def ask_with_a_rival_for_every_fifth(
        self, name: str, count: int, halfway: Callable[[], Awaitable[None]]
    ) -> float:
        """Ask for ``count`` coins, ``halfway`` happening meanwhile; the longest time without an answer since, in s.

        Asserts that every rival is refused and that whoever asks again gets the answer it got first.
        """
        conflicts, began_s = 0, 0.0
        numbers = iter(range(count))

        async def keep_asking() -> None:
            nonlocal conflicts, began_s
            for number in numbers:
                if number == count // 2:
                    began_s = time.monotonic()
                    await halfway()
                await self.ask(self.wire(f"{name} {number}", "a"))
                if number % 5 == 0:
                    try:
                        await self.ask(self.wire(f"{name} {number}", "b"))
                    except NotarisationConflict:
                        conflicts += 1

        await asyncio.gather(*(keep_asking() for _ in range(IN_FLIGHT)))
        assert conflicts == count // 5, "each double spend is refused, on whichever side of what happened"
        before = dict(self.answers)
        for number in range(0, count, 7):  # retries get what was answered first
            await self.ask(self.wire(f"{name} {number}", "a"))
        assert self.answers == before
        assert all(len(answers) == 1 for answers in self.answers.values())
        after_s = [began_s, *sorted(at_s for at_s in self.acknowledged_at_s if at_s > began_s)]
        return max(later - earlier for earlier, later in itertools.pairwise(after_s))


def check_journal(url: str, custodian: Custodian) -> int:
    """The journal is one chain, has what was told, and what its writer's epoch is."""
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
    assert epoch is not None
    return int(epoch[0])
