"""Questions to the EVM chain: the seller's tokens, the token's gates, the adapter, the earmark, the price of gas."""

from __future__ import annotations

from dataclasses import dataclass

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.dvp_app import SPENT_EARMARK, DvpAppBinding
from chains.evm.client.ibet import IbetTokenBinding
from chains.evm.client.node_types import EvmBlock
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from chains.evm.client.token_details import Pause, token_details
from ibc.dvp import LeadLeg, SettlementTerms, terms_hash
from relayer.gateway.instruments.reading import InstrumentKey, InstrumentReader
from relayer.gateway.preflight.checks import Finding, failed, passed, unknown, warned

HOLD_GAS = 1_500_000
"""What preparing and holding takes at most, in gas: three transactions of the dearest family."""


@dataclass(frozen=True)
class GasLimits:
    """The most that the operator lets a platform be asked to pay."""

    max_gas_price_wei: int


class TokenChecks:
    """Terms held against the newest block of the EVM chain. Reads only."""

    def __init__(
        self, terms: SettlementTerms, rpc: EvmRpc, deployment: Deployment, reader: InstrumentReader, gas: GasLimits
    ) -> None:
        self._terms = terms
        self._security = terms.security
        self._rpc = rpc
        self._reader = reader
        self._gas = gas
        self._app = DvpAppBinding(address_bytes(deployment.dvp_app))
        self._key = InstrumentKey(self._security.chain_id, self._security.token, self._security.adapter)
        self._token = TokenBinding(self._security.token)

    async def earmark(self) -> Finding:
        """Is the trade id free on the EVM chain, or held for exactly these terms?"""
        block = await self._rpc.get_block()
        found = await self._app.earmark_of(self._rpc, self._terms.trade_id, block.height)
        evidence = f"the app's earmarks, {_at(block)}"
        if found is None:
            return passed("nothing is held for the trade yet", evidence)
        if found == terms_hash(self._terms):
            return passed("the tokens are held for exactly these terms", evidence)
        if found == SPENT_EARMARK:
            return failed("the trade id was used before", evidence, "use a new trade id")
        return failed("the tokens are held for other terms", evidence, "compare the terms with the seller's")

    async def seller_tokens(self) -> Finding:
        """Has the seller the tokens, and done what the adapter's family needs before they are held?"""
        if (await self._app.earmark_of(self._rpc, self._terms.trade_id)) == terms_hash(self._terms):
            return passed("the tokens are held already", "the app's earmarks, newest block")
        family, block = self._reader.family(self._key), await self._rpc.get_block()
        quantity, seller, adapter = self._security.quantity, self._security.seller, self._security.adapter
        balance = await self._token.balance_of(self._rpc, seller, block.height)
        seen = f"balance {balance} of {quantity} units, {_at(block)}"
        if family is AdapterFamily.IBET_LOCK:
            locked = await IbetTokenBinding(self._security.token).locked_of(self._rpc, adapter, seller)
            seen = f"{seen}; {locked} locked to the adapter"
            return self._held(seen, balance + locked, locked, "lock them to the adapter")
        if family is AdapterFamily.IBET_DVP:
            if balance >= quantity:
                advice = "deposit them, create the delivery, and have the buyer confirm it"
                return warned("the tokens are the seller's, not at the exchange yet", seen, advice)
            return unknown(f"{seen}; deposits at the exchange are not read", "look at the exchange's delivery")
        allowance = await self._token.allowance(self._rpc, seller, adapter)
        return self._held(f"{seen}; allowance {allowance} to the adapter", balance, allowance, "approve the adapter")

    def _held(self, seen: str, owned: int, granted: int, act: str) -> Finding:
        quantity = self._security.quantity
        if owned < quantity:
            return failed("the seller has too few tokens", seen, f"bring {quantity - owned} units there")
        if granted < quantity:
            return warned("the adapter may not take the tokens yet", seen, f"the seller has to {act} first")
        return passed("the seller has the tokens, and the adapter may take them", seen)

    async def token_gate(self) -> Finding:
        """Would the token let the buyer receive?"""
        held = (await self._app.earmark_of(self._rpc, self._terms.trade_id)) == terms_hash(self._terms)
        if held:
            refusal = await self._app.preflight(self._rpc, self._terms)
            evidence = "the app tried the delivery in a call that changes nothing, newest block"
        else:
            seen = await self._reader.admission(self._key, self._security.buyer)
            refusal, evidence = seen.refusal, f"the adapter's question to the token, block {seen.height}"
        if refusal is None:
            return passed("nothing keeps the token from being delivered to the buyer", evidence)
        return failed(
            f"the token refuses the buyer: {refusal}", evidence, "have the token's registrar admit the buyer's address"
        )

    async def token_running(self) -> Finding:
        """Are the token's transfers running?"""
        details = await token_details(self._rpc, self._security.token)
        if details is None:
            return failed("there is no token", f"code of 0x{self._security.token.hex()}", "correct the token's address")
        evidence = f"the token's own word, block {details.height}"
        match details.pause:
            case Pause.RUNNING:
                return passed("the token's transfers are running", evidence)
            case Pause.PAUSED:
                return failed("the token is paused by its issuer", evidence, "wait for the issuer, or ask it")
            case Pause.NOT_TOLD:
                return unknown(f"the token has no word for it, block {details.height}", "ask the token's issuer")

    async def adapter_usable(self) -> Finding:
        """Is the adapter on the app's list?"""
        block = await self._rpc.get_block()
        from_s = await self._app.usable_from_s(self._rpc, self._security.adapter)
        evidence = f"the app's list of adapters, {_at(block)}"
        if from_s is None:
            return failed("the adapter is not listed", evidence, "use an adapter of InstrumentService")
        if from_s > block.timestamp_s:
            return failed(f"the adapter is usable from {from_s} on", evidence, "wait, or use another adapter")
        return passed("the adapter is listed", evidence)

    async def gas(self) -> Finding:
        """Can the seller pay for the gas, within what the operator allows?"""
        asked_wei, block = await self._rpc.gas_price_wei(), await self._rpc.get_block()
        balance_wei = await self._rpc.balance_wei(self._security.seller, block.height)
        most_wei = self._gas.max_gas_price_wei
        evidence = f"gas price {asked_wei} wei, {most_wei} allowed; seller has {balance_wei} wei, {_at(block)}"
        if asked_wei > most_wei > 0:
            return failed("gas is dearer than allowed", evidence, "wait, or have the operator raise the ceiling")
        price_wei = min(asked_wei, most_wei)
        if balance_wei < price_wei * HOLD_GAS:
            return failed("the seller cannot pay for the gas", evidence, f"fund it with {price_wei * HOLD_GAS} wei")
        return passed("the seller can pay for the gas", evidence)

    async def lead(self) -> Finding:
        """Is it late for what leads on this chain? Its clock may differ from ours."""
        block = await self._rpc.get_block()
        evidence = f"{_at(block)}, its time {block.timestamp_s}; lock by {self._terms.lock_by_s}"
        if block.timestamp_s >= self._terms.lock_by_s:
            what = "cash" if self._terms.lead_leg is LeadLeg.CASH else "securities"
            return failed(f"by the chain's own clock it is too late to lock the {what}", evidence, "agree on new times")
        return passed("by the chain's own clock there is time", evidence)


def _at(block: EvmBlock) -> str:
    return f"block {block.height}"
