"""An account that sends legacy transactions, nonce after nonce, and recovers from a wrong one."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from chains.evm.client.abi import EvmCall
from chains.evm.client.node_types import EvmReceipt, EvmTxStatus
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import (
    EvmTxAlreadyKnown,
    EvmTxFailed,
    EvmTxNotIncluded,
    ExecutionReverted,
    GasPriceTooHigh,
    NonceTooLow,
)
from primitives.errors import CrossDvpError
from primitives.keccak import keccak256
from primitives.rlp import encode, uint_bytes
from primitives.secp256k1 import address_of

_log = logging.getLogger(__name__)
# EIP-150 keeps 1/64 back a call; what an estimate misses when the state changes before inclusion comes on top
GAS_MARGIN_PERCENT: Final = 25
# the base fee rises by an eighth a block at most (EIP-1559): room for three full blocks before inclusion
GAS_PRICE_MARGIN_PERCENT: Final = 50
_NONCE_ATTEMPTS: Final = 4
_POLL_INTERVAL_S: Final = 0.1


@dataclass(frozen=True)
class SignedEvmTx:
    """Ready to send, as often as needed: it has one hash and takes effect at most once."""

    evm_tx_hash: bytes
    raw: bytes
    nonce: int


class EvmAccount:
    """One key on one chain. Calls of `send` are put in order; another sender with the same key is tolerated.

    The node is asked for its gas price only if the account may pay one: up to `max_gas_price_wei`.
    """

    def __init__(self, rpc: EvmRpc, secret: bytes, chain_id: int, max_gas_price_wei: int = 0) -> None:
        self.rpc = rpc
        self.address: bytes = address_of(secret)
        self.chain_id = chain_id
        self._max_gas_price_wei = max_gas_price_wei
        self._secret = secret
        self._next_nonce: int | None = None
        self._ordering = asyncio.Lock()

    def sign(self, call: EvmCall, nonce: int, gas: int, gas_price_wei: int = 0) -> SignedEvmTx:
        """Sign a legacy transaction with EIP-155 protection."""
        from eth_account import Account  # noqa: PLC0415  # takes a second to import, which readers need not wait for

        fields: dict[str, object] = {
            "nonce": nonce,
            "gasPrice": gas_price_wei,
            "gas": gas,
            "to": call.to,
            "value": call.value_wei,
            "data": call.data,
            "chainId": self.chain_id,
        }
        signed = Account.sign_transaction(fields, self._secret)
        return SignedEvmTx(bytes(signed.hash), bytes(signed.raw_transaction), nonce)

    async def send(self, call: EvmCall) -> SignedEvmTx:
        """Sign with the next nonce and hand in.

        Raises what the node says, `ExecutionReverted` if it would fail, `GasPriceTooHigh` if it costs too much now.
        """
        gas, gas_price_wei = await self._gas_for(call), await self._gas_price_wei()
        async with self._ordering:
            for _ in range(_NONCE_ATTEMPTS - 1):
                try:
                    return await self._send_with_next_nonce(call, gas, gas_price_wei)
                except NonceTooLow as error:
                    _log.info("0x%s: %s; reading the nonce again", self.address.hex(), error.message)
            return await self._send_with_next_nonce(call, gas, gas_price_wei)

    async def _send_with_next_nonce(self, call: EvmCall, gas: int, gas_price_wei: int) -> SignedEvmTx:
        nonce = await self.rpc.nonce(self.address) if self._next_nonce is None else self._next_nonce
        self._next_nonce = None  # unless the node takes this one
        signed = self.sign(call, nonce, gas, gas_price_wei)
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
        if receipt.status is EvmTxStatus.FAILED:
            why = await self._why_failed(call, receipt)
            raise EvmTxFailed(receipt.evm_tx_hash, receipt.height, why)
        return receipt

    async def _gas_for(self, call: EvmCall) -> int:
        if call.gas is not None:
            return call.gas
        estimate = await self.rpc.estimate_gas(call, self.address)
        return estimate * (100 + GAS_MARGIN_PERCENT) // 100

    async def _gas_price_wei(self) -> int:
        """What the node asks and a margin, as far as the account may pay it; one that pays nothing asks nothing."""
        if self._max_gas_price_wei == 0:
            return 0
        asked_wei = await self.rpc.gas_price_wei()
        if asked_wei > self._max_gas_price_wei:
            raise GasPriceTooHigh(asked_wei, self._max_gas_price_wei)
        return min(asked_wei * (100 + GAS_PRICE_MARGIN_PERCENT) // 100, self._max_gas_price_wei)

    async def _why_failed(self, call: EvmCall, receipt: EvmReceipt) -> str:
        """Try it again after the block: near enough to find the rule that refused it."""
        try:
            await self.rpc.call(call, receipt.height, self.address)
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
