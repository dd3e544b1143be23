"""Transactions that wait for a block: checked on arrival, in nonce order per sender, bounded.

Only legacy transactions with EIP-155 protection are taken: the chain runs berlin, and so do its model networks.
Refusals use geth's words, because clients match on them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import rlp
from eth.abc import StateAPI
from eth.vm.forks.berlin.transactions import BerlinLegacyTransaction
from eth_typing import Address
from eth_utils.exceptions import ValidationError

from chains.evm.devnet.errors import RequestRefused

MAX_EVM_TX_BYTES: Final = 128 * 1024
MAX_WAITING: Final = 8192
MAX_WAITING_PER_SENDER: Final = 1024
# how far a nonce may be ahead of the account's
MAX_NONCE_GAP: Final = 1024
# first bytes below this announce an EIP-2718 typed transaction
_FIRST_LEGACY_BYTE: Final = 0xC0
_LARGEST_TYPE: Final = 0x7F
_REPLACEMENT_BUMP_PERCENT: Final = 10


@dataclass(frozen=True)
class WaitingEvmTx:
    """A checked transaction and its place in the queue."""

    arrival: int
    sender: Address
    evm_tx: BerlinLegacyTransaction


class Mempool:
    """What has been accepted and not yet included."""

    def __init__(self, chain_id: int, gas_limit: int) -> None:
        self._chain_id = chain_id
        self._gas_limit = gas_limit
        self._by_sender: dict[Address, dict[int, WaitingEvmTx]] = {}
        self._by_hash: dict[bytes, WaitingEvmTx] = {}
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._by_hash)

    def get(self, evm_tx_hash: bytes) -> WaitingEvmTx | None:
        """Give a waiting transaction, None if it is not waiting."""
        return self._by_hash.get(evm_tx_hash)

    def add(self, raw: bytes, state: StateAPI) -> WaitingEvmTx:
        """Check a raw transaction against the newest state and queue it. Raises `RequestRefused`."""
        evm_tx = decode_evm_tx(raw)
        if evm_tx.hash in self._by_hash:
            raise RequestRefused("already known")
        sender = self._validate_alone(evm_tx)
        self._validate_against_state(evm_tx, sender, state)
        queue = self._by_sender.get(sender, {})
        replaced = queue.get(evm_tx.nonce)
        self._validate_room(queue, replaced, evm_tx)
        if replaced is not None:
            self._forget(replaced)
        self._arrivals += 1
        waiting = WaitingEvmTx(self._arrivals, sender, evm_tx)
        self._by_sender.setdefault(sender, {})[evm_tx.nonce] = waiting
        self._by_hash[evm_tx.hash] = waiting
        return waiting

    def next_nonce(self, sender: Address, state: StateAPI) -> int:
        """Give the first nonce that neither the state nor the queue has used."""
        nonce: int = state.get_nonce(sender)
        queue = self._by_sender.get(sender, {})
        while nonce in queue:
            nonce += 1
        return nonce

    def candidates(self, state: StateAPI) -> Iterator[BerlinLegacyTransaction]:
        """Offer transactions for the next block: by arrival, each sender's in nonce order without gaps.

        Reads the state once per sender, so the same iterator stays right while the block changes that state.
        """
        heads: list[tuple[int, Address, int]] = []
        for sender, queue in self._by_sender.items():
            nonce = state.get_nonce(sender)
            if nonce in queue:
                heapq.heappush(heads, (queue[nonce].arrival, sender, nonce))
        while heads:
            _, sender, nonce = heapq.heappop(heads)
            queue = self._by_sender[sender]
            yield queue[nonce].evm_tx
            if nonce + 1 in queue:
                heapq.heappush(heads, (queue[nonce + 1].arrival, sender, nonce + 1))

    def remove(self, evm_tx_hash: bytes) -> None:
        """Forget a transaction, if it is there."""
        waiting = self._by_hash.get(evm_tx_hash)
        if waiting is not None:
            self._forget(waiting)

    def drop_used_nonces(self, state: StateAPI) -> None:
        """Forget what can no longer be included."""
        for waiting in tuple(self._by_hash.values()):
            if waiting.evm_tx.nonce < state.get_nonce(waiting.sender):
                self._forget(waiting)

    def _forget(self, waiting: WaitingEvmTx) -> None:
        del self._by_hash[waiting.evm_tx.hash]
        queue = self._by_sender[waiting.sender]
        del queue[waiting.evm_tx.nonce]
        if not queue:
            del self._by_sender[waiting.sender]

    def _validate_alone(self, evm_tx: BerlinLegacyTransaction) -> Address:
        chain_id = evm_tx.chain_id
        if chain_id is None:
            raise RequestRefused("only replay-protected (EIP-155) transactions allowed over RPC")
        if chain_id != self._chain_id:
            raise RequestRefused(f"invalid chain id for signer: have {chain_id} want {self._chain_id}")
        if evm_tx.gas > self._gas_limit:
            raise RequestRefused(f"exceeds block gas limit: tx {evm_tx.gas}, limit {self._gas_limit}")
        if evm_tx.gas < evm_tx.intrinsic_gas:
            raise RequestRefused(f"intrinsic gas too low: gas {evm_tx.gas}, minimum needed {evm_tx.intrinsic_gas}")
        try:
            evm_tx.validate()
            sender: Address = evm_tx.sender
        except (ValidationError, ValueError) as error:
            raise RequestRefused(f"invalid sender: {error}") from error
        return sender

    @staticmethod
    def _validate_against_state(evm_tx: BerlinLegacyTransaction, sender: Address, state: StateAPI) -> None:
        nonce = state.get_nonce(sender)
        if evm_tx.nonce < nonce:
            raise RequestRefused(f"nonce too low: next nonce {nonce}, tx nonce {evm_tx.nonce}")
        if evm_tx.nonce > nonce + MAX_NONCE_GAP:
            raise RequestRefused(f"nonce too high: next nonce {nonce}, tx nonce {evm_tx.nonce}")
        cost_wei = evm_tx.gas * evm_tx.gas_price + evm_tx.value
        balance_wei = state.get_balance(sender)
        if balance_wei < cost_wei:
            raise RequestRefused(
                f"insufficient funds for gas * price + value: balance {balance_wei}, tx cost {cost_wei}",
            )

    def _validate_room(
        self,
        queue: dict[int, WaitingEvmTx],
        replaced: WaitingEvmTx | None,
        evm_tx: BerlinLegacyTransaction,
    ) -> None:
        if replaced is not None:
            needed_wei = replaced.evm_tx.gas_price * (100 + _REPLACEMENT_BUMP_PERCENT) // 100
            if evm_tx.gas_price <= replaced.evm_tx.gas_price or evm_tx.gas_price < needed_wei:
                raise RequestRefused("replacement transaction underpriced")
            return
        if len(queue) >= MAX_WAITING_PER_SENDER:
            raise RequestRefused(f"account limit exceeded: {MAX_WAITING_PER_SENDER} transactions are waiting")
        if len(self._by_hash) >= MAX_WAITING:
            raise RequestRefused("txpool is full")


def decode_evm_tx(raw: bytes) -> BerlinLegacyTransaction:
    """Decode a legacy transaction strictly. Raises `RequestRefused`."""
    if not raw:
        raise RequestRefused("typed transaction too short")
    if len(raw) > MAX_EVM_TX_BYTES:
        raise RequestRefused(f"oversized data: transaction size {len(raw)}, limit {MAX_EVM_TX_BYTES}")
    if raw[0] <= _LARGEST_TYPE:
        raise RequestRefused("transaction type not supported: send a legacy transaction")
    if raw[0] < _FIRST_LEGACY_BYTE:
        raise RequestRefused("rlp: expected input list for types.LegacyTx")
    try:
        evm_tx: BerlinLegacyTransaction = rlp.decode(raw, BerlinLegacyTransaction)
    except rlp.exceptions.RLPException as error:
        raise RequestRefused(f"rlp: {error}") from error
    return evm_tx
