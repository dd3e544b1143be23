"""Replacing states one for one: what moving to another notary and converting to another package have in common.

Such a ledger_tx has one command, of a reserved name, and nothing beside: output i takes the place of input i. What may
differ between the two is said by the command (``notary_change``, ``package_upgrade``); everything else is equal, and
what encumbered each other before does so after. No contract is asked, for nobody gains, gives or promises anything;
instead all *participants* of each state sign (``Contract.participants``). No membership is asked for either: whoever
is suspended keeps what he has, also across a change of notary or package.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chains.progmat.contracts.errors import ReplacementViolation
from chains.progmat.contracts.notary_change import moved_to_its_notary
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.contracts.package_upgrade import converted_by
from chains.progmat.contracts.rules import RuleBook
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Command, StateAndRef, StateRef, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE

Successor = Callable[[StateAndRef], TransactionState]
"""What takes the place of a state, its encumbrance aside; raises for one that may not be replaced."""

_rules = RuleBook(ReplacementViolation)


def verify_replacement(ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters) -> None:
    """Return if a ledger_tx with a replacement's command replaces its inputs and does nothing else.

    Raises ReplacementViolation, UnknownContract, DecodeError, and what a conversion raises for a state it refuses.
    """
    command = _rules.one("a replacement is the only command", ledger_tx.commands)
    _rules.none("a replacement references nothing", ledger_tx.references)
    _rules.none("a replacement writes nothing provable", ledger_tx.provable_writes)
    _rules.some("a replacement consumes states", ledger_tx.inputs)
    _rules.equal("each input has one output", expected=len(ledger_tx.inputs), found=len(ledger_tx.outputs))
    successor = _successor(command, ledger_tx, package, parameters)
    expected = replaced(ledger_tx.inputs, successor)
    for index, (wanted, found) in enumerate(zip(expected, ledger_tx.outputs, strict=True)):
        _rules.equal(f"output {index} takes the place of input {index}", expected=wanted, found=found)
    for state in ledger_tx.inputs:
        _participants_sign(state, ledger_tx, package, parameters)


def replaced(inputs: tuple[StateAndRef, ...], successor: Successor) -> tuple[TransactionState, ...]:
    """The outputs that take the inputs' places, in order; what encumbers each other comes whole.

    Raises ReplacementViolation for an encumbered state without its encumbrance, and what ``successor`` raises.
    """
    place = {state.ref: index for index, state in enumerate(inputs)}
    return tuple(replace(successor(state), encumbrance=_remapped(state, place)) for state in inputs)


def _remapped(state: StateAndRef, place: dict[StateRef, int]) -> int | None:
    if state.state.encumbrance is None:
        return None
    partner = StateRef(state.ref.tx_id, state.state.encumbrance)
    if partner not in place:
        raise _rules.broken("an encumbered state comes with its encumbrance", expected=str(partner), found="left out")
    return place[partner]


def _successor(
    command: Command, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
) -> Successor:
    if command.contract == NOTARY_CHANGE:
        return moved_to_its_notary(command, parameters)
    return converted_by(command, package, parameters, ledger_tx.made_under)


def _participants_sign(
    state: StateAndRef, ledger_tx: LedgerTransaction, package: ContractPackage, parameters: NetworkParameters
) -> None:
    keys = package.contract(state.state.contract).participants(state.state, parameters)
    _rules.some(f"{state.state.contract} states may be replaced: somebody can agree to it", keys)
    for key in keys:
        _rules.signed_by(f"each participant of {state.ref} signs", signer=key, signers=ledger_tx.signers)
