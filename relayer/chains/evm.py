"""An EVM chain with the IBC v2 router as one end of a path."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmSender, SignedEvmTx
from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.consensus_prover import ConsensusProver
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.head_feed import HeadFeed
from chains.evm.client.node_types import EvmReceipt
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.proofs import QbftProver
from chains.evm.client.revert_reason import is_of_router_or_client
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
from chains.evm.errors import BlockUnavailable, EvmTxFailed, ExecutionReverted, RevertReason
from ibc.packet import Packet, encode_packet
from light_clients.clock import status_at
from primitives.errors import UnavailableError
from relayer.chains.client_kind import of_kind
from relayer.chains.evm_batches import Batch, BatchLimits, BatchTrial, cut
from relayer.chains.evm_calls import call_of, calls_of
from relayer.chains.evm_event_checks import require_stored
from relayer.chains.evm_events import ReadingSettings, RouterLogs
from relayer.chains.packet_paths import proved_path
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
    Verdict,
)

INCLUSION_TIMEOUT_S = 30.0
MOST_UPDATES_A_SUBMISSION = 8
"""Hand-overs beyond this many go in transactions of their own: a relayer may have been away for years."""


class ClientMovedMeanwhile(UnavailableError):
    """Another relayer updated the hosted light client first: read it again."""

    reason = "CLIENT_MOVED_MEANWHILE"


class ChainMovedMeanwhile(UnavailableError):
    """The chain refuses together, or by now, what it would have taken message by message: read both ends again."""

    reason = "CHAIN_MOVED_MEANWHILE"


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
        self._account = account
        self._router = Router(address_bytes(deployment.router), takes_batches=deployment.router_takes_batches)
        self._prover = prover or QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
        self._chain_name = f"evm-{deployment.chain_id}"
        self._client_id = deployment.client_id
        self._deployed_after = deployment.deployed_after
        self._limits = settings.batches
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
        if not messages:
            if head:
                await self._check_update(head)
                await self._execute(self._router.multicall(*head))
            return ()
        batches, outcomes = await self._tried(head, messages)
        for batch, answers in zip(batches, await self._submit_batches(head, batches), strict=True):
            outcomes |= {id(message): answer for message, answer in zip(batch.messages, answers, strict=True)}
        return tuple(outcomes[id(message)] for message in messages)

    async def _tried(
        self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]
    ) -> tuple[list[Batch], dict[int, Outcome]]:
        """Batches that pass, and how the others are refused, by the message's ``id``."""
        block_gas_limit = (await self._rpc.get_block()).gas_limit
        trial = BatchTrial(self._rpc, self._router, self._account.address, self._limits, block_gas_limit, self._refusal)
        head_bytes = sum(len(call.data) for call in head)
        batches: list[Batch] = []
        outcomes: dict[int, Outcome] = {}
        for group in cut(self._router, messages, head_bytes, self._limits):
            found = await trial.sort(head, group)
            batches += found.batches
            outcomes |= {id(message): outcome for message, outcome in found.refused}
        if outcomes and head:  # what is refused may be the update before it
            await self._check_update(head)
        return batches, outcomes

    async def _submit_batches(self, head: Sequence[EvmCall], batches: Sequence[Batch]) -> list[list[Outcome]]:
        """All sent before the first is waited for: the head with the first, whose nonce is before the others'."""
        calls = [
            replace(
                self._router.multicall(*(() if at else head), *calls_of(self._router, batch.messages)), gas=batch.gas
            )
            for at, batch in enumerate(batches)
        ]
        sent: list[SignedEvmTx | ExecutionReverted] = []
        for call in calls:
            try:
                sent.append(await self._account.send(call))
            except ExecutionReverted as reverted:
                sent.append(reverted)
        receipts = await asyncio.gather(
            *(self._receipt(signed, call) for signed, call in zip(sent, calls, strict=True)), return_exceptions=True
        )
        outcomes = []
        for batch, receipt in zip(batches, receipts, strict=True):
            if isinstance(receipt, ChainMovedMeanwhile) and len(batch.messages) > 1:
                outcomes.append(await self._submit_one_by_one(head, batch.messages))
            elif isinstance(receipt, BaseException):
                raise receipt
            else:
                outcomes.append(self._outcomes(batch.messages, receipt))
            head = ()  # the client is where the others' proofs need it, or its update is refused now
        return outcomes

    async def _receipt(self, signed: SignedEvmTx | ExecutionReverted, call: EvmCall) -> EvmReceipt:
        """The receipt of a success; ``ChainMovedMeanwhile`` if what passed simulation is refused all the same."""
        try:
            if isinstance(signed, ExecutionReverted):
                raise signed
            return await self._account.wait_for(signed, call, INCLUSION_TIMEOUT_S)
        except (ExecutionReverted, EvmTxFailed) as overtaken:
            raise ChainMovedMeanwhile(f"refused after simulation: {overtaken}; reading both ends again") from overtaken

    async def _submit_one_by_one(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> list[Outcome]:
        """After they were refused together, so that the culprit alone is left out."""
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                receipt = await self._execute(self._router.multicall(*head, call_of(self._router, message)))
                head = ()  # the client is where the others' proofs need it
                outcomes += self._outcomes([message], receipt)
            except ChainMovedMeanwhile as alone:
                outcomes.append(Outcome(Verdict.REFUSED, refusal=f"{alone.reason}: {alone}"))
        return outcomes

    async def _execute(self, call: EvmCall) -> EvmReceipt:
        """As ``_receipt``, of one call that is sent now."""
        try:
            signed: SignedEvmTx | ExecutionReverted = await self._account.send(call)
        except ExecutionReverted as reverted:
            signed = reverted
        return await self._receipt(signed, call)

    async def _updates(self, update: ClientUpdate) -> list[EvmCall]:
        """The calls that bring the hosted client up to date; of many the first ones are executed here, in order."""
        client_messages = (*update.earlier, update.client_message)
        calls = [self._router.update_client(self._client_id, message) for message in client_messages]
        while len(calls) > MOST_UPDATES_A_SUBMISSION:
            first, calls = calls[:MOST_UPDATES_A_SUBMISSION], calls[MOST_UPDATES_A_SUBMISSION:]
            await self._check_update(first)
            await self._execute(self._router.multicall(*first))
        return calls

    async def _check_update(self, calls: Sequence[EvmCall]) -> None:
        call = self._router.multicall(*calls) if len(calls) > 1 else calls[0]
        try:
            await self._rpc.call(call, sender=self._account.address)
        except ExecutionReverted as reverted:
            raise ClientMovedMeanwhile(f"update refused: {reverted.revert}; reading the client again") from reverted

    async def _refusal(self, head: Sequence[EvmCall], message: PacketMessage) -> Outcome | None:
        """How the contracts would refuse a message now; None if they take it."""
        try:
            await self._rpc.call(
                self._router.multicall(*head, call_of(self._router, message)), sender=self._account.address
            )
        except ExecutionReverted as reverted:
            blocked = message.kind is not MessageKind.RECEIVE and not self._is_ours(reverted.revert)
            verdict = Verdict.BLOCKED if blocked else Verdict.REFUSED
            return Outcome(verdict, refusal=f"{reverted.reason}: {reverted.revert}")
        return None

    def _is_ours(self, revert: RevertReason) -> bool:
        """Whether router or light client refuse, which another proof or another relayer may cure."""
        return is_of_router_or_client(revert, self._account.address)

    def _outcomes(self, messages: Sequence[PacketMessage], receipt: EvmReceipt) -> list[Outcome]:
        """Done if the packet's event is in the transaction; a Noop leaves none."""
        expected = {
            MessageKind.RECEIVE: WriteAcknowledgementEvent,
            MessageKind.ACKNOWLEDGE: AckPacketEvent,
            MessageKind.TIME_OUT: TimeoutPacketEvent,
        }
        events = [event for event in map(self._router.event_of, receipt.logs) if event is not None]
        took_effect = {(type(event), encode_packet(event.packet)) for event in events}
        tx_id = "0x" + receipt.evm_tx_hash.hex()
        verdicts = (
            Verdict.DONE
            if (expected[message.kind], encode_packet(message.packet)) in took_effect
            else Verdict.ALREADY_DONE
            for message in messages
        )
        return [Outcome(verdict, tx_id, receipt.height) for verdict in verdicts]

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._rpc.close()
