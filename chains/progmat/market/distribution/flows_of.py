"""Flows by ids that follow from what they do: asked for again, the same flow is found, whoever asks and whenever.

A flow that failed is over for ever, so ids carry the number of the attempt. More than one attempt cannot pay twice: a
batch is paid by consuming its part's state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.attempts import first_attempt
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.storage import NodeDatabase

WAIT_S: Final = 30
REACHED: Final = frozenset({FlowStep.RECORDED, FlowStep.DONE, FlowStep.FAILED})

Submit = Callable[[AnyRequest, int], Awaitable[FlowRecord]]
"""Start a request's flow, or find it; the second is how long to wait for its end, in seconds."""


class FlowsOf:
    """Starts them, and waits until this node has recorded what they make."""

    def __init__(self, database: NodeDatabase, submit: Submit, outcome: Callable[..., Awaitable[FlowRecord]]) -> None:
        self._database = database
        self._submit = submit
        self._outcome = outcome

    async def through(self, base: str, request: Callable[[str], AnyRequest]) -> FlowRecord:
        """The flow of ``base``'s first attempt that has not failed, recorded here, or failed now. May take its time."""
        flow_id = await self._database.read(partial(first_attempt, base=base))
        record = await self._submit(request(flow_id), 0)
        while record.step not in REACHED:
            record = await self._outcome(flow_id, WAIT_S, REACHED)
        return record
