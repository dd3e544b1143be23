"""What the enclave light client costs: the measurement behind its benchmark and its gas test.

Berlin rules, through the real router. Two of three operators must sign, and both signatures are checked on chain; the
client is as it was deployed: it has paid for its ring of consensus states then.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.enclave import registration_digest
from primitives.secp256k1 import compact, sign_digest
from tests.fakes.dvp_deployment import role
from tests.fakes.enclave_client_bench import (
    SIGNERS,
    VALIDATORS,
    EnclaveClientBench,
    evidence_of,
    initial,
    policy,
    snapshot_at,
    verdict_of,
)
from tests.fakes.evm_sandbox import Account, EvmSandbox
from tests.fakes.progmat_client_bench import FIRST_HEIGHT, LEDGER_ID
from tests.fakes.qbft_headers import TIME_0_S

CLIENT_ID = "enclave-0"
RELAYER = Account.named("relayer")
_INTRINSIC = 21_000
_ZERO_BYTE, _OTHER_BYTE = 4, 16


@dataclass(frozen=True)
class EnclaveGas:
    """Gas of an update through the router, all of it; of a proof of presence, execution only; of a registration."""

    update: int
    membership_execution: int
    registration: int


def measure_enclave_client() -> EnclaveGas:
    """Deploy router, verifier and client, register two enclaves, update twice (the second is measured), prove."""
    sandbox = EvmSandbox(TIME_0_S)
    admin = sandbox.deployer.address
    router = sandbox.deploy("ICS26Router", admin)
    verifier = sandbox.deploy("ValidatorAttestationVerifier", LEDGER_ID, VALIDATORS.hash)
    snapshot = snapshot_at(FIRST_HEIGHT, TIME_0_S, bytes(32))
    client = sandbox.deploy("EnclaveLightClient", initial(router.address, snapshot), policy(verifier))
    router.transact("grantRole", role("CLIENT_REGISTRAR"), admin)
    router.transact("grantRole", role("RELAYER"), RELAYER.address)
    router.transact("addClient", CLIENT_ID, ("ledger-0", [b""]), client.address)
    bench = EnclaveClientBench(sandbox, client, verifier, snapshot)
    for each in SIGNERS:
        bench.register(each)
    registration = _registration_gas(bench)
    update = 0
    for _ in range(2):
        sandbox.now_s += 1
        step = bench.step()
        receipt = router.transact("updateClient", CLIENT_ID, bench.message(step), sender=RELAYER)
        update, bench.snapshot = receipt.gas_used, step.after
    return EnclaveGas(update, _membership_execution(bench), registration)


def _registration_gas(bench: EnclaveClientBench) -> int:
    """A registration with the Validators' verdict, of a key that is known already."""
    enclave = SIGNERS[0]
    verdict = verdict_of(enclave.registration(), bench.sandbox.now_s)
    digest = registration_digest(verdict.attestation_hash, enclave.named.enclave_key)
    signature = compact(sign_digest(enclave.operator_secret, digest))
    return bench.client.transact("registerEnclaveKey", evidence_of(verdict), signature).gas_used


def _membership_execution(bench: EnclaveClientBench) -> int:
    """A transaction that verifies presence, less what its calldata costs."""
    arguments = (bench.proof(bench.stated(b"key 7", b"value 7")), (0, bench.snapshot.height), [b"key 7"], b"value 7")
    used = bench.client.transact("verifyMembership", arguments).gas_used
    data = bench.client.encode("verifyMembership", arguments)
    return used - _INTRINSIC - sum(_OTHER_BYTE if byte else _ZERO_BYTE for byte in data)
