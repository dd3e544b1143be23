"""A node killed with -9 in the middle of its writes: whatever it acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import select

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.schema import outbox
from chains.progmat.node.storage.standing import Doubt

WRITER = """
import asyncio, sys
from pathlib import Path
from chains.progmat.node.storage import NodeDatabase, enqueue_effect
from chains.progmat.node.database_location import postgres_database

async def flow(database, number):
    step = 0
    while True:
        key = f"{number}.{step}"
        def enqueue(connection):
            return enqueue_effect(connection, effect_key=key, peer="p", method="a.b", body=b"x" * 500, now_s=1)
        await database.submit(enqueue)
        sys.stdout.write(key + "\\n")
        sys.stdout.flush()
        step += 1

async def main():
    folder = Path(sys.argv[1])
    at = postgres_database(sys.argv[2], folder) if len(sys.argv) > 2 else folder / "node.sqlite3"
    database = await NodeDatabase.open(at, "bob", [])
    await asyncio.gather(*(flow(database, number) for number in range(16)))

asyncio.run(main())
"""


async def test_nothing_acknowledged_is_lost(database_at: DatabaseLocation, tmp_path: Path) -> None:
    url = [] if isinstance(database_at, Path) else [database_at.url.render_as_string(hide_password=False)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(tmp_path), *url, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert writer.stdout is not None
    acknowledged = [(await asyncio.wait_for(writer.stdout.readline(), 20)).decode().strip() for _ in range(500)]
    writer.send_signal(signal.SIGKILL)
    rest = (await writer.stdout.read()).decode().split("\n")[:-1]  # a line cut in the middle was not acknowledged
    await writer.wait()
    assert writer.returncode == -signal.SIGKILL
    database = await NodeDatabase.open(database_at, "bob", [])
    assert database.head.doubt is Doubt.NONE  # being killed is no rollback
    kept = set(await database.read(lambda connection: list(connection.execute(select(outbox.c.effect_key)).scalars())))
    await database.close()
    assert set(acknowledged) | set(rest) <= kept
    steps: dict[str, list[int]] = {}
    for key in kept:
        flow, step = key.split(".")
        steps.setdefault(flow, []).append(int(step))
    for of_flow in steps.values():  # no step without the one before
        assert sorted(of_flow) == list(range(len(of_flow)))
