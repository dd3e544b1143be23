"""Put a hub's contracts on it, and a chain's light client of the ledger behind it.

A hub carries no packets: it has a router only because light clients take messages from one. It hosts a client of each
end, and each end's client of the other is replaced by one that follows the hub.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from chains.evm.client.abi import AbiFunction, EvmCall
from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.artifacts import load_artifact
from chains.evm.client.deployment import EVERYBODY, Deployment, HexAddress, LedgerAnchor, address_bytes
from chains.evm.client.hub_proofs import PROGMAT_CLIENT_LAYOUT, FarChain
from chains.evm.client.proofs import TrustTerms
from chains.evm.client.qbft_messages import VerifiedBlock
from chains.evm.client.router import COUNTERPARTY_TYPE, Counterparty, Router
from light_clients.qbft import IBC_STORE_SLOT

CHAIN_CLIENT_ID: Final = "qbft-0"
"""The hub's client of the chain where the securities are."""
LEDGER_CLIENT_ID: Final = "progmat-0"
"""The hub's client of the ledger."""
MIGRATE_CLIENT: Final = AbiFunction("migrateClient", ("string", COUNTERPARTY_TYPE, "address"))

_CREATE_GAS: Final = 20_000_000  # a client through a hub pays for two rings of consensus states
_CALL_GAS: Final = 500_000
_TIMEOUT_S: Final = 60.0


class HubDeployment(BaseModel):
    """Where a hub's contracts are. Addresses are lower-case hex."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: Annotated[int, Field(ge=1)]
    rpc_url: str
    router: HexAddress
    chain_client: HexAddress
    ledger_client: HexAddress
    deployed_after: Annotated[int, Field(ge=0)]
    """The newest height before the contracts were there."""


@dataclass(frozen=True)
class HubPlan:
    """What a hub follows: a chain from ``block`` on, and a ledger from its anchor on. ``relayers`` empty: everybody."""

    chain: FarChain
    block: VerifiedBlock
    trust: TrustTerms
    anchor: LedgerAnchor
    relayers: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class HubClientPlan:
    """A client of the ledger through a hub: the hub's block to begin with, and the ledger's state it trusts."""

    hub: HubDeployment
    hub_block: VerifiedBlock
    trust: TrustTerms
    anchor: LedgerAnchor
    counterparty_client_id: str


async def deploy_hub(account: EvmAccount, plan: HubPlan) -> HubDeployment:
    """Deploy router and both light clients, and register them. The account becomes the admin.

    Raises `EvmTxFailed` naming the rule that refused, `EvmTxNotIncluded`, or what the node says.
    """
    before = await account.rpc.block_number()
    nonce = await account.rpc.nonce(account.address)
    router, chain_client, ledger_client = (created_address(account.address, nonce + step) for step in range(3))
    codes = (
        load_artifact("ICS26Router").creation_code(account.address),
        load_artifact("QbftLightClient").creation_code(
            follower_config(router, plan.chain.chain_id, plan.chain.router, plan.trust, plan.block), IBC_STORE_SLOT
        ),
        load_artifact("ProgmatLightClient").creation_code(router, *_anchor_values(plan.anchor)),
    )
    binding = Router(router)
    wiring = (
        binding.grant_role("CLIENT_REGISTRAR", account.address),
        *(binding.grant_role("RELAYER", relayer) for relayer in plan.relayers or (EVERYBODY,)),
        # nothing is sent through the hub: whom its clients' packets would go to is named and never used
        binding.add_client(CHAIN_CLIENT_ID, Counterparty(LEDGER_CLIENT_ID, (b"",)), chain_client),
        binding.add_client(LEDGER_CLIENT_ID, Counterparty(CHAIN_CLIENT_ID, (b"",)), ledger_client),
    )
    await _send_all(
        account,
        [EvmCall(b"", code, gas=_CREATE_GAS) for code in codes],
        [EvmCall(call.to, call.data, gas=_CALL_GAS) for call in wiring],
    )
    return HubDeployment(
        chain_id=account.chain_id,
        rpc_url=account.rpc.url,
        router="0x" + router.hex(),
        chain_client="0x" + chain_client.hex(),
        ledger_client="0x" + ledger_client.hex(),
        deployed_after=before,
    )


async def put_behind_hub(account: EvmAccount, deployment: Deployment, plan: HubClientPlan) -> Deployment:
    """Replace a chain's light client of the ledger by one through a hub, under the same client id.

    The account may migrate clients. Returns the deployment with the new light client. Raises as `deploy_hub`.
    """
    router = address_bytes(deployment.router)
    contract = address_bytes(plan.hub.ledger_client)
    hub = follower_config(router, plan.hub.chain_id, contract, plan.trust, plan.hub_block)
    layout, anchor = PROGMAT_CLIENT_LAYOUT, plan.anchor
    slots = (layout.head_slot, layout.frozen_mask, layout.ring_slot, layout.ring_kind.value)
    far = (anchor.ledger_id, anchor.trusting_period_s, *slots, anchor.height, anchor.timestamp_s, anchor.root)
    light_client = created_address(account.address, await account.rpc.nonce(account.address))
    creation = EvmCall(b"", load_artifact("HubProgmatLightClient").creation_code(hub, far), gas=_CREATE_GAS)
    # the ledger keeps its commitments under the bare IBC key
    counterparty = (plan.counterparty_client_id, [b""])
    migration = MIGRATE_CLIENT.call(router, deployment.client_id, counterparty, light_client)
    await _send_all(account, [creation], [EvmCall(migration.to, migration.data, gas=_CALL_GAS)])
    return deployment.model_copy(update={"light_client": "0x" + light_client.hex()})


def follower_config(
    router: bytes, chain_id: int, account: bytes, trust: TrustTerms, block: VerifiedBlock
) -> tuple[object, ...]:
    """``FollowerConfig`` of the contracts that follow an account of a QBFT chain."""
    periods = (trust.trusting_period_s, trust.max_clock_drift_s)
    return (router, chain_id, account, *periods, block.height, block.values)


def _anchor_values(anchor: LedgerAnchor) -> tuple[object, ...]:
    periods = (anchor.trusting_period_s, anchor.max_clock_drift_s)
    state = (anchor.height, anchor.timestamp_s, anchor.root, anchor.validator_set_hash)
    return (anchor.ledger_id, *periods, *state)


async def _send_all(account: EvmAccount, *groups: list[EvmCall]) -> None:
    """All in order, at once: addresses follow from nonces, so that nothing waits for a block but the end."""
    calls = [call for group in groups for call in group]
    sent = [await account.send(call) for call in calls]
    for call, signed in zip(calls, sent, strict=True):
        await account.wait_for(signed, call, _TIMEOUT_S)
