"""``kill -9`` of the trustee's node between a deposit's confirmation and its coin: issued once, and never lost."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.trust import deposits
from chains.progmat.market.trust.deposits import Deposit, DepositStatus
from tests.fakes.ledger_parties import CN_B, COIN_ID, SN
from tests.integration.ledger.coins import CLERK, Coins
from tests.integration.ledger.network import BUYER_ACCOUNT, CASH_PARTIES, LedgerNetwork, running_ledger
from tests.integration.ledger.test_a_node_killed_at_any_step import killed_when_stored

STEPS = (FlowStep.PROPOSED, FlowStep.BUILT, FlowStep.NOTARISED, FlowStep.RECORDED)


async def test_a_deposit_is_issued_once_wherever_the_trustee_dies(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, CASH_PARTIES) as ledger:
        coins = await Coins.open(ledger, CoinKind.RETAIL)
        await _killed_before_the_issue_began(ledger, coins)
        for number, step in enumerate(STEPS, start=2):
            await _killed_at(ledger, coins, step)
            assert await ledger.total_yen(SN) == 100 * number
            assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 100 * number
            assert (await coins.agreed()).bank_yen == 100 * number


async def _confirmed_and_nothing_more(ledger: LedgerNetwork, coins: Coins) -> Deposit:
    """The commit of a confirmation, after which the node did nothing else."""
    wanted = (await coins.announce(100)).announced
    confirm = partial(
        deposits.confirm,
        deposit_id=wanted.deposit_id,
        paid_yen=wanted.amount_yen,
        bank_reference=f"bank {wanted.deposit_id}",
        act=CLERK,
        now_ms=0,
    )
    return await ledger.vault(SN).node.parts.database.submit(confirm)


async def _killed_before_the_issue_began(ledger: LedgerNetwork, coins: Coins) -> None:
    confirmed = await _confirmed_and_nothing_more(ledger, coins)
    await ledger.kill(SN)
    await _back_and_issued(ledger, coins, confirmed)


async def _killed_at(ledger: LedgerNetwork, coins: Coins, step: FlowStep) -> None:
    confirmed = await _confirmed_and_nothing_more(ledger, coins)
    to = confirmed.announced.to
    issue = IssueCash(confirmed.flow_id, COIN_ID, confirmed.announced.amount_yen, to, KeyChoice.ACCOUNT)
    await killed_when_stored(ledger, SN, issue, step)
    await _back_and_issued(ledger, coins, confirmed)


async def _back_and_issued(ledger: LedgerNetwork, coins: Coins, confirmed: Deposit) -> None:
    await ledger.start(SN)
    ledger.clock.advance_s(5)
    await coins.desk.once()
    await coins.issued(confirmed)
    (known,) = [
        each
        for each in await coins.desk.deposits(COIN_ID, DepositStatus.ISSUED)
        if each.announced == confirmed.announced
    ]
    assert known.tx_id
    await ledger.everything_delivered(SN)
