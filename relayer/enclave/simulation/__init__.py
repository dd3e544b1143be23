"""SGX without SGX: quotes, collateral and revocation lists as Intel's, under a root that everybody can make.

The real verifier accepts them if, and only if, this root's pin is configured. Production pins the makers' roots.
"""

from __future__ import annotations

from relayer.enclave.simulation.platform import SimulatedPlatform
from relayer.enclave.simulation.root import SimulatedRoot
from relayer.enclave.simulation.tcb import TcbFacts

__all__ = ["SimulatedPlatform", "SimulatedRoot", "TcbFacts"]
