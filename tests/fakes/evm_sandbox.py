"""An EVM (berlin) in the process, for contract tests and gas benchmarks: no node, no RPC, no blocks to wait for.

Every transaction runs in a block of its own whose timestamp the test sets; it is a real signed legacy transaction at
gas price 0, so `gas_used` is what a berlin chain charges: intrinsic gas, calldata, execution, less the refund.
"""

from __future__ import annotations

import copy
import os

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

from eth.consensus.context import ConsensusContext
from eth.consensus.noproof import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.db.chain import ChainDB
from eth.rlp.headers import BlockHeader
from eth.vm.chain_context import ChainContext
from eth.vm.forks.berlin import BerlinVM
from eth_keys.datatypes import PrivateKey
from eth_typing import Address

from primitives.keccak import keccak256
from tests.fakes.evm_abi import ContractAbi, Log, Reverted, decode_log, decode_revert

CHAIN_ID: Final = 1337
GAS_LIMIT: Final = 100_000_000
GENESIS_TIME_S: Final = 1_760_000_000

_VM: Final = BerlinVM.configure(consensus_class=NoProofConsensus)


@dataclass(frozen=True)
class Account:
    """A key holder on the sandbox chain."""

    key: PrivateKey
    address: bytes

    @classmethod
    def named(cls, name: str) -> Account:
        """The account whose secret is the hash of its name."""
        key = PrivateKey(keccak256(f"sandbox account {name}".encode()))
        return cls(key, key.public_key.to_canonical_address())


@dataclass(frozen=True)
class Receipt:
    """What a successful transaction left behind."""

    gas_used: int
    output: bytes
    logs: tuple[Log, ...]
    contract_address: bytes

    def named(self, event: str) -> list[Log]:
        """The logs of one event."""
        return [log for log in self.logs if log.event == event]


@dataclass(frozen=True)
class Contract:
    """A deployed contract."""

    sandbox: EvmSandbox
    abi: ContractAbi
    address: bytes

    def call(self, function: str, *args: Any, sender: Account | None = None) -> Any:  # noqa: ANN401 - ABI values
        """Run without keeping the state; returns the decoded result (one value bare, several as a tuple)."""
        receipt = self.sandbox.run(sender or self.sandbox.deployer, self.address, self.abi.encode(function, args))
        return self.abi.decode_result(function, args, receipt.output)

    def transact(
        self,
        function: str,
        *args: Any,  # noqa: ANN401 - ABI values
        sender: Account | None = None,
        gas: int = GAS_LIMIT // 2,
    ) -> Receipt:
        """Send a transaction and keep the state. Raises `Reverted` with the decoded custom error."""
        data = self.abi.encode(function, args)
        return self.sandbox.send(sender or self.sandbox.deployer, self.address, data, gas=gas)

    def encode(self, function: str, *args: Any) -> bytes:  # noqa: ANN401 - ABI values
        """Calldata, for multicalls."""
        return self.abi.encode(function, args)

    def on(self, sandbox: EvmSandbox) -> Contract:
        """The same contract on a fork of its chain."""
        return replace(self, sandbox=sandbox)


class EvmSandbox:
    """A berlin state with a clock in the test's hand."""

    def __init__(self, now_s: int = GENESIS_TIME_S) -> None:
        self.now_s = now_s
        self.deployer = Account.named("deployer")
        self._chaindb = ChainDB(AtomicDB())
        self._block_number = 1
        genesis = self._vm(BlockHeader(difficulty=1, block_number=0, gas_limit=GAS_LIMIT, timestamp=now_s))
        self._state_root: bytes = genesis.state.state_root

    # ------------------------------------------------------------------------------------------------- transactions

    def deploy(self, artifact: str, *args: Any, sender: Account | None = None) -> Contract:  # noqa: ANN401 - ABI values
        """Deploy a checked-in artifact by contract name."""
        abi = ContractAbi.load(artifact)
        receipt = self.send(sender or self.deployer, b"", abi.encode_constructor(args))
        return Contract(self, abi, receipt.contract_address)

    def send(self, sender: Account, to: bytes, data: bytes, gas: int = GAS_LIMIT // 2) -> Receipt:
        """Run a signed transaction in a block of its own and keep the state."""
        receipt, state_root = self._apply(sender, to, data, gas)
        self._state_root = state_root
        self._block_number += 1
        return receipt

    def run(self, sender: Account, to: bytes, data: bytes, gas: int = GAS_LIMIT // 2) -> Receipt:
        """Run a signed transaction and forget the state: `eth_call`."""
        return self._apply(sender, to, data, gas)[0]

    def storage_at(self, address: bytes, slot: int) -> bytes:
        """A storage word."""
        return int(self._vm(self._header()).state.get_storage(Address(address), slot)).to_bytes(32, "big")

    def nonce(self, account: Account) -> int:
        """The number of transactions an account has sent."""
        return int(self._vm(self._header()).state.get_nonce(Address(account.address)))

    def fork(self) -> EvmSandbox:
        """Another chain with the same past. Trie nodes are never overwritten, so the two share them and no future."""
        return copy.copy(self)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside leaves no trace: state and clock return."""
        saved = (self._state_root, self._block_number, self.now_s)
        try:
            yield
        finally:
            self._state_root, self._block_number, self.now_s = saved

    # ----------------------------------------------------------------------------------------------------- internal

    def _header(self) -> BlockHeader:
        return BlockHeader(
            difficulty=1,
            block_number=self._block_number,
            gas_limit=GAS_LIMIT,
            timestamp=self.now_s,
            state_root=self._state_root,
            coinbase=bytes(19) + b"\x01",
        )

    def _vm(self, header: BlockHeader) -> BerlinVM:
        consensus = ConsensusContext(self._chaindb.db)
        return _VM(header, self._chaindb, ChainContext(CHAIN_ID), consensus)

    def _apply(self, sender: Account, to: bytes, data: bytes, gas: int) -> tuple[Receipt, bytes]:
        header = self._header()
        vm = self._vm(header)
        unsigned = vm.create_unsigned_transaction(
            nonce=vm.state.get_nonce(Address(sender.address)), gas_price=0, gas=gas, to=Address(to), value=0, data=data
        )
        receipt, computation = vm.apply_transaction(header, unsigned.as_signed_transaction(sender.key, CHAIN_ID))
        if computation.is_error:
            raise decode_revert(computation.output)
        vm.state.persist()
        logs = tuple(decode_log(log.address, log.topics, log.data) for log in receipt.logs)
        done = Receipt(receipt.gas_used, computation.output, logs, computation.msg.storage_address)
        return done, vm.state.state_root


__all__ = ["CHAIN_ID", "GENESIS_TIME_S", "Account", "Contract", "EvmSandbox", "Receipt", "Reverted"]
