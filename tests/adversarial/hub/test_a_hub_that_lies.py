"""A hub whose validators, or whose client of the ledger, went wrong: neither end takes anything over from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import rlp
from eth_abi.abi import encode as abi_encode

from chains.evm.client.hub_deployment import CHAIN_CLIENT_ID
from chains.evm.client.hub_deployment import LEDGER_CLIENT_ID as HUBS_LEDGER_CLIENT
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.qbft_messages import evidence_message, header_message
from chains.evm.client.router import Router
from chains.evm.devnet.consensus import as_qbft, raw_fields
from chains.evm.devnet.misbehaviour import FalseClaim, equivocate
from chains.evm.devnet.sealing import QbftExtraData
from chains.evm.errors import ExecutionReverted
from chains.progmat.contracts.ibc_records import ClientRecordStatus
from chains.progmat.ibc_host.clients import ClientMessagePlan, build_client_freeze
from light_clients.hub import HubMisbehaviour
from light_clients.hub.codec import decode_consensus_state, encode_misbehaviour
from primitives.errors import PeerError
from primitives.keccak import keccak256
from relayer.core.chain import ClientUpdate
from relayer.hub.upkeep import HubsClientFrozen
from tests.fakes.evm_settlement_world import CLIENT_ID, TIMEOUT_S
from tests.fakes.hub_world import HubWorld, hub_world
from tests.fakes.ledger_parties import CN_B
from tests.fakes.qbft_headers import evidence_of


@pytest.fixture
async def world() -> AsyncIterator[HubWorld]:
    async with hub_world() as world:
        yield world


def two_headers(world: HubWorld) -> tuple[bytes, bytes]:
    """The hub's newest header, and beside it one that the same validators sealed with another state."""
    true_header = world.hub_devnet.chain.head
    false_header = equivocate(world.hub_devnet.chain.keys, true_header, FalseClaim())
    return bytes(rlp.encode(true_header)), bytes(rlp.encode(false_header))


async def test_hub_validators_who_seal_two_blocks_freeze_both_ends_clients(world: HubWorld) -> None:
    ledger_end = world.ends.ledger
    chain, contract = world.chain, ProgmatLightClientBinding(bytes.fromhex(world.deployment.light_client[2:]))
    known = (await ledger_end.update_for_counterparty(0, 0)).height
    assert known > 0
    world.pass_time()
    honest, false = two_headers(world)

    # the chain of the securities
    trusted_height = await ledger_end._hub_height()
    trusted = await world.of_ledger.initial_hub_block(trusted_height)
    evidence = evidence_message(honest, false, trusted)
    await chain.relayer.execute(chain.router.submit_misbehaviour(CLIENT_ID, evidence), TIMEOUT_S)
    assert (await contract.client_state(chain.rpc)).frozen
    update = await ledger_end.update_for_counterparty(known, known + 1)
    with pytest.raises(ExecutionReverted, match="QbftClientFrozen"):
        await chain.rpc.call(chain.router.update_client(CLIENT_ID, update.client_message))

    # the ledger
    ledger = world.ledger
    anchor = decode_consensus_state(ledger.latest.consensus_state).hub_height
    message = encode_misbehaviour(HubMisbehaviour(evidence_of(anchor, honest, false), ledger.latest.height))
    plan = ClientMessagePlan(ledger.client, ledger.consensus[-1], message, CN_B.key, ledger.window)
    (ledger.client,) = ledger.model.commit(
        build_client_freeze(ledger.model.frame, ledger.model.package.light_clients, plan)
    )
    assert ledger.client_record.status is ClientRecordStatus.FROZEN
    fresh = await ledger_update(world)
    with pytest.raises(PeerError, match=r"active|frozen"):
        ledger.update(fresh.client_message)


async def ledger_update(world: HubWorld) -> ClientUpdate:
    chain_end = world.ends.chain
    world.pass_time()
    return await chain_end.update_for_counterparty(world.ledger.latest.height, world.ledger.latest.height + 1)


async def test_validators_who_sign_two_roots_freeze_the_hubs_client_and_nothing_comes_through(world: HubWorld) -> None:
    ends = world.ends
    ledger_end = ends.ledger
    chain, side = world.chain, world.ledger.side
    good = await ledger_end.update_for_counterparty(0, 0)
    await chain.rpc.call(chain.router.update_client(CLIENT_ID, good.client_message))

    side.height += 1
    honest = side.header()
    side.tree.set(b"what never was", keccak256(b"value"))
    evidence = abi_encode(["bytes", "bytes"], [honest, side.header()])
    hub_router = Router(bytes.fromhex(world.site.deployment.router[2:]))
    frozen = hub_router.submit_misbehaviour(HUBS_LEDGER_CLIENT, evidence)
    receipt = await world.site.account.execute(frozen, TIMEOUT_S)

    state = ends.upkeep._states[good.height]
    message = await world.of_ledger.contract_message(state, receipt.height, await ledger_end._hub_height())
    with pytest.raises(ExecutionReverted, match="HubClientFrozen"):
        await chain.rpc.call(chain.router.update_client(CLIENT_ID, message))
    with pytest.raises(HubsClientFrozen, match="progmat-0"):
        await ledger_end.update_for_counterparty(good.height, good.height + 1)


async def test_a_chain_of_the_same_id_run_by_others_gets_nowhere_on_the_hub(world: HubWorld) -> None:
    """The same chain id, router, state and height: other validators, a whole quorum of them."""
    upkeep = world.ends.upkeep
    known = (await upkeep.follow_chain(0)).block
    world.pass_time()
    good = await upkeep._chain.evidence(world.chain.devnet.chain.head.block_number)
    keys, true_header = world.hub_devnet.chain.keys, world.chain.devnet.chain.head
    unsealed = as_qbft(
        true_header.copy(coinbase=keys.addresses[0], extra_data=QbftExtraData(keys.addresses, 0).encode())
    )
    theirs = unsealed.copy(extra_data=keys.seal(raw_fields(unsealed), keys.addresses[0]))
    hub_router = Router(bytes.fromhex(world.site.deployment.router[2:]))
    forged = replace(good, header_rlp=bytes(rlp.encode(theirs)))
    with pytest.raises(ExecutionReverted, match="QbftOverlapTooSmall"):
        await world.site.rpc.call(hub_router.update_client(CHAIN_CLIENT_ID, header_message(forged, known)))
    await world.site.rpc.call(hub_router.update_client(CHAIN_CLIENT_ID, header_message(good, known)))
