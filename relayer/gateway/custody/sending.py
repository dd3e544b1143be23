"""Sends what was handed in until the chain says what became of it: an outbox, safe to repeat at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from chains.evm.client.abi import EvmCall
from chains.evm.client.node_types import BlockTag, EvmReceipt, EvmTxStatus
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.unsigned_tx import read_signed_tx
from chains.evm.errors import EvmRequestRefused, EvmTxAlreadyKnown, ExecutionReverted
from primitives.errors import CrossDvpError, PeerError, UnavailableError
from relayer.gateway.crash_points import Crash, GatewayCrashPoint, unharmed
from relayer.gateway.custody.tables import Operation, OperationState
from relayer.gateway.settlement_tables import CUSTODY
from relayer.gateway.store import GatewayStore

_log = structlog.get_logger(__name__)
MOST_AT_ONCE = 100


class OperationSender:
    """One per gateway process; several over one database send the same bytes, which the chain takes once."""

    def __init__(
        self,
        store: GatewayStore,
        rpc: EvmRpc,
        now_s: Callable[[], int],
        interval_s: float = 0.5,
        crash: Crash = unharmed,
    ) -> None:
        self._database = store.database
        self._rpc = rpc
        self._now_s = now_s
        self._interval_s = interval_s
        self._crash = crash
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was handed in."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until ``stopping`` is set; a node or database that is away is waited for."""
        while not stopping.is_set():
            self._woken.clear()
            try:
                await self.round()
            except CrossDvpError as failure:
                _log.warning("operations wait", reason=failure.reason, error=str(failure))
            await self._pause(stopping)

    async def _pause(self, stopping: asyncio.Event) -> None:
        """The interval, or less when something was handed in or the process stops."""
        waiting = [asyncio.create_task(event.wait()) for event in (self._woken, stopping)]
        await asyncio.wait(waiting, timeout=self._interval_s, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    async def round(self) -> int:
        """Look once after everything that is pending; how many there were."""

        def pending() -> list[Operation]:
            with self._database.reading() as connection:
                return list(CUSTODY.pending(connection, MOST_AT_ONCE))

        found = await asyncio.to_thread(pending)
        for operation in sorted(found, key=lambda each: (each.sender, each.nonce)):
            after = await self._advanced(operation)
            if after != operation:
                self._crash(GatewayCrashPoint.BEFORE_OPERATION_RECORDED)
                await asyncio.to_thread(self._store, after)
                self._crash(GatewayCrashPoint.AFTER_OPERATION_RECORDED)
        return len(found)

    def _store(self, operation: Operation) -> None:
        with self._database.transaction() as connection:
            CUSTODY.update(connection, operation)

    async def _advanced(self, operation: Operation) -> Operation:
        """What became of it by now. What its node refuses or garbles is kept as its last error; it is tried again."""
        now_s = self._now_s()
        try:
            receipt = await self._rpc.receipt(operation.evm_tx_hash)
            if receipt is not None:
                return await self._ended(operation, receipt, now_s)
            used = await self._rpc.nonce(operation.sender, BlockTag.LATEST)
            if used > operation.nonce and await self._rpc.receipt(operation.evm_tx_hash) is None:
                why = f"nonce {operation.nonce} of 0x{operation.sender.hex()} was used by another transaction"
                return _failed(operation, "EVM_NONCE_USED", f"{why}: prepare the step again", now_s)
            self._crash(GatewayCrashPoint.BEFORE_OPERATION_SENT)
            await self._rpc.send_raw(operation.raw)
            self._crash(GatewayCrashPoint.AFTER_OPERATION_SENT)
        except EvmTxAlreadyKnown:
            return replace(operation, error_reason="", error_message="", updated_s=now_s)
        except (EvmRequestRefused, PeerError, UnavailableError) as failure:
            told = str(failure)[:500]
            return replace(operation, error_reason=failure.reason, error_message=told, updated_s=now_s)
        return replace(operation, error_reason="", error_message="", updated_s=now_s)

    async def _ended(self, operation: Operation, receipt: EvmReceipt, now_s: int) -> Operation:
        seen = replace(operation, height=receipt.height, gas_used=receipt.gas_used)
        if receipt.status is EvmTxStatus.SUCCEEDED:
            included = OperationState.INCLUDED
            return replace(seen, state=included, error_reason="", error_message="", updated_s=now_s)
        return _failed(seen, "EVM_TX_FAILED", await self._why(operation, receipt), now_s)

    async def _why(self, operation: Operation, receipt: EvmReceipt) -> str:
        """Try it again after its block: near enough to find the rule that refused it."""
        content = read_signed_tx(operation.raw).content
        try:
            await self._rpc.call(EvmCall(content.to, content.data), receipt.height, operation.sender)
        except ExecutionReverted as error:
            return str(error.revert)
        except CrossDvpError as error:
            return f"the reason could not be found: {error}"
        return f"no refusal when tried again; gas used {receipt.gas_used} of {content.gas}"


def _failed(operation: Operation, reason: str, message: str, now_s: int) -> Operation:
    state = OperationState.FAILED
    return replace(operation, state=state, error_reason=reason, error_message=message[:500], updated_s=now_s)
