"""Everything a third party needs to check a settlement offline, as files that ``crossdvp verify`` reads.

What happened on the ledger: its signed transactions, and the checkpoint under which other chains see the packet. What
happened on the EVM chain: the block's header with its seals, and the storage proof of the acknowledgement; where the
securities lead, of the packet, and the acknowledgement is under the ledger's checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from chains.evm.client.deployment import address_bytes
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.checkpoints import READING_MS, CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from ibc.paths import ack_path, commitment_path
from light_clients.qbft import IBC_STORE_SLOT
from primitives.errors import CallerError
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot
from relayer.devnet.chain_access import checkpoint_collector, deployment_of, ledger_client
from relayer.devnet.config_files import validator_set
from relayer.devnet.layout import EVM_CLIENT_ID, LEDGER_CLIENT_ID, DevnetState

Document = dict[str, object]
TIMESTAMP_BYTES = 8
ANSWERED = ("delivered", "refused")


class NothingToProveYet(CallerError):
    """The settlement has not reached a ledger."""

    reason = "NOTHING_TO_PROVE_YET"


async def evidence_of(directory: Path, state: DevnetState, settlement: pb.Settlement) -> Mapping[str, Document]:
    """Documents by file name, named after what ``crossdvp verify`` takes them as."""
    facts = {fact.what: fact for fact in settlement.facts}
    documents: dict[str, Document] = {}
    buyers_node = ledger_client(directory, state.nodes[settlement.terms.buyer_account.node])
    collector = checkpoint_collector(directory, state.nodes, validator_set(directory))
    try:
        for what, fact in facts.items():
            if fact.ledger == "progmat":
                documents[f"ledger-tx.{what.replace(' ', '-')}.json"] = await _ledger_tx(buyers_node, fact)
        if "cash locked" in facts:
            path = commitment_path(LEDGER_CLIENT_ID, settlement.packet_sequence)
            documents["checkpoint.packet.json"] = await _checkpoint(collector, facts["cash locked"].height, path)
        if "cash paid" in facts:
            path = ack_path(LEDGER_CLIENT_ID, settlement.packet_sequence)
            documents["checkpoint.acknowledgement.json"] = await _checkpoint(collector, facts["cash paid"].height, path)
    finally:
        await buyers_node.close()
        await collector.close()
    async with EvmRpc(state.rpc_url) as rpc:
        router = address_bytes(deployment_of(directory, state).router)
        for what in set(ANSWERED) & facts.keys():
            path = ack_path(EVM_CLIENT_ID, settlement.packet_sequence)
            documents |= await _stored(rpc, router, facts[what].height, path, "acknowledgement")
        if "securities locked" in facts:
            path = commitment_path(EVM_CLIENT_ID, settlement.packet_sequence)
            documents |= await _stored(rpc, router, facts["securities locked"].height, path, "packet")
    if not documents:
        raise NothingToProveYet(f"{settlement.name} is on no ledger yet: watch it until its cash is locked")
    return documents


async def _ledger_tx(node: LedgerClient, fact: pb.LedgerFact) -> Document:
    signed, _ = await node.transaction(bytes.fromhex(fact.tx_id))
    return {"signed_transaction": "0x" + signed.hex()}


async def _checkpoint(collector: CheckpointCollector, height: int, path: bytes) -> Document:
    """The checkpoint right at the lock, with what the other chain saw under it: a commitment is deleted later."""
    await collector.head(height, READING_MS)  # a node may have heard of the lock before they read of it
    signed = await collector.collect(height)
    proof = await collector.prove(path, signed)
    trusted = collector.validator_set
    value = None if proof.value is None else "0x" + proof.value.hex()
    return {
        "ledger_id": collector.ledger_id,
        "header": "0x" + signed.header.hex(),
        "validator_set": {
            "threshold": trusted.threshold,
            "validators": ["0x" + address.hex() for address in trusted.validators],
        },
        "proofs": [{"path": "0x" + path.hex(), "value": value, "proof": "0x" + proof.proof[TIMESTAMP_BYTES:].hex()}],
    }


async def _stored(rpc: EvmRpc, router: bytes, height: int, path: bytes, what: str) -> dict[str, Document]:
    """The sealed header of the block that stored something at an IBC path, and it in the router's store there."""
    block = await rpc.request("eth_getBlockByNumber", hex(height), False)  # noqa: FBT003  # JSON-RPC's own parameter
    slot = mapping_slot(keccak256(path), IBC_STORE_SLOT)
    proof = await rpc.request("eth_getProof", "0x" + router.hex(), ["0x" + slot.hex()], hex(height))
    header = await rpc.get_block(height)
    return {
        f"header.{what}.json": {"kind": "qbft", "header": block},
        f"storage.{what}.json": {"stateRoot": "0x" + header.state_root.hex(), "proof": proof},
    }
