"""A coupon and a grant on a whole ledger: one order, paid by the payer's node to whoever held on the record date."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, select

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.distribution import DistributionMedium
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.distribution_errors import DistributionIdReused, DistributionUnderWay, NothingToExpire
from chains.progmat.flows.distribution_requests import ExpireUtility, UseUtility
from chains.progmat.flows.market_requests import ChangeMembership, IssueToken, MembershipChange
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.signed_records import decoded
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.distribution.distributions import Distributions
from chains.progmat.market.distribution.ordering import Caller
from chains.progmat.market.distribution.planning import Sizes
from chains.progmat.market.distribution.store import Mandate
from chains.progmat.market.distribution.terms import AmountKind, Terms
from chains.progmat.market.distribution.views import DistributionView
from chains.progmat.market.people.errors import SamePerson
from chains.progmat.market.register.errors import RecordDateNotOver
from chains.progmat.node.distribution_part import DistributionPart
from chains.progmat.node.storage.schema import transactions
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.schema import entries
from ibc.dvp import CashAccount
from tests.fakes.distribution_parties import UTILITY_ID, holder
from tests.fakes.ledger_parties import AN, BUYER, CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.fakes.token_parties import SC, ST, TOKEN_ID
from tests.integration.ledger.coins import Coins
from tests.integration.ledger.kinds_of_distributions import members, units
from tests.integration.ledger.network import BUYER_ACCOUNT, TOKEN_PARTIES, WAIT_S, LedgerNetwork, running_ledger

WHO: Final = Caller("operations", "alice", "bob")
HOLDERS: Final = {holder(number).account_at(CN_A if number % 2 else CN_B): 1 + number for number in range(7)}
"""Units by account: the payer's node keeps four holders, the other one three."""
RATE: Final = Fraction(25, 2)
DUE: Final = sum(HOLDERS.values()) * RATE


def _terms(ledger: LedgerNetwork, name: str, rate: Fraction = RATE) -> Terms:
    return Terms(
        name=name,
        security_id=TOKEN_ID,
        record_date=date(2026, 9, 30),
        cut_off_s=ledger.cut_off_s,  # type: ignore[attr-defined] # of these tests
        amount_kind=AmountKind.PER_UNIT,
        amount=rate,
        medium=DistributionMedium.COIN,
        asset_id=COIN_ID,
        keeper=SN.name,
        payer=BUYER_ACCOUNT,
    )


async def _opened(ledger: LedgerNetwork) -> None:
    """Holders of the security, and a time after which it does not count who holds."""
    await members(ledger)
    for number, (account, held) in enumerate(HOLDERS.items()):
        await ledger.done(AN, IssueToken(f"held-{number}", ST, TOKEN_ID, held, account))
    ledger.clock.advance_ms(2000)
    ledger.cut_off_s = ledger.clock.now_s()  # type: ignore[attr-defined] # as above
    ledger.clock.advance_ms(1000)
    _at(ledger, AN).desk.sizes = Sizes(part_lines=4, batch_lines=1)


def _at(ledger: LedgerNetwork, party: LedgerParty) -> Distributions:
    return ledger.vault(party).part(DistributionPart).distributions


async def _mandate(ledger: LedgerNetwork, most: int = 10**6) -> None:
    mandate = Mandate(BUYER_ACCOUNT.key, AN.name, TOKEN_ID, COIN_ID, SN.name, most, "alice", "bob", 0)
    await _at(ledger, CN_B).mandate(mandate, WHO)


async def _paid(ledger: LedgerNetwork, distribution_id: bytes, party: LedgerParty = AN) -> DistributionView:
    """Time goes on until a node has recorded every payment."""
    async with asyncio.timeout(WAIT_S):
        while not (view := await _at(ledger, party).view(distribution_id)).is_paid:
            await asyncio.sleep(0.01)
            ledger.clock.advance_ms(500)
    return view


async def _waits(ledger: LedgerNetwork, distribution_id: bytes, reason: str) -> None:
    async with asyncio.timeout(WAIT_S):
        while {part.waiting for part in (await _at(ledger, CN_B).view(distribution_id)).parts} != {reason}:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


