"""Attacks on the signatures of a checkpoint, against the Solidity light client."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import progmat_oracle as oracle
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import FIRST_HEIGHT, LEDGER_ID, UPDATE, ClientBench, client_bench
from tests.fakes.progmat_oracle import Validator, ValidatorSet

SIZES = range(1, 23)


def quorum(size: int) -> int:
    """ceil(2n/3)."""
    return -(-2 * size // 3)


def refused(bench: ClientBench, header: bytes) -> Reverted:
    """Submit and expect a refusal that changes nothing."""
    before = bench.state
    with pytest.raises(Reverted) as caught:
        bench.update(header)
    assert bench.state == before
    return caught.value


def signed_parts(bench: ClientBench, signers: list[int]) -> tuple[oracle.Checkpoint, bytes, list[bytes]]:
    checkpoint = bench.checkpoint()
    digest = checkpoint.digest(LEDGER_ID)
    return checkpoint, bench.validators.packed, [bench.validators.validators[i].sign(digest) for i in signers]


@pytest.mark.parametrize("size", SIZES)
def test_one_signature_fewer_than_the_threshold_is_refused_and_the_threshold_is_enough(size: int) -> None:
    bench = client_bench(quorum(size), size)
    checkpoint = bench.checkpoint()
    too_few = refused(bench, bench.header(checkpoint, list(range(quorum(size) - 1))))
    assert too_few.error == "ProgmatSignersInsufficient"
    assert too_few.error_args == (quorum(size), quorum(size) - 1)
    assert bench.update(bench.header(checkpoint, list(range(size - quorum(size), size)))) == UPDATE


@pytest.mark.parametrize("size", SIZES)
def test_no_signature_at_all_is_refused(size: int) -> None:
    bench = client_bench(quorum(size), size)
    assert refused(bench, bench.header(bench.checkpoint(), [])).error == "ProgmatSignersInsufficient"


@pytest.mark.parametrize("size", SIZES)
def test_a_foreign_signature_in_a_validators_place_is_refused(size: int) -> None:
    bench = client_bench(quorum(size), size)
    signers = list(range(quorum(size)))
    checkpoint, packed, signatures = signed_parts(bench, signers)
    foreigner = Validator.numbered(999)
    signatures[-1] = foreigner.sign(checkpoint.digest(LEDGER_ID))
    bitmap = (1 << len(signers)) - 1
    error = refused(bench, oracle.assemble(checkpoint, packed, bitmap, signatures))
    expected = bench.validators.validators[signers[-1]].address
    found = foreigner.address
    assert error.error == "ProgmatSignatureInvalid"
    assert [bytes.fromhex(a[2:]) for a in error.error_args[1:]] == [expected, found]


@pytest.mark.parametrize("size", [n for n in SIZES if quorum(n) > 1])
def test_one_validators_signature_repeated_does_not_count_twice(size: int) -> None:
    bench = client_bench(quorum(size), size)
    checkpoint, packed, signatures = signed_parts(bench, [0] * quorum(size))
    bitmap = (1 << quorum(size)) - 1
    assert refused(bench, oracle.assemble(checkpoint, packed, bitmap, signatures)).error == "ProgmatSignatureInvalid"


@pytest.mark.parametrize("size", SIZES)
def test_a_high_s_twin_of_a_good_signature_is_refused(size: int) -> None:
    bench = client_bench(quorum(size), size)
    signers = list(range(quorum(size)))
    checkpoint, packed, signatures = signed_parts(bench, signers)
    signatures[0] = bench.validators.validators[0].sign_high_s(checkpoint.digest(LEDGER_ID))
    error = refused(bench, oracle.assemble(checkpoint, packed, (1 << len(signers)) - 1, signatures))
    assert error.error == "ProgmatSignatureInvalid"


@pytest.mark.parametrize("size", SIZES)
def test_a_zero_signature_is_refused(size: int) -> None:
    bench = client_bench(quorum(size), size)
    checkpoint, packed, signatures = signed_parts(bench, list(range(quorum(size))))
    signatures[0] = bytes(64)
    bitmap = (1 << quorum(size)) - 1
    error = refused(bench, oracle.assemble(checkpoint, packed, bitmap, signatures))
    assert error.error == "ProgmatSignatureInvalid"
    assert bytes.fromhex(error.error_args[2][2:]) == bytes(20)


def test_a_zero_address_among_the_validators_cannot_be_signed_for_by_nobody() -> None:
    bench = client_bench()
    addresses = [bytes(20), *(v.address for v in bench.validators.validators)]
    packed = bytes([1, 5]) + b"".join(addresses)
    first = replace(bench.checkpoint(), next_set_hash=oracle.keccak(packed))
    assert bench.update(bench.header(first)) == UPDATE
    forged = replace(bench.checkpoint(FIRST_HEIGHT + 2), next_set_hash=oracle.keccak(packed))
    error = refused(bench, oracle.assemble(forged, packed, 0b1, [bytes(64)]))
    assert error.error == "ProgmatValidatorsUnordered"


@pytest.mark.parametrize("order", [[0, 0, 1, 2], [1, 0, 2, 3]])
def test_a_set_that_lists_a_validator_twice_or_out_of_order_is_refused_even_if_it_was_announced(
    order: list[int],
) -> None:
    bench = client_bench()
    wrong = ValidatorSet(3, tuple(bench.validators.validators[i] for i in order))
    assert bench.update(bench.header(replace(bench.checkpoint(), next_set_hash=wrong.hash))) == UPDATE
    forged = replace(bench.checkpoint(FIRST_HEIGHT + 2), next_set_hash=wrong.hash)
    assert refused(bench, oracle.header(forged, wrong, LEDGER_ID)).error == "ProgmatValidatorsUnordered"


def test_a_signer_bit_beyond_the_set_is_refused() -> None:
    bench = client_bench()
    checkpoint, packed, signatures = signed_parts(bench, [0, 1, 2])
    error = refused(bench, oracle.assemble(checkpoint, packed, 0b10111, [*signatures, signatures[0]]))
    assert error.error == "ProgmatSignerUnknown"


@pytest.mark.parametrize(("threshold", "size"), [(0, 4), (5, 4), (0, 0)])
def test_a_threshold_of_nobody_or_of_more_than_all_is_refused(threshold: int, size: int) -> None:
    bench = client_bench()
    packed = bytes([threshold, size]) + bench.validators.packed[2 : 2 + 20 * size]
    error = refused(bench, oracle.assemble(bench.checkpoint(), packed, 0, []))
    assert error.error == "ProgmatThresholdInvalid"


@pytest.mark.parametrize("claimed", [(1, 4), (3, 3), (2, 4)])
def test_a_set_that_is_not_the_trusted_one_is_refused_however_it_is_signed(claimed: tuple[int, int]) -> None:
    bench = client_bench()
    other = ValidatorSet.of(*claimed)
    error = refused(bench, oracle.header(bench.checkpoint(), other, LEDGER_ID))
    assert error.error == "ProgmatValidatorSetUntrusted"
    assert error.error_args == (bench.validators.hash, other.hash)


def test_signatures_for_another_ledger_are_refused() -> None:
    bench = client_bench()
    error = refused(bench, oracle.header(bench.checkpoint(), bench.validators, "another-ledger"))
    assert error.error == "ProgmatSignatureInvalid"


@pytest.mark.parametrize("domain", [{"name": "Progmat checkpoint"}, {"version": "2"}])
def test_signatures_for_another_purpose_are_refused(domain: dict[str, str]) -> None:
    bench = client_bench()
    checkpoint = bench.checkpoint()
    digest = checkpoint.digest(LEDGER_ID, **domain)
    signatures = [validator.sign(digest) for validator in bench.validators.validators[:3]]
    forged = oracle.assemble(checkpoint, bench.validators.packed, 0b111, signatures)
    assert refused(bench, forged).error == "ProgmatSignatureInvalid"


@pytest.mark.parametrize("position", [0, 8, 16, 48, 80])
def test_changing_any_field_after_signing_breaks_the_signatures(position: int) -> None:
    bench = client_bench()
    good = bytearray(bench.header(bench.checkpoint()))
    # the lowest byte of an integer, so that the change is not refused for another reason first
    good[position + 7] ^= 1
    assert refused(bench, bytes(good)).error in {"ProgmatSignatureInvalid", "ProgmatHeaderFromFuture"}
    assert bench.update(bench.header(bench.checkpoint())) == UPDATE


@pytest.mark.parametrize("cut", [0, 1, 111, 112, 113, 145, 146, 193, 194, 225, 226, 289, 290, 353, 354, 417])
def test_a_truncated_header_is_refused(cut: int) -> None:
    bench = client_bench()
    header = bench.header(bench.checkpoint())
    assert len(header) == 418
    assert refused(bench, header[:cut]).error == "ProgmatHeaderLengthInvalid"


@pytest.mark.parametrize("tail", [b"\x00", bytes(32), bytes(64)])
def test_a_padded_header_is_refused(tail: bytes) -> None:
    bench = client_bench()
    assert refused(bench, bench.header(bench.checkpoint()) + tail).error == "ProgmatHeaderLengthInvalid"


def test_signatures_in_the_wrong_order_are_refused() -> None:
    bench = client_bench()
    checkpoint, packed, signatures = signed_parts(bench, [0, 1, 2])
    error = refused(bench, oracle.assemble(checkpoint, packed, 0b111, reversed(signatures)))
    assert error.error == "ProgmatSignatureInvalid"


def test_a_surplus_signature_must_be_good_too() -> None:
    bench = client_bench()
    checkpoint, packed, signatures = signed_parts(bench, [0, 1, 2, 3])
    bad = [*signatures[:3], signatures[0]]
    assert refused(bench, oracle.assemble(checkpoint, packed, 0b1111, bad)).error == "ProgmatSignatureInvalid"
    assert bench.update(oracle.assemble(checkpoint, packed, 0b1111, signatures)) == UPDATE


def test_a_retired_set_cannot_sign_any_more() -> None:
    bench = client_bench()
    successors = ValidatorSet.of(3, 4, first=100)
    assert bench.update(bench.header(replace(bench.checkpoint(), next_set_hash=successors.hash))) == UPDATE
    error = refused(bench, bench.header(bench.checkpoint(FIRST_HEIGHT + 2)))
    assert error.error == "ProgmatValidatorSetUntrusted"
    later = bench.checkpoint(FIRST_HEIGHT + 2)
    assert bench.update(oracle.header(later, successors, LEDGER_ID)) == UPDATE


def test_a_checkpoint_that_names_no_next_set_is_refused() -> None:
    """Zeros in a header stand for the signing set: signatures over zeros are over something else."""
    bench = client_bench()
    error = refused(bench, bench.header(replace(bench.checkpoint(), next_set_hash=bytes(32))))
    assert error.error == "ProgmatSignatureInvalid"


def test_a_header_has_one_encoding_when_the_set_stays() -> None:
    bench = client_bench()
    header = bench.header(bench.checkpoint())
    assert header[80:112] == bytes(32)
    error = refused(bench, header[:80] + bench.checkpoint().next_set_hash + header[112:])
    assert error.error == "ProgmatNextValidatorSetRedundant"
