from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
from crossdvp.validator.v1 import validator_pb2 as pb
from crossdvp.validator.v1.validator_pb2_grpc import ValidatorServiceStub, add_ValidatorServiceServicer_to_server

from chains.progmat.node.peers import InProcessPeerNetwork, PeerRouter
from chains.progmat.notary.service import READ_JOURNAL, NotaryService, NotarySettings
from chains.progmat.validators.journal_tail import JournalTail, TailSettings
from chains.rpc_guard import ErrorStatusInterceptor
from chains.rpc_status import RemoteError, error_from_rpc
from light_clients.progmat import decode_validator_set
from primitives.sparse_merkle import EMPTY_ROOT, decode_smt_proof, verify_absence, verify_presence
from tests.fakes.commit_requests import NOW_S, create, delete, value
from tests.fakes.notary_world import NOTARY, NOTARY_KEYS, key_of
from tests.fakes.toy_ledger import PARAMETERS, Toy
from tests.fakes.validator_world import CN, ValidatorWorld, evidence_of

NO_CONTEXT = None


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    yield world
    await world.close()


async def proof(world: ValidatorWorld, path: str, height: int) -> pb.GetProofResponse:
    request = pb.GetProofRequest(path=path.encode(), height=height)
    return await world.validator.rpc.GetProof(request, NO_CONTEXT)  # type: ignore[arg-type]  # the context is not used


async def test_every_path_is_provable_at_every_height(world: ValidatorWorld) -> None:
    names = [f"path {number}" for number in range(12)]
    world.notary.commit(*(Toy(name, writes=(create(name, name),)) for name in names))
    world.notary.commit(Toy("gone", writes=(delete(names[3]),)), clock_s=NOW_S + 5)
    await world.validator.tail.advance(0)
    for height in range(1, 14):
        for number, name in enumerate(names):
            found = await proof(world, name, height)
            present = number < height and not (number == 3 and height == 13)
            decoded = decode_smt_proof(found.proof)
            if present:
                assert (found.presence, found.value) == (pb.PRESENCE_PRESENT, value(name))
                verify_presence(found.root, name.encode(), found.value, decoded)
            else:
                assert (found.presence, found.value) == (pb.PRESENCE_ABSENT, b"")
                verify_absence(found.root, name.encode(), decoded)
    assert found.timestamp_s == NOW_S + 5


async def test_a_tick_moves_time_and_not_the_root(world: ValidatorWorld) -> None:
    world.notary.store.append_tick(NOW_S)
    world.notary.commit(Toy("first", writes=(create("p"),)))
    world.notary.store.append_tick(NOW_S + 9)
    await world.validator.tail.advance(0)
    roots = [(await proof(world, "x", height)).root for height in (1, 2, 3)]
    assert roots[0] == EMPTY_ROOT
    assert roots[1] == roots[2] != EMPTY_ROOT


async def test_the_head_survives_a_restart(world: ValidatorWorld) -> None:
    world.notary.commit(Toy("first", writes=(create("p"),)))
    head = await world.validator.tail.advance(0)
    await world.close()
    await world.open()
    assert world.validator.tail.head == head


async def test_whoever_waits_for_a_height_is_woken_by_it(world: ValidatorWorld) -> None:
    request = pb.GetHeadRequest(min_height=1, wait_ms=20_000)
    waiting = asyncio.create_task(world.validator.rpc.GetHead(request, NO_CONTEXT))  # type: ignore[arg-type]  # as above
    await asyncio.sleep(0)
    world.notary.commit(Toy("first", writes=(create("p"),)))
    await world.validator.tail.advance(0)
    head = await waiting
    assert (head.height, head.timestamp_s, head.status) == (1, NOW_S, pb.SIGNING_STATUS_SIGNING)
    assert head.journal_hash == world.notary.store.head().entry_hash
    assert decode_validator_set(head.validator_set) == world.validator.checkpoints.signing_set(
        world.validator.tail.head
    )


async def test_whoever_waits_in_vain_gets_the_head_as_it_is(world: ValidatorWorld) -> None:
    request = pb.GetHeadRequest(min_height=5, wait_ms=1)
    head = await world.validator.rpc.GetHead(request, NO_CONTEXT)  # type: ignore[arg-type]  # as above
    assert (head.height, head.timestamp_s) == (0, 0)


async def test_over_grpc_errors_carry_their_reason(world: ValidatorWorld) -> None:
    server = grpc.aio.server(interceptors=[ErrorStatusInterceptor()])
    add_ValidatorServiceServicer_to_server(world.validator.rpc, server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    world.notary.commit(Toy("first", writes=(create("p"),)))
    await world.validator.tail.advance(0)

    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = ValidatorServiceStub(channel)  # type: ignore[no-untyped-call]  # generated
        signed = await stub.SignCheckpoint(pb.SignCheckpointRequest(height=1))
        assert (signed.checkpoint.height, len(signed.signature)) == (1, 64)
        for call, reason in (
            (stub.SignCheckpoint(pb.SignCheckpointRequest(height=2)), "HEIGHT_NOT_REACHED"),
            (stub.SignCheckpoint(pb.SignCheckpointRequest(height=2**64 - 1)), "HEIGHT_OUT_OF_RANGE"),
            (stub.GetProof(pb.GetProofRequest(path=b"", height=1)), "PATH_OUT_OF_RANGE"),
            (stub.GetProof(pb.GetProofRequest(path=bytes(1000), height=1)), "PATH_OUT_OF_RANGE"),
            (stub.GetProof(pb.GetProofRequest(path=b"p", height=9)), "HEIGHT_NOT_REACHED"),
        ):
            assert (await failure_of(call)).reason == reason
    await server.stop(None)


async def failure_of(call: grpc.aio.UnaryUnaryCall[object, object]) -> RemoteError:
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return error_from_rpc(failed.value, "validator")


async def test_a_running_validator_follows_a_running_notary(world: ValidatorWorld) -> None:
    notary = NotaryService(
        name=NOTARY.name,
        store=world.notary.store,
        keys=NOTARY_KEYS,
        parameters=PARAMETERS,
        key_of=key_of,
        clock_s=world.clock,
        settings=NotarySettings(frozenset({"v-1"}), tick_interval_s=3600),
    )
    router = PeerRouter()
    router.register(READ_JOURNAL, notary.read_journal)
    hub = InProcessPeerNetwork()
    hub.join("nn", router)
    view = hub.join("v-1", PeerRouter())
    tail = await JournalTail.open(world.database, view, PARAMETERS, world.validator.gate, TailSettings(retry_s=0.01))
    tail.start()
    await notary.start()
    for number in range(5):
        await notary.notarise(CN, evidence_of(Toy(f"toy {number}", writes=(create(f"p {number}"),))))
        assert (await tail.wait_for_height(number + 1, 10)).height == number + 1
    await tail.stop()
    await notary.stop()
