"""The gateway's side of the ledger, over real mTLS: one header for many locks, many trades in one question."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.ledger_client import LedgerClient
from chains.rpc_status import RemoteCallerError
from ibc.dvp import SettlementTerms
from relayer.gateway.ledger_side import CustodianUnknown, LedgerSide
from relayer.gateway.lifecycle import SettlementEvent
from relayer.gateway.ports import EarmarkEvidence
from tests.fakes.ledger_parties import CN_A, CN_B, SN
from tests.fakes.rpc_parties import tls_of
from tests.integration.ledger.network import GATEWAY_NAME, OPERATIONS_NAME, LedgerNetwork, running_ledger
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import CLIENT_ID, Settlements

LOCKED = [SettlementEvent.CASH_LOCKED]


@asynccontextmanager
async def gateway_of(ledger: LedgerNetwork) -> AsyncIterator[tuple[LedgerSide, LedgerClient]]:
    """The gateway's side, and the buyer's custodian node as it is reached."""
    async with AsyncExitStack() as stack:
        ports = {party: (await stack.enter_async_context(served(ledger, party))).port for party in (SN, CN_A, CN_B)}
        issuer, seller, buyer = (
            LedgerClient(ApiEndpoint(party.name, f"127.0.0.1:{port}"), tls_of(caller))
            for (party, port), caller in zip(ports.items(), (OPERATIONS_NAME, GATEWAY_NAME, GATEWAY_NAME), strict=True)
        )
        side = LedgerSide(issuer, {CN_A.name: seller, CN_B.name: buyer}, CLIENT_ID)
        stack.push_async_callback(side.close)
        yield side, buyer


def block_of(world: Settlements, *trades: SettlementTerms) -> list[EarmarkEvidence]:
    """The sellers earmark in one block; what proves each of them."""
    for terms in trades:
        world.evm.earmark(terms)
    world.evm.now_s = max(world.evm.now_s, world.ledger.clock.now_s())
    height = world.evm.seal()
    message = world.evm.header(height, trusted_height=1)
    proofs = [world.evm.earmark_proof(terms) for terms in trades]
    return [EarmarkEvidence(height, message, proof.account_proof, proof.storage_proof) for proof in proofs]


async def test_many_are_locked_under_one_header_and_a_second_try_goes_on_with_the_first(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        await ledger.issue(1000)
        one, other = world.terms(1), world.terms(2)
        async with gateway_of(ledger) as (side, buyer):
            for terms in (one, other):
                await world.authorise(terms)
            assert await side.trusted_height() == 1
            first, second = block_of(world, one, other)
            await side.bring_header(CN_B.name, first)
            assert await side.trusted_height() == first.height
            shown = await asyncio.gather(side.lock(one, first, 0), side.lock(other, second, 0))
            assert [sighting.event for sighting in shown] == LOCKED * 2
            assert len({sighting.packet_sequence for sighting in shown} - {0}) == 2

            (later,) = block_of(world, one)
            await side.bring_header(CN_B.name, later)  # of a gateway that was killed, and does not know of its lock
            assert (await side.lock(one, later, 0)).fact.tx_id == shown[0].fact.tx_id
            assert (await side.lock(one, later, 3)).packet_sequence == shown[0].packet_sequence

            unknown = world.terms(3)
            found = await side.trade_sightings(CN_B.name, [one, unknown, other])
            assert {trade_id: [each.event for each in seen] for trade_id, seen in found.items()} == {
                one.trade_id: LOCKED,
                other.trade_id: LOCKED,
            }
            assert found[one.trade_id][0].fact.tx_id == shown[0].fact.tx_id
            assert found[one.trade_id][0].terms_hash == shown[0].terms_hash
            with pytest.raises(CustodianUnknown):
                await side.trade_sightings("cn-z", [one])
            flows = await buyer.flows()
            assert sorted(flow.flow_id for flow in flows if flow.flow_id.startswith("lock/")) == sorted(
                f"lock/{terms.trade_id.hex()}/0" for terms in (one, other)
            )


async def test_a_lock_that_was_refused_is_tried_anew_once_the_buyers_platform_has_spoken(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        terms = world.terms(1)
        async with gateway_of(ledger) as (side, _):
            (evidence,) = block_of(world, terms)
            await side.bring_header(CN_B.name, evidence)
            for attempts in (0, 1):
                with pytest.raises(Exception, match="cn-b: ") as refused:
                    await side.lock(terms, evidence, attempts)
                assert getattr(refused.value, "reason", "") == "TRADE_NOT_AUTHORISED"
            await world.authorise(terms)
            assert (await side.lock(terms, evidence, 2)).event is SettlementEvent.CASH_LOCKED


async def test_a_node_bounds_what_is_asked_of_it_and_lists_as_many_heights_as_are_wanted(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        height = await world.update()
        async with gateway_of(ledger) as (_, buyer):
            for trade_ids in ((), [number.to_bytes(32, "big") for number in range(501)]):
                with pytest.raises(RemoteCallerError) as refused:
                    await buyer.trades(trade_ids)
                assert refused.value.reason == "INVALID_REQUEST"
            assert await buyer.trades([b"\x01" * 32, b"short"]) == ()
            newest, every = await buyer.light_client(CLIENT_ID, max_heights=1), await buyer.light_client(CLIENT_ID)
            assert newest is not None
            assert every is not None
            assert [number for number, _ in newest.heights] == [height]
            assert [number for number, _ in every.heights] == [height, 1]
            with pytest.raises(RemoteCallerError):
                await buyer.light_client(CLIENT_ID, max_heights=257)
