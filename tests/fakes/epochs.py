"""Later epochs of the test ledger's parameters, as its operator signs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.transactions.key_succession import KeySuccession
from chains.progmat.transactions.network_parameters import CheckpointSigners, NetworkParameters
from chains.progmat.transactions.parameters_history import SignedParameters
from primitives.composite_key import CompositeKey
from primitives.secp256k1 import address_of
from primitives.signatures import Signer
from tests.fakes.ledger_parties import OPERATOR, LedgerParty


def following(before: NetworkParameters, effective_from_s: int, **changes: Any) -> NetworkParameters:  # noqa: ANN401 # any field
    """The epoch after ``before``, with ``changes``."""
    return replace(
        before,
        epoch=before.epoch + 1,
        previous_hash=before.hash,
        effective_from_s=effective_from_s,
        **changes,
    )


def signed_epoch(parameters: NetworkParameters, operator: Signer = OPERATOR.signer) -> SignedParameters:
    """With the operator's signature."""
    return SignedParameters.sign(parameters, operator)


def with_notary_key(before: NetworkParameters, effective_from_s: int, new: LedgerParty) -> NetworkParameters:
    """The epoch in which the notary signs with another key."""
    succession = KeySuccession(before.notary.name, before.notary.key, new.key)
    return following(
        before,
        effective_from_s,
        notary=replace(before.notary, key=new.key),
        key_successions=(*before.key_successions, succession),
    )


def with_node_key(
    before: NetworkParameters, effective_from_s: int, old: LedgerParty, new: LedgerParty
) -> NetworkParameters:
    """The epoch in which a node signs with another key, to which its old key consented."""
    succession = KeySuccession.agreed(old.name, old.signer, new.key)
    return following(before, effective_from_s, key_successions=(*before.key_successions, succession))


def with_validators(
    before: NetworkParameters, effective_from_s: int, threshold: int, validators: Iterable[LedgerParty]
) -> NetworkParameters:
    """The epoch of another set of Validators."""
    parties = tuple(validators)
    return following(
        before,
        effective_from_s,
        validator_key=CompositeKey(threshold, tuple((1, party.key) for party in parties)),
        validators=CheckpointSigners(threshold, tuple(sorted(address_of(party.secret) for party in parties))),
    )


def book_of(
    folder: Path, first: NetworkParameters, clock_s: Callable[[], int], *later: SignedParameters, node: str = "node"
) -> ParametersBook:
    """A node's book that has learnt and accepted ``later``."""
    book = ParametersBook.open(node, folder, first, clock_s)
    for signed in later:
        book.learn(signed)
        book.accept(signed.parameters.epoch, signed.parameters.hash)
    return book
