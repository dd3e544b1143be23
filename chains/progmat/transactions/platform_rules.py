"""The rules that hold for every ledger transaction, whatever its contracts; each reads as one sentence.

Sources: the checks of Corda's ``LedgerTransaction`` and ``BaseTransaction``; provable writes are ours.
Each function returns when its rule holds and raises a PlatformRuleBroken otherwise.
"""

from __future__ import annotations

from chains.progmat.transactions.encumbrance import (
    require_encumbered_inputs_are_spent_together,
    require_encumbrances_form_full_cycles,
)
from chains.progmat.transactions.errors import InputsBroken, NetworkBroken, NotaryBroken, SignersBroken, WritesBroken
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, TransactionState
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.transactions.other_notaries import is_notary_change
from chains.progmat.transactions.signature import PLATFORM_VERSION
from primitives.types import Hash32

MAX_PROVABLE_WRITES = 16


def require_platform_rules(ledger_tx: LedgerTransaction, parameters: NetworkParameters, package_hash: Hash32) -> None:
    """All of the rules below, cheapest first; raises the first PlatformRuleBroken."""
    require_something_is_done(ledger_tx)
    require_no_duplicate_inputs(ledger_tx)
    require_no_duplicate_references(ledger_tx)
    require_no_input_is_also_a_reference(ledger_tx)
    require_network_parameters_in_force(ledger_tx, parameters)
    require_contract_package_allowed(ledger_tx, parameters, package_hash)
    require_platform_version_supported(parameters)
    require_notary_is_named_when_needed(ledger_tx)
    require_one_notary_for_all(ledger_tx, parameters)
    require_notary_serves(ledger_tx, parameters)
    require_encumbrances_form_full_cycles(ledger_tx.outputs)
    require_encumbered_inputs_are_spent_together(ledger_tx.inputs)
    require_distinct_write_paths(ledger_tx)
    require_writes_in_the_journal(ledger_tx, parameters)
    require_validators_sign_writes(ledger_tx, parameters)


def require_something_is_done(ledger_tx: LedgerTransaction) -> None:
    """There is a command, and an input, an output or a provable write for it to be about."""
    subjects = len(ledger_tx.inputs) + len(ledger_tx.outputs) + len(ledger_tx.provable_writes)
    if not ledger_tx.commands or not subjects:
        raise InputsBroken(
            "a transaction has a command and something it is about",
            expected="at least one of each",
            found=f"{len(ledger_tx.commands)} commands, {subjects} states and writes",
        )


def require_no_duplicate_inputs(ledger_tx: LedgerTransaction) -> None:
    """No state is consumed twice by one transaction."""
    _require_distinct(ledger_tx.wire.inputs, "no input is listed twice")


def require_no_duplicate_references(ledger_tx: LedgerTransaction) -> None:
    """No state is referenced twice by one transaction."""
    _require_distinct(ledger_tx.wire.references, "no reference is listed twice")


def require_no_input_is_also_a_reference(ledger_tx: LedgerTransaction) -> None:
    """A state is consumed or referenced, never both."""
    inputs, references = ledger_tx.wire.inputs, ledger_tx.wire.references
    both = set(inputs) & set(references) if inputs and references else None
    if both:
        raise InputsBroken("no input is also a reference", expected="disjoint", found=str(min(both)))


def require_network_parameters_in_force(ledger_tx: LedgerTransaction, parameters: NetworkParameters) -> None:
    """The transaction was built under these very parameters."""
    found = ledger_tx.wire.network_parameters_hash
    if found != parameters.hash:
        raise NetworkBroken(
            "the network parameters are those in force",
            expected=parameters.hash,
            found="none" if found is None else found,
        )


def require_contract_package_allowed(
    ledger_tx: LedgerTransaction, parameters: NetworkParameters, package_hash: Hash32
) -> None:
    """The transaction names the contract package it is verified with, and the network allows that package."""
    found = ledger_tx.wire.contract_package
    if found != package_hash:
        raise NetworkBroken(
            "the contract package is the one at hand", expected=package_hash, found="none" if found is None else found
        )
    if package_hash not in parameters.contract_packages:
        raise NetworkBroken(
            "the contract package is allowed by the network",
            expected=b"".join(parameters.contract_packages),
            found=package_hash,
        )


def require_platform_version_supported(parameters: NetworkParameters) -> None:
    """This software is not older than the network's minimum platform version."""
    if parameters.platform_version > PLATFORM_VERSION:
        raise NetworkBroken(
            "the network's platform version is supported: upgrade this node",
            expected=f"at most {PLATFORM_VERSION}",
            found=parameters.platform_version,
        )


