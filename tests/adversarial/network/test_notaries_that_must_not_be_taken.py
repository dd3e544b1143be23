"""Epochs whose notaries do not follow from those before, and parameters whose notaries contradict each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.network.drafting import Changes, next_epoch
from chains.progmat.network.errors import NoSuchNotary
from chains.progmat.transactions.errors import MalformedComponent, ParametersNotContinued
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import MAX_OTHER_NOTARIES, NotaryService, OtherNotary
from chains.progmat.transactions.parameters_history import ParametersHistory
from primitives.errors import DecodeError
from tests.fakes.epochs import following, signed_epoch
from tests.fakes.ledger_parties import NN, STRANGER, LedgerParty, network_parameters
from tests.integration.ledger.network import PACKAGE

SECOND, THIRD = LedgerParty("nn-2"), LedgerParty("nn-3")
FIRST_EPOCH = network_parameters(PACKAGE)
START_S = 1_000_000


def others(*parties: LedgerParty | Party, service: NotaryService = NotaryService.OPEN) -> tuple[OtherNotary, ...]:
    """Notaries beside the journal's."""
    named = (party if isinstance(party, Party) else party.party for party in parties)
    return tuple(OtherNotary(party, service) for party in named)


def history(*epochs: tuple[OtherNotary, ...]) -> ParametersHistory:
    """A first epoch with one notary, then one epoch for each list of others."""
    found = ParametersHistory.of(FIRST_EPOCH)
    for number, listed in enumerate(epochs):
        found = found.extended(signed_epoch(following(found.newest, START_S + number, other_notaries=listed)))
    return found


RETIRING = others(SECOND, service=NotaryService.RETIRING)


@pytest.mark.parametrize(
    ("before", "then", "rule"),
    [
        ([others(SECOND)], (), "retires before it is dropped"),
        ([others(SECOND), RETIRING], others(SECOND), "does not open again"),
        ([], RETIRING, "begins as an open one"),
        ([others(SECOND)], others(Party(SECOND.name, STRANGER.key)), "the same party"),
        ([others(SECOND), RETIRING, ()], others(SECOND), "does not come back"),
        ([others(SECOND), RETIRING, ()], others(Party(SECOND.name, THIRD.key)), "does not come back"),
        ([others(SECOND), RETIRING, ()], others(Party(THIRD.name, SECOND.key)), "does not come back"),
        ([others(SECOND), RETIRING], others(Party(THIRD.name, SECOND.key)), "does not come back"),
    ],
    ids=[
        "dropped while open",
        "reopened",
        "begins retiring",
        "another key",
        "comes back",
        "its name again",
        "its key again",
        "renamed",
    ],
)
def test_notaries_that_do_not_follow_from_those_before_are_refused(
    before: list[tuple[OtherNotary, ...]], then: tuple[OtherNotary, ...], rule: str
) -> None:
    found = history(*before)
    with pytest.raises(ParametersNotContinued, match=rule):
        found.extended(signed_epoch(following(found.newest, START_S + 100, other_notaries=then)))


def test_the_journals_notary_cannot_change_places_with_another() -> None:
    found = history(others(SECOND))
    swapped = following(found.newest, START_S + 100, notary=SECOND.party, other_notaries=others(NN))
    with pytest.raises(ParametersNotContinued, match="the same party"):
        found.extended(signed_epoch(swapped))


def test_another_notarys_key_changes_by_a_succession_and_needs_no_consent() -> None:
    found = history(others(SECOND))
    new = Party(SECOND.name, THIRD.key)
    succession = KeySuccession(SECOND.name, SECOND.key, THIRD.key)
    renewed = following(found.newest, START_S + 100, other_notaries=others(new), key_successions=(succession,))
    newest = found.extended(signed_epoch(renewed)).newest
    assert newest.known(SECOND.party)
    assert newest.serves(SECOND.party)
    assert newest.notary_named(SECOND.name) == new

    left_as_it_was = replace(renewed, key_successions=())
    with pytest.raises(ParametersNotContinued, match="the same party"):
        found.extended(signed_epoch(left_as_it_was))
    with pytest.raises(MalformedComponent, match="its newest"):
        replace(renewed, other_notaries=others(SECOND))


