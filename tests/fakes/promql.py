"""Alert expressions evaluated over scrapes, as Prometheus would: parsed by a PromQL parser, computed here.

What the rules use and nothing more: selectors, rate, increase, min_over_time, abs, histogram_quantile, sum/min/max with
by or without, arithmetic, comparisons, and/or/unless on equal labels. Anything else fails the test that asks.
"""

from __future__ import annotations

import itertools
import operator
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import promql_parser as promql
from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Value = Vector | float


@dataclass(frozen=True)
class Scrape:
    """What a process told at a time, by name and labels (the target's own ``job`` and ``instance`` among them)."""

    at_s: float
    samples: Mapping[str, Vector]


def scrape(at_s: float, text: str, **target: str) -> Scrape:
    """A scrape's text, read; ``target``: the labels that the scraper adds."""
    found: dict[str, Vector] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name][frozenset({**sample.labels, **target}.items())] = sample.value
    found["up"] = {frozenset(target.items()): 1.0}
    return Scrape(at_s, found)


def metric_names(expression: str) -> set[str]:
    """Every metric that an expression reads."""
    return {str(selector.name) for selector in _selectors(promql.parse(expression))}


def _selectors(node: Any) -> list[Any]:  # noqa: ANN401  # the parser's nodes have no common type
    match node:
        case promql.VectorSelector():
            return [node]
        case promql.MatrixSelector():
            return [node.vector_selector]
        case promql.BinaryExpr():
            return _selectors(node.lhs) + _selectors(node.rhs)
        case promql.Call():
            return [each for argument in node.args for each in _selectors(argument)]
        case promql.NumberLiteral() | promql.StringLiteral():
            return []
    return _selectors(node.expr)


def evaluate(expression: str, scrapes: Sequence[Scrape]) -> Vector:
    """The series for which an alert's expression holds after the last scrape."""
    found = _value(promql.parse(expression), scrapes)
    assert isinstance(found, dict), f"{expression} gives a number, not series"
    return found


_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _value(node: Any, scrapes: Sequence[Scrape]) -> Value:  # noqa: ANN401  # as above
    match node:
        case promql.NumberLiteral():
            return float(node.val)
        case promql.ParenExpr():
            return _value(node.expr, scrapes)
        case promql.VectorSelector():
            return _selected(node, scrapes[-1])
        case promql.AggregateExpr():
            return _aggregated(node, scrapes)
        case promql.BinaryExpr():
            return _binary(str(node.op), _value(node.lhs, scrapes), _value(node.rhs, scrapes))
        case promql.Call():
            return _call(node, scrapes)
    raise AssertionError(f"the evaluator knows no {type(node).__name__}")


def _selected(selector: Any, at: Scrape) -> Vector:  # noqa: ANN401  # as above
    return {
        labels: value
        for labels, value in at.samples.get(str(selector.name), {}).items()
        if all(_matches(matcher, dict(labels)) for matcher in selector.matchers.matchers)
    }


def _matches(matcher: Any, labels: dict[str, str]) -> bool:  # noqa: ANN401  # as above
    found = labels.get(matcher.name, "")
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        return (found == matcher.value) is (matcher.op == promql.MatchOp.Equal)
    return bool(re.fullmatch(matcher.value, found)) is (matcher.op == promql.MatchOp.Re)


def _aggregated(node: Any, scrapes: Sequence[Scrape]) -> Vector:  # noqa: ANN401  # as above
    inner = _value(node.expr, scrapes)
    assert isinstance(inner, dict)
    modifier, kind = node.modifier, str(node.op)
    groups: dict[Labels, list[float]] = defaultdict(list)
    for labels, value in inner.items():
        if modifier is None:
            kept: Labels = frozenset()
        elif modifier.type == promql.AggModifierType.By:
            kept = frozenset((name, text) for name, text in labels if name in modifier.labels)
        else:
            kept = frozenset((name, text) for name, text in labels if name not in modifier.labels)
        groups[kept].append(value)
    combines: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min}
    combine = combines[kind]
    return {labels: combine(values) for labels, values in groups.items()}


def _binary(op: str, left: Value, right: Value) -> Value:
    if isinstance(left, dict) and isinstance(right, dict):
        if op in {"and", "unless"}:
            return {labels: value for labels, value in left.items() if (labels in right) is (op == "and")}
        if op == "or":
            return {**right, **left}
        pairs = {labels: (value, right[labels]) for labels, value in left.items() if labels in right}
    elif isinstance(left, dict):
        assert isinstance(right, float)
        pairs = {labels: (value, right) for labels, value in left.items()}
    elif isinstance(right, dict):
        pairs = {labels: (left, value) for labels, value in right.items()}
    else:
        return _ARITHMETIC[op](left, right)
    if op in _COMPARE:
        return {labels: pair[0] for labels, pair in pairs.items() if _COMPARE[op](*pair)}
    return {labels: _ARITHMETIC[op](*pair) for labels, pair in pairs.items()}


def _call(node: Any, scrapes: Sequence[Scrape]) -> Value:  # noqa: ANN401  # as above
    name, arguments = node.func.name, node.args
    if name == "abs":
        inner = _value(arguments[0], scrapes)
        return {labels: abs(value) for labels, value in inner.items()} if isinstance(inner, dict) else abs(inner)
    if name == "histogram_quantile":
        wanted, buckets = _value(arguments[0], scrapes), _value(arguments[1], scrapes)
        assert isinstance(wanted, float)
        assert isinstance(buckets, dict)
        return _quantile(wanted, buckets)
    matrix = arguments[0]
    within_s = matrix.range.total_seconds()
    seen = [each for each in scrapes if scrapes[-1].at_s - each.at_s <= within_s]
    vectors = [_selected(matrix.vector_selector, each) for each in seen]
    if name == "min_over_time":
        known = set().union(*vectors)
        return {labels: min(vector[labels] for vector in vectors if labels in vector) for labels in known}
    assert name in {"rate", "increase"}, f"the evaluator knows no {name}"
    grown = {labels: _grown([v[labels] for v in vectors if labels in v]) for labels in vectors[-1]}
    return grown if name == "increase" else {labels: value / within_s for labels, value in grown.items()}


def _grown(values: Sequence[float]) -> float:
    """The increase of a counter over its samples; one that begins inside has grown by nothing that is known."""
    return sum(max(0.0, later - earlier) for earlier, later in itertools.pairwise(values))


def _quantile(wanted: float, buckets: Vector) -> Vector:
    series: dict[Labels, list[tuple[float, float]]] = defaultdict(list)
    for labels, count in buckets.items():
        rest = frozenset(pair for pair in labels if pair[0] != "le")
        series[rest].append((float(dict(labels)["le"]), count))
    found: Vector = {}
    for labels, counts in series.items():
        ordered = sorted(counts)
        total = ordered[-1][1]
        if total:
            below = [bound for bound, count in ordered if count >= wanted * total]
            finite = [bound for bound, _ in ordered if bound != float("inf")]
            found[labels] = min(below[0], finite[-1])
    return found
