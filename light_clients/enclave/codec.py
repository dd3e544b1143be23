"""Protobuf bytes to dataclasses and back (proto/crossdvp/ibc/v1/enclave.proto); strict and bounded in both directions.

Every ``decode_…`` raises DecodeError (MalformedStatement, MalformedAttestation for a field out of range).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crossdvp.ibc.v1 import enclave_pb2 as pb

from light_clients.enclave.attestation.sgx_collateral import SgxCollateral
from light_clients.enclave.attestation.verified import TcbStatus
from light_clients.enclave.client_message import (
    MAX_SIGNATURES,
    EnclaveClientMessage,
    EnclaveMisbehaviour,
    EnclaveUpdate,
    KeyRegistration,
    KeyRevocation,
    SignedStatement,
)
from light_clients.enclave.client_state import EnclaveClientState
from light_clients.enclave.consensus_state import EnclaveConsensusState, EnclaveKey
from light_clients.enclave.errors import MalformedStatement
from light_clients.enclave.policy import AttestationPolicy
from light_clients.enclave.statements import StateStatement, UpdateStatement, decode_statement
from primitives.codec import deterministic_bytes, strict_parse

MAX_CLIENT_STATE_BYTES: Final = 16 * 1024
MAX_CONSENSUS_STATE_BYTES: Final = 16 * 1024
MAX_CLIENT_MESSAGE_BYTES: Final = 256 * 1024
MAX_PROOF_BYTES: Final = 128 * MAX_SIGNATURES
SIGNATURE_BYTES: Final = 65

_COLLATERAL_FIELDS: Final = tuple(field.name for field in pb.SgxCollateral.DESCRIPTOR.fields)


def encode_client_state(client_state: EnclaveClientState) -> bytes:
    """The bytes a ledger keeps."""
    policy = client_state.policy
    return deterministic_bytes(
        pb.EnclaveClientState(
            root_pins=policy.root_pins,
            measurements=policy.measurements,
            tcb_statuses=[int(each) for each in policy.tcb_statuses],
            advisories=policy.advisories,
            operators=client_state.operators,
            threshold=client_state.threshold,
            key_lifetime_s=client_state.key_lifetime_s,
            latest_height=client_state.latest_height,
            trusting_period_s=client_state.trusting_period_s,
            max_clock_drift_s=client_state.max_clock_drift_s,
            frozen=client_state.frozen,
            chain_id=client_state.chain_id,
        )
    )


def decode_client_state(data: bytes) -> EnclaveClientState:
    """The inverse."""
    message = strict_parse(pb.EnclaveClientState, data, max_bytes=MAX_CLIENT_STATE_BYTES)
    try:
        statuses = tuple(TcbStatus(each) for each in message.tcb_statuses)
    except ValueError as error:
        raise MalformedStatement(f"TCB status is unknown: {error}") from error
    policy = AttestationPolicy(
        tuple(message.root_pins), tuple(message.measurements), statuses, tuple(message.advisories)
    )
    return EnclaveClientState(
        policy=policy,
        operators=tuple(message.operators),
        threshold=message.threshold,
        key_lifetime_s=message.key_lifetime_s,
        latest_height=message.latest_height,
        trusting_period_s=message.trusting_period_s,
        max_clock_drift_s=message.max_clock_drift_s,
        frozen=message.frozen,
        chain_id=message.chain_id,
    )


def encode_consensus_state(consensus_state: EnclaveConsensusState) -> bytes:
    """The bytes a ledger keeps for one height."""
    keys = [
        pb.EnclaveKey(enclave_key=each.enclave_key, operator=each.operator, expires_at_s=each.expires_at_s)
        for each in consensus_state.keys
    ]
    return deterministic_bytes(
        pb.EnclaveConsensusState(
            timestamp_s=consensus_state.timestamp_s,
            state_id=consensus_state.state_id,
            keys=keys,
            tcb_evaluation_number=consensus_state.tcb_evaluation_number,
            revoked_keys=consensus_state.revoked_keys,
        )
    )


def decode_consensus_state(data: bytes) -> EnclaveConsensusState:
    """The inverse."""
    message = strict_parse(pb.EnclaveConsensusState, data, max_bytes=MAX_CONSENSUS_STATE_BYTES)
    return EnclaveConsensusState(
        timestamp_s=message.timestamp_s,
        state_id=message.state_id,
        keys=tuple(EnclaveKey(each.enclave_key, each.operator, each.expires_at_s) for each in message.keys),
        tcb_evaluation_number=message.tcb_evaluation_number,
        revoked_keys=tuple(message.revoked_keys),
    )


def encode_update(
    statement: SignedStatement,
    trusted_consensus_state: bytes,
    registrations: Sequence[KeyRegistration] = (),
    revocations: Sequence[KeyRevocation] = (),
) -> bytes:
    """A client message that updates."""
    update = pb.EnclaveUpdate(
        registrations=[_registration_message(each) for each in registrations],
        revocations=[
            pb.KeyRevocation(enclave_key=each.enclave_key, operator_signature=each.operator_signature)
            for each in revocations
        ],
        statement=_signed_message(statement),
        trusted_consensus_state=trusted_consensus_state,
    )
    return deterministic_bytes(pb.EnclaveClientMessage(update=update))


def encode_registration(registration: KeyRegistration) -> bytes:
    """An operator's answer for a key, by itself."""
    return deterministic_bytes(_registration_message(registration))


