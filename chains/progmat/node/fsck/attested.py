"""What is known by attestations: each verified again, and handed to the scratch database that stands in for ours."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, insert, select

from chains.progmat.network.parameters_source import ParametersSource
from chains.progmat.node.fsck.finding import Defect, shown
from chains.progmat.node.storage.schema import attestations, attested_outputs
from chains.progmat.transactions.attestation import Attestation
from chains.progmat.transactions.output_proof import OutputProof
from primitives.errors import CrossDvpError


def check_attested(source: Connection, scratch: Connection, epochs: ParametersSource) -> Iterator[Defect]:
    """Signatures, proofs and names; what does not hold is left out, so that what rests on it is a defect as well.

    An attestation counts for ever where it was taken while its Validators were in force.
    """
    held: set[bytes] = set()
    for row in source.execute(select(attestations)):
        try:
            attestation = Attestation.decode(row.attestation)
            attestation.verify(epochs.pinned(attestation.parameters_hash))
        except CrossDvpError as error:
            yield Defect(attestations.name, shown(row.tx_id), "the Validators attest it", f"{error.reason}: {error}")
            continue
        if attestation.tx_id != row.tx_id:
            yield Defect(attestations.name, shown(row.tx_id), "an attestation of it", shown(bytes(attestation.tx_id)))
            continue
        held.add(row.tx_id)
        scratch.execute(insert(attestations), dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
    for row in source.execute(select(attested_outputs)):
        name = f"{shown(row.tx_id)}, {row.output_index}"
        try:
            proof = OutputProof.decode(row.proof)
            proof.verify()
        except CrossDvpError as error:
            yield Defect(attested_outputs.name, name, "an output of the ledger_tx", f"{error.reason}: {error}")
            continue
        if (proof.ref.tx_id, proof.ref.index) != (row.tx_id, row.output_index) or row.tx_id not in held:
            found = f"{proof.ref}, attested: {row.tx_id in held}"
            yield Defect(attested_outputs.name, name, "that output of an attested ledger_tx", found)
            continue
        scratch.execute(insert(attested_outputs), dict(row._mapping))  # noqa: SLF001 - as above
