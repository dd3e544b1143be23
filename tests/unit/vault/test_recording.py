"""Recording: idempotent, in any order, and deaf to no double spend."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest
from sqlalchemy import Connection, select

from chains.progmat.transactions.model import Group, StateRef
from chains.progmat.vault.errors import ConflictingConsumption
from chains.progmat.vault.holdings import HoldingRequest, balance, select_and_lock
from chains.progmat.vault.indexing import (
    IndexedClient,
    IndexedConsensus,
    IndexedMembership,
    VaultRules,
    keep_for_custodian,
)
from chains.progmat.vault.queries import (
    consensus_record,
    consumed_by,
    hold,
    holds,
    kept_states,
    latest_consensus,
    light_client,
    light_clients,
    members,
    membership,
)
from chains.progmat.vault.recording import RecordOutcome, record_transaction
from chains.progmat.vault.schema import states
from tests.fakes.vault_world import (
    ALICE,
    BOB,
    NOTARY,
    RULES,
    WSC,
    Tx,
    cash,
    lock,
    soft_locked_refs,
    state,
    tx,
)

TRADE = b"\x07" * 32


def record(connection: Connection, *transactions: Tx) -> None:
    for each in transactions:
        assert record_transaction(connection, each, RULES) is RecordOutcome.RECORDED


def total_of(connection: Connection) -> tuple[int, int]:
    return tuple(balance(connection, WSC, account, 0).total for account in (ALICE, BOB))  # type: ignore[return-value] # two accounts


def a_chain() -> tuple[Tx, Tx, Tx]:
    issue = tx("issue", cash(ALICE, 100), cash(ALICE, 50))
    move = tx("move", cash(BOB, 120), cash(ALICE, 30), inputs=(issue.ref(0), issue.ref(1)))
    back = tx("back", cash(ALICE, 120), inputs=(move.ref(0),))
    return issue, move, back


def test_a_kept_output_is_kept_as_the_bytes_that_were_hashed(connection: Connection) -> None:
    """Not as what encoding it again would give."""

    @dataclass(frozen=True)
    class Received(Tx):
        @property
        def components(self) -> dict[int, tuple[bytes, ...]]:
            return {Group.OUTPUTS: (b"first, as received", b"second, as received")}

    made = tx("issue", cash(ALICE, 100), cash(BOB, 50))
    record(connection, Received(made.id, made.inputs, made.outputs))
    kept = connection.execute(select(states.c.component).order_by(states.c.output_index)).scalars().all()
    assert kept == [b"first, as received", b"second, as received"]


def test_recording_twice_changes_nothing(connection: Connection) -> None:
    chain = a_chain()
    record(connection, *chain)
    before = total_of(connection)
    for each in chain:
        assert record_transaction(connection, each, RULES) is RecordOutcome.KNOWN
    assert total_of(connection) == before == (150, 0)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_arrival_does_not_matter(connection: Connection, order: tuple[int, ...]) -> None:
    chain = a_chain()
    record(connection, *(chain[n] for n in order))
    assert total_of(connection) == (150, 0)
    assert consumed_by(connection, chain[0].ref(0)) == chain[1].id
    assert consumed_by(connection, chain[2].ref(0)) is None


def test_a_double_spend_by_the_notary_is_refused_with_both_transactions(connection: Connection) -> None:
    issue, move, _ = a_chain()
    record(connection, issue, move)
    other = tx("other", cash(ALICE, 100), inputs=(issue.ref(0),))
    with pytest.raises(ConflictingConsumption) as refused:
        record_transaction(connection, other, RULES)
    assert (refused.value.recorded_tx_id, refused.value.conflicting_tx_id) == (move.id, other.id)
    assert total_of(connection) == (30, 120)


def test_soft_locks_go_with_the_state(connection: Connection) -> None:
    issue, move, _ = a_chain()
    record(connection, issue)
    select_and_lock(connection, HoldingRequest(WSC, ALICE, 150, "flow", 10, 60, notary=NOTARY.name))
    assert len(soft_locked_refs(connection, lock_owner="flow", now_s=10)) == 2
    record(connection, move)
    assert soft_locked_refs(connection, lock_owner="flow", now_s=10) == ()


def test_states_come_back_as_they_were(connection: Connection) -> None:
    issue, move, _ = a_chain()
    record(connection, issue, move)
    refs = [issue.ref(0), move.ref(1), StateRef(move.id, 9)]
    assert kept_states(connection, refs) == {issue.ref(0): issue.outputs[0], move.ref(1): move.outputs[1]}


def test_a_custodian_keeps_its_own_accounts_and_trades_only(connection: Connection) -> None:
    rules = VaultRules(RULES.indexers, keep_for_custodian(BOB.node))
    issue, move, _ = a_chain()
    for each in (issue, move):
        record_transaction(connection, each, rules)
    assert total_of(connection) == (0, 120)
    record_transaction(connection, tx("lock", cash(ALICE, 5, 1), lock(TRADE, 1)), rules)
    held = hold(connection, TRADE)
    assert held is not None
    assert held.cash == ()


def test_a_contract_without_an_indexer_is_not_kept(connection: Connection) -> None:
    rules = VaultRules({}, RULES.is_relevant)
    assert record_transaction(connection, tx("issue", cash(ALICE, 1)), rules) is RecordOutcome.KNOWN


def test_a_hold_is_found_by_trade_until_it_ends(connection: Connection) -> None:
    issue = tx("issue", cash(ALICE, 100))
    sequence = 0xFFFF_0000_0000_0001  # above what a signed integer holds
    locked = tx("lock", cash(ALICE, 70, 1), lock(TRADE, sequence), cash(ALICE, 30), inputs=(issue.ref(0),))
    record(connection, issue, locked)
    found = balance(connection, WSC, ALICE, 0)
    assert (found.free, found.encumbered) == (30, 70)
    held = hold(connection, TRADE)
    assert held is not None
    assert held.amount == 70
    assert held.lock.indexed.sequence == sequence
    assert [each.ref for each in held.cash] == [locked.ref(0)]
    assert holds(connection, 10) == [held]
    record(connection, tx("unlock", cash(BOB, 70), inputs=(locked.ref(0), locked.ref(1))))
    assert hold(connection, TRADE) is None
    assert holds(connection, 10) == []
    assert total_of(connection) == (30, 70)


def test_light_clients_show_their_current_record_and_every_height(connection: Connection) -> None:
    assert light_client(connection, "qbft-0") is None
    created = tx(
        "create", state(IndexedClient("qbft-0", "qbft", "progmat-0")), state(IndexedConsensus("qbft-0", 5, 50))
    )
    record(connection, created)
    for height in (2**63 + 1, 9, 7):
        record(connection, tx(f"update {height}", state(IndexedConsensus("qbft-0", height, height * 10 % 2**63))))
    found = latest_consensus(connection, "qbft-0")
    assert found is not None
    assert found.indexed.height == 2**63 + 1
    at = consensus_record(connection, "qbft-0", 5)
    assert at is not None
    assert at.ref == created.ref(1)
    assert consensus_record(connection, "qbft-0", 6) is None
    frozen = tx("freeze", state(IndexedClient("qbft-0", "qbft", "progmat-0")), inputs=(created.ref(0),))
    record(connection, frozen)
    current = light_client(connection, "qbft-0")
    assert current is not None
    assert current.ref == frozen.ref(0)
    assert len(light_clients(connection, 10)) == 1


def test_a_membership_shows_its_latest_status(connection: Connection) -> None:
    first = tx("admit", state(IndexedMembership("SC", "CN-A", "CUSTODIAN", "ACTIVE")))
    second = tx("suspend", state(IndexedMembership("SC", "CN-A", "CUSTODIAN", "SUSPENDED")), inputs=(first.ref(0),))
    record(connection, first, second)
    found = membership(connection, "SC", "CN-A", NOTARY.name)
    assert found is not None
    assert found.indexed.status == "SUSPENDED"
    assert membership(connection, "ST", "CN-A", NOTARY.name) is None
    assert membership(connection, "SC", "CN-A", "another notary") is None
    assert [each.indexed.party for each in members(connection, "SC", 10)] == ["CN-A"]
