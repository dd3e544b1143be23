"""Epochs that an operator, or somebody who poses as one, would like the members to take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.network.errors import (
    EpochNotNext,
    EpochUnknown,
    ParametersBackdated,
    ParametersNotAccepted,
    ParametersStoreBroken,
)
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.transactions.errors import (
    MalformedComponent,
    ParametersForked,
    ParametersNotContinued,
    ParametersSignatureRefused,
    ParametersUnknown,
)
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.parameters_history import GRACE_S, ParametersHistory, SignedParameters
from primitives.errors import DecodeError
from tests.fakes.epochs import book_of, following, signed_epoch, with_node_key, with_notary_key, with_validators
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    NN,
    OPERATOR,
    SN,
    STRANGER,
    VALIDATORS,
    LedgerParty,
    network_parameters,
)
from tests.integration.ledger.network import PACKAGE

FIRST = network_parameters(PACKAGE)
START_S = 1_000_000
SECOND = following(FIRST, START_S)
NEW_OPERATOR = LedgerParty("bno 2")
HISTORY = ParametersHistory.of(FIRST).extended(signed_epoch(SECOND))


@pytest.mark.parametrize(
    ("bent", "rule"),
    [
        (lambda: replace(following(SECOND, START_S + 1), epoch=4), "numbered without gaps"),
        (lambda: replace(following(SECOND, START_S + 1), previous_hash=FIRST.hash), "names the one before"),
        (lambda: replace(following(SECOND, START_S + 1), previous_hash=b""), "names the one before"),
        (lambda: replace(following(SECOND, START_S + 1), ledger_id="another"), "same ledger"),
        (lambda: following(SECOND, START_S), "begins after"),
        (lambda: following(SECOND, START_S - 1), "begins after"),
        (lambda: following(SECOND, START_S + 1, notary=STRANGER.party), "the notary is the same party"),
        (lambda: following(SECOND, START_S + 1, notary=Party(NN.name, STRANGER.key)), "the notary is the same party"),
    ],
    ids=["skipped", "older parent", "no parent", "other ledger", "same time", "time back", "notary", "notary's key"],
)
def test_an_epoch_that_does_not_continue_the_one_before_is_refused(
    bent: Callable[[], NetworkParameters], rule: str
) -> None:
    with pytest.raises(ParametersNotContinued, match=rule):
        HISTORY.extended(signed_epoch(bent()))


def test_an_epoch_signed_by_a_stranger_is_refused() -> None:
    with pytest.raises(ParametersSignatureRefused):
        HISTORY.extended(signed_epoch(following(SECOND, START_S + 1), STRANGER.signer))


def test_a_signature_over_another_epoch_is_refused() -> None:
    third = following(SECOND, START_S + 1)
    bent = SignedParameters(third, OPERATOR.key, signed_epoch(SECOND).signature)
    with pytest.raises(ParametersSignatureRefused):
        HISTORY.extended(bent)


def test_who_was_operator_before_signs_nothing_any_more_and_cannot_fork_the_past() -> None:
    third = following(SECOND, START_S + 1, operator_key=NEW_OPERATOR.key)
    history = HISTORY.extended(signed_epoch(third))
    fourth = following(third, START_S + 2)
    with pytest.raises(ParametersSignatureRefused):
        history.extended(signed_epoch(fourth, OPERATOR.signer))
    other_third = following(SECOND, START_S + 1, operator_key=STRANGER.key)
    with pytest.raises(ParametersForked):
        history.extended(signed_epoch(other_third, OPERATOR.signer))
    assert history.extended(signed_epoch(fourth, NEW_OPERATOR.signer)).newest == fourth


def test_a_fork_by_a_stranger_is_no_evidence_against_the_operator() -> None:
    with pytest.raises(ParametersSignatureRefused):
        HISTORY.extended(signed_epoch(following(FIRST, START_S + 5), STRANGER.signer))


def test_an_old_epoch_sent_again_changes_nothing() -> None:
    assert HISTORY.extended(signed_epoch(SECOND)) is HISTORY
    with pytest.raises(ParametersNotContinued):
        HISTORY.extended(signed_epoch(FIRST))


def test_the_operator_alone_cannot_put_a_key_of_its_own_in_a_members_place() -> None:
    for old in (SN, BUYER):
        stolen = KeySuccession(old.name, old.key, STRANGER.key)
        with pytest.raises(ParametersNotContinued, match="consents"):
            HISTORY.extended(signed_epoch(following(SECOND, START_S + 1, key_successions=(stolen,))))
    consent_to_another = replace(KeySuccession.agreed(SN.name, SN.signer, CN_A.key), new_key=STRANGER.key)
    with pytest.raises(ParametersNotContinued, match="consents"):
        HISTORY.extended(signed_epoch(following(SECOND, START_S + 1, key_successions=(consent_to_another,))))


def test_a_retired_key_never_comes_back() -> None:
    new = LedgerParty("sn 2")
    there = KeySuccession.agreed(SN.name, SN.signer, new.key)
    back = KeySuccession.agreed(SN.name, new.signer, SN.key)
    with pytest.raises(MalformedComponent, match="replaced once"):
        following(SECOND, START_S + 1, key_successions=(there, back))
    with pytest.raises(MalformedComponent, match="replaced once"):
        following(SECOND, START_S + 1, key_successions=(there, KeySuccession.agreed(SN.name, SN.signer, CN_A.key)))
    with pytest.raises(MalformedComponent, match="newest"):
        following(SECOND, START_S + 1, key_successions=(KeySuccession(NN.name, NN.key, new.key),))


def test_a_succession_once_made_is_not_dropped() -> None:
    third = with_node_key(SECOND, START_S + 1, SN, LedgerParty("sn 2"))
    history = HISTORY.extended(signed_epoch(third))
    with pytest.raises(ParametersNotContinued, match="keeps every succession"):
        history.extended(signed_epoch(following(third, START_S + 2, key_successions=())))


def test_a_set_of_validators_that_was_replaced_does_not_come_back() -> None:
    third = with_validators(SECOND, START_S + 1, 2, VALIDATORS[1:])
    history = HISTORY.extended(signed_epoch(third))
    with pytest.raises(ParametersNotContinued, match="does not come back"):
        history.extended(signed_epoch(with_validators(third, START_S + 2, 3, VALIDATORS)))
    assert history.extended(signed_epoch(following(third, START_S + 2))).newest.validators == third.validators


def test_bytes_that_are_not_the_canonical_encoding_are_refused() -> None:
    good = signed_epoch(SECOND).encode()
    assert SignedParameters.decode(good).encode() == good
    for bent in (good[:-1], good + b"\x00", good + good, b"", bytes(400 * 1024)):
        with pytest.raises(DecodeError):
            SignedParameters.decode(bent)


def test_time_decides_between_epochs_and_leaves_a_short_grace_to_what_is_under_way() -> None:
    assert [HISTORY.at(time_s).epoch for time_s in (0, START_S - 1, START_S)] == [1, 1, 2]
    old, new = HISTORY.admission(FIRST), HISTORY.admission(SECOND)
    assert old is not None
    assert new is not None
    assert [old.contains(time_s) for time_s in (0, START_S + GRACE_S - 1, START_S + GRACE_S)] == [True, True, False]
    assert [new.contains(time_s) for time_s in (START_S - 1, START_S, 2 * START_S)] == [False, True, True]
    with pytest.raises(ParametersUnknown):
        HISTORY.pinned(with_notary_key(SECOND, START_S + 1, STRANGER).hash)


def test_a_node_whose_operator_has_not_accepted_uses_the_epoch_for_nothing(tmp_path: Path) -> None:
    now_s = [START_S - 1]
    book = ParametersBook.open("cn-a", tmp_path, FIRST, lambda: now_s[0])
    book.learn(signed_epoch(SECOND))
    assert book.in_force() == FIRST
    now_s[0] = START_S
    for ask in (book.in_force, lambda: book.at(START_S), lambda: book.pinned(SECOND.hash)):
        with pytest.raises(ParametersNotAccepted, match="crossdvp ledger network accept"):
            ask()
    assert book.pinned(FIRST.hash) == FIRST
    with pytest.raises(EpochUnknown):
        book.accept(2, FIRST.hash)
    book.accept(2, SECOND.hash)
    assert book.in_force() == SECOND


def test_epochs_are_accepted_in_order_and_survive_a_restart(tmp_path: Path) -> None:
    third = following(SECOND, START_S + 1)
    book = ParametersBook.open("cn-a", tmp_path, FIRST, lambda: START_S + 1)
    assert book.learn(signed_epoch(SECOND))
    assert book.learn(signed_epoch(third))
    assert not book.learn(signed_epoch(third))
    with pytest.raises(EpochNotNext):
        book.accept(3, third.hash)
    book.accept(2, SECOND.hash)
    again = ParametersBook.open("cn-a", tmp_path, FIRST, lambda: START_S + 1)
    assert (again.history.newest, again.accepted_epoch) == (third, 2)
    again.accept(3, third.hash)
    assert ParametersBook.open("cn-a", tmp_path, FIRST, lambda: START_S + 1).in_force() == third


def test_an_epoch_that_would_change_what_is_already_judged_is_not_taken(tmp_path: Path) -> None:
    book = ParametersBook.open("v-1", tmp_path, FIRST, lambda: START_S)
    book.guard(lambda: START_S)
    with pytest.raises(ParametersBackdated):
        book.learn(signed_epoch(SECOND))
    assert book.learn(signed_epoch(following(FIRST, START_S + 1)))


def test_two_signed_epochs_of_one_number_are_kept_as_evidence(tmp_path: Path) -> None:
    book = book_of(tmp_path, FIRST, lambda: 0, signed_epoch(SECOND))
    other = signed_epoch(following(FIRST, START_S + 7))
    with pytest.raises(ParametersForked):
        book.learn(other)
    assert book.history.newest == SECOND
    assert book.fork is not None
    evidence = book.fork.read_bytes()
    assert signed_epoch(SECOND).encode() in evidence
    assert other.encode() in evidence


def test_an_altered_file_of_an_epoch_stops_the_start(tmp_path: Path) -> None:
    book_of(tmp_path, FIRST, lambda: 0, signed_epoch(SECOND))
    path = next(tmp_path.glob("*.signed"))
    path.write_bytes(signed_epoch(following(FIRST, START_S + 7), STRANGER.signer).encode())
    with pytest.raises(ParametersStoreBroken, match="remove the file"):
        ParametersBook.open("node", tmp_path, FIRST, lambda: 0)


def test_a_marker_of_acceptance_for_another_epoch_accepts_nothing(tmp_path: Path) -> None:
    book = ParametersBook.open("node", tmp_path, FIRST, lambda: START_S)
    book.learn(signed_epoch(SECOND))
    (tmp_path / "000002.accepted").write_bytes(FIRST.hash.hex().encode())
    assert ParametersBook.open("node", tmp_path, FIRST, lambda: START_S).accepted_epoch == 1
