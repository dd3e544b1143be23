"""Gates, forced transfers, freezes and cancellations between real nodes: who is refused what, who sees what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import TRANSFER_GATE
from chains.progmat.contracts.network_control import Opening
from chains.progmat.flows import peer_codec
from chains.progmat.flows.market_requests import IssueToken, RedeemToken
from chains.progmat.flows.notary_desk import NOTARISE
from chains.progmat.flows.peer_codec import FETCH_RULE_STATE
from chains.progmat.flows.securities_requests import (
    AmendSecurity,
    CancelTransfer,
    ForceToken,
    FreezeToken,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
    ThawToken,
)
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import Delivery, PeerRouter
from chains.progmat.vault.lines import Balance
from chains.rpc_status import RemoteCallerError
from tests.fakes.ledger_parties import AN, CN_A, CN_B, EN, SN
from tests.fakes.security_parties import GATE_ID, TERMS
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, TOKEN_PARTIES, running_ledger
from tests.integration.ledger.securities import APPROVER_KEYS, NOTE, REGISTER, Securities, cancelling


async def test_a_closed_gate_stops_moves_and_nothing_else_and_each_node_learns_of_it_when_it_matters(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        securities = await Securities.open(ledger)
        await ledger.done(CN_A, securities.move(30))
        await securities.gate(Opening.CLOSED)

        # CN_A knows the gate as it was: the notary refuses that, and what it is sent for instead is closed
        assert await securities.refused(CN_A, securities.move(1)) == "GATE_CLOSED"
        assert await securities.refused(CN_B, securities.move(1, back=True)) == "GATE_CLOSED"

        await ledger.done(AN, IssueToken("more", ST, TOKEN_ID, 10, SELLER_ACCOUNT))
        await ledger.done(CN_B, RedeemToken("redeem", ST, TOKEN_ID, AN.name, 5, BUYER_ACCOUNT.key))
        forced = ForceToken("force", ST, TOKEN_ID, 20, SELLER_ACCOUNT, BUYER_ACCOUNT, NOTE)
        done = await ledger.done(AN, forced)
        assert await securities.register() == (60, 45)
        await ledger.done(AN, CancelTransfer("cancel", ST, TOKEN_ID, cancelling(done.tx_id)))
        assert await securities.register() == (80, 25)

        await securities.gate(Opening.OPEN)
        await ledger.done(CN_A, securities.move(1))
        await ledger.done(CN_B, securities.move(2, back=True))
        assert await securities.register() == (81, 24)

        closed = False

        async def close_after_the_signature(_asker: str, _asked: str, method: str) -> Delivery:
            nonlocal closed
            if method == NOTARISE and not closed:
                closed = True
                await securities.gate(Opening.CLOSED)
            return Delivery.DELIVER

        ledger.hub.policy = close_after_the_signature
        assert await securities.refused(CN_A, securities.move(5)) == "GATE_CLOSED"
        assert closed  # it was signed for by all, and not notarised: not in effect
        assert await securities.register() == (81, 24)


async def test_a_closed_network_stops_moves_through_controlled_gates_and_trades_as_well(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        securities = await Securities.open(ledger, controlled=True)
        await ledger.issue(1000)
        trades = NativeTrades(ledger)

        assert await securities.refused(CN_A, securities.move(1)) == "RULE_STATE_MISSING"
        await ledger.done(SN, SetNetworkControl("open", ST, Opening.OPEN, "o.kato"))
        await ledger.done(CN_A, securities.move(10))
        terms = trades.terms()
        await trades.authorise(terms)
        settled = await ledger.done(CN_A, trades.settle(terms))
        half = CancelTransfer("half", ST, TOKEN_ID, cancelling(settled.tx_id))  # the seller would keep the cash
        assert await securities.refused(AN, half) == "TRANSFER_NOT_CANCELLABLE"
        await ledger.done(SN, SetNetworkControl("close", ST, Opening.CLOSED, "o.kato"))
        assert await securities.refused(CN_A, securities.move(1)) == "NETWORK_CLOSED"
        later = trades.terms(2)
        await trades.authorise(later)
        assert await securities.refused(CN_A, trades.settle(later)) == "NETWORK_CLOSED"
        assert (
            await securities.refused(CN_A, SetNetworkControl("mine", ST, Opening.OPEN, "x")) == "OPERATOR_KEY_MISSING"
        )
        assert await securities.register() == (80, 20)


async def test_frozen_units_wait_and_their_account_neither_gives_nor_takes(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        securities = await Securities.open(ledger)
        await ledger.done(CN_A, securities.move(40))
        await ledger.done(AN, FreezeToken("freeze", ST, TOKEN_ID, 25, SELLER_ACCOUNT, NOTE))

        for node in (AN, CN_A):
            assert await securities.balance(node, SELLER_ACCOUNT) == Balance(35, 0, 25)
        assert await securities.refused(CN_A, securities.move(36)) == "TOKENS_INSUFFICIENT"
        assert await securities.refused(CN_A, securities.move(35)) == "ACCOUNT_FROZEN"
        assert await securities.refused(CN_B, securities.move(1, back=True)) == "ACCOUNT_FROZEN"
        too_many = ThawToken("too-many", ST, TOKEN_ID, 26, SELLER_ACCOUNT, NOTE)
        assert await securities.refused(AN, too_many) == "REGISTER_HOLDS_LESS"

        await ledger.done(AN, ForceToken("force", ST, TOKEN_ID, 45, SELLER_ACCOUNT, BUYER_ACCOUNT, NOTE))
        assert await securities.balance(AN, SELLER_ACCOUNT) == Balance(0, 0, 15)
        await ledger.done(AN, ThawToken("thaw", ST, TOKEN_ID, 0, SELLER_ACCOUNT, NOTE))
        await ledger.done(CN_A, securities.move(15))
        assert await securities.register() == (0, 100)


async def test_only_the_registrar_acts_and_only_on_what_is_there(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, (*TOKEN_PARTIES, EN)) as ledger:
        securities = await Securities.open(ledger)
        moved = await ledger.done(CN_A, securities.move(30))
        spent = await ledger.done(CN_B, securities.move(10, back=True))
        force = ForceToken("force", ST, TOKEN_ID, 1, SELLER_ACCOUNT, BUYER_ACCOUNT, NOTE)

        assert await securities.refused(CN_A, force) == "MEMBERSHIP_MISSING"
        gate = SetGate("gate", ST, GATE_ID, Opening.OPEN, controlled=False, author="x")
        assert await securities.refused(CN_A, gate) == "NODE_ROLE_MISSING"
        unknown = replace(force, request_id="unknown", token_id="ST-9")  # noqa: S106 # the name of a security
        assert await securities.refused(AN, unknown) == "SECURITY_UNKNOWN"
        assert await securities.refused(AN, replace(force, request_id="f2", quantity=900)) == "REGISTER_HOLDS_LESS"
        for request_id, tx_id in (("gone", moved.tx_id), ("nothing", b"\x07" * 32)):
            cancel = CancelTransfer(request_id, ST, TOKEN_ID, cancelling(tx_id))
            assert await securities.refused(AN, cancel) == "TRANSFER_NOT_CANCELLABLE"
        await ledger.done(AN, CancelTransfer("cancel", ST, TOKEN_ID, cancelling(spent.tx_id)))
        assert await securities.register() == (70, 30)

        view = ledger.hub.join(EN.name, PeerRouter())
        with pytest.raises(RemoteCallerError) as refused:
            await view.request(AN.name, FETCH_RULE_STATE, peer_codec.encode_fetch_rule_state(TRANSFER_GATE, GATE_ID), 5)
        assert refused.value.reason == "NOT_A_MEMBER"
        await view.close()


async def test_a_security_is_registered_once_amended_by_approvers_and_issues_no_more_than_its_units(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        securities = await Securities.open(ledger)
        again = await ledger.done(AN, replace(REGISTER, request_id="again"))
        assert again.step is FlowStep.DONE
        other = replace(REGISTER, request_id="other", gate_id="GATE-2")
        assert await securities.refused(AN, other) == "INVALID_REQUEST"
        issue = IssueToken("too-many", ST, TOKEN_ID, 901, SELLER_ACCOUNT)
        assert await securities.refused(AN, issue) == "SECURITY_UNITS_EXCEEDED"

        larger = replace(TERMS, units=2000)
        amend = AmendSecurity("amend", ST, TOKEN_ID, larger, REGISTER.status, APPROVER_KEYS, "a", "b")
        await ledger.done(AN, amend)
        await ledger.done(AN, replace(issue, request_id="more"))
        fewer = replace(amend, request_id="fewer", approver_keys=APPROVER_KEYS[:1])
        assert await securities.refused(AN, fewer) == "APPROVER_MISSING"  # two have to agree, one key is here
        await ledger.done(AN, RetireSecurity("retire", ST, TOKEN_ID, "a", "b"))
        assert await securities.refused(AN, replace(issue, request_id="late", quantity=1)) == "SECURITY_REDEEMED"
        ungated = IssueToken("utility", BusinessNetwork.ST, "ST-2", 1, SELLER_ACCOUNT)
        await ledger.done(AN, ungated)
        taken = replace(REGISTER, request_id="taken", security_id="ST-2")
        assert await securities.refused(AN, taken) == "INVALID_REQUEST"
