"""The Progmat ledger as one end of a path: the issuer's node takes submissions, k Validators prove."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from chains.progmat.client.checkpoints import CheckpointCollector, SignedCheckpoint
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.nouns import IbcEvent, IbcEventKind, UpdateLightClient
from ibc.light_client import LightClientStatus
from ibc.packet import Packet
from light_clients.clock import Expiring, status_at
from light_clients.qbft.codec import decode_client_state
from primitives.errors import CallerError, PeerError, UnavailableError
from primitives.hashing import sha256
from relayer.chains.client_kind import require_kind
from relayer.chains.packet_paths import proved_path
from relayer.chains.progmat_arrivals import Arrivals
from relayer.chains.progmat_flows import FLOW_WAIT_S, Submissions, outcome_of
from relayer.core.chain import (
    ClientUpdate,
    EventKind,
    EventPage,
    Head,
    HostedClient,
    MessageKind,
    Outcome,
    PacketEvent,
    PacketMessage,
    ProofKind,
)
from relayer.core.retry import each_answered

HEAD_WAIT_MS = 2000

_EVENTS = {
    IbcEventKind.SEND_PACKET: EventKind.SENT,
    IbcEventKind.ACK_PROCESSED: EventKind.ACK_PROCESSED,
    IbcEventKind.TIMEOUT_PROCESSED: EventKind.TIMEOUT_PROCESSED,
    IbcEventKind.ACK_WRITTEN: EventKind.ACK_WRITTEN,
}


class LedgerNotReady(UnavailableError):
    """The ledger has not come as far as was asked for, or a flow has not ended in time: ask again."""

    reason = "LEDGER_NOT_READY"


class LightClientMissing(CallerError):
    """The ledger hosts no light client of that id: create it, or mend the configuration."""

    reason = "LIGHT_CLIENT_MISSING"


class UpdateRefused(PeerError):
    """The ledger refuses a header; the refusal's reason is the light client's."""

    reason = "UPDATE_REFUSED"


class LedgerEndpoint:
    """Implements ``ChainEndpoint``. A submission is one ledger transaction a message, after one for the header.

    A packet that arrives is the business of the buyer's custodian, whom its words do not name: each of ``custodians``
    is asked, until the trade's lock-by; from then on the issuer's node refuses it. ``decode_client`` reads the state of
    the light client that the ledger hosts, by default QBFT's; ``client_type``: its kind, not asked for if empty.
    """

    def __init__(
        self,
        issuer: LedgerClient,
        collector: CheckpointCollector,
        client_id: str,
        custodians: Sequence[LedgerClient] = (),
        now_s: Callable[[], float] = time.time,
        decode_client: Callable[[bytes], Expiring] = decode_client_state,
        client_type: str = "",
    ) -> None:
        self._issuer = issuer
        self._decode_client = decode_client
        self._client_type = client_type
        self._submissions = Submissions(now_s)
        self._arrivals = Arrivals(issuer, custodians, client_id, self._submissions, now_s)
        self._collector = collector
        self._client_id = client_id
        self._now_s = now_s
        self._latest: SignedCheckpoint | None = None

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return self._collector.ledger_id

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return self._client_id

    async def head(self) -> Head:
        """See ChainEndpoint; the height that k Validators have verified."""
        head = await self._collector.verified_head()
        return Head(head.height, head.timestamp_s)

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint; the cursor is the issuer node's own numbering."""
        found = await self._issuer.ibc_events(cursor, max_events=limit)
        events = (self._on_this_path(event) for event in found)
        ours = tuple(event for event in events if event is not None)
        return EventPage(ours, found[-1].cursor if found else cursor)

    def _on_this_path(self, event: IbcEvent) -> PacketEvent | None:
        kind, packet = _EVENTS[event.kind], event.decoded_packet
        is_written = kind is EventKind.ACK_WRITTEN
        if (packet.destination_client if is_written else packet.source_client) != self._client_id:
            return None
        ack = event.acknowledgement if is_written else None
        return PacketEvent(kind, packet, event.journal_position, event.tx_id.hex(), ack)

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        found = await self._issuer.light_client(self._client_id, max_heights=1)
        if found is None or not found.heights:
            raise LightClientMissing(f"{self._issuer.name} knows no light client {self._client_id}")
        if self._client_type:
            require_kind(self.chain_name, self._client_id, self._client_type, found.client_type)
        height, timestamp_s = found.heights[0]
        client_state = self._decode_client(found.client_state)
        at_now = status_at(client_state, timestamp_s, int(self._now_s()))
        status = LightClientStatus.FROZEN if found.is_frozen else at_now
        trusting_period_s, recovered_from = client_state.trusting_period_s, found.consensus_client_id
        return HostedClient(self._client_id, height, timestamp_s, trusting_period_s, status, identity=recovered_from)

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint; with the Validators' hand-overs since ``trusted_height``, which a client must pass."""
        wanted = max(at_least, trusted_height + 1)
        height = await self._collector.head(wanted, HEAD_WAIT_MS)
        if height < wanted:
            raise LedgerNotReady(f"Validators have verified up to {height}, {wanted} is needed")
        *handovers, signed = await self._collector.path_to(trusted_height, height)
        self._latest = signed
        earlier = tuple(handover.header for handover in handovers)
        return ClientUpdate(signed.height, signed.checkpoint.timestamp_s, signed.header, earlier)

    async def _checkpoint(self, height: int) -> SignedCheckpoint:
        if self._latest is None or self._latest.height != height:
            self._latest = await self._collector.collect(height)
        return self._latest

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        signed = await self._checkpoint(height)
        return (await self._collector.prove(proved_path(kind, packet), signed)).proof

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        if update is not None:
            await self._update(update)
        return each_answered(await asyncio.gather(*map(self._handle, messages), return_exceptions=True))

    async def _update(self, update: ClientUpdate) -> None:
        request_id = f"update/{sha256(update.client_message)[:16].hex()}"
        flow = await self._issuer.submit(
            UpdateLightClient(request_id, self._client_id, update.client_message), FLOW_WAIT_S
        )
        if flow.is_failed:
            raise UpdateRefused(f"header {update.height}: {flow.last_error} [{flow.last_error_reason}]")
        if not flow.is_final_on_ledger:
            raise LedgerNotReady(f"update to {update.height} waits for {flow.waiting_on or flow.step.value}")

    async def _handle(self, message: PacketMessage) -> Outcome:
        if message.kind is MessageKind.RECEIVE:
            return await self._arrivals.receive(message)
        return outcome_of(await self._submissions.submitted(self._issuer, message))

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._issuer.close()
        await self._arrivals.close()
        await self._collector.close()
