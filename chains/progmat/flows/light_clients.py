"""Light clients and their consensus records, as builders take them from the vault."""

from __future__ import annotations

from sqlalchemy import Connection

from chains.progmat.contracts.ibc_records import ClientRecord, ClientRecordStatus, ConsensusRecord, record_of
from chains.progmat.flows.errors import LightClientIsFrozen, LightClientUnknown
from chains.progmat.transactions.model import StateAndRef
from chains.progmat.vault.queries import consensus_record, latest_consensus, light_client


def known_client(connection: Connection, client_id: str) -> StateAndRef:
    """The present record of a light client, in whatever status; raises ``LightClientUnknown``."""
    found = light_client(connection, client_id)
    if found is None:
        raise LightClientUnknown(client_id)
    return found.state_and_ref


def active_client(connection: Connection, client_id: str) -> StateAndRef:
    """As ``known_client``; raises ``LightClientIsFrozen``, too."""
    client = known_client(connection, client_id)
    if client_record(client).status is not ClientRecordStatus.ACTIVE:
        raise LightClientIsFrozen(client_id)
    return client


def consensus_of(connection: Connection, client: StateAndRef, height: int) -> StateAndRef:
    """The record at a height that the client relies on, at 0 the latest. Raises ``LightClientUnknown``."""
    of_id = client_record(client).consensus_client_id
    found = consensus_record(connection, of_id, height) if height else latest_consensus(connection, of_id)
    if found is None:
        raise LightClientUnknown(client_record(client).client_id, height)
    return found.state_and_ref


def client_record(state: StateAndRef) -> ClientRecord:
    """The client record in a state that the vault indexed as one."""
    record = record_of(state.state)
    if not isinstance(record, ClientRecord):
        raise TypeError(f"the vault indexed {state.ref} as a light client, it is a consensus record")
    return record


def consensus_in(state: StateAndRef) -> ConsensusRecord:
    """The consensus record in a state that the vault indexed as one."""
    record = record_of(state.state)
    if not isinstance(record, ConsensusRecord):
        raise TypeError(f"the vault indexed {state.ref} as a consensus record, it is a light client")
    return record
