"""Builder, wire, signed, ledger: what each stage fixes, keeps and checks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import CASH
from chains.progmat.transactions import component_codec as codec
from chains.progmat.transactions.errors import InputsBroken, SignaturesMissing, StateUnresolved
from chains.progmat.transactions.filtered import NOTARY_GROUPS, FilteredTransaction
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import (
    Command,
    Group,
    StateAndRef,
    StateRef,
    TimeWindow,
    TransactionState,
    create_write,
    delete_write,
)
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signature import sign_batch, sign_transaction
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.signed_codec import decode_signature, encode_signature
from chains.progmat.transactions.wire import WireTransaction
from primitives.types import Hash32, UnixSeconds
from tests.fakes.ledger_parties import BUYER, NN, SN, STRANGER, VALIDATORS, cash, cash_issue, salt_of, signed
from tests.fakes.settlement_world import SettlementWorld, terms_of

hashes = st.binary(min_size=32, max_size=32).map(Hash32)
state_refs = st.builds(StateRef, hashes, st.integers(0, 255))
seconds = st.integers(0, 2**40).map(UnixSeconds)
windows = st.one_of(
    st.builds(TimeWindow, seconds, st.none()),
    st.builds(TimeWindow, st.none(), seconds),
    seconds.map(lambda start: TimeWindow(start, UnixSeconds(start + 1))),
)
writes = st.one_of(
    st.builds(create_write, st.binary(min_size=1, max_size=192), hashes),
    st.builds(delete_write, st.binary(min_size=1, max_size=192)),
)
states = st.builds(
    TransactionState,
    st.just("cash"),
    st.binary(min_size=1, max_size=64),
    st.just(NN.party),
    st.none() | st.integers(0, 255),
)


@pytest.fixture(scope="module")
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.fixture(scope="module")
def wire(world: SettlementWorld) -> WireTransaction:
    """A lock: the transaction with the most groups."""
    return world.lock_builder(terms_of(), world.issue(2_000_000)).to_wire(salt_of("lock"))


@given(state_refs, states, windows, writes)
@settings(max_examples=100, deadline=None)
def test_components_survive_encoding(ref: StateRef, state: TransactionState, window: TimeWindow, write: object) -> None:
    assert codec.decode_state_ref(codec.encode_state_ref(ref)) == ref
    assert codec.decode_state(codec.encode_state(state)) == state
    assert codec.decode_time_window(codec.encode_time_window(window)) == window
    assert codec.decode_provable_write(codec.encode_provable_write(write)) == write  # type: ignore[arg-type]  # hypothesis infers object


def test_a_command_and_its_signers_are_two_components() -> None:
    command = Command(CASH, MOVE, b"x", (SN.key, BUYER.key))

    signers = codec.decode_signers(codec.encode_signers(command))

    assert codec.decode_command(codec.encode_command(command), signers) == command


def test_a_decoded_transaction_has_the_same_id_and_the_same_bytes(wire: WireTransaction) -> None:
    received = WireTransaction.decode(wire.encode())

    assert (received.id, received.encode(), received) == (wire.id, wire.encode(), wire)


def test_the_salt_hides_equal_transactions_from_each_other(world: SettlementWorld) -> None:
    builder = cash_issue(world.ledger.frame, world.issuer_membership, cash(5))

    assert builder.to_wire(salt_of("a")).id != builder.to_wire(salt_of("b")).id


def test_a_time_window_contains_its_start_and_not_its_end() -> None:
    window = TimeWindow(UnixSeconds(100), UnixSeconds(200))

    assert [window.contains(moment) for moment in (99, 100, 199, 200)] == [False, True, True, False]


def test_a_tear_off_shows_the_notary_its_groups_and_nothing_else(wire: WireTransaction) -> None:
    tear_off = FilteredTransaction.decode(wire.filter(NOTARY_GROUPS).encode())

    tear_off.verify_for_notary()

    assert tear_off.id == wire.id
    assert (tear_off.inputs, tear_off.references) == (wire.inputs, wire.references)
    assert (tear_off.time_window, tear_off.notary) == (wire.time_window, wire.notary)
    assert tear_off.provable_writes == wire.provable_writes
    assert tear_off.network_parameters_hash == wire.network_parameters_hash
    assert (tear_off.outputs, tear_off.commands) == ((), ())


def test_required_signers_are_those_of_the_commands_and_the_notary(
    wire: WireTransaction, world: SettlementWorld
) -> None:
    assert wire.required_signers == {key for command in wire.commands for key in command.signers} | {NN.key}
    assert world.ledger.parameters.validator_key in wire.required_signers


def test_signatures_suffice_when_three_of_four_validators_signed(wire: WireTransaction) -> None:
    transaction = signed(wire, without=[VALIDATORS[0]])

    transaction.verify_signatures_except({NN.key})

    assert transaction.missing_signers() == {NN.key}


def test_a_batch_signature_of_the_notary_covers_each_of_its_transactions(wire: WireTransaction) -> None:
    others = [Hash32(bytes([n]) * 32) for n in range(1, 6)]
    batch = sign_batch(NN.signer, [*others, wire.id])

    complete = signed(wire).with_signatures(batch[-1])
    complete.verify_signatures_except()

    assert SignedTransaction.decode(complete.encode()) == complete
    for tx_id, signature in zip(others, batch, strict=False):
        decode_signature(encode_signature(signature)).verify(tx_id)


def test_a_second_signature_of_a_key_changes_nothing(wire: WireTransaction) -> None:
    transaction = signed(wire)

    assert transaction.with_signatures(sign_transaction(SN.signer, wire.id)) == transaction


def test_the_bytes_received_are_kept(wire: WireTransaction) -> None:
    received = SignedTransaction.decode(signed(wire).encode())

    decoded = received.wire

    assert received.wire_bytes == wire.encode()
    assert received.with_signatures(sign_transaction(NN.signer, wire.id)).wire is decoded


def test_missing_signatures_are_named(wire: WireTransaction) -> None:
    with pytest.raises(SignaturesMissing):
        SignedTransaction.of(wire).verify_signatures_except({NN.key})


def test_an_unknown_input_is_unresolved_not_invalid(wire: WireTransaction) -> None:
    with pytest.raises(StateUnresolved, match="fetch"):
        LedgerTransaction.resolve(wire, {})


def test_resolved_states_belong_to_the_references(world: SettlementWorld, wire: WireTransaction) -> None:
    right = LedgerTransaction.resolve(wire, world.ledger.states)
    wrong = tuple(StateAndRef(replace(s.ref, index=200), s.state) for s in right.inputs)

    with pytest.raises(InputsBroken, match="resolved inputs"):
        LedgerTransaction(wire, wrong, right.references)


def test_network_parameters_survive_encoding_and_are_named_by_hash(world: SettlementWorld) -> None:
    parameters = world.ledger.parameters

    assert NetworkParameters.decode(parameters.encode()) == parameters
    assert replace(parameters, epoch=2).hash != parameters.hash


def test_a_transaction_without_a_subject_for_the_notary_needs_none(world: SettlementWorld) -> None:
    builder = replace(cash_issue(world.ledger.frame, world.issuer_membership, cash(5)), references=(), notary=None)

    assert not builder.to_wire(salt_of("x")).needs_notarisation
    assert Group.NOTARY not in builder.to_wire(salt_of("x")).components


def test_a_stranger_is_not_among_the_signers(wire: WireTransaction) -> None:
    assert STRANGER.key not in wire.required_signers
