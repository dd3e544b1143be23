"""Tokens in the vault: balances by register and account, and choosing which to move."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.errors import FundsTooFragmented, InsufficientTokens, TokensSoftLocked
from chains.progmat.vault.holdings import Holding, HoldingRequest, balances, select_and_lock
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.soft_locks import release_soft_locks
from tests.fakes.vault_world import ALICE, BOB, BOND, NOTARY, RULES, TOKEN, tokens, tx, vault_at

NOW_S = 1000


def give(connection: Connection, *quantities: int, name: str = "issue") -> None:
    record_transaction(connection, tx(name, *(tokens(ALICE, quantity) for quantity in quantities)), RULES)


def wanted(quantity: int, owner: str = "flow-1", now_s: int = NOW_S, max_inputs: int = 32) -> HoldingRequest:
    return HoldingRequest(BOND, ALICE, quantity, owner, now_s, now_s + 60, max_inputs, notary=NOTARY.name)


def refs(chosen: tuple[Holding, ...]) -> set[StateRef]:
    return {holding.ref for holding in chosen}


def test_the_largest_are_taken_first_and_as_few_as_suffice(connection: Connection) -> None:
    give(connection, 5, 50, 20)
    assert [holding.amount for holding in select_and_lock(connection, wanted(60))] == [50, 20]


def test_two_flows_never_choose_the_same_tokens(connection: Connection) -> None:
    give(connection, 30, 30)
    first = select_and_lock(connection, wanted(30))
    second = select_and_lock(connection, wanted(30, "flow-2"))
    assert not refs(first) & refs(second)
    with pytest.raises(TokensSoftLocked, match="held by running flows: retry within"):
        select_and_lock(connection, wanted(1, "flow-3"))

    release_soft_locks(connection, lock_owner="flow-1")
    assert refs(select_and_lock(connection, wanted(30, "flow-3"))) == refs(first)


def test_tokens_under_an_expired_hold_are_free(connection: Connection) -> None:
    give(connection, 30)
    select_and_lock(connection, wanted(30))
    assert select_and_lock(connection, wanted(30, "flow-2", NOW_S + 60))


def test_a_flow_that_chooses_again_finds_what_it_holds(connection: Connection) -> None:
    give(connection, 30)
    assert select_and_lock(connection, wanted(30)) == select_and_lock(connection, wanted(30))


@pytest.mark.parametrize(("quantity", "max_inputs", "why"), [(31, 32, InsufficientTokens), (20, 1, FundsTooFragmented)])
def test_what_is_not_there_or_too_scattered_is_said(
    connection: Connection, quantity: int, max_inputs: int, why: type[Exception]
) -> None:
    give(connection, 10, 10, 10)
    with pytest.raises(why, match=f"{quantity} units of {TOKEN} needed"):
        select_and_lock(connection, wanted(quantity, max_inputs=max_inputs))


@pytest.mark.parametrize(
    "other",
    [
        tokens(BOB, 100),
        tokens(ALICE, 100, registrar="AN-2"),
        tokens(ALICE, 100, token_id="ST-2"),  # noqa: S106 - the name of a security
        tokens(ALICE, 100, network="UT"),
    ],
    ids=["account", "registrar", "token", "network"],
)
def test_other_tokens_do_not_count(connection: Connection, other: object) -> None:
    give(connection, 10)
    record_transaction(connection, tx("other", other), RULES)  # type: ignore[arg-type] # a state, as pytest hands it over
    with pytest.raises(InsufficientTokens):
        select_and_lock(connection, wanted(11))
    assert len(balances(connection, NOW_S, ("ST", "UT"))) == 2


def test_a_register_line_tells_free_from_reserved(connection: Connection) -> None:
    give(connection, 10, 30)
    select_and_lock(connection, wanted(30))
    (line,) = balances(connection, NOW_S, ("ST", "UT"))
    assert (line.balance.free, line.balance.soft_locked) == (10, 30)
    (later,) = balances(connection, NOW_S + 60, ("ST", "UT"))
    assert (later.balance.free, later.balance.soft_locked) == (40, 0)


def test_moved_tokens_are_not_chosen_again(connection: Connection) -> None:
    give(connection, 10)
    (holding,) = select_and_lock(connection, wanted(10))
    record_transaction(connection, tx("move", tokens(BOB, 10), inputs=(holding.ref,)), RULES)
    with pytest.raises(InsufficientTokens):
        select_and_lock(connection, wanted(1))
    assert [(line.account.node, line.balance.free) for line in balances(connection, NOW_S, ("ST", "UT"))] == [
        (BOB.node, 10)
    ]


@settings(max_examples=50, deadline=None)
@given(quantities=st.lists(st.integers(1, 50), min_size=1, max_size=12), share=st.integers(1, 100))
def test_a_choice_covers_what_is_wanted_whenever_enough_is_there(
    tmp_path_factory: pytest.TempPathFactory, quantities: list[int], share: int
) -> None:
    with vault_at(tmp_path_factory.mktemp("vault") / "node.sqlite") as connection:
        give(connection, *quantities)
        quantity = max(1, sum(quantities) * share // 100)
        chosen = select_and_lock(connection, wanted(quantity))
        total = sum(holding.amount for holding in chosen)
        assert total >= quantity
        assert total - min(holding.amount for holding in chosen) < quantity
