"""The afternoon: a coupon to the holders of the record date, and a forced transfer that a court ordered."""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from typing import Final

from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.market import (
    AmountKind,
    DistributionClient,
    DistributionMedium,
    ForceToken,
    FreezeToken,
    RegisterClient,
    RegisterKind,
    SecuritiesClient,
    Terms,
    ThawToken,
    TransferNote,
)
from chains.progmat.client.nouns import BusinessNetwork
from relayer.devnet.native.cast import APPROVER, B1, CLERK, D1, INVESTORS, RETAIL_COIN_ID, SECURITY_ID, D
from relayer.devnet.native.network import REGISTRAR, TRUSTEE
from relayer.devnet.native.scenes_morning import deposit
from relayer.devnet.native.stage import ASSET, Day, done, expect
from relayer.devnet.native.telling import Told, yen

RATE: Final = Fraction(25, 2)
"""12.5 yen a unit."""
SEIZED: Final = 20
ALL: Final = 0
"""As a quantity of freezes and thaws."""
COURT_CASE: Final = "2026-WA-17"


async def a_coupon(day: Day) -> Told:
    """Fixed by the register of the record date (権利確定日), paid in coin in one ledger_tx a batch."""
    told = Told("14:00 A coupon: 12.5 yen a unit to the holders of the record date")
    payer = await day.ask(LedgerClient, D.node, D.name).open_account("coupon-payer")
    cut_off_s = int(time.time()) + 1
    await asyncio.sleep(max(0.0, cut_off_s - time.time()))
    terms = Terms(
        f"coupon-{day.trading_date.isoformat()}",
        SECURITY_ID,
        day.trading_date,
        cut_off_s,
        AmountKind.PER_UNIT,
        RATE,
        DistributionMedium.COIN,
        RETAIL_COIN_ID,
        TRUSTEE,
        payer,
    )
    registrar = day.ask(DistributionClient, REGISTRAR)
    due_yen = (await registrar.preview(terms)).totals.net
    await deposit(day, D, RETAIL_COIN_ID, due_yen, payer)
    told.act("issuer's custodian", f"pays {yen(due_yen)} yen into the trust of {RETAIL_COIN_ID}, gives a mandate")
    await day.ask(DistributionClient, D.node).give_mandate(
        payer.key,
        registrar=REGISTRAR,
        security_id=SECURITY_ID,
        asset_id=RETAIL_COIN_ID,
        keeper=TRUSTEE,
        most=due_yen,
        author=CLERK,
        approver=APPROVER,
    )
    ordered = await registrar.order(terms, CLERK, APPROVER)
    told.act("registrar (an)", f"fixes the register of {day.trading_date} and orders the distribution: one command")

    async def paid() -> bool | None:
        return (await registrar.distribution(ordered.distribution_id)).is_paid or None

    await day.until("the coupon's payment", paid)
    snapshot = await day.ask(RegisterClient, REGISTRAR).snapshot(ASSET, day.trading_date)
    told.act("payer's node", f"pays {ordered.totals.holders} holders; the sum is exact, halves by largest remainder")
    told.headers = ("investor", "units", "12.5 a unit", "received (yen)")
    for investor in INVESTORS:
        account = day.account(investor)
        units = sum(line.units for line in snapshot.lines if line.account == account)
        found_yen = await day.yen_of(investor.broker.node, RETAIL_COIN_ID, account)
        day.books.retail_yen[investor.investor_id] += found_yen
        exact = units * RATE
        expect(f"{investor.investor_id} gets {exact} to the yen", expected=True, found=abs(found_yen - exact) < 1)
        told.rows.append((investor.investor_id, yen(units), f"{float(exact):,.1f}", yen(found_yen)))
    total_yen = sum(day.books.retail_yen.values())
    expect("the coupon's total", (due_yen, Fraction(due_yen)), (total_yen, snapshot_units(told) * RATE))
    told.rows.append(("all", yen(snapshot_units(told)), f"{due_yen:,.1f}", yen(total_yen)))
    return told


def snapshot_units(told: Told) -> int:
    """Units of the lines shown, without a sum."""
    return sum(int(row[1].replace(",", "")) for row in told.rows)


async def a_court_order(day: Day) -> Told:
    """Frozen first (凍結), then moved without their owner (強制移転): the registrar and a second approver sign."""
    told = Told("15:00 A court order: freeze, then a forced transfer")
    securities = day.ask(SecuritiesClient, REGISTRAR)
    note = TransferNote(reason="COURT_ORDER", reference=COURT_CASE, author=CLERK, approver=APPROVER)
    debtor, creditor = day.account(D1), day.account(B1)
    st, whole = BusinessNetwork.ST, day.books.units[D1.investor_id]
    done("freeze", await securities.submit(FreezeToken("freeze", st, SECURITY_ID, ALL, debtor, note)))
    await _frozen(day, whole)
    told.act("registrar (an)", f"freezes all {whole} units of {D1.investor_id}: case {COURT_CASE}, two people named")
    done("force", await securities.submit(ForceToken("force", st, SECURITY_ID, SEIZED, debtor, creditor, note)))
    day.books.move(D1.investor_id, B1.investor_id, SEIZED)
    await _frozen(day, whole - SEIZED)
    told.act("registrar (an)", f"forces {SEIZED} to {B1.investor_id}: no owner signs, the second approver's key does")
    done("thaw", await securities.submit(ThawToken("thaw", st, SECURITY_ID, ALL, debtor, note)))
    await _frozen(day, 0)
    told.act("registrar (an)", f"thaws the {whole - SEIZED} units that are left")
    await day.units_agree()
    told.headers = ("investor", "units", "kind", "reason", "case", "author", "approver")
    for investor in (D1, B1):
        for units, *said in await day.entries(day.account(investor), RegisterKind.FORCED):
            told.rows.append((investor.investor_id, f"{units:+}", "FORCED", *said))
    expect("entries of the forced transfer", 2, len(told.rows))
    return told


async def _frozen(day: Day, units: int) -> None:
    expect("frozen units in the register", units, (await day.ask(RegisterClient, REGISTRAR).totals(ASSET)).frozen)
