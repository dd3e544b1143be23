"""Choosing cash: never twice, never what is encumbered, never a false "insufficient"."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.errors import (
    FundsSoftLocked,
    FundsTooFragmented,
    InsufficientFunds,
    StateConsumed,
    StateSoftLocked,
)
from chains.progmat.vault.holdings import HoldingRequest, balance, balances, select_and_lock
from chains.progmat.vault.lines import Balance
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import vault_metadata
from chains.progmat.vault.soft_locks import lock_states, release_soft_locks, renew_soft_locks
from tests.fakes.vault_world import ALICE, BOB, NOTARY, RULES, WSC, cash, lock, soft_locked_refs, tx

TRADE = b"\x07" * 32


def give(connection: Connection, *amounts: int, name: str = "issue") -> None:
    record_transaction(connection, tx(name, *(cash(ALICE, amount) for amount in amounts)), RULES)


def want(amount_yen: int, owner: str = "flow", now_s: int = 100, max_inputs: int = 32) -> HoldingRequest:
    return HoldingRequest(WSC, ALICE, amount_yen, owner, now_s, now_s + 60, max_inputs, notary=NOTARY.name)


def amounts_of(connection: Connection, request: HoldingRequest) -> list[int]:
    return [holding.amount for holding in select_and_lock(connection, request)]


def test_largest_states_are_chosen_and_no_more_than_needed(connection: Connection) -> None:
    give(connection, 10, 50, 30, 20)
    assert amounts_of(connection, want(70)) == [50, 30]


def test_what_another_flow_holds_is_not_chosen(connection: Connection) -> None:
    give(connection, 50, 30, 20)
    assert amounts_of(connection, want(50, "one")) == [50]
    assert amounts_of(connection, want(50, "two")) == [30, 20]
    assert balance(connection, WSC, ALICE, 100) == Balance(0, 100, 0)


def test_asking_again_replaces_the_flows_earlier_choice(connection: Connection) -> None:
    give(connection, 50, 30, 20)
    assert amounts_of(connection, want(90)) == [50, 30, 20]
    assert amounts_of(connection, want(40)) == [50]
    assert balance(connection, WSC, ALICE, 100) == Balance(50, 50, 0)


def test_a_choice_that_fails_keeps_the_earlier_one(connection: Connection) -> None:
    give(connection, 50)
    amounts_of(connection, want(50))
    with pytest.raises(InsufficientFunds):
        select_and_lock(connection, want(51))
    assert len(soft_locked_refs(connection, lock_owner="flow", now_s=100)) == 1


def test_expired_locks_are_free_again(connection: Connection) -> None:
    give(connection, 50)
    amounts_of(connection, want(50, "one", now_s=100))
    with pytest.raises(FundsSoftLocked) as busy:
        select_and_lock(connection, want(50, "two", now_s=159))
    assert busy.value.retry_after_s == 1.0
    assert amounts_of(connection, want(50, "two", now_s=160)) == [50]
    assert soft_locked_refs(connection, lock_owner="one", now_s=160) == ()
    with pytest.raises(FundsSoftLocked):
        select_and_lock(connection, want(50, "one", now_s=160))


def test_funds_that_flows_hold_are_not_called_insufficient(connection: Connection) -> None:
    give(connection, 50, 50)
    amounts_of(connection, want(50, "one"))
    with pytest.raises(FundsSoftLocked) as busy:
        select_and_lock(connection, want(80, "two"))
    assert (busy.value.free, busy.value.reserved) == (50, 50)
    with pytest.raises(InsufficientFunds):
        select_and_lock(connection, want(101, "two"))


def test_encumbered_cash_is_never_chosen(connection: Connection) -> None:
    record_transaction(connection, tx("lock", cash(ALICE, 70, 1), lock(TRADE, 1)), RULES)
    with pytest.raises(InsufficientFunds) as short:
        select_and_lock(connection, want(1))
    assert short.value.encumbered == 70


def test_other_accounts_coins_and_issuers_do_not_count(connection: Connection) -> None:
    give(connection, 50)
    for request in (
        HoldingRequest(WSC, BOB, 1, "flow", 100, 160, notary=NOTARY.name),
        HoldingRequest(WSC._replace(asset_id="WSC-2"), ALICE, 1, "flow", 100, 160, notary=NOTARY.name),
        HoldingRequest(WSC._replace(issuer="SN-2"), ALICE, 1, "flow", 100, 160, notary=NOTARY.name),
    ):
        with pytest.raises(InsufficientFunds):
            select_and_lock(connection, request)


def test_too_many_small_states_are_named_as_such(connection: Connection) -> None:
    give(connection, *[1] * 10)
    with pytest.raises(FundsTooFragmented) as crumbs:
        select_and_lock(connection, want(5, max_inputs=4))
    assert crumbs.value.reached == 4
    assert amounts_of(connection, want(4, max_inputs=4)) == [1] * 4


def test_released_locks_free_at_once_and_renewed_ones_last(connection: Connection) -> None:
    give(connection, 50)
    amounts_of(connection, want(50, "one"))
    assert renew_soft_locks(connection, lock_owner="one", expires_s=1000) == 1
    with pytest.raises(FundsSoftLocked):
        select_and_lock(connection, want(50, "two", now_s=900))
    assert release_soft_locks(connection, lock_owner="one") == 1
    assert amounts_of(connection, want(50, "two", now_s=900)) == [50]
    assert renew_soft_locks(connection, lock_owner="one", expires_s=2000) == 0


def test_named_states_are_held_all_or_none(connection: Connection) -> None:
    issue = tx("issue", cash(ALICE, 50), cash(ALICE, 30))
    record_transaction(connection, issue, RULES)
    lock_states(connection, [issue.ref(0)], lock_owner="one", now_s=100, expires_s=160)
    both = [issue.ref(1), issue.ref(0)]
    with pytest.raises(StateSoftLocked) as held:
        lock_states(connection, both, lock_owner="two", now_s=159, expires_s=300)
    assert held.value.lock_owner == "one"
    assert soft_locked_refs(connection, lock_owner="two", now_s=159) == ()
    lock_states(connection, both, lock_owner="two", now_s=160, expires_s=300)
    assert len(soft_locked_refs(connection, lock_owner="two", now_s=160)) == 2


def test_spent_and_unknown_states_cannot_be_held(connection: Connection) -> None:
    issue = tx("issue", cash(ALICE, 50))
    record_transaction(connection, issue, RULES)
    record_transaction(connection, tx("move", cash(BOB, 50), inputs=(issue.ref(0),)), RULES)
    for ref in (issue.ref(0), StateRef(issue.id, 1)):
        with pytest.raises(StateConsumed):
            lock_states(connection, [ref], lock_owner="one", now_s=100, expires_s=160)


@pytest.mark.parametrize("wrong", [{"amount": 0}, {"amount": -5}, {"max_inputs": 0}, {"expires_s": 100}])
def test_requests_without_sense_are_a_defect_of_the_caller(connection: Connection, wrong: dict[str, Any]) -> None:
    give(connection, 50)
    fields: dict[str, Any] = {"amount": 1, "now_s": 100, "expires_s": 160, "max_inputs": 5} | wrong
    request = HoldingRequest(WSC, ALICE, lock_owner="flow", **fields, notary=NOTARY.name)
    with pytest.raises(ValueError, match="must"):
        select_and_lock(connection, request)


def test_the_register_lists_every_account(connection: Connection) -> None:
    give(connection, 50, 30)
    record_transaction(connection, tx("to bob", cash(BOB, 7)), RULES)
    lines = {(line.account.node, line.balance.total) for line in balances(connection, 0)}
    assert lines == {(ALICE.node, 80), (BOB.node, 7)}


async def test_concurrent_flows_never_hold_one_state_twice(tmp_path: Path) -> None:
    database = await NodeDatabase.open(tmp_path / "node.sqlite", "CN-A", [vault_metadata])
    issue = tx("issue", *(cash(ALICE, 10) for _ in range(100)))
    await database.submit(lambda connection: record_transaction(connection, issue, RULES))
    asked = [
        database.submit(lambda connection, owner=f"flow {n}": select_and_lock(connection, want(25, owner)))  # type: ignore[misc] # mypy cannot infer a lambda with defaults
        for n in range(64)
    ]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    await database.close()
    chosen = [holding.ref for outcome in outcomes if isinstance(outcome, tuple) for holding in outcome]
    assert len(chosen) == len(set(chosen)) == 99
    assert sum(isinstance(outcome, FundsSoftLocked) for outcome in outcomes) == 64 - 33
