"""The enclave process, put together: a device, a key made inside, and the service on a local socket."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path

import grpc.aio
import structlog
from crossdvp.relayer.v1 import enclave_service_pb2_grpc as pb_grpc

from chains.rpc_guard import ErrorStatusInterceptor
from relayer.config import load_config
from relayer.enclave.config import Backend, EnclaveConfig
from relayer.enclave.devices import AttestationDevice, GramineDevice, NitroDevice, SimulatedDevice
from relayer.enclave.measurement import program_measurement
from relayer.enclave.rpc_enclave import EnclaveRpc
from relayer.enclave.sealed import SealedEnclave
from relayer.enclave.simulation import SimulatedRoot
from relayer.peer_config import ConfigInvalid
from relayer.rpc.well_formed import WellFormedRequests
from relayer.rpc_server import CannotListen

MAX_REQUEST_BYTES = 512 * 1024
STOP_GRACE_S = 1.0
_log = structlog.get_logger(__name__)


async def serve(config_file: Path, stopping: asyncio.Event) -> None:
    """Run the enclave a file describes, until `stopping`. Raises ConfigInvalid, AttestationFailed, CannotListen."""
    config = load_config(EnclaveConfig, config_file)
    enclave = SealedEnclave(config.operator_address, await _device(config), secrets.token_bytes)
    server = await _started(enclave, config.listen)
    identity = await enclave.identity()
    _log.info("enclave serves", listen=config.listen, backend=config.backend.value, key=identity.enclave_key.hex())
    try:
        await stopping.wait()
    finally:
        await server.stop(STOP_GRACE_S)
        _log.info("stopped")


async def _started(enclave: SealedEnclave, listen: str) -> grpc.aio.Server:
    options = (("grpc.max_receive_message_length", MAX_REQUEST_BYTES), ("grpc.so_reuseport", 0))
    server = grpc.aio.server(interceptors=(ErrorStatusInterceptor(), WellFormedRequests()), options=options)
    pb_grpc.add_EnclaveServiceServicer_to_server(EnclaveRpc(enclave), server)  # type: ignore[no-untyped-call] # generated
    try:
        server.add_insecure_port(listen)
    except RuntimeError:  # gRPC's word for every reason
        raise CannotListen(listen) from None
    await server.start()
    return server


async def _device(config: EnclaveConfig) -> AttestationDevice:
    match config.backend:
        case Backend.GRAMINE:
            return GramineDevice()
        case Backend.NITRO:
            return NitroDevice()
        case Backend.SIMULATION:
            return await asyncio.to_thread(_simulated_device, config)


def _simulated_device(config: EnclaveConfig) -> SimulatedDevice:
    """A new machine of the configured maker: not hardware, and its quotes say so by their root."""
    file = config.simulated_root
    try:
        root = SimulatedRoot.from_bytes(file.read_bytes() if file else b"")
    except OSError as error:
        raise ConfigInvalid(str(file), f"cannot be read: {error.strerror}") from error
    _log.warning("SIMULATED enclave: nothing protects its key", root_pin=root.pin.hex())
    return SimulatedDevice(root.platform(int(time.time())), program_measurement())
