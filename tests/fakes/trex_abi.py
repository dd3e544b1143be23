"""The genuine T-REX contracts for tests, which are skipped, saying so, where npm cannot bring them."""

from __future__ import annotations

import json
from functools import cache

import pytest

from chains.evm.devnet.trex_suite import install_trex, trex_file
from chains.evm.errors import ArtifactInvalid
from tests.fakes.evm_abi import ContractAbi


@cache
def trex_abi(name: str) -> ContractAbi:
    """One of the makers' compiled contracts."""
    try:
        install_trex()
    except ArtifactInvalid as missing:
        pytest.skip(str(missing))
    artifact = json.loads(trex_file(name).read_text())
    return ContractAbi(name, tuple(artifact["abi"]), bytes.fromhex(artifact["bytecode"][2:]))
