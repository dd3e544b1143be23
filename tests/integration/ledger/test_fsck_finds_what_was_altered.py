"""``fsck`` over nodes that have worked: all of it holds; and whatever one row is altered, it says which."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.progmat.flows.dvp_answers import lock_owner
from chains.progmat.flows.requests import MoveCash
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.network.parameters_source import ParametersSource
from chains.progmat.node.fsck import Defect, Subject, check_database
from chains.progmat.node.roles import ValidatorRole
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.transactions.network_parameters import NetworkParameters
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, VALIDATORS, LedgerParty
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    MAP,
    PACKAGE,
    PARAMETERS,
    SELLER_ACCOUNT,
    running_ledger,
)
from tests.integration.ledger.settlement import Settlements

NOW_S = 4_000_000_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """The folders of nodes that issued, moved, locked and settled, stopped in good order."""
    folder = tmp_path_factory.mktemp("worked")
    async with running_ledger(folder) as ledger:
        world = await Settlements.connect(ledger)
        await ledger.issue(1000)
        move = MoveCash("the-move", COIN_ID, SN.name, 300, BUYER_ACCOUNT.key, SELLER_ACCOUNT)
        moved = await ledger.done(CN_B, move)
        await ledger.vault(SN).node.snipper.attest(moved.tx_id or b"")
        terms = world.terms(amount_yen=400)
        await ledger.done(SN, await world.delivered(await world.lock(terms), terms))
        paid, unpaid = world.leading_terms(2, amount_yen=100), world.leading_terms(3, amount_yen=100)
        await world.authorise(paid)
        await ledger.done(CN_B, await world.sent(paid, 1))
        late = await world.sent(unpaid, 2)
        ledger.clock.advance_s(unpaid.lock_by_s - ledger.clock.now_s())
        await ledger.done(SN, late)
        validator = ledger.nodes[VALIDATORS[0].name].role
        assert isinstance(validator, ValidatorRole)
        await validator.tail.wait_for_height(3, 20)
    yield folder


def defects_of(
    folder: Path, party: LedgerParty, parameters: NetworkParameters | ParametersSource = PARAMETERS
) -> list[Defect]:
    entry = MAP.entry(party.name)
    assert entry is not None
    me = NodeSelf(entry.party, entry.roles, entry.index)
    at = folder / party.name
    subject = Subject(at / "node.sqlite3", at, me, MAP, parameters, PACKAGE)
    return list(check_database(subject, NOW_S, lambda _what, _done: None))


@pytest.fixture
def copy(worked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(worked, tmp_path / "copy"))


@pytest.mark.parametrize("party", [SN, CN_A, CN_B, *VALIDATORS[:2]], ids=lambda party: party.name)
def test_all_of_it_holds_after_honest_work(worked: Path, party: LedgerParty) -> None:
    assert defects_of(worked, party) == []


ALTERATIONS = [
    (SN, "DELETE FROM transactions WHERE sequence = 2", "vault_"),
    (SN, "UPDATE transactions SET journal_position = 1 WHERE journal_position = 2", "transactions"),
    (SN, "UPDATE transactions SET participants = ','", "transactions"),
    (SN, "UPDATE vault_holdings SET amount = amount + 1", "vault_holdings"),
    (SN, "UPDATE vault_holdings SET consumed = 0 WHERE consumed = 1", "vault_holdings"),
    (CN_A, "UPDATE vault_holdings SET encumbered = 1", "vault_holdings"),
    (SN, "UPDATE vault_states SET component = CAST(x'00' || component AS BLOB)", "vault_states"),
    (SN, "UPDATE vault_states SET kind = CAST(x'ff' AS TEXT)", "vault_states"),
    (SN, "UPDATE vault_consumptions SET consumed_by = zeroblob(32)", "vault_consumptions"),
    (SN, "DELETE FROM vault_consumptions", "vault_consumptions"),
    (SN, "UPDATE vault_memberships SET status = 'REVOKED'", "vault_memberships"),
    (SN, "UPDATE vault_locks SET issuer = 'nobody'", "vault_locks"),
    (CN_A, "UPDATE receipts SET acknowledgement = zeroblob(32)", "receipts"),
    (SN, "DELETE FROM receipts", "receipts"),
    (CN_B, "UPDATE vault_entries SET balance_amount = balance_amount + 1", "vault_entries"),
    (SN, "UPDATE trades SET status = 'RETURNED'", "trades"),
    (SN, "UPDATE ibc_events SET kind = 'SEND_PACKET'", "ibc_events"),
    (CN_B, "UPDATE flows SET step = 'ALMOST'", "flows"),
    (CN_B, "UPDATE flows SET kind = 'print_cash'", "flows"),
    (CN_B, "UPDATE flows SET tx_id = zeroblob(32)", "flows"),
    (CN_B, "UPDATE outbox SET effect_key = 'nobody|' || effect_key", "outbox"),
    (CN_B, "UPDATE outbox SET status = 'PERHAPS'", "outbox"),
    (SN, "UPDATE outbox SET effect_key = 'attested 00|' || effect_id WHERE effect_key LIKE 'attested %'", "outbox"),
    (SN, "UPDATE attestations SET tx_id = zeroblob(32)", "attestations"),
    (SN, "UPDATE attestations SET attestation = substr(attestation, 1, length(attestation) - 1)", "attestations"),
    (SN, "INSERT INTO attested_outputs SELECT tx_id, 0, attestation FROM attestations", "attested_outputs"),
    (SN, "INSERT INTO dvps VALUES (zeroblob(32), zeroblob(32), zeroblob(32))", "dvps"),
    (CN_B, "INSERT INTO execution_notices VALUES (1, zeroblob(32), zeroblob(32), zeroblob(1))", "execution_notices"),
    (CN_B, "INSERT INTO execution_ends VALUES (zeroblob(32), 'WITHDRAWN', zeroblob(32), '')", "execution_ends"),
    (CN_B, "UPDATE transactions SET journal_position = 7 WHERE journal_position = 0", "transactions"),
    (VALIDATORS[0], "UPDATE validator_paths SET deleted_at = 1000000", "validator_paths"),
    (
        CN_B,
        "INSERT INTO vault_soft_locks SELECT tx_id, output_index, 'nobody', 5000000000 FROM vault_states LIMIT 1",
        "vault_soft_locks",
    ),
    (VALIDATORS[0], "UPDATE validator_heights SET root = zeroblob(32) WHERE height = 2", "validator_heights"),
    (VALIDATORS[0], "DELETE FROM validator_heights WHERE height = 2", "validator_heights"),
    (VALIDATORS[0], "UPDATE validator_paths SET value = zeroblob(32)", "validator_heights"),
    (VALIDATORS[0], "DELETE FROM validator_tree_nodes", "validator_tree_nodes"),
    (VALIDATORS[0], "DELETE FROM validator_spent", "validator_spent"),
]


@pytest.mark.parametrize(("party", "statement", "table"), ALTERATIONS, ids=lambda value: str(value)[:60])
def test_an_alteration_is_found_in_its_table(copy: Path, party: LedgerParty, statement: str, table: str) -> None:
    with closing(sqlite3.connect(copy / party.name / "node.sqlite3")) as vandal:
        assert vandal.execute(statement).rowcount > 0
        vandal.commit()
    found = defects_of(copy, party)
    assert any(defect.table.startswith(table) for defect in found), found
    assert all(defect.expected and defect.found and defect.advice for defect in found)


def test_coins_that_are_held_for_a_native_trade_are_no_defect(copy: Path) -> None:
    with closing(sqlite3.connect(copy / CN_B.name / "node.sqlite3")) as buyer:
        buyer.execute("INSERT INTO dvp_answers VALUES (zeroblob(32), zeroblob(32), 'cn-a', x'', 1, 5000000000)")
        hold = "INSERT INTO vault_soft_locks SELECT tx_id, output_index, ?, 5000000000 FROM vault_states LIMIT 1"
        buyer.execute(hold, (lock_owner(bytes(32)),))
        buyer.commit()
    assert defects_of(copy, CN_B) == []


def test_a_signing_log_that_cannot_be_read_is_no_surprise(copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        (copy / VALIDATORS[0].name / f"signing-log.sqlite3{suffix}").unlink(missing_ok=True)
    (copy / VALIDATORS[0].name / "signing-log.sqlite3").write_bytes(b"rubbish" * 1000)
    with pytest.raises(StorageFailed):
        defects_of(copy, VALIDATORS[0])


def test_a_signing_log_above_the_heights_is_found(copy: Path) -> None:
    with closing(sqlite3.connect(copy / VALIDATORS[0].name / "signing-log.sqlite3")) as vandal:
        vandal.execute("INSERT INTO signed VALUES (99, zeroblob(32))")
        vandal.commit()
    assert [defect.row for defect in defects_of(copy, VALIDATORS[0])] == ["99"]


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_flipped_bit_of_a_stored_ledger_tx_is_found(worked: Path, tmp_path: Path, data: st.DataObject) -> None:
    folder = tmp_path / "flipped"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(worked / SN.name, folder / SN.name)
    with closing(sqlite3.connect(folder / SN.name / "node.sqlite3")) as vandal:
        rows = vandal.execute("SELECT sequence, signed_bytes FROM transactions ORDER BY sequence").fetchall()
        sequence, content = data.draw(st.sampled_from(rows))
        at = data.draw(st.integers(0, len(content) - 1))
        altered = bytearray(content)
        altered[at] ^= 1 << data.draw(st.integers(0, 7))
        vandal.execute("UPDATE transactions SET signed_bytes = ? WHERE sequence = ?", (bytes(altered), sequence))
        vandal.commit()
    found = defects_of(folder, SN)
    assert any(defect.table == "transactions" for defect in found), found
