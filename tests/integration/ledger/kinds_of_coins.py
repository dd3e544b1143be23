"""Kinds of flows about registered coins, for ``test_every_kind_killed_at_every_point``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.names import COIN
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.coin_requests import (
    AdmitHolder,
    AmendCoin,
    ForceCash,
    FreezeCash,
    RegisterCoin,
    RemoveHolder,
    ThawCash,
)
from chains.progmat.market.trust.coins import admitted_accounts
from chains.progmat.market.trust.invariant import Unspent, unspent_of
from chains.progmat.vault.rules import rules_kept_by
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.integration.ledger.coins import Coins
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork

Opened = tuple[LedgerParty, Callable[[int], Awaitable[AnyRequest]], Callable[[int], Awaitable[None]]]
WHO = ("clerk-1", "approver-1")
WHY = ("COURT_ORDER", "2026-17", *WHO)
STOCK_YEN = 10_000


async def register_coin(ledger: LedgerNetwork) -> Opened:
    approver = await ledger.operations(SN).open_account("approver")

    async def following(number: int) -> AnyRequest:
        return RegisterCoin(f"r-{number}", f"C-{number}", CoinKind.RETAIL, (approver.key,), *WHO)

    async def check(count: int) -> None:
        database = ledger.vault(SN).node.parts.database
        found = await database.read(lambda connection: rules_kept_by(connection, COIN, SN.name, 100))
        assert [state.indexed.rule_key for state in found] == sorted(f"C-{number}" for number in range(count))

    return SN, following, check


async def amend_coin(ledger: LedgerNetwork) -> Opened:
    coins = await Coins.open(ledger, CoinKind.RETAIL)
    second = await ledger.operations(SN).open_account("approver 2")
    in_turn = (second.key, coins.approver.key)

    async def following(number: int) -> AnyRequest:
        return AmendCoin(f"r-{number}", COIN_ID, (in_turn[number % 2],), *WHO)

    async def check(count: int) -> None:
        (view,) = await coins.desk.coins()
        expected = in_turn[(count - 1) % 2] if count else coins.approver.key
        assert [key.encoded() for key in view.coin.approvers] == [expected]

    return SN, following, check


async def admit_holder(ledger: LedgerNetwork) -> Opened:
    await Coins.open(ledger)

    async def following(number: int) -> AnyRequest:
        return AdmitHolder(f"r-{number}", COIN_ID, await ledger.operations(CN_A).open_account(f"h-{number}"), WHO[0])

    async def check(count: int) -> None:
        assert await _admitted(ledger) == 2 + count

    return SN, following, check


async def remove_holder(ledger: LedgerNetwork) -> Opened:
    coins = await Coins.open(ledger)

    async def following(number: int) -> AnyRequest:
        account = await ledger.operations(CN_A).open_account(f"h-{number}")
        await coins.admit(f"h-{number}", account)
        return RemoveHolder(f"r-{number}", COIN_ID, account, WHO[0])

    async def check(_count: int) -> None:
        assert await _admitted(ledger) == 2

    return SN, following, check


async def freeze_cash(ledger: LedgerNetwork) -> Opened:
    coins = await _stocked(ledger)

    async def following(number: int) -> AnyRequest:
        return FreezeCash(f"r-{number}", COIN_ID, BUYER_ACCOUNT, 30, *WHY)

    async def check(count: int) -> None:
        await _holds(ledger, coins, {CN_B.name: Unspent(STOCK_YEN - 30 * count, 0, 30 * count)})

    return SN, following, check


async def thaw_cash(ledger: LedgerNetwork) -> Opened:
    coins = await _stocked(ledger)
    await ledger.done(SN, FreezeCash("all", COIN_ID, BUYER_ACCOUNT, 0, *WHY))

    async def following(number: int) -> AnyRequest:
        return ThawCash(f"r-{number}", COIN_ID, BUYER_ACCOUNT, 30, *WHY)

    async def check(count: int) -> None:
        await _holds(ledger, coins, {CN_B.name: Unspent(30 * count, 0, STOCK_YEN - 30 * count)})

    return SN, following, check


async def force_cash(ledger: LedgerNetwork) -> Opened:
    coins = await _stocked(ledger)

    async def following(number: int) -> AnyRequest:
        return ForceCash(f"r-{number}", COIN_ID, BUYER_ACCOUNT, 30, *WHY, SELLER_ACCOUNT)

    async def check(count: int) -> None:
        sellers = {CN_A.name: Unspent(30 * count)} if count else {}
        await _holds(ledger, coins, {CN_B.name: Unspent(STOCK_YEN - 30 * count), **sellers})

    return SN, following, check


async def _stocked(ledger: LedgerNetwork) -> Coins:
    coins = await Coins.open(ledger, CoinKind.RETAIL)
    await coins.pay_in(STOCK_YEN)
    return coins


async def _holds(ledger: LedgerNetwork, coins: Coins, expected: dict[str, Unspent]) -> None:
    database = ledger.vault(SN).node.parts.database
    assert await database.read(lambda connection: unspent_of(connection, COIN_ID, SN.name)) == expected
    await coins.agreed()


async def _admitted(ledger: LedgerNetwork) -> int:
    database = ledger.vault(SN).node.parts.database
    return len(await database.read(lambda connection: admitted_accounts(connection, SN.name, COIN_ID)))
