"""Attacks on what a countersigner remembers: signatures asked for and never used, lies about what is final."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.flows import pending_book, pending_rows
from chains.progmat.flows.pending import ASK_AFTER_MS, WRITE_AFTER_MS
from chains.progmat.flows.pending_rows import PendingRow
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.storage import unknown_transactions
from chains.progmat.notary.batch_writer import sign_again
from chains.progmat.notary.codec import Notarised
from chains.progmat.notary.find_codec import FindAnswer, Found, decode_find_request, encode_find_response
from chains.progmat.notary.model import Committed
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import encode_signature
from chains.rpc_status import RemoteCallerError
from primitives.types import Hash32
from tests.adversarial.flows.attacker import FRAME, countersign, output_of, recorded, signed_by
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, NN, SELLER, SN, STRANGER, VALIDATORS, cash, cash_move
from tests.integration.ledger.network import CASH_PARTIES, SELLER_ACCOUNT, LedgerNetwork, running_ledger

Answer = Callable[[Hash32], tuple[Found, ...]]


async def move_of(ledger: LedgerNetwork, issued: SignedTransaction, to: CashState) -> TransactionBuilder:
    """The whole coin, with the memberships that the contract wants; it has no time window."""
    admitted = [await ledger.operations(SN).flow(f"admit-{party.name}") for party in (CN_A, CN_B)]
    members = tuple(StateRef(Hash32(flow.tx_id or b""), 0) for flow in admitted)
    return replace(cash_move(FRAME, [output_of(issued, 0)], to), references=members)


async def bought(ledger: LedgerNetwork, count: int = 1) -> list[SignedTransaction]:
    """Payments of one coin that the buyer's node has signed and keeps to itself, each another transaction."""
    issued = await recorded(ledger, SN, (await ledger.issue(1000)).tx_id)
    built = await move_of(ledger, issued, cash(1000, SELLER, CN_A))
    return [signed_by(built, [BUYER], f"payment {number}") for number in range(count)]


async def rows_of(ledger: LedgerNetwork) -> tuple[PendingRow, ...]:
    return await ledger.vault(SN).node.parts.database.read(partial(pending_rows.oldest, limit=500))


async def look(ledger: LedgerNetwork, after_ms: int) -> tuple[PendingRow, ...]:
    ledger.clock.advance_ms(after_ms)
    await ledger.vault(SN).node.pending.look()
    return await rows_of(ledger)


async def is_recorded(ledger: LedgerNetwork, signed: SignedTransaction) -> bool:
    database = ledger.vault(SN).node.parts.database
    return not await database.read(partial(unknown_transactions, tx_ids=[signed.id]))


async def test_signatures_that_are_asked_for_and_never_used_cost_bounded_memory_and_records_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_book, "MAX_HELD_OF_AN_ASKER", 8)
    monkeypatch.setattr(pending_rows, "MAX_ROWS_OF_AN_ASKER", 10)
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        book = ledger.vault(SN).node.pending.book
        payments = await bought(ledger, 24)
        for start in range(0, 24, 12):
            for signed in payments[start : start + 12]:
                await countersign(ledger, CN_B, SN, signed)
            assert len(book) == 8
            rows = await look(ledger, WRITE_AFTER_MS + 1)
            assert len(book) == 0
            assert set(book.written_of(CN_B.name)) == {row.tx_id for row in rows}
        assert len(rows) == 10
        assert {row.tx_id for row in rows} >= {bytes(signed.id) for signed in payments[16:]}
        assert not any([await is_recorded(ledger, signed) for signed in payments])


async def test_a_flood_of_one_member_takes_nothing_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending_book, "MAX_HELD_OF_AN_ASKER", 4)
    monkeypatch.setattr(pending_rows, "MAX_ROWS_OF_AN_ASKER", 4)
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        issued = await recorded(ledger, SN, (await ledger.issue(500, SELLER_ACCOUNT)).tx_id)
        honest = signed_by(await move_of(ledger, issued, cash(500, BUYER, CN_B)), [SELLER], "honest")
        await countersign(ledger, CN_A, SN, honest)
        for signed in await bought(ledger, 12):
            await countersign(ledger, CN_B, SN, signed)
        assert bytes(honest.id) in {row.tx_id for row in await look(ledger, WRITE_AFTER_MS + 1)}


async def test_a_payment_whose_coin_is_spent_otherwise_is_forgotten(tmp_path: Path) -> None:
    """Without a time window it could wait for ever; its input is gone."""
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        kept, used = await bought(ledger, 2)
        await countersign(ledger, CN_B, SN, kept)
        await look(ledger, WRITE_AFTER_MS + 1)
        final = await notarised(ledger, used)
        database = ledger.vault(SN).node.parts.database
        await database.submit(partial(_record, ledger, final))
        assert await look(ledger, ASK_AFTER_MS) == ()
        assert not await is_recorded(ledger, kept)


async def notarised(ledger: LedgerNetwork, signed: SignedTransaction) -> SignedTransaction:
    """As the attacker has it made final, without telling anybody."""
    desk = ledger.vault(CN_B).node._desk
    complete = signed.with_signatures(sign_transaction(SN.signer, signed.id))
    return complete.with_signatures((await desk.notarise(complete)).signature)


