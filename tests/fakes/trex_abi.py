"""The genuine T-REX contracts for tests: their family is left out, and said to be, where npm cannot bring them."""

from __future__ import annotations

import json
from functools import cache

from chains.evm.devnet.trex_suite import install_trex, trex_file
from chains.evm.errors import ArtifactInvalid
from tests.fakes.evm_abi import ContractAbi


@cache
def missing_trex() -> str:
    """Why the contracts are not there, empty if they are."""
    try:
        install_trex()
    except ArtifactInvalid as missing:
        return str(missing)
    return ""


@cache
def trex_abi(name: str) -> ContractAbi:
    """One of the makers' compiled contracts."""
    artifact = json.loads(trex_file(name).read_text())
    return ContractAbi(name, tuple(artifact["abi"]), bytes.fromhex(artifact["bytecode"][2:]))
