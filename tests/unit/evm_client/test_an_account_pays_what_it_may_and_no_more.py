"""What an account pays for gas: nothing where it may pay nothing, else the node's price with a margin, to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import GAS_PRICE_MARGIN_PERCENT, EvmAccount
from chains.evm.client.rpc import EvmRpc
from chains.evm.devnet.app import Devnet
from chains.evm.devnet.config import MiningMode
from chains.evm.errors import GasPriceTooHigh
from primitives.errors import UnavailableError
from tests.fakes.altering_node import Refusal, altering_node
from tests.fakes.evm_devnet_world import CHAIN_ID, RECIPIENT, RICH, devnet_config

TRANSFER = EvmCall(RECIPIENT, b"", value_wei=1, gas=21_000)
ASKED_WEI = 1000


@asynccontextmanager
async def node_asking(price: str) -> AsyncIterator[EvmRpc]:
    """The devnet, whose gas price is altered; empty: the question is refused."""

    def alter(_params: list[Any], _truth: Any) -> str:  # noqa: ANN401 # JSON
        if not price:
            raise Refusal(-32601, "nobody asks for a price here")
        return price

    async with (
        Devnet(devnet_config(mining=MiningMode.INSTANT)) as devnet,
        altering_node(devnet.url, {"eth_gasPrice": alter}) as url,
        EvmRpc(url) as rpc,
    ):
        yield rpc


async def paid_wei(rpc: EvmRpc, max_gas_price_wei: int) -> int:
    account = EvmAccount(rpc, RICH, CHAIN_ID, max_gas_price_wei)
    signed = await account.send(TRANSFER)
    evm_tx = await rpc.evm_tx(signed.evm_tx_hash)
    assert evm_tx is not None
    return int(str(evm_tx["gasPrice"]), 16)


async def test_an_account_that_may_pay_nothing_asks_for_no_price() -> None:
    async with node_asking("") as rpc:
        assert await paid_wei(rpc, 0) == 0


@pytest.mark.parametrize(
    ("limit_wei", "pays_wei"),
    [
        (10 * ASKED_WEI, ASKED_WEI * (100 + GAS_PRICE_MARGIN_PERCENT) // 100),
        (ASKED_WEI + 1, ASKED_WEI + 1),
        (ASKED_WEI, ASKED_WEI),
    ],
)
async def test_it_pays_the_nodes_price_with_a_margin_for_a_rising_base_fee_up_to_its_limit(
    limit_wei: int, pays_wei: int
) -> None:
    async with node_asking(hex(ASKED_WEI)) as rpc:
        assert await paid_wei(rpc, limit_wei) == pays_wei


async def test_a_node_that_asks_more_than_the_limit_takes_nothing_and_is_asked_again_later() -> None:
    async with node_asking(hex(10**30)) as rpc:
        with pytest.raises(GasPriceTooHigh, match="expected at most 1000 wei, found 1000000000") as refused:
            await paid_wei(rpc, ASKED_WEI)
        assert isinstance(refused.value, UnavailableError)
        assert await rpc.balance_wei(RECIPIENT) == 0
