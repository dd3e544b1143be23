"""An EVM chain with the IBC v2 router as one end of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmSender
from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.consensus_prover import ConsensusProver
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.head_feed import HeadFeed
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.proofs import QbftProver
from chains.evm.client.router import (
    PACKET_TOPICS,
    AckPacketEvent,
    Router,
    RouterEvent,
    SendPacketEvent,
    TimeoutPacketEvent,
    WriteAcknowledgementEvent,
)
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import BlockUnavailable
from ibc.packet import Packet
from light_clients.clock import status_at
from relayer.chains.client_kind import of_kind
from relayer.chains.evm_batches import BatchLimits
from relayer.chains.evm_event_checks import require_stored
from relayer.chains.evm_events import ReadingSettings, RouterLogs
from relayer.chains.evm_submissions import EvmSubmissions
from relayer.chains.packet_paths import proved_path
from relayer.core.chain import (
    ClientUpdate,
    EventKind,
    EventPage,
    Head,
    HostedClient,
    Outcome,
    PacketEvent,
    PacketMessage,
    ProofKind,
)

MOST_UPDATES_A_SUBMISSION = 8
"""Hand-overs beyond this many go in transactions of their own: a relayer may have been away for years."""


@dataclass(frozen=True)
class EvmSettings:
    """How the chain is read and written; ``feed`` announces its new blocks."""

    reading: ReadingSettings = field(default_factory=ReadingSettings)
    batches: BatchLimits = field(default_factory=BatchLimits)
    feed: HeadFeed | None = None


class EvmEndpoint:
    """Implements ``ChainEndpoint``. A submission is one transaction, of update and all messages in a multicall.

    What does not fit into one goes in several at once, in nonce order. ``prover`` speaks to the counterparty's light
    client; by default of a chain that QBFT seals. ``memory`` is of the blocks that were read, by default of none.
    """

    def __init__(
        self,
        rpc: EvmRpc,
        deployment: Deployment,
        account: EvmSender,
        prover: ConsensusProver | None = None,
        settings: EvmSettings = EvmSettings(),  # frozen
        memory: BlockMemory | None = None,
    ) -> None:
        self._rpc = rpc
        self._router = Router(address_bytes(deployment.router), takes_batches=deployment.router_takes_batches)
        self._prover = prover or QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
        self._chain_name = f"evm-{deployment.chain_id}"
        self._client_id = deployment.client_id
        self._deployed_after = deployment.deployed_after
        self._submissions = EvmSubmissions(rpc, self._router, account, settings.batches)
        self._logs = RouterLogs(
            rpc, self._router.address, PACKET_TOPICS, memory or BlockMemory(), settings.reading, settings.feed
        )

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return self._chain_name

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return self._client_id

    async def head(self) -> Head:
        """See ChainEndpoint; raises `NodeBehind` where nodes show less than before: they restart, and catch up."""
        block = await self._logs.head()
        return Head(block.height, block.timestamp_s)

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint; the cursor is the last block read, and a block is never split over two pages.

        After `ChainReorganised` the next page begins before the cursor: it repeats what is still there.
        """
        del limit  # a page is bounded by blocks: their gas bounds the events
        page = await self._logs.page(cursor, self._deployed_after)
        read = (self._router.event_of(log) for log in page.logs)
        found = (self._on_this_path(event) for event in read if event is not None)
        events = tuple(event for event in found if event is not None)
        await require_stored(self._rpc, self._router, events)
        return EventPage(events, page.next_cursor)

    def _on_this_path(self, event: RouterEvent) -> PacketEvent | None:
        packet, height, tx_id = event.packet, event.log.height, "0x" + event.log.evm_tx_hash.hex()
        if isinstance(event, WriteAcknowledgementEvent):
            if packet.destination_client != self._client_id:
                return None
            return PacketEvent(EventKind.ACK_WRITTEN, packet, height, tx_id, event.acknowledgements[0])
        if packet.source_client != self._client_id:
            return None
        kind = {
            SendPacketEvent: EventKind.SENT,
            AckPacketEvent: EventKind.ACK_PROCESSED,
            TimeoutPacketEvent: EventKind.TIMEOUT_PROCESSED,
        }[type(event)]
        return PacketEvent(kind, packet, height, tx_id)

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        # asked every time: governance may put another contract behind the id
        light_client = ProgmatLightClientBinding(await self._router.light_client_of(self._rpc, self._client_id))
        reading = light_client.client_state(self._rpc)
        state = await of_kind(reading, self._chain_name, self._client_id, "progmat")
        latest_s = await light_client.latest_timestamp_s(self._rpc)
        now_s = (await self._rpc.get_block()).timestamp_s
        status = status_at(state, latest_s, now_s)
        return HostedClient(
            *(self._client_id, state.latest_height, latest_s, state.trusting_period_s, status),
            identity="0x" + light_client.address.hex(),
        )

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint; the header is the newest block's that counts."""
        block = await self._logs.head()
        if block.height < at_least or block.height <= trusted_height:
            raise BlockUnavailable(str(max(at_least, trusted_height + 1)))
        message = await self._prover.header_message(block.height, trusted_height)
        return ClientUpdate(block.height, block.timestamp_s, message)

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        return await self._prover.membership_proof(proved_path(kind, packet), height)

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint. What the contracts refuse is found by simulation and left out of the transactions."""
        head = [] if update is None else await self._updates(update)
        if messages:
            return await self._submissions.submit(head, messages)
        if head:
            await self._submissions.check_update(head)
            await self._submissions.execute(head)
        return ()

    async def _updates(self, update: ClientUpdate) -> list[EvmCall]:
        """The calls that bring the hosted client up to date; of many the first ones are executed here, in order."""
        client_messages = (*update.earlier, update.client_message)
        calls = [self._router.update_client(self._client_id, message) for message in client_messages]
        while len(calls) > MOST_UPDATES_A_SUBMISSION:
            first, calls = calls[:MOST_UPDATES_A_SUBMISSION], calls[MOST_UPDATES_A_SUBMISSION:]
            await self._submissions.check_update(first)
            await self._submissions.execute(first)
        return calls

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._rpc.close()
