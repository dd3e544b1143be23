"""Everything of `dvp_deployment` on the second router, which has the published ABI and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount, created_address
from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.artifacts import load_artifact, read_artifact
from chains.evm.client.deployment import Deployment, DeploymentPlan
from chains.evm.client.router import Counterparty, Router
from chains.evm.client.token import TokenBinding
from ibc.dvp import DVP_PORT
from tests.fakes.dvp_deployment import (
    BUYER,
    CLIENT_ID,
    FIRST_HEIGHT,
    LEDGER_CLIENT_ID,
    LEDGER_ID,
    MAX_CLOCK_DRIFT_S,
    SELLER,
    TRUSTING_PERIOD_S,
    DvpDeployment,
    deploy_app,
)
from tests.fakes.evm_sandbox import EvmSandbox
from tests.fakes.progmat_oracle import ValidatorSet

STORE_SLOT = 5
"""Where the second router's store keeps its mapping: behind five words of something else."""
_GAS: Final = 12_000_000
_TIMEOUT_S: Final = 30.0
_ARTIFACTS: Final = Path(__file__).parent / "artifacts"


def deploy_on_second_router() -> DvpDeployment:
    """Light client, app and token, bound to the second router; relaying is open by its public entry."""
    deployed = _deployed()
    sandbox = deployed.sandbox.fork()
    router, light_client = deployed.router.on(sandbox), deployed.light_client.on(sandbox)
    app, adapter, token = (each.on(sandbox) for each in (deployed.app, deployed.adapter, deployed.token))
    return DvpDeployment(sandbox, router, light_client, app, adapter, token, deployed.validators)


@cache
def _deployed() -> DvpDeployment:
    sandbox = EvmSandbox()
    admin = sandbox.deployer.address
    validators = ValidatorSet.of(3, 4)
    router = sandbox.deploy("SecondRouter", admin)
    initial = (FIRST_HEIGHT, sandbox.now_s, bytes(32), validators.hash)
    periods = (TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S)
    light_client = sandbox.deploy("ProgmatLightClient", router.address, LEDGER_ID, *periods, *initial)
    app = deploy_app(sandbox, router)
    adapter = sandbox.deploy("EscrowAdapter", app.address)
    token = sandbox.deploy("SecurityToken", "Reference ST", "RST", admin)
    router.transact("allowRelayer", bytes(20))
    router.transact("addClient", CLIENT_ID, (LEDGER_CLIENT_ID, [b""]), light_client.address)
    router.transact("addIBCApp", "dvp", app.address)
    for holder in (SELLER.address, BUYER.address, adapter.address):
        token.transact("allow", holder)
    token.transact("mint", SELLER.address, 1000)
    return DvpDeployment(sandbox, router, light_client, app, adapter, token, validators)


async def deploy_behind_second_router(account: EvmAccount, plan: DeploymentPlan, block_period_ms: int) -> Deployment:
    """`deploy_all` on the second router, over JSON-RPC: what its operator would write into the deployment file."""
    nonce, before = await account.rpc.nonce(account.address), await account.rpc.block_number()
    router, light_client, app, token, adapter = (created_address(account.address, nonce + step) for step in range(5))
    second = read_artifact("SecondRouter", _ARTIFACTS / "SecondRouter.json")
    anchor = plan.anchor
    periods = (anchor.trusting_period_s, anchor.max_clock_drift_s)
    initial = (anchor.height, anchor.timestamp_s, anchor.root, anchor.validator_set_hash)
    ends = (plan.client_id, plan.counterparty_client_id)
    terms = (plan.earmark_margin_s, account.address, plan.listing_delay_s, [adapter])
    codes = (
        second.creation_code(account.address),
        load_artifact("ProgmatLightClient").creation_code(router, anchor.ledger_id, *periods, *initial),
        load_artifact("DvpApp").creation_code(router, *ends, *terms),
        load_artifact("SecurityToken").creation_code(plan.token_name, plan.token_symbol, account.address),
        load_artifact("EscrowAdapter").creation_code(app),
    )
    published, register = Router(router), TokenBinding(token)
    wiring = (
        EvmCall(router, second.call_data("allowRelayer", bytes(20))),
        published.add_client(plan.client_id, Counterparty(plan.counterparty_client_id, (b"",)), light_client),
        published.add_ibc_app(DVP_PORT, app),
        *(register.allow(holder) for holder in (adapter, *(holder for holder, _ in plan.holders))),
        *(register.mint(holder, quantity) for holder, quantity in plan.holders if quantity),
    )
    for call in (*(EvmCall(b"", code, gas=_GAS) for code in codes), *wiring):
        await account.execute(call, _TIMEOUT_S)
    return Deployment(
        chain_id=account.chain_id,
        rpc_url=account.rpc.url,
        router=_hex(router),
        light_client=_hex(light_client),
        dvp_app=_hex(app),
        token=_hex(token),
        adapters={AdapterFamily.ESCROW: _hex(adapter)},
        client_id=plan.client_id,
        router_store=_hex(created_address(router, 1)),  # the router creates it before anything else
        router_store_slot=_hex(STORE_SLOT.to_bytes(32, "big")),
        block_period_ms=block_period_ms,
        deployed_after=before,
    )


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
