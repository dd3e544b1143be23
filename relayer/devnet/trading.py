"""What the two brokers' platforms do: agree on terms, instruct the gateway, authorise the lock, sign the earmark."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.account import EvmAccount
from chains.evm.client.adapters import AdapterFamily
from chains.evm.client.deployment import Deployment, adapter_address, address_bytes
from chains.evm.client.dvp_app import DvpAppBinding, seller_trade_id
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms, packet_of
from primitives.errors import UnavailableError
from primitives.types import Address
from relayer.devnet.access import deployment_of, gateway_client, ledger_client
from relayer.devnet.layout import EVM_CLIENT_ID, LEDGER_CLIENT_ID, DevnetState, Party
from relayer.gateway.matching import Side

EVM_TIMEOUT_S = 30.0
CUSTODIAN_TIMEOUT_S, CUSTODIAN_POLL_S = 30.0, 0.2
APPROVE_GAS, EARMARK_GAS, LOCK_AND_SEND_GAS = 100_000, 400_000, 600_000


@dataclass(frozen=True)
class TradePlan:
    """A trade between the devnet's two brokers; ``trade_id`` None = a fresh one. Times in seconds from now.

    ``lead_leg``: what is locked first, the cash or the securities.
    """

    quantity: int
    amount_yen: int
    lock_in_s: int
    settle_in_s: int
    trade_id: bytes | None = None
    lead_leg: LeadLeg = LeadLeg.CASH


def plan_terms(directory: Path, state: DevnetState, plan: TradePlan) -> SettlementTerms:
    """The terms both sides will instruct; the salt is the two brokers' secret."""
    deployment = deployment_of(directory, state)
    now_s = int(time.time())
    return SettlementTerms(
        trade_id=plan.trade_id or seller_trade_id(address_bytes(state.seller.evm_address), secrets.token_bytes(8)),
        security=SecurityLeg(
            chain_id=deployment.chain_id,
            token=Address(address_bytes(deployment.token)),
            adapter=Address(adapter_address(deployment, AdapterFamily.ESCROW)),
            quantity=plan.quantity,
            seller=Address(address_bytes(state.seller.evm_address)),
            buyer=Address(address_bytes(state.buyer.evm_address)),
        ),
        cash=CashLeg(
            ledger_id=state.ledger_id,
            coin_id=state.coin_id,
            issuer="sn",
            amount_yen=plan.amount_yen,
            buyer=_account(state.buyer),
            seller=_account(state.seller),
            salt=secrets.token_bytes(32),
        ),
        lead_leg=plan.lead_leg,
        lock_by_s=now_s + plan.lock_in_s,
        settle_by_s=now_s + plan.settle_in_s,
    )


def _account(party: Party) -> CashAccount:
    return CashAccount(party.node, bytes.fromhex(party.cash_key))


async def instruct(directory: Path, state: DevnetState, terms: SettlementTerms, sides: Sequence[Side]) -> pb.Settlement:
    """Send the instructions of the given sides, each with its own broker's certificate; the settlement after the last.

    The buyer's broker also authorises the terms at its custodian node, without which nothing is locked.
    """
    settlement = pb.Settlement()
    for side in sides:
        party = state.seller if side is Side.SELLER else state.buyer
        if side is Side.BUYER:
            await _authorise(directory, state, party, terms)
        gateway = gateway_client(directory, state, party.broker)
        try:
            settlement = await gateway.create(side, terms)
        finally:
            await gateway.close()
    return settlement


async def _authorise(directory: Path, state: DevnetState, party: Party, terms: SettlementTerms) -> None:
    """Waits for a custodian node that is away, as the gateway's client waits for the gateway: the request stays one."""
    custodian = ledger_client(directory, state.nodes[party.node], party.broker)
    request_id, give_up_s = str(uuid.uuid4()), time.monotonic() + CUSTODIAN_TIMEOUT_S
    try:
        while True:
            try:
                await custodian.authorise_trade(request_id, terms)
            except UnavailableError:
                if time.monotonic() > give_up_s:
                    raise
                await asyncio.sleep(CUSTODIAN_POLL_S)
            else:
                return
    finally:
        await custodian.close()


async def wait_for_block_time(rpc: EvmRpc, time_s: int) -> None:
    """Until the chain's own clock shows ``time_s``."""
    while True:
        block = await rpc.get_block()
        if block.timestamp_s >= time_s:
            return
        await asyncio.sleep(min(1.0, time_s - block.timestamp_s))


@asynccontextmanager
async def _seller(directory: Path, state: DevnetState) -> AsyncIterator[tuple[EvmAccount, Deployment]]:
    """The seller's account on the EVM chain; its key never leaves this process."""
    deployment = deployment_of(directory, state)
    secret = bytes.fromhex((directory / state.seller.evm_key_file).read_text().strip())
    async with EvmRpc(state.rpc_url) as rpc:
        yield EvmAccount(rpc, secret, deployment.chain_id), deployment


async def earmark(directory: Path, state: DevnetState, terms: SettlementTerms) -> None:
    """The seller's two transactions, approve and earmark, sent together; returns once both are in a block.

    Where the securities lead, the second one locks them and sends the packet.
    """
    async with _seller(directory, state) as (account, deployment):
        token, app = TokenBinding(address_bytes(deployment.token)), DvpAppBinding(address_bytes(deployment.dvp_app))
        leads = terms.lead_leg is LeadLeg.SECURITIES
        call, gas = (app.lock_and_send(terms), LOCK_AND_SEND_GAS) if leads else (app.earmark(terms), EARMARK_GAS)
        # It succeeds only after the approval, so its gas cannot be estimated before: both limits are given.
        await account.send(replace(token.approve(terms.security.adapter, terms.security.quantity), gas=APPROVE_GAS))
        await account.execute(replace(call, gas=gas), EVM_TIMEOUT_S)


async def release_refused(directory: Path, state: DevnetState, terms: SettlementTerms, sequence: int) -> None:
    """The seller takes the earmark back at once: the chain has answered the packet with an error for good."""
    packet = packet_of(terms, sequence, LEDGER_CLIENT_ID, EVM_CLIENT_ID)
    async with _seller(directory, state) as (account, deployment):
        app = DvpAppBinding(address_bytes(deployment.dvp_app))
        await account.execute(app.release_refused(terms, packet), EVM_TIMEOUT_S)


async def reclaim_expired(directory: Path, state: DevnetState, terms: SettlementTerms) -> None:
    """The seller takes the earmark back when it has expired; waits for that on the chain's own clock."""
    async with _seller(directory, state) as (account, deployment):
        app = DvpAppBinding(address_bytes(deployment.dvp_app))
        await wait_for_block_time(account.rpc, terms.settle_by_s + await app.earmark_margin_s(account.rpc))
        await account.execute(app.reclaim(terms), EVM_TIMEOUT_S)