async def _yen(ledger: LedgerNetwork) -> dict[CashAccount, int]:
    """What everybody but the payer has, each as his own node sees it."""
    found = {}
    for party in (CN_A, CN_B):
        for line in await ledger.operations(party).balances(COIN_ID, b""):
            if line.account != BUYER_ACCOUNT and line.balance.free:
                found[line.account] = line.balance.free
    return found


def _due(rate: Fraction = RATE) -> dict[CashAccount, int]:
    """By the rule, written out: whole yen, what is left to the largest fractions, smaller keys first."""
    exact = {account: held * rate for account, held in HOLDERS.items()}
    due = {account: int(amount) for account, amount in exact.items()}
    order = sorted(exact, key=lambda account: (due[account] - exact[account], account.key))
    for account in order[: int(sum(exact.values())) - sum(due.values())]:
        due[account] += 1
    return due


def _coins_seen(connection: Connection) -> Counter[bytes]:
    """Keys of all coins in all transactions that a node has, whatever it has them for."""
    seen: Counter[bytes] = Counter()
    for body in connection.execute(select(transactions.c.signed_bytes)).scalars():
        for output in decoded(body).wire.outputs:
            if output.contract == CASH:
                seen[CashState.of(output).owner.encoded()] += 1
    return seen


def _kinds_in_the_books(connection: Connection) -> set[str]:
    """Of what happened to the coin."""
    return set(connection.execute(select(entries.c.kind).where(entries.c.asset_id == COIN_ID)).scalars())


