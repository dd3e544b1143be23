"""New epochs of the network parameters, and rotated keys, while flows run: no restart, nothing stuck, nothing lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows import peer_codec
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.notary_desk import NotConfirmed
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.requests import MoveCash, RedeemCash
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.steps import FlowStep
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.network.errors import ParametersBackdated
from chains.progmat.node.peers import PeerIdentity
from chains.progmat.node.peers.in_process import Delivery
from chains.progmat.node.storage import stored_transaction
from chains.progmat.transactions.parameters_history import GRACE_S
from chains.progmat.transactions.signature import sign_batch
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from tests.fakes.epochs import following, with_node_key, with_notary_key
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    NN,
    OPERATOR,
    SELLER,
    SN,
    STRANGER,
    LedgerParty,
    cash,
    cash_move,
    membership,
    membership_issue,
    salt_of,
    signed,
)
from tests.integration.ledger.epochs import accept, announce, bring_into_force, flag_day_s
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    PACKAGE,
    PARAMETERS,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)

NN_2, SN_2, OPERATOR_2 = LedgerParty("nn 2"), LedgerParty("sn 2"), LedgerParty("bno 2")
KEYS_FOR_LATER = {NN: (NN_2,), SN: (SN_2, OPERATOR_2)}
OLD_FRAME = TransactionFrame(PARAMETERS, PACKAGE.hash)
PAY = MoveCash("pay-1", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def stored(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes | None) -> SignedTransaction:
    """A recorded transaction."""
    assert tx_id is not None
    found = await ledger.vault(party).node.parts.database.read(lambda connection: stored_transaction(connection, tx_id))
    assert found is not None
    return decoded(found.signed_bytes)


async def test_a_new_epoch_takes_over_without_a_restart_and_old_states_go_on(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        second = following(PARAMETERS, flag_day_s(ledger))
        await announce(ledger, second)
        accept(ledger, second)
        before = await ledger.done(CN_B, PAY)
        ledger.clock.advance_s(3600)
        after = await ledger.done(CN_B, replace(PAY, request_id="pay-2"))
        pins = [(await stored(ledger, CN_A, flow.tx_id)).wire.network_parameters_hash for flow in (before, after)]
        assert pins == [PARAMETERS.hash, second.hash]
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 600


async def test_a_flow_caught_by_the_flag_day_is_built_again_under_the_new_epoch(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        second = following(PARAMETERS, flag_day_s(ledger))
        await announce(ledger, second)
        accept(ledger, second)
        caught, go_on = asyncio.Event(), asyncio.Event()

        async def hold_notary(_asker: str, asked: str, method: str) -> Delivery:
            if asked == NN.name and method == "notary.notarise" and not go_on.is_set():
                caught.set()
                await go_on.wait()
            return Delivery.DELIVER

        ledger.hub.policy = hold_notary
        await ledger.operations(CN_B).submit(PAY, 0)
        await caught.wait()
        ledger.clock.advance_s(3600 + GRACE_S)
        go_on.set()
        await ledger.vault(CN_B).node.engine.outcome(PAY.request_id, 20, frozenset({FlowStep.PROPOSED}))
        ledger.clock.advance_s(5)  # the pause before it is built again
        flow = await ledger.vault(CN_B).node.engine.outcome(PAY.request_id, 20, frozenset({FlowStep.DONE}))
        assert flow.step is FlowStep.DONE
        assert (await stored(ledger, CN_B, flow.tx_id)).wire.network_parameters_hash == second.hash
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 700


async def test_what_was_under_way_within_the_grace_becomes_final_in_its_own_epoch(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        ledger.clock.advance_s(1)
        second = following(PARAMETERS, ledger.clock.now_s() + 100)
        await announce(ledger, second)
        accept(ledger, second)
        caught, go_on = asyncio.Event(), asyncio.Event()

        async def hold_notary(_asker: str, asked: str, method: str) -> Delivery:
            if asked == NN.name and method == "notary.notarise" and not go_on.is_set():
                caught.set()
                await go_on.wait()
            return Delivery.DELIVER

        ledger.hub.policy = hold_notary
        await ledger.operations(CN_B).submit(PAY, 0)
        await caught.wait()
        ledger.clock.advance_s(100 + GRACE_S - 11)
        go_on.set()
        flow = await ledger.vault(CN_B).node.engine.outcome(PAY.request_id, 20, frozenset({FlowStep.DONE}))
        assert (await stored(ledger, CN_B, flow.tx_id)).wire.network_parameters_hash == PARAMETERS.hash


async def test_a_node_that_has_not_accepted_stops_with_a_named_error_until_it_does(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        second = following(PARAMETERS, flag_day_s(ledger))
        await announce(ledger, second)
        accept(ledger, second, but=(CN_B.name,))
        ledger.clock.advance_s(3600)
        waiting = await ledger.run(CN_B, PAY, wait_s=0)
        while not waiting.attempts:
            await asyncio.sleep(0)
            waiting = await ledger.operations(CN_B).flow(PAY.request_id)
        assert waiting.step is FlowStep.PROPOSED
        assert waiting.last_error_reason == "PARAMETERS_NOT_ACCEPTED"
        assert "crossdvp ledger network accept" in waiting.last_error
        ledger.nodes[CN_B.name].around.parameters_book.accept(2, second.hash)
        ledger.clock.advance_s(2)
        flow = await ledger.vault(CN_B).node.engine.outcome(PAY.request_id, 20, frozenset({FlowStep.DONE}))
        assert flow.step is FlowStep.DONE


async def test_an_epoch_on_too_short_notice_is_refused_by_the_notary_and_so_by_all(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.nodes[NN.name].role._service.tick()  # type: ignore[attr-defined] # the journal's time is now
        with pytest.raises(ParametersBackdated):
            await announce(ledger, following(PARAMETERS, ledger.clock.now_s() + 59))


async def test_the_notarys_key_is_rotated_and_its_old_states_are_spent_under_the_new_one(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES, more_keys=KEYS_FOR_LATER) as ledger:
        await ledger.issue(1000)
        await bring_into_force(ledger, with_notary_key(PARAMETERS, flag_day_s(ledger), NN_2))
        paid = await ledger.done(CN_B, PAY)
        final = await stored(ledger, CN_A, paid.tx_id)
        assert final.wire.notary == replace(NN.party, key=NN_2.key)
        assert NN_2.key in final.signed_by
        issued = await stored(ledger, CN_A, final.wire.inputs[0].tx_id)
        assert NN_2.key in issued.signed_by, "what CN_A first saw after the rotation, the notary confirmed"
        redeemed = await ledger.done(CN_A, RedeemCash("redeem", COIN_ID, SN.name, 300, SELLER_ACCOUNT.key))
        assert redeemed.step is FlowStep.DONE


async def test_whoever_has_the_notarys_old_key_makes_nothing_final_with_it(tmp_path: Path) -> None:
    """The thief even has the buyer's and the issuer's signatures, and dates his double spend back into epoch 1."""
    async with running_ledger(tmp_path, CASH_PARTIES, more_keys=KEYS_FOR_LATER) as ledger:
        await ledger.issue(1000)
        await bring_into_force(ledger, with_notary_key(PARAMETERS, flag_day_s(ledger), NN_2))
        ledger.clock.advance_s(GRACE_S)
        spent = await ledger.done(CN_B, replace(PAY, amount_yen=1000))
        coin = next(iter((await stored(ledger, CN_B, spent.tx_id)).wire.inputs))
        double = cash_move(OLD_FRAME, [], cash(1000, SELLER, CN_A))
        command = replace(double.commands[0], signers=(BUYER.key, SN.key))
        wire = replace(double, inputs=(coin,), commands=(command,)).to_wire(salt_of("double"))
        forged = signed(wire).with_signatures(*sign_batch(NN.signer, [wire.id]))
        body = peer_codec.encode_finality(
            Finality(forged.id, tuple(encode_signature(item) for item in forged.signatures), forged.wire_bytes)
        )
        victim = ledger.vault(CN_A).node
        with pytest.raises(NotConfirmed):
            await victim._finalise.handle(PeerIdentity(CN_B.name), body)
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 1000


async def test_an_issuers_key_is_rotated_by_its_consent_and_its_coins_and_membership_follow(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES, more_keys=KEYS_FOR_LATER) as ledger:
        await ledger.issue(1000)
        await bring_into_force(ledger, with_node_key(PARAMETERS, flag_day_s(ledger), SN, SN_2))
        await ledger.issue(500)
        paid = await ledger.done(CN_B, replace(PAY, amount_yen=1200))
        final = await stored(ledger, CN_A, paid.tx_id)
        assert SN_2.key in final.signed_by
        assert SN.key not in final.wire.required_signers
        assert await ledger.free_yen(CN_A, SELLER_ACCOUNT) == 1200
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 300


async def test_the_operators_key_is_rotated_and_the_old_one_admits_nobody(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES, more_keys=KEYS_FOR_LATER) as ledger:
        second = following(PARAMETERS, flag_day_s(ledger), operator_key=OPERATOR_2.key)
        await bring_into_force(ledger, second)
        admit = ChangeMembership("admit", MembershipChange.ADMIT, BusinessNetwork.SC, NN.name, (MemberRole.EXCHANGE,))
        flow = await ledger.done(SN, admit)
        admitted = await stored(ledger, CN_A, flow.tx_id)
        assert OPERATOR_2.key in admitted.signed_by
        assert OPERATOR.key not in admitted.wire.required_signers
        third = following(second, flag_day_s(ledger))
        with pytest.raises(Exception, match="signed by the operator"):
            await announce(ledger, third, OPERATOR.signer)
        await announce(ledger, third, OPERATOR_2.signer)


async def test_an_undated_word_of_the_old_operator_counts_no_more_once_its_epoch_is_over(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES, more_keys=KEYS_FOR_LATER) as ledger:
        second = following(PARAMETERS, flag_day_s(ledger), operator_key=OPERATOR_2.key)
        await bring_into_force(ledger, second)
        ledger.clock.advance_s(GRACE_S)
        wire = membership_issue(OLD_FRAME, membership(STRANGER, MemberRole.SC_ISSUER)).to_wire(salt_of("forged"))
        forged = signed(wire)
        body = peer_codec.encode_finality(
            Finality(forged.id, tuple(encode_signature(item) for item in forged.signatures), forged.wire_bytes)
        )
        with pytest.raises(NotConfirmed, match="no notary dated it"):
            await ledger.vault(CN_A).node._finalise.handle(PeerIdentity(CN_B.name), body)
