"""One table holds coins and tokens of all notaries, under account keys and fresh ones: a request takes its own."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from chains.progmat.transactions.model import Party, TransactionState
from chains.progmat.vault.by_notary import AtNotary, count_unspent_at, held_by_notary
from chains.progmat.vault.errors import CoinsUnderFreshKeys, InsufficientFunds, InsufficientTokens, NothingToMerge
from chains.progmat.vault.fresh_keys import FreshKeyRecord, enter_fresh_keys, fresh_keys_of_issuer
from chains.progmat.vault.grooming import dustiest_account, small_coins_by_notary
from chains.progmat.vault.holdings import CoinsUnder, HoldingRequest, select_and_lock, select_small_and_lock
from chains.progmat.vault.indexing import SC, Asset, IndexedHolding
from chains.progmat.vault.recording import record_transaction
from tests.fakes.vault_world import ALICE, BOND, COIN, ISSUER, NOTARY, RULES, WSC, cash, key_of, state, tokens, tx

OTHER = Party("NN-2", NOTARY.key)
FRESH = key_of("a key of alice's")
YEN_AT = {NOTARY.name: 1 + 2, OTHER.name: 4 + 8}
TOKENS_AT = {NOTARY.name: 16, OTHER.name: 32}


def at_other(made: TransactionState) -> TransactionState:
    return replace(made, notary=OTHER)


def under_fresh_key(amount_yen: int) -> TransactionState:
    return state(IndexedHolding(SC, COIN, ISSUER, amount_yen, ALICE.node, FRESH, FRESH))


@pytest.fixture
def of_each_kind(connection: Connection) -> Connection:
    """Every amount another power of two: a sum says which were taken."""
    known = FreshKeyRecord(FRESH, ALICE.node, ALICE.key, "CN-B", b"\x01" * 32, b"")
    enter_fresh_keys(connection, [known], {})
    made = (
        cash(ALICE, 1),
        under_fresh_key(2),
        at_other(cash(ALICE, 4)),
        at_other(under_fresh_key(8)),
        tokens(ALICE, 16),
        at_other(tokens(ALICE, 32)),
    )
    record_transaction(connection, tx("issue", *made), RULES)
    return connection


def wanted(asset: Asset, amount: int, notary: Party, under: CoinsUnder = CoinsUnder.ANY_KEY) -> HoldingRequest:
    return HoldingRequest(asset, ALICE, amount, "flow", 100, 160, notary=notary.name, under=under)


@pytest.mark.parametrize(
    ("asset", "notary", "under", "amounts"),
    [
        (WSC, NOTARY, CoinsUnder.ANY_KEY, {1, 2}),
        (WSC, NOTARY, CoinsUnder.ACCOUNT_KEY, {1}),
        (WSC, OTHER, CoinsUnder.ANY_KEY, {4, 8}),
        (WSC, OTHER, CoinsUnder.ACCOUNT_KEY, {4}),
        (BOND, NOTARY, CoinsUnder.ANY_KEY, {16}),
        (BOND, OTHER, CoinsUnder.ANY_KEY, {32}),
        (BOND, OTHER, CoinsUnder.ACCOUNT_KEY, {32}),
    ],
)
def test_all_that_fits_can_be_taken_and_nothing_else(
    of_each_kind: Connection, asset: Asset, notary: Party, under: CoinsUnder, amounts: set[int]
) -> None:
    with pytest.raises((InsufficientFunds, CoinsUnderFreshKeys)):
        select_and_lock(of_each_kind, wanted(asset, sum(amounts) + 1, notary, under))
    chosen = select_and_lock(of_each_kind, wanted(asset, sum(amounts), notary, under))
    assert {holding.amount for holding in chosen} == amounts
    assert {holding.amount for holding in chosen if holding.fresh_key == FRESH} == amounts & {2, 8}


def test_a_shortage_of_tokens_at_one_notary_is_not_made_good_at_another(of_each_kind: Connection) -> None:
    with pytest.raises(InsufficientTokens) as short:
        select_and_lock(of_each_kind, wanted(BOND, 17, NOTARY))
    assert (short.value.asset, short.value.free) == (BOND, 16)


def test_what_is_held_is_said_by_asset_and_notary(of_each_kind: Connection) -> None:
    def found(asset: Asset) -> dict[str, AtNotary]:
        return held_by_notary(of_each_kind, asset, ALICE, 100)

    assert found(WSC) == {name: AtNotary(yen, 0) for name, yen in YEN_AT.items()}
    assert found(BOND) == {name: AtNotary(quantity, 0) for name, quantity in TOKENS_AT.items()}
    assert found(BOND._replace(network="UT")) == {}
    select_and_lock(of_each_kind, wanted(BOND, 1, NOTARY))
    assert found(BOND)[NOTARY.name] == AtNotary(0, 16)
    assert found(WSC)[NOTARY.name] == AtNotary(3, 0)
    assert [count_unspent_at(of_each_kind, name) for name in (NOTARY.name, OTHER.name, "NN-3")] == [3, 3, 0]


def test_dust_is_of_coins_at_one_notary(of_each_kind: Connection) -> None:
    record_transaction(of_each_kind, tx("dust of a token", *(tokens(ALICE, 1) for _ in range(3))), RULES)
    assert small_coins_by_notary(of_each_kind, COIN, ISSUER, ALICE, 100, 100) == {NOTARY.name: 2, OTHER.name: 2}
    found = dustiest_account(of_each_kind, ALICE.node, 100, 1, 100)
    assert found is not None
    assert (found.coin_id, found.coins) == (COIN, 2)
    assert dustiest_account(of_each_kind, ALICE.node, 100, 2, 100) is None
    small = select_small_and_lock(of_each_kind, wanted(WSC, 0, OTHER), 100)
    assert [(holding.amount, holding.fresh_key) for holding in small] == [(4, None), (8, FRESH)]
    with pytest.raises(NothingToMerge):
        select_small_and_lock(of_each_kind, wanted(WSC, 0, NOTARY), 2)


def test_a_token_of_the_issuers_name_is_no_coin_under_a_fresh_key(of_each_kind: Connection) -> None:
    assert fresh_keys_of_issuer(of_each_kind, [FRESH], ISSUER) == {FRESH}
    assert fresh_keys_of_issuer(of_each_kind, [FRESH], BOND.issuer) == frozenset()
