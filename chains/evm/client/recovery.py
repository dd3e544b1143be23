"""Recovery of the ledger's light client on this chain: governance puts another contract behind the same client id.

A frozen or expired client never comes back by itself. What is sent, received and acknowledged lives in the router and
stays as it is; packets on their way go on under the new contract.
"""

from __future__ import annotations

from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.account import EvmAccount
from chains.evm.client.artifacts import load_artifact
from chains.evm.client.deployment import LedgerAnchor
from chains.evm.client.router import Router
from chains.evm.errors import EvmTxFailed

_TIMEOUT_S: Final = 60.0


async def replace_light_client(migrator: EvmAccount, router: Router, client_id: str, anchor: LedgerAnchor) -> bytes:
    """Deploy a light client that begins at ``anchor`` and put it behind ``client_id``; give its address.

    The counterparty stays. The anchor is trusted: take the checkpoint and the Validator set from the operator of the
    ledger, out of band, after the incident. Raises `ExecutionReverted` without the migrator's role, `EvmTxFailed`,
    `EvmTxNotIncluded`, or what the node says.
    """
    counterparty = await router.counterparty_of(migrator.rpc, client_id)
    creation = load_artifact("ProgmatLightClient").creation_code(
        router.address,
        anchor.ledger_id,
        anchor.trusting_period_s,
        anchor.max_clock_drift_s,
        anchor.height,
        anchor.timestamp_s,
        anchor.root,
        anchor.validator_set_hash,
    )
    created = await migrator.execute(EvmCall(b"", creation), _TIMEOUT_S)
    if created.contract_address is None:
        raise EvmTxFailed(created.evm_tx_hash, created.height, "the node names no contract that was created")
    await migrator.execute(router.migrate_client(client_id, counterparty, created.contract_address), _TIMEOUT_S)
    return created.contract_address
