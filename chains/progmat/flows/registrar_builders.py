"""Builders of a registrar's acts without the holders: forced transfer, freeze, thaw, cancellation.

The registrar's vault has every unit of its register, whichever node keeps the account: there it finds what to take. An
owner's own move may be under way meanwhile; the notary decides which was first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE, THAW
from chains.progmat.contracts.native_dvp import settled_terms
from chains.progmat.contracts.security import SecurityState
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.securities_builders import approvers_here, the_security
from chains.progmat.flows.securities_errors import NothingHeld, NothingToCancel
from chains.progmat.flows.securities_requests import CancelTransfer, ForceToken, FreezeToken, ThawToken
from chains.progmat.flows.signed_records import decoded
from chains.progmat.node.storage import stored_transactions
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, StateAndRef, StateRef, TransactionState
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.bounds import MAX_INPUTS
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.keeping import Standing, states_in_account, states_made_by
from ibc.dvp import CashAccount
from primitives.errors import DecodeError
from primitives.public_key import PublicKey

Act = ForceToken | FreezeToken | ThawToken | CancelTransfer
Account = tuple[str, bytes]
"""Node and encoded key."""


@dataclass(frozen=True)
class _Taken:
    """States chosen in an account: all but ``left`` of the last is wanted."""

    states: tuple[StateAndRef, ...]
    left: int

    @property
    def last(self) -> TokenState:
        """Whose rest goes back as it was."""
        return TokenState.of(self.states[-1].state)


def force_token(context: BuildContext, request: ForceToken) -> TransactionBuilder:
    """The quantity to its new account: free units first, then frozen ones. What is left stays as it is.

    Raises ``NodeRoleMissing``, ``SecurityUnknown``, ``ApproverMissing``, ``NothingHeld``, ``PartyUnknown``.
    """
    known = the_security(context, request.token_id)
    context.party(request.to.node)
    taken = _take(context, request, request.holder, request.quantity, (Standing.FREE, Standing.FROZEN))
    owner = _key_of("to", request.to)
    made = replace(taken.last, quantity=request.quantity, owner=owner, node=request.to.node, frozen=False)
    rest = (replace(taken.last, quantity=taken.left),) if taken.left else ()
    return _act(context, request, known, FORCE, taken.states, (made, *rest))


def freeze_token(context: BuildContext, request: FreezeToken) -> TransactionBuilder:
    """Raises as ``force_token``."""
    known = the_security(context, request.token_id)
    taken = _take(context, request, request.holder, request.quantity, (Standing.FREE,))
    return _act(context, request, known, FREEZE, taken.states, _refrozen(taken, frozen=True))


def thaw_token(context: BuildContext, request: ThawToken) -> TransactionBuilder:
    """Raises as ``force_token``."""
    known = the_security(context, request.token_id)
    taken = _take(context, request, request.holder, request.quantity, (Standing.FROZEN,))
    return _act(context, request, known, THAW, taken.states, _refrozen(taken, frozen=False))


def cancel_transfer(context: BuildContext, request: CancelTransfer) -> TransactionBuilder:
    """All that a transfer brought to others back to the accounts that gave it, to each what it gave.

    Raises ``NothingToCancel`` where the transfer is none of this register's or one half of a trade, or what it made is
    not all there and free.
    """
    known = the_security(context, request.token_id)
    tx_id = request.note.cancelled_tx_id
    wire = _transfer(context, request, tx_id)
    gave = _given(context, request, wire)
    brought = {ref: token for ref, token in _made_tokens(request, wire).items() if _account(token) not in gave}
    there = states_made_by(context.connection, tx_id)
    if not brought or any(ref not in there or token.frozen for ref, token in brought.items()):
        raise NothingToCancel(tx_id, "what it brought has been spent or frozen since")
    if sum(gave.values()) != sum(token.quantity for token in brought.values()):
        raise NothingToCancel(tx_id, "not all that it moved is of this register")
    states = tuple(there[ref].state_and_ref for ref in brought)
    context.reserve(*(state.ref for state in states))
    first = next(iter(brought.values()))
    back = tuple(
        replace(first, quantity=quantity, node=node, owner=decode_single_key(key))
        for (node, key), quantity in gave.items()
        if quantity
    )
    return _act(context, request, known, CANCEL, states, back)


def _act(
    context: BuildContext,
    request: Act,
    known: StateAndRef,
    name: str,
    spent: Sequence[StateAndRef],
    made: Iterable[TokenState],
) -> TransactionBuilder:
    kinds = {FORCE: TransferKind.FORCED, CANCEL: TransferKind.CANCELLATION}
    note: TransferNote = replace(request.note, kind=kinds.get(name, TransferKind.NONE))
    signers = (context.me.party.key, *approvers_here(context, SecurityState.of(known.state)))
    return replace(
        context.frame.start(),
        inputs=tuple(state.ref for state in spent),
        outputs=tuple(token.as_output(context.notary) for token in made),
        commands=(Command(CONTRACT_OF[request.network], name, note.encode(), signers),),
        references=(*context.member_refs(needs_of(context.me.name, request)), known.ref),
        time_window=context.deadline(),
    )


def _take(
    context: BuildContext, request: Act, holder: CashAccount, quantity: int, standings: Sequence[Standing]
) -> _Taken:
    """Enough for the quantity, all if it is 0; reserved."""
    asset = Asset(request.network.name, request.token_id, context.me.name)
    states: list[StateAndRef] = []
    total = 0
    for standing in standings:
        at = context.notary.name
        for found in states_in_account(context.connection, asset, holder, at, standing, MAX_INPUTS):
            if len(states) < MAX_INPUTS and (not quantity or total < quantity):
                states.append(found.state_and_ref)
                total += found.indexed.amount
    if not states or total < quantity:
        what = " or ".join(standing.value for standing in standings)
        raise NothingHeld(request.token_id, quantity, total, what)
    context.reserve(*(state.ref for state in states))
    return _Taken(tuple(states), total - quantity if quantity else 0)


def _refrozen(taken: _Taken, *, frozen: bool) -> tuple[TokenState, ...]:
    total = sum(TokenState.of(state.state).quantity for state in taken.states)
    changed = replace(taken.last, quantity=total - taken.left, frozen=frozen)
    return (changed, replace(taken.last, quantity=taken.left)) if taken.left else (changed,)


def _transfer(context: BuildContext, request: CancelTransfer, tx_id: bytes) -> WireTransaction:
    stored = stored_transactions(context.connection, [tx_id]).get(tx_id)
    if stored is None:
        raise NothingToCancel(tx_id, "it is not recorded here")
    wire = decoded(stored.signed_bytes).wire
    contract = CONTRACT_OF[request.network]
    if not any(command.contract == contract and command.name in (MOVE, FORCE) for command in wire.commands):
        raise NothingToCancel(tx_id, f"it moves no tokens of {request.network.name}")
    if settled_terms(wire) is not None:
        raise NothingToCancel(tx_id, "it delivered a trade, whose cash would stay with the seller; trade it back")
    return wire


def _given(context: BuildContext, request: CancelTransfer, wire: WireTransaction) -> dict[Account, int]:
    """By account that gave: how much, its change taken off."""
    gave: dict[Account, int] = {}
    inputs = context.verifier.recorded.of(context.connection, wire.inputs)
    for token in _tokens(context, request, inputs.values()):
        gave[_account(token)] = gave.get(_account(token), 0) + token.quantity
    for token in _tokens(context, request, wire.outputs):
        if _account(token) in gave:
            gave[_account(token)] -= token.quantity
    return gave


def _made_tokens(request: CancelTransfer, wire: WireTransaction) -> Mapping[StateRef, TokenState]:
    contract = CONTRACT_OF[request.network]
    return {
        StateRef(wire.id, index): token
        for index, state in enumerate(wire.outputs)
        if state.contract == contract and (token := TokenState.of(state)).token_id == request.token_id
    }


def _tokens(context: BuildContext, request: CancelTransfer, states: Iterable[TransactionState]) -> Iterable[TokenState]:
    for state in states:
        if state.contract == CONTRACT_OF[request.network]:
            token = TokenState.of(state)
            if token.token_id == request.token_id and token.registrar.name == context.me.name:
                yield token


def _account(token: TokenState) -> Account:
    return token.node, token.owner.encoded()


def _key_of(field: str, account: CashAccount) -> PublicKey:
    try:
        return decode_single_key(account.key)
    except DecodeError as error:
        raise InvalidRequest(field, str(error)) from error
