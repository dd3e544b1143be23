"""One `ProgmatLightClient` alone on the sandbox chain; the test is its router and writes its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from eth_abi import abi as eth_abi

from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Account, Contract, EvmSandbox
from tests.fakes.progmat_oracle import Checkpoint, Tree, ValidatorSet

LEDGER_ID: Final = "progmat-test"
TRUSTING_PERIOD_S: Final = 3600
MAX_CLOCK_DRIFT_S: Final = 30
FIRST_HEIGHT: Final = 100
UPDATE: Final = 0
MISBEHAVIOUR: Final = 1
NO_OP: Final = 2
CLIENT_STATE_TYPES: Final = ["string", "uint64", "uint64", "uint64", "bool", "bytes32"]

ROUTER: Final = Account.named("router")
TREE: Final = Tree({b"key %d" % number: b"value %d" % number for number in range(50)})


@dataclass
class ClientBench:
    """The light client and the Validators it trusts at first."""

    sandbox: EvmSandbox
    client: Contract
    validators: ValidatorSet

    def checkpoint(
        self, height: int = FIRST_HEIGHT + 1, *, root: bytes = TREE.root, timestamp_s: int | None = None
    ) -> Checkpoint:
        """A checkpoint of the present second, after which the same Validators go on."""
        at_s = self.sandbox.now_s if timestamp_s is None else timestamp_s
        return Checkpoint(height, at_s, root, self.validators.hash)

    def header(self, checkpoint: Checkpoint, signers: list[int] | None = None) -> bytes:
        """The checkpoint, signed by the validators at these indexes (default: just enough)."""
        return oracle.header(checkpoint, self.validators, LEDGER_ID, signers)

    def update(self, header: bytes) -> int:
        """Submit as the router; 0 update, 1 misbehaviour, 2 nothing new."""
        output = self.client.transact("updateClient", header, sender=ROUTER).output
        return int.from_bytes(output, "big")

    def report(self, header_a: bytes, header_b: bytes) -> None:
        """Submit two headers as evidence."""
        evidence = eth_abi.encode(["bytes", "bytes"], [header_a, header_b])
        self.client.transact("misbehaviour", evidence, sender=ROUTER)

    def member(self, key: bytes, value: bytes, *, proof: bytes, height: int = FIRST_HEIGHT + 1) -> int:
        """Verify membership with the proof bytes given (timestamp included)."""
        return int(self.client.call("verifyMembership", (proof, (0, height), [key], value)))

    def absent(self, key: bytes, *, proof: bytes, height: int = FIRST_HEIGHT + 1) -> int:
        """Verify non-membership with the proof bytes given (timestamp included)."""
        return int(self.client.call("verifyNonMembership", (proof, (0, height), [key])))

    def proof(self, key: bytes, tree: Tree = TREE) -> bytes:
        """A proof from the tree, with the present second as the consensus timestamp."""
        return self.sandbox.now_s.to_bytes(8, "big") + tree.prove(key).encode()

    @property
    def state(self) -> tuple[str, int, int, int, bool, bytes]:
        """Ledger id, latest height, trusting period, drift, frozen, validator set hash."""
        ledger_id, height, trusting_s, drift_s, frozen, set_hash = eth_abi.decode(
            CLIENT_STATE_TYPES, self.client.call("getClientState")
        )
        return ledger_id, height, trusting_s, drift_s, frozen, set_hash


def client_bench(threshold: int = 3, size: int = 4) -> ClientBench:
    """Deploy with an empty ledger at `FIRST_HEIGHT`."""
    deployed = _deployed(threshold, size)
    sandbox = deployed.sandbox.fork()
    return ClientBench(sandbox, deployed.client.on(sandbox), deployed.validators)


@cache
def _deployed(threshold: int, size: int) -> ClientBench:
    sandbox = EvmSandbox()
    validators = ValidatorSet.of(threshold, size)
    initial = (FIRST_HEIGHT, sandbox.now_s, bytes(32), validators.hash)
    periods = (TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S)
    client = sandbox.deploy("ProgmatLightClient", ROUTER.address, LEDGER_ID, *periods, *initial)
    return ClientBench(sandbox, client, validators)


def updated_bench() -> ClientBench:
    """The same, updated to a checkpoint over `TREE`."""
    bench = client_bench()
    bench.update(bench.header(bench.checkpoint()))
    return bench
