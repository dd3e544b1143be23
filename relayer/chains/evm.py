"""An EVM chain with the IBC v2 router as one end of a path."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.consensus_prover import ConsensusProver
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.node_types import EvmReceipt, LogFilter
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
from ibc.packet import Packet
from light_clients.clock import status_at
from primitives.errors import UnavailableError
from relayer.chains.client_kind import of_kind
from relayer.chains.evm_calls import call_of, calls_of
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

MOST_BLOCKS_A_PAGE = 1000
INCLUSION_TIMEOUT_S = 30.0
MOST_UPDATES_A_SUBMISSION = 8
"""Hand-overs beyond this many go in transactions of their own: a relayer may have been away for years."""


class ClientMovedMeanwhile(UnavailableError):
    """Another relayer updated the hosted light client first: read it again."""

    reason = "CLIENT_MOVED_MEANWHILE"


class ChainMovedMeanwhile(UnavailableError):
    """The chain refuses together, or by now, what it would have taken message by message: read both ends again."""

    reason = "CHAIN_MOVED_MEANWHILE"


class EvmEndpoint:
    """Implements ``ChainEndpoint``. One submission is one transaction: the update and all messages in a multicall.

    ``prover`` speaks to the counterparty's light client; by default of a chain that QBFT seals.
    """

    def __init__(
        self, rpc: EvmRpc, deployment: Deployment, account: EvmAccount, prover: ConsensusProver | None = None
    ) -> None:
        self._rpc = rpc
        self._account = account
        self._router = Router(address_bytes(deployment.router), takes_batches=deployment.router_takes_batches)
        self._prover = prover or QbftProver(rpc, deployment.commitments_contract, deployment.commitments_slot)
        self._chain_name = f"evm-{deployment.chain_id}"
        self._client_id = deployment.client_id
        self._deployed_after = deployment.deployed_after

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return self._chain_name

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return self._client_id

    async def head(self) -> Head:
        """See ChainEndpoint; QBFT blocks are final when they are made, and a mock consensus knows no forks."""
        block = await self._rpc.get_block()
        return Head(block.height, block.timestamp_s)

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint; the cursor is the last block read, and a block is never split over two pages."""
        del limit  # a page is bounded by blocks: their gas bounds the events
        cursor = max(cursor, self._deployed_after)
        last = min(await self._rpc.block_number(), cursor + MOST_BLOCKS_A_PAGE)
        if last <= cursor:
            return EventPage((), cursor)
        logs = await self._rpc.get_logs(LogFilter(cursor + 1, last, (self._router.address,), (PACKET_TOPICS,)))
        read = (self._router.event_of(log) for log in logs)
        events = (self._on_this_path(event) for event in read if event is not None)
        return EventPage(tuple(event for event in events if event is not None), last)

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
        """See ChainEndpoint; the header is the newest block's."""
        block = await self._rpc.get_block()
        if block.height < at_least or block.height <= trusted_height:
            raise BlockUnavailable(str(max(at_least, trusted_height + 1)))
        message = await self._prover.header_message(block.height, trusted_height)
        return ClientUpdate(block.height, block.timestamp_s, message)

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint."""
        return await self._prover.membership_proof(proved_path(kind, packet), height)

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint. What the contracts refuse is found by simulation and left out of the transaction."""
        head = [] if update is None else await self._updates(update)
        refused = await asyncio.gather(*(self._refusal(head, message) for message in messages))
        accepted = [message for message, why in zip(messages, refused, strict=True) if why is None]
        if not accepted and (messages or not head):  # an update that nothing needs is not sent either
            return tuple(why for why in refused if why is not None)
        answers = iter(await self._submit_accepted(head, accepted))
        return tuple(why or next(answers) for why in refused)

    async def _submit_accepted(self, head: Sequence[EvmCall], messages: Sequence[PacketMessage]) -> list[Outcome]:
        """All in one transaction; one by one if together they are refused, so that the culprit alone is left out."""
        try:
            receipt = await self._execute(self._router.multicall(*head, *calls_of(self._router, messages)))
            return [self._outcome(message, receipt) for message in messages]
        except ChainMovedMeanwhile:
            if len(messages) < 2:
                raise
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                receipt = await self._execute(self._router.multicall(*head, call_of(self._router, message)))
                head = ()  # the client is where the others' proofs need it
                outcomes.append(self._outcome(message, receipt))
            except ChainMovedMeanwhile as alone:
                outcomes.append(Outcome(Verdict.REFUSED, refusal=f"{alone.reason}: {alone}"))
        return outcomes

    async def _execute(self, call: EvmCall) -> EvmReceipt:
        """The receipt of a success; ``ChainMovedMeanwhile`` if what passed simulation is refused all the same."""
        try:
            return await self._account.execute(call, INCLUSION_TIMEOUT_S)
        except (ExecutionReverted, EvmTxFailed) as overtaken:
            raise ChainMovedMeanwhile(f"refused after simulation: {overtaken}; reading both ends again") from overtaken

    async def _updates(self, update: ClientUpdate) -> list[EvmCall]:
        """The calls that bring the hosted client up to date; of many the first ones are executed here, in order."""
        client_messages = (*update.earlier, update.client_message)
        calls = [self._router.update_client(self._client_id, message) for message in client_messages]
        while len(calls) > MOST_UPDATES_A_SUBMISSION:
            first, calls = calls[:MOST_UPDATES_A_SUBMISSION], calls[MOST_UPDATES_A_SUBMISSION:]
            await self._check_update(self._router.multicall(*first))
            await self._execute(self._router.multicall(*first))
        await self._check_update(self._router.multicall(*calls) if len(calls) > 1 else calls[0])
        return calls

    async def _check_update(self, call: EvmCall) -> None:
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

    def _outcome(self, message: PacketMessage, receipt: EvmReceipt) -> Outcome:
        """Done if the packet's event is in the transaction; a Noop leaves none."""
        expected = {
            MessageKind.RECEIVE: WriteAcknowledgementEvent,
            MessageKind.ACKNOWLEDGE: AckPacketEvent,
            MessageKind.TIME_OUT: TimeoutPacketEvent,
        }[message.kind]
        events = [self._router.event_of(log) for log in receipt.logs]
        took_effect = any(type(event) is expected and event.packet == message.packet for event in events if event)
        verdict = Verdict.DONE if took_effect else Verdict.ALREADY_DONE
        return Outcome(verdict, "0x" + receipt.evm_tx_hash.hex(), receipt.height)

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._rpc.close()
