"""Builders of the flows that replace states one for one: to another notary, or to the package this node runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from chains.progmat.contracts.names import MEMBERSHIP
from chains.progmat.contracts.notary_change import STAYING, change_command, is_held_fast, moved_to_its_notary
from chains.progmat.contracts.package_upgrade import converted_by, upgrade_command
from chains.progmat.contracts.replacement import Successor, replaced
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.notary_choice import serving_notary
from chains.progmat.flows.replaceable import Batch, gather
from chains.progmat.flows.replacement_errors import NoConversion
from chains.progmat.flows.replacement_requests import ChangeNotary, UpgradeStates
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import stored_transactions
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef, StateRef
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.vault.unspent import NotaryFilter
from primitives.types import Hash32


def change_notary(context: BuildContext, request: ChangeNotary) -> TransactionBuilder:
    """As many states as one ledger_tx takes, to another notary; it is notarised by the one they leave.

    Raises ``NotaryNotServing``, and as ``gather``.
    """
    parameters = context.verifier.parameters
    new_notary = serving_notary(parameters, request.new_notary)
    batch = gather(context, request.states, _Leaving(parameters, request))
    command = change_command(new_notary, *batch.signers)
    return _replacing(context, batch, command, moved_to_its_notary(command, parameters))


def upgrade_states(context: BuildContext, request: UpgradeStates) -> TransactionBuilder:
    """As many states of the package named as one ledger_tx takes, converted to the package at hand.

    Raises ``NoConversion``, ``NotaryNotServing`` for states at a notary that is going away, and as ``gather``.
    """
    package, parameters = context.verifier.package, context.verifier.parameters
    source = Hash32(request.from_package)
    contracts = frozenset(contract for from_package, contract in package.conversions if from_package == source)
    if not contracts:
        raise NoConversion(request.from_package, package.hash)
    batch = gather(context, request.states, _MadeUnder(context, source, contracts))
    if batch.notary is not None:
        serving_notary(parameters, batch.notary.name)
    command = upgrade_command(source, *batch.signers)
    made_under = context.verifier.recorded.made_under(context.connection, batch.refs)
    return _replacing(context, batch, command, converted_by(command, package, parameters, made_under))


def _replacing(context: BuildContext, batch: Batch, command: Command, successor: Successor) -> TransactionBuilder:
    return replace(
        context.frame.start(),
        notary=batch.notary,
        inputs=batch.refs,
        outputs=replaced(tuple(batch.states), successor),
        commands=(command,),
        time_window=context.deadline(),
    )


@dataclass(frozen=True)
class _Leaving:
    """States at another notary than the new one, of those that may leave it."""

    parameters: NetworkParameters
    request: ChangeNotary

    @property
    def at(self) -> NotaryFilter:
        """See ``Eligible``."""
        return NotaryFilter(only=self.request.from_notary, but=self.request.new_notary)

    def made_by(self, tx_ids: AbstractSet[Hash32]) -> AbstractSet[bytes]:
        """See ``Eligible``: all."""
        return tx_ids

    def why_not(self, states: Sequence[StateAndRef]) -> Mapping[StateRef, str]:
        """See ``Eligible``."""
        reasons = {state.ref: self._reason(state) for state in states}
        return {ref: reason for ref, reason in reasons.items() if reason}

    @property
    def _names_memberships(self) -> bool:
        return bool(self.request.states.refs) or self.request.states.contract == MEMBERSHIP

    def _reason(self, state: StateAndRef) -> str:
        at = self.parameters.current(state.state.notary).name
        if state.state.contract in STAYING:
            return f"states of {state.state.contract} stay with the journal's notary: {STAYING[state.state.contract]}"
        if state.state.contract == MEMBERSHIP and not self._names_memberships:
            return "a membership is moved when it is asked for: its member cannot act at the old notary afterwards"
        if is_held_fast(state.state, self.parameters):
            return "it is frozen: its keeper thaws it first"
        if at == self.request.new_notary:
            return f"it is at {at} already"
        return f"it is at {at}" if self.request.from_notary not in ("", at) else ""


@dataclass(frozen=True)
class _MadeUnder:
    """States that a ledger_tx of the package named made, of contracts that the package at hand converts."""

    context: BuildContext
    source: Hash32
    contracts: frozenset[str]

    @property
    def at(self) -> NotaryFilter:
        """See ``Eligible``: at all."""
        return NotaryFilter()

    def made_by(self, tx_ids: AbstractSet[Hash32]) -> AbstractSet[bytes]:
        """See ``Eligible``. Looks for the hash among the bytes before it decodes them: most may be converted."""
        stored = stored_transactions(self.context.connection, tx_ids)
        likely = {tx_id: found for tx_id, found in stored.items() if bytes(self.source) in found.signed_bytes}
        return frozenset(
            tx_id for tx_id, found in likely.items() if decoded(found.signed_bytes).wire.contract_package == self.source
        )

    def why_not(self, states: Sequence[StateAndRef]) -> Mapping[StateRef, str]:
        """See ``Eligible``."""
        made = self.made_by({state.ref.tx_id for state in states})
        reasons = {state.ref: self._reason(state, made) for state in states}
        return {ref: reason for ref, reason in reasons.items() if reason}

    def _reason(self, state: StateAndRef, made: AbstractSet[bytes]) -> str:
        if state.ref.tx_id not in made:
            return f"it was not made under package {self.source.hex()}"
        known = state.state.contract in self.contracts
        return "" if known else f"the package at hand converts no states of {state.state.contract}"
