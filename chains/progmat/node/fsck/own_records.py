"""What only this node knows: flows, what it owes, soft locks. Each must belong to something that is there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.schema import flows
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.node.fsck.finding import Defect, shown
from chains.progmat.node.storage.outbox import EffectStatus
from chains.progmat.node.storage.schema import outbox, transactions
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.vault.schema import soft_locks
from primitives.errors import CrossDvpError

_RECORDED = frozenset({FlowStep.RECORDED.value, FlowStep.DONE.value})
_NO_FLOW_OF_OURS = ("recovered ", "attested ")
"""Deliveries of ledger_txs that came back from peers (`flows.recovery`), and of attestations (`flows.snipping`)."""


def check_flows(connection: Connection) -> Iterator[Defect]:
    """Known words, a ledger_tx that is the one named, and recorded where the step says so."""
    kinds, steps = {kind.value for kind in FlowKind}, {step.value for step in FlowStep}
    recorded = set(connection.execute(select(transactions.c.tx_id)).scalars())
    for row in connection.execute(select(flows)):
        if row.kind not in kinds:
            yield Defect(flows.name, row.flow_id, f"a kind among {', '.join(sorted(kinds))}", row.kind)
        if row.step not in steps:
            yield Defect(flows.name, row.flow_id, f"a step among {', '.join(sorted(steps))}", row.step)
        if row.signed_tx is not None:
            yield from _transaction_of(row.flow_id, row.signed_tx, row.tx_id)
        if row.step in _RECORDED and row.tx_id not in recorded:
            yield Defect(flows.name, row.flow_id, f"ledger_tx {shown(row.tx_id)} recorded", "it is not")


def _transaction_of(flow_id: str, signed_tx: bytes, tx_id: bytes | None) -> Iterator[Defect]:
    try:
        signed = SignedTransaction.decode(signed_tx)
        found = bytes(signed.id)
        signed.verify_each_signature()
    except CrossDvpError as error:
        yield Defect(flows.name, flow_id, "a signed ledger_tx", f"{error.reason}: {error}")
    else:
        if found != tx_id:
            yield Defect(flows.name, flow_id, f"ledger_tx {shown(tx_id)}", shown(found))


def check_outbox(connection: Connection) -> Iterator[Defect]:
    """Owed by a flow that is known, in a known state."""
    known = set(connection.execute(select(flows.c.flow_id)).scalars())
    statuses = {status.value for status in EffectStatus}
    columns = (outbox.c.effect_key, outbox.c.status)
    for row in connection.execute(select(*columns)):
        if row.status not in statuses:
            yield Defect(outbox.name, row.effect_key, f"a status among {', '.join(sorted(statuses))}", row.status)
        flow_id = row.effect_key.split("|", 1)[0]
        if flow_id not in known and not flow_id.startswith(_NO_FLOW_OF_OURS):
            yield Defect(outbox.name, row.effect_key, "a flow of this node", f"no flow {flow_id}")


def check_soft_locks(connection: Connection, now_s: int) -> Iterator[Defect]:
    """Held by a flow that has not ended; an expired one holds nothing."""
    ended = {row.flow_id: row.step in {step.value for step in ENDS} for row in connection.execute(select(flows))}
    for row in connection.execute(select(soft_locks).where(soft_locks.c.expires_s > now_s)):
        if ended.get(row.lock_owner, True):
            name = f"{shown(row.tx_id)}, {row.output_index}"
            advice = "nothing: it expires by itself, and holds one state until then"
            yield Defect(soft_locks.name, name, "a flow that goes on", f"held by {row.lock_owner}", advice)
