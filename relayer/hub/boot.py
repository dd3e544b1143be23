"""Raise a hub between a chain and a ledger that are there already: its contracts, and both ends' first states.

What comes out is trusted by whoever uses it, as the first state of any light client is: ask nodes of your own.
"""

from __future__ import annotations

from dataclasses import dataclass

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import Deployment, LedgerAnchor, address_bytes
from chains.evm.client.followed_account import FollowedAccount
from chains.evm.client.hub_deployment import HubClientPlan, HubDeployment, HubPlan, deploy_hub, put_behind_hub
from chains.evm.client.hub_proofs import PROGMAT_CLIENT_LAYOUT, QBFT_CLIENT_LAYOUT, FarChain, HubProver
from chains.evm.client.proofs import InitialState, TrustTerms


@dataclass(frozen=True)
class HubEnds:
    """What the hub is put between; times in seconds.

    ``chain_admin`` may migrate clients on the EVM chain of ``deployment``, and ``ledger_client_id`` is how the ledger
    calls its client of that chain; ``anchor`` is a checkpoint of the ledger.
    """

    chain_admin: EvmAccount
    deployment: Deployment
    anchor: LedgerAnchor
    ledger_client_id: str
    trust: TrustTerms


@dataclass(frozen=True)
class RaisedHub:
    """``deployment`` has the chain's light client behind the hub; ``ledger_state`` is for a new client of type hub."""

    hub: HubDeployment
    deployment: Deployment
    ledger_state: InitialState


async def raise_hub(hub_account: EvmAccount, ends: HubEnds, relayers: tuple[bytes, ...] = ()) -> RaisedHub:
    """Deploy the hub's contracts by ``hub_account``, then the chain's client behind it; give the ledger's first states.

    Raises `EvmTxFailed` naming the rule that refused, `EvmTxNotIncluded`, or what the nodes say.
    """
    far = FarChain(ends.deployment.chain_id, address_bytes(ends.deployment.router))
    chain = FollowedAccount(ends.chain_admin.rpc, far.router)
    first = await chain.verified(await chain.rpc.block_number())
    hub = await deploy_hub(hub_account, HubPlan(far, first, ends.trust, ends.anchor, relayers))
    hub_height = await hub_account.rpc.block_number()
    of_ledger = HubProver(hub_account.rpc, address_bytes(hub.ledger_client), PROGMAT_CLIENT_LAYOUT)
    of_chain = HubProver(hub_account.rpc, address_bytes(hub.chain_client), QBFT_CLIENT_LAYOUT)
    hub_block = await of_ledger.initial_hub_block(hub_height)
    plan = HubClientPlan(hub, hub_block, ends.trust, ends.anchor, ends.ledger_client_id)
    deployment = await put_behind_hub(ends.chain_admin, ends.deployment, plan)
    state = await of_chain.initial_ledger_state(hub.chain_id, far, first, ends.trust, hub_height)
    return RaisedHub(hub, deployment, state)
