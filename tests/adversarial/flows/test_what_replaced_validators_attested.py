"""Attestations of Validators that were replaced since are not handed on: whoever gets one would have to refuse it."""

from __future__ import annotations

from pathlib import Path

from chains.progmat.flows.attested_history import answer_attested
from chains.progmat.node.storage.attested_store import keep_attestation
from chains.progmat.node.storage.engine import Access, sqlite_engine
from chains.progmat.node.storage.schema import storage_metadata
from chains.progmat.transactions.attestation import Attestation, AttestedOutputs, attest
from chains.progmat.transactions.errors import AttestationRefused
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.types import Hash32
from tests.fakes.notary_world import VALIDATORS
from tests.fakes.toy_ledger import PARAMETERS, Toy


def in_force(_parameters_hash: Hash32) -> NetworkParameters:
    return PARAMETERS


def replaced(_parameters_hash: Hash32) -> NetworkParameters:
    raise AttestationRefused("the Validators that attest are those in force")


def test_only_what_validators_in_force_attested_is_an_answer(tmp_path: Path) -> None:
    wire = Toy("attested").wire
    tx_id = bytes(wire.id)
    by = [attest(signer, PARAMETERS, wire.id) for signer in VALIDATORS[:3]]
    with sqlite_engine(tmp_path / "node.sqlite3", Access.WRITE).connect() as connection, connection.begin():
        storage_metadata.create_all(connection)
        keep_attestation(connection, tx_id, Attestation.of(PARAMETERS, wire.id, by).encode())
        wanted = {tx_id: frozenset({0})}
        answer = answer_attested(connection, wanted, {tx_id: wire}, in_force)
        AttestedOutputs.decode(answer[tx_id]).verify(PARAMETERS)
        assert answer_attested(connection, wanted, {tx_id: wire}, replaced) == {}
