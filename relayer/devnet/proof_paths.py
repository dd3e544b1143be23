"""What a proof architecture adds to a devnet: processes, keys, files, light clients. Booting does not know which it is.

Each path is used in this order: ``prepare`` before the network is made, ``put_between`` once both chains run and the
contracts are deployed, ``processes_at_last`` beside relayer and gateway, ``wait_until_ready``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import Deployment
from chains.evm.client.proofs import InitialState, QbftProver, TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import CheckpointCollector
from relayer.peer_config import Peer


@dataclass(frozen=True)
class NetworkAdditions:
    """What the ledger's network must know: pins of roots of enclaves, names of programs that need a certificate."""

    attestation_roots: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Between:
    """Both chains with a direct path's contracts deployed; ``admin`` may migrate clients on the EVM chain."""

    directory: Path
    rpc: EvmRpc
    admin: EvmAccount
    deployment: Deployment
    collector: CheckpointCollector
    ports: dict[str, int]
    nodes: dict[str, Peer]
    trust: TrustTerms

    @property
    def prover(self) -> QbftProver:
        """The EVM chain's own headers and storage."""
        return QbftProver(self.rpc, self.deployment.commitments_contract, self.deployment.commitments_slot)


@dataclass(frozen=True)
class FirstStates:
    """The deployment with the architecture's light client, and what the ledger's client of the chain begins with."""

    deployment: Deployment
    client_type: str
    initial: InitialState


class ProofPath(Protocol):
    """One architecture's share of a devnet."""

    @property
    def listening(self) -> dict[str, str]:
        """Processes with a port of their own, started with the chains: the Python module by the process's name."""

    def prepare(self, directory: Path, ports: dict[str, int], block_period_s: int) -> NetworkAdditions:
        """Write keys and the files of those processes."""

    async def put_between(self, between: Between) -> FirstStates:
        """Light clients of this architecture; raises what the chains answer."""

    def section(self, process: str) -> str:
        """The ``[proof]`` section of relayer or gateway; empty for the default."""

    def processes_at_last(self) -> dict[str, str]:
        """Processes without a port, started beside relayer and gateway."""

    async def wait_until_ready(self, between: Between) -> None:
        """Until the first packet can be proved. Raises ``NotReady``."""


class DirectOnDevnet:
    """Implements ``ProofPath``: there is nothing between."""

    @property
    def listening(self) -> dict[str, str]:
        """See ProofPath."""
        return {}

    def prepare(self, directory: Path, ports: dict[str, int], block_period_s: int) -> NetworkAdditions:
        """See ProofPath."""
        del directory, ports, block_period_s
        return NetworkAdditions()

    async def put_between(self, between: Between) -> FirstStates:
        """See ProofPath."""
        initial = await between.prover.initial_state(between.deployment.chain_id, between.trust)
        return FirstStates(between.deployment, "qbft", initial)

    def section(self, process: str) -> str:
        """See ProofPath."""
        del process
        return ""

    def processes_at_last(self) -> dict[str, str]:
        """See ProofPath."""
        return {}

    async def wait_until_ready(self, between: Between) -> None:
        """See ProofPath; it is."""