@pytest.mark.parametrize(
    ("listed", "rule"),
    [
        (others(NN), "journal's notary is not among"),
        (others(Party("nn-9", NN.key)), "key of its own"),
        (others(SECOND, Party("nn-9", SECOND.key)), "key of its own"),
        (others(THIRD, SECOND), "ascend"),
        (others(SECOND, SECOND), "ascend"),
        (others(*(LedgerParty(f"n-{n:02}") for n in range(MAX_OTHER_NOTARIES + 1))), "other notaries"),
    ],
    ids=["the journal's", "the journal's key", "one key twice", "descending", "twice", "too many"],
)
def test_notaries_that_contradict_each_other_are_refused(listed: tuple[OtherNotary, ...], rule: str) -> None:
    with pytest.raises(MalformedComponent, match=rule):
        replace(FIRST_EPOCH, other_notaries=listed)


def test_what_a_notary_does_is_said_and_read_back() -> None:
    listed = (*others(SECOND), *others(THIRD, service=NotaryService.RETIRING))
    epoch = replace(FIRST_EPOCH, other_notaries=listed)
    read = NetworkParameters.decode(epoch.encode())
    assert read == epoch
    assert [notary.name for notary in read.notaries] == [NN.name, SECOND.name, THIRD.name]
    assert [read.serves(party.party) for party in (NN, SECOND, THIRD, STRANGER)] == [True, True, False, False]
    assert [read.known(party.party) for party in (NN, SECOND, THIRD, STRANGER)] == [True, True, True, False]
    assert epoch.hash != FIRST_EPOCH.hash
    assert replace(FIRST_EPOCH, other_notaries=()).encode() == FIRST_EPOCH.encode()


@pytest.mark.parametrize("service", [0, 3])
def test_a_service_that_nobody_knows_is_refused(service: int) -> None:
    message = pb.NetworkParameters.FromString(replace(FIRST_EPOCH, other_notaries=others(SECOND)).encode())
    message.other_notaries[0].service = service  # type: ignore[assignment] # what a stranger may send
    with pytest.raises(DecodeError):
        NetworkParameters.decode(message.SerializeToString(deterministic=True))


def test_the_operator_drafts_what_members_would_take() -> None:
    def drafted(before: NetworkParameters, **changes: Any) -> NetworkParameters:  # noqa: ANN401 # any field
        return next_epoch(before, Changes(**changes), before.effective_from_s + 10_000, 0)

    opened = drafted(FIRST_EPOCH, added_notaries=(THIRD.party, SECOND.party))
    retiring = drafted(opened, retiring_notaries=(SECOND.name,))
    gone = drafted(retiring, dropped_notaries=(SECOND.name,))
    assert opened.other_notaries == others(SECOND, THIRD)
    assert retiring.other_notaries == (*RETIRING, *others(THIRD))
    assert gone.other_notaries == others(THIRD)
    taken = ParametersHistory.of(FIRST_EPOCH)
    for epoch in (opened, retiring, gone):
        taken = taken.extended(signed_epoch(epoch))
    for wrong in ({"dropped_notaries": (THIRD.name,)}, {"added_notaries": (SECOND.party,)}):
        with pytest.raises(ParametersNotContinued):
            taken.extended(signed_epoch(drafted(gone, **wrong)))
    for nobody in ({"retiring_notaries": (NN.name,)}, {"dropped_notaries": ("nn-9",)}):
        with pytest.raises(NoSuchNotary):
            drafted(opened, **nobody)
    renewed = KeySuccession(THIRD.name, THIRD.key, STRANGER.key)
    assert drafted(gone, successions=(renewed,)).other_notaries == others(Party(THIRD.name, STRANGER.key))
