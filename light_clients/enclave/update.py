"""A statement held against the state it says it follows from, and what is kept of it."""

from __future__ import annotations

from ibc.light_client import TimeBounds
from light_clients.clock import latest_acceptable_s, validate_usable
from light_clients.enclave.client_message import EnclaveMisbehaviour, EnclaveUpdate
from light_clients.enclave.client_state import EnclaveClientState
from light_clients.enclave.consensus_state import EnclaveConsensusState
from light_clients.enclave.errors import StatementMismatch
from light_clients.enclave.keys import keys_after, validate_key_changes, validate_signers
from light_clients.enclave.statements import NANOSECONDS, MisbehaviourStatement, TrustingContext, UpdateStatement


def validate_update(
    client_state: EnclaveClientState,
    trusted_height: int,
    trusted: EnclaveConsensusState,
    update: EnclaveUpdate,
    now: TimeBounds,
) -> None:
    """All an update must satisfy. Raises StatementMismatch, KeyRefused, TooFewOperators, what attestation raises."""
    statement = update.update
    _expect("builds on another state", trusted.state_id, statement.prev_state_id)
    _expect("builds on another height", trusted_height, statement.prev_height)
    if statement.post_height <= trusted_height:
        raise StatementMismatch(
            "statement does not go forward", expected=f"above {trusted_height}", found=statement.post_height
        )
    _expect("has another time than its header", statement.context.header_timestamp_ns, statement.timestamp_ns)
    _validate_context(client_state, trusted, statement.context, now)
    validate_key_changes(client_state, trusted, update, now)
    keys = keys_after(client_state, trusted, update).keys
    validate_signers(client_state, keys, update.statement.message, update.statement.signatures, now)


def validate_misbehaviour(
    client_state: EnclaveClientState,
    trusted_height: int,
    trusted: EnclaveConsensusState,
    evidence: EnclaveMisbehaviour,
    now: TimeBounds,
) -> None:
    """The evidence is signed by enough operators, builds on the trusted state, and shows a contradiction."""
    for signed, statement in zip(evidence.signed, evidence.statements, strict=True):
        if isinstance(statement, MisbehaviourStatement):
            if (trusted_height, trusted.state_id) not in statement.prev_states:
                raise StatementMismatch("misbehaviour is judged by another state", expected=trusted.state_id)
        else:
            _expect("builds on another state", trusted.state_id, statement.prev_state_id)
            _expect("builds on another height", trusted_height, statement.prev_height)
        _validate_context(client_state, trusted, statement.context, now)
        validate_signers(client_state, trusted.keys, signed.message, signed.signatures, now)
    updates = [each for each in evidence.statements if isinstance(each, UpdateStatement)]
    if len(updates) == 2 and not contradict(updates[0], updates[1]):
        raise StatementMismatch(
            "the two statements do not contradict each other", expected="one height, two states or times"
        )


def contradict(one: UpdateStatement, other: UpdateStatement) -> bool:
    """Whether both cannot be true of one chain: a height has one state and one time."""
    if one.post_height != other.post_height:
        return False
    return (one.post_state_id, one.timestamp_ns) != (other.post_state_id, other.timestamp_ns)


def trusted_height_of(message: EnclaveUpdate | EnclaveMisbehaviour) -> int:
    """The height a message builds on."""
    if isinstance(message, EnclaveUpdate):
        return message.update.prev_height
    first = message.statements[0]
    return first.prev_states[0][0] if isinstance(first, MisbehaviourStatement) else first.prev_height


def _validate_context(
    client_state: EnclaveClientState, trusted: EnclaveConsensusState, context: TrustingContext, now: TimeBounds
) -> None:
    """The time rules an enclave, having no clock, leaves to us; our own periods count beside the enclave's."""
    validate_usable(client_state, trusted.timestamp_s, now)
    _expect("builds on another time", trusted.timestamp_s * NANOSECONDS, context.trusted_timestamp_ns)
    period_end_ns = context.trusted_timestamp_ns + context.trusting_period_ns
    if now.latest_s * NANOSECONDS >= period_end_ns:
        raise StatementMismatch(
            "statement's trusting period is over", expected=f"before {period_end_ns} ns", found=now.latest_s
        )
    drift_ns = min(context.clock_drift_ns, client_state.max_clock_drift_s * NANOSECONDS)
    latest_ns = latest_acceptable_s(0, now) * NANOSECONDS + drift_ns
    if context.header_timestamp_ns > latest_ns:
        raise StatementMismatch(
            "header is later than this verifier's clock allows; wait, or compare the clocks",
            expected=f"at most {latest_ns} ns",
            found=context.header_timestamp_ns,
        )
    if context.header_timestamp_ns % NANOSECONDS:
        raise StatementMismatch("header's time is no whole second", found=context.header_timestamp_ns)


def _expect(what: str, expected: int | bytes, found: int | bytes) -> None:
    if expected != found:
        raise StatementMismatch(f"statement {what}", expected=expected, found=found)
