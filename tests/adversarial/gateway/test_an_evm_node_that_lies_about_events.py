"""A node that changes, hides or invents events: no settlement is told wrong, and an honest node is read on from."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chains.evm.client.event_pages import EventPages
from chains.evm.client.node_types import LogFilter, receipt_of
from chains.evm.client.receipts_root import receipts_root
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import MAX_ANSWER_BYTES
from chains.evm.errors import AnswerTooLarge, NodeMisbehaved
from ibc.acknowledgement import ack_commitment
from ibc.dvp import LeadLeg, SettlementTerms, packet_of, terms_hash
from ibc.paths import ack_path
from relayer.gateway.evm_side import EvmSide
from relayer.gateway.lifecycle import SettlementEvent
from tests.fakes.altering_node import Alter, Refusal, altering_node
from tests.fakes.evm_settlement_world import (
    CLIENT_ID,
    LEDGER_CLIENT_ID,
    TIMEOUT_S,
    EvmSettlementWorld,
    settlement_world,
)

Receipts = list[dict[str, Any]]


@dataclass
class Held:
    """The EVM chain with the tokens of one trade of each order held."""

    world: EvmSettlementWorld
    cash_leads: SettlementTerms
    securities_lead: SettlementTerms

    def side(self, rpc: EvmRpc | None = None) -> EvmSide:
        return EvmSide(rpc or self.world.rpc, self.world.deployment, self.world.prover)


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    async with settlement_world() as world:
        held = Held(world, world.terms(1), replace(world.terms(2), lead_leg=LeadLeg.SECURITIES))
        await world.earmark(held.cash_leads)
        quantity = held.securities_lead.security.quantity
        await world.seller.execute(world.token.approve(world.adapter.address, quantity), TIMEOUT_S)
        await world.seller.execute(world.app.lock_and_send(held.securities_lead), TIMEOUT_S)
        yield held


def logs_of(receipts: Receipts) -> list[dict[str, Any]]:
    return [log for receipt in receipts for log in receipt["logs"]]


def change_last_digit(receipts: Receipts) -> None:
    """What a packet's number ends with; it decodes as before."""
    for log in logs_of(receipts):
        if log["data"] != "0x":
            log["data"] = log["data"][:-1] + ("1" if log["data"][-1] != "1" else "2")


def change_a_topic(receipts: Receipts) -> None:
    for log in logs_of(receipts):
        log["topics"][1:2] = ["0x" + "77" * 32]


def leave_out_an_event(receipts: Receipts) -> None:
    for receipt in receipts:
        del receipt["logs"][-1:]


def leave_out_a_receipt(receipts: Receipts) -> None:
    del receipts[-1]


def tell_one_twice(receipts: Receipts) -> None:
    receipts += copy.deepcopy(receipts[-1:])


def tell_of_another_block(receipts: Receipts) -> None:
    for log in logs_of(receipts):
        log["blockHash"] = "0x" + "77" * 32


def call_it_private(receipts: Receipts) -> None:
    for receipt in receipts:
        receipt["isPrivateTransaction"] = True


def lying(lie: Callable[[Receipts], None]) -> Mapping[str, Alter]:
    def told(_params: list[Any], receipts: Any) -> Any:  # noqa: ANN401  # JSON
        lie(receipts)
        return receipts

    return {"eth_getBlockReceipts": told}


LIES = [
    *(change_last_digit, change_a_topic, leave_out_an_event, leave_out_a_receipt),
    *(tell_one_twice, tell_of_another_block, call_it_private),
]


@pytest.mark.parametrize("lie", LIES)
async def test_what_is_not_in_the_header_is_not_believed_and_nothing_is_read_past(
    held: Held, lie: Callable[[Receipts], None]
) -> None:
    async with altering_node(held.world.rpc.url, lying(lie)) as url, EvmRpc(url) as rpc:
        side = held.side(rpc)
        with pytest.raises(NodeMisbehaved, match="receipts of block"):
            await side.sightings(0)
        with pytest.raises(NodeMisbehaved, match="receipts of block"):
            await side.interference(0, {})
        with pytest.raises(NodeMisbehaved, match="receipts of block"):
            await side.earmark_sighting(held.cash_leads.trade_id)
    side = held.side()
    sightings, until = await side.sightings(0)
    assert [(each.trade_id, each.event) for each in sightings] == [
        (held.cash_leads.trade_id, SettlementEvent.EARMARKED_ON_EVM),
        (held.securities_lead.trade_id, SettlementEvent.SECURITIES_LOCKED_ON_EVM),
    ]
    assert (sightings[1].packet_sequence, until) == (1, await held.world.rpc.block_number())
    assert set((await side.interference(0, {})).held) == {each.trade_id for each in sightings}


