"""Is this header signed by enough of the trusted Validators, and is it of our time? Checks only; changes nothing."""

from __future__ import annotations

from ibc.light_client import TimeBounds
from light_clients.clock import latest_acceptable_s, validate_usable
from light_clients.progmat.checkpoint import checkpoint_digest
from light_clients.progmat.client_state import ProgmatClientState
from light_clients.progmat.errors import ForeignSignature, HeaderFromFuture, TooFewSignatures, UntrustedValidatorSet
from light_clients.progmat.header import CheckpointHeader
from primitives.errors import BadSignature
from primitives.secp256k1 import recover_compact


def validate_header(
    client_state: ProgmatClientState, latest_timestamp_s: int, header: CheckpointHeader, now: TimeBounds
) -> None:
    """All a header must satisfy before anything is done with it.

    Raises ClientFrozen, ClientExpired (nothing newer than the trusting period is known), HeaderFromFuture,
    UntrustedValidatorSet, TooFewSignatures, ForeignSignature. Height and order in time are for `update` and
    `misbehaviour`.
    """
    _validate_time(client_state, latest_timestamp_s, header, now)
    validate_signatures(header, client_state.validator_set_hash)


def validate_evidence_header(
    client_state: ProgmatClientState, latest_timestamp_s: int, header: CheckpointHeader, now: TimeBounds
) -> None:
    """As `validate_header`, of a header in evidence: the retired set answers for its own heights, too.

    Until a trusting period after its last checkpoint, as long as any word of its was worth anything; later its keys may
    be anybody's.
    """
    _validate_time(client_state, latest_timestamp_s, header, now)
    retired = client_state.retired
    answers = (
        retired is not None
        and header.validator_set.hash() == retired.set_hash
        and header.checkpoint.height <= retired.last_height
        and now.latest_s < retired.last_timestamp_s + client_state.trusting_period_s
    )
    validate_signatures(
        header, retired.set_hash if retired is not None and answers else client_state.validator_set_hash
    )


def _validate_time(
    client_state: ProgmatClientState, latest_timestamp_s: int, header: CheckpointHeader, now: TimeBounds
) -> None:
    validate_usable(client_state, latest_timestamp_s, now)
    latest_allowed_s = latest_acceptable_s(client_state.max_clock_drift_s, now)
    if header.checkpoint.timestamp_s > latest_allowed_s:
        raise HeaderFromFuture(
            "checkpoint is later than this verifier's clock allows; wait, or compare the clocks",
            expected=f"at most {latest_allowed_s}",
            found=header.checkpoint.timestamp_s,
        )


def validate_signatures(header: CheckpointHeader, trusted_set_hash: bytes) -> None:
    """At least k signatures, every one of them by the validator of the trusted set that it stands for."""
    validator_set = header.validator_set
    found_hash = validator_set.hash()
    if found_hash != trusted_set_hash:
        raise UntrustedValidatorSet(
            "header is signed by a validator set that is not trusted", expected=trusted_set_hash, found=found_hash
        )
    if len(header.signatures) < validator_set.threshold:
        raise TooFewSignatures(
            "too few validators signed", expected=validator_set.threshold, found=len(header.signatures)
        )
    digest = checkpoint_digest(header.checkpoint)
    for index, signature in header.signatures:
        expected = validator_set.validators[index]
        try:
            signer = recover_compact(digest, signature)
        except BadSignature as error:
            raise ForeignSignature(
                f"signature of validator {index} is malformed: {error}", expected=expected
            ) from error
        if signer != expected:
            raise ForeignSignature(f"signature {index} is not by its validator", expected=expected, found=signer)
