"""Attacks on ``node.propose_dvp``, ``node.release_dvp`` and the countersignatures of a native trade."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.native_terms import decode_native_terms, encode_native_terms
from chains.progmat.flows import peer_codec
from chains.progmat.flows.dvp_codec import (
    PROPOSE_DVP,
    RELEASE_DVP,
    Proposal,
    Release,
    encode_proposal,
    encode_release,
)
from chains.progmat.flows.errors import CountersignRefused
from chains.progmat.flows.market_requests import MembershipChange
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import TimeWindow
from chains.rpc_status import RemoteCallerError, RemotePeerError
from primitives.types import UnixSeconds
from tests.adversarial.flows.attacker import output_of, recorded, signed_by
from tests.adversarial.flows.native_attacker import (
    ask,
    built,
    buyer_signs,
    countersign,
    frame_of,
    holdings,
    propose,
)
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SELLER, SN, STRANGER, LedgerParty
from tests.fakes.token_parties import ST, settlement
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    WAIT_S,
    running_ledger,
)


async def test_the_buyer_signs_what_it_has_answered(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await propose(ledger, CN_A, terms)
        await buyer_signs(ledger, await built(ledger, terms))
        assert (await trades.reserved())[1] == 1000


async def test_the_buyer_offers_nothing_for_terms_its_platform_has_not_authorised(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        for changed in (
            replace(terms, amount_yen=401),
            replace(terms, quantity=9),
            replace(terms, settle_by_s=terms.settle_by_s + 1),
            replace(terms, seller_cash=STRANGER.account_at(CN_A)),
        ):
            with pytest.raises(RemoteCallerError) as refused:
                await propose(ledger, CN_A, changed)
            assert refused.value.reason == "TRADE_NOT_AUTHORISED"
        assert await trades.reserved() == (0, 0)


async def test_only_the_sellers_custodian_proposes(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        with pytest.raises(RemoteCallerError) as refused:
            await propose(ledger, AN, terms)
        assert refused.value.reason == "PROPOSAL_REFUSED"
        await ledger.stop(AN)
        await ledger.start(AN)
        with pytest.raises(RemoteCallerError) as refused:
            await ask(ledger, CN_A, AN, PROPOSE_DVP, encode_proposal(Proposal(terms, 1)))
        assert refused.value.reason == "PROPOSAL_REFUSED"


async def test_the_buyer_signs_nothing_it_has_not_been_asked_for(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        with pytest.raises(RemoteCallerError) as refused:
            await buyer_signs(ledger, await built(ledger, terms))
        assert refused.value.reason == "COUNTERSIGN_REFUSED"


async def test_the_buyer_signs_for_nobody_but_the_node_it_has_answered(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await propose(ledger, CN_A, terms)
        with pytest.raises(RemoteCallerError) as refused:
            await countersign(ledger, AN, CN_B, signed_by(await built(ledger, terms), [SELLER]))
        assert refused.value.reason == "COUNTERSIGN_REFUSED"


def _more_cash(builder: TransactionBuilder) -> TransactionBuilder:
    """The seller takes 500 instead of 400 yen, under the same terms."""
    changed = []
    for output in builder.outputs:
        if output.contract == "cash":
            coin = CashState.of(output)
            amount_yen = 500
            changed.append(replace(output, data=replace(coin, amount_yen=amount_yen).encode()))
        else:
            changed.append(output)
    return replace(builder, outputs=tuple(changed))


def _other_terms(builder: TransactionBuilder) -> TransactionBuilder:
    """Another amount, terms and all."""
    settle, *rest = builder.commands
    terms = replace(decode_native_terms(settle.data), amount_yen=500)
    return _more_cash(replace(builder, commands=(replace(settle, data=encode_native_terms(terms)), *rest)))


def _long_window(builder: TransactionBuilder) -> TransactionBuilder:
    window = builder.time_window
    assert window is not None
    assert window.until_s is not None
    return replace(builder, time_window=TimeWindow(None, UnixSeconds(window.until_s + 500)))


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (_more_cash, "NATIVE_DVP_RULE_BROKEN"),
        (_other_terms, "COUNTERSIGN_REFUSED"),
        (_long_window, "COUNTERSIGN_REFUSED"),
    ],
    ids=["amount", "amount and terms", "window"],
)
async def test_a_seller_that_changes_the_trade_after_the_answer_gets_no_signature(
    tmp_path: Path, attack: Callable[[TransactionBuilder], TransactionBuilder], reason: str
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await propose(ledger, CN_A, terms)
        with pytest.raises((RemoteCallerError, RemotePeerError)) as refused:
            await buyer_signs(ledger, attack(await built(ledger, terms)))
        assert refused.value.reason == reason
        assert await trades.holdings() == (100, 0, 0, 0)


async def test_coins_of_the_buyer_that_were_not_offered_are_not_taken(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        smaller = await recorded(ledger, SN, (await ledger.issue(600)).tx_id)
        terms = trades.terms()
        await trades.authorise(terms)
        tokens, larger = await holdings(ledger)
        await propose(ledger, CN_A, terms)  # which coin is offered follows from shards, so from ids
        free_yen = await ledger.free_yen(CN_B, BUYER_ACCOUNT)
        not_offered = {600: output_of(smaller, 0), 1000: larger}[free_yen]
        other = settlement(await frame_of(ledger), terms, tokens, not_offered, ledger.clock.now_s() + 60)
        with pytest.raises(RemoteCallerError) as refused:
            await buyer_signs(ledger, other)
        assert refused.value.reason == "COUNTERSIGN_REFUSED"
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == free_yen


async def test_a_trade_that_was_signed_for_keeps_its_coins_whatever_is_proposed_next(tmp_path: Path) -> None:
    """At most once: the seller holds a signature and asks again, so as to settle the trade twice."""
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        first = await propose(ledger, CN_A, terms)
        await buyer_signs(ledger, await built(ledger, terms))
        await ledger.issue(5000)  # a better choice is there now
        ledger.clock.advance_s(300)  # and every reservation has lapsed
        assert await propose(ledger, CN_A, terms, 2) == first

        corrected = replace(terms, amount_yen=300)
        await trades.authorise(corrected)
        with pytest.raises(RemoteCallerError) as refused:
            await propose(ledger, CN_A, corrected, 3)
        assert refused.value.reason == "PROPOSAL_REFUSED"


async def test_a_settled_trade_is_answered_no_more(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await ledger.done(CN_A, trades.settle(terms))
        await ledger.issue(5000)
        with pytest.raises(RemoteCallerError) as refused:
            await propose(ledger, CN_A, terms, 10**15)
        assert refused.value.reason == "TRADE_ID_USED"
        assert (await trades.reserved())[1] == 0


async def test_a_release_frees_only_what_no_signature_holds(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await propose(ledger, CN_A, terms, 5)
        for asker, trade_id, round_ms in ((AN, terms.trade_id, 9), (CN_A, b"\x01" * 32, 9), (CN_A, terms.trade_id, 4)):
            await ask(ledger, asker, CN_B, RELEASE_DVP, encode_release(Release(trade_id, round_ms)))
            assert (await trades.reserved())[1] == 1000
        await buyer_signs(ledger, await built(ledger, terms))
        await ask(ledger, CN_A, CN_B, RELEASE_DVP, encode_release(Release(terms.trade_id, 5)))
        assert (await trades.reserved())[1] == 1000
        ledger.clock.advance_s(62)
        assert (await trades.reserved())[1] == 0


@pytest.mark.parametrize("refusing", [AN, SN], ids=["registrar", "issuer"])
async def test_a_refusal_of_any_party_leaves_both_sides_as_they_were(tmp_path: Path, refusing: LedgerParty) -> None:
    async def refuse(_asker: PeerIdentity, _body: bytes) -> bytes:
        raise CountersignRefused("it", "not today")

    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        party = refusing
        await ledger.stop(party)
        router = PeerRouter()
        router.register(peer_codec.COUNTERSIGN, refuse)
        ledger.hub.join(party.name, router)
        failed = await ledger.run(CN_A, trades.settle(terms))
        assert (failed.step, failed.last_error_reason) == (FlowStep.FAILED, "COUNTERSIGN_REFUSED")
        await ledger.everything_delivered(CN_A)
        ledger.clock.advance_s(125)  # a signature of the buyer, given perhaps just now, lapses with its time window
        async with asyncio.timeout(WAIT_S):
            while await trades.holdings() != (100, 0, 0, 1000):
                ledger.clock.advance_s(1)
                await asyncio.sleep(0)
        assert await trades.reserved() == (0, 0)

        await ledger.start(party)
        assert (await trades.until((await ledger.run(CN_A, trades.settle(terms))).flow_id)).step is FlowStep.DONE
        assert await trades.holdings() == (90, 10, 400, 600)


async def test_registrar_and_issuer_sign_no_trade_the_seller_has_not_signed(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        builder = await built(ledger, trades.terms())
        for asked in (AN, SN):
            with pytest.raises(RemotePeerError) as refused:
                await countersign(ledger, CN_A, asked, signed_by(builder, []))
            assert refused.value.reason == "SIGNATURES_MISSING"


async def test_the_registrar_signs_no_trade_with_a_suspended_side(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        before = await built(ledger, trades.terms())
        await trades.change(MembershipChange.SUSPEND, CN_B, ST)
        after = await built(ledger, trades.terms())
        with pytest.raises(RemotePeerError) as refused:
            await countersign(ledger, CN_A, AN, signed_by(after, [SELLER]))
        assert refused.value.reason == "MEMBERSHIP_RULE_BROKEN"
        assert before.references != after.references


async def test_cash_that_a_trade_holds_is_not_spent_meanwhile(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        terms = trades.terms()
        await trades.authorise(terms)
        await propose(ledger, CN_A, terms)
        move = MoveCash("pay", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        waiting = await ledger.run(CN_B, move, wait_s=1)
        assert (waiting.step, waiting.last_error_reason) == (FlowStep.PROPOSED, "FUNDS_SOFT_LOCKED")
