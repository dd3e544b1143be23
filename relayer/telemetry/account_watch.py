"""The relayer's account on an EVM chain, by the chain's own word: what it holds, sent, and has waiting; gas it used."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

import structlog

from chains.evm.client.node_types import BlockTag
from chains.evm.client.rpc import EvmRpc
from primitives.errors import CrossDvpError
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics

_log = structlog.get_logger(__name__)

MOST_SUBMISSIONS: Final = 2000
MOST_A_LOOK: Final = 100


class AccountWatch:
    """Asks the node at its own pace. ``submitted`` is told of submissions, whose gas is read from their receipts."""

    def __init__(self, rpc: EvmRpc, chain: str, address: bytes, metrics: Metrics) -> None:
        self._rpc = rpc
        self._chain = chain
        self._address = address
        self._metrics = metrics
        self._submissions: deque[bytes] = deque(maxlen=MOST_SUBMISSIONS)

    def submitted(self, chain: str, tx_id: str) -> None:
        """A transaction that took effect; those of other chains are not this account's."""
        if chain != self._chain or not tx_id.startswith("0x"):
            return
        try:
            self._submissions.append(bytes.fromhex(tx_id[2:]))
        except ValueError:
            _log.warning("transaction id is not hexadecimal", chain=chain, tx_id=tx_id)

    async def run(self, stopping: asyncio.Event, interval_s: float) -> None:
        """Look until ``stopping``; a node that is away is told of by its chain's check."""
        while not stopping.is_set():
            try:
                await self.look()
            except CrossDvpError as failure:
                _log.debug("account unread", chain=self._chain, reason=failure.reason, error=str(failure))
            try:
                await asyncio.wait_for(stopping.wait(), interval_s)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Balance, nonces, and the gas of what was submitted since. Raises what the node's client raises."""
        labels = (self._chain, "0x" + self._address.hex())
        balance_wei, confirmed, known = await asyncio.gather(
            self._rpc.balance_wei(self._address),
            self._rpc.nonce(self._address, BlockTag.LATEST),
            self._rpc.nonce(self._address),
        )
        self._metrics.show(names.ACCOUNT_BALANCE, *labels, value=balance_wei)
        self._metrics.show(names.ACCOUNT_SENT, *labels, value=confirmed)
        self._metrics.show(names.ACCOUNT_WAITING, *labels, value=max(0, known - confirmed))
        for _ in range(min(MOST_A_LOOK, len(self._submissions))):
            receipt = await self._rpc.receipt(self._submissions[0])
            self._submissions.popleft()
            if receipt is not None:
                self._metrics.count(names.GAS_USED, self._chain, by=receipt.gas_used)
