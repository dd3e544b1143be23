"""The Byzantine-fault-tolerant consensus engines whose headers can be read, by name."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from light_clients.qbft.errors import WrongEngine
from light_clients.qbft.execution_header import ExecutionHeader, decode_execution_header
from light_clients.qbft.ibft1_extra_data import read_ibft1
from light_clients.qbft.ibft2_extra_data import read_ibft2
from light_clients.qbft.qbft_extra_data import read_qbft
from light_clients.qbft.sealed_header import SealedHeader
from primitives.errors import PeerError


class ConsensusEngine(Enum):
    """QBFT (Besu, GoQuorum), IBFT2 (Besu), IBFT1 or Istanbul (GoQuorum)."""

    QBFT = "qbft"
    IBFT2 = "ibft2"
    IBFT1 = "ibft1"


_READERS: dict[ConsensusEngine, Callable[[ExecutionHeader], SealedHeader]] = {
    ConsensusEngine.QBFT: read_qbft,
    ConsensusEngine.IBFT2: read_ibft2,
    ConsensusEngine.IBFT1: read_ibft1,
}


def read_sealed(engine: ConsensusEngine, header: ExecutionHeader) -> SealedHeader:
    """Read a decoded header as the named engine's. Nothing is verified.

    Raises WrongEngine if it has another engine's format, else what its reader raises.
    """
    try:
        return _READERS[engine](header)
    except PeerError:
        for other in ConsensusEngine:
            if other is not engine and _is_readable(other, header):
                raise WrongEngine(
                    f"block {header.number} has another engine's extraData", expected=engine.value, found=other.value
                ) from None
        raise


def read_sealed_header(engine: ConsensusEngine, header_rlp: bytes) -> SealedHeader:
    """`read_sealed` of encoded bytes; raises besides what `decode_execution_header` raises."""
    return read_sealed(engine, decode_execution_header(header_rlp))


def _is_readable(engine: ConsensusEngine, header: ExecutionHeader) -> bool:
    try:
        _READERS[engine](header)
    except PeerError:
        return False
    return True
