"""The two ends of a path whose light clients go through a hub; packets and proofs about them are the ends' own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from chains.evm.client.hub_proofs import HubAnchor, HubProver
from chains.evm.client.proofs import QbftProver, StorageEvidence
from ibc.light_client import ConsensusAt
from ibc.packet import Packet
from light_clients.hub import HubChain, HubLightClient
from light_clients.hub.codec import decode_client_state, decode_consensus_state
from light_clients.qbft import QbftLightClient, verify_storage_at
from primitives.errors import CallerError, UnavailableError
from relayer.core.chain import (
    ChainEndpoint,
    ClientUpdate,
    EventPage,
    Head,
    HostedClient,
    Outcome,
    PacketMessage,
    ProofKind,
)
from relayer.hub.upkeep import HubUpkeep, ShownBlock

HUB_CLIENT = HubLightClient(HubChain(QbftLightClient(), verify_storage_at))

HubClientReader = Callable[[], Awaitable[tuple[bytes, ConsensusAt]]]
"""Client state and newest consensus state of the ledger's hub client, as the ledger stores them now."""
HubHeightReader = Callable[[], Awaitable[int]]
"""The height of the hub that the chain's hub client verified last."""


class HubNotReady(UnavailableError):
    """The hub has made no block since the one that the client knows: ask again."""

    reason = "HUB_NOT_READY"


class NotTheLatestHeight(CallerError):
    """An update was asked for on another height than the newest that the hub client knows."""

    reason = "NOT_THE_LATEST_HEIGHT"


class BehindHub:
    """A ``ChainEndpoint`` that passes everything on. What is different behind a hub is overridden."""

    def __init__(self, inner: ChainEndpoint) -> None:
        self._inner = inner

    @property
    def chain_name(self) -> str:
        """See ChainEndpoint."""
        return self._inner.chain_name

    @property
    def client_id(self) -> str:
        """See ChainEndpoint."""
        return self._inner.client_id

    async def head(self) -> Head:
        """See ChainEndpoint."""
        return await self._inner.head()

    async def events(self, cursor: int, limit: int) -> EventPage:
        """See ChainEndpoint."""
        return await self._inner.events(cursor, limit)

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint."""
        return await self._inner.hosted_client()

    async def prove(self, kind: ProofKind, packet: Packet, height: int) -> bytes:
        """See ChainEndpoint; the proof is a direct client's."""
        return await self._inner.prove(kind, packet, height)

    async def submit(self, update: ClientUpdate | None, messages: Sequence[PacketMessage]) -> tuple[Outcome, ...]:
        """See ChainEndpoint."""
        return await self._inner.submit(update, messages)

    async def close(self) -> None:
        """See ChainEndpoint."""
        await self._inner.close()


class ChainProverBehindHub:
    """What a gateway asks of a ``QbftProver``, for a ledger whose client goes through the hub."""

    def __init__(self, direct: QbftProver, upkeep: HubUpkeep, prover: HubProver, read: HubClientReader) -> None:
        self._direct = direct
        self._upkeep = upkeep
        self._prover = prover
        self._read = read

    async def header_message(self, height: int, trusted_height: int) -> bytes:
        """Give the client message that takes the ledger's client from `trusted_height`, its newest, to `height`.

        Brings the hub's client there first. Raises HubNotReady, HubMovedMeanwhile, NotTheLatestHeight.
        """
        anchor = await self._anchor(trusted_height)
        return await self._message(await self._upkeep.show_block(height), anchor)

    async def newest_message(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """The same to the newest block, or one that the hub keeps already, if it is not below `at_least`."""
        anchor = await self._anchor(trusted_height)
        shown = await self._upkeep.follow_chain(max(at_least, trusted_height + 1))
        return ClientUpdate(shown.block.height, shown.block.timestamp_s, await self._message(shown, anchor))

    async def storage_evidences(
        self, contract: bytes, slots: Sequence[bytes], height: int
    ) -> tuple[StorageEvidence, ...]:
        """Prove slots of any contract of the chain, e.g. earmarks: nodes as without a hub."""
        return await self._direct.storage_evidences(contract, slots, height)

    async def _anchor(self, trusted_height: int) -> HubAnchor:
        _, consensus = await self._read()
        if consensus.height != trusted_height:
            raise NotTheLatestHeight(f"build on height {consensus.height}, not on {trusted_height}")
        return HubAnchor(trusted_height, decode_consensus_state(consensus.consensus_state).hub_height)

    async def _message(self, shown: ShownBlock, anchor: HubAnchor) -> bytes:
        _require_above(shown.hub_height, anchor.hub_height)
        return await self._prover.ledger_message(shown.block, shown.hub_height, anchor)


class ChainBehindHub(BehindHub):
    """The EVM chain, whose client on the ledger goes through the hub."""

    def __init__(self, inner: ChainEndpoint, prover: ChainProverBehindHub) -> None:
        super().__init__(inner)
        self._prover = prover

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint: the hub's client first, then what the hub shows. Raises HubNotReady, HubMovedMeanwhile."""
        return await self._prover.newest_message(trusted_height, at_least)


class LedgerBehindHub(BehindHub):
    """The ledger, whose client on the EVM chain goes through the hub, and which hosts one that does."""

    def __init__(
        self,
        inner: ChainEndpoint,
        upkeep: HubUpkeep,
        prover: HubProver,
        hub_height: HubHeightReader,
        read: HubClientReader,
        now_s: Callable[[], float],
    ) -> None:
        super().__init__(inner)
        self._upkeep = upkeep
        self._prover = prover
        self._hub_height = hub_height
        self._read = read
        self._now_s = now_s

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        """See ChainEndpoint: the hub's client first, then what the hub shows. Raises HubNotReady, HubMovedMeanwhile."""
        known = await self._hub_height()
        shown = await self._upkeep.follow_ledger(trusted_height, at_least)
        _require_above(shown.hub_height, known)
        message = await self._prover.contract_message(shown.state, shown.hub_height, known)
        return ClientUpdate(shown.state.height, shown.state.timestamp_s, message)

    async def hosted_client(self) -> HostedClient:
        """See ChainEndpoint; expired with the far block or with the hub's, whichever is first."""
        client_state, consensus = await self._read()
        status = HUB_CLIENT.status(client_state, consensus, int(self._now_s()))
        trusting_period_s = decode_client_state(client_state).trusting_period_s
        timestamp_s = HUB_CLIENT.timestamp_at(consensus.consensus_state)
        return HostedClient(self.client_id, consensus.height, timestamp_s, trusting_period_s, status)


def _require_above(hub_height: int, known: int) -> None:
    if hub_height <= known:
        raise HubNotReady(f"the hub is at height {hub_height}, the client knows {known}: wait for its next block")
