"""An account that sends transactions, nonce after nonce: what every kind offers, and the simple kind for scripts.

The simple kind keeps its nonce in memory and pays legacy prices. A process that must not lose a transaction keeps its
nonces in a database: that kind stands beside the relayer's.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from chains.evm.client.abi import EvmCall
from chains.evm.client.fees import PRICE_MARGIN_PERCENT, Fee, FeeRules, current_fee
from chains.evm.client.node_types import EvmReceipt, EvmTxStatus
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.signing import SignedEvmTx, sign_call
from chains.evm.errors import (
    EvmTxAlreadyKnown,
    EvmTxFailed,
    EvmTxNotIncluded,
    ExecutionReverted,
    NonceTooLow,
)
from primitives.errors import CrossDvpError
from primitives.keccak import keccak256
from primitives.rlp import encode, uint_bytes
from primitives.secp256k1 import address_of

_log = logging.getLogger(__name__)
# EIP-150 keeps 1/64 back a call; what an estimate misses when the state changes before inclusion comes on top
GAS_MARGIN_PERCENT: Final = 25
GAS_PRICE_MARGIN_PERCENT: Final = PRICE_MARGIN_PERCENT
_NONCE_ATTEMPTS: Final = 4
_POLL_INTERVAL_S: Final = 0.1


class EvmSender(Protocol):
    """An account that sends. Several transactions may be on their way; they take effect in the order of ``send``."""

    @property
    def rpc(self) -> EvmRpc:
        """The chain."""

    @property
    def address(self) -> bytes:
        """20 bytes."""

    @property
    def chain_id(self) -> int:
        """What its transactions are signed for (EIP-155)."""

    async def send(self, call: EvmCall) -> SignedEvmTx:
        """Sign with the next nonce and hand in; not waited for.

        Raises what the node says, `ExecutionReverted` if it would fail, `GasPriceTooHigh` if it costs too much now.
        """

    async def wait_for(self, signed: SignedEvmTx, call: EvmCall, timeout_s: float) -> EvmReceipt:
        """Wait for the success of what `send` gave; as `execute`."""

    async def execute(self, call: EvmCall, timeout_s: float) -> EvmReceipt:
        """Send and wait for success. Raises `EvmTxFailed` with the reason, `EvmTxNotIncluded` when time is up."""


class EvmAccount:
    """One key on one chain. Calls of `send` are put in order; another sender with the same key is tolerated.

    The node is asked for its gas price only if the account may pay one: up to `max_gas_price_wei`.
    """

    def __init__(self, rpc: EvmRpc, secret: bytes, chain_id: int, max_gas_price_wei: int = 0) -> None:
        self.rpc = rpc
        self.address: bytes = address_of(secret)
        self.chain_id = chain_id
        self._fees = FeeRules(max_gas_price_wei=max_gas_price_wei)
        self._secret = secret
        self._next_nonce: int | None = None
        self._ordering = asyncio.Lock()

    def sign(self, call: EvmCall, nonce: int, gas: int, gas_price_wei: int = 0) -> SignedEvmTx:
        """Sign a legacy transaction with EIP-155 protection."""
        return sign_call(self._secret, self.chain_id, call, nonce, gas, Fee(gas_price_wei))

    async def send(self, call: EvmCall) -> SignedEvmTx:
        """Sign with the next nonce and hand in.

        Raises what the node says, `ExecutionReverted` if it would fail, `GasPriceTooHigh` if it costs too much now.
        """
        gas, fee = await gas_for(self.rpc, call, self.address), await current_fee(self.rpc, self._fees)
        async with self._ordering:
            for _ in range(_NONCE_ATTEMPTS - 1):
                try:
                    return await self._send_with_next_nonce(call, gas, fee)
                except NonceTooLow as error:
                    _log.info("0x%s: %s; reading the nonce again", self.address.hex(), error.message)
            return await self._send_with_next_nonce(call, gas, fee)

    async def _send_with_next_nonce(self, call: EvmCall, gas: int, fee: Fee) -> SignedEvmTx:
        nonce = await self.rpc.nonce(self.address) if self._next_nonce is None else self._next_nonce
        self._next_nonce = None  # unless the node takes this one
        signed = sign_call(self._secret, self.chain_id, call, nonce, gas, fee)
        try:
            await self.rpc.send_raw(signed.raw)
        except EvmTxAlreadyKnown:
            _log.debug("nonce %d: the node has this transaction already", nonce)
        self._next_nonce = nonce + 1
        return signed

    async def execute(self, call: EvmCall, timeout_s: float) -> EvmReceipt:
        """Send and wait for success. Raises `EvmTxFailed` with the reason, `EvmTxNotIncluded` when time is up."""
        signed = await self.send(call)
        return await self.wait_for(signed, call, timeout_s)

    async def wait_for(self, signed: SignedEvmTx, call: EvmCall, timeout_s: float) -> EvmReceipt:
        """Wait for a transaction of this account; as `execute`."""
        try:
            receipt = await wait_for_receipt(self.rpc, signed.evm_tx_hash, timeout_s)
        except EvmTxNotIncluded:
            self._next_nonce = None  # the node may have lost it: later nonces would wait for it for ever
            raise
        await require_success(self.rpc, call, receipt, self.address)
        return receipt


async def gas_for(rpc: EvmRpc, call: EvmCall, sender: bytes, margin_percent: int = GAS_MARGIN_PERCENT) -> int:
    """The gas a call asks for, else what the node estimates and a margin. Raises `ExecutionReverted`."""
    if call.gas is not None:
        return call.gas
    return await rpc.estimate_gas(call, sender) * (100 + margin_percent) // 100


async def require_success(rpc: EvmRpc, call: EvmCall, receipt: EvmReceipt, sender: bytes) -> None:
    """Raise `EvmTxFailed` with the reason if the transaction is in a block and reverted."""
    if receipt.status is EvmTxStatus.FAILED:
        why = await _why_failed(rpc, call, receipt, sender)
        raise EvmTxFailed(receipt.evm_tx_hash, receipt.height, why)


async def _why_failed(rpc: EvmRpc, call: EvmCall, receipt: EvmReceipt, sender: bytes) -> str:
    """Try it again after the block: near enough to find the rule that refused it."""
    try:
        await rpc.call(call, receipt.height, sender)
    except ExecutionReverted as error:
        return str(error.revert)
    except CrossDvpError as error:
        return f"the reason could not be found: {error}"
    return f"no refusal when tried again; gas used {receipt.gas_used}"


async def wait_for_receipt(rpc: EvmRpc, evm_tx_hash: bytes, timeout_s: float) -> EvmReceipt:
    """Poll until the transaction is in a block. Raises `EvmTxNotIncluded`."""
    try:
        async with asyncio.timeout(timeout_s):
            while (receipt := await rpc.receipt(evm_tx_hash)) is None:  # noqa: ASYNC110 # a node must be asked
                await asyncio.sleep(_POLL_INTERVAL_S)
    except TimeoutError as error:
        raise EvmTxNotIncluded(evm_tx_hash, timeout_s) from error
    return receipt


def created_address(sender: bytes, nonce: int) -> bytes:
    """Give the address of the contract that a transaction creates."""
    return keccak256(encode([sender, uint_bytes(nonce)]))[12:]
