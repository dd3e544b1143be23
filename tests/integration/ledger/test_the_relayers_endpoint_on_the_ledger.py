"""The relayer's endpoint of the ledger, over real mTLS: packets that arrive, whose they are, and what is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.node.peers.in_process import Delivery
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms, packet_of, terms_hash
from ibc.packet import packet_commitment
from ibc.paths import commitment_path
from relayer.chains import progmat_flows
from relayer.chains.progmat import LedgerEndpoint
from relayer.core.chain import ClientUpdate, EventKind, MessageKind, Outcome, PacketMessage, ProofKind, Verdict
from tests.fakes.ledger_parties import CN_A, CN_B, SN, LedgerParty
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import BUYER_ACCOUNT, OPERATIONS_NAME, WAIT_S, LedgerNetwork, running_ledger
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID, Settlements


@asynccontextmanager
async def endpoint_of(ledger: LedgerNetwork, world: Settlements) -> AsyncIterator[LedgerEndpoint]:
    """Issuer's node and both custodians', each behind its own port; the Validators are asked directly."""
    async with AsyncExitStack() as stack:

        async def client(party: LedgerParty) -> LedgerClient:
            node = await stack.enter_async_context(served(ledger, party))
            return LedgerClient(ApiEndpoint(party.name, f"127.0.0.1:{node.port}"), tls_of(OPERATIONS_NAME))

        custodians = [await client(CN_A), await client(CN_B)]
        endpoint = LedgerEndpoint(
            await client(SN), world.collector(), CLIENT_ID, custodians, lambda: float(ledger.clock.now_s())
        )
        stack.push_async_callback(endpoint.close)
        yield endpoint


async def bring(world: Settlements, endpoint: LedgerEndpoint, *packets: tuple[SettlementTerms, int]) -> list[Outcome]:
    """The EVM chain sends these packets in one block; one submission brings the header and all of them."""
    sent = [packet_of(terms, sequence, COUNTERPARTY_ID, CLIENT_ID) for terms, sequence in packets]
    for packet in sent:
        world.evm.store[commitment_path(packet.source_client, packet.sequence)] = packet_commitment(packet)
    world.evm.now_s = max(world.evm.now_s, world.ledger.clock.now_s())
    height = world.evm.seal()
    update = ClientUpdate(height, world.evm.timestamp_s(height), world.evm.header(height, trusted_height=1))
    messages = [
        PacketMessage(
            MessageKind.RECEIVE,
            packet,
            world.evm.proof(height, commitment_path(packet.source_client, packet.sequence)),
            height,
        )
        for packet in sent
    ]
    return list(await endpoint.submit(update, messages))


async def test_each_packet_is_brought_to_who_may_owe_it_and_one_that_nobody_owes_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        wanted, strange = world.leading_terms(1), world.leading_terms(2)
        await world.authorise(wanted)
        async with endpoint_of(ledger, world) as endpoint:
            paid, nobodys = await bring(world, endpoint, (wanted, 1), (strange, 2))
            assert (paid.verdict, nobodys.verdict) == (Verdict.DONE, Verdict.REFUSED)
            assert nobodys.refusal.startswith("PACKET_NOT_EXPECTED: ")
            (again,) = await bring(world, endpoint, (wanted, 1))
            assert again.verdict is Verdict.ALREADY_DONE
            (event,) = (await endpoint.events(0, 100)).events
            assert (event.kind, event.ack, event.height) == (EventKind.ACK_WRITTEN, terms_hash(wanted), paid.height)
            update = await endpoint.update_for_counterparty(0, paid.height)
            assert await endpoint.prove(ProofKind.ACKNOWLEDGEMENT, event.packet, update.height)

            monkeypatch.setattr(progmat_flows, "FLOW_WAIT_S", 0)
            slow = world.leading_terms(3)
            await world.authorise(slow)
            go_on = asyncio.Event()

            async def hold_the_lock(asker: str, _asked: str, method: str) -> Delivery:
                if (asker, method) == (CN_B.name, "validator.approve"):
                    await go_on.wait()
                return Delivery.DELIVER

            ledger.hub.policy = hold_the_lock
            (pending,) = await bring(world, endpoint, (slow, 3))
            assert pending.verdict is Verdict.PENDING
            go_on.set()
            async with asyncio.timeout(WAIT_S):
                while (await bring(world, endpoint, (slow, 3)))[0].verdict is Verdict.PENDING:
                    pass
            flows = await ledger.operations(CN_B).flows(frozenset(), 100)
            assert sum(flow.flow_id.startswith(f"receive/{COUNTERPARTY_ID}/3/") for flow in flows) == 1
            monkeypatch.undo()

            ledger.clock.advance_s(strange.lock_by_s - ledger.clock.now_s())
            await ledger.stop(CN_A)  # a custodian that is away has no say in what is late
            (refused,) = await bring(world, endpoint, (strange, 2))
            assert refused.verdict is Verdict.DONE
            page = await endpoint.events(0, 100)
            assert [event.ack for event in page.events] == [terms_hash(wanted), terms_hash(slow), UNIVERSAL_ERROR_ACK]
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000 - 2 * wanted.cash.amount_yen
