"""Two operators' enclaves on a devnet: simulated hardware of this network alone, keys and configuration files."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chains.evm.client.enclave_deployment import EnclaveOperators
from chains.evm.client.proofs import TrustTerms
from light_clients.enclave import AttestationPolicy
from light_clients.enclave.attestation import TcbStatus
from primitives.secp256k1 import address_of
from relayer.devnet.layout import LEDGER_CLIENT_ID
from relayer.enclave.measurement import program_measurement
from relayer.enclave.simulation import SimulatedRoot
from relayer.provers.enclave_boot import EnclaveTerms

OPERATORS: Final = ("operator-1", "operator-2")
THRESHOLD: Final = 2
INSIDE: Final = TrustTerms(trusting_period_s=12 * 3600, max_clock_drift_s=30)
"""Of the light clients inside and of those on the chains: short, as revoked keys count that long on the ledger."""
KEY_LIFETIME_S: Final = 24 * 3600
RENEW_BEFORE_S: Final = 5 * 3600
ROOT_FILE: Final = "simulated-root.json"


@dataclass(frozen=True)
class DevnetOperator:
    """One operator: its name, its own key's address, and the process its enclave runs in."""

    name: str
    address: bytes

    @property
    def enclave(self) -> str:
        """The name of the enclave's process."""
        return f"{self.name}-enclave"


def enclave_names() -> tuple[str, ...]:
    """The enclaves' processes; each listens on a port of its own."""
    return tuple(f"{name}-enclave" for name in OPERATORS)


def make_hardware(directory: Path) -> SimulatedRoot:
    """A maker of simulated machines for this devnet, and nobody else."""
    root = SimulatedRoot.generate(int(time.time()))
    (directory / ROOT_FILE).write_bytes(root.to_bytes())
    return root


def write_key(directory: Path, name: str) -> bytes:
    """A new secp256k1 secret in ``keys/NAME.hex``, readable by its owner."""
    folder = directory / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    secret = secrets.token_bytes(32)
    path = folder / f"{name}.hex"
    path.touch(mode=0o600)
    path.write_text(secret.hex())
    return secret


def make_operators(directory: Path, ports: dict[str, int]) -> tuple[DevnetOperator, ...]:
    """Each operator's key, and its enclave's file."""
    made: list[DevnetOperator] = []
    for name in OPERATORS:
        operator = DevnetOperator(name, address_of(write_key(directory, name)))
        (directory / f"{operator.enclave}.toml").write_text(
            f'listen = "127.0.0.1:{ports[operator.enclave]}"\noperator = "0x{operator.address.hex()}"\n'
            f'backend = "simulation"\nsimulated_root = "{ROOT_FILE}"\n'
        )
        made.append(operator)
    return tuple(made)


def terms_of(root: SimulatedRoot, operators: tuple[DevnetOperator, ...]) -> EnclaveTerms:
    """Whose enclaves both chains believe here."""
    policy = AttestationPolicy((root.pin,), (program_measurement(),), (TcbStatus.UP_TO_DATE,), ())
    addresses = tuple(sorted(operator.address for operator in operators))
    return EnclaveTerms(policy, EnclaveOperators(addresses, THRESHOLD, KEY_LIFETIME_S), LEDGER_CLIENT_ID)


def proof_section(operators: tuple[DevnetOperator, ...], ports: dict[str, int]) -> str:
    """The ``[proof]`` section of relayer and gateway."""
    head = (
        f'[proof]\nkind = "enclave"\nthreshold = {THRESHOLD}\nrenew_before_s = {RENEW_BEFORE_S}\n'
        f"ledger_trusting_period_s = {INSIDE.trusting_period_s}\nevm_trusting_period_s = {INSIDE.trusting_period_s}\n"
        f"max_clock_drift_s = {INSIDE.max_clock_drift_s}\n"
    )
    return head + "".join(
        f'[proof.operators.{operator.name}]\naddress = "0x{operator.address.hex()}"\n'
        f'enclave = "127.0.0.1:{ports[operator.enclave]}"\nanswer_file = "{operator.name}.answer"\n'
        for operator in operators
    )


def write_operator(directory: Path, operator: DevnetOperator, ports: dict[str, int], shared: str) -> None:
    """The file of an operator's own process; ``shared``: its sections for certificates, EVM chain and ledger."""
    (directory / f"{operator.name}.toml").write_text(
        f'enclave = "127.0.0.1:{ports[operator.enclave]}"\noperator_key_file = "keys/{operator.name}.hex"\n'
        f'answer_file = "{operator.name}.answer"\nsimulated_root = {json.dumps(ROOT_FILE)}\n'
        f"renew_before_s = {RENEW_BEFORE_S}\npoll_interval_ms = 500\n{shared}"
    )
