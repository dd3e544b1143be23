"""Process entry: `python -m chains.evm.devnet --config FILE.toml`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import signal
import sys
from pathlib import Path

from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import DevnetConfig, load_config
from primitives.errors import CrossDvpError


async def serve(config: DevnetConfig) -> None:
    """Run until SIGTERM or SIGINT, or until block production fails."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    async with Devnet(config) as devnet:
        _calm_collector()
        failure = asyncio.create_task(devnet.wait_for_failure())
        stop = asyncio.create_task(stopping.wait())
        done, pending = await asyncio.wait({failure, stop}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for task in done:
            task.result()


def _calm_collector() -> None:
    """Look for cycles seldom: executing makes very many objects and hardly a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def main(arguments: list[str] | None = None) -> int:
    """Read the configuration and serve. Exit 2: the configuration or the data directory is wrong."""
    parser = argparse.ArgumentParser(prog="python -m chains.evm.devnet", description="QBFT devnet over JSON-RPC")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE.toml")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR"))
    options = parser.parse_args(arguments)
    logging.basicConfig(level=options.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("eth").setLevel(logging.WARNING)  # py-evm logs every transaction at DEBUG
    try:
        asyncio.run(serve(load_config(options.config)))
    except CrossDvpError as error:
        sys.stderr.write(f"{error.reason}: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
