"""Builders of the flows that use utility tokens, and destroy those whose time is over."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.names import UTILITY_TOKEN, UTILITY_USE
from chains.progmat.contracts.token import TokenState
from chains.progmat.contracts.utility_expiry import EXPIRE
from chains.progmat.contracts.utility_use import USE, encode_use
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import require_role
from chains.progmat.flows.distribution_errors import NothingToExpire
from chains.progmat.flows.distribution_requests import ExpireUtility, UseUtility
from chains.progmat.flows.market_requests import RedeemToken
from chains.progmat.flows.seams import Role
from chains.progmat.flows.token_builders import redeem_token
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command, StateAndRef, StateRef, TimeWindow
from chains.progmat.vault.bounds import MAX_INPUTS
from chains.progmat.vault.queries import kept_states
from chains.progmat.vault.soft_locks import held_by_others
from chains.progmat.vault.unspent import NotaryFilter, unspent_pages
from primitives.types import UnixSeconds


def use_utility(context: BuildContext, request: UseUtility) -> TransactionBuilder:
    """Units burned for something, before they expire. Raises ``AccountUnknown`` and the vault's shortages."""
    network, key = BusinessNetwork.UT, request.from_account_key
    redemption = RedeemToken(request.request_id, network, request.token_id, request.registrar, request.quantity, key)
    built = redeem_token(context, redemption)
    first = TokenState.of(kept_states(context.connection, built.inputs)[built.inputs[0]])
    use = Command(UTILITY_USE, USE, encode_use(request.reference), (first.owner,))
    window = built.time_window
    if first.expires_s and window is not None and window.until_s is not None:
        window = replace(window, until_s=UnixSeconds(min(window.until_s, first.expires_s)))
    return replace(built, commands=(*built.commands, use), time_window=window)


def expire_utility(context: BuildContext, request: ExpireUtility) -> TransactionBuilder:
    """Whole states whose time is over, out of the register. Raises ``NodeRoleMissing``, ``NothingToExpire``."""
    require_role(context, Role.REGISTRAR)
    expired = _expired(context, request.token_id)
    if not expired:
        raise NothingToExpire(request.token_id, context.now_s)
    context.reserve(*(state.ref for state in expired))
    latest_s = max(TokenState.of(state.state).expires_s for state in expired)
    return replace(
        context.frame.start(),
        inputs=tuple(state.ref for state in expired),
        commands=(Command(UTILITY_TOKEN, EXPIRE, b"", (context.me.party.key,)),),
        time_window=TimeWindow(UnixSeconds(latest_s), UnixSeconds(context.deadline_s())),
    )


def _expired(context: BuildContext, token_id: str) -> list[StateAndRef]:
    """The first of this registrar's units that nothing holds: as many as one transaction takes."""
    found: list[StateAndRef] = []
    for page in unspent_pages(context.connection, b"", token_id, NotaryFilter(only=context.notary.name)):
        over = [state for state in page if _is_over(context, token_id, state)]
        held = _held(context, [state.ref for state in over])
        found += [state for state in over if state.ref not in held]
        if len(found) >= MAX_INPUTS:
            break
    return found[:MAX_INPUTS]


def _is_over(context: BuildContext, token_id: str, state: StateAndRef) -> bool:
    if state.state.contract != UTILITY_TOKEN:
        return False
    token = TokenState.of(state.state)
    return token.asset == (token_id, context.me.party) and 0 < token.expires_s <= context.now_s


def _held(context: BuildContext, refs: list[StateRef]) -> frozenset[StateRef]:
    return held_by_others(context.connection, refs, lock_owner=context.flow_id, now_s=context.now_s)
