"""The EVM chain as the gateway sees it: earmarks of the DvpApp, deliveries and refusals of the router."""

from __future__ import annotations

from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.dvp_app import EARMARKED_EVENT, SPENT_EARMARK, DvpAppBinding, EarmarkedEvent, earmark_slot
from chains.evm.client.node_types import EvmLog, LogFilter
from chains.evm.client.proofs import QbftProver
from chains.evm.client.router import WRITE_ACKNOWLEDGEMENT_EVENT, Router, WriteAcknowledgementEvent
from chains.evm.client.rpc import EvmRpc
from ibc.acknowledgement import is_error
from ibc.dvp import DVP_PORT, DvpPayload
from primitives.errors import PeerError
from relayer.gateway.changes import Sighting
from relayer.gateway.lifecycle import SettlementEvent
from relayer.gateway.model import Fact, Ledger
from relayer.gateway.ports import EarmarkEvidence

MOST_BLOCKS_A_PAGE = 1000


class EvmSide:
    """Implements ``SecuritiesSide``. ``client_id`` is the light client of the ledger on this chain."""

    def __init__(self, rpc: EvmRpc, deployment: Deployment) -> None:
        self._rpc = rpc
        self._router = Router(address_bytes(deployment.router))
        self._dvp_app = DvpAppBinding(address_bytes(deployment.dvp_app))
        self._prover = QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
        self._client_id = deployment.client_id
        self._deployed_after = deployment.deployed_after

    async def sightings(self, after_block: int) -> tuple[tuple[Sighting, ...], int]:
        """See SecuritiesSide."""
        after_block = max(after_block, self._deployed_after)
        last = min(await self._rpc.block_number(), after_block + MOST_BLOCKS_A_PAGE)
        if last <= after_block:
            return (), after_block
        topics = (EARMARKED_EVENT.topic0, WRITE_ACKNOWLEDGEMENT_EVENT.topic0)
        contracts = (self._router.address, self._dvp_app.address)
        logs = await self._rpc.get_logs(LogFilter(after_block + 1, last, contracts, (topics,)))
        times_s: dict[int, int] = {}
        for height in {log.height for log in logs}:
            times_s[height] = (await self._rpc.get_block(height)).timestamp_s
        found = [self._sighting(log, times_s[log.height]) for log in logs]
        return tuple(sighting for sighting in found if sighting is not None), last

    def _sighting(self, log: EvmLog, at_s: int) -> Sighting | None:
        if log.address == self._dvp_app.address:
            event = self._dvp_app.event_of(log)
            return _earmarked(event, at_s) if isinstance(event, EarmarkedEvent) else None
        acknowledged = self._router.event_of(log)
        if not isinstance(acknowledged, WriteAcknowledgementEvent):
            return None
        return self._answered(acknowledged, at_s)

    def _answered(self, event: WriteAcknowledgementEvent, at_s: int) -> Sighting | None:
        """A packet was received on our port over our client: delivered or refused. Other ports are not our business."""
        payload, ack = event.packet.payloads[0], event.acknowledgements[0]
        if payload.destination_port != DVP_PORT or event.packet.destination_client != self._client_id:
            return None
        try:
            trade_id = DvpPayload.decode(payload.value).trade_id
        except PeerError:
            return None  # nonsense on our port is acknowledged with an error and concerns no settlement
        refused = is_error(ack)
        kind = SettlementEvent.REFUSED_ON_EVM if refused else SettlementEvent.DELIVERED_ON_EVM
        fact = _fact("refused" if refused else "delivered", event.log, at_s)
        return Sighting(trade_id, kind, fact, terms_hash=b"" if refused else ack)

    async def earmark_sighting(self, trade_id: bytes) -> Sighting | None:
        """See SecuritiesSide."""
        found = await self._dvp_app.earmark_of(self._rpc, trade_id)
        if found is None or found == SPENT_EARMARK:
            return None
        topics = ((EARMARKED_EVENT.topic0,), (trade_id,))
        last = await self._rpc.block_number()
        while last > self._deployed_after:  # it stands, so some block has its event: newest page first
            first = max(self._deployed_after + 1, last - MOST_BLOCKS_A_PAGE + 1)
            for log in await self._rpc.get_logs(LogFilter(first, last, (self._dvp_app.address,), topics)):
                event = self._dvp_app.event_of(log)
                if isinstance(event, EarmarkedEvent):
                    return _earmarked(event, (await self._rpc.get_block(log.height)).timestamp_s)
            last = first - 1
        return None

    async def earmark_evidence(self, trade_id: bytes, trusted_height: int) -> EarmarkEvidence:
        """See SecuritiesSide."""
        height = max(await self._rpc.block_number(), trusted_height)
        message = await self._prover.header_message(height, trusted_height) if height > trusted_height else b""
        evidence = await self._prover.storage_evidence(self._dvp_app.address, earmark_slot(trade_id), height)
        return EarmarkEvidence(height, message, evidence.account_proof, evidence.storage_proof)


def _earmarked(event: EarmarkedEvent, at_s: int) -> Sighting:
    fact = _fact("earmarked", event.log, at_s)
    return Sighting(event.trade_id, SettlementEvent.EARMARKED_ON_EVM, fact, terms_hash=event.terms_hash)


def _fact(what: str, log: EvmLog, at_s: int) -> Fact:
    return Fact(Ledger.EVM, what, "0x" + log.evm_tx_hash.hex(), log.height, at_s)
