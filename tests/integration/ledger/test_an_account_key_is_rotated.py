"""An account's cash goes to a new key in bounded batches; what the old key signs afterwards moves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from chains.progmat.flows.errors import RequestIdReused
from chains.progmat.flows.requests import MoveCash, RotateAccountKey
from chains.progmat.vault.bounds import MAX_INPUTS
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import CN_B, COIN_ID, SN
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)


def rotation(new: CashAccount, number: int) -> RotateAccountKey:
    return RotateAccountKey(f"rotate-{number}", COIN_ID, SN.name, BUYER_ACCOUNT.key, new.key)


async def rotate(ledger: LedgerNetwork, new: CashAccount) -> int:
    """Batches until nothing is left; how many."""
    number = 0
    while await ledger.free_yen(CN_B, BUYER_ACCOUNT):
        number += 1
        await ledger.done(CN_B, rotation(new, number))
    return number


async def test_everything_of_an_account_moves_in_bounded_batches(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        for _ in range(MAX_INPUTS + 3):
            await ledger.issue(10)
        new = await ledger.operations(CN_B).open_account("the buyer's second key")
        assert await rotate(ledger, new) == 2
        assert await ledger.free_yen(CN_B, new) == 10 * (MAX_INPUTS + 3)
        assert await ledger.total_yen(CN_B) == 10 * (MAX_INPUTS + 3)


async def test_the_old_key_moves_nothing_after_the_rotation(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        new = await ledger.operations(CN_B).open_account("the buyer's second key")
        await rotate(ledger, new)
        stolen = await ledger.run(CN_B, MoveCash("theft", COIN_ID, SN.name, 1, BUYER_ACCOUNT.key, SELLER_ACCOUNT))
        assert stolen.last_error_reason == "INSUFFICIENT_FUNDS"
        again = await ledger.run(CN_B, rotation(new, 2))
        assert again.last_error_reason == "INSUFFICIENT_FUNDS"


async def test_a_repeated_rotation_is_the_same_one_and_needs_two_kept_keys(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        await ledger.issue(1000)
        new = await ledger.operations(CN_B).open_account("the buyer's second key")
        first = await ledger.done(CN_B, rotation(new, 1))
        assert (await ledger.done(CN_B, rotation(new, 1))).tx_id == first.tx_id
        with pytest.raises(RequestIdReused):
            await ledger.run(CN_B, rotation(SELLER_ACCOUNT, 1))
        foreign = await ledger.run(CN_B, rotation(SELLER_ACCOUNT, 2))
        assert foreign.last_error_reason == "ACCOUNT_UNKNOWN"
        same = await ledger.run(CN_B, rotation(BUYER_ACCOUNT, 3))
        assert same.last_error_reason == "INVALID_REQUEST"
