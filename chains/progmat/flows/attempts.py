"""Flows whose id follows from what they do, with the number of the attempt: a flow that failed is over for ever."""

from __future__ import annotations

from sqlalchemy import Connection

from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.store import find_flow


def first_attempt(connection: Connection, base: str) -> str:
    """The id of the first attempt at ``base`` that has not failed, begun or not."""
    number = 0
    while True:
        flow_id = f"{base}/{number}"
        known = find_flow(connection, flow_id)
        if known is None or known.step is not FlowStep.FAILED:
            return flow_id
        number += 1
