"""Builders of the flows that issue, move and redeem tokens of the ST and UT networks."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.security import SecurityState
from chains.progmat.contracts.token import CONTRACT_OF, TokenState
from chains.progmat.contracts.transfer_note import NO_NOTE, TransferNote
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import own_account, owner_key, pieces_left, require_role, take
from chains.progmat.flows.market_requests import IssueToken, MoveToken, RedeemToken
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.seams import Role
from chains.progmat.flows.securities_builders import issuable_security, known_security
from chains.progmat.flows.securities_errors import UnitsExceeded
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, StateAndRef, StateRef, TransactionState
from chains.progmat.vault.holdings import Holding
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.keeping import existing_units
from chains.progmat.vault.queries import kept_states
from ibc.dvp import CashAccount


def issue_token(context: BuildContext, request: IssueToken) -> TransactionBuilder:
    """New tokens, with the gate of their security where one is registered; this node keeps their register.

    Raises ``NodeRoleMissing``, ``PartyUnknown``, ``SecurityIsRedeemed``, ``UnitsExceeded``.
    """
    require_role(context, Role.REGISTRAR)
    context.party(request.to.node)
    registrar = context.me.party
    owner = decode_single_key(request.to.key)
    security = _security_of(context, request)
    gate_id = "" if security is None else SecurityState.of(security.state).gate_id
    made = TokenState(request.network, request.token_id, registrar, request.quantity, owner, request.to.node, gate_id)
    return replace(
        context.frame.start(),
        outputs=(made.as_output(context.notary),),
        commands=(Command(CONTRACT_OF[request.network], ISSUE, request.note.encode(), (registrar.key,)),),
        references=(
            *context.member_refs(needs_of(context.me.name, request)),
            *(() if security is None else (security.ref,)),
        ),
        time_window=context.deadline(),
    )


def move_token(context: BuildContext, request: MoveToken) -> TransactionBuilder:
    """Whole states in, the quantity to the new holder and the rest back. Raises ``AccountUnknown`` and shortages."""
    source = own_account(context, request.from_account_key)
    context.party(request.to.node)
    spent = take_tokens(context, request.network, request.token_id, request.registrar, request.quantity, source)
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=split_tokens(context, spent, request.quantity, request.to),
        commands=(move_command(spent, request.note),),
        references=(*context.member_refs(needs_of(context.me.name, request)), *context.rule_refs()),
        time_window=context.deadline(),
    )


def redeem_token(context: BuildContext, request: RedeemToken) -> TransactionBuilder:
    """Whole states in, the rest back. Raises as ``move_token``."""
    source = own_account(context, request.from_account_key)
    spent = take_tokens(context, request.network, request.token_id, request.registrar, request.quantity, source)
    registrar = TokenState.of(spent[0].state).registrar
    command = Command(CONTRACT_OF[request.network], REDEEM, request.note.encode(), (owner_key(source), registrar.key))
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=_change(context, spent, request.quantity),
        commands=(command,),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def take_tokens(
    context: BuildContext, network: BusinessNetwork, token_id: str, registrar: str, quantity: int, account: CashAccount
) -> tuple[StateAndRef, ...]:
    """Reserve enough of an account's tokens; raises the vault's named shortages."""
    chosen = take(context, Asset(network.name, token_id, registrar), quantity, account)
    states = kept_states(context.connection, [holding.ref for holding in chosen])
    return tuple(StateAndRef(holding.ref, states[holding.ref]) for holding in chosen)


def split_tokens(
    context: BuildContext, spent: tuple[StateAndRef, ...], quantity: int, to: CashAccount
) -> tuple[TransactionState, ...]:
    """The outputs of a move: the quantity to its new account, what is left back to its owner."""
    taken = replace(TokenState.of(spent[0].state), quantity=quantity, owner=decode_single_key(to.key), node=to.node)
    return (taken.as_output(context.notary), *_change(context, spent, quantity))


def move_command(spent: tuple[StateAndRef, ...], note: TransferNote = NO_NOTE) -> Command:
    """The command of a move of one owner's tokens of one registrar."""
    first = TokenState.of(spent[0].state)
    return Command(CONTRACT_OF[first.network], MOVE, note.encode(), (first.owner, first.registrar.key))


def refs_of(spent: tuple[StateAndRef, ...]) -> tuple[StateRef, ...]:
    """References of selected tokens."""
    return tuple(state.ref for state in spent)


def _security_of(context: BuildContext, request: IssueToken) -> StateAndRef | None:
    """Under which the tokens are issued, None if nothing is registered; that they are not too many, the books say."""
    if known_security(context, request.token_id) is None:
        return None
    known = issuable_security(context, request.token_id)
    asset = Asset(request.network.name, request.token_id, context.me.name)
    existing, _ = existing_units(context.connection, [asset])[asset]
    units = SecurityState.of(known.state).terms.units
    if existing + request.quantity > units:
        raise UnitsExceeded(request.token_id, units, existing, request.quantity)
    return known


def _change(context: BuildContext, spent: tuple[StateAndRef, ...], quantity: int) -> tuple[TransactionState, ...]:
    """What is left, back to its owner in as many states as flows wait for."""
    first = TokenState.of(spent[0].state)
    asset = Asset(first.network.name, first.token_id, first.registrar.name)
    holdings = [Holding(state.ref, TokenState.of(state.state).quantity) for state in spent]
    account = CashAccount(first.node, first.owner.encoded())
    pieces = pieces_left(context, asset, account, holdings, quantity)
    return tuple(replace(first, quantity=piece).as_output(context.notary) for piece in pieces)
