"""What all disks of a ledger hold, read past the nodes' own code, and the model that must explain it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.seams import Role
from chains.progmat.flows.steps import FlowStep
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from tests.simulator.ledger import SimulatedLedger
from tests.simulator.machine import Machine
from tests.simulator.parties import ROLES

CashRow = tuple[StateRef, int, str, bytes]
"""Reference, yen, node and key, as the state names it, of unconsumed cash."""
Entry = tuple[tuple[str, bytes, bytes], int]
"""Node, owner's key and transaction of an entry in an account's book, and by how many yen it changes."""


@dataclass(frozen=True)
class FoundFlow:
    """A row of ``flows``."""

    node: str
    flow_id: str
    kind: FlowKind
    request: AnyRequest
    step: FlowStep
    tx_id: bytes | None
    reason: str


@dataclass(frozen=True)
class FoundVault:
    """One node's disk."""

    name: str
    flows: tuple[FoundFlow, ...]
    tx_ids: frozenset[bytes]
    cash: frozenset[CashRow]
    accounts: frozenset[tuple[StateRef, bytes]]
    """Of the same cash: the key of the account that it is in, to this node."""
    soft_locks: int
    owed: int
    entries: tuple[Entry, ...]


@dataclass
class Records:
    """All vaults, and every transaction that any of them recorded."""

    vaults: dict[str, FoundVault] = field(default_factory=dict)
    wires: dict[bytes, WireTransaction] = field(default_factory=dict)

    @classmethod
    def of(cls, ledger: SimulatedLedger) -> Records:
        """Read them."""
        records = cls()
        for machine in ledger.machines.values():
            if has_vault(machine):
                records._read(machine)
        return records

    @property
    def flows(self) -> tuple[FoundFlow, ...]:
        """Of all nodes."""
        return tuple(flow for vault in self.vaults.values() for flow in vault.flows)

    def consumers(self) -> dict[StateRef, list[bytes]]:
        """Who consumes each state that is consumed."""
        found: dict[StateRef, list[bytes]] = defaultdict(list)
        for tx_id, wire in self.wires.items():
            for ref in wire.inputs:
                found[ref].append(tx_id)
        return found

    def unspent(self) -> frozenset[CashRow]:
        """All cash that no recorded transaction consumes."""
        spent = self.consumers()
        return frozenset(
            (ref, cash.amount_yen, cash.node, cash.owner.encoded())
            for tx_id, wire in self.wires.items()
            for index, state in enumerate(wire.outputs)
            if state.contract == CASH and (ref := StateRef(wire.id, index)) not in spent
            for cash in (CashState.of(state),)
        )

    def concerned(self, wire: WireTransaction) -> set[str]:
        """Nodes that must have recorded a cash transaction: the issuer and the custodians of its inputs and outputs."""
        states = list(wire.outputs)
        states += [self.wires[bytes(ref.tx_id)].outputs[ref.index] for ref in wire.inputs if ref.tx_id in self.wires]
        cash = [CashState.of(state) for state in states if state.contract == CASH]
        return {name for coin in cash for name in (coin.node, coin.issuer.name)}

    def _read(self, machine: Machine) -> None:
        raw = machine.disk.raw
        for tx_id, signed_bytes in raw.execute("SELECT tx_id, signed_bytes FROM transactions ORDER BY tx_id"):
            if tx_id not in self.wires:
                self.wires[tx_id] = SignedTransaction.decode(signed_bytes).wire
        self.vaults[machine.name] = FoundVault(
            name=machine.name,
            flows=tuple(_flow(machine.name, row) for row in raw.execute(_FLOWS)),
            tx_ids=frozenset(tx_id for (tx_id,) in raw.execute("SELECT tx_id FROM transactions")),
            cash=frozenset((StateRef(row[0], row[1]), *row[2:]) for row in raw.execute(_CASH)),
            accounts=frozenset((StateRef(row[0], row[1]), row[2]) for row in raw.execute(_ACCOUNTS)),
            soft_locks=raw.execute("SELECT count(*) FROM vault_soft_locks").fetchone()[0],
            entries=tuple(((row[0], row[1], row[2]), row[3]) for row in raw.execute(_ENTRIES)),
            owed=raw.execute("SELECT count(*) FROM outbox WHERE status = 'PENDING'").fetchone()[0],
        )


_FLOWS = "SELECT flow_id, kind, request, step, tx_id, last_error_reason FROM flows ORDER BY created_ms, flow_id"
_ENTRIES = "SELECT node, owner_key, tx_id, change_amount FROM vault_entries"
_CASH = (
    "SELECT tx_id, output_index, amount, node, coalesce(fresh_key, owner_key) FROM vault_holdings "
    "WHERE network = 'SC' AND NOT consumed"
)
_ACCOUNTS = "SELECT tx_id, output_index, owner_key FROM vault_holdings WHERE network = 'SC' AND NOT consumed"


def has_vault(machine: Machine) -> bool:
    """Whether flows run there."""
    return ROLES[machine.party] in {Role.ISSUER, Role.CUSTODIAN} and machine.disk.is_prepared


def _flow(node: str, row: tuple[Any, ...]) -> FoundFlow:
    flow_id, kind, request, step, tx_id, reason = row
    kind = FlowKind(kind)
    return FoundFlow(node, flow_id, kind, decode_request(kind, request), FlowStep(step), tx_id, reason)
