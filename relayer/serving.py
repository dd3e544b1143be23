"""A relayer over its paths, whatever their ends are: the loops, the gRPC face and what health checks are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc

from relayer.lease_keeper import LeaseKeeper
from relayer.packet_desk import PacketDesk
from relayer.process import report_health, run_until_stopped
from relayer.rpc_relayer import STATUS_CODES, RelayerRpc
from relayer.rpc_server import RpcServer, ServerSettings
from relayer.service import RelayerLoop
from relayer.store import RelayerStore
from relayer.telemetry.of_relayer import RelayerTelemetry
from relayer.watch.evidence_desk import EvidenceDesk
from relayer.watch.packet_watch import PacketWatch
from relayer.watch.service import WatchLoop

_log = structlog.get_logger(__name__)

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["RelayerService"].full_name


@dataclass(frozen=True)
class RelayedPath:
    """A path's loop, the watch over its light clients, and the keeper of its lease (None: nobody else is there)."""

    loop: RelayerLoop
    watch: WatchLoop
    lease: LeaseKeeper | None = None


async def serve_relayer(
    paths: Sequence[RelayedPath],
    store: RelayerStore,
    server_settings: ServerSettings,
    health_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
    now_s: Callable[[], float] = time.time,
    evidence: EvidenceDesk | None = None,
    telemetry: RelayerTelemetry | None = None,
) -> None:
    """Relay, watch and answer until ``stopping``; ``on_ready`` is told the port. Closes nothing that it was given.

    Each path by itself: one that halted, or whose chain is away, keeps no other from being relayed, and keeps the
    server up, NOT_SERVING: whoever asks learns why. Raises ``CannotListen``.
    """
    server = RpcServer(server_settings, STATUS_CODES)
    loops, boards = [path.loop for path in paths], [path.watch.board for path in paths]
    for path in paths:
        name = path.loop.path.name
        path.watch.add(f"packets of {name}", PacketWatch(PacketDesk(store), path.loop, path.watch.board).round)
    servicer = RelayerRpc(store, loops, boards, now_s, evidence)
    pb_grpc.add_RelayerServiceServicer_to_server(servicer, server.server)  # type: ignore[no-untyped-call] # generated
    on_ready(await server.start((SERVICE_NAME,)))

    def is_well() -> bool:
        return all(path.loop.is_well for path in paths) and (telemetry is None or telemetry.process.is_ready)

    keepers = {id(path.lease): path.lease for path in paths if path.lease is not None}.values()
    jobs = {"health": report_health(stopping, is_well, server.set_health, health_interval_s)}
    jobs |= {f"leases {number}": keeper.run(stopping) for number, keeper in enumerate(keepers)}
    for path in paths:
        loop, name = path.loop, path.loop.path.name
        jobs |= {f"loop {name}": loop.run(), f"watch {name}": path.watch.run(stopping, loop.works_here)}
    if telemetry is not None:
        telemetry.watch_loops([path.loop for path in paths])
        telemetry.watch_alarms([path.watch.board for path in paths])
        jobs |= telemetry.process.jobs(stopping)
    try:
        await run_until_stopped(stopping, jobs)
    finally:
        for keeper in keepers:  # once nothing writes any more
            await keeper.release()
        await server.stop()
        _log.info("stopped")
