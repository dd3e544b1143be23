"""A second notary retires, then goes: what it may still do, and what its key is worth afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.flows import peer_codec
from chains.progmat.flows.notary_desk import NOTARISE, NotConfirmed
from chains.progmat.flows.notary_errors import HoldingsLeftBehind
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.replacement_requests import ChangeNotary, StateChoice
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.node.peers import Delivery, PeerIdentity
from chains.progmat.notary import codec
from chains.progmat.notary.errors import TimeWindowClosed
from chains.progmat.notary.requester import sign_request
from chains.progmat.notary.service_errors import CommandsShown, NotaryRetires
from chains.progmat.transactions.filtered import NOTARY_GROUPS, RETIRING_NOTARY_GROUPS
from chains.progmat.transactions.model import Command, Group, StateRef
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE
from chains.progmat.transactions.parameters_history import GRACE_S
from chains.progmat.transactions.signature import sign_batch
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import CrossDvpError
from primitives.types import hash32
from tests.fakes.epochs import following
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    NN,
    SECOND,
    SELLER,
    SN,
    VALIDATORS,
    cash,
    cash_move,
    salt_of,
    signed,
)
from tests.integration.ledger.epochs import announce, flag_day_s
from tests.integration.ledger.network import BUYER_ACCOUNT, PACKAGE, SELLER_ACCOUNT, LedgerNetwork
from tests.integration.ledger.test_attested_history import has_attestation, snipper
from tests.integration.ledger.test_epochs_on_a_running_ledger import stored
from tests.integration.ledger.two_notaries import (
    PARTIES,
    RETIRING,
    TWO_NOTARIES,
    free_at,
    ledger_of_two_notaries,
    second_becomes,
)

PAY = MoveCash("pay-1", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def coin_at_second(ledger: LedgerNetwork) -> bytes:
    """Issues 1000 yen at the second notary; the id of what made them."""
    issued = await ledger.issue(1000, notary=SECOND.name)
    assert issued.tx_id is not None
    return issued.tx_id


def spending(tx_id: bytes, epoch: NetworkParameters, name: str, command: Command | None = None) -> WireTransaction:
    """All of that coin to the seller, at the second notary, pinned to an epoch."""
    frame = TransactionFrame(epoch, PACKAGE.hash, chosen=SECOND.party)
    built = cash_move(frame, [], cash(1000, SELLER, CN_A))
    command = command or replace(built.commands[0], signers=(BUYER.key, SN.key))
    return replace(built, inputs=(StateRef(hash32(tx_id), 0),), commands=(command,)).to_wire(salt_of(name))


async def ask_second(ledger: LedgerNetwork, wire: WireTransaction, groups: frozenset[Group]) -> bytes:
    """As a member that does not keep to its own node's rules."""
    tear_off = wire.filter(groups).encode()
    body = codec.encode_request(codec.NotariseRequest(tear_off, (), sign_request(CN_B.signer, wire.id)))
    handler = ledger.nodes[SECOND.name].role._service.notarise  # type: ignore[attr-defined] # a NotaryRole
    answer: bytes = await handler(PeerIdentity(CN_B.name), body)
    return answer


def finality(transaction: SignedTransaction) -> bytes:
    """A delivery as if it were final."""
    signatures = tuple(encode_signature(item) for item in transaction.signatures)
    return peer_codec.encode_finality(Finality(transaction.id, signatures, transaction.wire_bytes))


