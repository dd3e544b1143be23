"""Ends of a path whose chains host an enclave light client of each other, in place of the direct one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from chains.evm.client.account import EvmSender
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.enclave_light_client import EnclaveLightClientBinding
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from ibc.light_client import LightClientStatus
from light_clients.clock import status_at
from light_clients.enclave import EnclaveLightClient
from light_clients.enclave.codec import decode_client_state, decode_consensus_state
from relayer.chains.client_kind import of_kind, require_kind
from relayer.chains.evm import EvmEndpoint
from relayer.chains.progmat import LedgerEndpoint, LightClientMissing
from relayer.core.chain import HostedClient
from relayer.enclave.enclave import EnclaveIdentity


class EnclaveHostingEvm(EvmEndpoint):
    """An EVM chain whose ``deployment.light_client`` is an ``EnclaveLightClient``."""

    def __init__(self, rpc: EvmRpc, deployment: Deployment, account: EvmSender) -> None:
        super().__init__(rpc, deployment, account)
        self._enclave_client = EnclaveLightClientBinding(address_bytes(deployment.light_client))

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        reading = self._enclave_client.client_state(self._rpc)
        state = await of_kind(reading, self.chain_name, self._client_id, EnclaveLightClient.client_type)
        now_s = (await self._rpc.get_block()).timestamp_s
        status = status_at(state, state.latest_timestamp_s, now_s)
        return HostedClient(
            self._client_id, state.latest_height, state.latest_timestamp_s, state.trusting_period_s, status
        )


class EnclaveHostingLedger(LedgerEndpoint):
    """A ledger whose light client of the counterparty is of type ``enclave``; ``identities`` sign for it now."""

    def __init__(
        self,
        issuer: LedgerClient,
        collector: CheckpointCollector,
        client_id: str,
        custodians: Sequence[LedgerClient],
        identities: Callable[[], Awaitable[Sequence[EnclaveIdentity]]],
    ) -> None:
        super().__init__(issuer, collector, client_id, custodians)
        self._identities = identities

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint; an enclave that has a new key needs an update, which brings the key, before its proofs."""
        found = await self._issuer.light_client(self._client_id)
        if found is None or not found.heights:
            raise LightClientMissing(f"{self._issuer.name} knows no light client {self._client_id}")
        require_kind(self.chain_name, self._client_id, EnclaveLightClient.client_type, found.client_type)
        height, timestamp_s = found.heights[0]
        client_state = decode_client_state(found.client_state)
        at_now = status_at(client_state, timestamp_s, int(self._now_s()))
        status = LightClientStatus.FROZEN if found.is_frozen else at_now
        keys = decode_consensus_state(found.newest_consensus_state).keys
        counting = {each.enclave_key for each in keys if each.expires_at_s > self._now_s()}
        signing = {each.enclave_key for each in await self._identities()}
        trusting_period_s = client_state.trusting_period_s
        return HostedClient(self._client_id, height, timestamp_s, trusting_period_s, status, not signing <= counting)
