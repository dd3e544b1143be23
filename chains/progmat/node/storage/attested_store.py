"""Attestations, and outputs that are known by one instead of by their ledger_tx."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, tuple_
from sqlalchemy.dialects.sqlite import insert

from chains.progmat.node.storage.schema import attestations, attested_outputs

_KEEP_ATTESTATION = insert(attestations).on_conflict_do_nothing()
_KEEP_OUTPUT = insert(attested_outputs).on_conflict_do_nothing()


def keep_attestation(connection: Connection, tx_id: bytes, attestation: bytes) -> None:
    """Keep a verified attestation; an earlier one of the same ledger_tx stays."""
    connection.execute(_KEEP_ATTESTATION, {"tx_id": tx_id, "attestation": attestation})


def keep_attested_outputs(connection: Connection, tx_id: bytes, proofs: Iterable[tuple[int, bytes]]) -> None:
    """Keep verified outputs (index, proof) of an attested ledger_tx."""
    rows = [{"tx_id": tx_id, "output_index": index, "proof": proof} for index, proof in proofs]
    connection.execute(_KEEP_OUTPUT, rows)


def attestations_of(connection: Connection, tx_ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """The attestations that are here, by ledger_tx id."""
    query = select(attestations.c.tx_id, attestations.c.attestation).where(attestations.c.tx_id.in_(list(tx_ids)))
    return {row.tx_id: row.attestation for row in connection.execute(query)}


def attested_output_proofs(connection: Connection, refs: Sequence[tuple[bytes, int]]) -> dict[tuple[bytes, int], bytes]:
    """Those of the outputs (ledger_tx id, index) that are known by an attestation, with their proofs."""
    if not refs:
        return {}
    key = tuple_(attested_outputs.c.tx_id, attested_outputs.c.output_index)
    query = select(attested_outputs).where(key.in_(list(refs)))
    return {(row.tx_id, row.output_index): row.proof for row in connection.execute(query)}
