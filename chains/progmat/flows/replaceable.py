"""Which states one replacing ledger_tx takes: this node's own, free, in whole cycles, and few enough.

Whose a state is to replace, the contract says by its first participant: the owner of a coin, the buyer of a lock, the
operator. All in one ledger_tx are of one notary, and the same others must sign for them: a countersigner wants all
signatures but its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Protocol

from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.replacement_errors import NothingToReplace, NotReplaceable
from chains.progmat.flows.replacement_requests import MAX_REPLACED, StateChoice
from chains.progmat.transactions.model import MAX_SIGNERS_PER_COMMAND, Party, StateAndRef, StateRef
from chains.progmat.vault.errors import StateConsumed
from chains.progmat.vault.queries import kept_states
from chains.progmat.vault.soft_locks import held_by_others
from chains.progmat.vault.unspent import NotaryFilter, unspent_pages
from primitives.composite_key import Key
from primitives.public_key import PublicKey
from primitives.types import Hash32

Unit = tuple[StateAndRef, ...]
"""A free state, or all that encumber each other."""


class Eligible(Protocol):
    """What one kind of replacement takes."""

    @property
    def at(self) -> NotaryFilter:
        """At which notaries they are looked for; ``why_not`` has the last word."""
        ...

    def made_by(self, tx_ids: AbstractSet[Hash32]) -> AbstractSet[bytes]:
        """Those ledger_txs whose outputs it may take; ``why_not`` has the last word."""
        ...

    def why_not(self, states: Sequence[StateAndRef]) -> Mapping[StateRef, str]:
        """Those of the states that it does not take, and why."""
        ...


@dataclass
class Batch:
    """States for one ledger_tx, of one ``notary`` (its present key); ``signers`` are all their participants."""

    states: list[StateAndRef] = field(default_factory=list)
    notary: Party | None = None
    others: frozenset[Key] = frozenset()
    signers: dict[Key, None] = field(default_factory=dict)

    @property
    def refs(self) -> tuple[StateRef, ...]:
        """What is consumed."""
        return tuple(state.ref for state in self.states)


def gather(context: BuildContext, choice: StateChoice, eligible: Eligible) -> Batch:
    """The first states of a choice, reserved for this flow.

    Raises ``NothingToReplace`` when none is free; for states that are named ``NotReplaceable``, ``StateConsumed``,
    ``StateSoftLocked`` and, when they do not go into one ledger_tx, ``InvalidRequest``.
    """
    batch = _named(context, choice, eligible) if choice.refs else _found(context, choice, eligible)
    context.reserve(*batch.refs)
    return batch


def _named(context: BuildContext, choice: StateChoice, eligible: Eligible) -> Batch:
    kept = kept_states(context.connection, choice.refs)
    for ref in choice.refs:
        if ref not in kept:
            raise StateConsumed(ref)
    batch = Batch()
    for unit in _units(context, [StateAndRef(ref, kept[ref]) for ref in choice.refs], set()):
        for state in unit:
            if not _is_ours(context, state):
                raise NotReplaceable(state.ref, "it is another node's to replace: ask the one that keeps the account")
            if not _is_whole(unit):
                raise NotReplaceable(state.ref, "what encumbers it is not kept here")
        for ref, rule in eligible.why_not(unit).items():
            raise NotReplaceable(ref, rule)
        if not _take(context, batch, unit):
            raise InvalidRequest(
                "states.refs",
                f"states of one notary and one issuer or registrar are wanted, {MAX_REPLACED} with what they encumber",
            )
    return batch


def _found(context: BuildContext, choice: StateChoice, eligible: Eligible) -> Batch:
    batch, seen, reserved = Batch(), set[StateRef](), 0
    for page in unspent_pages(context.connection, choice.account_key, choice.asset_id, eligible.at, eligible.made_by):
        wanted = [state for state in page if state.state.contract in choice.contracts]
        units = [
            unit
            for unit in _units(context, wanted, seen)
            if _is_whole(unit) and all(_is_ours(context, state) for state in unit)
        ]
        states = [state for unit in units for state in unit]
        refused = eligible.why_not(states).keys()
        units = [unit for unit in units if all(state.ref not in refused for state in unit)]
        held = held_by_others(
            context.connection,
            [state.ref for unit in units for state in unit],
            lock_owner=context.flow_id,
            now_s=context.now_s,
        )
        for unit in units:
            if any(state.ref in held for state in unit):
                reserved += len(unit)
            else:
                _take(context, batch, unit)
        if len(batch.states) >= MAX_REPLACED - 1:  # room for a single state is not worth reading the rest
            break
    if not batch.states:
        raise NothingToReplace(reserved)
    return batch


def _units(context: BuildContext, states: Sequence[StateAndRef], seen: set[StateRef]) -> Iterator[Unit]:
    """Each state once, with all that it encumbers as far as they are kept here; ``seen`` is added to."""
    for state in states:
        if state.ref in seen:
            continue
        unit = [state]
        while (index := unit[-1].state.encumbrance) is not None:
            partner = StateRef(state.ref.tx_id, index)
            if any(member.ref == partner for member in unit):
                break
            kept = kept_states(context.connection, [partner])
            if partner not in kept:
                break
            unit.append(StateAndRef(partner, kept[partner]))
        seen.update(member.ref for member in unit)
        yield tuple(unit)


def _is_whole(unit: Unit) -> bool:
    members = {state.ref for state in unit}
    partners = (StateRef(state.ref.tx_id, index) for state in unit if (index := state.state.encumbrance) is not None)
    return all(partner in members for partner in partners)


def _participants(context: BuildContext, state: StateAndRef) -> tuple[Key, ...]:
    package, parameters = context.verifier.package, context.verifier.parameters
    return package.contract(state.state.contract).participants(state.state, parameters)


def _signs_here(context: BuildContext, key: Key) -> bool:
    heir = context.verifier.parameters.key_heirs.get(key, key)
    return isinstance(heir, PublicKey) and context.keys.signer(heir) is not None


def _is_ours(context: BuildContext, state: StateAndRef) -> bool:
    participants = _participants(context, state)
    return bool(participants) and _signs_here(context, participants[0])


def _take(context: BuildContext, batch: Batch, unit: Unit) -> bool:
    """Add a unit if it goes with those that are in already; says whether it does."""
    keys = dict.fromkeys(key for state in unit for key in _participants(context, state))
    others = frozenset(key for key in keys if not _signs_here(context, key))
    notaries = {context.verifier.parameters.current(state.state.notary) for state in unit}
    if batch.states and (batch.others != others or notaries != {batch.notary}):
        return False
    if len(batch.states) + len(unit) > MAX_REPLACED or len(batch.signers | keys) > MAX_SIGNERS_PER_COMMAND:
        return False
    batch.states += unit
    (batch.notary,), batch.others, batch.signers = notaries, others, batch.signers | keys
    return True
