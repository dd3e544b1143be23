"""Attacks on ``node.countersign``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.notary_change import change_command
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.node.peers import PeerRouter
from chains.rpc_status import RemoteCallerError, RemotePeerError
from tests.adversarial.flows.attacker import (
    FRAME,
    countersign,
    forged,
    output_of,
    recorded,
    signed_by,
)
from tests.fakes.commit_requests import tx_id_of
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    SECOND,
    SELLER,
    SN,
    STRANGER,
    cash,
    cash_issue,
    cash_move,
)
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    PACKAGE,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.two_notaries import TWO_NOTARIES, ledger_of_two_notaries

MOVE = MoveCash("move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def buyers_cash(ledger: LedgerNetwork) -> CashState:
    issued = await ledger.issue(1000)
    return CashState.of((await recorded(ledger, SN, issued.tx_id)).wire.outputs[0])


async def test_the_issuer_signs_no_issue_that_another_node_began(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        admitted = await recorded(ledger, SN, (await ledger.operations(SN).flow("admit-sn")).tx_id)
        issue = signed_by(cash_issue(FRAME, output_of(admitted, 0), cash(10**9)), [])
        with pytest.raises(RemoteCallerError) as refused:
            await countersign(ledger, CN_B, SN, issue)
        assert refused.value.reason == "COUNTERSIGN_REFUSED"


async def test_the_issuer_does_not_sign_what_the_owner_has_not_signed(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        stolen = cash_move(FRAME, [output_of(issued, 0)], cash(1000, SELLER, CN_A))
        with pytest.raises(RemotePeerError) as refused:
            await countersign(ledger, CN_A, SN, signed_by(stolen, []))
        assert refused.value.reason == "SIGNATURES_MISSING"
        with pytest.raises(RemotePeerError) as refused:
            await countersign(ledger, CN_A, SN, forged(signed_by(stolen, []), BUYER))
        assert refused.value.reason == "SIGNATURE_REFUSED"


async def test_the_issuer_signs_no_move_that_makes_coins(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        minted = cash_move(FRAME, [output_of(issued, 0)], cash(1001, SELLER, CN_A))
        with pytest.raises(RemotePeerError) as refused:
            await countersign(ledger, CN_B, SN, signed_by(minted, [BUYER]))
        assert refused.value.reason == "CASH_RULE_BROKEN"


async def test_a_custodian_signs_nothing_for_others(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        stolen = cash_move(FRAME, [output_of(issued, 0)], cash(1000, SELLER, CN_A))
        for liar in (CN_A, SN):
            with pytest.raises(RemoteCallerError) as refused:
                await countersign(ledger, liar, CN_B, signed_by(stolen, []))
            assert refused.value.reason == "COUNTERSIGN_REFUSED"
            await ledger.stop(liar)
            await ledger.start(liar)


async def test_garbage_gets_a_named_error(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        view = ledger.hub.join(CN_B.name, PeerRouter())
        for body in (b"", b"\xff" * 100, bytes(4 * 1024 * 1024)):
            for method in ("node.countersign", "node.finalise", "node.fetch_transactions"):
                with pytest.raises((RemotePeerError, RemoteCallerError)) as refused:
                    await view.request(SN.name, method, body, 5)
                assert refused.value.reason != "INTERNAL"
        await view.close()


@pytest.mark.parametrize("lie", ["forged", "foreign", "none", "garbage", "batch of others"])
async def test_a_lying_issuer_cannot_make_a_custodian_go_on(tmp_path: Path, lie: str) -> None:
    from chains.progmat.flows import peer_codec
    from chains.progmat.node.peers import PeerIdentity
    from chains.progmat.transactions.signature import TransactionSignature, sign_batch, sign_transaction
    from chains.progmat.transactions.signed import SignedTransaction
    from chains.progmat.transactions.signed_codec import encode_signature

    async def answer(_asker: PeerIdentity, body: bytes) -> bytes:
        tx_id = SignedTransaction.decode(peer_codec.decode_countersign_request(body)[0]).id
        signatures = {
            "forged": (TransactionSignature(SN.key, bytes(63) + b"\x01", 1),),
            "foreign": (sign_transaction(STRANGER.signer, tx_id),),
            "none": (),
            "batch of others": sign_batch(SN.signer, [tx_id_of("one"), tx_id_of("two")])[:1],
        }
        if lie == "garbage":
            return b"\xff\xff"
        return peer_codec.encode_countersign_response(tuple(map(encode_signature, signatures[lie])))

    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.stop(SN)
        liar = PeerRouter()
        liar.register(peer_codec.COUNTERSIGN, answer)
        ledger.hub.join(SN.name, liar)
        failed = await ledger.run(CN_B, MOVE)
        assert failed.step is FlowStep.FAILED
        assert failed.last_error_reason in {"BAD_COUNTERSIGNATURE", "DECODE_ERROR"}
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_the_issuer_replaces_nothing_by_more_and_nothing_without_its_owner(tmp_path: Path) -> None:
    async with ledger_of_two_notaries(tmp_path) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        coin = output_of(issued, 0)
        frame = TransactionFrame(TWO_NOTARIES, PACKAGE.hash)
        honest = replace(
            frame.start(),
            inputs=(coin.ref,),
            outputs=(cash(1000).as_output(SECOND.party),),
            commands=(change_command(SECOND.party, BUYER.key, SN.key),),
        )
        richer = replace(honest, outputs=(cash(1001).as_output(SECOND.party),))
        without_owner = replace(honest, commands=(change_command(SECOND.party, SN.key),))
        for attack, signers, reason in (
            (richer, [BUYER], "REPLACEMENT_RULE_BROKEN"),
            (without_owner, [], "REPLACEMENT_RULE_BROKEN"),
            (honest, [], "SIGNATURES_MISSING"),
        ):
            with pytest.raises(RemotePeerError) as refused:
                await countersign(ledger, CN_B, SN, signed_by(attack, signers))
            assert refused.value.reason == reason
        assert await countersign(ledger, CN_B, SN, signed_by(honest, [BUYER]))
        with pytest.raises(RemoteCallerError) as no_issuer:
            await countersign(ledger, SN, CN_A, signed_by(honest, [BUYER]))
        assert no_issuer.value.reason == "COUNTERSIGN_REFUSED"
