"""The Byzantine-fault-tolerant consensus engines whose headers can be read, by name."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from light_clients.qbft.ibft1_extra_data import read_ibft1_header
from light_clients.qbft.ibft2_extra_data import read_ibft2_header
from light_clients.qbft.qbft_extra_data import read_qbft_header
from light_clients.qbft.sealed_header import SealedHeader


class ConsensusEngine(Enum):
    """QBFT (Besu, GoQuorum), IBFT2 (Besu), IBFT1 or Istanbul (GoQuorum)."""

    QBFT = "qbft"
    IBFT2 = "ibft2"
    IBFT1 = "ibft1"


_READERS: dict[ConsensusEngine, Callable[[bytes], SealedHeader]] = {
    ConsensusEngine.QBFT: read_qbft_header,
    ConsensusEngine.IBFT2: read_ibft2_header,
    ConsensusEngine.IBFT1: read_ibft1_header,
}


def read_sealed_header(engine: ConsensusEngine, header_rlp: bytes) -> SealedHeader:
    """Decode a header of the named engine; errors as of its reader. Nothing is verified."""
    return _READERS[engine](header_rlp)
