"""Builder of the flow that moves an account's cash to another key of the same node, a bounded batch at a time."""

from __future__ import annotations

from dataclasses import replace

from chains.progmat.contracts import cash as cash_contract
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.cash_builders import coin, own_account, owner_key, refs_of, take
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.requests import RotateAccountKey
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import Command
from chains.progmat.vault import Holding, balance, total
from chains.progmat.vault.errors import FundsTooFragmented
from ibc.dvp import CashAccount


def rotate_account_key(context: BuildContext, request: RotateAccountKey) -> TransactionBuilder:
    """The free cash of the old key, as much of it as one transaction takes, in one state of the new key.

    Locked and reserved cash stays: it is moved by a later request. Raises ``AccountUnknown`` for a key that is not kept
    here, ``InsufficientFunds`` when nothing is free, ``InvalidRequest`` when both keys are one.
    """
    source, target = own_account(context, request.from_account_key), own_account(context, request.to_account_key)
    if source == target:
        raise InvalidRequest("to_account_key", "another key than the old one is wanted: open an account for it")
    spent = _as_much_as_fits(context, request, source)
    issuer = context.party(request.issuer)
    moved_yen = total(spent)
    moved = CashState(request.coin_id, issuer, moved_yen, owner_key(target), target.node)
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=(moved.as_output(context.notary),),
        commands=(Command(CASH, cash_contract.MOVE, b"", (owner_key(source), issuer.key)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def _as_much_as_fits(context: BuildContext, request: RotateAccountKey, source: CashAccount) -> tuple[Holding, ...]:
    asset = coin(request.coin_id, request.issuer)
    found = balance(context.connection, asset, source, context.now_s)
    wanted_yen = max(found.free, 1)  # nothing free: the selection says what is held by whom
    try:
        return take(context, asset, wanted_yen, source)
    except FundsTooFragmented as fragmented:
        return take(context, asset, fragmented.reached, source)
