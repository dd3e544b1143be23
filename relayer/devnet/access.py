"""How commands reach a devnet: people as ``operator``, whom every process there answers; trades as their brokers."""

from __future__ import annotations

from pathlib import Path

from chains.evm.client.deployment import Deployment, read_deployment
from chains.progmat.client.channel import ApiTls
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.rpc_validator import ValidatorApi
from light_clients.progmat import ValidatorSet
from relayer.client import RelayerClient
from relayer.config import Peer, TlsFiles
from relayer.devnet.layout import LEDGER_ID, DevnetState
from relayer.gateway.client import GatewayClient

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


def ledger_client(directory: Path, node: Peer, caller: str = OPERATOR) -> LedgerClient:
    """A client of one ledger node."""
    return LedgerClient(node.endpoint(), tls_of(directory, caller))


def checkpoint_collector(directory: Path, nodes: dict[str, Peer], validators: ValidatorSet) -> CheckpointCollector:
    """Asks the devnet's Validators."""
    tls = tls_of(directory)
    apis = [ValidatorApi(peer.endpoint(), tls) for name, peer in nodes.items() if name.startswith("validator-")]
    return CheckpointCollector(LEDGER_ID, validators, apis)


def deployment_of(directory: Path, state: DevnetState) -> Deployment:
    """Where the devnet's contracts are."""
    return read_deployment(directory / state.deployment_file)
