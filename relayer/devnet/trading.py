"""What the two brokers' platforms do: agree on terms, instruct the gateway, and the seller's earmark, signed by the seller."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import address_bytes
from chains.evm.client.dvp_app import DvpAppBinding
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms
from primitives.types import Address
from relayer.devnet.access import deployment_of
from relayer.devnet.layout import DevnetState, Party
from relayer.gateway.client import GatewayClient
from relayer.gateway.matching import Side

EVM_TIMEOUT_S = 30.0


@dataclass(frozen=True)
class TradePlan:
    """A trade between the devnet's two brokers; ``trade_id`` None = a fresh one. Times in seconds from now."""

    quantity: int
    amount_yen: int
    lock_in_s: int
    settle_in_s: int
    trade_id: bytes | None = None


def plan_terms(directory: Path, state: DevnetState, plan: TradePlan) -> SettlementTerms:
    """The terms both sides will instruct; the salt is the two brokers' secret."""
    deployment = deployment_of(directory, state)
    now_s = int(time.time())
    return SettlementTerms(
        trade_id=plan.trade_id or secrets.token_bytes(32),
        security=SecurityLeg(
            chain_id=deployment.chain_id,
            token=Address(address_bytes(deployment.token)),
            adapter=Address(address_bytes(deployment.dvp_app)),
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
        lead_leg=LeadLeg.CASH,
        lock_by_s=now_s + plan.lock_in_s,
        settle_by_s=now_s + plan.settle_in_s,
    )


def _account(party: Party) -> CashAccount:
    return CashAccount(party.node, bytes.fromhex(party.cash_key))


async def instruct(gateway: GatewayClient, terms: SettlementTerms, sides: Sequence[Side]) -> pb.Settlement:
    """Send the instructions of the given sides; the settlement after the last."""
    settlement = pb.Settlement()
    for side in sides:
        settlement = await gateway.create(side, terms)
    return settlement


async def earmark(directory: Path, state: DevnetState, terms: SettlementTerms) -> bytes:
    """The seller's two transactions, approve and earmark, sent together; returns the earmark's hash once it is in a block."""
    deployment = deployment_of(directory, state)
    secret = bytes.fromhex((directory / state.seller.evm_key_file).read_text().strip())
    async with EvmRpc(state.rpc_url) as rpc:
        account = EvmAccount(rpc, secret, deployment.chain_id)
        token, app = TokenBinding(address_bytes(deployment.token)), DvpAppBinding(address_bytes(deployment.dvp_app))
        approval = token.approve(app.address, terms.security.quantity)
        earmarking = app.earmark(terms).with_gas(400_000)
        await account.send(approval.with_gas(100_000))
        sent = await account.send(earmarking)
        receipt = await account.wait_for(sent, earmarking, EVM_TIMEOUT_S)
        return receipt.evm_tx_hash
