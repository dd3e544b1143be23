"""What a vault node tells of securities, transfer gates and network controls: those it keeps, and those it needed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import NETWORK_CONTROL, SECURITY, TRANSFER_GATE
from chains.progmat.contracts.network_control import NetworkControlState, Opening
from chains.progmat.contracts.security import SecurityState
from chains.progmat.contracts.transfer_gate import TransferGateState
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.keeping import existing_units
from chains.progmat.vault.rules import rules_of_contract

MAX_LISTED: Final = 500


@dataclass(frozen=True, slots=True)
class SecurityLine:
    """A present security, the ledger_tx that made it so, and what this vault has of it: all units, frozen ones."""

    security: SecurityState
    tx_id: bytes
    notary: str
    existing: int
    frozen: int


@dataclass(frozen=True, slots=True)
class GateLine:
    """A present gate of ``registrar``, or (both names empty) the control of a whole network."""

    network: BusinessNetwork
    gate_id: str
    registrar: str
    opening: Opening
    controlled: bool
    tx_id: bytes
    notary: str


class SecuritiesOperations:
    """Reads one node's vault; all methods raise ``StorageFailed`` and its like when the database does."""

    def __init__(self, database: NodeDatabase) -> None:
        self._database = database

    async def securities(self, limit: int) -> list[SecurityLine]:
        """By id; raises ``InvalidRequest``."""
        return await self._database.read(partial(_securities, limit=_limit("max_securities", limit)))

    async def gates(self, limit: int) -> list[GateLine]:
        """Controls of networks, then gates by id; raises ``InvalidRequest``."""
        return await self._database.read(partial(_gates, limit=_limit("max_gates", limit)))


def _limit(field: str, value: int) -> int:
    if not 0 <= value <= MAX_LISTED:
        raise InvalidRequest(field, f"at most {MAX_LISTED} are told, not {value}")
    return value or MAX_LISTED


def _securities(connection: Connection, *, limit: int) -> list[SecurityLine]:
    found = [row.state_and_ref for row in rules_of_contract(connection, SECURITY, limit)]
    held = existing_units(connection, {_asset(SecurityState.of(each.state)) for each in found})
    return [_security_line(each, held) for each in found]


def _security_line(found: StateAndRef, held: dict[Asset, tuple[int, int]]) -> SecurityLine:
    security = SecurityState.of(found.state)
    existing, frozen = held[_asset(security)]
    return SecurityLine(security, bytes(found.ref.tx_id), found.state.notary.name, existing, frozen)


def _asset(security: SecurityState) -> Asset:
    return Asset(security.network.name, security.security_id, security.registrar.name)


def _gates(connection: Connection, *, limit: int) -> list[GateLine]:
    lines = []
    for row in rules_of_contract(connection, NETWORK_CONTROL, limit):
        control, at = NetworkControlState.of(row.state), (bytes(row.ref.tx_id), row.state.notary.name)
        lines.append(GateLine(control.network, "", "", control.opening, False, *at))  # noqa: FBT003 # a field
    for row in rules_of_contract(connection, TRANSFER_GATE, limit):
        gate, at = TransferGateState.of(row.state), (bytes(row.ref.tx_id), row.state.notary.name)
        lines.append(GateLine(gate.network, gate.gate_id, gate.registrar.name, gate.opening, gate.controlled, *at))
    return lines[:limit]
