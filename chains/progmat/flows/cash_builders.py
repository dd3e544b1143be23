"""Builders of the flows that issue, move and redeem cash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind, OwnerKind
from chains.progmat.contracts.coin import CoinState
from chains.progmat.contracts.coin_holder import holder_key
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.names import CASH, COIN, HOLDER
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.change import pieces_of_change
from chains.progmat.flows.coin_errors import CoinChanging, HolderUnknown
from chains.progmat.flows.coin_queue import Purse
from chains.progmat.flows.errors import AccountUnknown, NodeRoleMissing
from chains.progmat.flows.issue_permits import require_permit
from chains.progmat.flows.member_needs import needs_of
from chains.progmat.flows.receiving import PAYEE_INDEX, own_coin, paid_coin
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import decode_request
from chains.progmat.flows.requests import IssueCash, MergeCash, MoveCash, RedeemCash
from chains.progmat.flows.seams import Role
from chains.progmat.flows.securities_errors import RuleStateMissing
from chains.progmat.flows.store import unrecorded_flows
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import Command, StateAndRef, StateRef
from chains.progmat.vault.bounds import MAX_INPUTS
from chains.progmat.vault.holdings import (
    CoinsUnder,
    Holding,
    HoldingRequest,
    count_holdings,
    select_and_lock,
    select_small_and_lock,
    total,
)
from chains.progmat.vault.indexing import SC, Asset
from chains.progmat.vault.rules import rule, rules_of
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


def coin(coin_id: str, issuer: str) -> Asset:
    """A coin as the vault names it."""
    return Asset(SC, coin_id, issuer)


def take(
    context: BuildContext,
    asset: Asset,
    amount: int,
    account: CashAccount,
    under: CoinsUnder = CoinsUnder.ANY_KEY,
) -> tuple[Holding, ...]:
    """Reserve enough of an account's asset; raises the vault's named shortages."""
    return select_and_lock(context.connection, replace(_wanted(context, asset, amount, account), under=under))


def pieces_left(
    context: BuildContext, asset: Asset, account: CashAccount, spent: Sequence[Holding], amount: int
) -> tuple[int, ...]:
    """Amounts that change of ``spent`` goes back in, as many as flows wait for; see ``change``."""
    return pieces_of_change(
        left=total(spent) - amount,
        paid=amount,
        waiting=context.waiting_for(Purse(asset, account.key)),
        other_coins=lambda: count_holdings(context.connection, asset, account, MAX_INPUTS + len(spent)) - len(spent),
    )


def _wanted(
    context: BuildContext, asset: Asset, amount: int, account: CashAccount, max_inputs: int = MAX_INPUTS
) -> HoldingRequest:
    return HoldingRequest(
        asset=asset,
        account=account,
        amount=amount,
        lock_owner=context.flow_id,
        now_s=context.now_s,
        expires_s=context.now_s + context.soft_lock_s,
        max_inputs=max_inputs,
        notary=context.notary.name,
    )


def issue_cash(context: BuildContext, request: IssueCash) -> TransactionBuilder:
    """New coin; its issuer is this node. A registered coin needs a confirmed deposit, whose flow this is.

    Raises ``NodeRoleMissing``, ``PartyUnknown``, ``CoinDepositMissing``, ``CoinIssueHalted``, ``HolderUnknown``.
    """
    require_role(context, Role.ISSUER)
    context.party(request.to.node)
    issuer = context.me.party
    registered = registered_coin(context, request.coin_id)
    references = context.member_refs(needs_of(context.me.name, request))
    kind = CoinKind.NONE
    if registered is None:
        require_alone(context, request.coin_id, FlowKind.REGISTER_COIN)
    else:
        require_permit(context.connection, context.flow_id, request.coin_id, request.amount_yen, request.to)
        kind = CoinState.of(registered.state).kind
        references += (registered.ref, *admission_refs(context, kind, request.coin_id, request.to))
    made = paid_coin(context, request, issuer, kind)
    return replace(
        context.frame.start(),
        outputs=(made.as_output(context.notary),),
        commands=(Command(CASH, ISSUE, b"", (issuer.key,)),),
        references=references,
        time_window=context.deadline(),
    )


def move_cash(context: BuildContext, request: MoveCash) -> TransactionBuilder:
    """Whole states in, the amount to the payee and the rest back. Raises ``AccountUnknown`` and shortages."""
    source = own_account(context, request.from_account_key)
    context.party(request.to.node)
    asset = coin(request.coin_id, request.issuer)
    spent = take(context, asset, request.amount_yen, source)
    issuer = context.party(request.issuer)
    kind = kind_of(context, spent)
    paid = paid_coin(context, request, issuer, kind)
    left = pieces_left(context, asset, source, spent, request.amount_yen)
    change = (
        own_coin(context, request.coin_id, issuer, piece_yen, source, PAYEE_INDEX + number, request.keys, kind)
        for number, piece_yen in enumerate(left, start=1)
    )
    outputs = tuple(made.as_output(context.notary) for made in (paid, *change))
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=outputs,
        commands=(Command(CASH, MOVE, b"", (*spending_keys(source, spent), issuer.key)),),
        references=(*context.member_refs(needs_of(context.me.name, request)), *context.rule_refs()),
        time_window=context.deadline(),
    )


def redeem_cash(context: BuildContext, request: RedeemCash) -> TransactionBuilder:
    """Whole states in, the rest back, to a key that paid: the contract wants it so. Raises as ``move_cash``."""
    source = own_account(context, request.from_account_key)
    asset = coin(request.coin_id, request.issuer)
    spent = take(context, asset, request.amount_yen, source)
    issuer = context.party(request.issuer)
    payer = decode_single_key(named_key(source, spent[0]))
    owner_kind = OwnerKind.ACCOUNT if spent[0].fresh_key is None else OwnerKind.FRESH
    kind = kind_of(context, spent)
    change = (
        CashState(request.coin_id, issuer, piece_yen, payer, source.node, owner_kind, kind=kind)
        for piece_yen in pieces_left(context, asset, source, spent, request.amount_yen)
    )
    return replace(
        context.frame.start(),
        inputs=refs_of(spent),
        outputs=tuple(made.as_output(context.notary) for made in change),
        commands=(Command(CASH, REDEEM, b"", (*spending_keys(source, spent), issuer.key)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def merge_cash(context: BuildContext, request: MergeCash) -> TransactionBuilder:
    """Small coins of one account in, one coin of their sum back. Raises ``AccountUnknown``, ``NothingToMerge``."""
    account = own_account(context, request.account_key)
    issuer = context.party(request.issuer)
    wanted = _wanted(context, coin(request.coin_id, request.issuer), 0, account, request.max_coins)
    small = select_small_and_lock(context.connection, wanted, request.below_yen)
    kind = kind_of(context, small)
    merged = own_coin(context, request.coin_id, issuer, total(small), account, 0, request.keys, kind)
    return replace(
        context.frame.start(),
        inputs=refs_of(small),
        outputs=(merged.as_output(context.notary),),
        commands=(Command(CASH, MOVE, b"", (*spending_keys(account, small), issuer.key)),),
        references=context.member_refs(needs_of(context.me.name, request)),
        time_window=context.deadline(),
    )


def kind_of(context: BuildContext, spent: Sequence[Holding]) -> CoinKind:
    """The kind of selected cash, which all of a coin has."""
    ref = spent[0].ref
    return CashState.of(context.verifier.recorded.of(context.connection, [ref])[ref]).kind


def require_alone(context: BuildContext, coin_id: str, *kinds: FlowKind) -> None:
    """No other flow of these kinds has built for the coin what is not recorded yet. Raises ``CoinChanging``."""
    for kind in kinds:
        for flow in unrecorded_flows(context.connection, kind):
            other = decode_request(flow.kind, flow.request)
            if flow.flow_id != context.flow_id and getattr(other, "coin_id", None) == coin_id:
                raise CoinChanging(coin_id, flow.flow_id)


def registered_coin(context: BuildContext, coin_id: str) -> StateAndRef | None:
    """The registration of a coin of this node's own.

    Raises ``RuleStateMissing`` for one that stands at another notary than the transaction's: what is issued there would
    not be of the registered coin.
    """
    found = rules_of(context.connection, COIN, coin_id, context.me.name)
    here = [state.state_and_ref for state in found if state.state.notary.name == context.notary.name]
    if found and not here:
        raise RuleStateMissing(COIN, coin_id, context.me.name, context.notary.name)
    return here[0] if here else None


def admission_refs(context: BuildContext, kind: CoinKind, coin_id: str, to: CashAccount) -> tuple[StateRef, ...]:
    """What the issuer's own transaction references for who gets its coin; raises ``HolderUnknown``."""
    if kind is not CoinKind.WHOLESALE:
        return ()
    key = holder_key(coin_id, to.node, to.key)
    found = rule(context.connection, HOLDER, key, context.me.name, context.notary.name)
    if found is None:
        raise HolderUnknown(coin_id, to.node, to.key)
    return (found.ref,)


def refs_of(spent: tuple[Holding, ...]) -> tuple[StateRef, ...]:
    """References of selected cash."""
    return tuple(holding.ref for holding in spent)


def owner_key(account: CashAccount) -> PublicKey:
    """The key that signs for an account."""
    return decode_single_key(account.key)


def spending_keys(account: CashAccount, spent: Iterable[Holding]) -> tuple[PublicKey, ...]:
    """The keys that sign for cash selected of an account, each once."""
    return tuple(map(decode_single_key, dict.fromkeys(named_key(account, holding) for holding in spent)))


def named_key(account: CashAccount, holding: Holding) -> bytes:
    """The key that a state in an account names, and that signs for it."""
    return account.key if holding.fresh_key is None else holding.fresh_key
