"""Kinds of flows once more, where coins come and go under fresh keys. Continues ``kinds_of_flows``."""

from __future__ import annotations

from typing import Final

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash, MergeCash, RedeemCash
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN
from tests.integration.ledger.fresh_keys import fresh_pay, register
from tests.integration.ledger.kinds_of_flows import STOCK_YEN, KindOfFlow, Opened, hold
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, SELLER_ACCOUNT, LedgerNetwork


async def _issue_under_fresh_key(ledger: LedgerNetwork) -> Opened:
    async def following(number: int) -> AnyRequest:
        return IssueCash(f"r-{number}", COIN_ID, 100, BUYER_ACCOUNT, KeyChoice.FRESH)

    async def check(count: int) -> None:
        await hold(ledger, 100 * count, 0, 100 * count)
        await _all_is_on_accounts(ledger)

    return SN, following, check


async def _move_under_fresh_keys(ledger: LedgerNetwork) -> Opened:
    await ledger.done(SN, IssueCash("stock", COIN_ID, STOCK_YEN, BUYER_ACCOUNT, KeyChoice.FRESH))

    async def following(number: int) -> AnyRequest:
        return fresh_pay(f"r-{number}", 30)

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 30 * count, STOCK_YEN)
        await _all_is_on_accounts(ledger)

    return CN_B, following, check


async def _redeem_from_fresh_keys(ledger: LedgerNetwork) -> Opened:
    await ledger.done(SN, IssueCash("stock", COIN_ID, STOCK_YEN, BUYER_ACCOUNT, KeyChoice.FRESH))

    async def following(number: int) -> AnyRequest:
        return RedeemCash(f"r-{number}", COIN_ID, SN.name, 30, BUYER_ACCOUNT.key)

    async def check(count: int) -> None:
        await hold(ledger, STOCK_YEN - 30 * count, 0, STOCK_YEN - 30 * count)
        await _all_is_on_accounts(ledger)

    return CN_B, following, check


async def _merge_under_fresh_keys(ledger: LedgerNetwork) -> Opened:
    await ledger.operations(CN_B).set_account_keys(BUYER_ACCOUNT.key, KeyChoice.FRESH)

    async def following(number: int) -> AnyRequest:
        for half in range(2):
            issue = IssueCash(f"i-{number}-{half}", COIN_ID, 10, BUYER_ACCOUNT, KeyChoice.FRESH)
            await ledger.done(SN, issue)
        return MergeCash(f"r-{number}", COIN_ID, SN.name, BUYER_ACCOUNT.key, 20, 2)

    async def check(count: int) -> None:
        await hold(ledger, 20 * count, 0, 20 * count)
        await _all_is_on_accounts(ledger)

    return CN_B, following, check


async def _all_is_on_accounts(ledger: LedgerNetwork) -> None:
    """The issuer's register names the two accounts, and no fresh key."""
    assert set(await register(ledger)) <= {(CN_B.name, BUYER_ACCOUNT.key), (CN_A.name, SELLER_ACCOUNT.key)}


UNDER_FRESH_KEYS: Final[dict[FlowKind, KindOfFlow]] = {
    FlowKind.ISSUE_CASH: KindOfFlow(CASH_PARTIES, _issue_under_fresh_key),
    FlowKind.MOVE_CASH: KindOfFlow(CASH_PARTIES, _move_under_fresh_keys),
    FlowKind.REDEEM_CASH: KindOfFlow(CASH_PARTIES, _redeem_from_fresh_keys),
    FlowKind.MERGE_CASH: KindOfFlow(CASH_PARTIES, _merge_under_fresh_keys),
}
