"""What a verifier of a devnet's proof bundles believes: from the devnet's own files and nodes, not from a bundle."""

from __future__ import annotations

import json
from pathlib import Path

from chains.evm.client.rpc import EvmRpc
from light_clients.qbft import read_qbft_header
from relayer.devnet.chain_access import deployment_of
from relayer.devnet.config_files import validator_set
from relayer.devnet.layout import JOURNAL_NOTARY, LEDGER_CLIENT_ID, DevnetState

Document = dict[str, object]


async def trust_of(directory: Path, state: DevnetState) -> Document:
    """A trust file for ``crossdvp verify bundle``."""
    deployment, validators = deployment_of(directory, state), validator_set(directory)
    network_map = json.loads((directory / "network" / "network-map.json").read_text())
    notary_key = next(node["key"] for node in network_map["nodes"] if node["name"] == JOURNAL_NOTARY)
    async with EvmRpc(state.rpc_url) as rpc:
        first = read_qbft_header((await rpc.get_block(deployment.deployed_after)).header_rlp)
    return {
        "evm": {
            "chain_id": deployment.chain_id,
            "router": "0x" + deployment.commitments_contract.hex(),
            "store_slot": "0x" + deployment.commitments_slot.hex(),
            "client_id": deployment.client_id,
            "validators": ["0x" + validator.hex() for validator in first.validators],
            "height": first.header.number,
            "timestamp": first.header.timestamp_s,
        },
        "ledger": {
            "ledger_id": state.ledger_id,
            "client_id": LEDGER_CLIENT_ID,
            "threshold": validators.threshold,
            "validators": ["0x" + address.hex() for address in validators.validators],
            "notary_key": "0x" + notary_key,
        },
    }
