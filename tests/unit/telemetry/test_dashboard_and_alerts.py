"""Dashboard, alert rules, runbook pages and metrics name each other, without gaps; every expression parses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import typer
import yaml

from chains.deferred_commands import DeferredCommand
from relayer.cli.main import app
from relayer.telemetry import names
from relayer.telemetry.alert_rules import RULES, AlertRule
from relayer.telemetry.panels import NOT_SHOWN, PANELS
from tests.fakes.promql import metric_names

ROOT = Path(__file__).parents[3]
RUNBOOK = ROOT / "docs" / "runbook"
OF_THE_SCRAPER = {"up"}
_VARIABLE = re.compile(r"\$__\w+")
SECTIONS = ("## What it means", "## How to see it", "## What to do", "## What not to do", "## When to call whom")


COMMANDS = re.compile(r"crossdvp ((?:relayer|gateway|settlement|doctor|explain|ledger) [^`\n]*)")


def exported(table: tuple[names.Metric, ...] = names.EVERY) -> set[str]:
    """The names of all series that the table can give."""
    found: set[str] = set(names.PROCESS)
    for metric in table:
        is_histogram = metric.kind is names.Kind.HISTOGRAM
        found |= {metric.name + end for end in (("_bucket", "_sum", "_count") if is_histogram else ("",))}
    return found


def panel_expressions() -> list[str]:
    return [_VARIABLE.sub("5m", query.expression) for panel in PANELS for query in panel.queries]


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    pages = {page.stem for page in RUNBOOK.glob("*.md")}
    assert pages == {rule.name for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_page_says_what_somebody_needs_at_night(rule: AlertRule) -> None:
    text = (ROOT / rule.page).read_text()
    assert text.startswith(f"# {rule.name}\n")
    assert [line for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "```" in text, "how to see it: a command and its output"
    for section in re.split(r"^## .*$", text, flags=re.MULTILINE)[1:]:
        assert len(section.split()) >= 3


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_a_rule_reads_metrics_that_exist_and_shows_labels_that_they_have(rule: AlertRule) -> None:
    read = metric_names(rule.expression)
    assert read <= exported() | OF_THE_SCRAPER
    known = {"job", "instance"}
    for metric in names.EVERY:
        if any(name.startswith(metric.name) for name in read):
            known |= set(metric.labels)
    shown = set(re.findall(r"\$labels\.(\w+)", rule.summary + rule.description))
    assert shown <= known
    kept = re.search(r"^(?:sum|max|min) by \(([\w, ]+)\)", rule.expression)
    if kept and "histogram" not in rule.expression:
        assert shown <= set(kept[1].split(", "))


def test_every_panel_reads_metrics_that_exist() -> None:
    for expression in panel_expressions():
        promql.parse(expression)
        assert metric_names(expression) <= exported(), expression


def test_every_metric_is_on_the_dashboard_or_left_out_for_a_reason() -> None:
    shown = {name for expression in panel_expressions() for name in metric_names(expression)}
    for metric in names.EVERY:
        assert any(name.startswith(metric.name) for name in shown), f"{metric.name} is on no panel"
    assert set(names.PROCESS) - shown == set(NOT_SHOWN)


def test_metrics_are_named_as_the_field_does() -> None:
    for metric in names.EVERY:
        assert re.fullmatch(r"crossdvp_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") is (metric.kind is names.Kind.COUNTER)
        assert bool(metric.buckets) is (metric.kind is names.Kind.HISTOGRAM)
        assert {"trade_id", "packet", "sequence", "request_id"}.isdisjoint(metric.labels)


def test_the_files_are_what_the_tables_give() -> None:
    for script in ("gen_dashboard.py", "gen_log_events.py"):
        checked = subprocess.run((sys.executable, str(ROOT / "scripts" / script), "--check"), check=False)
        assert checked.returncode == 0


def test_the_alerts_file_is_yaml_with_every_rule_once() -> None:
    document: dict[str, Any] = yaml.safe_load((ROOT / "ops/prometheus/alerts.yml").read_text())
    rules = [rule for group in document["groups"] for rule in group["rules"]]
    assert sorted(rule["alert"] for rule in rules) == sorted(rule.name for rule in RULES)
    for rule in rules:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert re.fullmatch(r"\d+[smh]", rule["for"])
        assert {"summary", "description", "runbook"} == set(rule["annotations"])
        assert (ROOT / rule["annotations"]["runbook"]).is_file()


def test_the_dashboards_rows_are_the_operators_questions_and_no_panels_overlap() -> None:
    document: dict[str, Any] = json.loads((ROOT / "ops/grafana/crossdvp.json").read_text())
    rows = [panel["title"] for panel in document["panels"] if panel["type"] == "row"]
    assert rows == [question.value for question in names.Question]
    taken: set[tuple[int, int]] = set()
    for panel in document["panels"]:
        grid = panel["gridPos"]
        cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert grid["x"] + grid["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in document["panels"]}) == len(document["panels"])


def test_the_front_page_lists_every_alert_with_its_page_and_severity_and_its_links_lead_somewhere() -> None:
    page = ROOT / "docs" / "operations.md"
    text = page.read_text()
    rows = re.findall(r"^\| (\w+) \| \[what it means\]\(runbook/(\w+)\.md\) \| (page|ticket) \|$", text, re.MULTILINE)
    assert rows == [(rule.name, rule.name, rule.severity.value) for rule in RULES]
    pages = [page, *RUNBOOK.glob("*.md")]
    for each in pages:
        for target in re.findall(r"\]\(([^)#]+)", each.read_text()):
            assert (each.parent / target).resolve().exists(), f"{each.name} links to {target}"


def test_every_command_of_the_runbook_exists_with_its_options() -> None:
    pages = [ROOT / "docs" / "operations.md", *RUNBOOK.glob("*.md")]
    said = {
        command.split("  #")[0].split(" |")[0].split(" &&")[0].strip()
        for page in pages
        for command in COMMANDS.findall(page.read_text())
    }
    assert len(said) > 20
    for command in said:
        words = command.replace("\n", " ").split()
        assert _known(typer.main.get_command(app), words), command


def _known(command: Any, words: list[str]) -> bool:  # noqa: ANN401  # the command line library's own types
    """Whether the words name a command with these options; what is not a command is an argument."""
    while words and hasattr(command, "get_command"):
        if words[0] in {name for parameter in command.params for name in parameter.opts}:
            words = words[2:]  # an option of the group, and its value
            continue
        found = command.get_command(None, words[0])
        if found is None:
            break
        if isinstance(found, DeferredCommand):
            found = typer.main.get_command(import_module(found._module).app)
        command, words = found, words[1:]
    options = {name for parameter in command.params for name in parameter.opts}
    is_group = hasattr(command, "get_command") and not command.invoke_without_command
    return not is_group and all(word in options for word in words if word.startswith("--"))
