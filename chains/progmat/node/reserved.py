"""Whose reservations are asked for: a flow's, or all that a native trade has at this node."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from chains.progmat.flows.dvp_answers import lock_owner
from chains.progmat.flows.market_requests import SettleDvp
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.schema import flows
from chains.progmat.flows.steps import ENDS


@dataclass(frozen=True, slots=True)
class Reserved:
    """At most one of the two is given; neither: everybody's."""

    flow_id: str = ""
    trade_id: bytes = b""

    def owners(self, connection: Connection) -> tuple[str, ...]:
        """Names under which states are soft-locked; none for everybody's.

        A trade's are the buyer's, from when its node answered for it, and those of flows here that settle it.
        """
        if self.flow_id:
            return (self.flow_id,)
        if not self.trade_id:
            return ()
        return (lock_owner(self.trade_id), *_settling(connection, self.trade_id))


def _settling(connection: Connection, trade_id: bytes) -> list[str]:
    ended = [step.value for step in ENDS]
    running = select(flows.c.flow_id, flows.c.request).where(
        flows.c.kind == FlowKind.SETTLE_DVP.value, flows.c.step.not_in(ended)
    )
    found = []
    for row in connection.execute(running):
        request = decode_request(FlowKind.SETTLE_DVP, row.request)
        if isinstance(request, SettleDvp) and request.dvp.trade_id == trade_id:
            found.append(row.flow_id)
    return found
