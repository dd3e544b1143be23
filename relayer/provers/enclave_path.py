"""Both ends of a path between a ledger and an EVM chain whose proofs travel through enclaves, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.proofs import QbftProver, TrustTerms
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client import CheckpointCollector, LedgerClient
from light_clients.enclave import KeyRegistration
from light_clients.progmat.consensus_state import decode_consensus_state
from primitives.errors import UnavailableError
from relayer.chains.enclave_hosting import EnclaveHostingEvm, EnclaveHostingLedger
from relayer.core.chain import ChainEndpoint
from relayer.enclave.program import Snapshot
from relayer.provers.enclave_endpoint import EnclaveProvedEndpoint
from relayer.provers.enclave_forms import LedgerForm, SolidityForm
from relayer.provers.enclave_quorum import EnclaveQuorum
from relayer.provers.enclave_states import LedgerStates, QbftStates

RENEW_BEFORE_S = 3600


class ConsensusMoved(UnavailableError):
    """The ledger's client has another newest height than was asked about: read it again."""

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


def enclave_path(
    issuer: LedgerClient,
    collector: CheckpointCollector,
    client_id: str,
    evm: tuple[EvmRpc, Deployment, EvmAccount],
    setting: EnclaveSetting,
) -> tuple[ChainEndpoint, ChainEndpoint]:
    """The ledger's end and the EVM chain's; ``client_id`` is that of the ledger's client of type ``enclave``."""
    rpc, deployment, account = evm
    qbft = QbftStates(QbftProver(rpc, address_bytes(deployment.router)), deployment.chain_id, setting.evm_trust)

    async def kept(height: int) -> bytes:
        found = await issuer.light_client(client_id)
        if found is None or not found.heights or found.heights[0][0] != height:
            raise ConsensusMoved(f"{issuer.name}'s client {client_id} is not at height {height} (any more)")
        return found.newest_consensus_state

    ledger_form = LedgerForm(kept, setting.registrations, setting.renew_before_s)
    ledger_end = EnclaveProvedEndpoint(
        EnclaveHostingLedger(issuer, collector, client_id),
        LedgerStates(collector, setting.ledger_trust),
        setting.quorum,
        SolidityForm(checkpoint_time_s),
    )
    evm_end = EnclaveProvedEndpoint(EnclaveHostingEvm(rpc, deployment, account), qbft, setting.quorum, ledger_form)
    return ledger_end, evm_end


def checkpoint_time_s(snapshot: Snapshot) -> int:
    """A ledger snapshot's own time."""
    return decode_consensus_state(snapshot.consensus_state).timestamp_s
