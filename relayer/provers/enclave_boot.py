"""Put enclave light clients on both chains of a path that is there already.

What comes out is trusted by whoever uses it, as the first state of any light client is: ask nodes of your own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.enclave_deployment import (
    EnclaveAnchor,
    EnclaveOperators,
    enclave_client_creation,
    verifier_creation,
)
from chains.evm.client.hub_deployment import MIGRATE_CLIENT
from chains.evm.client.proofs import InitialState
from chains.progmat.client.checkpoints import CheckpointCollector
from light_clients.enclave import AttestationPolicy, EnclaveClientState, EnclaveConsensusState
from light_clients.enclave.codec import encode_client_state, encode_consensus_state
from light_clients.qbft.codec import decode_consensus_state
from relayer.provers.enclave_states import LedgerStates, QbftStates

HEAD_WAIT_MS = 20_000
_MIGRATION_GAS = 500_000
_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class EnclaveTerms:
    """Whose enclaves count, on both sides alike; ``ledger_client_id``: how the ledger calls its client of the chain."""

    policy: AttestationPolicy
    operators: EnclaveOperators
    ledger_client_id: str


async def put_enclaves_on_chain(
    admin: EvmAccount, deployment: Deployment, collector: CheckpointCollector, inside: LedgerStates, terms: EnclaveTerms
) -> Deployment:
    """Replace a chain's light client of the ledger by one that believes enclaves, under the same client id.

    ``admin`` may migrate clients. No key is registered yet. Raises `EvmTxFailed` naming the rule that refused,
    `EvmTxNotIncluded`, or what the nodes say.
    """
    signed = await collector.collect(await collector.head(1, HEAD_WAIT_MS))
    first = inside.snapshot_of(signed.checkpoint)
    router, trust = address_bytes(deployment.router), inside.trust
    nonce = await admin.rpc.nonce(admin.address)
    verifier, light_client = (created_address(admin.address, nonce + step) for step in range(2))
    anchor = EnclaveAnchor(
        first.height,
        signed.checkpoint.timestamp_s,
        first.state_id,
        trust.trusting_period_s,
        trust.max_clock_drift_s,
    )
    # the ledger keeps its commitments under the bare IBC key
    migration = MIGRATE_CLIENT.call(router, deployment.client_id, (terms.ledger_client_id, [b""]), light_client)
    calls = (
        verifier_creation(collector.ledger_id, collector.validator_set.hash()),
        enclave_client_creation(router, verifier, anchor, terms.policy, terms.operators),
        replace(migration, gas=_MIGRATION_GAS),
    )
    sent = [await admin.send(call) for call in calls]
    for call, evm_tx in zip(calls, sent, strict=True):
        await admin.wait_for(evm_tx, call, _TIMEOUT_S)
    return deployment.model_copy(update={"light_client": "0x" + light_client.hex()})


async def first_ledger_state(inside: QbftStates, height: int, terms: EnclaveTerms) -> InitialState:
    """What a ledger's client of type ``enclave`` begins with: no keys yet, the first update brings them."""
    first = await inside.snapshot_at(height)
    timestamp_s = decode_consensus_state(first.consensus_state).timestamp_s
    client_state = EnclaveClientState(
        policy=terms.policy,
        operators=terms.operators.operators,
        threshold=terms.operators.threshold,
        key_lifetime_s=terms.operators.key_lifetime_s,
        latest_height=height,
        trusting_period_s=inside.trust.trusting_period_s,
        max_clock_drift_s=inside.trust.max_clock_drift_s,
        frozen=False,
        chain_id=inside.chain_id,
    )
    consensus_state = EnclaveConsensusState(timestamp_s, first.state_id, (), 0)
    return InitialState(height, encode_client_state(client_state), encode_consensus_state(consensus_state))
