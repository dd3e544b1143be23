"""Everything of `dvp_deployment` on the second router, which has the published ABI and nothing else."""

from __future__ import annotations

from functools import cache

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
