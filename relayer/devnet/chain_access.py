"""How commands reach the chains behind a devnet's gateway: its ledger nodes, its Validators, its contracts."""

from __future__ import annotations

from pathlib import Path

from chains.evm.client.deployment import Deployment, read_deployment
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.rpc_validator import ValidatorApi
from light_clients.progmat import ValidatorSet
from relayer.devnet.access import OPERATOR, tls_of
from relayer.devnet.layout import LEDGER_ID, DevnetState
from relayer.peer_config import Peer


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
