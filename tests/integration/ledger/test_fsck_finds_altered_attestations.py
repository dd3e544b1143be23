"""What a node knows by an attestation alone is verified again by ``fsck``: each kind of tampering is found."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from chains.progmat.flows.requests import MoveCash
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.node.storage.attested_store import attestations_of
from chains.progmat.transactions.attestation import Attestation
from ibc.dvp import CashAccount
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme
from primitives.types import Hash32
from tests.fakes.epochs import book_of, signed_epoch, with_validators
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, VALIDATORS, LedgerParty
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    PARAMETERS,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.test_fsck_finds_what_was_altered import defects_of

OTHER_VALIDATORS = tuple(LedgerParty(f"other-{number}", SignatureScheme.SECP256K1) for number in range(3))


async def paid(ledger: LedgerNetwork, name: str, to: CashAccount) -> bytes:
    record = await ledger.done(CN_B, MoveCash(name, COIN_ID, SN.name, 100, BUYER_ACCOUNT.key, to))
    assert record.tx_id is not None
    return record.tx_id


async def attested(ledger: LedgerNetwork, tx_id: bytes) -> None:
    """Attested by the Validators, and known to be at the payer's node."""
    node = ledger.vault(CN_B).node
    await ledger.vault(SN).node.snipper.attest(tx_id)
    async with asyncio.timeout(20):
        while True:
            changed = node.records_changed.next()
            if await node.parts.database.read(partial(attestations_of, tx_ids=[tx_id])):
                return
            await changed.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """Folders of nodes: cn-a took two payments, each with an attested output in its history's place."""
    folder = tmp_path_factory.mktemp("worked")
    async with running_ledger(folder, (*CASH_PARTIES, *VALIDATORS)) as ledger:
        for name in ("first", "second"):
            await ledger.issue(100)
            await attested(ledger, await paid(ledger, f"{name}-round", BUYER_ACCOUNT))
            await paid(ledger, f"{name}-payment", SELLER_ACCOUNT)
    yield folder


@pytest.fixture
def copy(worked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(worked, tmp_path / "copy"))


def altered(folder: Path, party: LedgerParty, table: str, column: str, change: Callable[[bytes], bytes]) -> None:
    """One row's value, changed."""
    with closing(sqlite3.connect(folder / party.name / "node.sqlite3")) as vandal:
        row, value = vandal.execute(f"SELECT rowid, {column} FROM {table} ORDER BY tx_id LIMIT 1").fetchone()  # noqa: S608 # our own names
        vandal.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (change(value), row))  # noqa: S608 # as above
        vandal.commit()


def executed(folder: Path, party: LedgerParty, statement: str) -> None:
    with closing(sqlite3.connect(folder / party.name / "node.sqlite3")) as vandal:
        assert vandal.execute(statement).rowcount > 0
        vandal.commit()


def too_few(data: bytes) -> bytes:
    attestation = Attestation.decode(data)
    return replace(attestation, signatures=attestation.signatures[:1]).encode()


def of_another_epoch(data: bytes) -> bytes:
    return replace(Attestation.decode(data), parameters_hash=Hash32(sha256(b"another epoch"))).encode()


def of_another_transaction(data: bytes) -> bytes:
    return replace(Attestation.decode(data), tx_id=Hash32(sha256(b"another"))).encode()


def with_a_changed_signature(data: bytes) -> bytes:
    attestation = Attestation.decode(data)
    first, *others = attestation.signatures
    changed = replace(first, signature=bytes([first.signature[0] ^ 1]) + first.signature[1:])
    return replace(attestation, signatures=(changed, *others)).encode()


