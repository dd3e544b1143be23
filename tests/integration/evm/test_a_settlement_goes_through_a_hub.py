"""A settlement whose light clients follow a hub: real contracts on both chains, the ledger's contracts, real proofs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from chains.evm.client.deployment import address_bytes
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_proofs import PROGMAT_CLIENT_LAYOUT, QBFT_CLIENT_LAYOUT
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.qbft_light_client import QbftLightClientBinding
from chains.evm.client.qbft_messages import ring_place
from chains.evm.errors import BlockUnavailable
from chains.progmat.ibc_host.earmark import EarmarkProof, earmark_slot, require_earmark
from relayer.core.chain import ClientUpdate
from relayer.hub.endpoints import HUB_CLIENT, HubNotReady, NotTheLatestHeight
from relayer.hub.upkeep import HubMovedMeanwhile, HubUpkeep
from tests.fakes.evm_settlement_world import CLIENT_ID
from tests.fakes.hub_ledger import AMOUNT_YEN, HubLedger
from tests.fakes.hub_world import HubWorld, hub_world
from tests.fakes.ledger_parties import CN_A, CN_B, LEDGER_ID


def unhex(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))


@pytest.fixture
async def world() -> AsyncIterator[HubWorld]:
    async with hub_world() as world:
        yield world


async def test_a_packet_and_its_acknowledgement_go_end_to_end_while_the_clients_follow_the_hub(
    world: HubWorld, tmp_path: Path
) -> None:
    ends = world.ends
    assert await world.chain.router.light_client_of(world.chain.rpc, CLIENT_ID) == unhex(world.deployment.light_client)
    assert world.ledger.client_record.client_type == "hub"
    terms = world.ledger.cash_leg(world.chain.terms())
    await world.chain.earmark(terms)
    world.pass_time()

    # the earmark, shown to the ledger through the hub
    height = (await ends.chain.head()).height
    before = (await ends.ledger.hosted_client()).latest_height
    world.ledger.update(await ends.prover.header_message(height, before))
    assert world.ledger.latest.height == height
    slot = earmark_slot(terms.trade_id)
    (evidence,) = await ends.prover.storage_evidences(terms.security.adapter, (slot,), height)
    proof = EarmarkProof(evidence.account_proof, evidence.storage_proof)
    record, consensus = world.ledger.client_record, world.ledger.latest
    require_earmark(terms, record, consensus, proof, HUB_CLIENT.verify_storage_at, world.ledger.now)

    # the lock, the packet, the acknowledgement, by the relayer's own loop
    world.ledger.lock(terms)
    assert world.ledger.cash_of(CN_A.name) == 0
    with world.relay_path(tmp_path) as path:
        for _ in range(4):
            world.pass_time()
            await path.round()
    balance = await world.chain.token.balance_of(world.chain.rpc, world.chain.buyer.address)
    assert balance == terms.security.quantity
    assert (world.ledger.cash_of(CN_A.name), world.ledger.cash_of(CN_B.name)) == (AMOUNT_YEN, 0)


async def test_clients_on_the_hub_keep_head_and_ring_where_the_proofs_look_for_them(world: HubWorld) -> None:
    rpc, hub = world.site.rpc, world.site.deployment
    ledger_client, chain_client = address_bytes(hub.ledger_client), address_bytes(hub.chain_client)
    progmat = ProgmatLightClientBinding(ledger_client)
    qbft = QbftLightClientBinding(chain_client)
    progmat_head = ((await progmat.client_state(rpc)).latest_height, await progmat.latest_timestamp_s(rpc))
    qbft_head = ((await qbft.client_state(rpc)).latest_height, await qbft.latest_timestamp_s(rpc))
    for contract, layout, (height, timestamp_s), kept in (
        (ledger_client, PROGMAT_CLIENT_LAYOUT, progmat_head, await progmat.consensus_slot(rpc, progmat_head[0])),
        (chain_client, QBFT_CLIENT_LAYOUT, qbft_head, await qbft.consensus_slot(rpc, qbft_head[0])),
    ):
        head = await rpc.storage_at(contract, layout.head_slot)
        packed = [height.to_bytes(8, "big"), timestamp_s.to_bytes(8, "big")]
        assert all(part in head for part in packed)
        assert not any(found & mask for found, mask in zip(head, layout.frozen_mask, strict=True))
        assert await rpc.storage_at(contract, ring_place(height, layout.ring_slot, layout.ring_kind)) == kept


@dataclass
class HandedOver:
    """A ledger whose update is preceded by a hand-over, which must not be left out."""

    ledger: HubLedger
    shown: list[int] = field(default_factory=list)

    async def update_for_counterparty(self, trusted_height: int, at_least: int) -> ClientUpdate:
        handover = await self.ledger.update_for_counterparty(trusted_height, at_least)
        update = await self.ledger.update_for_counterparty(handover.height, handover.height + 1)
        self.shown += [handover.height, update.height]
        return replace(update, earlier=(handover.client_message,))


async def test_hand_overs_between_validator_sets_are_shown_to_the_hub_before_the_update(world: HubWorld) -> None:
    source = HandedOver(world.ledger)
    followed = FollowedAccount(world.chain.rpc, world.chain.router.address)
    upkeep = HubUpkeep(world.site, followed, source, LEDGER_ID)
    contract = ProgmatLightClientBinding(address_bytes(world.site.deployment.ledger_client))
    known = (await contract.client_state(world.site.rpc)).latest_height
    shown = await upkeep.follow_ledger(known, known + 1)
    assert shown.state.height == source.shown[1]
    for height in source.shown:
        assert await contract.consensus_slot(world.site.rpc, height) is not None


async def test_an_update_builds_on_the_newest_height_and_on_a_later_block_of_the_hub(world: HubWorld) -> None:
    ends = world.ends
    first = world.ledger.latest.height
    with pytest.raises(NotTheLatestHeight):
        await ends.chain.update_for_counterparty(first - 1, first)
    with pytest.raises(BlockUnavailable):
        await ends.chain.update_for_counterparty(first, 1_000_000)
    update = await ends.chain.update_for_counterparty(first, first + 1)
    world.ledger.update(update.client_message)
    with pytest.raises(HubNotReady):
        await ends.prover.header_message(update.height, update.height)
    with pytest.raises(HubMovedMeanwhile, match="does not keep"):
        await ends.prover.header_message(update.height - 1, update.height)
    world.hub_devnet.mine()
    assert await ends.prover.header_message(update.height, update.height)
