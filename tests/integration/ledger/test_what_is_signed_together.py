"""A node signs a train of transactions once; who gets one of them sees a signature over it, and no other's content."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.signed import SignedTransaction
from tests.adversarial.flows.attacker import recorded
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.test_fsck_finds_what_was_altered import defects_of

COUNT = 8


async def issued_at_once(ledger: LedgerNetwork) -> list[SignedTransaction]:
    requests = [IssueCash(f"issue-{number}", COIN_ID, 100, BUYER_ACCOUNT) for number in range(COUNT)]
    return [signed_of(flow) for flow in await asyncio.gather(*(ledger.done(SN, request) for request in requests))]


async def moved_at_once(ledger: LedgerNetwork) -> list[SignedTransaction]:
    moves = [
        MoveCash(f"move-{number}", COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, SELLER_ACCOUNT) for number in range(COUNT)
    ]
    return [signed_of(flow) for flow in await asyncio.gather(*(ledger.done(CN_B, move) for move in moves))]


def signature_by(party: LedgerParty, signed: SignedTransaction) -> TransactionSignature:
    (found,) = (signature for signature in signed.signatures if signature.by == party.key)
    return found


async def test_flows_that_go_on_together_are_signed_together_and_recorded_by_all(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issues = await issued_at_once(ledger)
        moves = await moved_at_once(ledger)
        for party, trains in ((SN, issues), (BUYER, moves), (SN, moves)):
            made = {signature_by(party, signed).signature for signed in trains}
            assert len(made) < COUNT
        for signed in (*issues, *moves):
            signed.verify_signatures_except()
        await ledger.everything_delivered(SN)
        await ledger.everything_delivered(CN_B)
        for holder in (CN_A, CN_B, SN):
            for signed in moves:
                assert (await recorded(ledger, holder, signed.id)).id == signed.id
    for party in (SN, CN_A, CN_B):
        assert not defects_of(tmp_path, party)


async def test_what_travels_with_a_signature_is_of_the_other_transactions_not_even_their_ids(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issues = await issued_at_once(ledger)
        assert any(signature_by(SN, signed).partial_tree for signed in issues)
        for signed in issues:
            said = signed.encode()
            for other in issues:
                if other is not signed:
                    assert bytes(other.id) not in said
                    assert bytes(other.wire.salt) not in said
