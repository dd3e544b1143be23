"""What an operator sees of real processes that settle: readiness, metrics, one trace, log lines, and no secret."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from relayer.devnet.layout import OBSERVED, read_state, traces_file
from relayer.telemetry.tracing import shown_trace
from tests.fakes.promql import scrape
from tests.fakes.secrets_search import found_in, found_in_files, pem_secrets

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]

PROGRAM = (sys.executable, "-c", "from relayer.cli.main import main; main()")


async def crossdvp(*arguments: str) -> list[Any]:
    """A command's documents; it has to succeed."""
    child = await asyncio.create_subprocess_exec(*PROGRAM, *arguments, "--json", stdout=asyncio.subprocess.PIPE)
    output, _ = await child.communicate()
    assert child.returncode == 0, output
    return [json.loads(line) for line in output.decode().splitlines()]


async def fetched(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


@pytest.fixture(scope="module")
def settled(devnet: Path) -> str:
    """A settlement that came to its end; its name."""

    async def settle() -> str:
        (created,) = await crossdvp("settlement", "create", "--dir", str(devnet))
        await crossdvp("settlement", "watch", created["name"], "--dir", str(devnet))
        return str(created["name"])

    return asyncio.run(settle())


async def test_both_processes_are_ready_and_every_dependency_is_named(devnet: Path) -> None:
    expected = {
        "relayer": {"database", "clock", "node sn", "node cn-a", "node cn-b", "validators", "chain progmat-devnet"},
        "gateway": {"database", "clock", "node sn", "node cn-a", "node cn-b", "follower", "chain evm-919191"},
    }
    for name, url in read_state(devnet).metrics.items():
        async with asyncio.timeout(60):
            while (found := await fetched(f"{url}/readyz"))[0] != 200:
                pass  # asking is awaiting
        dependencies = {each["name"] for each in json.loads(found[1])["dependencies"]}
        assert expected[name] <= dependencies
        assert (await fetched(f"{url}/healthz"))[0] == 200


async def test_a_settlements_time_is_found_by_its_name_across_processes_and_ledgers(devnet: Path, settled: str) -> None:
    name = settled
    trade_id = bytes.fromhex(name.removeprefix("settlements/"))
    async with asyncio.timeout(30):
        while True:
            (found,) = await crossdvp("settlement", "trace", name, "--dir", str(devnet))
            names = {span["name"] for span in found["spans"]}
            if "settlement" in names and "packet" in names:
                break
    assert found["trace"] == shown_trace(trade_id)
    assert {"CreateSettlement", "gateway lock", "relayer receive", "relayer acknowledge"} <= names
    services = {span["service"] for span in found["spans"]}
    assert services == {"crossdvp-gateway", "crossdvp-relayer"}
    ledgers = {span["attributes"].get("ledger") for span in found["spans"] if span["attributes"].get("tx_id")}
    assert {"evm", "progmat"} <= ledgers


async def test_metrics_count_what_was_settled_and_logs_say_it_in_one_line(devnet: Path, settled: str) -> None:
    name = settled
    state = read_state(devnet)
    async with asyncio.timeout(30):
        while True:
            gateway = scrape(0.0, (await fetched(f"{state.metrics['gateway']}/metrics"))[1]).samples
            relayer = scrape(0.0, (await fetched(f"{state.metrics['relayer']}/metrics"))[1]).samples
            if gateway.get("crossdvp_settlements_ended_total") and relayer.get("crossdvp_packets_ended_total"):
                break
            await asyncio.sleep(0.2)
    assert sum(gateway["crossdvp_settlements_ended_total"].values()) >= 1
    assert all(value > 0 for value in relayer["crossdvp_client_expires_in_seconds"].values())
    assert set(relayer["crossdvp_endpoint_up"].values()) == {1.0}
    assert max(relayer["crossdvp_gas_used_total"].values(), default=0) > 0
    assert max(relayer["crossdvp_account_transactions"].values()) > 0
    lines = (devnet / "logs" / "gateway.log").read_text().splitlines()
    trade_id = name.removeprefix("settlements/")
    assert len([line for line in lines if "settlement ended" in line and trade_id in line]) == 1


@pytest.mark.usefixtures("settled")
async def test_no_key_of_any_process_is_in_logs_traces_metrics_or_databases(devnet: Path) -> None:
    state = read_state(devnet)
    secrets: dict[str, tuple[bytes, ...]] = {
        path.name: (bytes.fromhex(path.read_text().strip()),) for path in (devnet / "keys").glob("*.hex")
    }
    for process in OBSERVED:
        key = (devnet / "network" / process / "private-key.pem").read_bytes()
        secrets[f"TLS key of {process}"] = tuple(pem_secrets(key))
    assert len(secrets) >= 6
    files = [*(devnet / "logs").glob("*.log"), *(devnet / traces_file(each) for each in OBSERVED)]
    files += [devnet / "relayer.sqlite3", devnet / "gateway.sqlite3", devnet / "devnet.json"]
    assert {path.name for path in files} >= {"relayer.log", "gateway.log", "relayer.sqlite3", "gateway.sqlite3"}
    assert found_in_files(files, secrets) == {}
    for url in state.metrics.values():
        for page in ("metrics", "readyz"):
            assert found_in((await fetched(f"{url}/{page}"))[1].encode(), secrets) == []
