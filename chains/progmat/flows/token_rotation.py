"""Builder of the flow that moves an account's tokens to another key of the same node, a bounded batch at a time."""

from __future__ import annotations

from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import own_account
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.market_requests import MoveToken
from chains.progmat.flows.token_builders import move_token
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.vault.by_notary import held_by_notary
from chains.progmat.vault.errors import FundsTooFragmented
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount


def rotate_tokens(context: BuildContext, request: RotateTokens) -> TransactionBuilder:
    """A move of what is free under the old key, as much of it as one transaction takes, under a move's rules.

    Raises ``AccountUnknown`` for a key that is not kept here, ``TokensInsufficient`` when nothing is free,
    ``InvalidRequest`` when both keys are one, and what stops a move.
    """
    source, target = own_account(context, request.from_account_key), own_account(context, request.to_account_key)
    if source == target:
        raise InvalidRequest("to_account_key", "another key than the old one is wanted: open an account for it")
    asset = Asset(request.network.name, request.token_id, request.registrar)
    there = held_by_notary(context.connection, asset, source, context.now_s).get(context.notary.name)
    try:
        return move_token(context, _move(request, max(there.free if there else 0, 1), target))
    except FundsTooFragmented as fragmented:
        return move_token(context, _move(request, fragmented.reached, target))


def _move(request: RotateTokens, quantity: int, target: CashAccount) -> MoveToken:
    return MoveToken(
        request.request_id,
        request.network,
        request.token_id,
        request.registrar,
        quantity,
        request.from_account_key,
        target,
    )
