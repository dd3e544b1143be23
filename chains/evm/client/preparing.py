"""What the parties send before an earmark, family by family."""

from __future__ import annotations

from dataclasses import dataclass

from chains.evm.client.account import EvmAccount
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.ibet import IbetExchangeBinding, IbetTokenBinding, delivery_data
from chains.evm.client.token import TokenBinding
from chains.evm.errors import NodeMisbehaved
from ibc.dvp import SettlementTerms


@dataclass(frozen=True)
class EarmarkPreparation:
    """Whose accounts act, and where. `exchange`: for ibet deliveries only. Times in seconds."""

    seller: EvmAccount
    buyer: EvmAccount
    exchange: bytes = b""
    timeout_s: float = 30.0


async def prepare_earmark(family: AdapterFamily, terms: SettlementTerms, by: EarmarkPreparation) -> bytes:
    """Send what the family needs before the earmark, and give the adapter's data to send with it.

    Not idempotent: called again it approves, deposits or locks again. Raises what `EvmAccount.execute` raises.
    """
    security = terms.security
    match family:
        case AdapterFamily.IBET_DVP:
            return await _confirmed_delivery(terms, by)
        case AdapterFamily.IBET_LOCK:
            lock = IbetTokenBinding(security.token).lock(security.adapter, security.quantity)
            await by.seller.execute(lock, by.timeout_s)
        case _:
            approval = TokenBinding(security.token).approve(security.adapter, security.quantity)
            await by.seller.execute(approval, by.timeout_s)
    return b""


async def _confirmed_delivery(terms: SettlementTerms, by: EarmarkPreparation) -> bytes:
    security, exchange = terms.security, IbetExchangeBinding(by.exchange)
    deposit = IbetTokenBinding(security.token).deposit(by.exchange, security.quantity)
    await by.seller.execute(deposit, by.timeout_s)
    create = exchange.create_delivery(
        security.token, security.buyer, security.quantity, security.adapter, terms.trade_id.hex()
    )
    created = await by.seller.execute(create, by.timeout_s)
    for delivery_id in map(exchange.created_delivery, created.logs):
        if delivery_id is not None:
            await by.buyer.execute(exchange.confirm_delivery(delivery_id), by.timeout_s)
            return delivery_data(delivery_id)
    raise NodeMisbehaved("receipt of createDelivery", "a DeliveryCreated event", f"{len(created.logs)} others")
