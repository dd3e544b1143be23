"""Both ends of a path, and a gateway's prover, for the configured proof architecture: the one place that chooses.

Whoever relays or proves over them does not know which architecture it is.
"""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial

from chains.evm.client.account import EvmAccount, EvmSender
from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.consensus_prover import ConsensusProver
from chains.evm.client.deployment import Deployment, address_bytes, read_record
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_deployment import HubDeployment
from chains.evm.client.hub_proofs import QBFT_CLIENT_LAYOUT, HubProver
from chains.evm.client.node_check import ExpectedChain
from chains.evm.client.proofs import QbftProver, TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.channel import ApiTls
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.rpc_validator import ValidatorApi
from relayer.chains.evm import EvmEndpoint, EvmSettings
from relayer.chains.evm_consensus import EvmConsensus
from relayer.chains.evm_node import NodeSettings, opened_evm_node
from relayer.chains.progmat import LedgerEndpoint
from relayer.config import LedgerSection, read_secret
from relayer.core.chain import ChainEndpoint
from relayer.enclave.client import RemoteEnclave
from relayer.enclave_answers import read_answers
from relayer.gateway.ports import EarmarkProver
from relayer.hub.endpoints import ChainProverBehindHub
from relayer.hub.upkeep import HubSite, HubUpkeep
from relayer.hub.wiring import DirectPath, ends_behind_hub, hub_client_of
from relayer.proof_config import DirectProof, EnclaveProof, HubProof
from relayer.provers.enclave_path import EnclaveLedger, EnclaveSetting, enclave_path, enclave_prover
from relayer.provers.enclave_quorum import EnclaveQuorum


@dataclass(frozen=True)
class LedgerAccess:
    """How the ledger is reached: its section of the configuration, and our certificate there."""

    section: LedgerSection
    tls: ApiTls

    def collector(self) -> CheckpointCollector:
        """Asks the Validators, beginning with the configured set; each collector follows rotations for itself."""
        validators = [ValidatorApi(peer.endpoint(), self.tls) for peer in self.section.validators]
        return CheckpointCollector(self.section.ledger_id, self.section.validator_set, validators)

    def issuer(self) -> LedgerClient:
        """The issuer's node."""
        return LedgerClient(self.section.issuer.endpoint(), self.tls)

    def custodians(self) -> list[LedgerClient]:
        """The custodians' nodes."""
        return [LedgerClient(peer.endpoint(), self.tls) for peer in self.section.custodians]

    def endpoint(self, consensus: EvmConsensus) -> LedgerEndpoint:
        """The ledger as one end of a direct path to a chain of that consensus."""
        return LedgerEndpoint(
            self.issuer(),
            self.collector(),
            self.section.client_id,
            self.custodians(),
            decode_client=consensus.decode_client,
            client_type=consensus.light_client.client_type,
        )


@dataclass(frozen=True)
class EvmAccess:
    """How the EVM chain is reached."""

    rpc: EvmRpc
    deployment: Deployment
    consensus: EvmConsensus
    settings: EvmSettings = field(default_factory=EvmSettings)
    memory: BlockMemory | None = None

    def without_batches(self) -> EvmAccess:
        """The same, one packet a call: the batch entry's joint proof is read by the direct light client alone."""
        return replace(self, deployment=self.deployment.model_copy(update={"router_takes_batches": False}))

    def prover(self) -> ConsensusProver:
        """Its own headers and storage."""
        return self.consensus.prover_over(self.rpc, self.deployment)

    def qbft_prover(self) -> QbftProver:
        """The same of a QBFT chain, the only kind that others verify."""
        return QbftProver(self.rpc, self.deployment.commitments_contract, self.deployment.commitments_slot)

    def endpoint(self, account: EvmSender) -> EvmEndpoint:
        """The chain as one end of a direct path."""
        return EvmEndpoint(self.rpc, self.deployment, account, self.prover(), self.settings, self.memory)


