"""Outputs known by an attestation instead of by the transaction that made them: taken, kept and handed on.

Who takes them is said by ``history_policy``; what an attestation is worth, in ``transactions.attestation``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import Connection

from chains.progmat.flows.errors import BadResolution
from chains.progmat.flows.signed_records import decoded_output
from chains.progmat.node.storage.attested_store import (
    attestations_of,
    attested_output_proofs,
    keep_attestation,
    keep_attested_outputs,
)
from chains.progmat.transactions.attestation import Attestation, AttestedOutputs, outputs_of
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import CrossDvpError
from primitives.types import Hash32

Indexes = Mapping[bytes, frozenset[int]]
"""Outputs by transaction id."""

AttestingEpoch = Callable[[Hash32], NetworkParameters]
"""The epoch that an attestation names, if its Validators still count; raises AttestationRefused."""


def take_attested(peer: str, data: bytes, wanted: Indexes, attesting: AttestingEpoch) -> AttestedOutputs:
    """The verified outputs in a peer's answer; some or all of those that are wanted, and no others.

    Raises ``BadResolution``, AttestationRefused, TearOffRefused, DecodeError.
    """
    attested = AttestedOutputs.decode(data)
    tx_id = bytes(attested.attestation.tx_id)
    if not wanted.get(tx_id):
        raise BadResolution(peer, f"it sent attested outputs of {tx_id.hex()}, of which none were asked for")
    shown = frozenset(output.ref.index for output in attested.outputs)
    if not shown <= wanted[tx_id]:
        raise BadResolution(peer, f"of {tx_id.hex()} outputs {sorted(wanted[tx_id])} were wanted, not {sorted(shown)}")
    attested.verify(attesting(attested.attestation.parameters_hash))
    return attested


def keep_attested(connection: Connection, attested: AttestedOutputs) -> None:
    """Keep verified outputs."""
    tx_id = attested.attestation.tx_id
    keep_attestation(connection, tx_id, attested.attestation.encode())
    keep_attested_outputs(connection, tx_id, [(output.ref.index, output.encode()) for output in attested.outputs])


def lacking_outputs(connection: Connection, wanted: Indexes) -> dict[bytes, frozenset[int]]:
    """Those of the wanted outputs' transactions of which some wanted output is not known by an attestation."""
    refs = [(tx_id, index) for tx_id, indexes in wanted.items() for index in indexes]
    known = attested_output_proofs(connection, refs)
    return {
        tx_id: indexes
        for tx_id, indexes in wanted.items()
        if not indexes or any((tx_id, index) not in known for index in indexes)
    }


def attested_states(connection: Connection, refs: Iterable[StateRef]) -> dict[StateRef, TransactionState]:
    """Those of the states that are known by an attestation."""
    proofs = attested_output_proofs(connection, [(ref.tx_id, ref.index) for ref in refs])
    return {StateRef(Hash32(tx_id), index): decoded_output(proof).state for (tx_id, index), proof in proofs.items()}


def attested_packages(connection: Connection, refs: Iterable[StateRef]) -> dict[StateRef, Hash32]:
    """The contract packages that made those of the states that are known by an attestation which says so."""
    proofs = attested_output_proofs(connection, [(ref.tx_id, ref.index) for ref in refs])
    return {
        StateRef(Hash32(tx_id), index): package
        for (tx_id, index), proof in proofs.items()
        if (package := decoded_output(proof).contract_package) is not None
    }


def answer_attested(
    connection: Connection, wanted: Indexes, whole: Mapping[bytes, WireTransaction], attesting: AttestingEpoch
) -> dict[bytes, bytes]:
    """Encoded ``AttestedOutputs`` for those wanted transactions whose attestation and outputs are here.

    What Validators attested that were replaced since is left out.

    Proofs are made from the transactions in ``whole``, or are those that were received with the outputs.
    """
    wanted = {tx_id: indexes for tx_id, indexes in wanted.items() if indexes}
    attestations = {
        tx_id: attestation
        for tx_id, encoded in attestations_of(connection, wanted).items()
        if _counts(attestation := Attestation.decode(encoded), attesting)
    }
    refs = [(tx_id, index) for tx_id in attestations if tx_id not in whole for index in wanted[tx_id]]
    received = attested_output_proofs(connection, refs)
    answers: dict[bytes, bytes] = {}
    for tx_id, attestation in attestations.items():
        proofs = _proofs(tx_id, sorted(wanted[tx_id]), whole.get(tx_id), received)
        if proofs is not None:
            answers[tx_id] = outputs_of(attestation, proofs).encode()
    return answers


def _counts(attestation: Attestation, attesting: AttestingEpoch) -> bool:
    try:
        attesting(attestation.parameters_hash)
    except CrossDvpError:
        return False
    return True


def _proofs(
    tx_id: bytes,
    indexes: Sequence[int],
    wire: WireTransaction | None,
    received: Mapping[tuple[bytes, int], bytes],
) -> list[OutputProof] | None:
    """Of all ``indexes``, or None."""
    if wire is not None:
        return [OutputProof.of(wire, index) for index in indexes] if indexes[-1] < len(wire.outputs) else None
    if any((tx_id, index) not in received for index in indexes):
        return None
    return [decoded_output(received[tx_id, index]) for index in indexes]
