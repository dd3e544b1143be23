"""Requests of governance and upkeep of light clients. Continues ``requests``, under its rules."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest


@dataclass(frozen=True)
class RecoverLightClient(FlowRequest):
    """A frozen or expired light client gets the state of an active substitute, by the network operator."""

    kind = FlowKind.RECOVER_LIGHT_CLIENT

    client_id: str
    substitute_id: str


@dataclass(frozen=True)
class EndorseLightClient(FlowRequest):
    """This issuer's coins may follow a recovered light client whose consensus records are ``substitute_id``'s.

    The substitute is named again, so that nobody endorses another recovery than the one it looked at.
    """

    kind = FlowKind.ENDORSE_LIGHT_CLIENT

    client_id: str
    substitute_id: str


@dataclass(frozen=True)
class PruneLightClient(FlowRequest):
    """Expired consensus records are consumed, the oldest first, as many as one ledger_tx takes."""

    kind = FlowKind.PRUNE_LIGHT_CLIENT

    client_id: str
