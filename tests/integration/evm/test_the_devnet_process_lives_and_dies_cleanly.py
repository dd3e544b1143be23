from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.rpc import EvmRpc
from primitives.secp256k1 import address_of
from tests.fakes.evm_devnet_world import CHAIN_ID, RECIPIENT, RICH, hex_of

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 20.0
CONFIG = f"""
chain_id = {CHAIN_ID}
mining = "instant"
data_dir = "{{directory}}/chain"
ready_file = "{{directory}}/ready.json"

[[prefunded]]
address = "{hex_of(address_of(RICH))}"
"""


async def start(config: Path) -> Process:
    arguments = ("-m", "chains.evm.devnet", "--config", str(config))
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, stderr=PIPE)


async def until_ready(process: Process, directory: Path) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(TIMEOUT_S):
        async for line in process.stderr:
            if b"head" in line:
                return str(json.loads((directory / "ready.json").read_text())["url"])
    raise AssertionError("the devnet ended before it was ready")


def written(directory: Path, text: str = CONFIG) -> Path:
    config = directory / "devnet.toml"
    config.write_text(text.format(directory=directory))
    return config


async def test_a_killed_chain_goes_on_where_it_was(tmp_path: Path) -> None:
    config = written(tmp_path)
    process = await start(config)
    async with EvmRpc(await until_ready(process, tmp_path)) as rpc:
        account = EvmAccount(rpc, RICH, CHAIN_ID)
        receipt = await account.execute(EvmCall(RECIPIENT, b"", value_wei=5), TIMEOUT_S)
        head = await rpc.get_block()
    process.kill()
    await process.wait()

    process = await start(config)
    async with EvmRpc(await until_ready(process, tmp_path)) as rpc:
        assert await rpc.get_block() == head
        assert await rpc.receipt(receipt.evm_tx_hash) == receipt
        account = EvmAccount(rpc, RICH, CHAIN_ID)
        await account.execute(EvmCall(RECIPIENT, b"", value_wei=5), TIMEOUT_S)
        assert await rpc.balance_wei(RECIPIENT) == 10
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0


async def test_a_wrong_configuration_ends_with_one_sentence(tmp_path: Path) -> None:
    for text in ("chain_id = 0", "not toml", 'data_dir = "/dev/null/chain"'):
        process = await start(written(tmp_path, text))
        _, said = await process.communicate()
        assert process.returncode == 2
        assert b"Traceback" not in said
        assert said.startswith(b"DEVNET_CONFIG_INVALID: ")
        assert said.count(b"\n") == 1
