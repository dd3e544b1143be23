"""Registered coins on a whole ledger: yen in, coin out, moves, redemptions, and the trust always equal to the coin."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.coin_requests import (
    AmendCoin,
    ForceCash,
    FreezeCash,
    RegisterCoin,
    RemoveHolder,
    ThawCash,
)
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash, MoveCash, RedeemCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.people.audit import lines, verify
from chains.progmat.market.trust.redemptions import RedemptionStatus
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.integration.ledger.coins import CALLER, CLERK, Coins
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    CASH_PARTIES,
    SELLER_ACCOUNT,
    WAIT_S,
    LedgerNetwork,
    running_ledger,
)

CASE = ("COURT_ORDER", "2026-17", "clerk-1", "approver-1")


def pay(name: str, amount_yen: int, to: CashAccount = SELLER_ACCOUNT) -> MoveCash:
    return MoveCash(name, COIN_ID, SN.name, amount_yen, BUYER_ACCOUNT.key, to)


async def refused(ledger: LedgerNetwork, party: LedgerParty, request: object) -> str:
    failed: FlowRecord = await ledger.run(party, request)  # type: ignore[arg-type] # any request
    assert failed.step is FlowStep.FAILED, failed
    return failed.last_error_reason


async def test_a_wholesale_coins_life_from_the_first_yen_to_the_last(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        coins = await Coins.open(ledger)
        await _only_deposits_issue(ledger, coins)
        await coins.pay_in(1000)
        await _it_stays_among_the_admitted(ledger, coins)
        await _yen_go_out_once(ledger, coins)
        await _a_frozen_amount_waits_for_the_trustee(ledger, coins)
        await _a_forced_transfer_takes_what_is_there(ledger, coins)
        await _approvers_change(ledger)
        found = await coins.agreed()
        assert found.bank_yen == 880
        acts = await ledger.vault(SN).node.parts.database.read(
            lambda connection: (verify(connection), lines(connection))
        )
        assert {line.entry.record.act for line in acts[1]} >= {"AnnounceDeposit", "ConfirmDeposit", "ConfirmPayout"}


async def _only_deposits_issue(ledger: LedgerNetwork, coins: Coins) -> None:
    """An announced deposit permits nothing yet, and no other flow issues what one permits."""
    announced = await coins.announce(77)
    for name in ("issue-x", f"coin-deposit/{announced.announced.deposit_id}/1"):
        assert await refused(ledger, SN, IssueCash(name, COIN_ID, 77, BUYER_ACCOUNT)) == "COIN_DEPOSIT_MISSING"
    await coins.desk.cancel(announced.announced.deposit_id, CLERK, CALLER)
    await ledger.done(SN, IssueCash("plain", "PGC-2", 5, BUYER_ACCOUNT))
    late = RegisterCoin("late", "PGC-2", CoinKind.RETAIL, (coins.approver.key,), "a", "b")
    assert await refused(ledger, SN, late) == "COIN_ALREADY_ISSUED"
    other_kind = RegisterCoin("other", COIN_ID, CoinKind.RETAIL, (coins.approver.key,), "a", "b")
    assert await refused(ledger, SN, other_kind) == "COIN_ALREADY_REGISTERED"
    assert (await coins.agreed()).lines == ()


async def _it_stays_among_the_admitted(ledger: LedgerNetwork, coins: Coins) -> None:
    stranger = await ledger.operations(CN_A).open_account("stranger")
    assert await refused(ledger, CN_B, pay("to-stranger", 1, stranger)) == "RULE_STATE_MISSING"
    await coins.admit("stranger", stranger)
    await ledger.done(CN_B, pay("to-admitted", 1, stranger))
    await ledger.done(CN_B, pay("to-seller", 299))
    await ledger.done(SN, RemoveHolder("remove", COIN_ID, stranger, "clerk-1"))
    assert await _refused_when_built_again(ledger, pay("to-removed", 1, stranger)) == "RULE_STATE_MISSING"
    await ledger.done(CN_A, MoveCash("out", COIN_ID, SN.name, 1, stranger.key, SELLER_ACCOUNT))


async def _refused_when_built_again(ledger: LedgerNetwork, request: MoveCash) -> str:
    """The notary says that what it references is spent; the issuer's node, asked again, has no other."""
    engine = ledger.vault(CN_B).node.engine
    await ledger.run(CN_B, request, wait_s=0)
    async with asyncio.timeout(WAIT_S):
        while (record := await engine.outcome(request.request_id, 0)).step is not FlowStep.FAILED:
            if record.attempts:
                ledger.clock.advance_s(1)
            await asyncio.sleep(0)
    return record.last_error_reason


