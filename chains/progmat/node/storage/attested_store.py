"""Attestations, and outputs that are known by one instead of by their ledger_tx."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select, tuple_

from chains.progmat.node.storage.prepared import Prepared, insert
from chains.progmat.node.storage.schema import attestations, attested_outputs

_KEEP_ATTESTATION = Prepared(insert(attestations).on_conflict_do_nothing(), columns=attestations.c.keys())
_KEEP_OUTPUT = Prepared(insert(attested_outputs).on_conflict_do_nothing(), columns=attested_outputs.c.keys())
_ATTESTATIONS = Prepared(
    select(attestations.c.tx_id, attestations.c.attestation).where(
        attestations.c.tx_id.in_(bindparam("tx_ids", expanding=True))
    )
)
_OUTPUTS = Prepared(
    select(attested_outputs.c.tx_id, attested_outputs.c.output_index, attested_outputs.c.proof).where(
        attested_outputs.c.tx_id.in_(bindparam("tx_ids", expanding=True)),  # SQLite has no index for a list of pairs
        tuple_(attested_outputs.c.tx_id, attested_outputs.c.output_index).in_(bindparam("refs", expanding=True)),
    )
)


def keep_attestation(connection: Connection, tx_id: bytes, attestation: bytes) -> None:
    """Keep a verified attestation; an earlier one of the same ledger_tx stays."""
    _KEEP_ATTESTATION.change(connection, {"tx_id": tx_id, "attestation": attestation})


def keep_attested_outputs(connection: Connection, tx_id: bytes, proofs: Iterable[tuple[int, bytes]]) -> None:
    """Keep verified outputs (index, proof) of an attested ledger_tx."""
    rows = [{"tx_id": tx_id, "output_index": index, "proof": proof} for index, proof in proofs]
    _KEEP_OUTPUT.change_all(connection, rows)


def attestations_of(connection: Connection, tx_ids: Iterable[bytes]) -> dict[bytes, bytes]:
    """The attestations that are here, by ledger_tx id."""
    return dict(_ATTESTATIONS.rows(connection, {"tx_ids": tx_ids}))


def attested_output_proofs(connection: Connection, refs: Sequence[tuple[bytes, int]]) -> dict[tuple[bytes, int], bytes]:
    """Those of the outputs (ledger_tx id, index) that are known by an attestation, with their proofs."""
    if not refs:
        return {}
    wanted = {"refs": refs, "tx_ids": list(dict.fromkeys(tx_id for tx_id, _ in refs))}
    return {(tx_id, index): proof for tx_id, index, proof in _OUTPUTS.rows(connection, wanted)}
