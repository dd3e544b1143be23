"""Unspent states in the order in which they came: paged, narrowed, and those whose history is still open."""

from __future__ import annotations

from sqlalchemy import Connection

from chains.progmat.node.storage import store_recorded
from chains.progmat.node.storage.attested_store import keep_attestation
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.soft_locks import held_by_others, lock_states
from chains.progmat.vault.unspent import PAGE, NotaryFilter, unattested_transactions, unspent_pages
from tests.fakes.vault_world import ALICE, BOB, COIN, NOTARY, RULES, TOKEN, Tx, cash, tokens, tx


def recorded(connection: Connection, of: Tx) -> Tx:
    store_recorded(connection, of.id, b"signed", 0, 0)
    record_transaction(connection, of, RULES)
    return of


def refs(
    connection: Connection, account_key: bytes = b"", asset_id: str = "", at: NotaryFilter | None = None
) -> list[StateRef]:
    pages = list(unspent_pages(connection, account_key, asset_id, at or NotaryFilter()))
    assert all(0 < len(page) <= PAGE for page in pages)
    return [state.ref for page in pages for state in page]


def test_a_large_vault_comes_in_pages_each_state_once_in_the_order_it_came(connection: Connection) -> None:
    made = [
        recorded(connection, tx(f"t{number}", *(cash(ALICE, 1 + index) for index in range(200)))) for number in range(6)
    ]
    assert refs(connection) == [of.ref(index) for of in made for index in range(200)]


def test_outputs_of_unwanted_transactions_are_left_out(connection: Connection) -> None:
    wanted, _ = (recorded(connection, tx(name, cash(ALICE, 1), cash(ALICE, 2))) for name in ("wanted", "other"))
    pages = unspent_pages(connection, b"", "", made_by=lambda tx_ids: tx_ids & {wanted.id})
    assert [[state.ref for state in page] for page in pages] == [[wanted.ref(0), wanted.ref(1)]]


def test_exactly_a_page_is_followed_by_nothing(connection: Connection) -> None:
    for number in range(2):
        recorded(connection, tx(f"t{number}", *(cash(ALICE, 1) for _ in range(PAGE // 2))))
    assert [len(page) for page in unspent_pages(connection, b"", "")] == [PAGE]


def test_it_is_narrowed_by_account_asset_and_notary(connection: Connection) -> None:
    of = recorded(connection, tx("t", cash(ALICE, 1), cash(BOB, 2), tokens(ALICE, 3)))
    assert refs(connection, ALICE.key) == [of.ref(0), of.ref(2)]
    assert refs(connection, asset_id=TOKEN) == [of.ref(2)]
    assert refs(connection, BOB.key, COIN) == [of.ref(1)]
    assert refs(connection, BOB.key, TOKEN) == []
    assert refs(connection, at=NotaryFilter(only=NOTARY.name)) == [of.ref(0), of.ref(1), of.ref(2)]
    assert refs(connection, at=NotaryFilter(but=NOTARY.name)) == []
    assert refs(connection, at=NotaryFilter(only="another")) == []


def test_what_is_spent_is_not_among_it(connection: Connection) -> None:
    first = recorded(connection, tx("first", cash(ALICE, 1), cash(ALICE, 2)))
    second = recorded(connection, tx("second", cash(BOB, 1), inputs=(first.ref(0),)))
    assert refs(connection) == [first.ref(1), second.ref(0)]


def test_only_transactions_with_something_unspent_and_no_attestation_are_still_open(connection: Connection) -> None:
    outputs: tuple[TransactionState, ...] = (cash(ALICE, 1),)
    spent = recorded(connection, tx("spent", *outputs))
    attested = recorded(connection, tx("attested", *outputs, inputs=(spent.ref(0),)))
    several = recorded(connection, tx("several", cash(ALICE, 1), tokens(ALICE, 1)))
    keep_attestation(connection, attested.id, b"attestation")
    assert unattested_transactions(connection) == [several.id]


def test_a_state_that_another_flow_holds_is_told_from_ones_own(connection: Connection) -> None:
    of = recorded(connection, tx("t", cash(ALICE, 1), cash(ALICE, 2), cash(ALICE, 3)))
    lock_states(connection, [of.ref(0)], lock_owner="mine", now_s=0, expires_s=100)
    lock_states(connection, [of.ref(1)], lock_owner="other", now_s=0, expires_s=100)
    all_of_it = [of.ref(index) for index in range(3)]
    assert held_by_others(connection, all_of_it, lock_owner="mine", now_s=50) == {of.ref(1)}
    assert held_by_others(connection, all_of_it, lock_owner="mine", now_s=100) == frozenset()
    assert held_by_others(connection, [], lock_owner="mine", now_s=50) == frozenset()
