"""Attacks on `EnclaveLightClient`: other chains, stores, heights, times, signers, paths, values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from eth_abi import abi as eth_abi

from light_clients.enclave import MisbehaviourStatement, StateStatement, UpdateStatement, encode_statement
from light_clients.enclave.solidity_form import encode_solidity_evidence, encode_solidity_update
from light_clients.enclave.statements import value_hash
from light_clients.progmat.misbehaviour import encode_misbehaviour
from relayer.enclave.program import Step
from tests.fakes import progmat_oracle as oracle
from tests.fakes.enclave_client_bench import (
    ROUTER,
    SIGNERS,
    VALIDATORS,
    EnclaveClientBench,
    client_state_of,
    packed_checkpoint,
    registered_bench,
    snapshot_at,
    updated_bench,
)
from tests.fakes.enclave_world import ENCLAVES, KEY_LIFETIME_S, PROGRAM, OperatorEnclave, in_order
from tests.fakes.evm_sandbox import Reverted
from tests.fakes.progmat_client_bench import (
    FIRST_HEIGHT,
    LEDGER_ID,
    MAX_CLOCK_DRIFT_S,
    MISBEHAVIOUR,
    NO_OP,
    TREE,
    TRUSTING_PERIOD_S,
    UPDATE,
)
from tests.fakes.qbft_headers import TIME_0_S

OTHER_ROOT = oracle.keccak(b"another history")
SECOND_NS = 1_000_000_000
HEIGHT = FIRST_HEIGHT + 1


def refused(error: str, attempt: Callable[[], object]) -> None:
    with pytest.raises(Reverted) as caught:
        attempt()
    assert caught.value.error == error


def altered(bench: EnclaveClientBench, change: Callable[[UpdateStatement], UpdateStatement]) -> bytes:
    """An update that both enclaves signed, although it says this."""
    step = bench.step()
    return bench.message(Step(change(step.statement), step.after))


def test_two_operators_take_the_client_on() -> None:
    bench = registered_bench()
    assert bench.update() == UPDATE
    assert client_state_of(bench) == (HEIGHT, TIME_0_S, TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S, False)
    bench.sandbox.now_s += 1
    assert bench.update() == UPDATE


def test_the_same_update_again_changes_nothing() -> None:
    bench = registered_bench()
    message = bench.message(bench.step())
    assert bench.send(message) == UPDATE
    assert bench.send(message) == NO_OP


def test_nobody_but_the_router_passes_messages_on() -> None:
    bench = registered_bench()
    message = bench.message(bench.step())
    refused("EnclaveCallerNotRouter", lambda: bench.client.transact("updateClient", message))
    refused("EnclaveCallerNotRouter", lambda: bench.client.transact("misbehaviour", message))


def test_a_statement_about_another_ledger_is_refused() -> None:
    """The same enclaves follow another ledger of the same Validators."""
    bench = registered_bench()
    elsewhere = replace(
        bench.snapshot, client_state=bench.snapshot.client_state.replace(b"progmat-test", b"progmat-prod")
    )
    checkpoint = packed_checkpoint(HEIGHT, TIME_0_S, TREE.root)
    step = PROGRAM.update(elsewhere, oracle.header(checkpoint, VALIDATORS, "progmat-prod"))
    refused("EnclaveStateMismatch", lambda: bench.send(bench.message(step)))


def test_a_store_with_a_made_up_state_gives_statements_that_nobody_takes() -> None:
    bench = registered_bench()
    step = PROGRAM.update(
        snapshot_at(FIRST_HEIGHT, TIME_0_S, OTHER_ROOT),
        oracle.header(packed_checkpoint(HEIGHT, TIME_0_S, TREE.root), VALIDATORS, LEDGER_ID),
    )
    refused("EnclaveStateMismatch", lambda: bench.send(bench.message(step)))


def test_a_store_rolled_back_does_not_get_past_the_latest_state() -> None:
    """Even a genuine older state may trust a set that has since gone."""
    bench = registered_bench()
    old = bench.snapshot
    bench.update()
    rolled_back = replace(bench, snapshot=old)
    refused("EnclaveUpdateNotOnLatest", lambda: rolled_back.update(rolled_back.step(HEIGHT + 1)))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda s: replace(s, prev_state_id=bytes(31) + b"\x01"), "EnclaveStateMismatch"),
        (lambda s: replace(s, prev_height=FIRST_HEIGHT - 1), "EnclaveUpdateNotOnLatest"),
        (lambda s: replace(s, prev_height=HEIGHT + 5, post_height=HEIGHT + 6), "EnclaveUpdateNotOnLatest"),
        (lambda s: replace(s, post_height=FIRST_HEIGHT), "EnclaveUpdateNotForward"),
        (
            lambda s: replace(s, context=replace(s.context, trusted_timestamp_ns=s.context.trusted_timestamp_ns + 1)),
            "EnclaveStateMismatch",
        ),
        (lambda s: replace(s, context=replace(s.context, trusting_period_ns=10**18)), "EnclaveKeyUnknown"),
        (lambda s: replace(s, context=replace(s.context, clock_drift_ns=10**18)), "EnclaveKeyUnknown"),
        (
            lambda s: replace(s, context=replace(s.context, header_timestamp_ns=s.context.header_timestamp_ns + 1)),
            "EnclaveKeyUnknown",
        ),
    ],
)
def test_a_statement_that_does_not_follow_is_refused_although_it_is_signed(
    change: Callable[[UpdateStatement], UpdateStatement], error: str
) -> None:
    bench = registered_bench()
    refused(error, lambda: bench.send(altered(bench, change)))


def test_every_field_is_signed() -> None:
    bench = registered_bench()
    message = bench.message(bench.step())
    for place in range(56, 112, 5):
        flipped = message[:place] + bytes((message[place] ^ 1,)) + message[place + 1 :]
        with pytest.raises(Reverted):
            bench.send(flipped)


def test_a_header_from_the_future_is_refused_to_the_second() -> None:
    bench = registered_bench()
    in_time = bench.step(timestamp_s=TIME_0_S + MAX_CLOCK_DRIFT_S)
    refused("EnclaveHeaderFromFuture", lambda: bench.update(bench.step(timestamp_s=TIME_0_S + MAX_CLOCK_DRIFT_S + 1)))
    assert bench.update(in_time) == UPDATE


def test_an_expired_client_accepts_nothing_to_the_second() -> None:
    bench = registered_bench()
    bench.sandbox.now_s = TIME_0_S + TRUSTING_PERIOD_S - 1
    for each in SIGNERS:
        bench.register(each)
    message = bench.message(bench.step())
    bench.sandbox.now_s += 1
    refused("EnclaveClientExpired", lambda: bench.send(message))
    bench.sandbox.now_s -= 1
    assert bench.send(message) == UPDATE


def test_another_state_at_a_known_height_freezes_for_ever() -> None:
    bench = registered_bench()
    rival = replace(bench)
    bench.update()
    assert rival.update(rival.step(root=OTHER_ROOT)) == MISBEHAVIOUR
    assert bench.frozen
    refused("EnclaveClientFrozen", bench.update)
    stated = bench.stated(b"key 7", b"value 7")
    refused("EnclaveClientFrozen", lambda: bench.member(b"key 7", b"value 7", bench.proof(stated)))


def test_time_running_backwards_freezes() -> None:
    bench = updated_bench()
    message = altered(
        bench,
        lambda s: replace(
            s,
            timestamp_ns=s.timestamp_ns - SECOND_NS,
            context=replace(s.context, header_timestamp_ns=s.timestamp_ns - SECOND_NS),
        ),
    )
    assert bench.send(message) == MISBEHAVIOUR
    assert bench.frozen


def evidence(bench: EnclaveClientBench) -> MisbehaviourStatement:
    headers = [
        oracle.header(packed_checkpoint(bench.snapshot.height + 1, TIME_0_S, root), VALIDATORS, LEDGER_ID)
        for root in (TREE.root, OTHER_ROOT)
    ]
    return PROGRAM.misbehaviour(bench.snapshot, encode_misbehaviour(*headers))


def report(bench: EnclaveClientBench, data: bytes) -> None:
    bench.client.transact("misbehaviour", data, sender=ROUTER)


def test_evidence_that_the_enclaves_found_freezes() -> None:
    bench = updated_bench()
    statement = evidence(bench)
    report(bench, encode_solidity_evidence(statement, [each.sign(statement) for each in SIGNERS]))
    assert bench.frozen


def test_evidence_needs_as_many_operators_as_an_update() -> None:
    bench = updated_bench()
    statement = evidence(bench)
    one = encode_solidity_evidence(statement, [SIGNERS[0].sign(statement)])
    refused("EnclaveOperatorsInsufficient", lambda: report(bench, one))


def test_evidence_about_another_state_or_in_another_form_freezes_nothing() -> None:
    bench = updated_bench()
    statement = evidence(bench)
    foreign = replace(statement, prev_states=((bench.snapshot.height, bytes(31) + b"\x01"),))
    signatures = [each.sign(foreign) for each in SIGNERS]
    refused("EnclaveStateMismatch", lambda: report(bench, encode_solidity_evidence(foreign, signatures)))
    good = encode_solidity_evidence(statement, [each.sign(statement) for each in SIGNERS])
    refused("EnclaveEvidenceMalformed", lambda: report(bench, good + bytes(32)))
    other = encode_solidity_evidence(
        replace(statement, client_message=b"another"), [each.sign(statement) for each in SIGNERS]
    )
    refused("EnclaveKeyUnknown", lambda: report(bench, other))
    assert not bench.frozen


# ------------------------------------------------------------------------------------------------------------- signers


def test_one_operator_is_not_enough_nor_twice_the_same() -> None:
    bench = registered_bench()
    second_key = OperatorEnclave(SIGNERS[0].name, key_number=1)
    bench.register(second_key)
    refused("EnclaveOperatorsInsufficient", lambda: bench.update(by=SIGNERS[:1]))
    refused("EnclaveOperatorsInsufficient", lambda: bench.update(by=()))
    refused("EnclaveOperatorsUnordered", lambda: bench.update(by=(SIGNERS[0], SIGNERS[0])))
    refused("EnclaveOperatorsUnordered", lambda: bench.update(by=in_order([SIGNERS[0], second_key])))
    refused("EnclaveOperatorsUnordered", lambda: bench.update(by=SIGNERS[::-1]))


def test_a_key_never_registered_does_not_count() -> None:
    refused("EnclaveKeyUnknown", lambda: registered_bench().update(by=ENCLAVES[1:]))


def test_a_key_counts_to_the_second_before_its_expiry() -> None:
    bench = registered_bench()
    bench.sandbox.now_s = TIME_0_S + KEY_LIFETIME_S
    refused("EnclaveKeyExpired", bench.update)
    bench.sandbox.now_s -= 1
    assert bench.update() == UPDATE


def test_a_malleable_or_cut_signature_is_refused() -> None:
    bench = registered_bench()
    step = bench.step()
    message = bench.message(step)
    refused("EnclaveLengthInvalid", lambda: bench.send(message[:-1]))
    refused("EnclaveLengthInvalid", lambda: bench.send(message + b"\0"))
    refused("EnclaveLengthInvalid", lambda: bench.send(message[:111]))
    signature = message[112:176]
    vs = int.from_bytes(signature[32:], "big")
    parity, s = vs >> 255, vs & ((1 << 255) - 1)
    twin = (oracle.CURVE_ORDER - s) | (1 - parity) << 255
    high = signature[:32] + (twin & ((1 << 256) - 1)).to_bytes(32, "big")
    with pytest.raises(Reverted):
        bench.send(message[:112] + high + message[176:])


def test_an_operators_own_key_is_no_enclave_key() -> None:
    bench = registered_bench()
    step = bench.step()
    from light_clients.enclave.statements import statement_digest
    from primitives.secp256k1 import sign_digest

    digest = statement_digest(encode_statement(step.statement))
    message = encode_solidity_update(step.statement, [sign_digest(each.operator_secret, digest) for each in SIGNERS])
    refused("EnclaveKeyUnknown", lambda: bench.send(message))


# ---------------------------------------------------------------------------------------------------------- membership


def test_presence_and_absence_as_the_enclaves_state_them() -> None:
    bench = updated_bench()
    assert bench.member(b"key 7", b"value 7", bench.proof(bench.stated(b"key 7", b"value 7"))) == TIME_0_S
    assert bench.absent(b"nothing", bench.proof(bench.stated(b"nothing", None))) == TIME_0_S


def test_a_membership_statement_about_anything_else_is_refused() -> None:
    bench = updated_bench()
    right: StateStatement = bench.stated(b"key 7", b"value 7")
    wrong = [
        replace(right, state_id=bytes(31) + b"\x01"),
        replace(right, height=HEIGHT + 1),
        replace(right, path=b"key 8"),
        replace(right, prefix=b"storage"),
        replace(right, prefix=b"", path=b"ibckey 7"),
        replace(right, value_hash=value_hash(b"value 8")),
        replace(right, value_hash=None),
    ]
    for statement in wrong:
        proof = bench.proof(statement)
        refused("EnclaveKeyUnknown", partial(bench.member, b"key 7", b"value 7", proof))


def test_presence_does_not_prove_absence_nor_absence_presence() -> None:
    bench = updated_bench()
    present = bench.proof(bench.stated(b"key 7", b"value 7"))
    refused("EnclaveKeyUnknown", lambda: bench.absent(b"key 7", present))
    gone = bench.proof(bench.stated(b"nothing", None))
    refused("EnclaveKeyUnknown", lambda: bench.member(b"nothing", b"", gone))
    refused("EnclaveKeyUnknown", lambda: bench.member(b"nothing", bytes(32), gone))


def test_a_proof_for_another_state_id_time_or_height_is_refused() -> None:
    bench = updated_bench()
    proof = bench.proof(bench.stated(b"key 7", b"value 7"))
    for place in (0, 15, 16, 47):
        flipped = proof[:place] + bytes((proof[place] ^ 1,)) + proof[place + 1 :]
        refused("EnclaveStateMismatch", partial(bench.member, b"key 7", b"value 7", flipped))
    refused("EnclaveStateMismatch", lambda: bench.member(b"key 7", b"value 7", proof, FIRST_HEIGHT))
    for height in (HEIGHT + 1, HEIGHT + 256, HEIGHT - 256 + 1000):
        refused("EnclaveStateUnknown", partial(bench.member, b"key 7", b"value 7", proof, height))


def test_a_proof_cut_off_or_of_too_few_operators_is_refused() -> None:
    bench = updated_bench()
    stated = bench.stated(b"key 7", b"value 7")
    refused("EnclaveLengthInvalid", lambda: bench.member(b"key 7", b"value 7", bench.proof(stated)[:47]))
    refused("EnclaveLengthInvalid", lambda: bench.member(b"key 7", b"value 7", bench.proof(stated)[:-1]))
    one = bench.proof(stated, SIGNERS[:1])
    refused("EnclaveOperatorsInsufficient", lambda: bench.member(b"key 7", b"value 7", one))


def test_revisions_and_longer_paths_are_refused() -> None:
    bench = updated_bench()
    proof = bench.proof(bench.stated(b"key 7", b"value 7"))
    call = bench.client.call
    refused("EnclaveRevisionInvalid", lambda: call("verifyMembership", (proof, (1, HEIGHT), [b"key 7"], b"value 7")))
    refused("EnclavePathInvalid", lambda: call("verifyMembership", (proof, (0, HEIGHT), [], b"value 7")))
    refused("EnclavePathInvalid", lambda: call("verifyNonMembership", (proof, (0, HEIGHT), [b"ibc", b"key 7"])))


def test_the_client_state_is_what_the_bindings_read() -> None:
    bench = updated_bench()
    state = eth_abi.decode(["uint64", "uint64", "uint64", "uint64", "bool"], bench.client.call("getClientState"))
    assert state == (HEIGHT, TIME_0_S, TRUSTING_PERIOD_S, MAX_CLOCK_DRIFT_S, False)
