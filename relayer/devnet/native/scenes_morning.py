"""The morning: a coin behind yen in trust, a security with its holders, brokers with accounts, and how each pays."""

from __future__ import annotations

from typing import Final

from crossdvp.ledger.v1 import trade_service_pb2 as trade_pb

from chains.progmat.client.market import (
    AdmitHolder,
    CoinClient,
    CoinKind,
    Decision,
    ExchangeClient,
    HolidayAdjustment,
    KeyClient,
    Listing,
    MasterDataClient,
    Opening,
    RecordKind,
    RegisterCoin,
    RegisterSecurity,
    SecuritiesClient,
    Security,
    SecurityKind,
    SecurityStatus,
    SecurityTerms,
    SetGate,
    SetNetworkControl,
    TradeClient,
    UserClient,
)
from chains.progmat.client.nouns import BusinessNetwork, IssueToken
from chains.progmat.client.token_client import TokenClient
from ibc.dvp import CashAccount
from relayer.devnet.native.cast import (
    APPROVER,
    BROKERS,
    CLERK,
    COIN_ID,
    GATE_ID,
    INVESTORS,
    ISIN,
    RETAIL_COIN_ID,
    SECURITY_ID,
    TRUST_CONTRACT_ID,
    UNITS,
    Broker,
    Investor,
    personal_record,
)
from relayer.devnet.native.network import EXCHANGE, REGISTRAR, TRUSTEE
from relayer.devnet.native.stage import Day, done, expect
from relayer.devnet.native.telling import Told, yen

LISTED: Final = Security(SECURITY_ID, REGISTRAR)
BASE_YEN: Final = 100_000
ST: Final = BusinessNetwork.ST


async def coins_in_trust(day: Day) -> Told:
    """Both coins, the brokers' accounts, and the yen behind the wholesale one."""
    told = Told("Morning: yen in trust, coin on the ledger")
    coins = day.ask(CoinClient, TRUSTEE)
    for coin_id, kind in ((COIN_ID, CoinKind.WHOLESALE), (RETAIL_COIN_ID, CoinKind.RETAIL)):
        name = f"coin-{coin_id}"
        keys = (day.network.approver_keys[TRUSTEE],)
        done(name, await coins.submit(RegisterCoin(name, coin_id, kind, keys, CLERK, APPROVER)))
    told.act("trustee (sn)", f"registers {COIN_ID} (wholesale) and {RETAIL_COIN_ID} (retail), each with an approver")
    for broker in BROKERS:
        line = await day.ask(KeyClient, broker.node, broker.name).open_investor_account(broker.house_id)
        day.accounts[broker.house_id] = line.account
        name = f"admit-{broker.name}"
        done(name, await coins.submit(AdmitHolder(name, COIN_ID, line.account, CLERK)))
    told.act("trustee (sn)", f"admits each broker's own account to {COIN_ID}: nobody else may receive it")
    for broker in BROKERS:
        await deposit(day, broker, COIN_ID, broker.deposit_yen, day.house(broker))
        day.books.coin_yen[broker.name] += broker.deposit_yen
    told.act("brokers A to D", "announce what they pay into the trust (追加信託), each at its custodian node")
    told.act("trustee (sn)", "confirms each with two people when the bank shows it; the same amount of coin is issued")
    await trust_lines(day, told, COIN_ID)
    expect("the wholesale coin by broker", dict(day.books.coin_yen), await day.house_yen())
    return told


async def deposit(day: Day, broker: Broker, coin_id: str, amount_yen: int, to: CashAccount) -> None:
    """Announced by a broker, confirmed by the trustee, issued."""
    deposit_id = f"DEP-{coin_id}-{broker.name}-{amount_yen}"
    custodian = day.ask(CoinClient, broker.node, broker.name)
    await custodian.announce_deposit(deposit_id, coin_id, TRUSTEE, amount_yen, to, CLERK)
    await confirmed(day, deposit_id, amount_yen)


async def confirmed(day: Day, deposit_id: str, amount_yen: int) -> None:
    """The trustee's two people say that the yen are in; returns when the coin is issued."""
    coins = day.ask(CoinClient, TRUSTEE)
    await coins.confirm_deposit(deposit_id, amount_yen, f"MT-{deposit_id}"[:64], CLERK, APPROVER)

    async def issued() -> bytes | None:
        (line,) = [each for each in await coins.deposits() if each.deposit_id == deposit_id]
        return line.tx_id or None

    await day.until(f"the coin of {deposit_id}", issued)


async def trust_lines(day: Day, told: Told, coin_id: str) -> None:
    """The trust and its coin side by side; they have to agree at every intermediary."""
    trust = await day.ask(CoinClient, TRUSTEE).reconcile(coin_id)
    expect(f"trust and coin of {coin_id} agree", expected=True, found=trust.agrees)
    told.headers = ("coin", "intermediary", "in trust (yen)", "unspent coin (yen)", "difference")
    for line in trust.lines:
        unspent = line.free_yen + line.locked_yen + line.frozen_yen
        told.rows.append((coin_id, line.node, yen(line.trust_yen), yen(unspent), yen(line.difference_yen)))


