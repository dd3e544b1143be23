from __future__ import annotations

import asyncio

import pytest

from chains.progmat.flows import pending_book
from chains.progmat.flows.pending_book import Countersigned, PendingBook
from chains.progmat.transactions.signature import sign_transaction
from tests.adversarial.flows.test_ancestors_that_come_along import issue_of
from tests.fakes.ledger_parties import SN


def entry(number: int, asker: str = "cn-a") -> Countersigned:
    signed = issue_of(number)
    return Countersigned(asker, signed, (sign_transaction(SN.signer, signed.id),), since_ms=number)


def test_what_is_signed_is_found_until_it_is_settled() -> None:
    book, one, other = PendingBook(), entry(1), entry(2, "cn-b")
    for each in (one, other, one):
        book.countersigned(each)
    assert (len(book), book.held(one.signed.id), book.asker_of(other.signed.id)) == (2, one, "cn-b")
    assert (book.older_than(2), book.of("cn-b"), book.of("nobody")) == ([one], [other], [])
    book.settled(one.signed.id)
    book.settled(one.signed.id)
    assert (len(book), book.held(one.signed.id), book.asker_of(one.signed.id)) == (1, None, None)


def test_what_is_written_down_leaves_memory_and_is_not_remembered_again() -> None:
    book, one = PendingBook(), entry(1)
    book.countersigned(one)
    book.written(bytes(one.signed.id), one.asker)
    book.countersigned(one)
    assert (len(book), book.asker_of(one.signed.id), book.is_anything_written) == (0, "cn-a", True)
    assert book.written_of("cn-a") == [bytes(one.signed.id)]
    book.erased(bytes(one.signed.id))
    assert (book.asker_of(one.signed.id), book.is_anything_written) == (None, False)


def test_an_asker_has_so_many_bytes_and_loses_its_oldest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    book, others, mine = PendingBook(), entry(0, "cn-b"), [entry(number) for number in range(1, 6)]
    size_bytes = len(mine[0].signed.wire_bytes)
    monkeypatch.setattr(pending_book, "MAX_HELD_BYTES_OF_AN_ASKER", 3 * size_bytes + 16)
    book.countersigned(others)
    for each in mine:
        book.countersigned(each)
    assert book.of("cn-a") == mine[2:]
    assert book.of("cn-b") == [others]


async def test_whoever_waits_wakes_when_something_is_signed() -> None:
    book, one = PendingBook(), entry(1)
    waiting = asyncio.create_task(book.until_anything_is_pending())
    await asyncio.sleep(0)
    assert not waiting.done()
    book.countersigned(one)
    await waiting
    await book.until_anything_is_pending()
    book.written(bytes(one.signed.id), one.asker)
    await book.until_anything_is_pending()
