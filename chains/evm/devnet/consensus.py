"""QBFT inside py-evm: the header whose hash leaves the seals out, and a berlin VM without proof of work.

Only the execution half of py-evm is used. Its `Chain` would validate difficulty, ethash seals and uncles, and would
hash headers the wrong way; blocks are put together in `chain.py` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from eth.abc import BlockHeaderAPI
from eth.consensus.context import ConsensusContext
from eth.consensus.noproof import NoProofConsensus
from eth.constants import MAX_PREV_HEADER_DEPTH
from eth.db.atomic import AtomicDB
from eth.db.chain import ChainDB
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.forks.berlin import BerlinVM
from eth_typing import Hash32

from chains.evm.devnet.interpreter.computation import FastState
from chains.evm.devnet.sealing import block_hash

QBFT_DIFFICULTY: Final = 1
# 32 validators with seals; py-evm's own bound of 32 bytes is for proof-of-work chains
EXTRA_DATA_MAX_BYTES: Final = 8 * 1024


class QbftHeader(BlockHeader):
    """A berlin header (15 fields) with QBFT's block hash."""

    @property
    def hash(self) -> Hash32:
        """Keccak of the header with round := 0 and seals := []."""
        if self._hash is None:
            self._hash = Hash32(block_hash(raw_fields(self)))
        return Hash32(self._hash)


def raw_fields(header: BlockHeaderAPI) -> list[bytes]:
    """Give the header's fields as the byte strings that RLP carries."""
    return list(QbftHeader.serialize(header))


def as_qbft(header: BlockHeaderAPI) -> QbftHeader:
    """Narrow what py-evm's copies return; they keep the class, its annotations do not say so."""
    if not isinstance(header, QbftHeader):
        raise TypeError(f"expected a QbftHeader, found {type(header).__name__}")
    return header


AncestorHashes = Callable[[bytes], Iterator[Hash32]]
"""From a block hash: that hash and its ancestors', newest first."""


class QbftVM(BerlinVM):
    """Berlin rules; the coinbase is the proposer, there is no reward, BLOCKHASH answers QBFT hashes."""

    extra_data_max_bytes = EXTRA_DATA_MAX_BYTES
    consensus_class = NoProofConsensus
    _state_class = FastState

    def __init__(self, header: BlockHeaderAPI, database: AtomicDB, chain_id: int, ancestors: AncestorHashes) -> None:
        super().__init__(
            header=header,
            chaindb=ChainDB(database),
            chain_context=ChainContext(chain_id),
            consensus_context=ConsensusContext(database),
        )
        self._ancestors = ancestors

    @property
    def previous_hashes(self) -> Iterable[Hash32]:
        """Up to 256 ancestors' hashes, read lazily: most blocks never ask."""
        hashes = self._ancestors(self.get_header().parent_hash)
        return (found for found, _ in zip(hashes, range(MAX_PREV_HEADER_DEPTH), strict=False))
