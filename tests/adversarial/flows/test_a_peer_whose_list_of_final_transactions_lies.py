"""A peer may list what it likes: nothing is believed before it is verified, and nobody else's part suffers."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from chains.progmat.flows import peer_codec, recovery
from chains.progmat.flows.errors import BadResolution, TransactionUnknown
from chains.progmat.flows.peer_codec import FetchAnswer, FinalListing, ListingCursor
from chains.progmat.flows.recovery import MAX_MISSING, PeerReport
from chains.progmat.flows.requests import MoveCash
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.storage import stored_transaction, unknown_transactions
from chains.progmat.transactions.signed import SignedTransaction
from primitives.errors import CrossDvpError
from primitives.hashing import sha256
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)

LISTED = bytes(sha256(b"listed"))
Page = Callable[[ListingCursor], FinalListing]


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[LedgerNetwork]:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        yield ledger


def take_over(ledger: LedgerNetwork, page: Page, shows: tuple[bytes, ...] = ()) -> list[str]:
    """cn-a lists as ``page`` says and shows the signed transactions ``shows``; returns the methods it was asked."""
    asked: list[str] = []

    async def list_final(_asker: PeerIdentity, body: bytes) -> bytes:
        asked.append(peer_codec.LIST_FINAL)
        return peer_codec.encode_listing(page(peer_codec.decode_list_request(body)))

    async def show(_asker: PeerIdentity, _body: bytes) -> bytes:
        asked.append(peer_codec.FETCH_TRANSACTIONS)
        return peer_codec.encode_fetch_response(FetchAnswer(tuple(shows)))

    router = PeerRouter()
    router.register(peer_codec.LIST_FINAL, list_final)
    router.register(peer_codec.FETCH_TRANSACTIONS, show)
    ledger.hub.join(CN_A.name, router)
    return asked


async def reports(ledger: LedgerNetwork) -> dict[str, PeerReport]:
    report = await ledger.vault(CN_B).node.recovery.reconcile()
    return {peer.peer: peer for peer in report.peers}


async def assert_harmless(ledger: LedgerNetwork, problem: str) -> None:
    found = await reports(ledger)
    assert problem in found[CN_A.name].problem, found
    assert found[SN.name].problem == ""
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000


async def test_a_list_that_stands_still(ledger: LedgerNetwork) -> None:
    asked = take_over(ledger, lambda cursor: FinalListing(ListingCursor("x", cursor.after), (), is_complete=False))
    await assert_harmless(ledger, "BAD_LISTING")
    assert len(asked) == 2


async def test_a_list_that_goes_back(ledger: LedgerNetwork) -> None:
    steps = itertools.count(10, -1)
    take_over(ledger, lambda _cursor: FinalListing(ListingCursor("x", next(steps)), (), is_complete=False))
    await assert_harmless(ledger, "BAD_LISTING")


async def test_a_list_of_nameless_records(ledger: LedgerNetwork) -> None:
    take_over(ledger, lambda _cursor: FinalListing(ListingCursor("", 1), (), is_complete=True))
    await assert_harmless(ledger, "BAD_LISTING")


async def test_a_list_that_names_its_records_anew_each_time(ledger: LedgerNetwork) -> None:
    names = itertools.count()
    asked = take_over(ledger, lambda _cursor: FinalListing(ListingCursor(f"x{next(names)}", 0), (), is_complete=False))
    await assert_harmless(ledger, "BAD_LISTING")
    assert len(asked) == 2


async def test_a_list_without_end_costs_its_peers_part_of_a_run(
    ledger: LedgerNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page after the other, each in time: nobody else waits for the last of ten thousand."""
    monkeypatch.setattr(recovery, "MAX_ASKING_S", 0.3)
    asked = take_over(ledger, lambda cursor: FinalListing(ListingCursor("x", cursor.after + 1), (), is_complete=False))
    await assert_harmless(ledger, "PEER_TIMED_OUT")
    assert 1 < len(asked) < recovery.MAX_PAGES


async def test_a_list_of_ids_that_nobody_has(ledger: LedgerNetwork) -> None:
    take_over(ledger, lambda _cursor: FinalListing(ListingCursor("x", 1), (LISTED,), is_complete=True))
    await assert_harmless(ledger, "BAD_RESOLUTION")
    cursor = (await reports(ledger))[CN_A.name]
    assert (cursor.listed, cursor.missing) == (1, 1)  # asked again from the start: its cursor was not kept