async def test_a_retiring_notary_makes_no_payment_final_whoever_asks(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        coin = await coin_at_second(ledger)
        open_wire = spending(coin, TWO_NOTARIES, "while open")
        with pytest.raises(CommandsShown):
            await ask_second(ledger, open_wire, RETIRING_NOTARY_GROUPS)
        await second_becomes(ledger, RETIRING)
        refused = await ledger.run(CN_B, PAY)
        assert (refused.step, refused.last_error_reason) == (FlowStep.FAILED, "HELD_AT_SEVERAL_NOTARIES")
        assert "of nn; there are 1000 at nn-2" in refused.last_error
        epoch = ledger.vault(SN).node.parts.verifier.parameters
        wire = spending(coin, epoch, "while retiring")
        for groups in (NOTARY_GROUPS, RETIRING_NOTARY_GROUPS):
            with pytest.raises(NotaryRetires):
                await ask_second(ledger, wire, groups)
        assert await free_at(ledger, CN_B, BUYER_ACCOUNT) == {SECOND.name: 1000}


async def test_a_retiring_notary_sees_that_states_are_moved_and_lets_them_go(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        coin = await coin_at_second(ledger)
        await second_becomes(ledger, RETIRING)
        epoch = ledger.vault(SN).node.parts.verifier.parameters
        moved = spending(coin, epoch, "moved", Command(NOTARY_CHANGE, "Change", b"", (BUYER.key,)))
        with pytest.raises(NotaryRetires):
            await ask_second(ledger, moved, NOTARY_GROUPS)
        answer = codec.decode_response(await ask_second(ledger, moved, RETIRING_NOTARY_GROUPS))
        assert answer.position == 0


async def test_what_a_dropped_notary_signs_is_taken_by_nobody_who_sees_it_later(tmp_path: Path) -> None:
    """Its key may be sold by then: the buyer has it sign a second spend and dates that back to when it was open."""
    async with ledger_of_two_notaries(tmp_path) as ledger:
        coin = await coin_at_second(ledger)
        await second_becomes(ledger, RETIRING)
        await second_becomes(ledger, ())
        wire = spending(coin, TWO_NOTARIES, "dated back")
        with pytest.raises(TimeWindowClosed):
            await ask_second(ledger, wire, NOTARY_GROUPS)  # an honest one, asked by a liar
        forged = signed(wire).with_signatures(*sign_batch(SECOND.signer, [wire.id]))
        ledger.clock.advance_s(GRACE_S)
        for victim in (CN_A, SN):
            with pytest.raises(NotConfirmed, match="dropped"):
                await ledger.vault(victim).node._finalise.handle(PeerIdentity(CN_B.name), finality(forged))
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {}


async def test_a_delivery_that_comes_late_is_taken_until_shortly_after_the_notary_has_gone(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await coin_at_second(ledger)
        await ledger.stop(CN_A)
        paid = await ledger.run(CN_B, PAY)
        assert paid.step is FlowStep.RECORDED

        async def to_cn_a_nothing(_asker: str, asked: str, method: str) -> Delivery:
            lost = asked == CN_A.name and method == peer_codec.FINALISE
            return Delivery.LOSE_REQUEST if lost else Delivery.DELIVER

        ledger.hub.policy = to_cn_a_nothing
        await ledger.start(CN_A)
        await second_becomes(ledger, RETIRING)
        await second_becomes(ledger, ())
        ledger.clock.advance_s(GRACE_S - 2)
        final = await stored(ledger, CN_B, paid.tx_id)
        await ledger.vault(CN_A).node._finalise.handle(PeerIdentity(CN_B.name), finality(final))
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {SECOND.name: 300}


async def test_the_journals_notary_never_answers_for_the_second(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        coin = await coin_at_second(ledger)
        wire = spending(coin, TWO_NOTARIES, "sent astray")
        body = codec.encode_request(
            codec.NotariseRequest(wire.filter(NOTARY_GROUPS).encode(), (), sign_request(CN_B.signer, wire.id))
        )
        network = ledger.hub.join(CN_B.name, ledger.router_of(CN_B.name))
        with pytest.raises(CrossDvpError) as refusal:
            await network.request(NN.name, NOTARISE, body, 5)
        assert refusal.value.reason == "WRONG_NOTARY"


async def _moved_home(ledger: LedgerNetwork) -> bytes:
    """Coins that were paid at the second notary, at the journal's now; the second one is about to go."""
    await coin_at_second(ledger)
    await ledger.done(CN_B, replace(PAY, request_id="within", to=BUYER_ACCOUNT))
    await second_becomes(ledger, RETIRING)
    moved = await ledger.done(CN_B, ChangeNotary("home", NN.name, "", StateChoice()))
    assert moved.tx_id is not None
    return moved.tx_id


async def test_coins_that_came_from_a_notary_that_has_gone_are_taken_on_the_validators_word(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path, (*PARTIES, *VALIDATORS)) as ledger:
        moved = await _moved_home(ledger)
        await snipper(ledger).attest(moved)
        await has_attestation(ledger, CN_B, moved)
        await second_becomes(ledger, ())
        await ledger.stop(SECOND)
        ledger.clock.advance_s(GRACE_S)
        await ledger.done(CN_B, PAY)
        assert await free_at(ledger, CN_A, SELLER_ACCOUNT) == {NN.name: 300}


async def test_without_that_word_a_payee_does_not_take_them(tmp_path: Path) -> None:
    """What it sees for the first time, whoever has the key of the notary that has gone may have made today."""
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await _moved_home(ledger)
        await second_becomes(ledger, ())
        ledger.clock.advance_s(GRACE_S)
        paid = await ledger.run(CN_B, PAY)
        assert paid.step is FlowStep.RECORDED
        final = await stored(ledger, CN_B, paid.tx_id)
        with pytest.raises(NotConfirmed, match="attestation would do"):
            await ledger.vault(CN_A).node._finalise.handle(PeerIdentity(CN_B.name), finality(final))


async def test_a_node_does_not_accept_that_a_notary_goes_which_has_coins_of_its_own(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        await coin_at_second(ledger)
        await second_becomes(ledger, RETIRING)
        gone = following(ledger.vault(SN).node.parts.verifier.epochs[-1], flag_day_s(ledger), other_notaries=())
        await announce(ledger, gone)
        for party in (CN_B, SN):
            with pytest.raises(HoldingsLeftBehind, match="1 unspent coins and tokens"):
                await ledger.nodes[party.name].around.parameters_book.accept_checked(gone.epoch, gone.hash)
        await ledger.nodes[CN_A.name].around.parameters_book.accept_checked(gone.epoch, gone.hash)
        await ledger.done(CN_B, ChangeNotary("home", NN.name, "", StateChoice()))
        for party in (CN_B, SN):
            await ledger.nodes[party.name].around.parameters_book.accept_checked(gone.epoch, gone.hash)
