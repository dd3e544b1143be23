"""Builders of the flows that issue, move and redeem cash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.change import pieces_of_change
from chains.progmat.flows.errors import AccountUnknown, NodeRoleMissing
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.receiving import PAYEE_INDEX, own_coin, paid_coin
from chains.progmat.flows.requests import IssueCash, MergeCash, MoveCash, RedeemCash
from chains.progmat.flows.seams import Role
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, Party, StateRef
from chains.progmat.vault import (
    MAX_INPUTS,
    CashHolding,
    CoinRequest,
    CoinsUnder,
    count_coins,
    select_and_lock,
    select_small_and_lock,
    total_yen,
)
from ibc.dvp import CashAccount
from primitives.errors import DecodeError
from primitives.public_key import PublicKey


def require_role(context: BuildContext, *roles: Role) -> None:
    """Raises ``NodeRoleMissing`` unless this node has one of the roles."""
    if not context.me.roles.intersection(roles):
        names = " or ".join(role.value for role in roles)
        raise NodeRoleMissing(names, tuple(sorted(role.value for role in context.me.roles)))


def own_account(context: BuildContext, account_key: bytes) -> CashAccount:
    """An account kept here; raises ``AccountUnknown``. A fresh key is none."""
    try:
        key = decode_single_key(account_key)
    except DecodeError as error:
        raise AccountUnknown(account_key) from error
    parameters = context.verifier.parameters
    not_accounts = {context.me.party.key, *parameters.heirs(context.me.party), parameters.operator_key}
    if context.keys.signer(key) is None or key in not_accounts:
        raise AccountUnknown(account_key)
    return CashAccount(context.me.name, account_key)


def select_cash(
    context: BuildContext,
    coin_id: str,
    issuer: str,
    amount_yen: int,
    account: CashAccount,
    under: CoinsUnder = CoinsUnder.ANY_KEY,
) -> tuple[CashHolding, ...]:
    """Reserve enough of an account's cash; raises the vault's named shortages."""
    wanted = _coin_request(context, coin_id, issuer, amount_yen, account)
    return select_and_lock(context.connection, replace(wanted, under=under))


def _coin_request(
    context: BuildContext,
    coin_id: str,
    issuer: str,
    amount_yen: int,
    account: CashAccount,
    max_inputs: int = MAX_INPUTS,
) -> CoinRequest:
    return CoinRequest(
        coin_id=coin_id,
        issuer=issuer,
        account=account,
        amount_yen=amount_yen,
        lock_owner=context.flow_id,
        now_s=context.now_s,
        expires_s=context.now_s + context.soft_lock_s,
        max_inputs=max_inputs,
        notary=context.notary.name,
    )


def issue_cash(context: BuildContext, request: IssueCash) -> TransactionBuilder:
    """New coin; its issuer is this node. Raises ``NodeRoleMissing``, ``PartyUnknown``."""
    require_role(context, Role.ISSUER)
    context.party(request.to.node)
    issuer = context.me.party
    made = paid_coin(context, request, issuer)
    return replace(
        context.frame.start(),
        outputs=(made.as_output(context.notary),),
        commands=(Command(CASH, ISSUE, b"", (issuer.key,)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def move_cash(context: BuildContext, request: MoveCash) -> TransactionBuilder:
    """Whole states in, the amount to the payee and the rest back. Raises ``AccountUnknown`` and shortages."""
    source = own_account(context, request.from_account_key)
    context.party(request.to.node)
    spent = select_cash(context, request.coin_id, request.issuer, request.amount_yen, source)
    issuer = context.party(request.issuer)
    paid = paid_coin(context, request, issuer)
    left = pieces_left(context, issuer, source, spent, request.amount_yen)
    change = (
        own_coin(context, request.coin_id, issuer, piece_yen, source, PAYEE_INDEX + number, request.keys)
        for number, piece_yen in enumerate(left, start=1)
    )
    outputs = tuple(coin.as_output(context.notary) for coin in (paid, *change))
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=outputs,
        commands=(Command(CASH, MOVE, b"", (*spending_keys(spent), issuer.key)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def redeem_cash(context: BuildContext, request: RedeemCash) -> TransactionBuilder:
    """Whole states in, the rest back, to a key that paid: the contract wants it so. Raises as ``move_cash``."""
    source = own_account(context, request.from_account_key)
    spent = select_cash(context, request.coin_id, request.issuer, request.amount_yen, source)
    issuer = context.party(request.issuer)
    payer = decode_single_key(spent[0].named_key)
    kind = OwnerKind.ACCOUNT if spent[0].fresh_key is None else OwnerKind.FRESH
    change = (
        CashState(request.coin_id, issuer, piece_yen, payer, source.node, kind)
        for piece_yen in pieces_left(context, issuer, source, spent, request.amount_yen)
    )
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=tuple(coin.as_output(context.notary) for coin in change),
        commands=(Command(CASH, REDEEM, b"", (*spending_keys(spent), issuer.key)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def merge_cash(context: BuildContext, request: MergeCash) -> TransactionBuilder:
    """Small coins of one account in, one coin of their sum back. Raises ``AccountUnknown``, ``NothingToMerge``."""
    account = own_account(context, request.account_key)
    issuer = context.party(request.issuer)
    wanted = _coin_request(context, request.coin_id, request.issuer, 0, account, request.max_coins)
    small = select_small_and_lock(context.connection, wanted, request.below_yen)
    merged = own_coin(context, request.coin_id, issuer, total_yen(small), account, 0, request.keys)
    return replace(
        context.frame.start(),
        inputs=refs_of(small),
        outputs=(merged.as_output(context.notary),),
        commands=(Command(CASH, MOVE, b"", (*spending_keys(small), issuer.key)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def refs_of(spent: tuple[CashHolding, ...]) -> tuple[StateRef, ...]:
    """References of selected cash."""
    return tuple(holding.ref for holding in spent)


def owner_key(account: CashAccount) -> PublicKey:
    """The key that signs for an account."""
    return decode_single_key(account.key)


def spending_keys(spent: Iterable[CashHolding]) -> tuple[PublicKey, ...]:
    """The keys that sign for selected cash, each once."""
    return tuple(map(decode_single_key, dict.fromkeys(holding.named_key for holding in spent)))


def pieces_left(
    context: BuildContext, issuer: Party, account: CashAccount, spent: tuple[CashHolding, ...], amount_yen: int
) -> tuple[int, ...]:
    """Amounts in which what is left of the selected cash goes back, as many as flows wait for; see ``change``."""
    coin_id = spent[0].coin_id
    return pieces_of_change(
        left_yen=total_yen(spent) - amount_yen,
        paid_yen=amount_yen,
        waiting=context.waiting_for(account.key),
        other_coins=lambda: (
            count_coins(context.connection, coin_id, issuer.name, account, MAX_INPUTS + len(spent)) - len(spent)
        ),
    )