async def test_who_answers_in_a_peers_place_is_blamed_for_its_own_answer(ledger: LedgerNetwork) -> None:
    take_over(ledger, lambda _cursor: FinalListing(ListingCursor("x", 1), (LISTED,), is_complete=True))

    async def unknown(_asker: PeerIdentity, _body: bytes) -> bytes:
        raise TransactionUnknown(LISTED)

    async def nothing(_asker: PeerIdentity, _body: bytes) -> bytes:
        return peer_codec.encode_fetch_response(FetchAnswer(()))

    back_chain = ledger.vault(CN_B).node.recovery._back_chain
    for name, answer in ((CN_A.name, unknown), (SN.name, nothing)):
        router = PeerRouter()
        router.register(peer_codec.FETCH_TRANSACTIONS, answer)
        ledger.hub.join(name, router)
    with pytest.raises(BadResolution) as refused:
        await back_chain.fetch(CN_A.name, [LISTED], lambda _connection, _signed: None)
    assert refused.value.peer == SN.name


async def test_a_list_without_end_of_ids_that_nobody_has(ledger: LedgerNetwork) -> None:
    numbers = itertools.count()

    def page(cursor: ListingCursor) -> FinalListing:
        ids = tuple(bytes(sha256(next(numbers).to_bytes(8, "big"))) for _ in range(peer_codec.MAX_LISTED_IDS))
        return FinalListing(ListingCursor("x", cursor.after + 1), ids, is_complete=False)

    asked = take_over(ledger, page)
    await assert_harmless(ledger, "BAD_LISTING")
    assert asked.count(peer_codec.LIST_FINAL) <= 2 + MAX_MISSING // peer_codec.MAX_LISTED_IDS


async def test_others_transactions_are_not_taken_in(ledger: LedgerNetwork) -> None:
    """Valid and final, but none of this node's business: it would learn what it must not know."""
    to_seller = await ledger.done(CN_B, MoveCash("give", COIN_ID, SN.name, 400, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
    assert to_seller.tx_id is not None
    own = await ledger.done(CN_A, MoveCash("own", COIN_ID, SN.name, 400, SELLER_ACCOUNT.key, SELLER_ACCOUNT))
    tx_id = own.tx_id or b""
    stored = await ledger.vault(CN_A).node.parts.database.read(partial(stored_transaction, tx_id=tx_id))
    assert stored is not None
    take_over(
        ledger,
        lambda _cursor: FinalListing(ListingCursor("x", 1), (tx_id,), is_complete=True),
        shows=(stored.signed_bytes,),
    )
    found = await reports(ledger)
    assert "BAD_LISTING" in found[CN_A.name].problem
    database = ledger.vault(CN_B).node.parts.database
    assert await database.read(partial(unknown_transactions, tx_ids=[tx_id])) == [tx_id]


async def test_what_is_not_final_is_not_taken_in(ledger: LedgerNetwork) -> None:
    paid = await ledger.done(CN_B, MoveCash("pay", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, BUYER_ACCOUNT))
    stored = await ledger.vault(CN_B).node.parts.database.read(partial(stored_transaction, tx_id=paid.tx_id or b""))
    assert stored is not None
    signed = SignedTransaction.decode(stored.signed_bytes)
    stripped = SignedTransaction(signed.wire_bytes, signed.signatures[:1]).encode()
    await ledger.stop(CN_B)
    for file in (ledger.folder / CN_B.name).glob("node*"):
        file.unlink()
    ledger.hub.leave(SN.name)
    await ledger.start(CN_B)
    take_over(
        ledger,
        lambda _cursor: FinalListing(ListingCursor("x", 1), (paid.tx_id or b"",), is_complete=True),
        shows=(stripped,),
    )
    found = await reports(ledger)
    assert found[CN_A.name].missing == 1
    assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 0


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x50" + b"x" * 80, b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\x7f"])
async def test_malformed_requests_are_refused(ledger: LedgerNetwork, body: bytes) -> None:
    with pytest.raises(CrossDvpError):
        await ledger.hub.join(CN_A.name, PeerRouter()).request(CN_B.name, peer_codec.LIST_FINAL, body, 5)
