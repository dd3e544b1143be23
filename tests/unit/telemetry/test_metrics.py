"""Metrics stay bounded whatever they are told, and a source that fails shows nothing rather than something old."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from primitives.errors import UnavailableError
from relayer.telemetry import names
from relayer.telemetry.metrics import MOST_SERIES, Metrics, Rows, Source
from relayer.telemetry.names import Metric


class Gone(UnavailableError):
    """The source is away."""

    reason = "GONE"


def fresh() -> Metrics:
    return Metrics(names.RELAYER, lambda: 0.0)


async def told(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    body, _ = await metrics.render()
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


async def test_a_flood_of_label_values_is_counted_as_other_and_nothing_is_lost() -> None:
    metrics = fresh()
    for number in range(MOST_SERIES + 50):
        metrics.count(names.RPC_CALLS, "service", f"method{number}", "OK")
    series = (await told(metrics))["crossdvp_rpc_calls_total"]
    assert len(series) == MOST_SERIES + 1
    assert series["other", "other", "other"] == 50
    assert sum(series.values()) == MOST_SERIES + 50


@given(st.text(max_size=200))
def test_any_text_as_a_label_is_cut_and_cannot_forge_a_line(text: str) -> None:
    metrics = fresh()
    metrics.count(names.PEER_CALLS, text, "OK")
    child = metrics._series[names.PEER_CALLS]
    ((method, _),) = child.known
    assert len(method) <= 64
    assert not set(method) & set('"\\\n{}')


async def test_a_source_that_fails_leaves_its_gauges_out_and_says_so() -> None:
    metrics, away = fresh(), False

    async def read() -> Mapping[Metric, Rows]:
        if away:
            raise Gone("away")
        return {names.PACKETS: {("p", "one", "sent"): 3.0}}

    metrics.add_source(Source("packets", (names.PACKETS,), read))
    assert (await told(metrics))["crossdvp_packets"] == {("p", "one", "sent"): 3.0}
    away = True
    found = await told(metrics)
    assert "crossdvp_packets" not in found
    assert found["crossdvp_metrics_source_failed"]["packets",] == 1
    away = False
    assert (await told(metrics))["crossdvp_metrics_source_failed"]["packets",] == 0


async def test_rows_that_are_gone_are_not_shown_for_ever() -> None:
    metrics = fresh()
    metrics.replace(names.ALARMS, {("client_frozen",): 1.0, ("watch_blind",): 2.0})
    metrics.replace(names.ALARMS, {("watch_blind",): 1.0})
    assert (await told(metrics))["crossdvp_alarms"] == {("watch_blind",): 1.0}


async def test_an_impatient_scraper_does_not_ask_the_database_each_time() -> None:
    clock_s, asked = 0.0, 0
    metrics = Metrics(names.RELAYER, lambda: clock_s)

    async def read() -> Mapping[Metric, Rows]:
        nonlocal asked
        asked += 1
        return {}

    metrics.add_source(Source("packets", (names.PACKETS,), read, pause_s=5.0))
    for _ in range(10):
        await metrics.render()
    assert asked == 1
    clock_s = 5.0
    await metrics.render()
    assert asked == 2


async def test_a_clock_that_went_back_is_no_negative_duration() -> None:
    metrics = fresh()
    metrics.observe(names.PACKET_SECONDS, "one", seconds=-5.0)
    found = await told(metrics)
    assert found["crossdvp_packet_seconds_sum"]["one",] == 0
    assert found["crossdvp_packet_seconds_count"]["one",] == 1


@pytest.mark.parametrize(
    ("accept", "kind"), [("", "text/plain"), ("application/openmetrics-text; version=1.0.0", "application/openmetrics")]
)
async def test_a_scraper_gets_the_format_it_accepts(accept: str, kind: str) -> None:
    _, content_type = await fresh().render(accept)
    assert content_type.startswith(kind)
