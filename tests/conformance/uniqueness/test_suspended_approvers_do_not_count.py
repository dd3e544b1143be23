"""Every store counts approvals alike: not those whose suspension stands in the journal before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chains.progmat.notary.errors import NotarisationConflict
from chains.progmat.notary.model import CommitRequest, Committed, PathProblem, Repeated, hidden_id
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.model import ProvableWrite, WriteKind
from chains.progmat.transactions.validator_suspension import Approval, suspension_path
from primitives.secp256k1 import address_of
from tests.fakes.commit_requests import NOW_S, create, request, tx_id_of, value
from tests.fakes.notary_world import PARAMETERS, VALIDATOR_SECRETS, VALIDATORS
from tests.fakes.uniqueness_stores import STORES, place_of


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[UniquenessStore]:
    place = place_of(request.param, request)
    opened = place.open()
    yield opened
    opened.close()


PATHS = [suspension_path(address_of(secret)) for secret in VALIDATOR_SECRETS]


def approved(name: str, *approvers: int, writes: tuple[ProvableWrite, ...] = ()) -> CommitRequest:
    """A transaction approved by Validators of these numbers, three of four being needed."""
    by = frozenset(VALIDATORS[number].public_key for number in approvers)
    return replace(request(name, writes=writes or (create(name),)), approval=Approval(PARAMETERS.validator_key, by))


def suspending(name: str, number: int, *approvers: int) -> CommitRequest:
    write = ProvableWrite(WriteKind.CREATE, PATHS[number], value("evidence"))
    return approved(name, *approvers, writes=(write,))


def test_an_approval_counts_until_the_suspension_and_never_after(store: UniquenessStore) -> None:
    (before,) = store.commit_batch([approved("before", 0, 1, 2)], NOW_S)
    assert isinstance(before, Committed)
    (done,) = store.commit_batch([suspending("suspension", 0, 0, 1, 2)], NOW_S)
    assert isinstance(done, Committed), "its own suspension comes after the approval"
    refused, others, spare, again = store.commit_batch(
        [
            approved("too few", 0, 1, 2),
            approved("the others", 1, 2, 3),
            approved("one to spare", 0, 1, 2, 3),
            approved("before", 0, 1, 2),
        ],
        NOW_S + 1,
    )
    assert isinstance(refused, NotarisationConflict)
    (conflict,) = refused.paths
    assert (conflict.path, conflict.problem) == (PATHS[0], PathProblem.APPROVER_SUSPENDED)
    assert conflict.hash_of_writing_tx_id == hidden_id(tx_id_of("suspension"))
    assert isinstance(others, Committed)
    assert isinstance(spare, Committed)
    assert isinstance(again, Repeated), "what was final stays so"
    assert [entry.tx_id for entry in store.read_entries(0, 10) if entry.tx_id] == [
        tx_id_of(name) for name in ("before", "suspension", "the others", "one to spare")
    ]


def test_a_suspension_counts_within_its_own_batch(store: UniquenessStore) -> None:
    first, refused, second_suspension, gone = store.commit_batch(
        [
            suspending("suspension", 0, 1, 2, 3),
            approved("too few", 0, 1, 2),
            suspending("another", 1, 1, 2, 3),
            approved("nobody is left", 0, 1, 2, 3),
        ],
        NOW_S,
    )
    assert isinstance(first, Committed)
    assert isinstance(refused, NotarisationConflict)
    assert isinstance(second_suspension, Committed)
    assert isinstance(gone, NotarisationConflict)
    assert {conflict.path for conflict in gone.paths} == {PATHS[0], PATHS[1]}
