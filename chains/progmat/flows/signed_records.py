"""Signed transactions and attested outputs as they are kept, each decoded once while it is in use."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from chains.progmat.flows.record import FlowRecord
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.signed import SignedTransaction


def signed_of(record: FlowRecord) -> SignedTransaction:
    """The transaction of a flow at BUILT or later; raises ``ValueError`` before."""
    if record.signed_tx is None:
        raise ValueError(f"flow {record.flow_id!r} at {record.step.value} has no transaction")
    return decoded(record.signed_tx)


def with_signed(record: FlowRecord, signed: SignedTransaction) -> FlowRecord:
    """The record with another state of its transaction."""
    return replace(record, signed_tx=signed.encode(), tx_id=bytes(signed.id))


@lru_cache(maxsize=1024)
def decoded(signed_bytes: bytes) -> SignedTransaction:
    """A signed transaction; the newest ones are kept, because each step and each reader decodes the same bytes."""
    return SignedTransaction.decode(signed_bytes)


@lru_cache(maxsize=1024)
def decoded_output(proof_bytes: bytes) -> OutputProof:
    """An output that was verified before it was kept."""
    return OutputProof.decode(proof_bytes)
