"""A running relayer and gateway export exactly what the table says; alerts fire on what is broken, and only then."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from prometheus_client.parser import text_string_to_metric_families

from relayer.core.chain import EventKind
from relayer.gateway.matching import Side
from relayer.telemetry import names
from relayer.telemetry.alert_rules import RULES
from relayer.telemetry.panels import PANELS
from relayer.watch.alarms import Alarm, AlarmKind
from tests.fakes.promql import Scrape, evaluate, metric_names, scrape
from tests.fakes.settlement_terms import some_terms
from tests.fakes.telemetry_world import T0_S, WatchedRelayer, watched_gateway, watched_relayer

OF_THE_SCRAPER = {"up"}


def series_of(text: str) -> set[str]:
    """Names of all samples, but for the times at which the library made them."""
    found = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    return {name for name in found if not name.endswith("_created")}


def declared(text: str) -> set[str]:
    """Names in the text's own declarations: also of metrics that have no sample yet."""
    return set(re.findall(r"^# TYPE (\S+) ", text, flags=re.MULTILINE))


def fired(scrapes: list[Scrape]) -> set[str]:
    return {rule.name for rule in RULES if evaluate(rule.expression, scrapes)}


async def well(world: WatchedRelayer) -> Scrape:
    """The first scrape once it is ready and has brought its light clients up to date."""
    await world.until(lambda found: bool(found["ready"]))
    while evaluate("crossdvp_client_age_seconds > 3600", [found := await of_relayer(world)]):
        pass  # asking is awaiting
    return found


async def of_relayer(world: WatchedRelayer) -> Scrape:
    return scrape(world.clocks.now_s, await world.metrics(), job="crossdvp-relayer", instance="r1")


async def test_every_name_in_dashboard_and_alerts_is_exported_by_a_running_relayer_and_gateway(tmp_path: Path) -> None:
    async with watched_relayer(tmp_path / "relayer.sqlite3") as relayer, watched_gateway(tmp_path) as gateway:
        relayer.chains[0].send(b"x", T0_S + 600)
        await relayer.until(lambda found: bool(found["ready"]))
        await gateway.settle(some_terms())
        text = await relayer.metrics() + await gateway.metrics()
    expressions = [re.sub(r"\$__\w+", "5m", query.expression) for panel in PANELS for query in panel.queries]
    read = {name for expression in expressions for name in metric_names(expression)}
    read |= {name for rule in RULES for name in metric_names(rule.expression)}
    known = declared(text)
    exported = known | {f"{name}{end}" for name in known for end in ("_bucket", "_sum", "_count", "_total")}
    assert read - OF_THE_SCRAPER <= exported
    assert series_of(text) <= {
        *names.PROCESS,
        *(metric.name + end for metric in names.EVERY for end in ("", "_bucket", "_sum", "_count")),
    }


async def test_a_well_relayer_fires_nothing(tmp_path: Path) -> None:
    async with watched_relayer(tmp_path / "relayer.sqlite3") as relayer:
        relayer.chains[0].send(b"x", T0_S + 6000)
        assert fired([await well(relayer), await of_relayer(relayer)]) == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("node", {"DependencyDown", "NotReady"}),
        ("frozen", {"ClientInactive"}),
        ("alarm", {"WatchAlarm"}),
        ("halted", {"PathHalted", "NotReady", "DependencyDown"}),
        ("away", {"PathStalled", "DependencyDown", "NotReady", "PacketsPending"}),
        ("expiring", {"ClientExpiring"}),
        ("certificate", {"CertificateExpiring"}),
    ],
)
async def test_an_unhealthy_relayers_metrics_fire_the_alerts_that_name_it(
    tmp_path: Path, name: str, expected: set[str]
) -> None:
    async with watched_relayer(tmp_path / "relayer.sqlite3") as relayer:
        before = await well(relayer)
        assert not expected & fired([before])
        await _break(relayer, name)
        assert expected <= fired([before, await of_relayer(relayer)])