async def _yen_go_out_once(ledger: LedgerNetwork, coins: Coins) -> None:
    await ledger.done(CN_A, RedeemCash("redeem-1", COIN_ID, SN.name, 120, SELLER_ACCOUNT.key))
    found = await coins.agreed()
    assert {line.node: (line.trust_yen, line.payable_yen) for line in found.lines} == {
        CN_A.name: (180, 120),
        CN_B.name: (700, 0),
    }
    (owed,) = await coins.desk.redemptions(COIN_ID, RedemptionStatus.PENDING)
    for _ in range(2):
        await coins.desk.confirm_payout(owed.redemption_id, "out 1", CLERK, CALLER)
    assert (await coins.agreed()).bank_yen == 880


async def _a_frozen_amount_waits_for_the_trustee(ledger: LedgerNetwork, coins: Coins) -> None:
    await ledger.done(SN, FreezeCash("freeze", COIN_ID, BUYER_ACCOUNT, 650, *CASE))
    await ledger.everything_delivered(SN)
    (line,) = [line for line in (await coins.agreed()).lines if line.node == CN_B.name]
    assert (line.unspent.free_yen, line.unspent.frozen_yen) == (50, 650)
    assert await refused(ledger, CN_B, pay("frozen", 60)) == "INSUFFICIENT_FUNDS"
    await ledger.done(SN, ThawCash("thaw", COIN_ID, BUYER_ACCOUNT, 50, *CASE))
    await ledger.everything_delivered(SN)
    await ledger.done(CN_B, pay("thawed", 60))


async def _a_forced_transfer_takes_what_is_there(ledger: LedgerNetwork, coins: Coins) -> None:
    """Free and frozen alike, to an admitted account and nowhere else."""
    elsewhere = await ledger.operations(CN_A).open_account("elsewhere")
    take = ForceCash("force-x", COIN_ID, BUYER_ACCOUNT, 0, *CASE, elsewhere)
    assert await refused(ledger, SN, take) == "COIN_HOLDER_UNKNOWN"
    await coins.admit("elsewhere", elsewhere)
    await ledger.done(SN, ForceCash("force", COIN_ID, BUYER_ACCOUNT, 0, *CASE, elsewhere))
    await ledger.everything_delivered(SN)
    await coins.agreed()
    held = {line.account: line.balance_yen for line in await coins.desk.holders(COIN_ID, "", 0)}
    assert held == {elsewhere: 640, SELLER_ACCOUNT: 240}
    again = ForceCash("force-again", COIN_ID, BUYER_ACCOUNT, 0, *CASE, elsewhere)
    assert await refused(ledger, SN, again) == "COIN_NOTHING_TO_MOVE"


async def _approvers_change(ledger: LedgerNetwork) -> None:
    """Once no approver's key is on this node, the issuer alone freezes nothing."""
    away = CN_A.key.encoded()
    await ledger.done(SN, AmendCoin("amend", COIN_ID, (away,), "clerk-1", "approver-1"))
    alone = FreezeCash("alone", COIN_ID, SELLER_ACCOUNT, 1, *CASE)
    assert await refused(ledger, SN, alone) == "COIN_APPROVER_MISSING"
