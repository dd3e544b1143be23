"""The watch where both ends hear a hub alone: what the hub showed is compared with what the far ledger says itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from chains.evm.client.deployment import address_bytes
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.qbft_light_client import HubProgmatLightClientBinding
from light_clients.hub.codec import decode_consensus_state, encode_consensus_state
from relayer.chains.hub_watch import ChainSeenPastHub, EndBehindHub, OnlyTheHubIsEvidence
from relayer.hub.endpoints import HUB_CLIENT
from relayer.watch.alarms import AlarmBoard, AlarmKind
from relayer.watch.header_watch import HeaderWatch
from relayer.watch.ports import HostedHeaders
from tests.fakes.hub_world import HubWorld, hub_world


@pytest.fixture
async def world() -> AsyncIterator[HubWorld]:
    async with hub_world() as world:
        yield world


@dataclass
class LedgersClient:
    """What the ledger's hub client keeps of one height."""

    client_state: bytes
    height: int
    kept: bytes
    client_id: str = "hub-0"
    reports: int = 0

    async def hosted_headers(self) -> HostedHeaders | None:
        return HostedHeaders(HUB_CLIENT.client_type, self.client_state, (self.height, self.height - 1), frozen=False)

    async def consensus_state(self, height: int) -> bytes | None:
        return self.kept if height == self.height else None

    async def report_header(self, client_message: bytes) -> str:
        self.reports += 1
        return client_message.hex()


async def watched(world: HubWorld, *, is_true: bool) -> tuple[AlarmBoard, LedgersClient]:
    client_state, latest = await world.ledger.read_hub_client()
    shown = decode_consensus_state(latest.consensus_state)
    if not is_true:
        shown = replace(shown, state_root=bytes(32), storage_root=b"\x01" * 32)
    host = LedgersClient(client_state, latest.height, encode_consensus_state(shown))
    followed = FollowedAccount(world.chain.rpc, world.chain.router.address)
    canonical = ChainSeenPastHub(followed, world.site.rpc, world.of_chain)
    board = AlarmBoard(lambda: 0.0)
    await HeaderWatch(host, canonical, {HUB_CLIENT.client_type: HUB_CLIENT}, board).round()
    return board, host


async def test_a_block_that_the_chain_has_raises_no_alarm(world: HubWorld) -> None:
    board, _ = await watched(world, is_true=True)
    assert board.raised == ()


async def test_a_block_that_the_hub_made_up_is_an_alarm_that_says_why_nothing_freezes(world: HubWorld) -> None:
    board, host = await watched(world, is_true=False)
    (raised,) = board.raised
    assert raised.alarm.kind is AlarmKind.STORED_BLOCK_CONTRADICTED
    assert OnlyTheHubIsEvidence.reason in raised.alarm.detail
    assert host.reports == 0


async def test_the_ends_client_is_read_by_the_ledgers_heights_and_not_by_the_hubs(world: HubWorld) -> None:
    end = EndBehindHub(world.chain.rpc, world.deployment, world.chain.relayer)
    contract = HubProgmatLightClientBinding(address_bytes(world.deployment.light_client))
    height = (await end.client_state()).latest_height
    (kept,) = await end.slots([height])
    assert kept is not None
    assert kept[:8] == height.to_bytes(8, "big")
    assert await end.slots([await contract.hub_height(world.chain.rpc) + 1_000]) == [None]
    with pytest.raises(OnlyTheHubIsEvidence):
        await end.report_header(b"header")
    with pytest.raises(OnlyTheHubIsEvidence):
        await end.report_misbehaviour(b"evidence")
