"""What makes an EVM chain's blocks final, and everything that follows from it on a path: one record a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from chains.evm.client.consensus_prover import ConsensusProver
from chains.evm.client.deployment import Deployment
from chains.evm.client.mock_proofs import MockConsensusProver
from chains.evm.client.proofs import QbftProver
from chains.evm.client.rpc import EvmRpc
from ibc.light_client import LightClient
from light_clients import mock, qbft
from light_clients.clock import Expiring
from light_clients.mock.states import decode_client_state as decode_mock
from light_clients.qbft.codec import decode_client_state as decode_qbft
from relayer.evm_config import ConsensusKind


@dataclass(frozen=True, slots=True)
class EvmConsensus:
    """``light_client`` is what the ledger hosts of such a chain.

    ``make_prover`` takes a node, and the contract and slot at which commitments are kept.
    """

    light_client: LightClient
    decode_client: Callable[[bytes], Expiring]
    make_prover: Callable[[EvmRpc, bytes, bytes], ConsensusProver]

    def prover_over(self, rpc: EvmRpc, deployment: Deployment) -> ConsensusProver:
        """Of the deployed router's commitments."""
        return self.make_prover(rpc, deployment.commitments_contract, deployment.commitments_slot)


EVM_CONSENSUS: Final[Mapping[ConsensusKind, EvmConsensus]] = MappingProxyType(
    {
        ConsensusKind.QBFT: EvmConsensus(qbft.QbftLightClient(), decode_qbft, QbftProver),
        ConsensusKind.MOCK: EvmConsensus(mock.MockLightClient(), decode_mock, MockConsensusProver),
    }
)
