"""Put an enclave light client on a chain: the Validators' attestation verifier, then the client that asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.artifacts import load_artifact
from light_clients.enclave.policy import AttestationPolicy
from light_clients.enclave.statements import NANOSECONDS

_CREATE_GAS: Final = 16_000_000  # the client pays for its ring of consensus states here


@dataclass(frozen=True)
class EnclaveAnchor:
    """Where the client begins: times in seconds, `state_id` of the inner light client at `height`.

    The periods are those of the client inside: they stand in its statements.
    """

    height: int
    timestamp_s: int
    state_id: bytes
    trusting_period_s: int
    max_clock_drift_s: int


@dataclass(frozen=True)
class EnclaveOperators:
    """Who may answer for keys (20 bytes each, ascending), how many must sign, how long a registration counts."""

    operators: tuple[bytes, ...]
    threshold: int
    key_lifetime_s: int


def verifier_creation(ledger_id: str, validator_set_hash: bytes) -> EvmCall:
    """The transaction that creates a `ValidatorAttestationVerifier`."""
    code = load_artifact("ValidatorAttestationVerifier").creation_code(ledger_id, validator_set_hash)
    return EvmCall(b"", code, gas=_CREATE_GAS)


def enclave_client_creation(
    router: bytes, verifier: bytes, anchor: EnclaveAnchor, policy: AttestationPolicy, operators: EnclaveOperators
) -> EvmCall:
    """The transaction that creates an `EnclaveLightClient`; `verifier` is there already."""
    initial = (
        router,
        anchor.trusting_period_s,
        anchor.max_clock_drift_s,
        anchor.height,
        anchor.timestamp_s * NANOSECONDS,
        anchor.state_id,
    )
    accepted = (
        verifier,
        policy.root_pins,
        policy.measurements,
        [int(each) for each in policy.tcb_statuses],
        policy.advisories,
        operators.operators,
        operators.threshold,
        operators.key_lifetime_s,
    )
    return EvmCall(b"", load_artifact("EnclaveLightClient").creation_code(initial, accepted), gas=_CREATE_GAS)
