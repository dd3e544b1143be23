"""What a transaction pays for gas: nothing, a legacy price, or EIP-1559's two; never above a ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import GasPriceTooHigh

# the base fee rises by an eighth a block at most (EIP-1559): room for three full blocks before inclusion
PRICE_MARGIN_PERCENT: Final = 50


class FeeMarket(Enum):
    """``EIP1559`` sends transactions of type 2 where the chain has a base fee, legacy ones where it has none."""

    LEGACY = "legacy"
    EIP1559 = "eip1559"


@dataclass(frozen=True)
class FeeRules:
    """What an account may pay for a unit of gas, in wei; a ceiling of 0 is for networks on which gas is free."""

    market: FeeMarket = FeeMarket.LEGACY
    max_gas_price_wei: int = 0
    margin_percent: int = PRICE_MARGIN_PERCENT
    max_priority_fee_wei: int = 2_000_000_000


@dataclass(frozen=True)
class Fee:
    """A transaction's price for a unit of gas, in wei: the most it pays, and its tip; without a tip it is legacy."""

    max_fee_wei: int
    priority_fee_wei: int | None = None

    def most_wei(self, gas: int) -> int:
        """The most that a transaction with this gas limit costs."""
        return gas * self.max_fee_wei


FREE: Final = Fee(0)


def legacy_fee(rules: FeeRules, asked_wei: int) -> Fee:
    """The price asked and a margin, to the ceiling. Raises `GasPriceTooHigh`."""
    if asked_wei > rules.max_gas_price_wei:
        raise GasPriceTooHigh(asked_wei, rules.max_gas_price_wei)
    return Fee(min(_with_margin(asked_wei, rules), rules.max_gas_price_wei))


def dynamic_fee(rules: FeeRules, base_fee_wei: int, tip_wei: int) -> Fee:
    """The base fee and a margin, and the tip on top, to the ceiling. Raises `GasPriceTooHigh`."""
    tip_wei = min(tip_wei, rules.max_priority_fee_wei)
    if base_fee_wei + tip_wei > rules.max_gas_price_wei:
        raise GasPriceTooHigh(base_fee_wei + tip_wei, rules.max_gas_price_wei)
    return Fee(min(_with_margin(base_fee_wei, rules) + tip_wei, rules.max_gas_price_wei), tip_wei)


def outbidding(rules: FeeRules, fee: Fee) -> Fee | None:
    """The least fee with which nodes replace a transaction: an eighth more of both; None above the ceiling.

    geth and Besu ask for a tenth, others for an eighth.
    """
    max_fee_wei = _raised(fee.max_fee_wei)
    if max_fee_wei > rules.max_gas_price_wei:
        return None
    if fee.priority_fee_wei is None:
        return Fee(max_fee_wei)
    return Fee(max_fee_wei, min(_raised(fee.priority_fee_wei), max_fee_wei))


async def current_fee(rpc: EvmRpc, rules: FeeRules) -> Fee:
    """What a transaction sent now should pay; an account that pays nothing asks nothing. Raises `GasPriceTooHigh`."""
    if rules.max_gas_price_wei == 0:
        return FREE
    if rules.market is FeeMarket.EIP1559:
        base_fee_wei = (await rpc.get_block()).base_fee_wei
        if base_fee_wei is not None:
            return dynamic_fee(rules, base_fee_wei, await rpc.priority_fee_wei())
    return legacy_fee(rules, await rpc.gas_price_wei())


def _with_margin(price_wei: int, rules: FeeRules) -> int:
    return price_wei * (100 + rules.margin_percent) // 100


def _raised(price_wei: int) -> int:
    return max(-(-price_wei * 9 // 8), price_wei + 1)
