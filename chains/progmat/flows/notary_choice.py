"""At which notary a request's ledger_tx is made, where the network has several: one, for all that it uses and makes.

What has provable writes, and proposals, are made at the journal's notary. What makes something new is made where the
request says. What spends is made at the first notary, the journal's before the others, that holds enough for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.market_requests import ChangeMembership, IssueToken, MoveToken, RedeemToken, SettleDvp
from chains.progmat.flows.notary_errors import HeldAtSeveralNotaries, NotaryNotServing
from chains.progmat.flows.requests import IssueCash, LockCash, MergeCash, MoveCash, RedeemCash, RotateAccountKey
from chains.progmat.flows.securities_requests import (
    AmendSecurity,
    CancelTransfer,
    ForceToken,
    FreezeToken,
    RegisterSecurity,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
    ThawToken,
)
from chains.progmat.transactions.model import Party
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.vault.by_notary import AtNotary, held_by_notary
from chains.progmat.vault.grooming import small_coins_by_notary
from chains.progmat.vault.indexing import SC, Asset
from ibc.dvp import CashAccount

AT_NAMED: Final = (
    ChangeMembership,
    IssueCash,
    IssueToken,
    RegisterSecurity,
    AmendSecurity,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
    ForceToken,
    FreezeToken,
    ThawToken,
    CancelTransfer,
)
"""Requests that say at which notary."""


def serving_notary(parameters: NetworkParameters, name: str) -> Party:
    """The notary of that name, the journal's for an empty one; raises ``NotaryNotServing``."""
    notary = parameters.notary_named(name) if name else parameters.notary
    if notary is None or not parameters.serves(notary):
        raise NotaryNotServing(name, (known.name for known in _serving(parameters)))
    return notary


def choose_notary(
    connection: Connection, own_name: str, request: AnyRequest, parameters: NetworkParameters, now_s: int
) -> Party:
    """For a request of this node; raises ``NotaryNotServing``, ``HeldAtSeveralNotaries``."""
    if isinstance(request, AT_NAMED):
        return serving_notary(parameters, request.notary)
    if isinstance(request, MergeCash):
        return _with_small_coins(connection, own_name, request, parameters, now_s)
    spending = _spending(connection, own_name, request, now_s)
    if spending is None:
        return parameters.notary
    usable = (parameters.notary,) if isinstance(request, LockCash) else _serving(parameters)
    return _first_with_enough(spending, usable)


@dataclass(frozen=True)
class _Spending:
    """How much of an asset a request needs, and what its account holds of it at each notary."""

    asset_id: str
    needed: int
    held: Mapping[str, AtNotary]


def _spending(connection: Connection, own_name: str, request: AnyRequest, now_s: int) -> _Spending | None:
    """None for a request that spends nothing of an account."""
    match request:
        case LockCash(terms=terms):
            leg = terms.cash
            held = held_by_notary(connection, Asset(SC, leg.coin_id, leg.issuer), leg.buyer, now_s)
            return _Spending(leg.coin_id, leg.amount_yen, held)
        case MoveCash() | RedeemCash() | RotateAccountKey():
            account = CashAccount(own_name, request.from_account_key)
            held = held_by_notary(connection, Asset(SC, request.coin_id, request.issuer), account, now_s)
            needed = 1 if isinstance(request, RotateAccountKey) else request.amount_yen
            return _Spending(request.coin_id, needed, held)
        case MoveToken() | RedeemToken() | RotateTokens():
            account = CashAccount(own_name, request.from_account_key)
            token = Asset(request.network.name, request.token_id, request.registrar)
            held = held_by_notary(connection, token, account, now_s)
            needed = 1 if isinstance(request, RotateTokens) else request.quantity
            return _Spending(request.token_id, needed, held)
        case SettleDvp(dvp=dvp):
            token = Asset(dvp.network.name, dvp.token_id, dvp.registrar)
            held = held_by_notary(connection, token, dvp.seller_tokens, now_s)
            return _Spending(dvp.token_id, dvp.quantity, held)
        case _:
            return None


def _with_small_coins(
    connection: Connection, own_name: str, request: MergeCash, parameters: NetworkParameters, now_s: int
) -> Party:
    account = CashAccount(own_name, request.account_key)
    coins = small_coins_by_notary(connection, request.coin_id, request.issuer, account, request.below_yen, now_s)
    return next((it for it in _serving(parameters) if coins.get(it.name, 0) >= 2), parameters.notary)


def _serving(parameters: NetworkParameters) -> tuple[Party, ...]:
    return tuple(notary for notary in parameters.notaries if parameters.serves(notary))


def _first_with_enough(spending: _Spending, usable: Sequence[Party]) -> Party:
    """Free first, else what running flows may give back; who holds too little anywhere is told so by the selection."""
    nothing = AtNotary(0, 0)
    at = [(notary, spending.held.get(notary.name, nothing)) for notary in usable]
    for notary, there in at:
        if there.free >= spending.needed:
            return notary
    for notary, there in at:
        if there.free + there.reserved >= spending.needed:
            return notary
    everywhere = {name: there.free + there.reserved for name, there in spending.held.items()}
    if sum(everywhere.values()) >= spending.needed:
        names = (notary.name for notary in usable)
        raise HeldAtSeveralNotaries(spending.asset_id, spending.needed, everywhere, names)
    return usable[0]
