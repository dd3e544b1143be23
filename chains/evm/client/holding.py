"""What a party sends so that its tokens are held for a trade, or given back: the calls, by adapter family and in order.

The chain is read, nothing is sent: whoever has the keys signs and sends. Called again later, it tells what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from chains.evm.client.abi import AbiFunction, EvmCall
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.dvp_app import SPENT_EARMARK, DvpAppBinding
from chains.evm.client.ibet import (
    DELIVERY_CREATED_EVENT,
    IbetExchangeBinding,
    IbetTokenBinding,
    delivery_data,
)
from chains.evm.client.node_types import LogFilter
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.token import TokenBinding
from ibc.dvp import LeadLeg, SettlementTerms, terms_hash
from ibc.packet import Packet
from primitives.errors import CallerError

EXCHANGE: Final = AbiFunction("EXCHANGE", (), ("address",))
BOOKED_OF: Final = AbiFunction("bookedOf", ("address", "address"), ("uint256",))
GET_DELIVERY: Final = AbiFunction(
    "getDelivery", ("uint256",), ("address", "address", "address", "uint256", "address", "bool", "bool")
)
STEP_GAS: Final = 300_000
EARMARK_GAS: Final = 600_000
LOCK_AND_SEND_GAS: Final = 900_000
MOST_BLOCKS_A_PAGE: Final = 1_000
_BY_APPROVAL: Final = {AdapterFamily.ESCROW, AdapterFamily.ERC3643, AdapterFamily.ERC7943}


class NotDue(CallerError):
    """Something else has to happen before this can be sent; the text says what."""

    reason = "EVM_STEP_NOT_DUE"


@dataclass(frozen=True)
class Step:
    """One call for one account. ``function`` and ``arguments`` are for people to read."""

    name: str
    summary: str
    call: EvmCall
    function: str
    arguments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Plan:
    """Steps in order, all of one account, and what others have to do afterwards, in words."""

    sender: bytes
    steps: tuple[Step, ...]
    then: str = ""


@dataclass(frozen=True)
class HoldingDesk:
    """The chain, and where things are. ``searched_from``: the block after which deliveries are looked for."""

    rpc: EvmRpc
    app: DvpAppBinding
    searched_from: int = 0

    async def seller_holds(self, family: AdapterFamily, terms: SettlementTerms) -> Plan:
        """What the seller sends so that the tokens are held. Raises ``NotDue``, or what the node says."""
        security = terms.security
        found = await self.app.earmark_of(self.rpc, terms.trade_id)
        if found == terms_hash(terms):
            return Plan(security.seller, (), "the tokens are held already")
        if found is not None:
            why = "was used before" if found == SPENT_EARMARK else "is held for other terms"
            raise NotDue(f"trade id 0x{terms.trade_id.hex()} {why} on the EVM chain: use a new trade id")
        if family in _BY_APPROVAL:
            return Plan(security.seller, (*await self._approval(terms), self._hold(terms)))
        if family is AdapterFamily.IBET_LOCK:
            return Plan(security.seller, (*await self._lock(terms), self._hold(terms)))
        return await self._by_delivery(terms)

    async def buyer_holds(self, family: AdapterFamily, terms: SettlementTerms) -> Plan:
        """What the buyer sends for it: the confirmation of ibet's delivery, of other families nothing."""
        buyer = terms.security.buyer
        if family is not AdapterFamily.IBET_DVP:
            return Plan(buyer, (), "the seller holds the tokens; the buyer sends nothing")
        exchange = await self._exchange(terms)
        delivery_id = await self._delivery_of(exchange, terms)
        if delivery_id is None:
            raise NotDue("the seller has to create the delivery at ibet's exchange first")
        if await self._is_confirmed(exchange, delivery_id):
            return Plan(buyer, (), "the delivery is confirmed already")
        call = replace(exchange.confirm_delivery(delivery_id), gas=STEP_GAS)
        summary = f"confirm delivery {delivery_id}: from then on only the adapter ends it"
        arguments = (("deliveryId", str(delivery_id)),)
        confirm = Step("confirm_delivery", summary, call, "confirmDelivery(uint256)", arguments)
        return Plan(buyer, (confirm,), "the seller earmarks the delivery")

    async def seller_reclaims(self, terms: SettlementTerms) -> Plan:
        """The tokens back after settle-by and the margin. Raises ``NotDue``."""
        block = await self.rpc.get_block()
        due_s = terms.settle_by_s + await self.app.earmark_margin_s(self.rpc)
        if block.timestamp_s < due_s:
            raise NotDue(
                f"an earmark can be reclaimed from {due_s} on, by the chain's clock; it is {block.timestamp_s}"
            )
        return await self._back(
            terms, Step("reclaim", "take the tokens back after their time", self.app.reclaim(terms), "reclaim(Terms)")
        )

    async def seller_releases_refused(self, terms: SettlementTerms, packet: Packet) -> Plan:
        """The tokens back because this chain refused the packet."""
        call, summary = self.app.release_refused(terms, packet), "take the tokens back: the packet was refused for good"
        arguments = (("packet.sequence", str(packet.sequence)),)
        return await self._back(
            terms, Step("release_refused", summary, call, "releaseRefused(Terms,Packet)", arguments)
        )

    async def seller_releases_cancelled(self, terms: SettlementTerms, proof: bytes, height: int) -> Plan:
        """The tokens back by the proof, at a height of the ledger, that the trade was cancelled there."""
        call, summary = (
            self.app.release_cancelled(terms, proof, height),
            "take the tokens back: the trade was cancelled",
        )
        arguments = (("height", str(height)), ("proof", f"{len(proof)} bytes"))
        function = "releaseCancelled(Terms,bytes,Height)"
        return await self._back(terms, Step("release_cancelled", summary, call, function, arguments))

    async def _back(self, terms: SettlementTerms, step: Step) -> Plan:
        found = await self.app.earmark_of(self.rpc, terms.trade_id)
        if found is None or found == SPENT_EARMARK:
            return Plan(terms.security.seller, (), "nothing is held for the trade")
        with_gas = replace(
            step, call=replace(step.call, gas=EARMARK_GAS), arguments=(*_terms_words(terms), *step.arguments)
        )
        return Plan(terms.security.seller, (with_gas,))

    async def _approval(self, terms: SettlementTerms) -> Sequence[Step]:
        security, token = terms.security, TokenBinding(terms.security.token)
        if await token.allowance(self.rpc, security.seller, security.adapter) >= security.quantity:
            return ()
        call = replace(token.approve(security.adapter, security.quantity), gas=STEP_GAS)
        summary = f"let the adapter take {security.quantity} units of the token"
        arguments = (("spender", _hex(security.adapter)), ("value", str(security.quantity)))
        return (Step("approve", summary, call, "approve(address,uint256)", arguments),)

    async def _lock(self, terms: SettlementTerms) -> Sequence[Step]:
        security, token = terms.security, IbetTokenBinding(terms.security.token)
        (booked,) = BOOKED_OF.decode_output(
            await self.rpc.call(BOOKED_OF.call(security.adapter, security.token, security.seller))
        )
        locked = await token.locked_of(self.rpc, security.adapter, security.seller)
        if locked - booked >= security.quantity:
            return ()
        call = replace(token.lock(security.adapter, security.quantity), gas=STEP_GAS)
        summary = f"let nobody but the adapter move {security.quantity} units of the token"
        arguments = (("lockAddress", _hex(security.adapter)), ("value", str(security.quantity)), ("data", ""))
        return (Step("lock", summary, call, "lock(address,uint256,string)", arguments),)

    async def _by_delivery(self, terms: SettlementTerms) -> Plan:
        security, exchange = terms.security, await self._exchange(terms)
        delivery_id = await self._delivery_of(exchange, terms)
        if delivery_id is not None:
            if not await self._is_confirmed(exchange, delivery_id):
                raise NotDue(f"the buyer has to confirm delivery {delivery_id} at ibet's exchange first")
            return Plan(security.seller, (self._hold(terms, delivery_data(delivery_id)),))
        steps: list[Step] = []
        if await exchange.balance_of(self.rpc, security.seller, security.token) < security.quantity:
            deposit = replace(
                IbetTokenBinding(security.token).deposit(exchange.address, security.quantity), gas=STEP_GAS
            )
            arguments = (("to", _hex(exchange.address)), ("value", str(security.quantity)))
            summary = f"deposit {security.quantity} units at ibet's exchange"
            steps.append(Step("deposit", summary, deposit, "transfer(address,uint256)", arguments))
        mark = terms.trade_id.hex()
        create = exchange.create_delivery(security.token, security.buyer, security.quantity, security.adapter, mark)
        summary = "create the delivery that the adapter will end"
        named = (("token", security.token), ("buyer", security.buyer), ("agent", security.adapter))
        words = (*((name, _hex(at)) for name, at in named), ("amount", str(security.quantity)), ("data", mark))
        function = "createDelivery(address,address,uint256,address,string)"
        steps.append(Step("create_delivery", summary, replace(create, gas=EARMARK_GAS), function, words))
        return Plan(security.seller, tuple(steps), "the buyer confirms the delivery; then prepare again to earmark it")

    def _hold(self, terms: SettlementTerms, data: bytes = b"") -> Step:
        """The earmark, or the lock; it may need what the steps before it do, so its gas is not estimated."""
        words = (*_terms_words(terms), *((("adapterData", "0x" + data.hex()),) if data else ()))
        if terms.lead_leg is LeadLeg.SECURITIES:
            call = replace(self.app.lock_and_send(terms, data), gas=LOCK_AND_SEND_GAS)
            summary = f"lock {terms.security.quantity} units for the trade and ask the ledger for the cash"
            return Step("lock_and_send", summary, call, "lockAndSend(Terms)", words)
        call = replace(self.app.earmark(terms, data), gas=EARMARK_GAS)
        return Step("earmark", f"earmark {terms.security.quantity} units for the trade", call, "earmark(Terms)", words)

    async def _exchange(self, terms: SettlementTerms) -> IbetExchangeBinding:
        (found,) = EXCHANGE.decode_output(await self.rpc.call(EXCHANGE.call(terms.security.adapter)))
        return IbetExchangeBinding(bytes.fromhex(found[2:]))

    async def _delivery_of(self, exchange: IbetExchangeBinding, terms: SettlementTerms) -> int | None:
        """The newest delivery of the seller's that bears the trade's id and is the terms' in all else."""
        security, last = terms.security, await self.rpc.block_number()
        expected = (security.seller, security.buyer, security.quantity, security.adapter, terms.trade_id.hex())
        while last > self.searched_from:
            first = max(self.searched_from + 1, last - MOST_BLOCKS_A_PAGE + 1)
            topics = ((DELIVERY_CREATED_EVENT.topic0,),)
            for log in reversed(await self.rpc.get_logs(LogFilter(first, last, (exchange.address,), topics))):
                (delivery_id, token), body = DELIVERY_CREATED_EVENT.decode(log.topics, log.data)
                seller, buyer, quantity, agent, mark = body
                words = tuple(bytes.fromhex(word[2:]) for word in (seller, buyer, agent))
                if (words[0], words[1], quantity, words[2], mark) == expected and token[12:] == security.token:
                    return int.from_bytes(delivery_id, "big")
            last = first - 1
        return None

    async def _is_confirmed(self, exchange: IbetExchangeBinding, delivery_id: int) -> bool:
        output = await self.rpc.call(GET_DELIVERY.call(exchange.address, delivery_id))
        *_, confirmed, valid = GET_DELIVERY.decode_output(output)
        if not valid:
            raise NotDue(f"delivery {delivery_id} was ended at ibet's exchange: create another for a new trade")
        return bool(confirmed)


def _terms_words(terms: SettlementTerms) -> tuple[tuple[str, str], ...]:
    security = terms.security
    return (
        ("terms.tradeId", _hex(terms.trade_id)),
        ("terms.token", _hex(security.token)),
        ("terms.adapter", _hex(security.adapter)),
        ("terms.quantity", str(security.quantity)),
        ("terms.seller", _hex(security.seller)),
        ("terms.buyer", _hex(security.buyer)),
        ("terms.hash", _hex(terms_hash(terms))),
    )


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
