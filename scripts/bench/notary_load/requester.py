"""``python -m scripts.bench.notary_load.requester FOLDER NAME COUNT``: asks the notary for COUNT transactions.

Says one JSON line when everything is built and the stream is open; asks when it reads a line; says how long it took;
verifies every answer; says so.

Requests are put into frames before the clock starts and answers are kept as they come, so that the asker, which shares
the notary's processors, takes as little of them as it can: it is not what is measured. A frame holds as many requests
as it may, and as many are outstanding as a node takes from one peer.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import peer_pb2

from chains.progmat.identity import KeyStore, NetworkMap
from chains.progmat.node.peers import DEFAULT_LIMITS, PeerTls
from chains.progmat.node.peers.frame_codec import Request, Response, decode_answers, encode_frame
from chains.progmat.node.peers.rpc_service import EXCHANGE
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
WARM_UP: Final = 512
A_FRAME: Final = DEFAULT_LIMITS.max_envelopes_per_frame

Asked = tuple[Hash32, bytes]
"""Transaction id and request."""


def build(parameters: NetworkParameters, signer: Signer, name: str, count: int) -> Iterator[Asked]:
    """Signed requests for transactions with two inputs, no two alike."""
    for number in range(count):
        wire = _wire(parameters, f"{name} {number}".encode())
        ours = sign_request(signer, wire.id)
        yield wire.id, encode_request(NotariseRequest(wire.filter(NOTARY_GROUPS).encode(), (), ours))


class Stream:
    """The stream to the notary. Correlation ids count from 1; request ``number`` of all that are asked has the next."""

    def __init__(self, call: Any) -> None:  # noqa: ANN401 # gRPC's stream-stream call has no public type
        self._call = call
        self._outstanding = 0
        self._asked = 0
        self._room = asyncio.Event()
        self._sent_at_s: dict[int, float] = {}
        self.latencies_s: list[float] = []

    def frames_of(self, bodies: Sequence[bytes]) -> list[bytes]:
        """What is to be sent for the next requests."""
        requests = [Request(self._asked + number, NOTARISE, body) for number, body in enumerate(bodies, 1)]
        self._asked += len(bodies)
        return [encode_frame(requests[at : at + A_FRAME]) for at in range(0, len(requests), A_FRAME)]

    async def ask(self, frames: Sequence[bytes], first_id: int, count: int) -> list[bytes]:
        """Send frames, each when there is room; frames of answers as they came."""
        self.latencies_s = []
        sending = asyncio.create_task(self._send(frames, first_id, count))
        answers: list[bytes] = []
        while len(self.latencies_s) < count:
            data = await self._call.read()
            now_s = time.perf_counter()
            ids = [envelope.correlation_id for envelope in peer_pb2.Frame.FromString(data).envelopes]
            self.latencies_s += [now_s - self._sent_at_s.pop(each) for each in ids]
            answers.append(data)
            self._outstanding -= len(ids)
            self._room.set()
        await sending
        return answers

    async def _send(self, frames: Sequence[bytes], first_id: int, count: int) -> None:
        for number, frame in enumerate(frames):
            ids = range(first_id + number * A_FRAME, first_id + min(count, (number + 1) * A_FRAME))
            while self._outstanding + len(ids) > DEFAULT_LIMITS.max_outstanding:
                self._room.clear()
                await self._room.wait()
            self._outstanding += len(ids)
            self._sent_at_s |= dict.fromkeys(ids, time.perf_counter())
            await self._call.write(frame)


def verify_all(parameters: NetworkParameters, asked: Sequence[Asked], first_id: int, frames: Sequence[bytes]) -> None:
    """Every answer is the notary's signature over its transaction; roots that many share are verified once."""
    verified: set[tuple[bytes, bytes]] = set()
    answered: set[int] = set()
    for answer in (each for frame in frames for each in decode_answers(NOTARY, frame, DEFAULT_LIMITS)):
        if not isinstance(answer, Response):
            raise TypeError(f"request {answer.correlation_id} was refused: {answer.reason}: {answer.message}")
        tx_id, _ = asked[answer.correlation_id - first_id]
        answered.add(answer.correlation_id)
        signature: TransactionSignature = decode_signature(decode_response(answer.body).signature)
        if signature.by != parameters.notary.key:
            raise RuntimeError(f"{tx_id.hex()} is signed by somebody else")
        fact = (signature.signed_hash(tx_id), signature.signature)
        if fact not in verified:
            signature.verify(tx_id)
            verified.add(fact)
    if len(answered) != len(asked):
        raise RuntimeError(f"{len(asked)} were asked, {len(answered)} were answered")


async def main(folder: Path, name: str, count: int) -> None:
    """See the module."""
    parameters = NetworkParameters.decode((folder / "parameters.bin").read_bytes())
    directory = NetworkMap.load(folder / "network-map.json")
    party = directory.party(name)
    keys = KeyStore.open(folder / name / "keys.db", (folder / name / "passphrase").read_bytes().strip())
    signer = None if party is None else keys.signer(party.key)
    if signer is None:
        raise RuntimeError(f"{name} has no key")
    warm_up, asked = (
        list(build(parameters, signer, f"{name} {what}", n)) for what, n in (("warm", WARM_UP), ("run", count))
    )
    async with _channel(folder, name, directory) as channel:
        exchange: Any = channel.stream_stream(EXCHANGE, None, None)  # None: frames stay bytes on both ways
        stream = Stream(exchange())
        warm_up_frames, frames = (stream.frames_of([body for _, body in each]) for each in (warm_up, asked))
        await stream.ask(warm_up_frames, 1, WARM_UP)
        _say({"built": count})
        await asyncio.to_thread(sys.stdin.readline)
        cpu_before_s, started_s = time.process_time(), time.time()
        answers = await stream.ask(frames, WARM_UP + 1, count)
        ended_s, cpu_s = time.time(), time.process_time() - cpu_before_s
    latencies_s = sorted(stream.latencies_s)
    p50_ms, p99_ms = (round(1000 * latencies_s[int(share * (count - 1))], 1) for share in (0.5, 0.99))
    times = {"started_s": started_s, "ended_s": ended_s, "cpu_s": cpu_s}
    _say({"requests": count, **times, "p50_ms": p50_ms, "p99_ms": p99_ms})
    verify_all(parameters, asked, WARM_UP + 1, answers)
    _say({"verified": count})


def _channel(folder: Path, name: str, directory: NetworkMap) -> grpc.aio.Channel:
    tls = PeerTls(
        (folder / "authority.pem").read_bytes(),
        (folder / name / "certificate.pem").read_bytes(),
        (folder / name / "private-key.pem").read_bytes(),
    )
    options = [("grpc.ssl_target_name_override", NOTARY), ("grpc.default_authority", NOTARY)]
    return grpc.aio.secure_channel(directory.endpoints_of_others(name)[NOTARY][0], tls.channel_credentials(), options)


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
