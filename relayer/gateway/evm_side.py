"""The EVM chain as the gateway sees it: earmarks and locks of the DvpApp, what the router received or was answered.

Events are read by their blocks' receipts, which must make up the header's root: one that a node changes or leaves out
would be a settlement told wrong, or never told to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chains.evm.client.adapters import AdapterBinding
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.dvp_app import (
    DELIVERED_EVENT,
    EARMARKED_EVENT,
    PACKET_SENT_EVENT,
    RELEASED_EVENT,
    SPENT_EARMARK,
    DvpAppBinding,
    DvpAppEvent,
    EarmarkedEvent,
    PacketSentEvent,
    earmark_slot,
)
from chains.evm.client.event_pages import EventPage, EventPages
from chains.evm.client.node_types import EvmLog, LogFilter
from chains.evm.client.proofs import QbftProver
from chains.evm.client.router import (
    ACK_PACKET_EVENT,
    TIMEOUT_PACKET_EVENT,
    WRITE_ACKNOWLEDGEMENT_EVENT,
    AckPacketEvent,
    Router,
    TimeoutPacketEvent,
    WriteAcknowledgementEvent,
)
from chains.evm.client.rpc import EvmRpc
from ibc.acknowledgement import is_error
from ibc.dvp import DVP_PORT, DvpPayload, LeadLeg, SettlementTerms, dvp_payload_of
from ibc.packet import Packet
from primitives.errors import PeerError
from relayer.gateway.changes import Sighting
from relayer.gateway.evm_interference import Questions, interference_in
from relayer.gateway.lifecycle import SettlementEvent
from relayer.gateway.matching import Side
from relayer.gateway.model import Fact, Ledger
from relayer.gateway.ports import EarmarkEvidence, EarmarkProver, HeldTrades, InterferenceSeen

MOST_BLOCKS_A_PAGE = 1000
_OF_THE_APP = (EARMARKED_EVENT.topic0, PACKET_SENT_EVENT.topic0)
_TELLING = (
    *_OF_THE_APP,
    WRITE_ACKNOWLEDGEMENT_EVENT.topic0,
    ACK_PACKET_EVENT.topic0,
    TIMEOUT_PACKET_EVENT.topic0,
)


class EvmSide:
    """Implements ``SecuritiesSide``. ``prover`` speaks to the ledger's light client of this chain, by default qbft."""

    def __init__(self, rpc: EvmRpc, deployment: Deployment, prover: EarmarkProver | None = None) -> None:
        self._rpc = rpc
        self._events = EventPages(rpc)
        self._router = Router(address_bytes(deployment.router))
        self._dvp_app = DvpAppBinding(address_bytes(deployment.dvp_app))
        self._prover = prover or QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
        self._client_id = deployment.client_id
        self._deployed_after = deployment.deployed_after

    async def sightings(self, after_block: int) -> tuple[tuple[Sighting, ...], int]:
        """See SecuritiesSide."""
        after_block = max(after_block, self._deployed_after)
        last = min(await self._rpc.block_number(), after_block + MOST_BLOCKS_A_PAGE)
        if last <= after_block:
            return (), after_block
        return await self._sightings_of(await self._events.page(after_block + 1, last)), last

    async def _sightings_of(self, page: EventPage) -> tuple[Sighting, ...]:
        logs = await page.matching((self._router.address, self._dvp_app.address), (_TELLING,))
        found = [self._sighting(log, page.time_s(log.height)) for log in logs]
        return tuple(sighting for sighting in found if sighting is not None)

    def _sighting(self, log: EvmLog, at_s: int) -> Sighting | None:
        if log.address == self._dvp_app.address:
            return _held(self._dvp_app.event_of(log), at_s)
        match self._router.event_of(log):
            case WriteAcknowledgementEvent() as received:
                return self._answered(received, at_s)
            case AckPacketEvent() | TimeoutPacketEvent() as ended:
                return self._ended(ended, at_s)
            case _:
                return None

    def _answered(self, event: WriteAcknowledgementEvent, at_s: int) -> Sighting | None:
        """A packet was received on our port over our client: delivered or refused. Other ports are not our business."""
        packet, ack = event.packet, event.acknowledgements[0]
        trade_id = _trade_of(packet.payloads[0].destination_port, packet)
        if trade_id is None or packet.destination_client != self._client_id:
            return None
        refused = is_error(ack)
        kind = SettlementEvent.REFUSED_ON_EVM if refused else SettlementEvent.DELIVERED_ON_EVM
        fact = _fact("refused" if refused else "delivered", event.log, at_s)
        return Sighting(trade_id, kind, fact, terms_hash=b"" if refused else ack)

    def _ended(self, event: AckPacketEvent | TimeoutPacketEvent, at_s: int) -> Sighting | None:
        """A packet of ours came to its end: the securities were delivered, or given back."""
        packet = event.packet
        trade_id = _trade_of(packet.payloads[0].source_port, packet)
        if trade_id is None or packet.source_client != self._client_id:
            return None
        if isinstance(event, AckPacketEvent) and not is_error(event.acknowledgement):
            fact = _fact("securities delivered", event.log, at_s)
            return Sighting(trade_id, SettlementEvent.SECURITIES_DELIVERED, fact, terms_hash=event.acknowledgement)
        why = "after refusal" if isinstance(event, AckPacketEvent) else "after the time-out"
        fact = _fact(f"securities returned {why}", event.log, at_s)
        return Sighting(trade_id, SettlementEvent.SECURITIES_RETURNED, fact)

    async def earmark_sighting(self, trade_id: bytes) -> Sighting | None:
        """See SecuritiesSide."""
        found = await self._dvp_app.earmark_of(self._rpc, trade_id)
        if found is None or found == SPENT_EARMARK:
            return None
        held = await self._newest_sightings(trade_id, _OF_THE_APP)
        return held[0] if held else None

    async def end_sightings(self, trade_id: bytes) -> tuple[Sighting, ...]:
        """See SecuritiesSide."""
        if await self._dvp_app.earmark_of(self._rpc, trade_id) != SPENT_EARMARK:
            return ()
        return await self._newest_sightings(trade_id, (DELIVERED_EVENT.topic0, RELEASED_EVENT.topic0))

    async def _newest_sightings(self, trade_id: bytes, kinds: tuple[bytes, ...]) -> tuple[Sighting, ...]:
        """What the newest block in which the app tells one of these of a trade shows of it, page after page back."""
        last = await self._rpc.block_number()
        while last > self._deployed_after:
            first = max(self._deployed_after + 1, last - MOST_BLOCKS_A_PAGE + 1)
            log_filter = LogFilter(first, last, (self._dvp_app.address,), (kinds, (trade_id,)))
            for page in await self._events.search(log_filter):
                sightings = await self._sightings_of(page)
                found = tuple(sighting for sighting in sightings if sighting.trade_id == trade_id)
                if found:
                    return found
            last = first - 1
        return ()

    async def time_s(self) -> int:
        """See SecuritiesSide."""
        return (await self._rpc.get_block()).timestamp_s

    async def obstacle(self, terms: SettlementTerms, to: Side) -> str:
        """See SecuritiesSide; the app tries a delivery in a call that changes nothing.

        A return it does not try: the adapter is asked what it would have against paying the seller.
        """
        if to is Side.BUYER:
            found = await self._dvp_app.preflight(self._rpc, terms)
        else:
            payload = replace(dvp_payload_of(terms), buyer=terms.security.seller)
            found = await AdapterBinding(terms.security.adapter).obstacle(self._rpc, payload)
        return "" if found is None else str(found)

    async def interference(self, after_block: int, held: HeldTrades, *, asks: bool = True) -> InterferenceSeen:
        """See SecuritiesSide."""
        after_block, head = max(after_block, self._deployed_after), await self._rpc.block_number()
        last = min(head, after_block + MOST_BLOCKS_A_PAGE)
        if last <= after_block:
            return InterferenceSeen(after_block, held, {}, None)
        questions = Questions.NEVER if last < head else Questions.ALWAYS if asks else Questions.AFTER_ACTS
        page = await self._events.page(after_block + 1, last)
        return await interference_in(self._rpc, page, self._dvp_app, held, questions)

    async def earmark_evidence(
        self, adapter: bytes, trade_ids: Sequence[bytes], trusted_height: int
    ) -> tuple[EarmarkEvidence, ...]:
        """See SecuritiesSide."""
        height = max(await self._rpc.block_number(), trusted_height)
        message = await self._prover.header_message(height, trusted_height) if height > trusted_height else b""
        slots = [earmark_slot(trade_id) for trade_id in trade_ids]
        found = await self._prover.storage_evidences(adapter, slots, height)
        return tuple(EarmarkEvidence(height, message, each.account_proof, each.storage_proof) for each in found)


def _held(event: DvpAppEvent | None, at_s: int) -> Sighting | None:
    """The tokens are held for a trade: until a packet of the ledger comes, or with a packet under way to it."""
    if isinstance(event, PacketSentEvent):
        fact = _fact("securities locked", event.log, at_s)
        kind = SettlementEvent.SECURITIES_LOCKED_ON_EVM
        return Sighting(event.trade_id, kind, fact, event.terms_hash, packet_sequence=event.sequence)
    if isinstance(event, EarmarkedEvent) and event.payload.lead_leg is LeadLeg.CASH:
        fact = _fact("earmarked", event.log, at_s)
        return Sighting(event.trade_id, SettlementEvent.EARMARKED_ON_EVM, fact, terms_hash=event.terms_hash)
    return None


def _trade_of(port: str, packet: Packet) -> bytes | None:
    """The trade of a packet on our port; nonsense there is answered with an error and concerns no settlement."""
    if port != DVP_PORT:
        return None
    try:
        return DvpPayload.decode(packet.payloads[0].value).trade_id
    except PeerError:
        return None


def _fact(what: str, log: EvmLog, at_s: int) -> Fact:
    return Fact(Ledger.EVM, what, "0x" + log.evm_tx_hash.hex(), log.height, at_s)
