"""A hub on a devnet: a third chain, with a client of each end, and accounts there for relayer and gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import LedgerAnchor, write_record
from chains.evm.client.rpc import EvmRpc
from relayer.devnet import config_files as files
from relayer.devnet.enclave_files import write_key
from relayer.devnet.layout import LEDGER_CLIENT_ID, LEDGER_ID
from relayer.devnet.proof_paths import Between, FirstStates, NetworkAdditions
from relayer.hub.boot import HubEnds, raise_hub

HUB: Final = "hub"
DEPLOYMENT_FILE: Final = "hub-deployment.json"
HEAD_WAIT_MS: Final = 20_000


class HubOnDevnet:
    """Implements ``ProofPath``."""

    def __init__(self) -> None:
        self._port = 0
        self._admin_secret = b""

    @property
    def listening(self) -> dict[str, str]:
        """See ProofPath."""
        return {HUB: "chains.evm.devnet"}

    def prepare(self, directory: Path, ports: dict[str, int], block_period_s: int) -> NetworkAdditions:
        """See ProofPath."""
        self._port = ports[HUB]
        self._admin_secret = write_key(directory, "hub-admin")
        for process in ("relayer", "gateway"):
            write_key(directory, f"hub-{process}")
        files.write_hub(directory, self._port, block_period_s)
        return NetworkAdditions()

    async def put_between(self, between: Between) -> FirstStates:
        """See ProofPath."""
        collector = between.collector
        checkpoint = (await collector.collect(await collector.head(1, HEAD_WAIT_MS))).checkpoint
        anchor = LedgerAnchor(
            ledger_id=LEDGER_ID,
            height=checkpoint.height,
            timestamp_s=checkpoint.timestamp_s,
            root=checkpoint.root,
            validator_set_hash=collector.validator_set.hash(),
            trusting_period_s=between.trust.trusting_period_s,
            max_clock_drift_s=between.trust.max_clock_drift_s,
        )
        ends = HubEnds(between.admin, between.deployment, anchor, LEDGER_CLIENT_ID, between.trust)
        async with EvmRpc(self._rpc_url) as rpc:
            raised = await raise_hub(EvmAccount(rpc, self._admin_secret, files.HUB_CHAIN_ID), ends)
        write_record(between.directory / DEPLOYMENT_FILE, raised.hub)
        return FirstStates(raised.deployment, "hub", raised.ledger_state)

    def section(self, process: str) -> str:
        """See ProofPath."""
        return (
            f'[proof]\nkind = "hub"\nrpc_url = "{self._rpc_url}"\ndeployment_file = "{DEPLOYMENT_FILE}"\n'
            f'hub_key_file = "keys/hub-{process}.hex"\n'
        )

    def processes_at_last(self) -> dict[str, str]:
        """See ProofPath."""
        return {}

    async def wait_until_ready(self, between: Between) -> None:
        """See ProofPath; it is: the hub's clients began with both ends' states."""

    @property
    def _rpc_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"
