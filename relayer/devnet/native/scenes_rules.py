"""Rules that hold beside trading: a closed gate stops moves and nothing else; coin leaves the ledger as yen."""

from __future__ import annotations

from typing import Final

from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.market import CoinClient, ExchangeClient, Opening, SecuritiesClient, SetGate
from chains.progmat.client.nouns import BusinessNetwork, MoveToken, RedeemCash
from chains.progmat.client.token_client import TokenClient
from relayer.devnet.native.cast import A1, A2, APPROVER, CLERK, COIN_ID, GATE_ID, SECURITY_ID, A
from relayer.devnet.native.network import EXCHANGE, REGISTRAR, TRUSTEE
from relayer.devnet.native.scenes_morning import LISTED, trust_lines
from relayer.devnet.native.stage import Day, done, expect
from relayer.devnet.native.telling import Told, yen
from relayer.reasons.catalogue import catalogue

ST: Final = BusinessNetwork.ST
REDEEMED_YEN: Final = 1_500_000


async def a_closed_gate(day: Day) -> Told:
    """Refused with a stable code, in English and Japanese; open again, the same move passes."""
    told = Told("12:00 The registrar closes the gate for an hour")
    registrar = day.ask(SecuritiesClient, REGISTRAR)
    tokens = day.ask(TokenClient, A.node, A.name)
    giver, taker = day.account(A1), day.account(A2)
    closing = SetGate("gate-closed", ST, GATE_ID, Opening.CLOSED, controlled=True, author=CLERK)
    done("gate-closed", await registrar.submit(closing))
    told.act("registrar (an)", f"closes {GATE_ID} (移転実行可否)")
    tried = await tokens.submit(MoveToken("move-tried", ST, SECURITY_ID, REGISTRAR, 1, giver.key, taker))
    expect("the move while the gate is closed", (True, "GATE_CLOSED"), (tried.is_failed, tried.last_error_reason))
    told.act(A.name, f"moves 1 unit {A1.investor_id} > {A2.investor_id}: refused, {tried.last_error_reason}")
    entry = catalogue()[tried.last_error_reason]
    told.act("its node", f"{entry.what} {entry.do}")
    told.act("the same in Japanese", entry.ja)
    opening = SetGate("gate-open", ST, GATE_ID, Opening.OPEN, controlled=True, author=CLERK)
    done("gate-open", await registrar.submit(opening))
    told.act("registrar (an)", "opens it again")
    done("move", await tokens.submit(MoveToken("move", ST, SECURITY_ID, REGISTRAR, 1, giver.key, taker)))
    day.books.move(A1.investor_id, A2.investor_id, 1)
    told.act(A.name, "asks again under a new request id: moved")
    found = await day.units_agree()
    told.headers = ("investor", "units")
    told.rows = [(each.investor_id, yen(found[each.investor_id])) for each in (A1, A2)]
    return told


async def coin_back_to_yen(day: Day) -> Told:
    """The venue closes; a broker's coin is destroyed first, then the trustee pays the yen out (償還)."""
    told = Told("15:30 The venue closes; broker A takes yen out of the trust")
    await day.ask(ExchangeClient, EXCHANGE).close_day("close", LISTED, CLERK)
    told.act("PTS (en)", "closes the day: orders that wait are over")
    ledger, coins = day.ask(LedgerClient, A.node, A.name), day.ask(CoinClient, TRUSTEE)
    request = RedeemCash("redeem", COIN_ID, TRUSTEE, REDEEMED_YEN, day.house(A).key)
    redeemed = done("redeem", await ledger.submit(request))
    day.books.coin_yen[A.name] -= REDEEMED_YEN
    told.act(A.name, f"redeems {yen(REDEEMED_YEN)} yen: the coin is off the ledger, the trust owes the yen")

    async def owed() -> str | None:
        found = [each for each in await coins.redemptions(COIN_ID) if each.tx_id == redeemed.tx_id]
        return found[0].redemption_id if found else None

    redemption_id = await day.until("the redemption in the trust's ledger", owed)
    paid = await coins.confirm_payout(redemption_id, "MT-OUT-1", CLERK, APPROVER)
    told.act("trustee (sn)", f"pays them out, two people confirm it once: {paid.status}")
    await trust_lines(day, told, COIN_ID)
    expect("the wholesale coin by broker", dict(day.books.coin_yen), await day.house_yen())
    return told
