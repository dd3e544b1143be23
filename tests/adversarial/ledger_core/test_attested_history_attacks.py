"""Attestations and output proofs that lie: too few Validators, foreign ones, other transactions, other outputs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chains.progmat.transactions.attestation import (
    Attestation,
    AttestationSignature,
    AttestedOutputs,
    attest,
    outputs_of,
)
from chains.progmat.transactions.component_codec import encode_contract_package_hash
from chains.progmat.transactions.component_hashing import component_leaf
from chains.progmat.transactions.errors import AttestationRefused, MalformedComponent, TearOffRefused
from chains.progmat.transactions.model import StateRef
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.output_proof import OutputProof
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import CrossDvpError, DecodeError
from primitives.hashing import sha256
from primitives.merkle import PartialMerkleTree
from primitives.types import Hash32
from tests.fakes.ledger_parties import STRANGER, VALIDATORS, network_parameters, salt_of
from tests.fakes.settlement_world import SettlementWorld, terms_of

WORLD = SettlementWorld()
LOCK = WORLD.lock_builder(terms_of(), WORLD.issue(600_000), WORLD.issue(600_000)).to_wire(salt_of("lock"))
OUTPUTS = range(len(LOCK.outputs))


@pytest.fixture(scope="module")
def parameters() -> NetworkParameters:
    return WORLD.ledger.parameters


def attested(parameters: NetworkParameters, tx_id: Hash32, validators: tuple[int, ...] = (0, 1, 2)) -> Attestation:
    return Attestation.of(parameters, tx_id, [attest(VALIDATORS[n].signer, parameters, tx_id) for n in validators])


def test_a_threshold_of_validators_attests(parameters: NetworkParameters) -> None:
    for chosen in combinations(range(4), 3):
        attested(parameters, LOCK.id, chosen).verify(parameters)
    attested(parameters, LOCK.id, (0, 1, 2, 3)).verify(parameters)


def test_one_validator_too_few_is_refused(parameters: NetworkParameters) -> None:
    for chosen in combinations(range(4), 2):
        with pytest.raises(AttestationRefused, match="threshold"):
            attested(parameters, LOCK.id, chosen).verify(parameters)


def test_one_validators_signature_twice_is_not_two(parameters: NetworkParameters) -> None:
    one = attest(VALIDATORS[0].signer, parameters, LOCK.id)
    two = attest(VALIDATORS[1].signer, parameters, LOCK.id)
    with pytest.raises(AttestationRefused, match="distinct"):
        Attestation.of(parameters, LOCK.id, (one, two, two))


def test_a_strangers_signature_is_refused_even_beside_enough_others(parameters: NetworkParameters) -> None:
    signatures = [attest(VALIDATORS[n].signer, parameters, LOCK.id) for n in range(3)]
    foreign = attest(STRANGER.signer, parameters, LOCK.id)
    with pytest.raises(AttestationRefused, match="only Validators"):
        Attestation.of(parameters, LOCK.id, [*signatures, foreign]).verify(parameters)


def test_an_approval_of_the_transaction_is_no_attestation(parameters: NetworkParameters) -> None:
    """Approvals are given before notarisation: taken for an attestation they would make final what is not."""
    approvals = [sign_transaction(VALIDATORS[n].signer, LOCK.id) for n in range(3)]
    forged = [AttestationSignature(item.by, item.signature) for item in approvals]
    with pytest.raises(AttestationRefused, match="signature verifies"):
        Attestation.of(parameters, LOCK.id, forged).verify(parameters)


def test_an_attestation_of_other_parameters_is_refused(parameters: NetworkParameters) -> None:
    """Another ledger, or Validators that were replaced since."""
    later = network_parameters(WORLD.ledger.package, epoch=2)
    with pytest.raises(AttestationRefused, match="those of the parameters"):
        attested(later, LOCK.id).verify(parameters)
    relabelled = replace(attested(later, LOCK.id), parameters_hash=parameters.hash)
    with pytest.raises(AttestationRefused, match="signature verifies"):
        relabelled.verify(parameters)


def test_an_attestation_says_nothing_of_another_transaction(parameters: NetworkParameters) -> None:
    moved = replace(attested(parameters, LOCK.id), tx_id=Hash32(sha256(b"another")))
    with pytest.raises(AttestationRefused):
        moved.verify(parameters)
    with pytest.raises(AttestationRefused, match="attested transaction"):
        outputs_of(moved, [OutputProof.of(LOCK, 0)])


@pytest.mark.parametrize("index", OUTPUTS)
def test_each_output_is_proved_alone(parameters: NetworkParameters, index: int) -> None:
    proof = OutputProof.of(LOCK, index)
    shown = outputs_of(attested(parameters, LOCK.id), [proof])
    shown.verify(parameters)
    assert proof.state == LOCK.outputs[index]
    assert AttestedOutputs.decode(shown.encode()) == shown
    others = [component for n, component in enumerate(LOCK.components[1]) if n != index]
    assert not any(component in shown.encode() for component in others)
    assert LOCK.salt not in shown.encode()


@pytest.mark.parametrize("index", OUTPUTS)
def test_an_output_cannot_pass_for_another(index: int) -> None:
    proof = OutputProof.of(LOCK, index)
    for other in set(OUTPUTS) - {index}:
        path = replace(proof.path, indexes=(other,)) if _fits(proof.path, other) else None
        if path is None:
            continue
        with pytest.raises((TearOffRefused, DecodeError)):
            replace(proof, ref=StateRef(LOCK.id, other), path=path).verify()
    wrong = (index + 1) % len(OUTPUTS)
    with pytest.raises(MalformedComponent, match="partial tree"):
        replace(proof, ref=StateRef(LOCK.id, wrong))


def _fits(path: PartialMerkleTree, index: int) -> bool:
    try:
        replace(path, indexes=(index,))
    except CrossDvpError:
        return False
    return True


def test_an_altered_amount_is_refused() -> None:
    proof = OutputProof.of(LOCK, 0)
    for position in range(len(proof.component)):
        altered = bytearray(proof.component)
        altered[position] ^= 1
        with pytest.raises((TearOffRefused, DecodeError)):
            replace(proof, component=bytes(altered)).verify()


def test_an_output_of_another_transaction_is_refused() -> None:
    other = WORLD.lock_builder(terms_of(), WORLD.issue(700_000), WORLD.issue(600_000)).to_wire(salt_of("other"))
    proof = OutputProof.of(other, 0)
    with pytest.raises(TearOffRefused, match="lead to the transaction id"):
        replace(proof, ref=StateRef(LOCK.id, 0)).verify()
    with pytest.raises(TearOffRefused):
        replace(proof, ref=StateRef(LOCK.id, 0), group_roots=LOCK.group_roots).verify()


def test_a_component_of_another_group_is_no_output() -> None:
    """A command's bytes under the outputs' place: the group root is that of the outputs, by its ordinal."""
    commands = _proof_of_group(LOCK, 2)
    with pytest.raises(TearOffRefused, match="outputs' root"):
        commands.verify()


def _proof_of_group(wire: WireTransaction, group: int) -> OutputProof:
    leaves = [component_leaf(n, c) for n, c in zip(wire.nonces[group], wire.components[group], strict=True)]
    return OutputProof(
        StateRef(wire.id, 0),
        wire.group_roots,
        wire.nonces[group][0],
        wire.components[group][0],
        PartialMerkleTree.build(leaves, [0]),
    )


@given(st.integers(min_value=0), st.integers(1, 255))
def test_no_flipped_byte_of_attested_outputs_is_accepted(position: int, flip: int) -> None:
    parameters = WORLD.ledger.parameters
    data = bytearray(outputs_of(attested(parameters, LOCK.id), [OutputProof.of(LOCK, n) for n in OUTPUTS]).encode())
    data[position % len(data)] ^= flip
    with pytest.raises(CrossDvpError):
        AttestedOutputs.decode(bytes(data)).verify(parameters)


def test_the_package_that_made_an_output_is_proved_with_it() -> None:
    proof = OutputProof.decode(OutputProof.of(LOCK, 0).encode())
    proof.verify()
    assert proof.contract_package == LOCK.contract_package


def test_an_output_of_another_package_than_its_transactions_is_refused() -> None:
    proof = OutputProof.of(LOCK, 0)
    other = encode_contract_package_hash(Hash32(b"\x07" * 32))
    nonce, component = proof.package_nonce, proof.package_component
    for lie in ((nonce, other), (bytes(32), component), (proof.nonce, component)):
        with pytest.raises(TearOffRefused, match="package is under its group"):
            replace(proof, package_nonce=lie[0], package_component=lie[1]).verify()
    for half in ((nonce, b""), (b"", component), (nonce, other[:-1])):
        with pytest.raises((MalformedComponent, DecodeError)):
            replace(proof, package_nonce=half[0], package_component=half[1])


def test_a_proof_of_an_earlier_release_holds_and_names_no_package() -> None:
    proof = replace(OutputProof.of(LOCK, 0), package_nonce=b"", package_component=b"")
    proof.verify()
    assert proof.contract_package is None
