"""Which transactions a side owes for a settlement now."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chains.evm.client.deployment import Deployment, address_bytes
from chains.evm.client.dvp_app import DvpAppBinding
from chains.evm.client.holding import HoldingDesk, NotDue, Plan
from chains.evm.client.progmat_light_client import ProgmatLightClientBinding
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import CheckpointCollector
from ibc.dvp import packet_of, trade_path
from relayer.gateway.access import Speaker
from relayer.gateway.errors import NotYourSide
from relayer.gateway.instruments.reading import InstrumentKey, InstrumentReader
from relayer.gateway.matching import Side
from relayer.gateway.model import Settlement
from relayer.gateway.service_errors import StepNotDue


class Action(Enum):
    """What a side wants to do on the EVM chain."""

    HOLD = "hold"
    RECLAIM = "reclaim"
    RELEASE_REFUSED = "release refused"
    RELEASE_CANCELLED = "release cancelled"


@dataclass(frozen=True)
class Planner:
    """``ledger_client_id``: the light client of this chain on the ledger, from which a packet comes."""

    rpc: EvmRpc
    deployment: Deployment
    reader: InstrumentReader
    collector: CheckpointCollector
    ledger_client_id: str

    async def plan(self, speaker: Speaker, settlement: Settlement, action: Action) -> Plan:
        """The steps of the caller's side. Raises ``StepNotDue``, ``NotYourSide``, or what nodes say."""
        if settlement.state.is_final and action is Action.HOLD:
            raise StepNotDue(action.value, f"{settlement.name} is {settlement.state.value}")
        try:
            return await self._plan(speaker, settlement, action)
        except NotDue as refusal:
            raise StepNotDue(action.value, str(refusal)) from refusal

    async def _plan(self, speaker: Speaker, settlement: Settlement, action: Action) -> Plan:
        terms = settlement.terms
        app = DvpAppBinding(address_bytes(self.deployment.dvp_app))
        desk = HoldingDesk(self.rpc, app, self.deployment.deployed_after)
        key = InstrumentKey(terms.security.chain_id, terms.security.token, terms.security.adapter)
        family = self.reader.family(key)
        if action is Action.HOLD and terms.cash.seller.node not in speaker.nodes:
            return await desk.buyer_holds(family, terms)
        if terms.cash.seller.node not in speaker.nodes:
            raise NotYourSide(speaker.name, Side.SELLER.value, terms.cash.seller.node)
        match action:
            case Action.HOLD:
                plan = await desk.seller_holds(family, terms)
                is_both = terms.cash.buyer.node in speaker.nodes
                return plan if plan.steps or not is_both else await desk.buyer_holds(family, terms)
            case Action.RECLAIM:
                return await desk.seller_reclaims(terms)
            case Action.RELEASE_REFUSED:
                return await self._release_refused(desk, settlement)
            case Action.RELEASE_CANCELLED:
                return await self._release_cancelled(desk, settlement)

    async def _release_refused(self, desk: HoldingDesk, settlement: Settlement) -> Plan:
        if all(fact.what != "refused" for fact in settlement.facts):
            raise NotDue(f"the EVM chain has refused no packet of {settlement.name}")
        ends = (self.ledger_client_id, self.deployment.client_id)
        packet = packet_of(settlement.terms, settlement.packet_sequence, *ends)
        return await desk.seller_releases_refused(settlement.terms, packet)

    async def _release_cancelled(self, desk: HoldingDesk, settlement: Settlement) -> Plan:
        """By a proof under the newest checkpoint that the light client on this chain has verified."""
        cancelled = next((fact.height for fact in settlement.facts if fact.what == "trade cancelled"), None)
        if cancelled is None:
            raise NotDue(f"{settlement.name} was not cancelled on the ledger")
        light_client = ProgmatLightClientBinding(address_bytes(self.deployment.light_client))
        height = (await light_client.client_state(self.rpc)).latest_height
        if height < cancelled:
            raise NotDue(f"a relayer has to bring the ledger's checkpoint {cancelled} or later; there is {height}")
        signed = await self.collector.collect(height)
        proof = await self.collector.prove(trade_path(settlement.trade_id), signed)
        return await desk.seller_releases_cancelled(settlement.terms, proof.proof, height)
