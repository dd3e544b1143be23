"""Attacks on the Solidity client of a ledger behind a hub: the hub's blocks, what they show, and who says so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.evm.client.qbft_messages import FarState, HeaderEvidence, hub_message
from tests.fakes.evm_sandbox import Account, Reverted
from tests.fakes.hub_contract_bench import (
    FAR,
    FAR_TRUSTING_PERIOD_S,
    FIRST,
    HUB_TRUSTING_PERIOD_S,
    HubContractBench,
    hub_contract_bench,
)
from tests.fakes.hub_model import OTHER_CONTRACT
from tests.fakes.progmat_oracle import Tree
from tests.fakes.qbft_contract_bench import MISBEHAVIOUR, NO_OP, UPDATE
from tests.fakes.qbft_headers import TIME_0_S, validator_keys

FORGED_TREE = Tree({b"key 1": b"what never was"})
FORGED = FarState(FAR.height, FAR.timestamp_s, FORGED_TREE.root)


@pytest.fixture
def bench() -> HubContractBench:
    return hub_contract_bench()


def refused(bench: HubContractBench, message: bytes, error: str) -> None:
    with pytest.raises(Reverted) as refusal:
        bench.update(message)
    assert refusal.value.error == error
    assert bench.state.latest_height == FIRST.height
    assert not bench.state.frozen


# --------------------------------------------------------------------------------------------------------- good ones


def test_what_the_hub_shows_of_the_ledger_is_taken_over_and_proofs_are_the_ledgers_own(bench: HubContractBench) -> None:
    assert bench.update(bench.message(bench.hub, FAR)) == UPDATE
    assert bench.member(b"key 1", b"value 1") == FAR.timestamp_s
    assert bench.absent(b"no such key") == FAR.timestamp_s
    with pytest.raises(Reverted, match="HubProofInvalid"):
        bench.member(b"key 1", b"value 2")
    state = bench.state
    assert (state.latest_height, state.ledger_id, state.trusting_period_s) == (101, "progmat-test", 600)
    assert bench.client.call("getHubHead") == (bench.hub.number, bench.hub.timestamp_s)


def test_one_block_of_the_hub_may_show_several_states_and_a_later_one_the_same(bench: HubContractBench) -> None:
    more = FarState(102, FAR.timestamp_s, FORGED_TREE.root)
    hub = bench.hub.later(kept={**bench.hub.kept, 102: more.slot}, latest_height=102)
    assert bench.update(bench.message(hub, more)) == UPDATE
    assert bench.update(bench.message(hub, FAR)) == UPDATE
    assert bench.update(bench.message(hub, FAR)) == NO_OP
    assert bench.update(bench.message(hub.later(), FAR)) == UPDATE
    assert bench.client.call("getHubHead")[0] == hub.number + 1


# ---------------------------------------------------------------------------------------------------- the hub's block


def test_a_forged_block_of_the_hub_is_refused(bench: HubContractBench) -> None:
    forged = replace(bench.hub, kept={FAR.height: FORGED.slot})
    thieves = replace(forged, keys=validator_keys(4, "thieves"))
    refused(bench, bench.message(thieves, FORGED), "QbftOverlapTooSmall")
    refused(bench, bench.message(forged, FORGED, signers=validator_keys(4, "thieves")), "QbftSealForeign")
    refused(bench, bench.message(thieves, FORGED, trusted=thieves.verified), "QbftConsensusUnknown")


def test_a_block_of_the_hub_under_its_quorum_is_refused(bench: HubContractBench) -> None:
    refused(bench, bench.message(bench.hub, FAR, signers=bench.hub.keys[:2]), "QbftQuorumNotReached")


def test_a_block_of_the_far_future_or_not_above_is_refused(bench: HubContractBench) -> None:
    refused(bench, bench.message(replace(bench.hub, timestamp_s=TIME_0_S + 100), FAR), "QbftHeaderFromFuture")
    refused(bench, bench.message(replace(bench.hub, number=bench.trusted.height), FAR), "QbftHeightNotAbove")


# -------------------------------------------------------------------------------------------------------- what it shows


def test_a_root_the_hub_does_not_keep_is_refused(bench: HubContractBench) -> None:
    refused(bench, bench.message(bench.hub, FORGED), "HubConsensusMismatch")
    refused(bench, bench.message(bench.hub, replace(FAR, timestamp_s=FAR.timestamp_s + 1)), "HubConsensusMismatch")


def test_the_root_of_another_height_is_refused(bench: HubContractBench) -> None:
    as_older = FarState(FIRST.height, FAR.timestamp_s, FAR.root)
    refused(bench, bench.message(bench.hub, as_older), "HubConsensusMismatch")
    beyond = FarState(FAR.height + 256, FAR.timestamp_s, FAR.root)
    hub = bench.hub.later(latest_height=beyond.height)
    refused(bench, bench.message(hub, beyond), "HubConsensusMismatch")


def test_a_place_in_the_ring_that_nothing_has_taken_shows_nothing(bench: HubContractBench) -> None:
    hub = bench.hub.later(latest_height=150)
    refused(bench, bench.message(hub, FarState(150, TIME_0_S, bytes(32))), "HubConsensusMismatch")
    vacant = bench.hub.later(kept={**bench.hub.kept, 150: bytes(31) + b"\x01"}, latest_height=150)
    refused(bench, bench.message(vacant, FarState(150, TIME_0_S, bytes(32))), "HubConsensusMismatch")
    refused(bench, bench.message(bench.hub, replace(FAR, height=0)), "HubConsensusUnknown")


def test_the_slot_of_another_client_on_the_hub_is_refused(bench: HubContractBench) -> None:
    """The hub follows another ledger of the same id, honestly, in another contract: it is not this ledger."""
    impostor = replace(bench.hub, contract=OTHER_CONTRACT, kept={FAR.height: FORGED.slot})
    evidence = HeaderEvidence(impostor.block.sealed_by(impostor.keys), impostor.state.account_proof(OTHER_CONTRACT))
    message = hub_message(evidence, bench.trusted, impostor.head_proof, impostor.ring_proof(FAR.height), FORGED)
    with pytest.raises(Reverted, match="Mpt"):
        bench.update(message)
    absent = HeaderEvidence(evidence.header_rlp, impostor.state.account_proof())
    with pytest.raises(Reverted, match="Mpt"):
        bench.update(replace_evidence(bench, absent))


def replace_evidence(bench: HubContractBench, evidence: HeaderEvidence) -> bytes:
    return hub_message(evidence, bench.trusted, bench.hub.head_proof, bench.hub.ring_proof(FAR.height), FAR)


def test_proofs_of_other_slots_do_not_stand_for_head_and_ring(bench: HubContractBench) -> None:
    hub = bench.hub
    evidence = HeaderEvidence(hub.block.sealed_by(hub.keys), hub.state.account_proof())
    elsewhere = hub.state.storage_proof(bytes(30) + bytes([9, 1]))
    proofs = [
        (hub.ring_proof(FAR.height), hub.ring_proof(FAR.height)),
        (hub.head_proof, hub.head_proof),
        (elsewhere, hub.ring_proof(FAR.height)),
        (hub.head_proof, elsewhere),
        (hub.head_proof, hub.ring_proof(FIRST.height)),
        ((), hub.ring_proof(FAR.height)),
        (hub.head_proof, ()),
    ]
    for head, ring in proofs:
        with pytest.raises(Reverted, match="Mpt"):
            bench.update(hub_message(evidence, bench.trusted, head, ring, FAR))


@pytest.mark.parametrize("flags", [1, 1 << 8, 1 << 127])
def test_a_hub_whose_own_client_is_frozen_shows_nothing(bench: HubContractBench, flags: int) -> None:
    refused(bench, bench.message(replace(bench.hub, flags=flags), FAR), "HubClientFrozen")


def test_a_hub_whose_own_client_is_behind_shows_nothing(bench: HubContractBench) -> None:
    behind = bench.hub.later(kept={FIRST.height: FIRST.slot}, latest_height=FIRST.height)
    refused(bench, bench.message(behind, FAR), "HubConsensusMismatch")


def test_a_hub_whose_own_client_is_stale_shows_nothing_to_the_second(bench: HubContractBench) -> None:
    stale_s = FAR.timestamp_s + FAR_TRUSTING_PERIOD_S
    bench.sandbox.now_s = stale_s
    refused(bench, bench.message(replace(bench.hub, timestamp_s=stale_s), FAR), "HubConsensusStale")
    assert bench.update(bench.message(replace(bench.hub, timestamp_s=stale_s - 1), FAR)) == UPDATE


def test_a_ledger_ahead_of_this_chains_clock_is_refused(bench: HubContractBench) -> None:
    ahead = FarState(101, bench.sandbox.now_s + 16, FAR.root)
    hub = bench.hub.later(kept={101: ahead.slot}, latest_timestamp_s=ahead.timestamp_s)
    refused(bench, bench.message(hub, ahead), "HubConsensusFromFuture")


# -------------------------------------------------------------------------------------------------------------- time


def test_the_client_expires_with_the_ledgers_time_and_with_the_hubs_to_the_second(bench: HubContractBench) -> None:
    bench.update(bench.message(bench.hub, FAR))
    bench.sandbox.now_s = FAR.timestamp_s + FAR_TRUSTING_PERIOD_S - 1
    assert bench.member(b"key 1", b"value 1")
    bench.sandbox.now_s += 1
    with pytest.raises(Reverted, match="HubClientExpired"):
        bench.member(b"key 1", b"value 1")
    later = FarState(102, TIME_0_S + 500, FAR.root)
    fresh = bench.hub.keeping(102, later.slot, later.timestamp_s)
    assert bench.update(bench.message(replace(fresh, timestamp_s=TIME_0_S + 590), later)) == UPDATE
    assert bench.member(b"key 1", b"value 1", later) == later.timestamp_s
    bench.sandbox.now_s = bench.hub.timestamp_s + HUB_TRUSTING_PERIOD_S
    refused_later = bench.message(fresh.later(timestamp_s=bench.sandbox.now_s), later)
    with pytest.raises(Reverted, match="QbftConsensusExpired"):
        bench.update(refused_later)


# ------------------------------------------------------------------------------------------------------- misbehaviour


def test_two_blocks_of_the_hub_at_one_height_freeze(bench: HubContractBench) -> None:
    bench.update(bench.message(bench.hub, FAR))
    block = bench.hub.later().block
    bench.report(block, replace(block, transactions_root=b"\x01" * 32))
    assert bench.state.frozen
    with pytest.raises(Reverted, match="QbftClientFrozen"):
        bench.member(b"key 1", b"value 1")
    with pytest.raises(Reverted, match="QbftClientFrozen"):
        bench.update(bench.message(bench.hub.later(), FAR))


def test_a_block_of_the_hub_unlike_the_one_verified_at_its_height_freezes(bench: HubContractBench) -> None:
    bench.update(bench.message(bench.hub, FAR))
    other = replace(bench.hub, kept={FAR.height: FORGED.slot})
    assert bench.update(bench.message(other, FORGED)) == MISBEHAVIOUR
    assert bench.state.frozen


def test_a_hub_that_shows_two_states_of_one_height_freezes(bench: HubContractBench) -> None:
    bench.update(bench.message(bench.hub, FAR))
    turned = bench.hub.later(kept={FAR.height: FORGED.slot})
    assert bench.update(bench.message(turned, FORGED)) == MISBEHAVIOUR
    assert bench.state.frozen


@pytest.mark.parametrize(("height", "later_s"), [(102, -1), (99, 1)])
def test_a_ledger_whose_time_turns_back_freezes(bench: HubContractBench, height: int, later_s: int) -> None:
    bench.update(bench.message(bench.hub, FAR))
    turned = FarState(height, FAR.timestamp_s + later_s, bytes(32))
    hub = bench.hub.later(kept={**bench.hub.kept, height: turned.slot}, latest_height=102)
    assert bench.update(bench.message(hub, turned)) == MISBEHAVIOUR
    assert bench.state.frozen


def test_a_stranger_passes_nothing_on(bench: HubContractBench) -> None:
    with pytest.raises(Reverted, match="QbftCallerNotRouter"):
        bench.update(bench.message(bench.hub, FAR), sender=Account.named("stranger"))


def test_a_smaller_height_of_the_ledger_never_takes_the_place_of_a_greater_one(bench: HubContractBench) -> None:
    high = FarState(FAR.height + 256, FAR.timestamp_s, FAR.root)
    hub = bench.hub.keeping(high.height, high.slot, high.timestamp_s)
    assert bench.update(bench.message(hub, high)) == UPDATE
    again = hub.later(kept={FAR.height: FAR.slot})
    with pytest.raises(Reverted, match="HubHeightPruned"):
        bench.update(bench.message(again, FAR))
    with pytest.raises(Reverted, match="HubConsensusUnknown"):
        bench.member(b"key 1", b"value 1", FAR)
