"""Command ``Change`` of ``notary_change``: states leave their notary for the one that the command's data name.

It is notarised by the notary they leave, which thereby never accepts them again; nobody else could say that they are
unspent. The new notary need do nothing: it knows no states, only what was spent at it. Source: Corda's
``NotaryChangeWireTransaction``.

Frozen holdings stay while their notary serves: its keeper's acts reference states of the same notary, and what a court
has frozen is not to be carried out of their reach.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import NotaryChangeViolation
from chains.progmat.contracts.names import CASH, DVP_LOCK, IBC_CLIENT, PROPOSAL, TOKENS
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.component_codec import decode_party, encode_party
from chains.progmat.transactions.model import Command, Party, StateAndRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE
from primitives.composite_key import Key

CHANGE: Final = "Change"

STAYING: Final[Mapping[str, str]] = {
    DVP_LOCK: "another chain's proof unlocks it, and the unlock deletes a path that only the journal's notary keeps",
    IBC_CLIENT: "locks and unlocks, which write to the journal, must be able to reference it",
    PROPOSAL: "a vote is counted at one notary, and an epoch names its result by the transaction that made it",
}
"""Contracts whose states stay with the journal's notary, and why. Locked cash stays because its lock does."""

_rules = RuleBook(NotaryChangeViolation)


def change_command(new_notary: Party, *signers: Key) -> Command:
    """The command that moves states to ``new_notary``."""
    return Command(NOTARY_CHANGE, CHANGE, encode_party(new_notary), signers)


def moved_to_its_notary(command: Command, parameters: NetworkParameters) -> Callable[[StateAndRef], TransactionState]:
    """From a state to the same state at the command's notary.

    Raises NotaryChangeViolation for a notary that does not serve in these parameters, or a state that stays where it
    is, or is there already; MalformedComponent for data that are no party.
    """
    _rules.equal("the command is known", expected=CHANGE, found=command.name)
    new_notary = decode_party(command.data)
    if new_notary not in parameters.notaries or not parameters.serves(new_notary):
        serving = ", ".join(notary.name for notary in parameters.notaries if parameters.serves(notary))
        raise _rules.broken("the new notary serves in this epoch", expected=serving, found=new_notary.name)

    def successor(state: StateAndRef) -> TransactionState:
        contract = state.state.contract
        if contract in STAYING:
            raise _rules.broken(f"{contract} states stay: {STAYING[contract]}", expected="others", found=str(state.ref))
        if is_held_fast(state.state, parameters):
            rule = f"frozen {contract} waits for its keeper at its notary"
            raise _rules.broken(rule, expected="free", found=str(state.ref))
        if parameters.current(state.state.notary) == new_notary:
            raise _rules.broken("the notary changes", expected=f"another than {new_notary.name}", found=str(state.ref))
        return replace(state.state, notary=new_notary)

    return successor


def is_held_fast(state: TransactionState, parameters: NetworkParameters) -> bool:
    """Whether a state is frozen at a notary that goes on serving; raises DecodeError."""
    if state.contract == CASH:
        is_frozen = CashState.of(state).frozen
    else:
        is_frozen = state.contract in TOKENS and TokenState.of(state).frozen
    return is_frozen and parameters.serves(parameters.current(state.notary))
