"""``crossdvp ledger notary status`` over both stores."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from chains.progmat.cli.main import app
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, request
from tests.fakes.uniqueness_stores import postgres_writer

NODES = (
    NodeSpec(name="sn", roles=("SN", "BNO"), port=7001),
    NodeSpec(name="nn", roles=("NN",), port=7002),
    NodeSpec(name="v1", roles=("VALIDATOR",), port=7003),
)


@pytest.fixture
def node(tmp_path: Path) -> Path:
    create_network(NetworkSpec(ledger_id=LEDGER_ID, threshold=1, nodes=NODES), tmp_path / "net", datetime.now(UTC))
    return tmp_path / "net" / "nn"


def status(node: Path, *flags: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["notary", "status", str(node / "node.toml"), *flags])
    return done.exit_code, done.output


def test_a_store_that_was_never_used_is_not_made_by_looking(node: Path) -> None:
    code, output = status(node)
    assert code == 1
    assert "UNIQUENESS_STORE_LOST" in output
    assert not (node / "data").exists()


def test_the_journal_of_a_file_is_shown_while_its_notary_runs(node: Path) -> None:
    (node / "data").mkdir()
    store = SqliteUniquenessStore(node / "data" / "notary.sqlite3", LEDGER_ID)
    store.commit_batch([request("a", writes=(create("p"),))], NOW_S)
    code, output = status(node)
    assert code == 0, output
    assert f"position 1, 2027-01-15 08:00:00 UTC, {store.head().entry_hash.hex()}" in output.replace("\n", "")
    store.close()


def test_the_writer_of_a_shared_store_is_named(node: Path, postgres_url: str) -> None:
    with (node / "node.toml").open("a") as file:
        file.write(f'[notary]\nstore = "{postgres_url}"\n')
    code, output = status(node)
    assert code == 1
    assert "UNIQUENESS_STORE_ERROR" in output
    store = postgres_writer(postgres_url, "machine-1/77")
    store.commit_batch([request("a", writes=(create("p"),))], NOW_S)
    code, output = status(node, "--json")
    assert code == 0, output
    shown = json.loads(output)
    assert shown["journal"] == {"position": 1, "time_s": NOW_S, "hash": store.head().entry_hash.hex()}
    assert (shown["writer"]["holder"], shown["writer"]["epoch"]) == ("machine-1/77", 1)
    assert "machine-1/77, epoch 1, for another" in status(node)[1]
    store.release()
    assert "gave epoch 1 back" in status(node)[1]
    store.close()
