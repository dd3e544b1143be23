"""Builder of the flow that moves an account's cash to another key of the same node, a bounded batch at a time."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import coin, kind_of, own_account, refs_of, spending_keys, take
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.receiving import own_coin
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import RotateAccountKey
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command
from chains.progmat.vault.by_notary import held_by_notary
from chains.progmat.vault.errors import FundsTooFragmented
from chains.progmat.vault.holdings import Holding, total
from ibc.dvp import CashAccount


def rotate_account_key(context: BuildContext, request: RotateAccountKey) -> TransactionBuilder:
    """The free cash of the old key, as much of it as one transaction takes, in one state of the new account.

    Locked and reserved cash stays: it is moved by a later request. Raises ``AccountUnknown`` for a key that is not kept
    here, ``InsufficientFunds`` when nothing is free, ``InvalidRequest`` when both keys are one.
    """
    source, target = own_account(context, request.from_account_key), own_account(context, request.to_account_key)
    if source == target:
        raise InvalidRequest("to_account_key", "another key than the old one is wanted: open an account for it")
    spent = _as_much_as_fits(context, request, source)
    issuer = context.party(request.issuer)
    moved_yen = total(spent)
    kind = kind_of(context, spent)
    moved = own_coin(context, request.coin_id, issuer, moved_yen, target, 0, KeyChoice.AS_SET, kind)
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=(moved.as_output(context.notary),),
        commands=(Command(CASH, MOVE, b"", (*spending_keys(source, spent), issuer.key)),),
        references=(*context.member_refs(needs_of(context.me.name, request)), *context.rule_refs()),
        time_window=context.deadline(),
    )


def _as_much_as_fits(context: BuildContext, request: RotateAccountKey, source: CashAccount) -> tuple[Holding, ...]:
    asset = coin(request.coin_id, request.issuer)
    there = held_by_notary(context.connection, asset, source, context.now_s).get(context.notary.name)
    wanted_yen = max(there.free if there else 0, 1)  # nothing free: the selection says what is held by whom
    try:
        return take(context, asset, wanted_yen, source)
    except FundsTooFragmented as fragmented:
        return take(context, asset, fragmented.reached, source)
