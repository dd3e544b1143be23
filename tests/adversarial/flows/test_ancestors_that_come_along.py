"""Ancestors that a delivery brings unasked: taken only where they are wanted, and believed no more than others."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chains.progmat.contracts.membership import MemberRole
from chains.progmat.flows import peer_codec
from chains.progmat.flows.ahead import MAX_REMEMBERED, Ahead
from chains.progmat.flows.peer_codec import Finality
from chains.progmat.flows.requests import MoveCash
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.storage import stored_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import MAX_AHEAD, encode_signature
from chains.rpc_status import RemotePeerError
from primitives.errors import DecodeError
from tests.adversarial.flows.attacker import FRAME, ask, output_of, recorded, signed_by
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    SELLER,
    SN,
    VALIDATORS,
    LedgerParty,
    cash,
    cash_issue,
    cash_move,
    membership,
    membership_issue,
)
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, LedgerNetwork, running_ledger

MOVE = MoveCash("move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


class CountingRouter(PeerRouter):
    """Notes which methods peers ask for."""

    def __init__(self, asked: list[str], _name: str) -> None:
        super().__init__()
        self._asked = asked

    async def dispatch(self, identity: PeerIdentity, method: str, body: bytes) -> bytes:
        self._asked.append(method)
        return await super().dispatch(identity, method, body)


async def deliver_with(
    ledger: LedgerNetwork, asked: LedgerParty, signed: SignedTransaction, *ahead: SignedTransaction
) -> bytes:
    body = peer_codec.encode_finality(
        Finality(
            signed.id,
            tuple(map(encode_signature, signed.signatures)),
            signed.wire_bytes,
            tuple(item.encode() for item in ahead),
        )
    )
    return await ask(ledger, CN_B, asked, peer_codec.FINALISE, body)


async def is_recorded(ledger: LedgerNetwork, party: LedgerParty, tx_id: bytes | None) -> bool:
    assert tx_id is not None
    database = ledger.vault(party).node.parts.database
    return await database.read(lambda connection: stored_transaction(connection, tx_id)) is not None


async def settled_world(ledger: LedgerNetwork) -> None:
    """Memberships are everywhere, so that only the coin's own history is at stake."""
    await ledger.issue(300)
    await ledger.done(CN_B, MOVE)


async def test_a_fresh_coins_payee_asks_for_nothing(tmp_path: Path) -> None:
    asked: list[str] = []
    async with running_ledger(tmp_path, CASH_PARTIES, router_of=partial(CountingRouter, asked)) as ledger:
        await settled_world(ledger)
        issued = await ledger.issue(500)
        asked.clear()
        await ledger.done(CN_B, MoveCash("m", COIN_ID, SN.name, 500, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        await ledger.everything_delivered(CN_B)
        assert await ledger.total_yen(CN_A) == 800
        assert await is_recorded(ledger, CN_A, issued.tx_id)
        assert peer_codec.FINALISE in asked
        assert peer_codec.FETCH_TRANSACTIONS not in asked


async def test_an_ancestor_that_fails_takes_the_descendant_with_it(tmp_path: Path) -> None:
    """The paid transaction is final and good; the ancestor shown for it has lost the notary's signature."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await settled_world(ledger)
        issued = await recorded(ledger, SN, (await ledger.issue(500)).tx_id)
        await ledger.stop(CN_A)
        moved = await ledger.run(CN_B, MoveCash("m", COIN_ID, SN.name, 500, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        final = await recorded(ledger, CN_B, moved.tx_id)
        await ledger.stop(CN_B)
        await ledger.start(CN_A)
        bare = SignedTransaction.of(issued.wire, issued.signatures[:1])
        with pytest.raises(RemotePeerError) as refused:
            await deliver_with(ledger, CN_A, final, bare)
        assert refused.value.reason == "SIGNATURES_MISSING"
        assert not await is_recorded(ledger, CN_A, final.id)
        await deliver_with(ledger, CN_A, final, issued)
        assert await is_recorded(ledger, CN_A, issued.id)
        assert await ledger.total_yen(CN_A) == 800


async def test_what_is_no_ancestor_is_left_lying(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await settled_world(ledger)
        strange = await recorded(ledger, SN, (await ledger.issue(111)).tx_id)
        issued = await recorded(ledger, SN, (await ledger.issue(500)).tx_id)
        await ledger.stop(CN_A)
        moved = await ledger.run(CN_B, MoveCash("m", COIN_ID, SN.name, 500, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        final = await recorded(ledger, CN_B, moved.tx_id)
        await ledger.stop(CN_B)
        await ledger.start(CN_A)
        await deliver_with(ledger, CN_A, final, strange, issued)
        assert not await is_recorded(ledger, CN_A, strange.id)
        assert await ledger.total_yen(CN_A) == 800


async def test_what_is_recorded_is_acknowledged_whatever_comes_with_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await settled_world(ledger)
        issued = await ledger.issue(500)
        moved = await ledger.done(CN_B, MoveCash("m", COIN_ID, SN.name, 500, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        await ledger.everything_delivered(CN_B)
        final, parent = await recorded(ledger, CN_B, moved.tx_id), await recorded(ledger, SN, issued.tx_id)
        bare = SignedTransaction.of(parent.wire, parent.signatures[:1])
        await deliver_with(ledger, CN_A, final, bare)
        await ledger.stop(CN_A)
        await ledger.start(CN_A)  # its memory of what it has recorded is gone
        await deliver_with(ledger, CN_A, final, bare)
        assert await ledger.total_yen(CN_A) == 800


async def test_who_had_a_history_attested_sends_no_ancestor_along(tmp_path: Path) -> None:
    """Whoever takes attested outputs gets the attestation in the ancestor's place, from the issuer as from others."""
    async with running_ledger(tmp_path, (*CASH_PARTIES, *VALIDATORS)) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(500)).tx_id)
        node = ledger.vault(SN).node
        node._ahead.note(issued, issued.encode(), {CN_B.name})
        moved = signed_by(cash_move(FRAME, [output_of(issued, 0)], cash(500, SELLER, CN_A)), [BUYER, SN])
        assert node._ahead.of(CN_A.name, moved.wire)
        await node.snipper.attest(issued.id)
        assert node._ahead.of(CN_A.name, moved.wire) == ()


