"""What is asked of a notary beside the journal's, by members who would have it do more than its epoch says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.network.parameters_source import FixedParameters
from chains.progmat.notary import rules
from chains.progmat.notary.errors import NotaryRefusal, WrongNotary
from chains.progmat.notary.keys import key_in_force
from chains.progmat.notary.service_errors import CommandsShown, NotANotary, NotaryRetires, WritesElsewhere
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.filtered import NOTARY_GROUPS, RETIRING_NOTARY_GROUPS
from chains.progmat.transactions.model import Command, Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE, NotaryService, OtherNotary
from primitives.hashing import sha256
from primitives.signatures import SignatureScheme, SoftwareSigner
from tests.fakes.commit_requests import CN_SIGNER, create, state
from tests.fakes.notary_world import NOTARY, PACKAGE_HASH, PARAMETERS, STRANGER

OPEN, RETIRING = (
    Party(name, SoftwareSigner.from_seed(SignatureScheme.ED25519, sha256(name.encode())).public_key)
    for name in ("nn-2", "nn-3")
)
EPOCH = replace(
    PARAMETERS,
    other_notaries=(OtherNotary(OPEN, NotaryService.OPEN), OtherNotary(RETIRING, NotaryService.RETIRING)),
)
MOVE, PAY = (Command(contract, "Do", b"", (CN_SIGNER.public_key,)) for contract in (NOTARY_CHANGE, "cash"))


def builder(notary: Party, *commands: Command, parameters: NetworkParameters = EPOCH) -> TransactionBuilder:
    """One state used at a notary."""
    return TransactionBuilder(
        notary=notary,
        network_parameters_hash=parameters.hash,
        contract_package=PACKAGE_HASH,
        inputs=(state("coin"),),
        commands=commands or (PAY,),
    )


@pytest.mark.parametrize(
    ("here", "asked", "error"),
    [
        (OPEN, lambda: builder(NOTARY), WrongNotary),
        (NOTARY, lambda: builder(OPEN), WrongNotary),
        (OPEN, lambda: builder(Party(OPEN.name, STRANGER.public_key)), WrongNotary),
        (Party("nn-9", OPEN.key), lambda: builder(Party("nn-9", OPEN.key)), WrongNotary),
        (OPEN, lambda: replace(builder(OPEN), provable_writes=(create("trade/1"),)), WritesElsewhere),
        (RETIRING, lambda: replace(builder(RETIRING, MOVE), provable_writes=(create("trade/1"),)), WritesElsewhere),
        (RETIRING, lambda: builder(RETIRING), NotaryRetires),
        (RETIRING, lambda: builder(RETIRING, MOVE, PAY), NotaryRetires),
        (RETIRING, lambda: builder(RETIRING, MOVE, MOVE), NotaryRetires),
        (OPEN, lambda: builder(OPEN, MOVE), CommandsShown),
    ],
    ids=[
        "the journal's states",
        "another's states",
        "its name, another key",
        "a notary of no epoch",
        "provable writes",
        "provable writes in a move",
        "a payment at a retiring one",
        "a payment beside the move",
        "two moves",
        "commands that it need not see",
    ],
)
def test_what_is_not_its_to_do_is_refused_by_name(
    here: Party, asked: Callable[[], TransactionBuilder], error: type[NotaryRefusal]
) -> None:
    tear_off = asked().to_wire(sha256(b"salt")).filter(RETIRING_NOTARY_GROUPS)
    with pytest.raises(error):
        rules.validate_new(tear_off, (), EPOCH, here.name)


def test_a_retiring_notary_that_is_not_shown_the_commands_takes_nothing_for_a_move() -> None:
    wire = builder(RETIRING, MOVE).to_wire(sha256(b"salt"))
    with pytest.raises(NotaryRetires):
        rules.validate_new(wire.filter(NOTARY_GROUPS), (), EPOCH, RETIRING.name)
    rules.validate_new(wire.filter(RETIRING_NOTARY_GROUPS), (), EPOCH, RETIRING.name)


@pytest.mark.parametrize("here", [NOTARY, OPEN])
def test_what_is_its_to_do_is_taken(here: Party) -> None:
    rules.validate_new(builder(here).to_wire(sha256(b"salt")).filter(NOTARY_GROUPS), (), EPOCH, here.name)


def test_a_node_that_no_epoch_names_signs_as_nobody() -> None:
    with pytest.raises(NotANotary, match="give this node the epoch"):
        key_in_force(FixedParameters(EPOCH), "cn-1")
    assert key_in_force(FixedParameters(EPOCH), OPEN.name) == OPEN.key
