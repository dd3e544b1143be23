"""Reading proposals of contract packages, their ballots and results."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, and_, or_, select

from chains.progmat.node.storage.schema import transactions
from chains.progmat.vault.indexing import IndexedProposal
from chains.progmat.vault.queries import VaultState, find_states
from chains.progmat.vault.schema import proposals

PROPOSAL_RECORD: Final = "PROPOSAL"
BALLOT_RECORD: Final = "BALLOT"
RESULT_RECORD: Final = "RESULT"


def proposal_records(connection: Connection, proposal_tx: bytes) -> list[VaultState[IndexedProposal]]:
    """All there ever was of a proposal: itself, its ballots uncast and cast, its result."""
    row = proposals.c
    of_it = or_(row.tx_id == proposal_tx, row.proposal_tx == proposal_tx)
    return find_states(connection, IndexedProposal, of_it, row.output_index.asc(), None)


def spent_records(connection: Connection, proposal_tx: bytes) -> set[tuple[bytes, int]]:
    """Ledger_tx and output index of those among them that a recorded ledger_tx consumes."""
    row = proposals.c
    of_it = or_(row.tx_id == proposal_tx, row.proposal_tx == proposal_tx)
    found = connection.execute(select(row.tx_id, row.output_index).where(of_it, row.consumed.is_(True)))
    return {(tx_id, index) for tx_id, index in found}


def newest_proposals(connection: Connection, limit: int) -> list[bytes]:
    """Ids of the ledger_txs that filed proposals, the one recorded last at the head."""
    row = proposals.c
    recorded = proposals.join(transactions, row.tx_id == transactions.c.tx_id)
    query = select(row.tx_id).select_from(recorded).where(row.record == PROPOSAL_RECORD)
    return list(connection.execute(query.order_by(transactions.c.sequence.desc()).limit(limit)).scalars())


def approving_results(connection: Connection, network: str, limit: int) -> list[bytes]:
    """Ids of the ledger_txs that approved proposals of a business network, the one recorded last at the head."""
    row = proposals.c
    recorded = proposals.join(transactions, row.tx_id == transactions.c.tx_id)
    approved = and_(row.record == RESULT_RECORD, row.network == network, row.says == "APPROVED")
    query = select(row.tx_id).select_from(recorded).where(approved)
    return list(connection.execute(query.order_by(transactions.c.sequence.desc()).limit(limit)).scalars())
