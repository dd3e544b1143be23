"""A ledger whose contracts take the mock light client. Exists in tests only: no production package knows the mock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.ibc_host.earmark import ChainReader
from chains.progmat.node.light_client_kinds import CHAIN_READERS
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.clock import validate_usable
from light_clients.mock import MockLightClient
from light_clients.mock.states import decode_client_state, decode_consensus_state
from light_clients.registry import LightClientRegistry, RegistryProfile
from primitives.hashing import sha256
from primitives.mpt import verify_account, verify_storage
from primitives.types import Address
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.ledger_parties import network_parameters

_REGISTRY: Final = LightClientRegistry.builder(RegistryProfile.TEST).register(MockLightClient()).seal()
MOCK_PACKAGE: Final = replace(standard_package(_REGISTRY), hash=sha256(b"contracts over the mock light client"))
MOCK_PARAMETERS: Final = network_parameters(MOCK_PACKAGE)


def read_storage(
    client_state: bytes,
    consensus: ConsensusAt,
    address: bytes,
    slot: bytes,
    account_proof: Sequence[bytes],
    storage_proof: Sequence[bytes],
    now: TimeBounds,
) -> bytes | None:
    """The word under the mock's root, which is a block's state root: the proofs are the node's own, and verified."""
    stored = decode_consensus_state(consensus.consensus_state)
    validate_usable(decode_client_state(client_state), stored.timestamp_s, now)
    account = verify_account(stored.root, Address(address), account_proof)
    return None if account is None else verify_storage(account.storage_root, slot, storage_proof)


MOCK_READERS: Final = {**CHAIN_READERS, "mock": ChainReader(read_storage, lambda _client_state: CHAIN_ID)}
"""The mock's client state names no chain: it follows the tests' one."""
