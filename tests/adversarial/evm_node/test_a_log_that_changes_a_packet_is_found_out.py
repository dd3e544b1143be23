"""A node that changes the data of logs: it is compared with receipts, or with what the router has stored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import NodeMisbehaved
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import LeadLeg, packet_of
from relayer.chains.evm import EvmEndpoint
from relayer.chains.evm_event_checks import require_stored
from relayer.core.chain import EventKind, PacketEvent
from tests.fakes.altering_node import Alter, altering_node
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    TIMEOUT_S,
    EvmSettlementWorld,
    settlement_world,
)


@pytest.fixture
async def world() -> AsyncIterator[EvmSettlementWorld]:
    async with settlement_world() as world:
        for number in (1, 2):
            terms = replace(world.terms(number), lead_leg=LeadLeg.SECURITIES)
            await world.seller.execute(world.token.approve(world.adapter.address, terms.security.quantity), TIMEOUT_S)
            await world.seller.execute(world.app.lock_and_send(terms), TIMEOUT_S)
        yield world


def _changed(at: int, logs: list[Any]) -> list[Any]:
    """A digit within a packet's words, where it decodes as before."""
    for log in logs[at:][:1]:
        data = log["data"]
        at = len(data) - 80
        log["data"] = data[:at] + ("1" if data[at] != "1" else "2") + data[at + 1 :]
    return logs


@pytest.mark.parametrize(("at", "found_by"), [(0, "compared with what is stored"), (-1, "that are in its receipts")])
async def test_a_changed_packet_is_not_given_out_and_the_true_one_is_when_the_node_is_honest_again(
    world: EvmSettlementWorld, at: int, found_by: str
) -> None:
    """The receipts of the newest block that has events are read, lest an answer was cut; the others are not."""
    altered: Mapping[str, Alter] = {"eth_getLogs": lambda _, logs: _changed(at, logs)}
    async with altering_node(world.rpc.url, altered) as url, EvmRpc(url) as lying:
        with pytest.raises(NodeMisbehaved, match=found_by):
            await EvmEndpoint(lying, world.deployment, world.relayer).events(0, 100)
    page = await EvmEndpoint(world.rpc, world.deployment, world.relayer).events(0, 100)
    assert [(event.kind, event.packet.sequence) for event in page.events] == [(EventKind.SENT, 1), (EventKind.SENT, 2)]


@pytest.mark.parametrize("kind", [EventKind.ACK_PROCESSED, EventKind.TIMEOUT_PROCESSED])
async def test_an_end_that_did_not_happen_is_not_believed(world: EvmSettlementWorld, kind: EventKind) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    sent, _ = (await endpoint.events(0, 100)).events
    with pytest.raises(NodeMisbehaved, match="expected nothing"):
        await require_stored(world.rpc, endpoint._router, [replace(sent, kind=kind)])


async def test_what_is_not_stored_any_more_contradicts_nothing(world: EvmSettlementWorld) -> None:
    endpoint = EvmEndpoint(world.rpc, world.deployment, world.relayer)
    packet = packet_of(replace(world.terms(7), lead_leg=LeadLeg.SECURITIES), 7, CLIENT_ID, LEDGER_CLIENT_ID)
    for kind in EventKind:
        ack = UNIVERSAL_ERROR_ACK if kind is EventKind.ACK_WRITTEN else None
        await require_stored(world.rpc, endpoint._router, [PacketEvent(kind, packet, 1, "0x", ack)])
