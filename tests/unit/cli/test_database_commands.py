"""``crossdvp relayer db`` and ``gateway db`` as operators run them: what they say, exit codes, JSON."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from ibc.packet import Packet
from relayer.cli.main import main
from relayer.core.chain import EventKind, EventPage, PacketEvent
from relayer.database import bare_connection
from relayer.store import PacketKey, RelayerStore
from tests.fakes.instant_chain import payload
from tests.fakes.process_files import FOR_GATEWAY, certified_folder, write_config

REFUSED, UNUSABLE = 1, 2
PACKET = Packet(1, "client-one", "client-two", 1_700_000_600, (payload(b"x"),))


class Ended(NamedTuple):
    code: int
    out: str
    err: str

    def document(self) -> Any:  # noqa: ANN401  # any JSON
        return json.loads(self.out)


class CommandLine:
    """The real entry point in this process."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str], folder: Path) -> None:
        self._patch, self._capture = patch, capture
        self.folder = certified_folder(folder)

    def __call__(self, program: str, verb: str, *arguments: str, **changes: str) -> Ended:
        config = str(write_config(self.folder, **(FOR_GATEWAY if program == "gateway" else {}), **changes))
        self._patch.setattr(sys, "argv", ["crossdvp", program, "db", verb, "--config", config, *arguments])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = self._capture.readouterr()
        assert "Traceback" not in written.out + written.err
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, written.out, written.err)

    def store(self) -> RelayerStore:
        return RelayerStore(self.folder / "relayer.sqlite3")


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    return CommandLine(monkeypatch, capsys, tmp_path)


def with_ended_packet(db: CommandLine, ended_s: float = 1_700_000_000.0) -> None:
    kinds = {"one": (EventKind.SENT, EventKind.ACK_PROCESSED), "two": (EventKind.ACK_WRITTEN,)}
    with closing(db.store()) as store:
        for chain, other in (("one", "two"), ("two", "one")):
            events = tuple(
                PacketEvent(kind, PACKET, 5, f"tx-{kind.value}", b"a" if chain == "two" else None)
                for kind in kinds[chain]
            )
            store.of_path("p").record_page(chain, other, EventPage(events, 9), ended_s)


def test_ended_packets_are_archived_by_hand_and_still_found(db: CommandLine) -> None:
    with_ended_packet(db)
    done = db("relayer", "archive", "--older-than", "1d", "--json")
    assert (done.code, done.document()) == (0, {"archived": {"p": 1}})
    with closing(db.store()) as store:
        assert store.story(PacketKey("one", "client-one", 1)) is None
        assert store.archived(PacketKey("one", "client-one", 1)) is not None
    assert "p: 0 archived" in db("relayer", "archive", "--older-than", "1d").out


def test_young_packets_stay(db: CommandLine) -> None:
    with_ended_packet(db, ended_s=4e9)
    assert db("relayer", "archive", "--older-than", "1s", "--json").document() == {"archived": {"p": 0}}


@pytest.mark.parametrize("age", ["", "7", "d", "-1d", "7w", "1" * 40 + "d", "1.5h"])
def test_an_age_that_is_none_is_refused(db: CommandLine, age: str) -> None:
    assert db("relayer", "archive", f"--older-than={age}").code == UNUSABLE


def test_show_tells_version_rows_leases_and_each_paths_packets(db: CommandLine) -> None:
    with_ended_packet(db)
    with closing(db.store()) as store, store.database.transaction() as connection:
        store.leases.acquire(connection, "path/p", "host-1", 1_700_000_000, 60)
    shown = db("relayer", "show", "--json").document()
    assert (shown["rows"]["packets"], shown["rows"]["steps"]) == (1, 3)
    assert shown["paths"]["p"]["acknowledged"] == 1
    assert [(lease["name"], lease["holder"], lease["token"]) for lease in shown["leases"]] == [("path/p", "host-1", 1)]
    text = db("relayer", "show").out
    assert "p: 1 acknowledged" in text
    assert "2023-11-14 22:14:20" in text


@pytest.mark.parametrize("program", ["relayer", "gateway"])
def test_a_database_without_tables_or_of_another_version_is_refused_with_what_to_do(
    db: CommandLine, program: str
) -> None:
    refused = db(program, "migrate", "--json")
    assert (refused.code, refused.document()["error"]["reason"]) == (REFUSED, "STORE_UNAVAILABLE")
    with bare_connection(db.folder / "relayer.sqlite3") as connection:
        connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0099')"))
    refused = db(program, "migrate")
    assert refused.code == REFUSED
    assert "start the version that wrote it" in refused.err


def test_migrating_what_is_up_to_date_says_so(db: CommandLine) -> None:
    db.store().close()
    done = db("relayer", "migrate")
    assert (done.code, "nothing to do" in done.out) == (0, True)


def test_a_configuration_that_cannot_be_used_ends_with_2(db: CommandLine) -> None:
    refused = db("relayer", "show", "--json", listen='"x"')
    assert (refused.code, refused.document()["error"]["reason"]) == (UNUSABLE, "CONFIG_INVALID")
