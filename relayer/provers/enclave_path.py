"""Both ends of a path between a ledger and an EVM chain whose proofs travel through enclaves, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chains.evm.client.account import EvmSender
from chains.evm.client.deployment import Deployment
from chains.evm.client.proofs import QbftProver, TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from light_clients.enclave import KeyRegistration
from light_clients.progmat.consensus_state import decode_consensus_state
from primitives.errors import UnavailableError
from relayer.chains.enclave_hosting import EnclaveHostingEvm, EnclaveHostingLedger
from relayer.core.chain import ChainEndpoint
from relayer.enclave.program import Snapshot
from relayer.provers.enclave_endpoint import EnclaveProvedEndpoint, EnclaveStatedProver
from relayer.provers.enclave_forms import LedgerForm, SolidityForm
from relayer.provers.enclave_quorum import EnclaveQuorum
from relayer.provers.enclave_states import LedgerStates, QbftStates

RENEW_BEFORE_S = 3600


class ConsensusMoved(UnavailableError):
    """The ledger's client does not keep the height that was asked about: read it again."""

    reason = "CONSENSUS_MOVED"


@dataclass(frozen=True, slots=True)
class EnclaveSetting:
    """The enclaves, what their operators answer for, and the periods of the light clients inside.

    ``ledger_trust`` is of the client *of* the ledger, ``evm_trust`` of that *of* the EVM chain; a state made with
    other periods has another id, and no statement about it is taken.
    """

    quorum: EnclaveQuorum
    registrations: Callable[[], Awaitable[Sequence[KeyRegistration]]]
    ledger_trust: TrustTerms
    evm_trust: TrustTerms
    renew_before_s: int = RENEW_BEFORE_S


@dataclass(frozen=True, slots=True)
class EnclaveLedger:
    """The ledger as a direct path reaches it; ``client_id`` is that of its client of type ``enclave``."""

    issuer: LedgerClient
    collector: CheckpointCollector
    client_id: str
    custodians: Sequence[LedgerClient] = ()


def enclave_path(
    ledger: EnclaveLedger, evm: tuple[EvmRpc, Deployment, EvmSender], setting: EnclaveSetting
) -> tuple[ChainEndpoint, ChainEndpoint]:
    """The ledger's end and the EVM chain's."""
    rpc, deployment, account = evm
    hosting = EnclaveHostingLedger(
        ledger.issuer, ledger.collector, ledger.client_id, ledger.custodians, setting.quorum.identities
    )
    ledger_end = EnclaveProvedEndpoint(
        hosting,
        LedgerStates(ledger.collector, setting.ledger_trust),
        setting.quorum,
        SolidityForm(checkpoint_time_s),
    )
    evm_end = EnclaveProvedEndpoint(
        EnclaveHostingEvm(rpc, deployment, account),
        qbft_states(rpc, deployment, setting),
        setting.quorum,
        ledger_form(ledger.issuer, ledger.client_id, setting),
    )
    return ledger_end, evm_end


def enclave_prover(
    issuer: LedgerClient, client_id: str, rpc: EvmRpc, deployment: Deployment, setting: EnclaveSetting
) -> EnclaveStatedProver:
    """Headers of the EVM chain and words of its storage, for a gateway that shows earmarks to the ledger."""
    states = qbft_states(rpc, deployment, setting)
    return EnclaveStatedProver(states.prover, states, setting.quorum, ledger_form(issuer, client_id, setting))


def qbft_states(rpc: EvmRpc, deployment: Deployment, setting: EnclaveSetting) -> QbftStates:
    """The states of the QBFT client inside."""
    prover = QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
    return QbftStates(prover, deployment.chain_id, setting.evm_trust)


def ledger_form(issuer: LedgerClient, client_id: str, setting: EnclaveSetting) -> LedgerForm:
    """Statements as the ledger's client takes them; on whatever height it keeps."""

    async def kept(height: int) -> bytes:
        found = await issuer.consensus_state(client_id, height)
        if found is None:
            raise ConsensusMoved(f"{issuer.name}'s client {client_id} keeps nothing of height {height} (any more)")
        return found

    return LedgerForm(kept, setting.registrations, setting.renew_before_s)


def checkpoint_time_s(snapshot: Snapshot) -> int:
    """A ledger snapshot's own time."""
    return decode_consensus_state(snapshot.consensus_state).timestamp_s