def _record(ledger: LedgerNetwork, signed: SignedTransaction, connection: object) -> None:
    ledger.vault(SN).node.pending._recorder.record(connection, signed, 0, ledger.clock.now_ms())  # type: ignore[arg-type] # a connection


# ---- the notary lies ----


def found(signed_by_key: object, tx_id: Hash32, position: int = 0, approvals: tuple[bytes, ...] = ()) -> Found:
    answer = sign_again(signed_by_key, Committed(tx_id, 1, position))  # type: ignore[arg-type] # a signer
    return Found(tx_id, Notarised(encode_signature(answer.signature), position, 1), approvals)


LIES: dict[str, Answer] = {
    "a stranger's signature": lambda tx_id: (found(STRANGER.signer, tx_id),),
    "a signature over something else": lambda tx_id: (Found(tx_id, found(NN.signer, Hash32(bytes(32))).notarised),),
    "garbage for a signature": lambda tx_id: (Found(tx_id, Notarised(b"\xff" * 40, 0, 1)),),
    "a position for what writes nothing": lambda tx_id: (found(NN.signer, tx_id, position=7),),
    "the issuer's signature for the Validators'": lambda tx_id: (
        found(NN.signer, tx_id, approvals=(encode_signature(sign_transaction(SN.signer, tx_id)),)),
    ),
    "a Validator's signature that nothing asks for": lambda tx_id: (
        found(NN.signer, tx_id, approvals=(encode_signature(sign_transaction(VALIDATORS[0].signer, tx_id)),)),
    ),
    "another transaction": lambda _tx_id: (found(NN.signer, Hash32(b"\x01" * 32)),),
    "the same one twice": lambda tx_id: (found(NN.signer, tx_id), found(NN.signer, tx_id)),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_notary_that_lies_about_what_is_final_makes_nobody_record_it(tmp_path: Path, lie: Answer) -> None:
    async def answer(_asker: PeerIdentity, body: bytes) -> bytes:
        (tx_id,) = decode_find_request(body)
        return encode_find_response(FindAnswer(lie(tx_id), ledger.clock.now_s()))

    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        (signed,) = await bought(ledger)
        await countersign(ledger, CN_B, SN, signed)
        await look(ledger, WRITE_AFTER_MS + 1)
        await ledger.stop(NN)
        liar = PeerRouter()
        liar.register("notary.find", answer)
        ledger.hub.join(NN.name, liar)
        (row,) = await look(ledger, ASK_AFTER_MS)
        assert row.last_error_reason in {"ANSWER_PROVES_NOTHING", "SIGNATURE_REFUSED"}
        assert (row.attempts, row.next_attempt_ms > ledger.clock.now_ms()) == (1, True)
        assert not await is_recorded(ledger, signed)
        assert await ledger.total_yen(SN) == 1000


async def test_a_notary_that_is_away_or_refuses_is_asked_again_and_is_named(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        (signed,) = await bought(ledger)
        await countersign(ledger, CN_B, SN, signed)
        await look(ledger, WRITE_AFTER_MS + 1)
        await ledger.stop(NN)
        (row,) = await look(ledger, ASK_AFTER_MS)
        assert row.last_error_reason == "PEER_UNREACHABLE"
        await ledger.start(NN)
        await notarised(ledger, signed)
        assert await look(ledger, row.next_attempt_ms - ledger.clock.now_ms()) == ()
        assert await is_recorded(ledger, signed)


async def test_a_notary_that_lets_two_payments_of_one_coin_be_final_is_seen_and_one_is_recorded(
    tmp_path: Path,
) -> None:
    async def everything_is_final(_asker: PeerIdentity, body: bytes) -> bytes:
        yes = tuple(found(NN.signer, tx_id) for tx_id in decode_find_request(body))
        return encode_find_response(FindAnswer(yes, ledger.clock.now_s()))

    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        for signed in (payments := await bought(ledger, 2)):
            await countersign(ledger, CN_B, SN, signed)
        await look(ledger, WRITE_AFTER_MS + 1)
        await ledger.stop(NN)
        liar = PeerRouter()
        liar.register("notary.find", everything_is_final)
        ledger.hub.join(NN.name, liar)
        (row,) = await look(ledger, ASK_AFTER_MS)
        assert row.last_error_reason == "CONFLICTING_CONSUMPTION"
        assert [await is_recorded(ledger, signed) for signed in payments].count(True) == 1
        assert await ledger.total_yen(SN) == 1000


# ---- somebody else asks for the signature ----


async def test_a_signature_that_was_given_is_given_to_others_only_for_the_very_same_transaction(
    tmp_path: Path,
) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        one, other = await bought(ledger, 2)
        first = await countersign(ledger, CN_B, SN, one)
        assert await countersign(ledger, CN_A, SN, one) == first
        assert ledger.vault(SN).node.pending.book.asker_of(one.id) == CN_B.name
        unsigned = SignedTransaction.of(other.wire)
        with pytest.raises(Exception, match="all required keys have signed"):
            await countersign(ledger, CN_A, SN, unsigned)


async def test_who_is_refused_a_signature_leaves_nothing_behind(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        (signed,) = await bought(ledger)
        with pytest.raises(RemoteCallerError):
            await countersign(ledger, CN_A, CN_B, signed)
        assert len(ledger.vault(CN_B).node.pending.book) == 0
