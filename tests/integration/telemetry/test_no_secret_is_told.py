"""Secrets are nowhere where people and collectors look: both processes at DEBUG, over work, refusals and outages."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path

import grpc.aio
import pytest
import structlog
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from relayer.database import Database
from relayer.gateway.matching import Side
from relayer.gateway.settlement_tables import METADATA
from relayer.process import LogFormat, configure_logs
from relayer.store_errors import StoreUnavailable
from relayer.telemetry.config import LogLevel
from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config
from tests.fakes.rpc_parties import tls_of
from tests.fakes.running_gateway import create_request
from tests.fakes.secrets_search import forms_of, found_in, found_in_files, pem_secrets
from tests.fakes.settlement_terms import some_terms
from tests.fakes.telemetry_world import T0_S, fetch, watched_gateway, watched_relayer
from tests.integration.telemetry.test_traces_join import traced

ROOT = Path(__file__).parents[3]
EVM_SECRET = bytes(range(7, 39))
PASSWORD = "correct-horse-battery-staple"  # noqa: S105  # what must not be told
TOKEN = "eyJhbGciOiJFZERTQSJ9.c2VjcmV0LWNsYWltcw.c2VjcmV0LXNpZ25hdHVyZQ"  # noqa: S105  # as above


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = certified_folder(tmp_path)
    (made / "relayer.hex").write_text("0x" + EVM_SECRET.hex() + "\n")
    addresses = dict.fromkeys(("router", "light_client", "dvp_app", "token"), "0x" + "22" * 20)
    numbers = {"chain_id": 1337, "block_period_ms": 1000, "deployed_after": 0}
    wiring = {"adapters": {"escrow": "0x" + "33" * 20}, "rpc_url": "http://127.0.0.1:1", "client_id": "progmat-0"}
    (made / "deployment.json").write_text(json.dumps({**addresses, **numbers, **wiring}))
    return made


def secrets_of(*parties: str) -> dict[str, Iterable[bytes]]:
    keys = {f"TLS key of {name}": tuple(pem_secrets(tls_of(name).private_key)) for name in parties}
    return {
        "EVM key": (EVM_SECRET,),
        "password": (PASSWORD.encode(),),
        "token": (TOKEN.encode(), TOKEN.split(".")[2].encode()),
        "salt": (some_terms().cash.salt,),
        **keys,
    }


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40), st.binary(max_size=40))
def test_the_search_finds_a_secret_in_every_form(secret: bytes, before: bytes, after: bytes) -> None:
    for form in forms_of(secret):
        assert found_in(before + form + after, {"it": (secret,)}) == ["it"]


@pytest.mark.parametrize("module", ["relayer", "relayer.gateway"])
def test_a_process_at_debug_whose_chains_are_away_tells_no_secret(folder: Path, module: str) -> None:
    telemetry = {"telemetry.metrics_listen": '"127.0.0.1:0"', "telemetry.traces_file": '"traces.jsonl"'}
    url = f'["http://operator:{PASSWORD}@127.0.0.1:1/{PASSWORD}"]'
    changes = {**(FOR_GATEWAY if module == "relayer.gateway" else {}), "evm.rpc_urls": url, **telemetry}
    command = (sys.executable, "-m", module, "--config", str(write_config(folder, **changes)), "--log-format", "json")
    path = os.pathsep.join((str(ROOT), str(ROOT / "proto" / "gen")))
    levels = ("--log-level", "relayer=debug", "--log-level", "chains=debug", "--log-level", "asyncio=debug")
    with subprocess.Popen(
        (*command, *levels), stderr=subprocess.PIPE, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}
    ) as process:
        assert process.stderr is not None
        told, away = b"", 0
        while away < 3:
            line = process.stderr.readline()
            assert line, told.decode()
            told += line
            away += json.loads(line)["event"] in {"chain unavailable", "round failed", "dependency is not up yet"}
        process.send_signal(signal.SIGTERM)
        told += process.stderr.read()
        assert process.wait(timeout=30) == 0
    secrets = secrets_of("relayer")
    assert found_in(told, secrets) == []
    kept = [file for file in folder.iterdir() if file.suffix not in {".pem", ".hex", ".toml"}]
    assert {file.suffix for file in kept} >= {".sqlite3"}
    assert found_in_files(kept, secrets) == {}


@pytest.fixture
def told_at_debug(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What the process's own logging writes at DEBUG, as JSON; what was configured before is put back."""
    lines, root = StringIO(), logging.getLogger()
    monkeypatch.setattr("sys.stderr", lines)
    before, config = (list(root.handlers), root.level), structlog.get_config()
    configure_logs(LogFormat.JSON, {"relayer": LogLevel.DEBUG, "chains": LogLevel.DEBUG})
    yield lines
    root.handlers[:], root.level = before
    structlog.configure(**config)
    for package in ("relayer", "chains"):
        logging.getLogger(package).setLevel(logging.NOTSET)


async def test_settlements_refusals_and_outages_tell_no_secret(tmp_path: Path, told_at_debug: StringIO) -> None:
    file, statuses, pages = tmp_path / "traces.jsonl", b"", b""
    terms = some_terms()
    async with watched_gateway(tmp_path, traced(file, "gateway")) as world:
        await world.settle(terms)
        stub = world.gateway.stub("broker-c")
        refused = [
            stub.GetSettlement(pb.GetSettlementRequest(name=f"settlements/{terms.trade_id.hex()}")),
            stub.CreateSettlement(create_request("not-a-uuid"), metadata=(("authorization", f"Bearer {TOKEN}"),)),
            stub.CreateSettlement(create_request("00000000-0000-0000-0000-000000000001")),
        ]
        for call in refused:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            trailers = caught.value.trailing_metadata() or ()
            statuses += repr((caught.value.details(), tuple(trailers))).encode()
        world.gateway.evm.away = world.gateway.ledger.away = True
        await world.gateway.client().create(Side.SELLER, some_terms(2))
        for path in ("/metrics", "/readyz", "/healthz"):
            pages += (await fetch(world.http, path))[1].encode()
    async with watched_relayer(tmp_path / "relayer.sqlite3", traced(file, "relayer")) as relayer:
        relayer.chains[0].send(b"x", T0_S + 600)
        await relayer.until(lambda found: bool(found["ready"]))
        pages += (await relayer.metrics()).encode()
    secrets = secrets_of("relayer", "gateway", "broker-a", "broker-c", "house")
    told = told_at_debug.getvalue()
    assert "settlement ended" in told
    for where, content in (
        ("logs", told.encode()),
        ("statuses", statuses),
        ("pages", pages),
        ("traces", file.read_bytes()),
    ):
        assert content, where
        assert found_in(content, secrets) == [], where
    del secrets["salt"]  # terms are kept whole: the database is the gateway's own
    assert found_in_files([tmp_path / "gateway.sqlite3", tmp_path / "relayer.sqlite3"], secrets) == {}


def test_a_database_url_is_shown_without_its_password_in_every_error() -> None:
    url = f"postgresql://relayer:{PASSWORD}@127.0.0.1:1/crossdvp?connect_timeout=1"
    with pytest.raises(StoreUnavailable) as caught:
        Database(url, METADATA, 1)
    shown: BaseException | None = caught.value
    while shown is not None:
        assert PASSWORD not in str(shown)
        shown = shown.__cause__ or shown.__context__
