"""Anvil, an EVM node of others: pinned in tests/third_party, installed there by `npm ci` (or found on the path)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from chains.evm.client.rpc import EvmRpc
from primitives.secp256k1 import address_of

INSTALLED: Final = Path(__file__).parents[1] / "third_party" / "node_modules" / ".bin" / "anvil"
TEN_ETHER_WEI: Final = 10**19


def anvil_binary() -> str:
    """Where it is; skips the test, telling how to install it, where it is not."""
    found = str(INSTALLED) if INSTALLED.exists() else shutil.which("anvil")
    if found is None:
        pytest.skip("anvil is not here: npm ci --prefix tests/third_party")
    return found


@asynccontextmanager
async def running_anvil(
    chain_id: int,
    *rich: bytes,
    hardfork: str = "berlin",
    base_fee_wei: int = 0,
    begin_s: int | None = None,
) -> AsyncIterator[str]:
    """Its URL. Blocks are made at once; the secrets in `rich` have money.

    Time begins at `begin_s`, or now. Gas costs nothing, unless the hard fork knows a base fee and one is given, in wei.
    """
    arguments = ["--port", "0", "--chain-id", str(chain_id), "--hardfork", hardfork]
    arguments += ["--base-fee", str(base_fee_wei)] if base_fee_wei else ["--gas-price", "0"]
    if begin_s is not None:
        arguments += ["--timestamp", str(begin_s)]
    process = await asyncio.create_subprocess_exec(
        anvil_binary(), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        url = await _url_of(process)
        drained = asyncio.create_task(process.stdout.read())  # type: ignore[union-attr]  # it is a pipe
        async with EvmRpc(url) as rpc:
            for secret in rich:
                await rpc.request("anvil_setBalance", "0x" + address_of(secret).hex(), hex(TEN_ETHER_WEI))
        yield url
        drained.cancel()
    finally:
        process.terminate()
        await process.wait()


async def _url_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async for line in process.stdout:
        if b"Listening on" in line:
            return "http://" + line.decode().rsplit(" ", 1)[1].strip()
    raise AssertionError("anvil did not start")
