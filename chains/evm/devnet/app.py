"""The composition root: one chain, its producer and its endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from pathlib import Path
from typing import Self

from aiohttp import web
from eth_typing import Address

from chains.evm.devnet.backends import check_crypto_backends
from chains.evm.devnet.blocks import Block
from chains.evm.devnet.chain import DevChain, Genesis
from chains.evm.devnet.config import DevnetConfig
from chains.evm.devnet.database import ChainDatabase, MemoryDatabase, SqliteDatabase
from chains.evm.devnet.errors import DevnetConfigError
from chains.evm.devnet.mempool import Mempool
from chains.evm.devnet.producer import BlockProducer, WallClock
from chains.evm.devnet.rpc_blocks import BlockMethods
from chains.evm.devnet.rpc_devnet import DevnetMethods
from chains.evm.devnet.rpc_evm_txs import EvmTxMethods
from chains.evm.devnet.rpc_logs import LogMethods
from chains.evm.devnet.rpc_method import MethodTable
from chains.evm.devnet.rpc_node import NodeMethods
from chains.evm.devnet.rpc_state import StateMethods
from chains.evm.devnet.sealing import ValidatorKeys
from chains.evm.devnet.server import RpcDispatcher, make_http_app

_log = logging.getLogger(__name__)
_DATABASE_NAME = "chain.sqlite3"
_SHUTDOWN_GRACE_S = 2.0


class Devnet:
    """A running chain. Use as `async with Devnet(config) as devnet:` or with `start` and `stop`.

    The same object serves the process entry and tests; `wall_clock` lets a test own time.
    """

    def __init__(self, config: DevnetConfig, wall_clock: WallClock = time.time) -> None:
        check_crypto_backends()
        self.config = config
        self._database = _open_database(config.data_dir)
        self.chain = DevChain(self._database, ValidatorKeys(config.validator_keys()), config.chain_id)
        self.chain.open_or_create(_genesis(config, wall_clock))
        self.mempool = Mempool(config.chain_id, config.gas_limit)
        self.producer = BlockProducer(config, self.chain, self.mempool, wall_clock)
        self.dispatcher = RpcDispatcher(self._methods(), config.limits)
        self._runner: web.AppRunner | None = None
        self._production: asyncio.Task[None] | None = None
        self._url = ""

    def _methods(self) -> MethodTable:
        limits = self.config.limits
        return {
            **NodeMethods(self.chain).methods(),
            **BlockMethods(self.chain).methods(),
            **EvmTxMethods(self.chain, self.producer).methods(),
            **StateMethods(self.chain, self.mempool, limits).methods(),
            **LogMethods(self.chain, limits).methods(),
            **DevnetMethods(self.producer, limits).methods(),
        }

    @property
    def url(self) -> str:
        """Where JSON-RPC is served; empty before `start`."""
        return self._url

    async def start(self) -> Self:
        """Listen and begin producing. Raises `DevnetConfigError` when the address is taken."""
        self._runner = web.AppRunner(
            make_http_app(self.dispatcher, self.config.limits), access_log=None, shutdown_timeout=_SHUTDOWN_GRACE_S
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.config.host, self.config.port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise DevnetConfigError(
                f"cannot listen on {self.config.host}:{self.config.port}: {error.strerror}; choose another port",
            ) from error
        host, port = self._runner.addresses[0][:2]
        self._url = f"http://{host}:{port}"
        self._production = asyncio.create_task(self.producer.run(), name="devnet-block-producer")
        self._write_ready_file()
        _log.info("chain %d at %s, head %d", self.config.chain_id, self._url, self.chain.head.block_number)
        return self

    async def stop(self) -> None:
        """Stop producing, finish open requests, close the database."""
        if self._production is not None:
            self._production.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._production
            self._production = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self._database.close()

    async def wait_for_failure(self) -> None:
        """Return only by raising: if block production dies, the process must not pretend to live."""
        if self._production is not None:
            await self._production
        await asyncio.get_running_loop().create_future()

    def mine(self, count: int = 1) -> Block:
        """Make blocks now and return the last."""
        block = self.producer.produce()
        for _ in range(count - 1):
            block = self.producer.produce()
        return block

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _write_ready_file(self) -> None:
        ready_file = self.config.ready_file
        if ready_file is None:
            return
        content = json.dumps({"url": self._url, "chain_id": self.config.chain_id})
        partial = ready_file.with_name(ready_file.name + ".partial")
        partial.write_text(content + "\n")
        partial.replace(ready_file)  # a reader sees nothing or everything


def _open_database(data_dir: Path | None) -> ChainDatabase:
    if data_dir is None:
        return MemoryDatabase()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return SqliteDatabase(data_dir / _DATABASE_NAME)
    except OSError as error:
        raise DevnetConfigError(f"data_dir {data_dir}: {error.strerror}") from error


def _genesis(config: DevnetConfig, wall_clock: WallClock) -> Genesis:
    return Genesis(
        chain_id=config.chain_id,
        gas_limit=config.gas_limit,
        time_s=int(wall_clock()) if config.genesis_time_s is None else config.genesis_time_s,
        balances_wei={Address(bytes.fromhex(account.address[2:])): account.balance_wei for account in config.prefunded},
    )