async def opened_ends(
    proof: DirectProof | HubProof | EnclaveProof,
    ledger: LedgerAccess,
    evm: EvmAccess,
    account: EvmSender,
    stack: AsyncExitStack,
) -> tuple[ChainEndpoint, ChainEndpoint]:
    """The ledger's end and the EVM chain's; what they hold open is closed with ``stack``. Raises ``ConfigInvalid``."""
    match proof:
        case EnclaveProof():
            reached = EnclaveLedger(ledger.issuer(), ledger.collector(), ledger.section.client_id, ledger.custodians())
            one_by_one = evm.without_batches().deployment
            ends = enclave_path(reached, (evm.rpc, one_by_one, account), enclave_setting(proof))
        case HubProof():
            path = await _direct_path(ledger, evm.without_batches(), account, stack)
            behind = ends_behind_hub(path, await hub_site(proof, stack), time.time)
            ends = (behind.ledger, behind.chain)
        case DirectProof():
            ends = (ledger.endpoint(evm.consensus), evm.endpoint(account))
    stack.push_async_callback(ends[0].close)
    return ends


async def opened_prover(
    proof: DirectProof | HubProof | EnclaveProof, ledger: LedgerAccess, evm: EvmAccess, stack: AsyncExitStack
) -> EarmarkProver:
    """What shows earmarks to the ledger; what it holds open is closed with ``stack``. Raises ``ConfigInvalid``."""
    match proof:
        case EnclaveProof():
            setting, issuer = enclave_setting(proof), ledger.issuer()
            stack.push_async_callback(setting.quorum.close)
            stack.push_async_callback(issuer.close)
            return enclave_prover(issuer, ledger.section.client_id, evm.rpc, evm.deployment, setting)
        case HubProof():
            return await _prover_behind_hub(proof, ledger, evm, stack)
        case DirectProof():
            return evm.prover()


def enclave_setting(proof: EnclaveProof) -> EnclaveSetting:
    """Connections to all enclaves, opened at their first use, and the operators' answers."""
    operators = sorted(proof.operators.values(), key=lambda operator: operator.address)
    return EnclaveSetting(
        quorum=EnclaveQuorum([RemoteEnclave(operator.enclave) for operator in operators], proof.threshold),
        registrations=partial(read_answers, tuple(operator.answer_file for operator in operators)),
        ledger_trust=TrustTerms(proof.ledger_trusting_period_s, proof.max_clock_drift_s),
        evm_trust=TrustTerms(proof.evm_trusting_period_s, proof.max_clock_drift_s),
        renew_before_s=proof.renew_before_s,
    )


async def hub_site(proof: HubProof, stack: AsyncExitStack) -> HubSite:
    """The hub's node, contracts and our account there. Raises ``ConfigInvalid``, `DeploymentInvalid`, `WrongChain`."""
    hub = read_record(proof.deployment_file, HubDeployment)
    secret = read_secret(proof.hub_key_file)
    rpc = await stack.enter_async_context(opened_evm_node(NodeSettings((proof.rpc_url,), ExpectedChain(hub.chain_id))))
    return HubSite(rpc, EvmAccount(rpc, secret, hub.chain_id), hub)


async def _direct_path(ledger: LedgerAccess, evm: EvmAccess, account: EvmSender, stack: AsyncExitStack) -> DirectPath:
    issuer = ledger.issuer()
    stack.push_async_callback(issuer.close)
    return DirectPath(
        ledger=ledger.endpoint(evm.consensus),
        ledger_id=ledger.section.ledger_id,
        chain=evm.endpoint(account),
        chain_rpc=evm.rpc,
        deployment=evm.deployment,
        read_hub_client=hub_client_of(issuer, ledger.section.client_id),
    )


async def _prover_behind_hub(
    proof: HubProof, ledger: LedgerAccess, evm: EvmAccess, stack: AsyncExitStack
) -> ChainProverBehindHub:
    site, endpoint, issuer = await hub_site(proof, stack), ledger.endpoint(evm.consensus), ledger.issuer()
    stack.push_async_callback(endpoint.close)
    stack.push_async_callback(issuer.close)
    followed = FollowedAccount(evm.rpc, evm.deployment.commitments_contract)
    upkeep = HubUpkeep(site, followed, endpoint, ledger.section.ledger_id)
    shown = HubProver(site.rpc, address_bytes(site.deployment.chain_client), QBFT_CLIENT_LAYOUT)
    read = hub_client_of(issuer, ledger.section.client_id)
    return ChainProverBehindHub(evm.qbft_prover(), upkeep, shown, read)
