"""Lists: complete, in order, without doubles, whatever the page size; narrowed to what the caller sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from chains.progmat.vault.grooming import dustiest_account
from chains.progmat.vault.holdings import HoldingRequest, select_and_lock
from chains.progmat.vault.indexing import IndexedClient
from chains.progmat.vault.lines import Balance, CoinStatus
from chains.progmat.vault.listing import Seen, list_accounts, list_coins, list_holds, list_soft_locks
from chains.progmat.vault.pages import Key, Page
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.soft_locks import lock_states
from tests.fakes.vault_world import ALICE, BOB, NOTARY, RULES, WSC, Tx, cash, lock, state, tx

T = TypeVar("T")
EVERYTHING = Seen()
NOW_S = 100


def every_page(read: Callable[[Key | None], Page[T]]) -> list[T]:
    rows: list[T] = []
    key: Key | None = None
    while True:
        page = read(key)
        rows += page.rows
        key = page.next_key
        if key is None:
            return rows


def record(connection: Connection, *transactions: Tx) -> None:
    for each in transactions:
        record_transaction(connection, each, RULES)


def trade(number: int, timeout_s: int) -> Tx:
    trade_id = number.to_bytes(32, "big")
    return tx(f"lock {number}", cash(ALICE, 10 + number, 1), lock(trade_id, number, timeout_s=timeout_s))


@given(amounts=st.lists(st.integers(1, 9), min_size=0, max_size=12), size=st.integers(1, 5))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_all_coins_are_on_exactly_one_page(connection: Connection, amounts: list[int], size: int) -> None:
    name = f"issue {amounts} {size}"
    with connection.begin_nested() as undone:
        made = tx(name, *(cash(ALICE if amount % 2 else BOB, amount) for amount in amounts))
        record(connection, made)
        found = every_page(lambda key: list_coins(connection, EVERYTHING, NOW_S, size, key))
        assert sorted(coin.ref.index for coin in found) == list(range(len(amounts)))
        order = [(coin.account.key, coin.ref.tx_id, coin.ref.index) for coin in found]
        assert order == sorted(order)
        of_alice = every_page(lambda key: list_coins(connection, Seen(account_key=ALICE.key), NOW_S, size, key))
        assert of_alice == [coin for coin in found if coin.account == ALICE]
        undone.rollback()


def test_a_coin_says_whether_it_can_be_spent_and_by_whom_it_is_held(connection: Connection) -> None:
    record(connection, tx("issue", cash(ALICE, 5), cash(ALICE, 7)), trade(1, 900))
    select_and_lock(connection, HoldingRequest(WSC, ALICE, 7, "pay-1", NOW_S, NOW_S + 60, notary=NOTARY.name))
    coins = {coin.amount: coin for coin in list_coins(connection, EVERYTHING, NOW_S, 10).rows}
    assert coins[5].status is CoinStatus.FREE
    assert (coins[7].status, coins[7].reserved_by, coins[7].reserved_until_s) == (CoinStatus.RESERVED, "pay-1", 160)
    assert (coins[11].status, coins[11].trade_id) == (CoinStatus.LOCKED, (1).to_bytes(32, "big"))
    later = {coin.amount: coin for coin in list_coins(connection, EVERYTHING, NOW_S + 60, 10).rows}
    assert (later[7].status, later[7].reserved_by) == (CoinStatus.FREE, "")


@pytest.mark.parametrize("size", [1, 2, 50])
def test_accounts_are_listed_with_their_balances(connection: Connection, size: int) -> None:
    record(connection, tx("issue", cash(ALICE, 5), cash(ALICE, 7), cash(BOB, 3)), trade(1, 900))
    select_and_lock(connection, HoldingRequest(WSC, ALICE, 7, "pay-1", NOW_S, NOW_S + 60, notary=NOTARY.name))
    lines = every_page(lambda key: list_accounts(connection, EVERYTHING, NOW_S, size, key))
    found = {line.account: (line.balance, line.coins) for line in lines}
    assert found == {ALICE: (Balance(5, 7, 11), 3), BOB: (Balance(3, 0, 0), 1)}
    assert len(lines) == 2


def test_who_sees_one_nodes_accounts_sees_no_others(connection: Connection) -> None:
    record(connection, tx("issue", cash(ALICE, 5), cash(BOB, 3)), trade(1, 900))
    bobs = Seen(node=BOB.node)
    assert [line.account for line in list_accounts(connection, bobs, NOW_S, 10).rows] == [BOB]
    assert [coin.account for coin in list_coins(connection, bobs, NOW_S, 10).rows] == [BOB]
    (hold,) = list_holds(connection, bobs, b"", NOW_S, 10).rows
    assert hold.coins == ()  # the seller's custodian knows of the lock, not of the buyer's coins
    lock_states(connection, [tx("issue").ref(0)], lock_owner="pay-1", now_s=NOW_S, expires_s=NOW_S + 9)
    assert list_soft_locks(connection, bobs, (), NOW_S, 10).rows == ()
    assert list_holds(connection, Seen(node="CN-C"), b"", NOW_S, 10).rows == ()


@pytest.mark.parametrize("size", [1, 2, 50])
def test_holds_come_by_time_out_with_their_coins(connection: Connection, size: int) -> None:
    far = 2**63 + 5  # above what a signed integer holds
    record(connection, trade(1, far), trade(2, 300), trade(3, 700))
    found = every_page(lambda key: list_holds(connection, EVERYTHING, b"", NOW_S, size, key))
    assert [hold.timeout_s for hold in found] == [300, 700, far]
    assert [hold.amount for hold in found] == [12, 13, 11]
    one = list_holds(connection, EVERYTHING, (3).to_bytes(32, "big"), NOW_S, size).rows
    assert [hold.packet_sequence for hold in one] == [3]
    assert len(list_holds(connection, Seen(account_key=ALICE.key), b"", NOW_S, 50).rows) == 3
    assert list_holds(connection, Seen(account_key=BOB.key), b"", NOW_S, 50).rows == ()


@pytest.mark.parametrize("size", [1, 2, 50])
def test_soft_locks_come_by_flow_and_expired_ones_do_not(connection: Connection, size: int) -> None:
    issue = tx("issue", cash(ALICE, 5), cash(ALICE, 7), cash(BOB, 3), state(IndexedClient("q", "qbft", "p")))
    record(connection, issue)
    for owner, index, expires_s in (("b", 0, 200), ("a", 3, 200), ("a", 1, 300), ("c", 2, 150)):
        lock_states(connection, [issue.ref(index)], lock_owner=owner, now_s=NOW_S, expires_s=expires_s)
    found = every_page(lambda key: list_soft_locks(connection, EVERYTHING, (), 150, size, key))
    assert [(each.flow_id, each.ref.index, each.expires_s) for each in found] == [
        ("a", 1, 300),
        ("a", 3, 200),
        ("b", 0, 200),
    ]
    assert [None if each.coin is None else each.coin.amount for each in found] == [7, None, 5]
    of_a = list_soft_locks(connection, EVERYTHING, ("a",), 150, 50).rows
    assert [each.state_kind for each in of_a] == ["vault_holdings", "vault_clients"]
    of_alice = list_soft_locks(connection, Seen(account_key=ALICE.key), (), NOW_S, 50).rows
    assert [each.ref.index for each in of_alice] == [1, 0]


def test_the_account_with_most_dust_is_found_and_reserved_coins_are_no_dust(connection: Connection) -> None:
    record(
        connection, tx("issue", *(cash(ALICE, 1) for _ in range(4)), *(cash(BOB, 2) for _ in range(9)), cash(ALICE, 99))
    )
    found = dustiest_account(connection, ALICE.node, 50, 3, NOW_S)
    assert found is not None
    assert (found.account, found.coins) == (ALICE, 4)
    assert dustiest_account(connection, ALICE.node, 50, 4, NOW_S) is None
    assert dustiest_account(connection, ALICE.node, 1, 0, NOW_S) is None
    select_and_lock(connection, HoldingRequest(WSC, ALICE, 100, "pay-1", NOW_S, NOW_S + 60, notary=NOTARY.name))
    assert dustiest_account(connection, ALICE.node, 50, 3, NOW_S) is None
    assert dustiest_account(connection, ALICE.node, 50, 3, NOW_S + 60) == found
