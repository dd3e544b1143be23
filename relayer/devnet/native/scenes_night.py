"""The night: what the ledger says against what was agreed, and the trust against its coin, to the unit."""

from __future__ import annotations

from typing import Final

from chains.progmat.client.market import CoinClient, RegisterClient
from chains.progmat.client.token_client import TokenClient
from relayer.devnet.native.books import Holding, differences
from relayer.devnet.native.cast import BROKERS, COIN_ID, INVESTORS, RETAIL_COIN_ID, SECURITY_ID, UNITS
from relayer.devnet.native.network import REGISTRAR, TRUSTEE
from relayer.devnet.native.stage import ASSET, Day
from relayer.devnet.native.telling import Told, yen

COINS: Final = (COIN_ID, RETAIL_COIN_ID)


async def books_agree(day: Day) -> tuple[Told, list[str]]:
    """The scene, and whatever differs: nothing, if the day was as it should be."""
    told = Told("Night: the books")
    found = await day.holdings()
    problems = differences(day.books.holdings(), found)
    register = await day.ask(RegisterClient, REGISTRAR).totals(ASSET)
    if (register.units, register.frozen) != (UNITS, 0):
        problems.append(f"the register has {register.units} units, {register.frozen} frozen; {UNITS} were issued")
    told.act("registrar (an)", f"register show {SECURITY_ID}: {register.units:,} units, {register.holders} holders")
    at_custodians = await _custodians_differ(day)
    problems += at_custodians
    says = "what the register says" if not at_custodians else "something else than the register says"
    told.act("custodians", f"each sees in its own vault {says} of its customers")
    for coin_id in COINS:
        trust = await day.ask(CoinClient, TRUSTEE).reconcile(coin_id)
        if not trust.agrees:
            problems.append(f"{coin_id}: trust and unspent coin differ")
        in_trust = sum(line.trust_yen for line in trust.lines)
        differing = sum(line.difference_yen != 0 for line in trust.lines)
        verdict = "difference 0 at every one" if trust.agrees else f"DIFFERENT at {differing}"
        told.act("trustee (sn)", f"coin reconcile {coin_id}: {yen(in_trust)} yen in trust, {verdict}")
    told.headers = (
        "party",
        "units before",
        "after",
        f"{COIN_ID} before",
        "after (yen)",
        f"{RETAIL_COIN_ID} after (yen)",
    )
    for name in [*(each.investor_id for each in INVESTORS), *(each.name for each in BROKERS)]:
        before, after = day.started.get(name, Holding()), found.get(name, Holding())
        cells = (before.units, after.units, before.coin_yen, after.coin_yen, after.retail_yen)
        told.rows.append((name, *map(yen, cells)))
    return told, problems


async def _custodians_differ(day: Day) -> list[str]:
    """Accounts whose custodian's vault says something else than the register."""
    register = (await day.ask(RegisterClient, REGISTRAR).register(ASSET)).register
    problems = []
    for line in register.lines:
        balances = await day.ask(TokenClient, line.node).balances(SECURITY_ID, line.key)
        held = sum(each.free + each.reserved for each in balances)
        if held != line.units:
            problems.append(f"{line.node}:{line.key.hex()[:16]}: register {line.units}, custodian {held}")
    return problems
