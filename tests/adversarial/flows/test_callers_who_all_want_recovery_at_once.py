"""``Recover`` has every peer asked: however many callers want it, peers and this node do the work of one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.flow_operator import FlowOperator
from chains.progmat.flows import peer_codec
from chains.progmat.flows.peer_codec import FinalListing, ListingCursor
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.rpc_status import RemoteUnavailableError
from tests.fakes.ledger_parties import CN_A, CN_B
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import CASH_PARTIES, OPERATIONS_NAME, WAIT_S, LedgerNetwork, running_ledger
from tests.integration.ledger.served_vault import served


class SlowPeer:
    """cn-a, which answers a request for its list only when it is told to."""

    def __init__(self, ledger: LedgerNetwork) -> None:
        self.asked = 0
        self.is_asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        router = PeerRouter()
        router.register(peer_codec.LIST_FINAL, self._list)
        ledger.hub.join(CN_A.name, router)

    async def _list(self, _asker: PeerIdentity, _body: bytes) -> bytes:
        self.asked += 1
        self.is_asked.set()
        await self.may_answer.wait()
        return peer_codec.encode_listing(FinalListing(ListingCursor("x", 1), (), is_complete=True))


async def test_the_peers_are_asked_once_and_the_others_are_told_when_to_come_again(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger, served(ledger, CN_B) as vault:
        peer = SlowPeer(ledger)
        client = FlowOperator(ApiEndpoint(CN_B.name, f"127.0.0.1:{vault.port}"), tls_of(OPERATIONS_NAME))
        async with asyncio.timeout(WAIT_S):
            first = asyncio.create_task(client.recover())
            await peer.is_asked.wait()
            refused = await asyncio.gather(*(client.recover() for _ in range(20)), return_exceptions=True)
            for error in refused:
                assert isinstance(error, RemoteUnavailableError)
                assert (error.reason, error.retry_after_s >= 1) == ("RECOVERY_UNDER_WAY", True)
            assert peer.asked == 1
            peer.may_answer.set()
            peers, complete = await first
            assert (complete, {item.peer for item in peers} >= {CN_A.name}) == (True, True)
            assert (await client.recover())[1]  # whoever comes later is served again
        await client.close()


async def test_a_caller_who_hangs_up_leaves_the_way_free(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        peer = SlowPeer(ledger)
        recovery = ledger.vault(CN_B).node.recovery
        async with asyncio.timeout(WAIT_S):
            gone = asyncio.create_task(recovery.reconcile_on_request())
            await peer.is_asked.wait()
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
            peer.may_answer.set()
            assert (await recovery.reconcile_on_request()).is_complete
