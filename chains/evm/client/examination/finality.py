"""Who makes a block final: the engine's seals in the header, verified as a light client would."""

from __future__ import annotations

from chains.evm.client.examination.findings import Finding, good, limited, unfit
from chains.evm.client.node_types import EvmBlock
from light_clients.qbft import ConsensusEngine, SealedHeader, read_sealed_header
from light_clients.qbft.verify import quorum_of, validate_seals
from primitives.errors import CrossDvpError
from primitives.keccak import keccak256
from primitives.rlp import split_list

QUESTION = "finality"


def sealed_finality(head: EvmBlock) -> Finding:
    """The engine whose rule gives the block's hash, and a quorum of valid seals by it."""
    fields = len(split_list(head.header_rlp))
    for engine in ConsensusEngine:
        sealed = _read(engine, head)
        if sealed is None:
            continue
        try:
            signers = validate_seals(sealed)
        except CrossDvpError as refused:
            return unfit(QUESTION, f"{engine.value}: {refused}", "light clients refuse this block: use another node")
        validators = len(sealed.validators)
        return good(
            QUESTION,
            f"{engine.value}, {len(signers)} of {validators} validators sealed, {quorum_of(validators)} needed, "
            f"{fields} header fields",
        )
    hashed = keccak256(head.header_rlp) == head.block_hash
    text = f"no seals of QBFT, IBFT2 or IBFT1; {fields} header fields" if hashed else "header does not give its hash"
    return unfit(QUESTION, text, "no light client here can follow this chain; for tests only: --consensus mock")


def mock_finality(head: EvmBlock) -> Finding:
    """For tests: nobody vouches for a block; only its hash is checked."""
    if keccak256(head.header_rlp) != head.block_hash:
        return unfit(QUESTION, "header does not give its hash", "use another node")
    return limited(
        QUESTION,
        f"nobody vouches for blocks (mock consensus), {len(split_list(head.header_rlp))} header fields",
        "tests only: a node in production has no mock light client",
    )


def _read(engine: ConsensusEngine, head: EvmBlock) -> SealedHeader | None:
    """The header as the engine writes it, if that gives the block's hash."""
    try:
        sealed = read_sealed_header(engine, head.header_rlp)
    except CrossDvpError:
        return None
    return sealed if sealed.block_hash == head.block_hash else None
