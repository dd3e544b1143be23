"""Which enclave keys count: registered under the policy, not taken back, not expired, of enough distinct operators.

What an update registers is read twice: `validate_key_changes` verifies it at a time, `keys_after` computes, from the
message alone, what the next consensus state holds.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ibc.light_client import TimeBounds
from light_clients.enclave.attestation.nitro import decode_nitro_document, verify_nitro_document
from light_clients.enclave.attestation.sgx_quote import decode_sgx_quote
from light_clients.enclave.attestation.sgx_tcb import tcb_evaluation_number
from light_clients.enclave.attestation.sgx_verify import verify_sgx_quote
from light_clients.enclave.attestation.verified import VerifiedAttestation
from light_clients.enclave.client_message import EnclaveUpdate, KeyRegistration
from light_clients.enclave.client_state import EnclaveClientState
from light_clients.enclave.consensus_state import EnclaveConsensusState, EnclaveKey
from light_clients.enclave.errors import KeyRefused, TooFewOperators
from light_clients.enclave.registration import NamedKey, decode_report_data, registration_digest, revocation_digest
from light_clients.enclave.statements import NANOSECONDS, statement_digest
from primitives.errors import BadSignature
from primitives.hashing import sha256
from primitives.secp256k1 import recover_address


def verify_attestation(
    registration: KeyRegistration, root_pins: Collection[bytes], now: TimeBounds
) -> VerifiedAttestation:
    """The attestation of a registration, verified; raises what the verifiers raise."""
    if registration.collateral is None:
        return verify_nitro_document(registration.attestation, root_pins, now)
    return verify_sgx_quote(registration.attestation, registration.collateral, root_pins, now)


def claimed_key(registration: KeyRegistration) -> NamedKey:
    """The key an attestation names; nothing is verified. Raises MalformedAttestation, KeyRefused."""
    if registration.collateral is None:
        return decode_report_data(decode_nitro_document(registration.attestation).report_data)
    return decode_report_data(decode_sgx_quote(registration.attestation).report.report_data)


def validate_key_changes(
    client_state: EnclaveClientState, trusted: EnclaveConsensusState, update: EnclaveUpdate, now: TimeBounds
) -> None:
    """Every registration and revocation of an update holds; raises KeyRefused and what attestation raises."""
    for registration in update.registrations:
        _validate_registration(client_state, trusted, registration, now)
    operators = {each.enclave_key: each.operator for each in (*trusted.keys, *_new_keys(client_state, update))}
    for revocation in update.revocations:
        operator = operators.get(revocation.enclave_key)
        if operator is None:
            raise KeyRefused("a key that is not registered is revoked", found=revocation.enclave_key)
        _check_signer(
            revocation_digest(revocation.enclave_key), revocation.operator_signature, operator, "key's revocation"
        )


def keys_after(
    client_state: EnclaveClientState, trusted: EnclaveConsensusState, update: EnclaveUpdate
) -> EnclaveConsensusState:
    """The consensus state after an update: registered keys in, revoked and expired ones out."""
    timestamp_s = update.update.timestamp_ns // NANOSECONDS
    revoked = {*trusted.revoked_keys, *(each.enclave_key for each in update.revocations)}
    known = {each.enclave_key: each for each in (*trusted.keys, *_new_keys(client_state, update))}
    kept = [each for each in known.values() if each.enclave_key not in revoked and each.expires_at_s > timestamp_s]
    numbers = [_evaluation_number(each) for each in update.registrations]
    return EnclaveConsensusState(
        timestamp_s=timestamp_s,
        state_id=update.update.post_state_id,
        keys=tuple(sorted(kept, key=lambda each: (each.operator, each.enclave_key))),
        tcb_evaluation_number=max((trusted.tcb_evaluation_number, *numbers)),
        revoked_keys=tuple(sorted(revoked)),
    )


def validate_signers(
    client_state: EnclaveClientState,
    keys: Sequence[EnclaveKey],
    message: bytes,
    signatures: Sequence[bytes],
    now: TimeBounds,
) -> None:
    """At least the threshold of distinct operators' unexpired keys signed the message; KeyRefused, TooFewOperators.

    Signatures ascend by operator, so that no operator is counted twice.
    """
    by_key = {each.enclave_key: each for each in keys}
    digest = statement_digest(message)
    previous = b""
    for signature in signatures:
        signer = _recovered(digest, signature, "statement")
        key = by_key.get(signer)
        if key is None:
            raise KeyRefused("statement is signed by a key that is not registered", found=signer)
        if now.latest_s >= key.expires_at_s:
            raise KeyRefused(
                "enclave key has expired; register a new one", expected=key.expires_at_s, found=now.latest_s
            )
        if key.operator not in client_state.operators:
            raise KeyRefused("enclave key is of a stranger", found=key.operator)
        if key.operator <= previous:
            raise KeyRefused("signatures do not ascend by operator, or one operator signed twice", found=key.operator)
        previous = key.operator
    if len(signatures) < client_state.threshold:
        raise TooFewOperators(
            "too few operators' enclaves signed; ask the others", expected=client_state.threshold, found=len(signatures)
        )


def _validate_registration(
    client_state: EnclaveClientState,
    trusted: EnclaveConsensusState,
    registration: KeyRegistration,
    now: TimeBounds,
) -> None:
    attestation = verify_attestation(registration, client_state.policy.root_pins, now)
    client_state.policy.check(attestation)
    named = decode_report_data(attestation.report_data)
    if named.operator not in client_state.operators:
        raise KeyRefused("attestation names an operator who is none here", found=named.operator)
    if named.enclave_key in trusted.revoked_keys:
        raise KeyRefused("enclave key was taken back and cannot return", found=named.enclave_key)
    if any(each.enclave_key == named.enclave_key and each.operator != named.operator for each in trusted.keys):
        raise KeyRefused("another operator answers for the enclave key already", found=named.enclave_key)
    if attestation.tcb_evaluation_number < trusted.tcb_evaluation_number and registration.collateral is not None:
        raise KeyRefused(
            "collateral is of older TCB data than was used before; fetch the newest",
            expected=f"at least {trusted.tcb_evaluation_number}",
            found=attestation.tcb_evaluation_number,
        )
    digest = registration_digest(sha256(registration.attestation), named.enclave_key)
    _check_signer(digest, registration.operator_signature, named.operator, "registration")


def _new_keys(client_state: EnclaveClientState, update: EnclaveUpdate) -> list[EnclaveKey]:
    expires_at_s = update.update.timestamp_ns // NANOSECONDS + client_state.key_lifetime_s
    named = [claimed_key(each) for each in update.registrations]
    return [EnclaveKey(each.enclave_key, each.operator, expires_at_s) for each in named]


def _evaluation_number(registration: KeyRegistration) -> int:
    collateral = registration.collateral
    return 0 if collateral is None else tcb_evaluation_number(collateral)


def _check_signer(digest: bytes, signature: bytes, expected: bytes, what: str) -> None:
    signer = _recovered(digest, signature, what)
    if signer != expected:
        raise KeyRefused(f"{what} is not signed by the key's operator", expected=expected, found=signer)


def _recovered(digest: bytes, signature: bytes, what: str) -> bytes:
    try:
        return recover_address(digest, signature)
    except BadSignature as error:
        raise KeyRefused(f"signature of the {what} is malformed: {error}") from error
