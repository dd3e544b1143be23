"""``make bench``: one benchmark below its bound, or dead, keeps no other from running; table and exit code say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.bench.machine.speed import rounds_per_s
from scripts.bench.run import HERE, available, main
from scripts.bench.summary import Verdict, judged, table

FIGURES = {"name": "x", "value": 10, "unit": "things/s", "baseline": 20, "ratio": 0.5, "p99_ms": 7}
MACHINE = (812, 790)


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        ({}, Verdict.NO_BOUND),
        ({"value": {"least": 10}}, Verdict.MET),
        ({"value": {"least": 10.01}}, Verdict.NOT_MET),
        ({"value": {"most": 10}}, Verdict.MET),
        ({"value": {"most": 9.99}}, Verdict.NOT_MET),
        ({"value": {"least": 5}, "ratio": {"least": 0.6}}, Verdict.NOT_MET),
        ({"value": {"least": 5}, "p99_ms": {"most": 7}}, Verdict.MET),
        ({"cpu_ms": {"most": 7}}, Verdict.NOT_MET),
    ],
    ids=str,
)
def test_each_bound_counts_and_a_figure_that_is_missing_meets_none(
    bound: dict[str, dict[str, float]], verdict: Verdict
) -> None:
    assert judged("x", {**FIGURES, "bound": bound}, 0, MACHINE).verdict is verdict


@pytest.mark.parametrize(("line", "code"), [(None, 0), (None, 1), (FIGURES, 1), (FIGURES, -9)])
def test_what_measured_nothing_or_wrongly_has_failed(line: dict[str, object] | None, code: int) -> None:
    result = judged("x", line, code, MACHINE)
    assert (result.verdict, result.is_good) == (Verdict.FAILED, False)


def test_the_table_has_a_row_for_each_with_bound_and_verdict() -> None:
    bound = {"value": {"least": 1350}, "p99_ms": {"most": 5}}
    said = [("quick", {**FIGURES, "bound": bound}, 0), ("dead", None, 1), ("free", FIGURES, 0)]
    results = [judged(*each, MACHINE) for each in said]
    head, quick, dead, free = table(results).splitlines()
    assert head.split() == ["name", "value", "unit", "ratio", "machine", "bound"]
    assert quick == "quick  10     things/s  0.5    812, 790  value ≥ 1,350, p99_ms ≤ 5 (7)  NOT MET"
    assert dead.endswith("FAILED")
    assert free.endswith("no bound")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three benchmarks: below its bound, dead, and well."""
    for name, value, end in (("a_slow", 1, "0"), ("b_dead", 0, "'died'"), ("c_well", 9, "0")):
        line = json.dumps({**FIGURES, "name": name, "value": value, "bound": {"value": {"least": 5}}})
        said = f"print({line!r})" if value else "print('no figure')"
        (tmp_path / f"{name}.py").write_text(f"import sys\n{said}\nsys.exit({end})\n")
    return tmp_path


def test_all_run_and_the_exit_code_is_1(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([], folder) == 1
    said = capfd.readouterr()
    assert [json.loads(line)["name"] for line in said.out.splitlines() if line.startswith("{")] == ["a_slow", "c_well"]
    rows = {line.split()[0]: line for line in said.err.splitlines()[-3:]}
    ends = {"a_slow": "NOT MET", "b_dead": "FAILED", "c_well": "met"}
    assert all(rows[name].endswith(end) for name, end in ends.items()), rows


def test_one_that_meets_its_bound_ends_with_0_and_one_that_is_not_there_with_2(folder: Path) -> None:
    assert main(["c_well"], folder) == 0
    assert main(["a_slow"], folder) == 1
    assert main(["nowhere", "c_well"], folder) == 2


def test_what_is_no_benchmark_is_not_run() -> None:
    assert "issue_pay" in available()
    for name in available():
        source = (HERE / f"{name}.py").read_text()
        assert 'if __name__ == "__main__":' in source, f"{name} lies among the benchmarks and is none"


def test_the_machines_speed_is_measured_on_all_its_processors() -> None:
    assert rounds_per_s(0.05) > 0