async def test_an_index_of_events_that_lies_moves_nothing(held: Held) -> None:
    """What a node finds without its receipts is a hint: it says where to look."""

    def changed(_params: list[Any], logs: Any) -> Any:  # noqa: ANN401  # JSON
        for log in logs:
            log["data"] = log["data"][:-1] + "f"
        return logs

    async with altering_node(held.world.rpc.url, {"eth_getLogs": changed}) as url, EvmRpc(url) as rpc:
        found = await held.side(rpc).earmark_sighting(held.cash_leads.trade_id)
        sightings, _ = await held.side(rpc).sightings(0)
    assert found == sightings[0]
    assert found.terms_hash == terms_hash(held.cash_leads)


async def test_a_node_without_receipts_of_blocks_is_asked_for_each(held: Held) -> None:
    def unknown(_params: list[Any], _answer: Any) -> Any:  # noqa: ANN401  # JSON
        raise Refusal(-32601, "the method eth_getBlockReceipts does not exist")

    async with altering_node(held.world.rpc.url, {"eth_getBlockReceipts": unknown}) as url, EvmRpc(url) as rpc:
        sightings, _ = await held.side(rpc).sightings(0)
    assert len(sightings) == 2
    assert sightings == (await held.side().sightings(0))[0]


def too_large(_params: list[Any], _answer: Any) -> Any:  # noqa: ANN401  # JSON
    return "0" * (MAX_ANSWER_BYTES + 1)


def full(_params: list[Any], block: Any) -> Any:  # noqa: ANN401  # JSON
    return {**block, "gasUsed": hex(2_000_000_000)}


async def test_whoever_fills_a_block_beyond_what_is_read_keeps_nobody_from_reading_on(held: Held) -> None:
    altered: Mapping[str, Alter] = {"eth_getBlockReceipts": too_large, "eth_getBlockByNumber": full}
    async with altering_node(held.world.rpc.url, altered) as url, EvmRpc(url) as rpc:
        sightings, _ = await held.side(rpc).sightings(0)
    assert len(sightings) == 2
    assert sightings == (await held.side().sightings(0))[0]


async def test_receipts_that_cannot_be_so_large_are_a_lie(held: Held) -> None:
    """Else a node could have any event believed by answering too much."""
    async with altering_node(held.world.rpc.url, {"eth_getBlockReceipts": too_large}) as url, EvmRpc(url) as rpc:
        with pytest.raises(AnswerTooLarge):
            await held.side(rpc).sightings(0)


async def test_a_block_of_the_same_hash_with_another_root_is_another_block(held: Held) -> None:
    """What a lying node had shown with a root of its own is not what an honest one is taken to say."""
    lie = lying(change_last_digit)["eth_getBlockReceipts"]

    def with_their_root(params: list[Any], block: Any) -> Any:  # noqa: ANN401  # JSON
        changed = [receipt_of(each) for each in lie([], receipts[int(params[0], 16)])]
        return {**block, "receiptsRoot": "0x" + receipts_root(changed).hex()}

    head = await held.world.rpc.block_number()
    ask = held.world.rpc.request
    receipts: dict[int, Any] = {height: await ask("eth_getBlockReceipts", hex(height)) for height in range(head + 1)}
    altered: Mapping[str, Alter] = {"eth_getBlockReceipts": lie, "eth_getBlockByNumber": with_their_root}
    async with altering_node(held.world.rpc.url, altered) as url, EvmRpc(url) as rpc:
        events = EventPages(rpc)
        lies = await (await events.page(0, head)).matching((held.world.app.address,))
        events._rpc = held.world.rpc
        truth = await (await events.page(0, head)).matching((held.world.app.address,))
    assert len(lies) == len(truth) > 0
    assert lies != truth
    assert truth == await held.world.rpc.get_logs(LogFilter(0, head, (held.world.app.address,)))


async def test_how_tokens_left_is_found_without_the_page_that_told_it(held: Held) -> None:
    world, side, leading = held.world, held.side(), held.securities_lead
    assert await side.end_sightings(leading.trade_id) == ()
    packet, acknowledgement = packet_of(leading, 1, CLIENT_ID, LEDGER_CLIENT_ID), terms_hash(leading)
    path = ack_path(LEDGER_CLIENT_ID, 1)
    world.ledger.now_s = world.devnet.chain.head.timestamp
    world.ledger.write(path, ack_commitment([acknowledgement]))
    update = world.router.update_client(CLIENT_ID, world.ledger.header())
    acknowledged = world.router.ack_packet(packet, acknowledgement, world.ledger.proof(path), world.ledger.height)
    await world.relayer.execute(world.router.multicall(update, acknowledged), TIMEOUT_S)
    (found,) = await side.end_sightings(leading.trade_id)
    assert (found.event, found.trade_id) == (SettlementEvent.SECURITIES_DELIVERED, leading.trade_id)
    assert found in (await side.sightings(0))[0]
    assert await side.end_sightings(held.cash_leads.trade_id) == ()