async def test_one_order_pays_every_holder_to_the_yen_and_shows_no_node_anothers_holders(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await _opened(ledger)
        registrar, payer = _at(ledger, AN), _at(ledger, CN_B)
        with pytest.raises(RecordDateNotOver):
            await registrar.order(replace(_terms(ledger, "early"), cut_off_s=ledger.clock.now_s() + 60), WHO)
        with pytest.raises(SamePerson):
            await registrar.order(_terms(ledger, "alone"), Caller("operations", "alice", "alice"))
        assert (await registrar.preview(_terms(ledger, "coupon"))).totals.net == int(DUE)

        order, view = await registrar.order(_terms(ledger, "coupon"), WHO)
        assert [part.batches for part in view.parts] == [3, 4]
        await _waits(ledger, order.distribution_id, "MANDATE_MISSING")
        await _mandate(ledger, int(DUE) - 1)
        await _waits(ledger, order.distribution_id, "MANDATE_MISSING")
        await _mandate(ledger)
        await _waits(ledger, order.distribution_id, "INSUFFICIENT_FUNDS")
        await ledger.issue(1000)  # yen are paid in, and it goes on by itself
        await _paid(ledger, order.distribution_id)
        assert await _yen(ledger) == _due()
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000 - int(DUE)
        with pytest.raises(DistributionUnderWay):
            await registrar.cancel(order.distribution_id, WHO)

        again, _ = await registrar.order(_terms(ledger, "coupon"), WHO)
        assert again.distribution_id == order.distribution_id
        with pytest.raises(DistributionIdReused):
            await registrar.order(_terms(ledger, "coupon", Fraction(13)), WHO)
        assert await _yen(ledger) == _due()
        assert (await payer.view(order.distribution_id)).is_paid

        seen = await ledger.vault(CN_A).node.parts.database.read(_coins_seen)
        assert await ledger.vault(CN_A).node.parts.database.read(_kinds_in_the_books) == {EntryKind.COUPON.value}
        others = {account.key for account in HOLDERS if account.node == CN_B.name}
        assert not others & seen.keys()
        assert {account.key for account in HOLDERS if account.node == CN_A.name} <= seen.keys()


async def test_lines_of_a_node_that_is_no_member_are_held_and_paid_later(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await _opened(ledger)
        await _mandate(ledger)
        await ledger.issue(1000)
        await _revoke(ledger, CN_A)
        registrar = _at(ledger, AN)
        theirs = sum(amount for account, amount in _due().items() if account.node == CN_A.name)
        preview = await registrar.preview(_terms(ledger, "coupon"))
        assert sum(line.amount for line in preview.unpayable) == theirs
        order, view = await registrar.order(_terms(ledger, "coupon"), WHO)
        assert view.held_amount == theirs
        assert (await registrar.release(order.distribution_id, WHO))[0] == 0
        await ledger.admit(CN_A, SC, MemberRole.CUSTODIAN, notary="nn")
        opened, view = await registrar.release(order.distribution_id, WHO)
        assert (opened, view.held_amount) == (1, 0)
        await _paid(ledger, order.distribution_id)
        assert await _yen(ledger) == _due()


async def test_a_payer_killed_again_and_again_pays_nobody_twice_and_nobody_not_at_all(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await _opened(ledger)
        await _mandate(ledger)
        await ledger.issue(1000)
        order, _ = await _at(ledger, AN).order(_terms(ledger, "coupon"), WHO)
        kills = 0
        for steps in (1, 2, 4, 7, 11, 16):
            if not await _killed_after(ledger, steps):
                break  # it was quicker: all is paid before so many steps
            kills += 1
        assert kills
        await _paid(ledger, order.distribution_id)
        assert await _yen(ledger) == _due()
        assert await ledger.free_yen(CN_B, BUYER_ACCOUNT) == 1000 - int(DUE)


async def test_a_wholesale_coin_pays_a_holder_as_soon_as_he_is_admitted(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await _opened(ledger)
        coins = await Coins.open(ledger)
        await coins.pay_in(1000)
        await _mandate(ledger)
        order, _ = await _at(ledger, AN).order(_terms(ledger, "coupon"), WHO)
        async with asyncio.timeout(WAIT_S):
            while not all(part.waiting for part in (await _at(ledger, CN_B).view(order.distribution_id)).parts):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
        assert await _yen(ledger) == {}
        for number, account in enumerate(HOLDERS):
            await coins.admit(f"holder-{number}", account)
        await _paid(ledger, order.distribution_id)
        assert await _yen(ledger) == _due()
        await coins.arrived(CN_B)
        await coins.agreed()


async def test_units_are_granted_used_and_expired(tmp_path: Path) -> None:
    async with running_ledger(tmp_path, TOKEN_PARTIES) as ledger:
        await _opened(ledger)
        terms = Terms(
            name="grant",
            security_id=TOKEN_ID,
            record_date=date(2026, 9, 30),
            cut_off_s=ledger.cut_off_s,  # type: ignore[attr-defined] # as above
            amount_kind=AmountKind.PER_HOLDER,
            amount=Fraction(5),
            medium=DistributionMedium.UTILITY,
            asset_id=UTILITY_ID,
            keeper=AN.name,
            expires_s=ledger.clock.now_s() + 600,
        )
        order, _ = await _at(ledger, AN).order(terms, WHO)
        await _paid(ledger, order.distribution_id)
        await _at(ledger, AN).order(terms, WHO)
        assert await units(ledger, AN) == 5 * len(HOLDERS)
        too_early = await ledger.run(AN, ExpireUtility("early", UTILITY_ID))
        assert (too_early.step, too_early.last_error_reason) == (FlowStep.FAILED, NothingToExpire.reason)
        used = await ledger.run(CN_B, UseUtility("use", UTILITY_ID, AN.name, 2, BUYER.key.encoded(), "ticket"))
        assert used.last_error_reason == "TOKENS_INSUFFICIENT"  # the payer held nothing
        ledger.clock.advance_ms(601_000)
        await ledger.done(AN, ExpireUtility("late", UTILITY_ID))
        assert await units(ledger, AN) == 0


async def _revoke(ledger: LedgerNetwork, party: LedgerParty) -> None:
    await ledger.done(SN, ChangeMembership(f"revoke-{party.name}", MembershipChange.REVOKE, SC, party.name))


async def _killed_after(ledger: LedgerNetwork, steps: int) -> bool:
    """The payer's node dies when its flows of the distribution have stored so many steps; whether it came to that."""
    engine = ledger.vault(CN_B).node.engine
    reached, seen = asyncio.Event(), 0
    stored = engine._on_stored

    def count(record) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - a flow's record
        nonlocal seen
        stored(record)
        if record.kind in {FlowKind.PAY_BATCH, FlowKind.MOVE_CASH}:
            seen += 1
            if seen >= steps:
                reached.set()

    engine._on_stored = count  # only watched
    _at(ledger, CN_B)._payer.wake()
    try:
        async with asyncio.timeout(3):
            await reached.wait()
    except TimeoutError:
        return False
    await ledger.kill(CN_B)
    await ledger.start(CN_B)
    return True
