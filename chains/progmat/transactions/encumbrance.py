"""Encumbrances: states that can only be spent together.

Sources: Corda's ``LedgerTransaction.checkEncumbrancesValid`` and ``checkBidirectionalOutputEncumbrances``: an output's
encumbrance is another output of the same transaction, encumbered outputs form full cycles, and consuming one of a cycle
consumes all.
"""

from __future__ import annotations

from collections.abc import Sequence

from chains.progmat.transactions.errors import EncumbranceBroken
from chains.progmat.transactions.model import StateAndRef, StateRef, TransactionState


def require_encumbrances_form_full_cycles(outputs: Sequence[TransactionState]) -> None:
    """Each encumbered output points at another existing output, and no two at the same; raises EncumbranceBroken.

    With distinct targets that are all encumbered themselves, following the encumbrances leads back to the start.
    """
    targets = {index: output.encumbrance for index, output in enumerate(outputs) if output.encumbrance is not None}
    if not targets:
        return
    for index, target in targets.items():
        if target == index:
            raise EncumbranceBroken("no output encumbers itself", expected="another output", found=index)
        if target >= len(outputs):
            raise EncumbranceBroken("an encumbrance is an output", expected=f"0..{len(outputs) - 1}", found=target)
    if len(set(targets.values())) != len(targets):
        raise EncumbranceBroken(
            "no two outputs share an encumbrance", expected="distinct targets", found=str(sorted(targets.values()))
        )
    if set(targets.values()) != set(targets):
        raise EncumbranceBroken(
            "encumbered outputs form full cycles", expected=str(sorted(targets)), found=str(sorted(targets.values()))
        )


def require_encumbered_inputs_are_spent_together(inputs: Sequence[StateAndRef]) -> None:
    """Each consumed state's encumbrance is consumed too; raises EncumbranceBroken.

    Along a full cycle this means that all of its states are consumed.
    """
    partners = [
        (state.ref, StateRef(state.ref.tx_id, state.state.encumbrance))
        for state in inputs
        if state.state.encumbrance is not None
    ]
    consumed = {state.ref for state in inputs} if partners else frozenset()
    for ref, partner in partners:
        if partner == ref or partner not in consumed:
            raise EncumbranceBroken("encumbered states are spent together", expected=str(partner), found=str(ref))
