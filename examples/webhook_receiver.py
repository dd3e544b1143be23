"""A receiver of webhooks: verifies, does nothing twice, keeps one line an event, answers 204.

    python examples/webhook_receiver.py --port 8099 --key whsec_… --out events.jsonl

The key may also be in a file: --key-file. It ends after --events events, if that is given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from aiohttp import web
from crossdvp.sdk import WebhookRejected, verify_webhook

MAX_BODY_BYTES = 1024 * 1024


class Receiver:
    """``seen``: the ids of what was kept, read again from the file after a restart."""

    def __init__(self, key: str, out: Path, events: int) -> None:
        self._key, self._out, self._events = key, out, events
        self.done = asyncio.Event()
        lines = out.read_text().splitlines() if out.exists() else []
        self._seen = {json.loads(line)["webhook_id"] for line in lines}

    async def receive(self, request: web.Request) -> web.Response:
        """Answer 2xx only for what is kept: everything else comes again."""
        body = await request.read()
        try:
            document = verify_webhook(self._key, request.headers, body, time.time())
        except WebhookRejected as rejected:
            return web.Response(status=400, text=str(rejected))
        webhook_id = request.headers["webhook-id"]
        if webhook_id not in self._seen:
            with self._out.open("a") as file:
                file.write(json.dumps({"webhook_id": webhook_id, **document}) + "\n")
            self._seen.add(webhook_id)
            settlement = document["data"].get("settlement", {})
            print(f"{document['type']} {settlement.get('state', '')}".rstrip(), flush=True)
        if self._events and len(self._seen) >= self._events:
            self.done.set()
        return web.Response(status=204)


async def serve(port: int, receiver: Receiver) -> None:
    """Until enough has come, or for ever."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_post("/hook", receiver.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"listening on http://127.0.0.1:{port}/hook", flush=True)
    await receiver.done.wait()
    await runner.cleanup()


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8099)
    parser.add_argument("--key", default="")
    parser.add_argument("--key-file", type=Path)
    parser.add_argument("--out", type=Path, default=Path("events.jsonl"))
    parser.add_argument("--events", type=int, default=0, help="end after so many; 0 = never")
    options = parser.parse_args()
    key = options.key or options.key_file.read_text().strip()
    asyncio.run(serve(options.port, Receiver(key, options.out, options.events)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
