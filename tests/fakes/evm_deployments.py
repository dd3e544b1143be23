"""A deployment file's contents, for configurations that name one."""

from __future__ import annotations

from chains.evm.client.deployment import Deployment


def a_deployment() -> Deployment:
    """Of contracts that are nowhere."""
    return Deployment(
        chain_id=919_191,
        rpc_url="http://127.0.0.1:1",
        router="0x" + "01" * 20,
        light_client="0x" + "02" * 20,
        dvp_app="0x" + "03" * 20,
        token="0x" + "04" * 20,
        adapters={"escrow": "0x" + "05" * 20},
        client_id="progmat-0",
        block_period_ms=1000,
        deployed_after=1,
    )
