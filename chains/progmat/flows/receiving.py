"""The coins a builder makes: under an account's own key, or under a fresh one of this transaction.

The payee's output comes first, so that whoever asks the payee's node for a key knows its index before there is a
transaction.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind, OwnerKind
from chains.progmat.flows.building import BuildContext
from chains.progmat.flows.fresh_key_register import record_of_statement
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import IssueCash, MoveCash
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.fresh_keys import FreshKeyStatement, tag_of_output
from chains.progmat.transactions.model import Party
from chains.progmat.vault.fresh_keys import enter_fresh_keys, fresh_key_records
from ibc.dvp import CashAccount
from primitives.public_key import PublicKey

PAYEE_INDEX: Final = 0


def paid_coin(
    context: BuildContext, request: IssueCash | MoveCash, issuer: Party, kind: CoinKind = CoinKind.NONE
) -> CashState:
    """The payee's output; of a wholesale coin always under the account's own key.

    Raises ``AccountUnknown`` when a fresh key of an account is wanted that is not kept here.
    """
    plain = _plain(request.coin_id, issuer, request.amount_yen, request.to, kind)
    if kind is CoinKind.WHOLESALE:
        return plain
    payer_key = request.from_account_key if isinstance(request, MoveCash) else b""
    if context.prepared.payee_key is not None:
        return _under_statement(context, plain, context.prepared.payee_key)
    if request.to.node == context.me.name and context.fresh_accounts.wants_fresh(
        request.keys, payer_key, request.to.key
    ):
        return _under_own_fresh_key(context, plain, PAYEE_INDEX)
    return plain


def own_coin(
    context: BuildContext,
    coin_id: str,
    issuer: Party,
    amount_yen: int,
    account: CashAccount,
    index: int,
    choice: KeyChoice,
    kind: CoinKind = CoinKind.NONE,
) -> CashState:
    """Output ``index``, for an account kept here."""
    plain = _plain(coin_id, issuer, amount_yen, account, kind)
    if kind is not CoinKind.WHOLESALE and context.fresh_accounts.wants_fresh(choice, account.key):
        return _under_own_fresh_key(context, plain, index)
    return plain


def _plain(coin_id: str, issuer: Party, amount_yen: int, account: CashAccount, kind: CoinKind) -> CashState:
    return CashState(coin_id, issuer, amount_yen, decode_single_key(account.key), account.node, kind=kind)


def _under_own_fresh_key(context: BuildContext, plain: CashState, index: int) -> CashState:
    own = context.fresh_accounts.keys
    tag = tag_of_output(own.ledger_id, context.salt, index)
    if plain.issuer.name != context.me.name:
        return _under(plain, own.make(plain.owner.encoded(), own.own_name, tag))
    return _under_statement(context, plain, own.statement(own.origin_of(plain.owner.encoded(), own.own_name, tag)))


def _under_statement(context: BuildContext, plain: CashState, statement: FreshKeyStatement) -> CashState:
    """An issuer that builds by itself is its own witness: nobody asks it to countersign."""
    if plain.issuer.name == context.me.name:
        record = record_of_statement(statement)
        enter_fresh_keys(context.connection, [record], fresh_key_records(context.connection, [record.fresh_key]))
    return _under(plain, statement.fresh_key)


def _under(plain: CashState, fresh_key: PublicKey) -> CashState:
    return replace(plain, owner=fresh_key, owner_kind=OwnerKind.FRESH)
