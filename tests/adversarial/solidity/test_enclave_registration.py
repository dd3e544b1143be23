"""Attacks on the registration of enclave keys on an EVM chain, and on the Validators' verdicts behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from light_clients.enclave import NamedKey, registration_digest
from light_clients.enclave.attestation import TcbStatus, VerifiedAttestation
from light_clients.enclave.verdict import (
    AttestationVerdict,
    encode_validator_signatures,
    encode_verdict,
    set_change_digest,
    verdict_digest,
)
from primitives.secp256k1 import compact, sign_digest
from tests.fakes.enclave_client_bench import (
    SIGNERS,
    VALIDATORS,
    EnclaveClientBench,
    evidence_of,
    fresh_bench,
    initial,
    policy,
    registered_bench,
    snapshot_at,
    verdict_of,
)
from tests.fakes.enclave_world import ENCLAVES, KEY_LIFETIME_S, ROOT, OperatorEnclave
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import LEDGER_ID
from tests.fakes.progmat_oracle import ValidatorSet
from tests.fakes.qbft_headers import TIME_0_S

FIRST, SECOND = SIGNERS
THIRD = ENCLAVES[2]
VERDICT = verdict_of(THIRD.registration(), TIME_0_S)


def refused(error: str, attempt: Callable[[], object]) -> Reverted:
    with pytest.raises(Reverted) as caught:
        attempt()
    assert caught.value.error == error
    return caught.value


def changed(**fields: object) -> AttestationVerdict:
    """A verdict that k Validators signed, in which these fields are otherwise."""
    attestation: VerifiedAttestation = replace(VERDICT.attestation, **fields)  # type: ignore[arg-type]  # any field
    return replace(VERDICT, attestation=attestation)


def test_a_verified_key_counts_until_its_lifetime_ends() -> None:
    bench = fresh_bench()
    bench.register(THIRD)
    assert bench.key(THIRD) == (THIRD.named.operator, TIME_0_S + KEY_LIFETIME_S)
    assert bench.client.call("tcbEvaluationNumber") == 17


def test_a_registration_brought_again_by_others_prolongs_a_key_while_its_collateral_counts_and_no_longer() -> None:
    bench = fresh_bench()
    last_s = TIME_0_S + KEY_LIFETIME_S // 2
    verdict = changed(valid_until_s=last_s)
    bench.register_verdict(verdict, THIRD)
    bench.sandbox.now_s = last_s
    bench.register_verdict(verdict, THIRD)
    assert bench.key(THIRD)[1] == last_s + KEY_LIFETIME_S
    bench.sandbox.now_s = last_s + 1
    refused("EnclaveAttestationStale", lambda: bench.register_verdict(verdict, THIRD))
    bench.revoke(THIRD)
    bench.sandbox.now_s = last_s
    refused("EnclaveKeyRevokedForever", lambda: bench.register_verdict(verdict, THIRD))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"root_pin": bytes(31) + b"\x01"}, "EnclaveRootUntrusted"),
        ({"measurement": bytes(31) + b"\x01"}, "EnclaveMeasurementUnknown"),
        ({"is_debug": True}, "EnclaveDebug"),
        ({"tcb_status": TcbStatus.OUT_OF_DATE}, "EnclaveTcbStatusRefused"),
        ({"tcb_status": TcbStatus.REVOKED}, "EnclaveTcbStatusRefused"),
        ({"advisories": ("INTEL-SA-00615", "INTEL-SA-00289")}, "EnclaveAdvisoryRefused"),
        ({"valid_until_s": TIME_0_S - 1}, "EnclaveAttestationStale"),
        ({"valid_from_s": TIME_0_S + 1}, "EnclaveAttestationStale"),
        ({"report_data": THIRD.named.report_data()[:-1] + b"\x01"}, "EnclaveReportDataInvalid"),
        ({"report_data": b"\x02" + THIRD.named.report_data()[1:]}, "EnclaveReportDataInvalid"),
        ({"report_data": THIRD.named.report_data()[:-1]}, "EnclaveReportDataInvalid"),
        ({"report_data": bytes(64)}, "EnclaveReportDataInvalid"),
        ({"report_data": OperatorEnclave("stranger").named.report_data()}, "EnclaveOperatorUnknown"),
        ({"report_data": SECOND.named.report_data()}, "EnclaveOperatorSignatureInvalid"),
    ],
)
def test_an_attestation_that_says_this_registers_nothing_although_validators_signed_it(
    fields: dict[str, object], error: str
) -> None:
    bench = fresh_bench()
    refused(error, lambda: bench.register_verdict(changed(**fields), THIRD))
    assert bench.key(THIRD) == (bytes(20), 0)


def test_an_allowed_advisory_passes() -> None:
    fresh_bench().register_verdict(changed(advisories=("INTEL-SA-00615",)), THIRD)


def test_the_signature_of_another_operator_does_not_answer_for_a_key() -> None:
    refused("EnclaveOperatorSignatureInvalid", lambda: fresh_bench().register_verdict(VERDICT, THIRD, signer=FIRST))


def test_an_operators_signature_over_another_attestation_is_refused() -> None:
    other = replace(VERDICT, attestation_hash=bytes(31) + b"\x01")
    signature = compact(sign_digest(THIRD.operator_secret, bytes(32)))
    bench = fresh_bench()
    refused(
        "EnclaveOperatorSignatureInvalid",
        lambda: bench.client.transact("registerEnclaveKey", evidence_of(other), signature),
    )


@pytest.mark.parametrize("length", [0, 63, 65])
def test_an_operators_signature_of_another_length_is_refused(length: int) -> None:
    bench = fresh_bench()
    refused(
        "EnclaveLengthInvalid",
        lambda: bench.client.transact("registerEnclaveKey", evidence_of(VERDICT), bytes(length)),
    )


def test_tcb_data_older_than_was_used_before_is_refused() -> None:
    bench = fresh_bench()
    bench.register_verdict(changed(tcb_evaluation_number=18), THIRD)
    refused("EnclaveTcbEvaluationNumberBackwards", lambda: bench.register(FIRST))
    assert bench.client.call("tcbEvaluationNumber") == 18


def test_a_revoked_key_cannot_return_nor_sign() -> None:
    bench = registered_bench()
    bench.revoke(FIRST)
    refused("EnclaveKeyRevokedForever", lambda: bench.register(FIRST))
    refused("EnclaveKeyExpired", bench.update)


def test_a_key_does_not_pass_to_another_operator() -> None:
    """A program that attests a key it did not make would be another program; if one did, the key stays where it is."""
    bench = registered_bench()
    taken = NamedKey(FIRST.named.enclave_key, THIRD.named.operator)
    verdict = changed(report_data=taken.report_data())
    digest = registration_digest(verdict.attestation_hash, taken.enclave_key)
    signature = compact(sign_digest(THIRD.operator_secret, digest))
    refused(
        "EnclaveKeyTaken",
        lambda: bench.client.transact("registerEnclaveKey", evidence_of(verdict), signature),
    )


def test_nobody_else_revokes_an_operators_key() -> None:
    bench = registered_bench()
    refused("EnclaveOperatorSignatureInvalid", lambda: bench.revoke(FIRST, signer=SECOND))
    refused("EnclaveKeyNotRegistered", lambda: bench.revoke(THIRD))


def test_a_registration_signature_does_not_revoke() -> None:
    bench = registered_bench()
    registration = FIRST.registration()
    signature = compact(registration.operator_signature)
    refused(
        "EnclaveOperatorSignatureInvalid",
        lambda: bench.client.transact("revokeEnclaveKey", FIRST.named.enclave_key, signature),
    )


# ------------------------------------------------------------------------------------------------------------ verdicts


def verify(bench: EnclaveClientBench, evidence: bytes) -> None:
    bench.verifier.call("verify", evidence)


def test_fewer_validators_than_the_threshold_verify_nothing() -> None:
    evidence = evidence_of(VERDICT, signers=(0, 2))
    refused("ValidatorSignersInsufficient", lambda: verify(fresh_bench(), evidence))


def test_validators_of_another_ledger_verify_nothing() -> None:
    evidence = evidence_of(VERDICT, ledger_id="another")
    refused("ValidatorSignatureInvalid", lambda: verify(fresh_bench(), evidence))


def test_a_checkpoint_signature_is_no_verdict() -> None:
    """Same keys, same ledger: the purpose in the domain keeps them apart."""
    digest = snapshot_digest()
    signatures = [(index, VALIDATORS.validators[index].sign(digest)) for index in range(3)]
    evidence = encode_verdict(VERDICT, encode_validator_signatures(VALIDATORS.packed, signatures))
    refused("ValidatorSignatureInvalid", lambda: verify(fresh_bench(), evidence))


def snapshot_digest() -> bytes:
    from tests.fakes.enclave_client_bench import packed_checkpoint

    return packed_checkpoint(1, TIME_0_S, bytes(32)).digest(LEDGER_ID)


def test_a_set_of_strangers_verifies_nothing() -> None:
    evidence = evidence_of(VERDICT, validators=ValidatorSet.of(3, 4, first=40))
    refused("ValidatorSetUntrusted", lambda: verify(fresh_bench(), evidence))


@pytest.mark.parametrize("threshold", [0, 5])
def test_a_threshold_out_of_range_verifies_nothing(threshold: int) -> None:
    evidence = evidence_of(VERDICT, validators=replace(VALIDATORS, threshold=threshold))
    refused("ValidatorThresholdInvalid", lambda: verify(fresh_bench(), evidence))


def signed_by(places: list[tuple[int, int]], tail: bytes = b"") -> bytes:
    """Pairs (claimed place, validator who really signed)."""
    digest = verdict_digest(LEDGER_ID, VERDICT)
    signatures = [(claimed, VALIDATORS.validators[actual].sign(digest)) for claimed, actual in places]
    return encode_verdict(VERDICT, encode_validator_signatures(VALIDATORS.packed, signatures) + tail)


def test_a_validator_who_signs_in_anothers_place_is_refused() -> None:
    refused("ValidatorSignatureInvalid", lambda: verify(fresh_bench(), signed_by([(0, 0), (1, 0), (2, 2)])))


def test_a_bit_beyond_the_set_is_refused() -> None:
    refused("ValidatorUnknown", lambda: verify(fresh_bench(), signed_by([(0, 0), (1, 1), (4, 2)])))


def test_bytes_behind_the_signatures_are_refused() -> None:
    places = [(0, 0), (1, 1), (2, 2)]
    refused("ValidatorSignaturesLengthInvalid", lambda: verify(fresh_bench(), signed_by(places, b"\0")))


def test_a_malleable_validators_signature_is_refused() -> None:
    digest = verdict_digest(LEDGER_ID, VERDICT)
    signatures = [(index, VALIDATORS.validators[index].sign(digest)) for index in (0, 1)]
    signatures.append((2, VALIDATORS.validators[2].sign_high_s(digest)))
    evidence = encode_verdict(VERDICT, encode_validator_signatures(VALIDATORS.packed, signatures))
    refused("ValidatorSignatureInvalid", lambda: verify(fresh_bench(), evidence))


def test_evidence_that_is_not_canonical_is_refused() -> None:
    refused("AttestationEvidenceMalformed", lambda: verify(fresh_bench(), evidence_of(VERDICT) + bytes(32)))


@pytest.mark.parametrize(
    "fields",
    [
        {"root_pin": bytes(31) + b"\x01"},
        {"measurement": bytes(31) + b"\x01"},
        {"report_data": bytes(64)},
        {"tcb_status": TcbStatus.SW_HARDENING_NEEDED},
        {"advisories": ("INTEL-SA-00615",)},
        {"tcb_evaluation_number": 18},
        {"is_debug": True},
        {"valid_from_s": 1},
        {"valid_until_s": 2**40},
    ],
)
def test_no_field_of_a_signed_verdict_can_be_changed(fields: dict[str, object]) -> None:
    digest = verdict_digest(LEDGER_ID, VERDICT)
    signatures = [(index, VALIDATORS.validators[index].sign(digest)) for index in range(3)]
    evidence = encode_verdict(changed(**fields), encode_validator_signatures(VALIDATORS.packed, signatures))
    refused("ValidatorSignatureInvalid", lambda: verify(fresh_bench(), evidence))


def change_set(bench: EnclaveClientBench, number: int, new: ValidatorSet, signers: ValidatorSet = VALIDATORS) -> None:
    digest = set_change_digest(LEDGER_ID, number, new.hash)
    signatures = [(index, signers.validators[index].sign(digest)) for index in range(signers.threshold)]
    bench.verifier.transact(
        "changeValidatorSet", number, new.hash, encode_validator_signatures(signers.packed, signatures)
    )


def test_the_set_hands_over_once_and_the_old_one_counts_no_more() -> None:
    bench, new = fresh_bench(), ValidatorSet.of(2, 3, first=10)
    change_set(bench, 1, new)
    verify(bench, evidence_of(VERDICT, signers=(0, 1), validators=new))
    refused("ValidatorSetUntrusted", lambda: verify(bench, evidence_of(VERDICT)))
    refused("ValidatorSetChangeInvalid", lambda: change_set(bench, 1, VALIDATORS, new))
    refused("ValidatorSetUntrusted", lambda: change_set(bench, 2, VALIDATORS))


def test_nobody_but_the_present_set_hands_over() -> None:
    new = ValidatorSet.of(2, 3, first=10)
    refused("ValidatorSetUntrusted", lambda: change_set(fresh_bench(), 1, new, new))


# -------------------------------------------------------------------------------------------------------- construction


@pytest.mark.parametrize(
    "fields",
    [
        {"threshold": 0},
        {"threshold": 4},
        {"root_pins": []},
        {"measurements": []},
        {"key_lifetime": 0},
        {"attestation_verifier": bytes(19) + b"\x07"},
        {"tcb_statuses": [6]},
        {"operators": [each.named.operator for each in ENCLAVES[::-1]]},
        {"operators": [ENCLAVES[0].named.operator] * 3},
    ],
)
def test_a_policy_that_would_trust_nobody_or_everybody_cannot_be_deployed(fields: dict[str, object]) -> None:
    bench = fresh_bench()
    start = initial(bench.sandbox.deployer.address, snapshot_at(100, TIME_0_S, bytes(32)))
    refused(
        "EnclaveInitialStateInvalid",
        lambda: bench.sandbox.deploy("EnclaveLightClient", start, policy(bench.verifier, **fields)),
    )


def test_a_production_policy_refuses_the_simulated_root_by_its_pin() -> None:
    from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS

    bench = fresh_bench()
    start = initial(bench.sandbox.deployer.address, snapshot_at(100, TIME_0_S, bytes(32)))
    client = bench.sandbox.deploy(
        "EnclaveLightClient", start, policy(bench.verifier, root_pins=sorted(PRODUCTION_ROOT_PINS))
    )
    error = refused("EnclaveRootUntrusted", lambda: replace(bench, client=client).register(THIRD))
    assert error.error_args == (ROOT.pin,)
