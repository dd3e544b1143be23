"""A relayer over two endpoints, whatever they are: its loop, its gRPC face and what health checks are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import grpc
import structlog
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc

from relayer.path import Path
from relayer.process import report_health, run_until_stopped
from relayer.rpc_relayer import BadPage, PacketUnknown, RelayerRpc
from relayer.rpc_server import RpcServer, ServerSettings
from relayer.service import RelayerLoop
from relayer.store import RelayerStore
from relayer.telemetry.of_relayer import RelayerTelemetry
from relayer.watch.service import WatchLoop

_log = structlog.get_logger(__name__)

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["RelayerService"].full_name
STATUS_CODES = {PacketUnknown: grpc.StatusCode.NOT_FOUND, BadPage: grpc.StatusCode.INVALID_ARGUMENT}


async def serve_relayer(
    path: Path,
    store: RelayerStore,
    server_settings: ServerSettings,
    poll_interval_s: float,
    stopping: asyncio.Event,
    on_ready: Callable[[int], None],
    watch: WatchLoop,
    telemetry: RelayerTelemetry | None = None,
) -> None:
    """Relay, watch and answer until ``stopping``; ``on_ready`` is told the port. Closes nothing that it was given.

    A halted path keeps the server up, NOT_SERVING: whoever asks learns why. Raises ``CannotListen``.
    """
    loop = RelayerLoop(path, poll_interval_s, stopping)
    server = RpcServer(server_settings, STATUS_CODES)
    servicer = RelayerRpc(store, path, loop, watch.board)
    pb_grpc.add_RelayerServiceServicer_to_server(servicer, server.server)  # type: ignore[no-untyped-call] # generated
    on_ready(await server.start((SERVICE_NAME,)))

    def is_well() -> bool:
        dependencies_are = telemetry is None or telemetry.process.is_ready
        return path.view is not None and not loop.halted and not loop.last_error and dependencies_are

    health = report_health(stopping, is_well, server.set_health, poll_interval_s)
    jobs = {"relayer loop": loop.run(), "watch": watch.run(stopping), "health": health}
    if telemetry is not None:
        telemetry.watch_loop(path.endpoints, loop)
        telemetry.watch_alarms(watch.board)
        jobs |= telemetry.process.jobs(stopping)
    try:
        await run_until_stopped(stopping, jobs)
    finally:
        await server.stop()
        _log.info("stopped")