def decode_registration(data: bytes) -> KeyRegistration:
    """The inverse."""
    return _registration_of(strict_parse(pb.KeyRegistration, data, max_bytes=MAX_CLIENT_MESSAGE_BYTES))


def encode_misbehaviour(statements: Sequence[SignedStatement]) -> bytes:
    """A client message that freezes."""
    evidence = pb.EnclaveMisbehaviour(statements=[_signed_message(each) for each in statements])
    return deterministic_bytes(pb.EnclaveClientMessage(misbehaviour=evidence))


def decode_client_message(data: bytes) -> EnclaveClientMessage:
    """Either kind of client message, the statements within it included."""
    message = strict_parse(pb.EnclaveClientMessage, data, max_bytes=MAX_CLIENT_MESSAGE_BYTES)
    match message.WhichOneof("message"):
        case "update":
            return _update_of(message.update)
        case "misbehaviour":
            return _misbehaviour_of(message.misbehaviour)
        case _:
            raise MalformedStatement("client message is empty", expected="update or misbehaviour")


def encode_membership_proof(signatures: Sequence[bytes]) -> bytes:
    """Signatures of enclave keys over one state statement, ascending by operator."""
    return deterministic_bytes(pb.EnclaveMembershipProof(signatures=signatures))


def decode_membership_proof(data: bytes) -> tuple[bytes, ...]:
    """The inverse."""
    message = strict_parse(pb.EnclaveMembershipProof, data, max_bytes=MAX_PROOF_BYTES)
    return checked_signatures(message.signatures)


def checked_signatures(signatures: Sequence[bytes]) -> tuple[bytes, ...]:
    """The same, if they are as many and as long as they may be."""
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise MalformedStatement(
            "number of signatures is out of range", expected=f"1..{MAX_SIGNATURES}", found=len(signatures)
        )
    for each in signatures:
        if len(each) != SIGNATURE_BYTES:
            raise MalformedStatement("signature has the wrong size", expected=SIGNATURE_BYTES, found=each)
    return tuple(signatures)


def collateral_message(collateral: SgxCollateral) -> pb.SgxCollateral:
    """Collateral as it travels."""
    return pb.SgxCollateral(**{name: getattr(collateral, name) for name in _COLLATERAL_FIELDS})


def collateral_of(message: pb.SgxCollateral) -> SgxCollateral:
    """The inverse; MalformedAttestation for signatures or texts of the wrong size."""
    return SgxCollateral(**{name: getattr(message, name) for name in _COLLATERAL_FIELDS})


def _update_of(message: pb.EnclaveUpdate) -> EnclaveUpdate:
    signed = _signed_of(message.statement)
    statement = decode_statement(signed.message)
    if not isinstance(statement, UpdateStatement):
        raise MalformedStatement("an update carries another statement", found=type(statement).__name__)
    return EnclaveUpdate(
        registrations=tuple(_registration_of(each) for each in message.registrations),
        revocations=tuple(KeyRevocation(each.enclave_key, each.operator_signature) for each in message.revocations),
        statement=signed,
        trusted_consensus_state=message.trusted_consensus_state,
        update=statement,
    )


def _misbehaviour_of(message: pb.EnclaveMisbehaviour) -> EnclaveMisbehaviour:
    if not 1 <= len(message.statements) <= 2:
        raise MalformedStatement("evidence is one statement or two", found=len(message.statements))
    signed = tuple(_signed_of(each) for each in message.statements)
    statements = []
    for each in signed:
        statement = decode_statement(each.message)
        if isinstance(statement, StateStatement) or isinstance(statement, UpdateStatement) != (len(signed) == 2):
            raise MalformedStatement("evidence is one statement of misbehaviour, or two updates")
        statements.append(statement)
    return EnclaveMisbehaviour(signed, tuple(statements))


def _registration_message(registration: KeyRegistration) -> pb.KeyRegistration:
    collateral = registration.collateral
    return pb.KeyRegistration(
        attestation=registration.attestation,
        collateral=None if collateral is None else collateral_message(collateral),
        operator_signature=registration.operator_signature,
    )


def _registration_of(message: pb.KeyRegistration) -> KeyRegistration:
    collateral = None
    if message.HasField("collateral"):
        collateral = collateral_of(message.collateral)
    return KeyRegistration(message.attestation, collateral, message.operator_signature)


def _signed_message(statement: SignedStatement) -> pb.SignedStatement:
    return pb.SignedStatement(message=statement.message, signatures=statement.signatures)


def _signed_of(message: pb.SignedStatement) -> SignedStatement:
    return SignedStatement(message.message, checked_signatures(message.signatures))
