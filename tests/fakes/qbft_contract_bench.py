"""The Solidity client of a QBFT chain on a sandbox, in front of the same chain as the Python client's scenario."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import pytest
from eth_abi import abi as eth_abi

from chains.evm.client.qbft_messages import (
    HeaderEvidence,
    VerifiedBlock,
    evidence_message,
    header_message,
    storage_message,
)
from light_clients.qbft import IBC_STORE_SLOT
from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox, Reverted
from tests.fakes.qbft_client import DRIFT_S, TRUSTED_HEIGHT, TRUSTING_PERIOD_S, QbftScenario, slot_of
from tests.fakes.qbft_headers import ROUTER, TIME_0_S, QbftBlockBuilder, RouterState, ValidatorKey, validator_keys

UPDATE: Final = 0
MISBEHAVIOUR: Final = 1
NO_OP: Final = 2
CHAIN_ID: Final = 1010032
PASSER: Final = Account.named("router")
"""Who may pass messages on: the router of the chain that hosts the client."""
NOW_S: Final = TIME_0_S + 5
STATE_TYPES: Final = ["uint64", "address", "bytes32", "uint64", "uint64", "uint64", "bool"]


def verified(block: QbftBlockBuilder, state: RouterState) -> VerifiedBlock:
    """What a client keeps of a block over this state."""
    validators = tuple(key.address for key in block.validators)
    hashes = (state.state_root, state.storage_root, replace(block, state_root=state.state_root).block_hash)
    return VerifiedBlock(block.number, block.timestamp_s, *hashes, validators)


def first_block(scenario: QbftScenario) -> VerifiedBlock:
    """The block the client begins with."""
    validators = tuple(key.address for key in scenario.keys)
    hashes = (scenario.state.state_root, scenario.state.storage_root, scenario.next_block.parent_hash)
    return VerifiedBlock(TRUSTED_HEIGHT, TIME_0_S, *hashes, validators)


@dataclass
class QbftContractBench:
    """``trusted`` is the block the client began with; time is the sandbox's."""

    sandbox: EvmSandbox
    client: Contract
    scenario: QbftScenario

    @property
    def trusted(self) -> VerifiedBlock:
        return first_block(self.scenario)

    @property
    def next_block(self) -> QbftBlockBuilder:
        return self.scenario.next_block

    def message(
        self,
        block: QbftBlockBuilder,
        signers: Sequence[ValidatorKey] | None = None,
        *,
        trusted: VerifiedBlock | None = None,
        state: RouterState | None = None,
    ) -> bytes:
        """A header over the state, sealed by the signers (default: all of the block's validators)."""
        state = state or self.scenario.state
        block = replace(block, state_root=state.state_root)
        sealed = block.sealed_by(block.validators if signers is None else signers)
        return header_message(HeaderEvidence(sealed, state.account_proof()), trusted or self.trusted)

    def update(self, message: bytes, sender: Account = PASSER) -> int:
        """Submit; 0 update, 1 misbehaviour, 2 nothing new."""
        return int.from_bytes(self.client.transact("updateClient", message, sender=sender).output, "big")

    def refuses(self, message: bytes, error: str) -> None:
        """The update reverts with this error."""
        with pytest.raises(Reverted) as refusal:
            self.update(message)
        assert refusal.value.error == error

    def report(self, one: QbftBlockBuilder, other: QbftBlockBuilder, sender: Account = PASSER) -> None:
        """Submit two blocks, each sealed by all of its validators, as evidence."""
        headers = [block.sealed_by(block.validators) for block in (one, other)]
        evidence = evidence_message(headers[0], headers[1], self.trusted)
        self.client.transact("misbehaviour", evidence, sender=sender)

    def proof(self, path: bytes, block: VerifiedBlock | None = None, state: RouterState | None = None) -> bytes:
        """Nodes to a path's slot under a verified block."""
        nodes = (state or self.scenario.state).storage_proof(slot_of(path))
        return storage_message(block or self.trusted, nodes)

    def member(self, proof: bytes, path: bytes, value: bytes, height: int = TRUSTED_HEIGHT) -> int:
        """Time of the block under which the value stands at the path."""
        return int(self.client.call("verifyMembership", (proof, (0, height), [path], value)))

    def absent(self, proof: bytes, path: bytes, height: int = TRUSTED_HEIGHT) -> int:
        """Time of the block under which nothing stands at the path."""
        return int(self.client.call("verifyNonMembership", (proof, (0, height), [path])))

    @property
    def latest_height(self) -> int:
        return int(eth_abi.decode(STATE_TYPES, self.client.call("getClientState"))[3])

    @property
    def frozen(self) -> bool:
        return bool(eth_abi.decode(STATE_TYPES, self.client.call("getClientState"))[6])


def qbft_contract_bench(validators: int = 4) -> QbftContractBench:
    """A client of its own, at the scenario's height and time."""
    deployed = _deployed(validators)
    sandbox = deployed.sandbox.fork()
    return QbftContractBench(sandbox, deployed.client.on(sandbox), deployed.scenario)


@cache
def _deployed(validators: int) -> QbftContractBench:
    sandbox = EvmSandbox(now_s=NOW_S)
    scenario = QbftScenario(keys=validator_keys(validators))
    trust = (TRUSTING_PERIOD_S, DRIFT_S)
    config = (PASSER.address, CHAIN_ID, ROUTER, *trust, TRUSTED_HEIGHT, first_block(scenario).values)
    client = sandbox.deploy("QbftLightClient", config, IBC_STORE_SLOT)
    return QbftContractBench(sandbox, client, scenario)
