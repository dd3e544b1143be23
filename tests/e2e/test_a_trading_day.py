"""``crossdvp demo native`` from morning to night; afterwards no file of any node but the master data knows a person."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.market.master_data.searching import SHORTEST, Leak, found_in, leaks, personal_values
from chains.progmat.node.storage.engine import Access, engine_for
from relayer.devnet.native.cast import COIN_ID, INVESTORS, RETAIL_COIN_ID, SECURITY_ID, UNITS, personal_record

pytestmark = [pytest.mark.devnet, pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
OPEN_FIELDS = {"id"}
"""What stands on the ledger by design: the opaque id."""


def crossdvp(*arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(str(ROOT / each) for each in (".", "proto/gen"))
    return subprocess.run(
        [sys.executable, "-c", "from relayer.cli.main import main; main()", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def typed_values() -> dict[str, bytes]:
    """Everything personal that the day enters, as it is typed."""
    return {
        f"typed {record['id']} {field}": value.encode()
        for record in map(personal_record, INVESTORS)
        for field, value in record.items()
        if field not in OPEN_FIELDS and len(value.encode()) >= SHORTEST
    }


def databases(directory: Path) -> list[Path]:
    return sorted(directory.glob("network/*/data/node.sqlite3"))


def leaks_below(directory: Path, values: dict[str, bytes]) -> Iterator[Leak]:
    """In every table of every node's database but the master data's, and in the bytes of every other file."""
    known = databases(directory)
    for path in sorted(each for each in directory.rglob("*") if each.is_file()):
        if path in known:
            with closing(engine_for(path, Access.READ).connect()) as connection, connection.begin():
                yield from leaks(connection, values)
        elif not any(path.parent == each.parent and path.name.startswith(each.name) for each in known):
            yield from (Leak(str(path), what) for what in found_in(path.read_bytes(), values))


def numbers(row: dict[str, str]) -> list[int]:
    return [int(cell.replace(",", "")) for cell in list(row.values())[1:]]


def document(*arguments: str) -> Any:  # noqa: ANN401  # any JSON
    """What a command says that is not refused."""
    done = crossdvp(*arguments, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def test_the_day_ends_with_books_that_agree_and_no_person_on_any_ledger(tmp_path: Path) -> None:
    directory = tmp_path / "day"
    played = crossdvp("demo", "native", "--dir", str(directory), "--keep", "--json")
    try:
        assert played.returncode == 0, played.stdout + played.stderr
        the_scenes_say_what_was_agreed(json.loads(played.stdout))
        the_commands_say_it_too(directory)
    finally:
        stopped = document("demo", "native", "--stop", "--dir", str(directory))
    assert stopped == {"stopped": 8}
    no_person_is_outside_the_master_data(directory, (played.stdout + played.stderr).encode())
    again = crossdvp("demo", "native", "--dir", str(directory), "--json")
    assert json.loads(again.stdout)["error"]["reason"] == "DEMO_DIRECTORY_IN_USE"


def the_scenes_say_what_was_agreed(day: dict[str, Any]) -> None:
    assert (day["agree"], day["problems"], len(day["scenes"])) == (True, [], 13)
    night = day["scenes"][-1]["ledger"]
    columns = list(zip(*(numbers(row) for row in night), strict=True))
    units_before, units_after, yen_before, yen_after, coupons = (sum(column) for column in columns)
    assert (units_before, units_after) == (UNITS, UNITS)
    assert coupons == UNITS * 25 // 2
    assert yen_after == yen_before + 2_006_500 - 1_500_000, "the shortage's additional trust, less what was redeemed"
    said = {act["what"] for scene in day["scenes"] for act in scene["acts"]}
    for word in ("BUYER_BALANCE_SHORT", "GATE_CLOSED", "COIN_DIRECT_DLT", "COIN_INDIRECT_API", "GRPC_UNAVAILABLE"):
        assert any(word in what for what in said), f"{word} is not in the day"


def the_commands_say_it_too(directory: Path) -> None:
    registrar, trustee = (str(directory / "network" / name / "node.toml") for name in ("an", "sn"))
    register = document("register", "--config", registrar, "show", SECURITY_ID)
    assert sum(line["units"] for line in register["holders"]) == UNITS
    assert {line["investor_id"] for line in register["holders"]} == {each.investor_id for each in INVESTORS}
    for coin_id, expected_yen in ((COIN_ID, 13_506_500), (RETAIL_COIN_ID, UNITS * 25 // 2)):
        trust = document("coin", "--config", trustee, "reconcile", coin_id)
        assert {line["difference_yen"] for line in trust["lines"]} == {0}
        assert sum(line["trust_yen"] for line in trust["lines"]) == expected_yen


def no_person_is_outside_the_master_data(directory: Path, output: bytes) -> None:
    values = typed_values()
    assert len(values) > 40
    for database in databases(directory):
        with closing(engine_for(database, Access.READ).connect()) as connection, connection.begin():
            stored = personal_values(connection)
        keeps_people = database.parent.parent.name in {"an", "cn-a", "cn-b", "cn-c"}
        assert bool(stored) == keeps_people, database
        assert bool(found_in(database.read_bytes(), values)) == keeps_people, "what is looked for is found where it is"
        values |= stored
    assert list(leaks_below(directory, values)) == []
    assert found_in(output, values) == []
