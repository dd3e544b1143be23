"""Builders of what a trustee does with coin that is not its own: freeze, thaw, and forced transfer (強制移転).

The issuer signs, and one of the coin's approvers, whose key this node keeps; no owner does. Amounts under a DvP lock
are left alone: whom they go to is for the other chain's proof to say. What a state names as its owner stays as it is,
also a fresh key, except for what a forced transfer takes away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import and_

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.coin import CoinState
from chains.progmat.contracts.keeper_acts import FORCE, FREEZE, THAW
from chains.progmat.contracts.names import CASH
from chains.progmat.contracts.transfer_note import TransferKind, TransferNote
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import admission_refs
from chains.progmat.flows.coin_builders import approver_here, required_coin
from chains.progmat.flows.coin_errors import NothingToMove
from chains.progmat.flows.coin_requests import ForceCash, FreezeCash, ThawCash
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command, StateAndRef, StateRef
from chains.progmat.vault.bounds import MAX_INPUTS
from chains.progmat.vault.indexing import SC, IndexedHolding
from chains.progmat.vault.queries import find_states
from chains.progmat.vault.schema import holdings

_Act = FreezeCash | ThawCash | ForceCash
_KINDS: Final = {FORCE: TransferKind.FORCED, FREEZE: TransferKind.NONE, THAW: TransferKind.NONE}


@dataclass(frozen=True)
class _Taken:
    """States an act consumes, and how much of the last of them is not meant (0: all of it is)."""

    states: tuple[StateAndRef, ...]
    left_yen: int

    @property
    def coins(self) -> list[CashState]:
        """Decoded, in order."""
        return [CashState.of(state.state) for state in self.states]


def freeze_cash(context: BuildContext, request: FreezeCash) -> TransactionBuilder:
    """Free amounts frozen where they are. Raises ``CoinUnknown``, ``ApproverMissing``, ``NothingToMove``."""
    taken = _take(context, request, (False,), "free amount")
    return _act(context, request, FREEZE, taken, _marked(taken, frozen=True))


def thaw_cash(context: BuildContext, request: ThawCash) -> TransactionBuilder:
    """Frozen amounts free where they are. Raises as ``freeze_cash``."""
    taken = _take(context, request, (True,), "frozen amount")
    return _act(context, request, THAW, taken, _marked(taken, frozen=False))


def force_cash(context: BuildContext, request: ForceCash) -> TransactionBuilder:
    """Frozen and free amounts to another account, frozen ones first. Raises as ``freeze_cash``, ``HolderUnknown``."""
    context.party(request.to.node)
    if request.to == request.account:
        raise InvalidRequest("to", "another account than the one the coin is taken from is wanted")
    taken = _take(context, request, (True, False), "amount that no lock holds")
    coins = taken.coins
    moved_yen = sum(coin.amount_yen for coin in coins) - taken.left_yen
    owner = decode_single_key(request.to.key)
    given = replace(
        coins[0],
        amount_yen=moved_yen,
        owner=owner,
        node=request.to.node,
        owner_kind=OwnerKind.ACCOUNT,
        frozen=False,
    )
    left = [replace(coins[-1], amount_yen=taken.left_yen)] if taken.left_yen else []
    admitted = admission_refs(context, given.kind, request.coin_id, request.to)
    return _act(context, request, FORCE, taken, [given, *left], admitted)


def _act(
    context: BuildContext,
    request: _Act,
    name: str,
    taken: _Taken,
    made: Sequence[CashState],
    admitted: tuple[StateRef, ...] = (),
) -> TransactionBuilder:
    coin = required_coin(context, request.coin_id)
    context.reserve(*(state.ref for state in taken.states))
    signers = (context.me.party.key, approver_here(context, CoinState.of(coin.state)))
    members = context.member_refs(needs_of(context.me.name, request))
    return replace(
        context.frame.start(),
        inputs=tuple(state.ref for state in taken.states),
        outputs=tuple(each.as_output(context.notary) for each in made),
        commands=(Command(CASH, name, _note(request, name).encode(), signers),),
        references=(*members, coin.ref, *admitted),
        time_window=context.deadline(),
    )


def _note(request: _Act, name: str) -> TransferNote:
    try:
        return TransferNote(
            kind=_KINDS[name],
            reason=request.reason,
            reference=request.reference,
            author=request.author,
            approver=request.approver,
        )
    except MalformedComponent as error:
        raise InvalidRequest("reason", str(error)) from error


def _marked(taken: _Taken, *, frozen: bool) -> list[CashState]:
    """The states as they were, with the other mark; what is left of the last one keeps the mark it has."""
    *whole, last = taken.coins
    made = [replace(coin, frozen=frozen) for coin in whole]
    made.append(replace(last, amount_yen=last.amount_yen - taken.left_yen, frozen=frozen))
    return [*made, *([replace(last, amount_yen=taken.left_yen)] if taken.left_yen else [])]


def _take(context: BuildContext, request: _Act, marks: Sequence[bool], wanted: str) -> _Taken:
    """Largest first, so that few states are enough; all that fit if no amount is named."""
    required_coin(context, request.coin_id)
    found = [state for frozen in marks for state in _states(context, request, frozen=frozen)][:MAX_INPUTS]
    if not found:
        raise NothingToMove(request.coin_id, request.account.key, wanted)
    if not request.amount_yen:
        return _Taken(tuple(found), 0)
    chosen: list[StateAndRef] = []
    reached_yen = 0
    for state in found:
        chosen.append(state)
        reached_yen += CashState.of(state.state).amount_yen
        if reached_yen >= request.amount_yen:
            return _Taken(tuple(chosen), reached_yen - request.amount_yen)
    rest = f"{wanted} of {request.amount_yen} yen in {MAX_INPUTS} states (there are {reached_yen} yen)"
    raise NothingToMove(request.coin_id, request.account.key, rest)


def _states(context: BuildContext, request: _Act, *, frozen: bool) -> list[StateAndRef]:
    row = holdings.c
    where = and_(
        row.network == SC,
        row.asset_id == request.coin_id,
        row.issuer == context.me.name,
        row.node == request.account.node,
        row.owner_key == request.account.key,
        row.notary == context.notary.name,
        row.consumed.is_(False),
        row.frozen.is_(frozen),
        row.trade_id.is_(None),
    )
    found = find_states(context.connection, IndexedHolding, where, row.amount.desc(), MAX_INPUTS)
    return [each.state_and_ref for each in found if each.state.encumbrance is None]
