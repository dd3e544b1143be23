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
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.dvp_app import DvpAppBinding, seller_trade_id
from chains.evm.client.preparing import EarmarkPreparation, prepare_earmark
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms, packet_of
from primitives.errors import CallerError, UnavailableError
from primitives.types import Address
from relayer.devnet.access import gateway_client
from relayer.devnet.chain_access import deployment_of, ledger_client
from relayer.devnet.instruments import instrument_of, read_secret
from relayer.devnet.layout import EVM_CLIENT_ID, LEDGER_CLIENT_ID, DevnetState, Instrument, Party
from relayer.gateway.matching import Side

EVM_TIMEOUT_S = 30.0
CUSTODIAN_TIMEOUT_S, CUSTODIAN_POLL_S = 30.0, 0.2
APPROVE_GAS, EARMARK_GAS, LOCK_AND_SEND_GAS = 100_000, 600_000, 900_000
BY_APPROVAL = (AdapterFamily.ESCROW, AdapterFamily.ERC3643, AdapterFamily.ERC7943)


class BuyerMustConfirm(CallerError):
    """The buyer's platform confirms the delivery that the seller earmarks, so one side alone cannot begin."""

    reason = "BUYER_MUST_CONFIRM"

    def __init__(self, family: AdapterFamily) -> None:
        self.family = family
        super().__init__(f"{family}: the buyer confirms the delivery before it is earmarked: instruct both sides")


@dataclass(frozen=True)
class TradePlan:
    """A trade between the devnet's two brokers; ``trade_id`` None = a fresh one. Times in seconds from now.

    ``lead_leg``: what is locked first, the cash or the securities; ``family``: which of the devnet's securities.
    """

    quantity: int
    amount_yen: int
    lock_in_s: int
    settle_in_s: int
    trade_id: bytes | None = None
    lead_leg: LeadLeg = LeadLeg.CASH
    family: AdapterFamily = AdapterFamily.ESCROW


def plan_terms(directory: Path, state: DevnetState, plan: TradePlan) -> SettlementTerms:
    """The terms both sides will instruct; the salt is the two brokers' secret. Raises ``AdapterNotDeployed``."""
    deployment, instrument = deployment_of(directory, state), instrument_of(state, plan.family)
    now_s = int(time.time())
    return SettlementTerms(
        trade_id=plan.trade_id or seller_trade_id(address_bytes(state.seller.evm_address), secrets.token_bytes(8)),
        security=SecurityLeg(
            chain_id=deployment.chain_id,
            token=Address(address_bytes(instrument.token)),
            adapter=Address(address_bytes(instrument.adapter)),
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
            await authorise(directory, state, party, terms)
        gateway = gateway_client(directory, state, party.broker)
        try:
            settlement = await gateway.create(side, terms)
        finally:
            await gateway.close()
    return settlement


async def authorise(directory: Path, state: DevnetState, party: Party, terms: SettlementTerms) -> None:
    """Authorise terms for a party, at its custodian node.

    Waits for a node that is away, as the gateway's client waits for the gateway: the request stays one.
    """
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
    async with EvmRpc(state.rpc_url) as rpc:
        yield EvmAccount(rpc, read_secret(directory, state.seller.evm_key_file), deployment.chain_id), deployment


async def earmark(directory: Path, state: DevnetState, terms: SettlementTerms) -> None:
    """What the security's family needs first, then the seller's earmark; returns once it is in a block.

    Where the securities lead, the last message locks them and sends the packet. Where ibet's exchange delivers, the
    buyer's account confirms: on a devnet both keys are at hand.
    """
    instrument = _instrument_in(state, terms)
    async with _seller(directory, state) as (seller, deployment):
        data = await _prepare(directory, state, terms, instrument, seller)
        app = DvpAppBinding(address_bytes(deployment.dvp_app))
        leads = terms.lead_leg is LeadLeg.SECURITIES
        call = app.lock_and_send(terms, data) if leads else app.earmark(terms, data)
        # It succeeds only after an approval that may be under way, so its gas cannot be estimated before.
        await seller.execute(replace(call, gas=LOCK_AND_SEND_GAS if leads else EARMARK_GAS), EVM_TIMEOUT_S)


async def _prepare(
    directory: Path, state: DevnetState, terms: SettlementTerms, instrument: Instrument, seller: EvmAccount
) -> bytes:
    """The adapter's data. An approval is not waited for: the earmark that needs it has the next nonce."""
    family, security = AdapterFamily(instrument.family), terms.security
    if family in BY_APPROVAL:
        approval = TokenBinding(security.token).approve(security.adapter, security.quantity)
        await seller.send(replace(approval, gas=APPROVE_GAS))
        return b""
    buyer = EvmAccount(seller.rpc, read_secret(directory, state.buyer.evm_key_file), seller.chain_id)
    exchange = address_bytes(instrument.exchange) if instrument.exchange else b""
    return await prepare_earmark(family, terms, EarmarkPreparation(seller, buyer, exchange, EVM_TIMEOUT_S))


def _instrument_in(state: DevnetState, terms: SettlementTerms) -> Instrument:
    adapter = "0x" + terms.security.adapter.hex()
    return next(each for each in state.instruments if each.adapter == adapter)


def require_sides(family: AdapterFamily, sides: Sequence[Side]) -> None:
    """Whether these sides can begin a trade of that family. Raises ``BuyerMustConfirm``."""
    if family is AdapterFamily.IBET_DVP and list(sides) == [Side.SELLER]:
        raise BuyerMustConfirm(family)


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
