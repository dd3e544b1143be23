"""Attacks on ``node.finalise`` and ``node.fetch_transactions``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.flows import peer_codec
from chains.progmat.flows.peer_codec import WantedOutputs
from chains.progmat.flows.requests import MoveCash
from chains.rpc_status import RemoteCallerError, RemotePeerError
from tests.adversarial.flows.attacker import FRAME, ask, deliver, forged, output_of, recorded, signed_by
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, COIN_ID, NN, SELLER, SN, cash, cash_move
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, running_ledger

MOVE = MoveCash("move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)


async def test_a_transaction_without_the_notarys_signature_is_not_recorded(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        paid = signed_by(cash_move(FRAME, [output_of(issued, 0)], cash(1000, SELLER, CN_A)), [BUYER, SN])
        with pytest.raises(RemotePeerError) as refused:
            await deliver(ledger, SN, CN_A, paid)
        assert refused.value.reason == "SIGNATURES_MISSING"
        with pytest.raises(RemotePeerError) as refused:
            await deliver(ledger, SN, CN_A, forged(paid, NN))
        assert refused.value.reason == "SIGNATURE_REFUSED"
        assert await ledger.total_yen(CN_A) == 0


async def test_another_transactions_signatures_do_not_make_one_final(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        moved = await recorded(ledger, CN_B, (await ledger.done(CN_B, MOVE)).tx_id)
        other = signed_by(cash_move(FRAME, [output_of(issued, 0)], cash(1000, SELLER, CN_A)), [BUYER, SN])
        mixed = replace(other, signatures=moved.signatures)
        with pytest.raises(RemotePeerError) as refused:
            await deliver(ledger, CN_B, CN_A, mixed)
        assert refused.value.reason == "SIGNATURE_REFUSED"


async def test_a_node_records_nothing_it_takes_no_part_in(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        await ledger.done(CN_B, MOVE)  # brings the memberships that every transaction here references
        issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
        with pytest.raises(RemotePeerError) as refused:
            await deliver(ledger, CN_B, CN_A, issued)
        assert refused.value.reason == "BAD_FINALITY"


async def test_a_delivery_that_comes_again_changes_nothing(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        moved = await recorded(ledger, CN_B, (await ledger.done(CN_B, MOVE)).tx_id)
        for _ in range(2):
            await deliver(ledger, SN, CN_A, moved)
        assert await ledger.total_yen(CN_A) == 300


async def test_a_stranger_to_a_transaction_cannot_fetch_it(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await ledger.issue(1000)
        assert issued.tx_id is not None
        body = peer_codec.encode_fetch_request((WantedOutputs(issued.tx_id),))
        for asked in (SN, CN_B):
            with pytest.raises(RemoteCallerError) as refused:
                await ask(ledger, CN_A, asked, peer_codec.FETCH_TRANSACTIONS, body)
            assert refused.value.reason == "NOT_A_PARTICIPANT"
        unknown = peer_codec.encode_fetch_request((WantedOutputs(bytes(32)),))
        with pytest.raises(RemoteCallerError) as missing:
            await ask(ledger, CN_A, SN, peer_codec.FETCH_TRANSACTIONS, unknown)
        assert missing.value.reason == "TRANSACTION_UNKNOWN"


async def test_a_payee_fetches_the_back_chain_of_what_it_was_paid_and_no_more(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued, other = await ledger.issue(300), await ledger.issue(500)
        moved = await ledger.done(CN_B, MoveCash("m", COIN_ID, SN.name, 500, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        assert (await recorded(ledger, CN_A, other.tx_id)).id == other.tx_id
        assert (await recorded(ledger, CN_A, moved.tx_id)).id == moved.tx_id
        assert issued.tx_id is not None
        with pytest.raises(RemoteCallerError) as refused:
            await ask(
                ledger,
                CN_A,
                CN_B,
                peer_codec.FETCH_TRANSACTIONS,
                peer_codec.encode_fetch_request((WantedOutputs(issued.tx_id),)),
            )
        assert refused.value.reason == "NOT_A_PARTICIPANT"
