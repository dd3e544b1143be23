"""Which admissions a payment in a wholesale coin references: the payee's, known by the coins that the payer has.

A coin's kind never changes, so it is looked up once; for a coin of no kind nothing is needed, which costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind
from chains.progmat.contracts.coin_holder import holder_key
from chains.progmat.contracts.names import CASH, COIN, HOLDER
from chains.progmat.flows.requests import LockCash, MoveCash, RotateAccountKey
from chains.progmat.flows.rule_states import RuleNeed
from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.vault.indexing import SC
from chains.progmat.vault.queries import kept_states
from chains.progmat.vault.schema import holdings
from ibc.dvp import CashAccount
from primitives.types import Hash32

Needs = tuple[RuleNeed, ...]

_ANY_AMOUNT = Prepared(
    select(holdings.c.tx_id, holdings.c.output_index)
    .where(
        holdings.c.owner_key == bindparam("of_key"),
        holdings.c.asset_id == bindparam("of_coin"),
        holdings.c.issuer == bindparam("of_issuer"),
        holdings.c.network == SC,
        holdings.c.consumed.is_(False),
    )
    .limit(1)
)


def coin_of_request(request: MoveCash | RotateAccountKey | LockCash) -> tuple[str, str]:
    """Coin id and issuer: what the kind depends on."""
    if isinstance(request, LockCash):
        return request.terms.cash.coin_id, request.terms.cash.issuer
    return request.coin_id, request.issuer


def if_wholesale(connection: Connection, request: MoveCash | RotateAccountKey | LockCash) -> Needs | None:
    """The coin's registration, as a sign that admissions are asked for; empty for other kinds; None: cannot tell."""
    coin_id, issuer = coin_of_request(request)
    payer = request.terms.cash.buyer.key if isinstance(request, LockCash) else request.from_account_key
    kind = kind_in_account(connection, coin_id, issuer, payer)
    if kind is None:
        return None
    return (RuleNeed(COIN, coin_id, issuer),) if kind is CoinKind.WHOLESALE else ()


def payees_admission(own_name: str, request: MoveCash | RotateAccountKey | LockCash, sign: Needs) -> Needs:
    """What the request references, given what ``if_wholesale`` said of its coin."""
    if not sign:
        return ()
    coin_id, issuer = coin_of_request(request)
    match request:
        case LockCash():
            payee = request.terms.cash.seller
        case MoveCash():
            payee = request.to
        case _:
            payee = CashAccount(own_name, request.to_account_key)
    return (admission(coin_id, issuer, payee),)


def admission(coin_id: str, issuer: str, payee: CashAccount) -> RuleNeed:
    """An account's admission to a coin."""
    return RuleNeed(HOLDER, holder_key(coin_id, payee.node, payee.key), issuer)


def admission_to(coins: Sequence[TransactionState], payee: CashAccount) -> Needs:
    """The payee's admission to these coins of one asset; none if they are not wholesale, or no coins."""
    cash = [CashState.of(state) for state in coins if state.contract == CASH]
    if not cash or cash[0].kind is not CoinKind.WHOLESALE:
        return ()
    return (admission(cash[0].coin_id, cash[0].issuer.name, payee),)


def kind_in_account(connection: Connection, coin_id: str, issuer: str, account_key: bytes) -> CoinKind | None:
    """The kind of a coin, read off an amount of it that the account has; None if it has none."""
    found = _ANY_AMOUNT.first(connection, {"of_key": account_key, "of_coin": coin_id, "of_issuer": issuer})
    if found is None:
        return None
    tx_id, index = found
    ref = StateRef(Hash32(tx_id), index)
    return CashState.of(kept_states(connection, [ref])[ref]).kind
