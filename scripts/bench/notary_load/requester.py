"""``python -m scripts.bench.notary_load.requester FOLDER NAME COUNT``: asks the notary for COUNT transactions.

Says one JSON line when everything is built and the stream is open; asks when it reads a line; says how long it took;
verifies every answer; says so.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chains.progmat.identity import KeyStore, NetworkMap
from chains.progmat.node.peers import DEFAULT_LIMITS, GrpcPeerNetwork, PeerTls
from chains.progmat.notary.codec import NotariseRequest, decode_response, encode_request
from chains.progmat.notary.requester import sign_request
from chains.progmat.notary.service import NOTARISE
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed_codec import decode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.hashing import sha256
from primitives.signatures import Signer
from primitives.types import Hash32

NOTARY: Final = "nn"
TIMEOUT_S: Final = 120.0

Asked = tuple[Hash32, bytes]
"""Transaction id and request."""


def build(parameters: NetworkParameters, signer: Signer, name: str, count: int) -> Iterator[Asked]:
    """Signed requests for transactions with two inputs, no two alike."""
    for number in range(count):
        wire = _wire(parameters, f"{name} {number}".encode())
        ours = sign_request(signer, wire.id)
        yield wire.id, encode_request(NotariseRequest(wire.filter(NOTARY_GROUPS).encode(), (), ours))


async def ask_all(network: GrpcPeerNetwork, asked: list[Asked], latencies_s: list[float]) -> list[bytes]:
    """All requests, as many at once as one stream takes; answers in the requests' order."""
    answers: list[bytes] = [b""] * len(asked)
    numbers = iter(range(len(asked)))

    async def keep_asking() -> None:
        for number in numbers:
            began_s = time.perf_counter()
            answers[number] = await network.request(NOTARY, NOTARISE, asked[number][1], TIMEOUT_S)
            latencies_s.append(time.perf_counter() - began_s)

    await asyncio.gather(*(keep_asking() for _ in range(DEFAULT_LIMITS.max_outstanding)))
    return answers


def verify_all(parameters: NetworkParameters, asked: list[Asked], answers: list[bytes]) -> None:
    """Every answer is the notary's signature over its transaction; roots that many share are verified once."""
    verified: set[tuple[bytes, bytes]] = set()
    for (tx_id, _), answer in zip(asked, answers, strict=True):
        signature: TransactionSignature = decode_signature(decode_response(answer).signature)
        if signature.by != parameters.notary.key:
            raise RuntimeError(f"{tx_id.hex()} is signed by somebody else")
        fact = (signature.signed_hash(tx_id), signature.signature)
        if fact not in verified:
            signature.verify(tx_id)
            verified.add(fact)


async def main(folder: Path, name: str, count: int) -> None:
    """See the module."""
    parameters = NetworkParameters.decode((folder / "parameters.bin").read_bytes())
    directory = NetworkMap.load(folder / "network-map.json")
    party = directory.party(name)
    keys = KeyStore.open(folder / name / "keys.json", (folder / name / "passphrase").read_bytes().strip())
    signer = None if party is None else keys.signer(party.key)
    if signer is None:
        raise RuntimeError(f"{name} has no key")
    tls = PeerTls(
        (folder / "authority.pem").read_bytes(),
        (folder / name / "certificate.pem").read_bytes(),
        (folder / name / "private-key.pem").read_bytes(),
    )
    network = GrpcPeerNetwork(directory.endpoints_of_others(name), tls)
    warm_up, asked = (
        list(build(parameters, signer, f"{name} {what}", n)) for what, n in (("warm", 500), ("run", count))
    )
    await ask_all(network, warm_up, [])
    _say({"built": count})
    await asyncio.to_thread(sys.stdin.readline)
    latencies_s: list[float] = []
    cpu_before_s, started_s = time.process_time(), time.time()
    answers = await ask_all(network, asked, latencies_s)
    ended_s, cpu_s = time.time(), time.process_time() - cpu_before_s
    latencies_s.sort()
    p50_ms, p99_ms = (round(1000 * latencies_s[int(share * (count - 1))], 1) for share in (0.5, 0.99))
    _say(
        {
            "requests": count,
            "started_s": started_s,
            "ended_s": ended_s,
            "cpu_s": cpu_s,
            "p50_ms": p50_ms,
            "p99_ms": p99_ms,
        }
    )
    verify_all(parameters, asked, answers)
    _say({"verified": count})
    await network.close()


def _wire(parameters: NetworkParameters, name: bytes) -> WireTransaction:
    builder = TransactionBuilder(
        notary=parameters.notary,
        network_parameters_hash=parameters.hash,
        contract_package=parameters.contract_packages[0],
        inputs=tuple(StateRef(Hash32(sha256(b"state %d of " % index + name)), index) for index in range(2)),
    )
    return builder.to_wire(sha256(b"salt of " + name))


def _say(content: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
