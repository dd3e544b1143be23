"""The Solidity client of a Progmat ledger through a hub, on a sandbox; hub and ledger are models the test writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from chains.evm.client.qbft_messages import FarState, HeaderEvidence, VerifiedBlock, evidence_message, hub_message
from light_clients.progmat.client_state import ProgmatClientState, decode_client_state
from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox
from tests.fakes.hub_model import CONTRACT, FROZEN_MASK, HEAD_SLOT, RING_SLOT, HubModel
from tests.fakes.progmat_client_bench import TREE
from tests.fakes.progmat_oracle import Tree
from tests.fakes.qbft_headers import TIME_0_S, QbftBlockBuilder, ValidatorKey

PASSER: Final = Account.named("router")
LEDGER_ID: Final = "progmat-test"
HUB_CHAIN_ID: Final = 77
HUB_TRUSTING_PERIOD_S: Final = 1000
FAR_TRUSTING_PERIOD_S: Final = 600
DRIFT_S: Final = 15
FIRST: Final = FarState(100, TIME_0_S - 10, bytes(32))
FAR: Final = FarState(101, TIME_0_S, TREE.root)
NOW_S: Final = TIME_0_S + 5


@dataclass
class HubContractBench:
    """``hub`` is the block in which the hub's client has verified `FAR`; ``trusted`` the one the client began with."""

    sandbox: EvmSandbox
    client: Contract
    trusted: VerifiedBlock
    hub: HubModel

    def message(
        self,
        hub: HubModel,
        far: FarState,
        *,
        trusted: VerifiedBlock | None = None,
        signers: Sequence[ValidatorKey] | None = None,
    ) -> bytes:
        """What a relayer makes of a block of the hub that shows the far state."""
        sealed = hub.block.sealed_by(hub.keys if signers is None else signers)
        evidence = HeaderEvidence(sealed, hub.state.account_proof())
        return hub_message(evidence, trusted or self.trusted, hub.head_proof, hub.ring_proof(far.height), far)

    def update(self, message: bytes, sender: Account = PASSER) -> int:
        """Submit; 0 update, 1 misbehaviour, 2 nothing new."""
        return int.from_bytes(self.client.transact("updateClient", message, sender=sender).output, "big")

    def report(self, one: QbftBlockBuilder, other: QbftBlockBuilder) -> None:
        """Submit two blocks of the hub as evidence."""
        headers = [block.sealed_by(block.validators) for block in (one, other)]
        self.client.transact("misbehaviour", evidence_message(headers[0], headers[1], self.trusted), sender=PASSER)

    def member(self, key: bytes, value: bytes, far: FarState = FAR, tree: Tree = TREE) -> int:
        """Time of the far state under which the value stands at the key."""
        proof = far.timestamp_s.to_bytes(8, "big") + tree.prove(key).encode()
        return int(self.client.call("verifyMembership", (proof, (0, far.height), [key], value)))

    def absent(self, key: bytes, far: FarState = FAR, tree: Tree = TREE) -> int:
        """Time of the far state under which nothing stands at the key."""
        proof = far.timestamp_s.to_bytes(8, "big") + tree.prove(key).encode()
        return int(self.client.call("verifyNonMembership", (proof, (0, far.height), [key])))

    @property
    def state(self) -> ProgmatClientState:
        """Read as the direct client's is."""
        return decode_client_state(self.client.call("getClientState"))


def hub_contract_bench() -> HubContractBench:
    """A client of its own that knows the hub's first block and the ledger's `FIRST`."""
    deployed = _deployed()
    sandbox = deployed.sandbox.fork()
    return HubContractBench(sandbox, deployed.client.on(sandbox), deployed.trusted, deployed.hub)


@cache
def _deployed() -> HubContractBench:
    sandbox = EvmSandbox(now_s=NOW_S)
    first = HubModel({FIRST.height: FIRST.slot}, FIRST.height, FIRST.timestamp_s)
    trust = (HUB_TRUSTING_PERIOD_S, DRIFT_S)
    hub = (PASSER.address, HUB_CHAIN_ID, CONTRACT, *trust, first.number, first.verified.values)
    layout = (HEAD_SLOT, FROZEN_MASK, RING_SLOT, first.ring_kind.value)
    far = (LEDGER_ID, FAR_TRUSTING_PERIOD_S, *layout, FIRST.height, FIRST.timestamp_s, FIRST.root)
    client = sandbox.deploy("HubProgmatLightClient", hub, far)
    return HubContractBench(sandbox, client, first.verified, first.keeping(FAR.height, FAR.slot, FAR.timestamp_s))