async def a_security_and_its_holders(day: Day) -> Told:
    """Registered, its gate and network open, issued; who the holders are stands in the master data alone."""
    told = Told("Morning: a security, its register and its holders")
    await _open_accounts(day)
    told.act("brokers A to D", "open an account an investor: a key of its own (Account Key) under an opaque id")
    await _enter_master_data(day)
    told.act("an, cn-a, cn-b, cn-c", "enter names, addresses, banks as master data; each bank account by four eyes")
    await _register_security(day)
    told.act("registrar (an)", f"registers {SECURITY_ID} ({ISIN}, {UNITS:,} units) by two people, with gate {GATE_ID}")
    told.act("operator (sn)", "opens the securities network (開閉局); the registrar opens the gate (移転実行可否)")
    tokens = day.ask(TokenClient, REGISTRAR)
    for investor in INVESTORS:
        if investor.units:
            name = f"issue-{investor.investor_id}"
            request = IssueToken(name, ST, SECURITY_ID, investor.units, day.account(investor))
            done(name, await tokens.submit(request))
            day.books.units[investor.investor_id] += investor.units
    told.act("registrar (an)", "issues to the first holders (新規記録)")
    found = await day.units_agree()
    told.headers = ("investor", "custodian", "units in the register")
    told.rows = [
        (each.investor_id, each.broker.node, yen(found[each.investor_id]))
        for each in INVESTORS
        if each.investor_id in found
    ]
    return told


async def _open_accounts(day: Day) -> None:
    for investor in INVESTORS:
        broker = investor.broker
        line = await day.ask(KeyClient, broker.node, broker.name).open_investor_account(investor.investor_id)
        day.accounts[investor.investor_id] = line.account


async def _enter_master_data(day: Day) -> None:
    """At the custodian's node and at the registrar's, whose register is about these ids."""
    for investor in INVESTORS:
        for node in (investor.broker.node, REGISTRAR):
            await _enter_investor(day, node, investor)


async def _enter_investor(day: Day, node: str, investor: Investor) -> None:
    records = day.ask(MasterDataClient, node)
    _, approval = await records.put(RecordKind.INVESTOR, personal_record(investor), 0, CLERK, "opening form")
    if approval is not None:
        await day.ask(UserClient, node).decide(approval, Decision.APPROVE, APPROVER)
    key = {"id": day.account(investor).key.hex(), "investor_id": investor.investor_id}
    known = {each.values["id"] for each in await records.records(RecordKind.INVESTOR_KEY)}
    if key["id"] not in known:
        await records.put(RecordKind.INVESTOR_KEY, key, 0, CLERK, "opening form")


async def _register_security(day: Day) -> None:
    security = SecurityTerms(
        ISIN,
        SecurityKind.BENEFICIARY_RIGHT,
        TRUST_CONTRACT_ID,
        UNITS,
        day.trading_date,
        None,
        ((day.trading_date.month, day.trading_date.day),),
        HolidayAdjustment.PREVIOUS,
    )
    listed = SecurityStatus.LISTED
    keys = (day.network.approver_keys[REGISTRAR],)
    registrar, operator = day.ask(SecuritiesClient, REGISTRAR), day.ask(SecuritiesClient, TRUSTEE)
    gate = SetGate("gate", ST, GATE_ID, Opening.OPEN, controlled=True, author=CLERK)
    done("network", await operator.submit(SetNetworkControl("network", ST, Opening.OPEN, CLERK)))
    done("gate", await registrar.submit(gate))
    request = RegisterSecurity(
        "security", ST, SECURITY_ID, GATE_ID, security, listed, keys, author=CLERK, approver=APPROVER
    )
    done("security", await registrar.submit(request))


async def how_each_pays(day: Day) -> Told:
    """Cash settlement methods at the custodians, the listing and the brokers at the venue, the day opened."""
    told = Told("Morning: how each investor pays, and what is traded")
    for investor in INVESTORS:
        broker = investor.broker
        method = trade_pb.CashMethod(
            investor_id=investor.investor_id,
            from_day=day.trading_date.isoformat(),
            kind=trade_pb.CASH_METHOD_KIND_COIN,
            coin_id=COIN_ID,
            issuer=TRUSTEE,
            cash_key=day.house(broker).key,
        )
        await day.ask(TradeClient, broker.node, broker.name).register_method(method, CLERK, APPROVER)
    told.act("brokers A to D", f"register each investor's cash settlement method (資金決済情報): {COIN_ID}")
    venue = day.ask(ExchangeClient, EXCHANGE)
    for broker in BROKERS:
        await venue.set_trader(broker.name, broker.node, CLERK, APPROVER, suspended=False)
    await venue.set_listing(Listing(LISTED, 100, 1, BASE_YEN, 70_000, 130_000), CLERK, APPROVER)
    await venue.open_day("open", LISTED, day.trading_date, day.trading_date, CLERK)
    told.act("PTS (en)", f"lists {SECURITY_ID} at {yen(BASE_YEN)} yen, admits the brokers, opens {day.trading_date}")
    book = await venue.book(LISTED)
    told.headers = ("book", "trading date", "phase", "settles")
    told.rows = [(SECURITY_ID, book.trading_date, book.phase, f"{day.trading_date} (T+0)")]
    return told