async def _break(relayer: WatchedRelayer, name: str) -> None:
    one, two = relayer.chains
    match name:
        case "node":
            relayer.switches["node sn"].broken = True
            await relayer.until(lambda found: not found["ready"])
        case "frozen":
            one.frozen = True
            while one.frozen and "client_active" in (text := await relayer.metrics()):
                if 'client_active{chain="one",client="client-one"} 0.0' in text:
                    return
        case "alarm":
            relayer.board.find(Alarm(AlarmKind.VALIDATOR_EQUIVOCATED, "validator-3", "two roots at height 812"))
        case "halted":
            packet = one.send(b"x", T0_S + 600)
            one._note(EventKind.TIMEOUT_PROCESSED, packet)
            one._note(EventKind.ACK_PROCESSED, packet)
            await relayer.until(lambda found: not found["ready"])
        case "away":
            two.away = True
            await relayer.until(lambda found: not found["ready"])
            one.send(b"x", T0_S + 6000)
            while 'state="sent"' not in await relayer.metrics():
                pass
            relayer.clocks.pass_s(1000)
        case "expiring":
            two.refuses_submissions = one.refuses_submissions = True
            relayer.clocks.pass_s(2800)
        case "certificate":
            relayer.clocks.now_s += 3650 * 86_400


async def test_a_settlement_that_stands_and_a_defect_fire_at_the_gateway(tmp_path: Path) -> None:
    async with watched_gateway(tmp_path) as world:
        terms = some_terms()
        target = {"job": "crossdvp-gateway", "instance": "g1"}
        first = scrape(world.clocks.now_s, await world.metrics(), **target)
        client = world.gateway.client()
        await client.create(Side.SELLER, terms)
        await client.create(Side.BUYER, terms)
        world.gateway.evm.earmark(terms)
        await world.reached(terms, pb.SETTLEMENT_STATE_LOCKED)
        second = scrape(world.clocks.now_s, await world.metrics(), **target)
        assert "SettlementStuck" not in fired([first, second])
        world.clocks.now_s += 1000
        world.telemetry.process.metrics.count(names.RPC_CALLS, "service", "method", "INTERNAL")
        third = scrape(world.clocks.now_s, await world.metrics(), **target)
        assert "SettlementStuck" in fired([second, third])
        world.telemetry.process.metrics.count(names.RPC_CALLS, "service", "method", "INTERNAL")
        fourth = scrape(world.clocks.now_s + 15, await world.metrics(), **target)
        assert "CallsFailing" in fired([third, fourth])


async def test_a_settlements_counts_and_times_are_told_once(tmp_path: Path) -> None:
    async with watched_gateway(tmp_path) as world:
        await world.settle(some_terms())
        while 'ended_total{outcome="settled"}' not in (text := await world.metrics()):
            pass  # the stream is read in its own time; the test's time-out bounds it
    told = scrape(0.0, text).samples
    settled = frozenset({("outcome", "settled")})
    assert told["crossdvp_settlements_ended_total"][settled] == 1
    assert told["crossdvp_settlement_seconds_count"][settled] == 1
    assert told["crossdvp_lock_to_release_seconds_count"][frozenset({("lead", "cash"), ("outcome", "settled")})] == 1
    ok = {("service", "crossdvp.gateway.v1.SettlementService"), ("method", "CreateSettlement"), ("code", "OK")}
    assert told["crossdvp_rpc_calls_total"][frozenset(ok)] == 2


async def test_calls_over_http_are_counted_with_the_code_their_caller_got(tmp_path: Path) -> None:
    async with watched_gateway(tmp_path) as world:
        async with world.gateway.http().get(f"/v1/settlements/{'ab' * 32}") as answer:
            assert answer.status == 404
        told = scrape(0.0, await world.metrics()).samples["crossdvp_rpc_calls_total"]
    got = {("service", "crossdvp.gateway.v1.SettlementService"), ("method", "GetSettlement"), ("code", "NOT_FOUND")}
    assert told[frozenset(got)] == 1
