"""``config check``, ``doctor`` and ``start``: what is wrong with a file is told with its line and its fix."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from relayer.cli import relayer as relayer_cli
from relayer.cli.toml_lines import line_of
from tests.fakes.evm_deployments import a_deployment
from tests.fakes.process_files import certified_folder, write_config

TEXT = """listen = "x"
[tls]
authority = "a"
[[paths]]
name = "first"
[paths.evm]
rpc_urls = ["u"]
[[paths]]
name = "second"
[paths.evm]
rpc_urls = ["u"]
[paths.ledger.issuer]
name = "sn"
"""


def command(*words: str) -> Result:
    return CliRunner().invoke(relayer_cli.app, list(words), env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("listen",), 1),
        (("tls",), 2),
        (("tls", "authority"), 3),
        (("tls", "certificate"), 2),
        (("paths", 0), 4),
        (("paths", 0, "name"), 5),
        (("paths", 1, "evm", "rpc_urls"), 11),
        (("paths", 1, "evm", "rpc_urls", 0), 11),
        (("paths", 1, "ledger", "issuer", "name"), 13),
        (("paths", 0, "ledger"), 4),
        (("paths",), 4),
        (("unknown",), None),
        ((), None),
    ],
)
def test_a_problem_is_told_at_the_line_of_its_key_or_of_the_table_that_lacks_it(
    place: tuple[int | str, ...], line: int | None
) -> None:
    assert line_of(TEXT, place) == line


@given(text=st.text(max_size=200), place=st.lists(st.one_of(st.text(max_size=5), st.integers(0, 3)), max_size=4))
def test_no_file_and_no_place_breaks_the_search_for_a_line(text: str, place: list[int | str]) -> None:
    found = line_of(text, place)
    assert found is None or 1 <= found <= len(text.splitlines())


def test_each_problem_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = write_config(tmp_path, listen='"nowhere"', ledger__threshold="7")
    found = command("config", "check", str(path))
    assert found.exit_code == 1
    lines = path.read_text().splitlines()
    listen = lines.index('listen = "nowhere"') + 1
    assert f"{path}:{listen}: listen: " in found.output
    assert "7 signatures cannot come from 1 validators" in found.output
    document = json.loads(command("config", "check", str(path), "--json").stdout)
    assert document["error"]["reason"] == "CONFIG_INVALID"
    assert {problem["key"] for problem in document["problems"]} >= {"listen", "paths.0.ledger"}
    assert all(problem["line"] for problem in document["problems"])


def test_a_file_that_is_no_toml_or_not_there_is_said_to_be(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("listen = \n")
    assert "line 1" in command("config", "check", str(broken)).output
    missing = command("config", "check", str(tmp_path / "none.toml"))
    assert (missing.exit_code, "cannot be read" in missing.output) == (1, True)


def test_a_good_file_names_what_it_found_and_a_missing_deployment_is_bad(tmp_path: Path) -> None:
    path = write_config(certified_folder(tmp_path))
    bad = command("config", "check", str(path))
    assert bad.exit_code == 1
    assert "DEPLOYMENT_INVALID" in bad.output
    (tmp_path / "deployment.json").write_text(a_deployment().model_dump_json())
    good = command("config", "check", str(path))
    assert good.exit_code == 0, good.output
    assert "can be used; paths: only" in good.output
    assert "made at the first start" in good.output


def test_doctor_dials_everything_and_each_line_that_is_bad_has_its_fix(tmp_path: Path) -> None:
    path = write_config(certified_folder(tmp_path))
    (tmp_path / "deployment.json").write_text(a_deployment().model_dump_json())
    found = command("doctor", "--config", str(path), "--json")
    assert found.exit_code == 1
    document = json.loads(found.stdout)
    assert document["canWork"] is False
    by_question = {finding["question"]: finding for finding in document["findings"]}
    bad = {question for question, finding in by_question.items() if finding["fitness"] == "unfit"}
    assert bad >= {"EVM node http://127.0.0.1:1", "issuer sn", "Validator validator-1", "account"}
    assert all(by_question[question]["advice"] for question in bad)
    assert by_question["certificate and key"]["fitness"] == "good"
    shown = command("config", "check", str(path), "--live")
    assert shown.exit_code == 1
    assert "this relayer cannot work as it is" in shown.output


def test_a_key_that_does_not_fit_its_certificate_is_found_without_dialling(tmp_path: Path) -> None:
    path = write_config(certified_folder(tmp_path))
    (tmp_path / "relayer.hex").write_text("not hex")
    found = json.loads(command("config", "check", str(path), "--json").stdout)
    by_question = {finding["question"]: finding for finding in found["findings"]}
    assert by_question["only: account key"]["fitness"] == "unfit"
    assert "32 bytes in hexadecimal" in by_question["only: account key"]["advice"]


def test_start_is_the_daemon_and_a_file_that_cannot_be_used_ends_it_with_code_2(tmp_path: Path) -> None:
    path = write_config(tmp_path, listen='"nowhere"')
    program = Path(sys.executable).parent / "crossdvp"
    ended = subprocess.run(
        [program, "relayer", "start", "--config", path, "--log-format", "json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert json.loads(ended.stderr.splitlines()[-1])["reason"] == "CONFIG_INVALID"


def test_start_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    path = write_config(certified_folder(tmp_path))
    (tmp_path / "deployment.json").write_text(a_deployment().model_dump_json())
    program = Path(sys.executable).parent / "crossdvp"
    with subprocess.Popen(
        [program, "relayer", "start", "--config", path, "--log-format", "json"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if '"event": "relaying"' in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
