"""eth_getProof: the form of its answers, whether they verify under the header, and how far back they reach."""

from __future__ import annotations

from typing import Final

from chains.evm.client.examination.findings import Finding, good, limited, unfit
from chains.evm.client.node_types import EvmBlock
from chains.evm.client.rpc import EvmRpc
from primitives.errors import CrossDvpError, MptError
from primitives.mpt import verify_account, verify_storage
from primitives.types import Address

ABSENT: Final = Address(b"\xc0\xff\xee" + bytes(16) + b"\x01")
SLOTS: Final = (bytes(32), bytes(31) + b"\x01", b"\xff" * 32)
DEPTHS: Final = (1, 16, 128, 1024, 10_000)
DEEP_ENOUGH: Final = 128
"""Blocks. A relayer proves at heights it has just read; after an outage it proves at new ones."""


async def state_proofs(rpc: EvmRpc, head: EvmBlock, contract: bytes | None) -> Finding:
    """Proofs of an account that is not there and, if one was named, of a contract and three of its slots."""
    question = "state proofs"
    try:
        complaint = await _complaint(rpc, head, contract)
    except MptError as wrong:
        if head.height == 0:  # anvil's first header has the root of the empty trie, whatever it holds
            return limited(question, f"not under the genesis header: {wrong}", "ask again after the first block")
        return unfit(question, f"do not verify under the header: {wrong}", "use another node")
    except CrossDvpError as refused:
        return unfit(question, str(refused)[:160], "the node must answer eth_getProof: enable it, or use another node")
    if complaint:
        return unfit(question, complaint, "check the deployment, or use another node")
    if contract is None:
        return limited(
            question,
            "accounts are proved; no contract was named",
            "name the deployment to have storage proofs tried (--deployment)",
        )
    return good(question, f"account, absence and {len(SLOTS)} storage slots verify under the header")


async def _complaint(rpc: EvmRpc, head: EvmBlock, contract: bytes | None) -> str:
    """What verified proofs say that cannot be; empty if all is well."""
    absent = await rpc.get_proof(ABSENT, SLOTS, head.height)
    if verify_account(head.state_root, ABSENT, absent.nodes) is not None:
        return "an account is there that cannot be"
    if contract is None:
        return ""
    proof = await rpc.get_proof(contract, SLOTS, head.height)
    account = verify_account(head.state_root, Address(contract), proof.nodes)
    if account is None:
        return f"no account 0x{contract.hex()}"
    for slot in proof.slots:
        verify_storage(account.storage_root, slot.slot, slot.nodes)
    return ""


async def proof_depth(rpc: EvmRpc, head: EvmBlock) -> Finding:
    """How many blocks back the node still proves."""
    question = "depth of proofs"
    reached = 0
    for depth in DEPTHS:
        if depth > head.height:
            return good(question, f"all {head.height} blocks that there are, as far as tried ({reached} back)")
        try:
            await rpc.get_proof(ABSENT, (), head.height - depth)
        except CrossDvpError:
            break
        reached = depth
    if reached >= DEEP_ENOUGH:
        return good(question, f"{reached} blocks back")
    return limited(
        question,
        f"{reached} blocks back, not {DEPTHS[DEPTHS.index(reached) + 1 if reached else 0]}",
        "keep more states, or relay from a node of your own: a slow relayer must fetch headers and proofs anew",
    )
