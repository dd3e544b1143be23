"""Trading: orders at the venue, executions to both brokers' custodians, settlement by itself, a shortage cured."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from crossdvp.ledger.v1 import trade_service_pb2 as trade_pb

from chains.progmat.client.market import (
    BrokerOrder,
    ExchangeClient,
    ExecutionView,
    OrderClient,
    Side,
    TradeClient,
    TradeSide,
    new_order_id,
)
from relayer.devnet.native.cast import A1, A2, B1, B2, C1, CLERK, COIN_ID, D1, SECURITY_ID, Investor
from relayer.devnet.native.network import EXCHANGE, REGISTRAR
from relayer.devnet.native.scenes_morning import LISTED, confirmed
from relayer.devnet.native.stage import Day, expect
from relayer.devnet.native.telling import Told, yen

_SIDES: Final = {Side.SELL: TradeSide.SELL, Side.BUY: TradeSide.BUY}


@dataclass(frozen=True, slots=True)
class Order:
    """What an investor wants; ``limit_yen`` is yen a unit."""

    investor: Investor
    side: Side
    quantity: int
    limit_yen: int


async def opening_auction(day: Day) -> Told:
    """Two orders cross in the auction (板寄せ)."""
    told = Told("09:00 Opening auction: brokers A and B, each with its own node")
    sell, buy = Order(A1, Side.SELL, 40, 99_500), Order(B1, Side.BUY, 40, 100_500)
    sold, bought = await _placed(day, told, sell), await _placed(day, told, buy)
    await day.ask(ExchangeClient, EXCHANGE).start_trading("start", LISTED, CLERK)
    trade = await _execution(day, sell, sold)
    told.act(
        "PTS (en)", f"{trade.quantity} units at {yen(trade.price_yen)} yen: a notice (出来通知) to both custodians"
    )
    await _execution(day, buy, bought)
    await _settles(day, told, trade, sell, buy)
    return told


async def continuous_trading(day: Day) -> Told:
    """A resting order is met (ザラバ)."""
    told = Told("10:30 Continuous trading: the older order's price")
    sell, buy = Order(A2, Side.SELL, 15, 100_100), Order(B2, Side.BUY, 15, 100_300)
    sold = await _placed(day, told, sell)
    await _placed(day, told, buy)
    await _settles(day, told, await _execution(day, sell, sold), sell, buy)
    return told


async def at_one_custodian(day: Day) -> Told:
    """Brokers C and D have no node: their custodian's plays both roles (カストディ委託)."""
    told = Told("11:15 Brokers C and D at one custodian: the indirect trade")
    sell, buy = Order(C1, Side.SELL, 30, 100_000), Order(D1, Side.BUY, 30, 100_000)
    sold = await _placed(day, told, sell)
    await _placed(day, told, buy)
    await _settles(day, told, await _execution(day, sell, sold), sell, buy)
    return told


async def a_shortage(day: Day) -> Told:
    """The buyer's coin does not suffice: told to its broker alone, yen paid in, tried again, settled."""
    told = Told("13:00 A buyer short of coin: notice, additional trust, retry")
    sell, buy = Order(C1, Side.SELL, 25, 100_200), Order(B2, Side.BUY, 25, 100_200)
    sold = await _placed(day, told, sell)
    await _placed(day, told, buy)
    trade = await _execution(day, sell, sold)
    broker = buy.investor.broker
    desk = day.ask(TradeClient, broker.node, broker.name)

    async def short() -> trade_pb.TradeNotice | None:
        found = [each for each in await desk.notices() if each.trade_id == trade.trade_id and each.shortage]
        return found[-1] if found else None

    notice = await day.until("a notice of the shortage", short)
    missing_yen = trade.amount_yen - day.books.coin_yen[broker.name]
    expect("yen missing", missing_yen, notice.shortage)
    told.act(f"desk of {broker.node}", f"{notice.reason}: {yen(notice.shortage)} of {yen(trade.amount_yen)} yen")
    top_up = await desk.top_up(trade.trade_id, CLERK)
    told.act("broker B", f"instructs the additional trust (追加信託) of exactly {yen(top_up.amount_yen)} yen")
    await confirmed(day, top_up.deposit_id, top_up.amount_yen)
    day.books.coin_yen[broker.name] += top_up.amount_yen
    told.act("trustee (sn)", "two people confirm the yen; coin is issued; the desks try again by themselves")
    await _settles(day, told, trade, sell, buy)
    return told


async def _placed(day: Day, told: Told, order: Order) -> str:
    """Registered at the custodian, so that it knows whose it is, then placed at the venue, which never learns it."""
    investor, broker = order.investor, order.investor.broker
    order_id = new_order_id(secrets.token_bytes(16))
    side, keys = _SIDES[order.side], (day.account(investor).key, day.house(broker).key)
    registered = BrokerOrder(order_id, side, SECURITY_ID, REGISTRAR, order.quantity, investor.investor_id, *keys)
    await day.ask(OrderClient, broker.node, broker.name).register(registered, CLERK)
    venue = day.ask(ExchangeClient, EXCHANGE, broker.name)
    await venue.place(order_id, LISTED, order.side, order.quantity, order.limit_yen)
    verb = "sells" if order.side is Side.SELL else "buys"
    what = f"{verb} {order.quantity} at {yen(order.limit_yen)}; that it is for {investor.investor_id}"
    told.act(broker.name, f"{what}, {broker.node} alone knows")
    return order_id


async def _execution(day: Day, order: Order, order_id: str) -> ExecutionView:
    """A broker's own execution, as the venue tells it."""
    venue = day.ask(ExchangeClient, EXCHANGE, order.investor.broker.name)
    async for seen in venue.executions(heartbeat_s=1):
        if seen is not None and seen.order_id == order_id:
            return seen
    raise AssertionError("a watch ends by an error only")


async def _settles(day: Day, told: Told, trade: ExecutionView, sell: Order, buy: Order) -> None:
    """Nobody does anything: both desks settle it, and every party's vault says so."""
    selling, buying = sell.investor.broker, buy.investor.broker
    ended: dict[str, trade_pb.NativeTrade] = {}
    for broker in (selling, buying):
        desk = day.ask(TradeClient, broker.node, broker.name)

        async def settled(desk: TradeClient = desk) -> trade_pb.NativeTrade | None:
            found = [each for each in await desk.trades() if each.trade_id == trade.trade_id]
            return found[0] if found and found[0].state in {"SETTLED", "CANCELLED"} else None

        ended[broker.node] = await day.until(f"the settlement of {trade.trade_id.hex()[:8]}", settled)
    day.books.trade(
        sell.investor.investor_id,
        selling.name,
        buy.investor.investor_id,
        buying.name,
        trade.quantity,
        trade.amount_yen,
    )
    expect("the trade's end", {"SETTLED"}, {each.state for each in ended.values()})
    tx_ids = {each.tx_id for each in ended.values()}
    expect("one ledger_tx for both legs", 1, len(tx_ids))
    told.act("desks, an, sn, nn", f"{next(iter(ended.values())).pattern}: one ledger_tx {tx_ids.pop().hex()[:16]}…")
    units = await day.units_agree()
    house = await day.house_yen()
    expect("the wholesale coin by broker", dict(day.books.coin_yen), house)
    told.headers = ("party", "units", f"{COIN_ID} of its broker (yen)")
    told.rows = [
        (f"{name}: {each.investor_id}", yen(units.get(each.investor_id, 0)), yen(house[each.broker.name]))
        for name, each in (("seller", sell.investor), ("buyer", buy.investor))
    ]
