"""Cash that is locked under a frozen or expired light client is unlocked after its recovery, and not before."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.requests import SubmitMisbehaviour, UpdateLightClient
from chains.progmat.flows.steps import FlowStep
from ibc.dvp import terms_hash
from tests.fakes.evm_chain_model import TRUSTING_PERIOD_S
from tests.fakes.ledger_parties import CN_A, SN
from tests.integration.ledger.kinds_of_client_upkeep import create
from tests.integration.ledger.network import SELLER_ACCOUNT, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, Settlements

SUBSTITUTE = "qbft-1"


async def test_locked_cash_of_a_frozen_client_is_paid_once_the_client_is_recovered_and_endorsed(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(400)
        terms = world.terms(amount_yen=400)
        packet = await world.lock(terms)
        acknowledged = await world.delivered(packet, terms)
        height = world.evm.height
        evidence = world.evm.equivocation(height, 1)
        await ledger.done(SN, SubmitMisbehaviour("evidence", CLIENT_ID, evidence))
        stuck = await ledger.run(SN, acknowledged)
        assert stuck.last_error_reason == "LIGHT_CLIENT_FROZEN"
        await create(world, SUBSTITUTE, height)
        await ledger.done(SN, RecoverLightClient("recover", CLIENT_ID, SUBSTITUTE))
        again = await ledger.done(SN, RecoverLightClient("recover-again", CLIENT_ID, SUBSTITUTE))
        assert again.tx_id == (await ledger.operations(SN).flow("recover")).tx_id
        wrong = await ledger.run(SN, EndorseLightClient("wrong", CLIENT_ID, CLIENT_ID + "x"))
        assert wrong.step is FlowStep.FAILED
        await ledger.done(SN, EndorseLightClient("endorse", CLIENT_ID, SUBSTITUTE))
        await ledger.done(SN, await world.delivered(packet, terms, trusted_height=height))
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400
        assert terms_hash(terms) == acknowledged.acknowledgement


async def test_a_client_in_use_is_neither_recovered_nor_pruned(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        await create(world, SUBSTITUTE, world.evm.seal())
        for request, reason in (
            (RecoverLightClient("recover", CLIENT_ID, SUBSTITUTE), "LIGHT_CLIENT_IN_USE"),
            (EndorseLightClient("endorse", CLIENT_ID, SUBSTITUTE), "RECOVERY_DIFFERS"),
            (PruneLightClient("prune", CLIENT_ID), "NOTHING_TO_PRUNE"),
        ):
            refused = await ledger.run(SN, request)
            assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, reason)
        not_the_operator = await ledger.run(CN_A, RecoverLightClient("recover-2", CLIENT_ID, SUBSTITUTE))
        assert not_the_operator.last_error_reason == "OPERATOR_KEY_MISSING"


async def test_an_expired_client_is_recovered_and_updated_again(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        ledger.clock.advance_s(TRUSTING_PERIOD_S + 60)
        assert (await ledger.operations(SN).light_client(CLIENT_ID)).status == "expired"
        world.evm.now_s = ledger.clock.now_s()
        height = world.evm.seal()
        await create(world, SUBSTITUTE, height)
        await ledger.done(SN, RecoverLightClient("recover", CLIENT_ID, SUBSTITUTE))
        header = world.evm.header(world.evm.seal(), height)
        await ledger.done(SN, UpdateLightClient("update", CLIENT_ID, header))
        view = await ledger.operations(CN_A).light_client(CLIENT_ID)
        assert (view.status, [at for at, _ in view.heights]) == ("active", [height + 1, height])


async def test_a_header_whose_parent_is_not_the_recorded_block_is_refused_and_then_freezes(tmp_path: Path) -> None:
    async with running_ledger(tmp_path) as ledger:
        world = await Settlements.connect(ledger)
        fork = world.evm.copy()
        world.evm.store[b"x"] = b"\x01" * 32
        await world.update()
        for _ in range(2):
            fork.seal()
        forked = fork.header(fork.height, 1)
        refused = await ledger.run(SN, UpdateLightClient("forked", CLIENT_ID, forked))
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "MISBEHAVIOUR")
        await ledger.done(SN, SubmitMisbehaviour("evidence", CLIENT_ID, forked))
        assert (await ledger.operations(CN_A).light_client(CLIENT_ID)).status == "frozen"