# ---- what is sent ----


def issue_of(number: int) -> SignedTransaction:
    member = signed_by(membership_issue(FRAME, membership(SN, MemberRole.SC_ISSUER)), [SN], "member")
    return signed_by(cash_issue(FRAME, output_of(member, 0), cash(100, BUYER, CN_B)), [SN], f"issue-{number}")


def test_only_a_fresh_coin_goes_along_and_only_to_who_lacks_it() -> None:
    ahead, issued = Ahead(), issue_of(1)
    ahead.note(issued, issued.encode(), {SN.name, CN_B.name})
    moved = signed_by(cash_move(FRAME, [output_of(issued, 0)], cash(100, SELLER, CN_A)), [BUYER, SN])
    assert ahead.of(CN_A.name, moved.wire) == (issued.encode(),)
    assert ahead.of(SN.name, moved.wire) == ()
    ahead.note(moved, moved.encode(), {SN.name, CN_A.name})
    onward = signed_by(cash_move(FRAME, [output_of(moved, 0)], cash(100, BUYER, CN_B)), [SELLER, SN])
    assert ahead.of(CN_B.name, onward.wire) == ()  # it has a history of its own


def test_after_an_attestation_nothing_goes_along() -> None:
    ahead, issued = Ahead(), issue_of(1)
    ahead.note(issued, issued.encode(), {CN_B.name})
    ahead.attested()
    moved = signed_by(cash_move(FRAME, [output_of(issued, 0)], cash(100, SELLER, CN_A)), [BUYER, SN])
    assert ahead.of(CN_A.name, moved.wire) == ()


def test_what_goes_along_is_bounded() -> None:
    ahead = Ahead()
    issues = [issue_of(number) for number in range(MAX_AHEAD + 3)]
    for issued in issues:
        ahead.note(issued, issued.encode(), ())
    coins = [output_of(issued, 0) for issued in issues]
    moved = signed_by(cash_move(FRAME, coins, cash(100 * len(issues), SELLER, CN_A)), [BUYER, SN])
    sent = ahead.of(CN_A.name, moved.wire)
    assert len(sent) == MAX_AHEAD
    for number in range(MAX_REMEMBERED):
        later = issue_of(1000 + number)
        ahead.note(later, later.encode(), ())
    assert ahead.of(CN_A.name, moved.wire) == ()
    body = peer_codec.encode_finality(Finality(bytes(32), (b"s",), b"w"))
    assert peer_codec.with_ahead(body, ()) == body
    assert peer_codec.with_ahead(body, sent) == peer_codec.encode_finality(Finality(bytes(32), (b"s",), b"w", sent))
    assert peer_codec.decode_finality(peer_codec.with_ahead(body, sent)).ahead == sent
    with pytest.raises(DecodeError, match="too many ancestors"):
        peer_codec.decode_finality(peer_codec.with_ahead(body, (*sent, sent[0])))
