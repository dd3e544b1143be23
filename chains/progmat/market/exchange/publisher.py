"""From the venue's executions to the flows that publish them: each gets exactly one, by its request id."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import structlog

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.execution_requests import PublishExecution
from chains.progmat.market.exchange.venue_store import Execution, executions_to_hand_on, note_handed_on
from chains.progmat.node.storage import NodeDatabase
from primitives.errors import CrossDvpError

log = structlog.get_logger()
AGAIN_AFTER_MS: Final = 1000


def publication_of(execution: Execution) -> PublishExecution:
    """The request of the flow that tells the two custodian nodes."""
    return PublishExecution(
        request_id=execution.flow_id,
        number=execution.number,
        token_id=execution.security.token_id,
        registrar=execution.security.registrar,
        quantity=execution.quantity,
        amount_yen=execution.amount_yen,
        sell_order_id=execution.sell_order_id,
        buy_order_id=execution.buy_order_id,
        seller=execution.seller,
        buyer=execution.buyer,
        settlement_date=execution.settlement_date.isoformat(),
    )


class ExecutionPublisher:
    """Starts the flow of every execution that is not noted as handed on; a crash in between starts the same flow."""

    def __init__(
        self, database: NodeDatabase, start_flow: Callable[[PublishExecution], Awaitable[object]], clock: Clock
    ) -> None:
        self._database = database
        self._start_flow = start_flow
        self._clock = clock
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There may be executions to publish."""
        self._woken.set()

    def start(self) -> None:
        """Begin with what an earlier run left."""
        self._woken.set()
        self._task = asyncio.create_task(self._run(), name="publishing executions")

    async def stop(self) -> None:
        """End; the next start goes on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def once(self) -> int:
        """Hand on what waits; returns how many."""
        waiting = await self._database.read(executions_to_hand_on)
        for execution in waiting:
            await self._start_flow(publication_of(execution))
        if waiting:
            await self._database.submit(partial(note_handed_on, numbers=[each.number for each in waiting]))
        return len(waiting)

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                while await self.once():
                    pass
            except CrossDvpError as error:
                log.warning("executions wait to be published", reason=error.reason, error=str(error))
            except Exception:  # a defect must not end the work for good
                log.exception("executions wait to be published: a defect")
            else:
                continue
            await self._clock.sleep_ms(AGAIN_AFTER_MS)
            self._woken.set()
