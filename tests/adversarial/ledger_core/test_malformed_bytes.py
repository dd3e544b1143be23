"""Bytes from outside: oversize, trailing, unknown fields, out of order, not canonical, cut anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from crossdvp.ledger.v1 import transaction_pb2 as pb
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.dvp_lock_codec import decode_evidence
from chains.progmat.contracts.ibc_records import record_of
from chains.progmat.contracts.membership import MembershipState
from chains.progmat.contracts.terms_codec import decode_terms, encode_terms
from chains.progmat.transactions import component_codec as codec
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import ComponentGroup, Group, StateRef, TransactionState, create_write
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.signed import SignedTransaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.errors import DecodeError
from primitives.types import Hash32
from tests.fakes.ledger_parties import NN, STRANGER, VALIDATOR_KEY, cash, salt_of, signed
from tests.fakes.settlement_world import SettlementWorld, terms_of

HASH = Hash32(b"\x07" * 32)
GROUPS = (
    ComponentGroup(Group.NETWORK_PARAMETERS, (codec.encode_network_parameters_hash(HASH),)),
    ComponentGroup(Group.CONTRACT_PACKAGE, (codec.encode_contract_package_hash(HASH),)),
)


@pytest.fixture(scope="module")
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.fixture(scope="module")
def wire(world: SettlementWorld) -> WireTransaction:
    return world.lock_builder(terms_of(), world.issue(2_000_000)).to_wire(salt_of("lock"))


@pytest.mark.parametrize("salt", [b"", bytes(31), bytes(33), bytes(32)], ids=["none", "short", "long", "zeros"])
def test_a_salt_that_hides_nothing_is_refused(salt: bytes) -> None:
    with pytest.raises(MalformedComponent, match="salt"):
        WireTransaction(salt, GROUPS)


@pytest.mark.parametrize(
    ("groups", "rule"),
    [
        (GROUPS[::-1], "ascend"),
        ((GROUPS[0], GROUPS[0], GROUPS[1]), "ascend"),
        (GROUPS[:1], "CONTRACT_PACKAGE is present"),
        (GROUPS[1:], "NETWORK_PARAMETERS is present"),
        ((ComponentGroup(3, (b"x",)), *GROUPS), "in use"),
        ((*GROUPS, ComponentGroup(18, (b"x",))), "in use"),
        ((ComponentGroup(9, (b"x",)), *GROUPS), "in use|ascend"),
        ((ComponentGroup(0, ()), *GROUPS), "components of group 0"),
        ((ComponentGroup(0, (b"x",) * 257), *GROUPS), "components of group 0"),
        ((ComponentGroup(0, (b"",)), *GROUPS), "component bytes"),
        ((ComponentGroup(2, (bytes(300_000),)), *GROUPS), "component bytes"),
        ((ComponentGroup(1, (bytes(200_000),) * 3), *GROUPS), "bytes of all components"),
    ],
)
def test_groups_out_of_shape_are_refused(groups: tuple[ComponentGroup, ...], rule: str) -> None:
    with pytest.raises(MalformedComponent, match=rule):
        WireTransaction(salt_of("x"), groups)


def test_two_notaries_in_one_transaction_are_refused() -> None:
    twice = ComponentGroup(Group.NOTARY, (codec.encode_party(NN.party), codec.encode_party(STRANGER.party)))

    with pytest.raises(MalformedComponent, match="NOTARY has one component"):
        WireTransaction(salt_of("x"), (twice, *GROUPS)).decode_all()


def test_a_command_whose_signers_are_missing_is_refused(wire: WireTransaction) -> None:
    groups = tuple(group for group in wire.groups if group.ordinal != Group.SIGNERS)

    with pytest.raises(MalformedComponent, match="one signer component per command"):
        WireTransaction(wire.salt, groups).decode_all()


@pytest.mark.parametrize("tail", [b"\x00", b"\x0a\x00", b"\x7a\x01x", b"\xff"])
def test_trailing_and_unknown_bytes_are_refused_at_every_level(wire: WireTransaction, tail: bytes) -> None:
    with pytest.raises(DecodeError):
        WireTransaction.decode(wire.encode() + tail)
    with pytest.raises(DecodeError):
        SignedTransaction.decode(signed(wire).encode() + tail)
    for group in wire.groups:
        spoiled = replace(group, components=(group.components[0] + tail, *group.components[1:]))
        groups = tuple(spoiled if g.ordinal == group.ordinal else g for g in wire.groups)
        with pytest.raises(DecodeError):
            WireTransaction(wire.salt, groups).decode_all()


@given(cut=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_bytes_cut_anywhere_are_refused_with_a_named_error(cut: int) -> None:
    whole = encode_terms(terms_of())

    with pytest.raises(DecodeError):
        decode_terms(whole[: cut % len(whole)])


@given(position=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_flipped_bytes_give_other_terms_or_a_named_error(position: int, flip: int) -> None:
    whole = bytearray(encode_terms(terms_of()))
    whole[position % len(whole)] ^= flip
    try:
        assert encode_terms(decode_terms(bytes(whole))) == bytes(whole)
    except DecodeError as error:
        assert error.reason  # noqa: PT017 # either outcome is right, but each by its own rule


@given(data=st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_bytes_never_raise_anything_but_a_named_error(data: bytes) -> None:
    decoders: list[Callable[[bytes], object]] = [
        WireTransaction.decode,
        SignedTransaction.decode,
        NetworkParameters.decode,
        decode_terms,
        decode_evidence,
        codec.decode_state,
        codec.decode_signers,
        codec.decode_time_window,
        codec.decode_provable_write,
    ]
    for decode in decoders:
        try:
            decode(data)
        except DecodeError as error:
            assert error.reason  # noqa: PT017 # random bytes may by chance be valid


def test_a_write_of_unknown_kind_is_refused() -> None:
    message = pb.ProvableWrite(path=b"p", value=HASH)

    with pytest.raises(MalformedComponent, match="unknown kind"):
        codec.decode_provable_write(message.SerializeToString())


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_created_value_that_is_no_hash_is_refused(length: int) -> None:
    with pytest.raises(MalformedComponent, match="value length"):
        create_write(b"p", Hash32(bytes(length)))


def test_a_party_with_a_composite_key_is_refused() -> None:
    message = pb.Party(name="x", key=VALIDATOR_KEY.encoded())

    with pytest.raises(MalformedComponent, match="single key"):
        codec.decode_party(message.SerializeToString())


@pytest.mark.parametrize("name", ["", " sn", "sn ", "s\nn", "s" * 129, "s\u200bn"])
def test_a_party_name_that_deceives_the_eye_is_refused(name: str) -> None:
    with pytest.raises(MalformedComponent, match=r"Party\.name"):
        codec.decode_party(pb.Party(name=name, key=NN.key.encoded()).SerializeToString())


@pytest.mark.parametrize("index", [256, 2**32 - 1])
def test_a_state_reference_out_of_range_is_refused(index: int) -> None:
    with pytest.raises(MalformedComponent, match="index"):
        codec.decode_state_ref(pb.StateRef(tx_id=HASH, index=index).SerializeToString())


def test_a_short_transaction_id_in_a_reference_is_refused() -> None:
    with pytest.raises(MalformedComponent, match="tx_id"):
        StateRef(Hash32(bytes(31)), 0)


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1])
def test_an_amount_outside_its_bounds_is_no_cash(amount: int) -> None:
    with pytest.raises(MalformedComponent, match="amount"):
        cash(amount)


@pytest.mark.parametrize("read", [CashState.of, DvpLockState.of, MembershipState.of, record_of])
def test_a_state_of_another_contract_is_not_read_as_ones_own(
    read: Callable[[TransactionState], object], world: SettlementWorld
) -> None:
    foreign = replace(world.issuer_membership.state, contract="anything")

    with pytest.raises(Exception, match="the state is") as caught:
        read(foreign)
    assert caught.value.reason.endswith("_RULE_BROKEN")  # type: ignore[attr-defined]  # every contract's own class
