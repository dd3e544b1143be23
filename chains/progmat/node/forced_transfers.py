"""How a node forces the transfers of an emergency file: the registrar's own flow, the line's people in its note."""

from __future__ import annotations

from datetime import date
from typing import Final

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.transfer_note import TransferNote
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.securities_requests import ForceToken
from chains.progmat.market.emergency.normalising import Forced
from chains.progmat.node.operations import NodeOperations

WAIT_S: Final = 60
"""Longer than a flow takes; one that a peer keeps waiting is found again by its id."""


class NodeMover:
    """``normalising.Mover`` by the flows of a node."""

    def __init__(self, operations: NodeOperations) -> None:
        self._operations = operations

    async def force(self, forced: Forced) -> FlowRecord:
        """The flow as far as it has come within a minute. Raises as ``NodeOperations.submit``."""
        move, signed = forced.recorded.move, forced.recorded.signed
        note = TransferNote(
            trade_id=move.trade_id,
            settlement_date=date.fromisoformat(move.settlement_date) if move.settlement_date else None,
            reason=move.reason,
            reference=move.reference,
            author=signed.author,
            approver=signed.approver,
        )
        network, token_id, _ = forced.security
        request = ForceToken(
            forced.request_id, BusinessNetwork[network], token_id, forced.units, move.source, move.to, note
        )
        return await self._operations.submit(request, WAIT_S)