def require_notary_is_named_when_needed(ledger_tx: LedgerTransaction) -> None:
    """Inputs, references, a time window and provable writes need a notary to check them."""
    if ledger_tx.notary is None and ledger_tx.wire.needs_notarisation:
        raise NotaryBroken("a notary is named when there is something to notarise", expected="a notary", found="none")


def require_one_notary_for_all(ledger_tx: LedgerTransaction, parameters: NetworkParameters) -> None:
    """The transaction, its inputs, references and outputs all belong to one notary of the network.

    What was made earlier may name the notary with a key that has been replaced since, by a succession of keys in the
    pinned parameters; what is made now names its present key. Outputs of a notary change belong to another one.
    """
    notary = _notary_of(ledger_tx)
    if notary is None:
        return
    if notary not in parameters.notaries:
        raise NotaryBroken(
            "the transaction belongs to a notary of the network",
            expected=", ".join(known.name for known in parameters.notaries),
            found=f"{notary.name} {notary.key!r}",
        )
    for state in ledger_tx.inputs:
        if parameters.current(state.state.notary) != notary:
            raise _of_another_notary(f"input {state.ref}", state.state, notary)
    for state in ledger_tx.references:
        if parameters.current(state.state.notary) != notary:
            raise _of_another_notary(f"reference {state.ref}", state.state, notary)
    if not is_notary_change(ledger_tx.commands):
        for index, output in enumerate(ledger_tx.outputs):
            if output.notary != notary:
                raise _of_another_notary(f"output {index}", output, notary)


def require_notary_serves(ledger_tx: LedgerTransaction, parameters: NetworkParameters) -> None:
    """A retiring notary notarises only moves to another notary, and what is made belongs to one that serves."""
    notary = _notary_of(ledger_tx)
    if notary is not None and not parameters.serves(notary) and not is_notary_change(ledger_tx.commands):
        raise NotaryBroken(
            "a retiring notary notarises only moves to another notary: change the notary of these states first",
            expected=_serving(parameters),
            found=notary.name,
        )
    for index, output in enumerate(ledger_tx.outputs):
        if output.notary not in parameters.notaries or not parameters.serves(output.notary):
            raise NotaryBroken(
                f"output {index} belongs to a notary that serves",
                expected=_serving(parameters),
                found=output.notary.name,
            )


def require_writes_in_the_journal(ledger_tx: LedgerTransaction, parameters: NetworkParameters) -> None:
    """Provable writes are made at the journal's notary: other chains follow that journal and no other."""
    if ledger_tx.provable_writes and ledger_tx.notary != parameters.notary:
        raise NotaryBroken(
            "provable writes are made at the journal's notary: change the notary of these states to it first",
            expected=parameters.notary.name,
            found="none" if ledger_tx.notary is None else ledger_tx.notary.name,
        )


def require_distinct_write_paths(ledger_tx: LedgerTransaction) -> None:
    """At most 16 provable writes, each to its own path."""
    paths = [write.path for write in ledger_tx.provable_writes]
    if len(paths) > MAX_PROVABLE_WRITES:
        raise WritesBroken("a transaction has few provable writes", expected=MAX_PROVABLE_WRITES, found=len(paths))
    if len(set(paths)) != len(paths):
        raise WritesBroken("no path is written twice", expected=len(set(paths)), found=len(paths))


def require_validators_sign_writes(ledger_tx: LedgerTransaction, parameters: NetworkParameters) -> None:
    """Provable writes need the Validators' key among the signers: they answer to other chains for the contracts."""
    if ledger_tx.provable_writes and parameters.validator_key not in ledger_tx.signers:
        raise SignersBroken(
            "the Validators sign provable writes",
            expected=parameters.validator_key.encoded(),
            found="not asked to sign",
        )


def _require_distinct(refs: tuple[object, ...], rule: str) -> None:
    if len(refs) > 1 and len(set(refs)) != len(refs):
        raise InputsBroken(rule, expected=len(set(refs)), found=len(refs))


def _notary_of(ledger_tx: LedgerTransaction) -> Party | None:
    """The notary that the transaction names; where it needs none, the one that its first output names."""
    if ledger_tx.notary is not None or not ledger_tx.outputs:
        return ledger_tx.notary
    return ledger_tx.outputs[0].notary


def _serving(parameters: NetworkParameters) -> str:
    return "one of " + ", ".join(notary.name for notary in parameters.notaries if parameters.serves(notary))


def _of_another_notary(what: str, state: TransactionState, expected: Party) -> NotaryBroken:
    rule = f"the {what} belongs to the transaction's notary"
    return NotaryBroken(rule, expected=expected.name, found=state.notary.name)
