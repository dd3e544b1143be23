"""The EVM chain as the watches see it: its own blocks, and what it stored of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmSender
from chains.evm.client.consensus_prover import ConsensusProver
from chains.evm.client.deployment import address_bytes
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.proofs import QbftProver
from chains.evm.client.router import Router
from chains.evm.client.router_calls import updates_in
from chains.evm.client.rpc import EvmRpc
from light_clients.progmat.client_state import ProgmatClientState
from light_clients.progmat.header import header_height
from relayer.chains.evm_submissions import INCLUSION_TIMEOUT_S


class ClientPlace(Protocol):
    """Where a light client of the ledger is; a ``Deployment`` says it.

    The router with its commitments, the client's id there, and the newest block without it.
    """

    @property
    def router(self) -> str: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def commitments_contract(self) -> bytes: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def commitments_slot(self) -> bytes: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def client_id(self) -> str: ...  # noqa: D102 # the protocol's docstring says it
    @property
    def deployed_after(self) -> int: ...  # noqa: D102 # the protocol's docstring says it


class EvmWatchSide:
    """Implements ``CanonicalChain`` and ``CheckpointHost`` over one node and the relayer's account.

    ``prover`` as in ``EvmEndpoint``.
    """

    def __init__(
        self, rpc: EvmRpc, deployment: ClientPlace, account: EvmSender, prover: ConsensusProver | None = None
    ) -> None:
        self._rpc = rpc
        self._account = account
        self._router = Router(address_bytes(deployment.router))
        self._prover = prover or QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
        self._client_id = deployment.client_id
        self._deployed_after = deployment.deployed_after

    @property
    def client_id(self) -> str:
        """See CheckpointHost."""
        return self._client_id

    async def head_height(self) -> int:
        """See CanonicalChain."""
        return await self._rpc.block_number()

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """See CanonicalChain."""
        return await self._prover.header_message(height, trusted_height)

    async def client_state(self) -> ProgmatClientState:
        """See CheckpointHost."""
        return await (await self._light_client()).client_state(self._rpc)

    async def slots(self, heights: Sequence[int]) -> Sequence[bytes | None]:
        """See CheckpointHost."""
        return await (await self._light_client()).consensus_slots(self._rpc, heights) if heights else ()

    async def header_at(self, height: int) -> bytes | None:
        """See CheckpointHost; asks for old states, which a node may have dropped: then it is not found."""
        block = await self._block_that_stored(height)
        for call_data in await self._rpc.calls_to(self._router.address, block):
            for update in updates_in(call_data):
                if update.client_id == self._client_id and header_height(update.client_message) == height:
                    return update.client_message
        return None

    async def _block_that_stored(self, height: int) -> int:
        """The first block whose state has the client at ``height`` or beyond: latest heights only grow."""
        light_client = await self._light_client()
        low, high = self._deployed_after, await self._rpc.block_number()
        while low + 1 < high:
            middle = (low + high) // 2
            is_there = await self._latest_height_at(light_client, middle) >= height
            low, high = (low, middle) if is_there else (middle, high)
        return high

    async def _latest_height_at(self, light_client: ProgmatLightClientBinding, block: int) -> int:
        """0 before the contract was there."""
        if not await self._rpc.code(light_client.address, block):
            return 0
        return (await light_client.client_state(self._rpc, block)).latest_height

    async def _light_client(self) -> ProgmatLightClientBinding:
        """The one behind the id now: governance may have put another in its place."""
        return ProgmatLightClientBinding(await self._router.light_client_of(self._rpc, self._client_id))

    async def report_header(self, header: bytes) -> str:
        """See CheckpointHost."""
        return await self._execute(self._router.update_client(self._client_id, header))

    async def report_misbehaviour(self, evidence: bytes) -> str:
        """See CheckpointHost."""
        return await self._execute(self._router.submit_misbehaviour(self._client_id, evidence))

    async def _execute(self, call: EvmCall) -> str:
        receipt = await self._account.execute(call, INCLUSION_TIMEOUT_S)
        return "0x" + receipt.evm_tx_hash.hex()
