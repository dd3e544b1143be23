"""How commands reach a devnet: people as ``operator``, whom every process there answers; trades as their brokers."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.client.channel import ApiTls
from relayer.client import RelayerClient
from relayer.devnet.layout import DevnetState
from relayer.gateway.client import GatewayClient
from relayer.peer_config import TlsFiles

OPERATOR = "operator"
PATIENCE_S = 30.0  # a devnet process that was killed takes seconds to be back, all of them together longer


def tls_files(directory: Path, name: str) -> TlsFiles:
    """The certificate files of a party of the devnet."""
    network = (directory / "network").absolute()
    return TlsFiles(
        authority=network / "authority.pem",
        certificate=network / name / "certificate.pem",
        private_key=network / name / "private-key.pem",
    )


def tls_of(directory: Path, name: str = OPERATOR) -> ApiTls:
    """The certificate of a party, the operator's if none is named."""
    return tls_files(directory, name).load()


def gateway_client(directory: Path, state: DevnetState, caller: str = OPERATOR) -> GatewayClient:
    """A client of the devnet's gateway."""
    return GatewayClient(state.gateway.endpoint(), tls_of(directory, caller), PATIENCE_S)


def relayer_client(directory: Path, state: DevnetState) -> RelayerClient:
    """A client of the devnet's relayer."""
    return RelayerClient(state.relayer.endpoint(), tls_of(directory))
