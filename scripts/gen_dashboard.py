"""Write the Grafana dashboard and the Prometheus alert rules in ops/ from the tables in relayer/telemetry.

``--check`` (CI) fails when a checked-in file is not what its table gives today.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "proto" / "gen")]

from relayer.telemetry.alert_rules import RULES, AlertRule  # noqa: E402 # the checkout must be importable first
from relayer.telemetry.names import Question  # noqa: E402 # as above
from relayer.telemetry.panels import PANELS, Panel  # noqa: E402 # as above

WIDTH = 24
DASHBOARD = Path("ops/grafana/crossdvp.json")
ALERTS = Path("ops/prometheus/alerts.yml")
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def dashboard() -> str:
    """The dashboard's JSON model, as Grafana imports it."""
    panels: list[dict[str, object]] = []
    top = 0
    for question in Question:
        panels.append({"type": "row", "title": question.value, "collapsed": False, "gridPos": _grid(0, top, WIDTH, 1)})
        placed, top = _placed([panel for panel in PANELS if panel.question is question], top + 1)
        panels += placed
    for number, panel in enumerate(panels, 1):
        panel["id"] = number
    document = {
        "uid": "crossdvp",
        "title": "crossdvp: relayer and gateway",
        "description": "Made by scripts/gen_dashboard.py. Rows are an operator's questions, in the order of asking.",
        "tags": ["crossdvp"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus", "label": "Source"}]
        },
        "panels": panels,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _placed(panels: Sequence[Panel], top: int) -> tuple[list[dict[str, object]], int]:
    """Panels from left to right, a new line where one does not fit; and the line below them."""
    placed: list[dict[str, object]] = []
    left = tallest = 0
    for panel in panels:
        kind, width, height = panel.look.value
        if left + width > WIDTH:
            left, top, tallest = 0, top + tallest, 0
        placed.append(_drawn(panel, kind, _grid(left, top, width, height)))
        left, tallest = left + width, max(tallest, height)
    return placed, top + tallest


def _grid(left: int, top: int, width: int, height: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": width, "h": height}


def _drawn(panel: Panel, kind: str, grid: dict[str, int]) -> dict[str, object]:
    instant = kind != "timeseries"
    targets = [
        {
            "refId": chr(ord("A") + index),
            "expr": query.expression,
            "legendFormat": query.legend or "__auto",
            "instant": instant,
            "range": not instant,
            "datasource": _SOURCE,
        }
        for index, query in enumerate(panel.queries)
    ]
    return {
        "type": kind,
        "title": panel.title,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit.value}, "overrides": []},
        "options": {},
        "gridPos": grid,
        "targets": targets,
    }


def alerts() -> str:
    """The rules' YAML: strings are written as JSON, which YAML takes."""
    lines = ["# Made by scripts/gen_dashboard.py: change relayer/telemetry/alert_rules.py, not this file.", "groups:"]
    for question in Question:
        rules = [rule for rule in RULES if rule.question is question]
        if rules:
            lines += [f"  - name: {json.dumps(question.value)}", "    rules:"]
            lines += [line for rule in rules for line in _rule_lines(rule)]
    return "\n".join(lines) + "\n"


def _rule_lines(rule: AlertRule) -> Iterator[str]:
    yield f"      - alert: {rule.name}"
    yield f"        expr: {json.dumps(rule.expression)}"
    yield f"        for: {rule.held}"
    yield "        labels:"
    yield f"          severity: {rule.severity.value}"
    yield "        annotations:"
    yield f"          summary: {json.dumps(rule.summary)}"
    yield f"          description: {json.dumps(rule.description)}"
    yield f"          runbook: {rule.page}"


def main() -> int:
    """Command line: write the files, or ``--check`` without writing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if a checked-in file is stale; write nothing")
    check = parser.parse_args().check
    stale = 0
    for name, text in ((DASHBOARD, dashboard()), (ALERTS, alerts())):
        path = ROOT / name
        if check and (not path.exists() or path.read_text() != text):
            stale += 1
            print(f"stale: {name}; run scripts/gen_dashboard.py", file=sys.stderr)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            print(name)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