def with_one_bit_changed(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("party", [SN, CN_A, CN_B, *VALIDATORS[:1]], ids=lambda party: party.name)
def test_all_of_it_holds_after_honest_work(worked: Path, party: LedgerParty) -> None:
    assert defects_of(worked, party) == []
    if party is CN_A:
        with closing(sqlite3.connect(worked / party.name / "node.sqlite3")) as database:
            assert database.execute("SELECT count(*) FROM attested_outputs").fetchone()[0] == 2


@pytest.mark.parametrize("party", [CN_A, CN_B, SN], ids=lambda party: party.name)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (too_few, "threshold"),
        (of_another_epoch, "parameters_unknown"),
        (of_another_transaction, "ledger_tx of its row"),
        (with_a_changed_signature, "signature verifies"),
        (lambda data: data[:-1], "DECODE"),
        (lambda data: data + b"\0", "DECODE"),
    ],
    ids=["too few", "another epoch", "another ledger_tx", "a changed signature", "cut off", "more behind it"],
)
def test_an_altered_attestation_is_found(
    copy: Path, party: LedgerParty, change: Callable[[bytes], bytes], found: str
) -> None:
    altered(copy, party, "attestations", "attestation", change)
    defects = [defect for defect in defects_of(copy, party) if defect.table == "attestations"]
    assert len(defects) == 1
    assert found.lower() in defects[0].found.lower(), defects


@pytest.fixture
def book(tmp_path: Path) -> ParametersBook:
    """Epochs after the second of which other Validators attest."""
    later = with_validators(PARAMETERS, 10_000_000, 2, OTHER_VALIDATORS)
    return book_of(tmp_path / "book", PARAMETERS, lambda: 20_000_000, signed_epoch(later))


def test_what_validators_attested_that_were_replaced_since_is_no_defect(worked: Path, book: ParametersBook) -> None:
    assert defects_of(worked, CN_A, book) == []


def test_an_attestation_that_names_another_known_epoch_is_found(copy: Path, book: ParametersBook) -> None:
    """Its signatures are those of the Validators of its own epoch, which the other one does not have."""
    newest = book.history.newest.hash
    altered(
        copy,
        CN_A,
        "attestations",
        "attestation",
        lambda data: replace(Attestation.decode(data), parameters_hash=newest).encode(),
    )
    (defect,) = (defect for defect in defects_of(copy, CN_A, book) if defect.table == "attestations")
    assert (defect.table, "only Validators attest" in defect.found) == ("attestations", True)


@pytest.mark.parametrize("at", range(0, 300, 23))
def test_any_changed_proof_of_an_output_is_found(copy: Path, at: int) -> None:
    altered(copy, CN_A, "attested_outputs", "proof", with_one_bit_changed(at))
    assert any(defect.table == "attested_outputs" for defect in defects_of(copy, CN_A))


def test_the_proof_of_another_output_is_found(copy: Path) -> None:
    executed(copy, CN_A, "UPDATE attested_outputs SET proof = (SELECT proof FROM attested_outputs ORDER BY tx_id)")
    assert len([defect for defect in defects_of(copy, CN_A) if defect.table == "attested_outputs"]) == 1


def test_an_output_whose_attestation_was_removed_is_found(copy: Path) -> None:
    executed(copy, CN_A, "DELETE FROM attestations")
    found = {defect.table for defect in defects_of(copy, CN_A)}
    assert {"attested_outputs", "transactions"} <= found  # and what was paid with it rests on nothing


def test_an_output_that_was_removed_is_found(copy: Path) -> None:
    executed(copy, CN_A, "DELETE FROM attested_outputs")
    defects = defects_of(copy, CN_A)
    assert {"attestations", "transactions"} <= {defect.table for defect in defects}


def test_an_issuer_that_knows_an_output_by_an_attestation_is_found(copy: Path) -> None:
    """k colluding Validators could have made it: the issuer would countersign moves of a coin it never issued."""
    with closing(sqlite3.connect(copy / SN.name / "node.sqlite3")) as vandal:
        vandal.execute("ATTACH ? AS other", (str(copy / CN_A.name / "node.sqlite3"),))
        vandal.execute("INSERT INTO attested_outputs SELECT * FROM other.attested_outputs")
        vandal.commit()
    assert {defect.expected for defect in defects_of(copy, SN)} == {"none: this node keeps the whole history"}
