"""Attestations and the outputs known by them, verified again: the one part of a node's records that no replay makes.

A ledger_tx that is recorded here is verified by itself; where only an output of it is here, all that stands for it is
the Validators' threshold signature and the output's path to the ledger_tx's id. What holds goes into the scratch
database, so that the replay finds it; what does not is left out, so that what rests on it is a defect as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, exists, insert, select

from chains.progmat.flows.history_policy import HistoryPolicy
from chains.progmat.network.parameters_source import ParametersSource
from chains.progmat.node.fsck.finding import Defect, shown
from chains.progmat.node.storage.schema import attestations, attested_outputs, transactions
from chains.progmat.transactions.attestation import Attestation
from chains.progmat.transactions.errors import AttestationRefused
from chains.progmat.transactions.output_proof import OutputProof
from primitives.errors import CrossDvpError

FETCHED_AGAIN: Final = (
    "delete the row once the ledger_tx's state is spent, or restore the newest backup without this defect; "
    "a sound attestation comes with the next transfer"
)


def check_attested(
    source: Connection, scratch: Connection, epochs: ParametersSource, policy: HistoryPolicy
) -> Iterator[Defect]:
    """Each attestation holds under the epoch it names, each output under its attestation, and neither stands alone.

    An attestation counts for ever where it was taken while its Validators were in force. Under
    ``HistoryPolicy.WHOLE`` (issuers and Validators) nothing is known by an attestation alone.
    """
    held: set[bytes] = set()
    is_recorded = exists().where(transactions.c.tx_id == attestations.c.tx_id)
    has_output = exists().where(attested_outputs.c.tx_id == attestations.c.tx_id)
    query = select(attestations, is_recorded.label("is_recorded"), has_output.label("has_output"))
    for row in source.execute(query):
        name = shown(row.tx_id)
        if not (row.is_recorded or row.has_output):
            yield Defect(attestations.name, name, "the ledger_tx, or outputs of it", "neither is here")
        defect = _attestation(row, name, epochs)
        if defect is not None:
            yield defect
            continue
        held.add(row.tx_id)
        kept = {"tx_id": row.tx_id, "attestation": row.attestation}
        scratch.execute(insert(attestations), kept)
    for row in source.execute(select(attested_outputs)):
        defects = list(_output(row, held, policy))
        yield from defects
        if not defects:
            scratch.execute(insert(attested_outputs), dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name


def _attestation(row: Any, name: str, epochs: ParametersSource) -> Defect | None:  # noqa: ANN401 # a row
    try:
        attestation = Attestation.decode(row.attestation)
        if bytes(attestation.tx_id) != row.tx_id:
            rule = "it attests the ledger_tx of its row"
            raise AttestationRefused(rule, expected=row.tx_id, found=attestation.tx_id)
        attestation.verify(epochs.pinned(attestation.parameters_hash))
    except CrossDvpError as error:
        expected = "an attestation by the Validators' threshold of an epoch"
        return Defect(attestations.name, name, expected, f"{error.reason}: {error}", FETCHED_AGAIN)
    return None


def _output(row: Any, held: set[bytes], policy: HistoryPolicy) -> Iterator[Defect]:  # noqa: ANN401 # a row
    name = f"{shown(row.tx_id)}, {row.output_index}"
    if policy is HistoryPolicy.WHOLE:
        yield Defect(attested_outputs.name, name, "none: this node keeps the whole history", "an output alone")
    if row.tx_id not in held:
        yield Defect(attested_outputs.name, name, "the attestation that vouches for it", "it is not here")
    try:
        proof = OutputProof.decode(row.proof)
        found = (bytes(proof.ref.tx_id), proof.ref.index)
        if found != (row.tx_id, row.output_index):
            yield Defect(attested_outputs.name, name, "the proof of that output", f"of {shown(found[0])}, {found[1]}")
        proof.verify()
    except CrossDvpError as error:
        expected = "an output with its path to the ledger_tx's id"
        yield Defect(attested_outputs.name, name, expected, f"{error.reason}: {error}")
