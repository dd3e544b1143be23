"""Attacks on enclave statements: another chain, store, height, time, signer, path, value."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibc.errors import ClientExpired, ClientFrozen, InvalidHeader
from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.enclave import (
    EnclaveLightClient,
    StateStatement,
    UpdateStatement,
    decode_statement,
    verify_stated_storage,
)
from light_clients.enclave.codec import (
    decode_client_message,
    decode_client_state,
    decode_consensus_state,
    decode_membership_proof,
    encode_membership_proof,
    encode_misbehaviour,
    encode_update,
)
from light_clients.enclave.errors import (
    KeyRefused,
    MalformedStatement,
    StatementMismatch,
    StateMismatch,
    TooFewOperators,
)
from light_clients.enclave.statements import encode_statement, value_hash
from primitives.errors import DecodeError, Refusal
from primitives.secp256k1 import ORDER
from relayer.enclave.program import Snapshot
from tests.fakes.enclave_world import ENCLAVES, NOW, PROGRAM, ROOT, EnclaveScenario, OperatorEnclave, in_order, signed
from tests.fakes.qbft_client import ABSENT_PATH, DRIFT_S, OTHER_PATH, PATH, TRUSTED_HEIGHT, TRUSTING_PERIOD_S, VALUE
from tests.fakes.qbft_client import QbftScenario as Inner
from tests.fakes.qbft_headers import TIME_0_S, RouterState, validator_keys

CLIENT = EnclaveLightClient({ROOT.pin})
SCENARIO = EnclaveScenario()
SECOND_NS = 1_000_000_000


def verify(message: bytes, now: TimeBounds = NOW, trusted: ConsensusAt | None = None) -> None:
    CLIENT.verify_client_message(SCENARIO.client_state, trusted or SCENARIO.trusted, message, now)


def consensus() -> ConsensusAt:
    return CLIENT.update_state(SCENARIO.client_state, SCENARIO.message()).consensus_states[0]


def after() -> Snapshot:
    return PROGRAM.update(SCENARIO.snapshot, SCENARIO.header).after


def test_a_statement_about_another_chain_is_refused() -> None:
    """The same enclaves follow another QBFT chain too; its validators, so its states, are others."""
    elsewhere = EnclaveScenario(inner=Inner(keys=tuple(validator_keys(7))))
    foreign = encode_update(
        signed(elsewhere.statement, ENCLAVES[:2]),
        SCENARIO.trusted.consensus_state,
        [each.registration() for each in ENCLAVES[:2]],
    )
    with pytest.raises(StatementMismatch, match="another state"):
        verify(foreign)


def test_a_statement_of_a_client_with_other_rules_is_refused() -> None:
    """Another trusting period inside is another client state, so another state id."""
    inner = replace(SCENARIO.inner.client, trusting_period_s=10**9)
    from light_clients.qbft.codec import encode_client_state

    snapshot = replace(SCENARIO.snapshot, client_state=encode_client_state(inner))
    statement = PROGRAM.update(snapshot, SCENARIO.header).statement
    message = encode_update(
        signed(statement, ENCLAVES[:2]),
        SCENARIO.trusted.consensus_state,
        [each.registration() for each in ENCLAVES[:2]],
    )
    with pytest.raises(StatementMismatch, match="another state"):
        verify(message)


def test_a_store_with_made_up_validators_gives_statements_that_nobody_takes() -> None:
    forged = EnclaveScenario(inner=Inner(state=RouterState({})))
    statement = PROGRAM.update(forged.snapshot, forged.header).statement
    assert statement.prev_state_id != SCENARIO.snapshot.state_id
    with pytest.raises(StatementMismatch, match="another state"):
        verify(SCENARIO.message(lambda _: statement))


def test_a_store_rolled_back_gives_statements_that_do_not_build_on_the_newer_state() -> None:
    message = SCENARIO.message(trusted=consensus(), registrations=())
    with pytest.raises(StatementMismatch, match="another state"):
        verify(message, trusted=consensus())


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda s: replace(s, prev_state_id=bytes(31) + b"\x01"), "another state"),
        (lambda s: replace(s, prev_height=TRUSTED_HEIGHT - 1), "another height"),
        (lambda s: replace(s, post_height=TRUSTED_HEIGHT), "does not go forward"),
        (lambda s: replace(s, timestamp_ns=s.timestamp_ns + SECOND_NS), "another time than its header"),
        (
            lambda s: replace(s, context=replace(s.context, trusted_timestamp_ns=s.context.trusted_timestamp_ns + 1)),
            "another time",
        ),
    ],
)
def test_a_statement_that_does_not_follow_is_refused_although_it_is_signed(
    change: Callable[[UpdateStatement], UpdateStatement], why: str
) -> None:
    with pytest.raises(StatementMismatch, match=why):
        verify(SCENARIO.message(change))


def later(seconds: int) -> Callable[[UpdateStatement], UpdateStatement]:
    """The same header, at so many seconds after the trusted one."""
    at_ns = (TIME_0_S + seconds) * SECOND_NS
    return lambda s: replace(s, timestamp_ns=at_ns, context=replace(s.context, header_timestamp_ns=at_ns))


def test_a_header_from_the_future_is_refused_to_the_second() -> None:
    verify(SCENARIO.message(later(5 + DRIFT_S)))
    with pytest.raises(StatementMismatch, match="later than this verifier's clock"):
        verify(SCENARIO.message(later(5 + DRIFT_S + 1)))


def test_an_enclave_cannot_widen_the_drift_or_the_period() -> None:
    def wide(s: UpdateStatement) -> UpdateStatement:
        moved = later(5 + DRIFT_S + 1)(s)
        return replace(moved, context=replace(moved.context, clock_drift_ns=10**18, trusting_period_ns=10**18))

    with pytest.raises(StatementMismatch, match="later than this verifier's clock"):
        verify(SCENARIO.message(wide))
    with pytest.raises(ClientExpired):
        verify(SCENARIO.message(wide), TimeBounds.at(TIME_0_S + TRUSTING_PERIOD_S))


def test_an_expired_inner_client_is_not_built_upon() -> None:
    short = SCENARIO.message(lambda s: replace(s, context=replace(s.context, trusting_period_ns=5 * SECOND_NS)))
    verify(short, TimeBounds.at(TIME_0_S + 4))
    with pytest.raises(StatementMismatch, match="trusting period is over"):
        verify(short, TimeBounds.at(TIME_0_S + 5))


def test_a_frozen_or_expired_client_accepts_nothing() -> None:
    with pytest.raises(ClientFrozen):
        CLIENT.verify_client_message(CLIENT.freeze(SCENARIO.client_state), SCENARIO.trusted, SCENARIO.message(), NOW)
    with pytest.raises(ClientExpired):
        verify(SCENARIO.message(), TimeBounds.at(TIME_0_S + TRUSTING_PERIOD_S))


def test_one_operator_is_not_enough() -> None:
    with pytest.raises(TooFewOperators):
        verify(SCENARIO.message(signers=ENCLAVES[:1]))


def test_no_signature_at_all_is_refused() -> None:
    with pytest.raises(MalformedStatement, match="number of signatures"):
        verify(SCENARIO.message(signers=(), registrations=[each.registration() for each in ENCLAVES[:2]]))


def test_one_operator_with_two_enclaves_counts_once() -> None:
    twice = in_order([ENCLAVES[0], OperatorEnclave(ENCLAVES[0].name, key_number=1)])
    with pytest.raises(KeyRefused, match="one operator signed twice"):
        verify(SCENARIO.message(signers=twice))


def test_one_signature_twice_counts_once() -> None:
    with pytest.raises(KeyRefused, match="one operator signed twice"):
        verify(SCENARIO.message(signers=[ENCLAVES[0], ENCLAVES[0]], registrations=[ENCLAVES[0].registration()]))


def test_signatures_out_of_order_are_refused() -> None:
    with pytest.raises(KeyRefused, match="ascend"):
        verify(SCENARIO.message(signers=ENCLAVES[1::-1]))


def test_a_key_never_registered_does_not_count() -> None:
    with pytest.raises(KeyRefused, match="not registered"):
        verify(SCENARIO.message(registrations=[ENCLAVES[0].registration()]))


def test_an_operators_own_key_is_no_enclave_key() -> None:
    statement = SCENARIO.statement
    bare = signed(statement, ENCLAVES[:2])
    from light_clients.enclave.statements import statement_digest
    from primitives.secp256k1 import sign_digest

    by_operator = tuple(sign_digest(each.operator_secret, statement_digest(bare.message)) for each in ENCLAVES[:2])
    message = encode_update(
        replace(bare, signatures=by_operator),
        SCENARIO.trusted.consensus_state,
        [each.registration() for each in ENCLAVES[:2]],
    )
    with pytest.raises(KeyRefused, match="not registered"):
        verify(message)


def test_a_malleable_signature_is_refused() -> None:
    statement = signed(SCENARIO.statement, ENCLAVES[:2])
    first = statement.signatures[0]
    s = ORDER - int.from_bytes(first[32:64], "big")
    twin = first[:32] + s.to_bytes(32, "big") + bytes((first[64] ^ 1,))
    message = encode_update(
        replace(statement, signatures=(twin, statement.signatures[1])),
        SCENARIO.trusted.consensus_state,
        [each.registration() for each in ENCLAVES[:2]],
    )
    with pytest.raises(KeyRefused, match="malformed"):
        verify(message)


def test_an_update_that_shows_another_consensus_state_is_refused() -> None:
    """Who could choose the state built upon could choose the keys in it."""
    other = ConsensusAt(TRUSTED_HEIGHT, consensus().consensus_state)
    with pytest.raises(MalformedStatement, match="another consensus state"):
        verify(SCENARIO.message(trusted=other))


def proof_of(statement: StateStatement, by: tuple[OperatorEnclave, ...] = ENCLAVES[:2]) -> bytes:
    return encode_membership_proof([each.sign(statement) for each in by])


def member(proof: bytes, path: bytes = PATH, value: bytes = VALUE, at: ConsensusAt | None = None) -> None:
    CLIENT.verify_membership(SCENARIO.client_state, at or consensus(), proof, path, value, NOW)


def absent(proof: bytes, path: bytes = ABSENT_PATH) -> None:
    CLIENT.verify_non_membership(SCENARIO.client_state, consensus(), proof, path, NOW)


PRESENT = StateStatement(b"ibc", PATH, value_hash(VALUE), TRUSTED_HEIGHT + 1, after().state_id)
ABSENT = replace(PRESENT, path=ABSENT_PATH, value_hash=None)


def test_membership_as_the_enclaves_state_it_passes() -> None:
    member(proof_of(PRESENT))
    absent(proof_of(ABSENT))


@pytest.mark.parametrize(
    "statement",
    [
        replace(PRESENT, state_id=SCENARIO.snapshot.state_id),
        replace(PRESENT, height=TRUSTED_HEIGHT),
        replace(PRESENT, height=TRUSTED_HEIGHT + 2),
        replace(PRESENT, path=OTHER_PATH),
        replace(PRESENT, value_hash=value_hash(bytes(32))),
        replace(PRESENT, prefix=b"storage"),
        replace(PRESENT, prefix=b"", path=b"ibc" + PATH),
        replace(PRESENT, value_hash=None),
    ],
)
def test_a_membership_statement_about_anything_else_is_refused(statement: StateStatement) -> None:
    with pytest.raises(KeyRefused, match="not registered"):
        member(proof_of(statement))


def test_presence_does_not_prove_absence_nor_absence_presence() -> None:
    with pytest.raises(KeyRefused, match="not registered"):
        absent(proof_of(PRESENT), PATH)
    with pytest.raises(KeyRefused, match="not registered"):
        member(proof_of(replace(PRESENT, value_hash=None)), value=bytes(32))


def test_an_update_statement_is_no_membership_statement() -> None:
    with pytest.raises(KeyRefused):
        member(encode_membership_proof([each.sign(SCENARIO.statement) for each in ENCLAVES[:2]]))


def test_membership_needs_as_many_operators_as_an_update() -> None:
    with pytest.raises(TooFewOperators):
        member(proof_of(PRESENT, ENCLAVES[:1]))
    with pytest.raises(KeyRefused, match="one operator signed twice"):
        member(proof_of(PRESENT, (ENCLAVES[0], ENCLAVES[0])))


def test_a_key_registered_later_does_not_vouch_for_an_earlier_state() -> None:
    with pytest.raises(KeyRefused, match="not registered"):
        member(proof_of(PRESENT, ENCLAVES[1:]))


def test_a_storage_word_is_taken_only_as_it_was_stated() -> None:
    address, slot, word = bytes(20), bytes(32), b"\x07" * 32
    at = consensus()
    stated = StateStatement(b"storage", address + slot, value_hash(word), TRUSTED_HEIGHT + 1, after().state_id)
    signatures = [each.sign(stated) for each in ENCLAVES[:2]]

    def read(account_proof: tuple[bytes, ...], address: bytes = address, slot: bytes = slot) -> bytes | None:
        return verify_stated_storage(SCENARIO.client_state, at, address, slot, account_proof, signatures, NOW)

    assert read((word,)) == word
    for refused in ((bytes(32),), (b"\x08" * 32,)):
        with pytest.raises(KeyRefused):
            read(refused)
    with pytest.raises(KeyRefused):
        read((word,), address=b"\x01" * 20)
    with pytest.raises(KeyRefused):
        read((word,), slot=b"\x01" * 32)
    for malformed in ((), (word, word), (word[1:],)):
        with pytest.raises(StateMismatch):
            read(malformed)


def test_two_statements_of_one_height_freeze_and_two_equal_ones_do_not() -> None:
    base = consensus()
    next_state = replace(SCENARIO.statement, prev_height=TRUSTED_HEIGHT + 1, prev_state_id=after().state_id)
    context = replace(next_state.context, trusted_timestamp_ns=(TIME_0_S + 1) * SECOND_NS)
    one = replace(next_state, post_height=TRUSTED_HEIGHT + 2, context=context)
    other = replace(one, post_state_id=bytes(31) + b"\x01")
    message = encode_misbehaviour([signed(one, ENCLAVES[:2]), signed(other, ENCLAVES[:2])])
    verify(message, trusted=base)
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, None, message)
    with pytest.raises(StatementMismatch, match="do not contradict"):
        verify(encode_misbehaviour([signed(one, ENCLAVES[:2]), signed(one, ENCLAVES[:2])]), trusted=base)
    with pytest.raises(TooFewOperators):
        verify(encode_misbehaviour([signed(one, ENCLAVES[:2]), signed(other, ENCLAVES[:1])]), trusted=base)


def test_an_update_that_contradicts_a_known_height_is_misbehaviour() -> None:
    known = replace(decode_consensus_state(consensus().consensus_state), state_id=bytes(31) + b"\x01")
    from light_clients.enclave.codec import encode_consensus_state

    at = ConsensusAt(TRUSTED_HEIGHT + 1, encode_consensus_state(known))
    assert CLIENT.check_for_misbehaviour(SCENARIO.client_state, at, SCENARIO.message())
    assert not CLIENT.check_for_misbehaviour(SCENARIO.client_state, consensus(), SCENARIO.message())


def test_inside_a_snapshot_whose_client_state_is_of_another_height_is_refused() -> None:
    with pytest.raises(InvalidHeader, match="another height"):
        PROGRAM.update(replace(SCENARIO.snapshot, height=TRUSTED_HEIGHT + 1), SCENARIO.header)


def test_inside_a_header_that_fewer_validators_sealed_is_refused() -> None:
    inner = SCENARIO.inner
    with pytest.raises(InvalidHeader):
        PROGRAM.update(SCENARIO.snapshot, inner.message(inner.next_block, inner.keys[:1]))


def test_inside_a_header_that_goes_nowhere_is_refused() -> None:
    block = replace(SCENARIO.inner.next_block, number=TRUSTED_HEIGHT)
    with pytest.raises(Refusal):
        PROGRAM.update(SCENARIO.snapshot, SCENARIO.inner.message(block))


def test_inside_consistent_headers_are_no_misbehaviour() -> None:
    with pytest.raises(InvalidHeader):
        PROGRAM.misbehaviour(SCENARIO.snapshot, SCENARIO.header)


def test_bytes_behind_a_statement_are_refused() -> None:
    with pytest.raises(MalformedStatement):
        decode_statement(encode_statement(PRESENT) + bytes(32))


@given(place=st.integers(0, len(encode_statement(SCENARIO.statement)) - 1), mask=st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_no_changed_statement_is_read_as_the_same(place: int, mask: int) -> None:
    message = encode_statement(SCENARIO.statement)
    changed = message[:place] + bytes((message[place] ^ mask,)) + message[place + 1 :]
    with contextlib.suppress(MalformedStatement):
        assert encode_statement(decode_statement(changed)) == changed
        assert decode_statement(changed) != SCENARIO.statement


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_random_bytes_are_refused_by_every_decoder(data: bytes) -> None:
    decoders = (
        decode_statement,
        decode_client_message,
        decode_client_state,
        decode_consensus_state,
        decode_membership_proof,
    )
    for decode in decoders:
        with contextlib.suppress(DecodeError):
            decode(data)
