"""Access to EVM chains: a lean JSON-RPC path, the contracts' bindings, accounts, proofs and deployment.

Works against any node; the relayer, the gateway and the command line see an EVM chain only through this package.
"""

from __future__ import annotations

import os

# eth-account and web3 bind their keccak backend on first use; the default one is about seven times slower
os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
