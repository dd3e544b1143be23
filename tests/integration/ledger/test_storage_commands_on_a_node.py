"""The commands of ``crossdvp ledger storage`` and ``fsck`` beside and after a real node process, by its own files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.bootstrap import NetworkSpec, NodeSpec, create_network
from tests.integration.ledger.test_nodes_as_processes import free_ports

pytestmark = pytest.mark.xdist_group("processes")  # two such files at once are too much for two cores

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'proto' / 'gen'}", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(params=["sqlite", "postgresql"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The configuration of an issuer's node."""
    names = {"sn": "SN", "nn": "NN", "validator-0": "VALIDATOR"}
    ports = free_ports(len(names))
    nodes = tuple(
        NodeSpec(name=name, roles=("SN", "BNO") if role == "SN" else (role,), port=port)
        for (name, role), port in zip(names.items(), ports, strict=True)
    )
    create_network(NetworkSpec(ledger_id="storage-test", threshold=1, nodes=nodes), tmp_path / "net", datetime.now(UTC))
    config = tmp_path / "net" / "sn" / "node.toml"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
        config.write_text(f'{config.read_text()}\n[database]\nurl = "{url}"\n')
    return config


@contextmanager
def running(config: Path) -> Iterator[subprocess.Popen[str]]:
    """A node process that has started; killed with -9."""
    command = [sys.executable, "-m", "chains.progmat.node", "--config", str(config)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "node started" in line:
                break
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def ledger(*words: str) -> tuple[int, Any]:
    program = "import sys; from relayer.cli.main import main; sys.argv[0] = 'crossdvp'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "ledger", *words, "--json"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_nodes_database_from_first_start_to_a_restored_backup(node: Path, tmp_path: Path) -> None:
    config, file = str(node), str(tmp_path / "backup")
    with running(node):
        assert ledger("storage", "backup", config, file)[0] == 0
        code, said = ledger("storage", "migrate", config)  # not beside a running node
        assert (code, said["error"]["reason"]) == (1, "DATABASE_IN_USE")
        assert "held by process" in said["error"]["message"]
    code, said = ledger("storage", "status", config)
    assert (code, said["doubt"]) == (0, "")
    assert ledger("fsck", config) == (0, {"defects": []})
    assert ledger("storage", "migrate", config)[1]["before"] == said_revision(config, file)

    code, said = ledger("storage", "restore", config, file)
    if "[database]" in node.read_text():
        assert (code, said["error"]["reason"]) == (1, "DATABASE_NOT_EMPTY")
        return
    assert code == 0
    code, said = ledger("storage", "reconcile", config)
    assert (code, said["doubt"]) == (1, "RESTORED")
    with running(node):  # it starts, answers, and signs nothing; its one issuer is itself, so nobody has to answer
        code, said = ledger("storage", "reconcile", config, "--confirm")
        while code and said["error"]["reason"] == "DOUBT_NOT_RECONCILED":  # its first round has not ended
            code, said = ledger("storage", "reconcile", config, "--confirm")
        assert (code, said["doubt"]) == (0, "")
    assert ledger("storage", "reconcile", config)[1]["doubt"] == ""


def test_a_stopped_nodes_database_takes_the_operators_word(node: Path, tmp_path: Path) -> None:
    if "[database]" in node.read_text():
        pytest.skip("a server's database is restored into an empty one only")
    config, file = str(node), str(tmp_path / "backup")
    with running(node):
        assert ledger("storage", "backup", config, file)[0] == 0
    assert ledger("storage", "restore", config, file)[0] == 0
    code, said = ledger("storage", "reconcile", config, "--confirm")
    assert (code, said["doubt"]) == (0, "")


def said_revision(config: str, file: str) -> str:
    """As the manifest says."""
    del config
    revision: str = json.loads(Path(file + ".manifest.json").read_text())["schema_revision"]
    return revision


def test_without_a_database_or_a_configuration_each_command_says_so(node: Path, tmp_path: Path) -> None:
    shutil.rmtree(node.parent / "data", ignore_errors=True)
    for words in (("storage", "status"), ("storage", "reconcile"), ("fsck",)):
        code, said = ledger(*words, str(node))
        assert code in {1, 2}
        assert said["error"]["reason"] == "NO_DATABASE"
        code, said = ledger(*words, str(tmp_path / "nothing.toml"))
        assert (code, said["error"]["reason"]) == (2, "BAD_NODE_CONFIG")
