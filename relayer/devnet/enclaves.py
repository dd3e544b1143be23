"""Enclaves on a devnet: two operators' simulated ones, each with its operator's process, believed by both chains."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final

from chains.evm.client.deployment import address_bytes
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from light_clients.enclave.keys import claimed_key
from primitives.errors import DecodeError
from relayer.devnet import enclave_files as files
from relayer.devnet.config_files import shared_sections
from relayer.devnet.processes import NotReady
from relayer.devnet.proof_paths import Between, FirstStates, NetworkAdditions
from relayer.enclave.simulation import SimulatedRoot
from relayer.enclave_answers import read_answer
from relayer.provers.enclave_boot import first_ledger_state, put_enclaves_on_chain
from relayer.provers.enclave_states import LedgerStates, QbftStates

READY_TIMEOUT_S: Final = 60.0
POLL_S: Final = 0.1


class EnclavesOnDevnet:
    """Implements ``ProofPath``."""

    def __init__(self) -> None:
        self._ports: dict[str, int] = {}
        self._root: SimulatedRoot | None = None
        self._operators: tuple[files.DevnetOperator, ...] = ()
        self._light_client = b""

    @property
    def listening(self) -> dict[str, str]:
        """See ProofPath."""
        return dict.fromkeys(files.enclave_names(), "relayer.enclave")

    def prepare(self, directory: Path, ports: dict[str, int], block_period_s: int) -> NetworkAdditions:
        """See ProofPath: the simulated root is pinned in this network's configuration and in no other."""
        del block_period_s
        self._ports = ports
        self._root = files.make_hardware(directory)
        self._operators = files.make_operators(directory, ports)
        return NetworkAdditions((self._root.pin.hex(),), files.OPERATORS)

    async def put_between(self, between: Between) -> FirstStates:
        """See ProofPath."""
        if self._root is None:
            raise NotReady("the enclaves' files", 0)
        terms = files.terms_of(self._root, self._operators)
        ledger = LedgerStates(between.collector, files.INSIDE)
        deployment = await put_enclaves_on_chain(between.admin, between.deployment, between.collector, ledger, terms)
        chain = QbftStates(between.prover, deployment.chain_id, files.INSIDE)
        initial = await first_ledger_state(chain, await between.rpc.block_number(), terms)
        for operator in self._operators:
            shared = shared_sections(operator.name, between.rpc.url, between.nodes, between.collector.validator_set)
            files.write_operator(between.directory, operator, self._ports, shared)
        self._light_client = address_bytes(deployment.light_client)
        return FirstStates(deployment, "enclave", initial)

    def section(self, process: str) -> str:
        """See ProofPath."""
        del process
        return files.proof_section(self._operators, self._ports)

    def processes_at_last(self) -> dict[str, str]:
        """See ProofPath."""
        return dict.fromkeys(files.OPERATORS, "relayer.enclave_operator")

    async def wait_until_ready(self, between: Between) -> None:
        """See ProofPath: until the EVM chain has registered a key of each operator."""
        contract, started_s = EnclaveLightClientBinding(self._light_client), time.monotonic()
        for operator in self._operators:
            while not await self._is_registered(contract, between, between.directory / f"{operator.name}.answer"):
                if time.monotonic() > started_s + READY_TIMEOUT_S:
                    raise NotReady(f"the enclave key of {operator.name}", READY_TIMEOUT_S)
                await asyncio.sleep(POLL_S)

    @staticmethod
    async def _is_registered(contract: EnclaveLightClientBinding, between: Between, answer_file: Path) -> bool:
        try:
            named = claimed_key(read_answer(answer_file))
        except (OSError, DecodeError):
            return False
        return await contract.enclave_key(between.rpc, named.enclave_key) is not None
