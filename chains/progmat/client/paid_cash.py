"""Coin as others may read it out of a proved output."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.contracts.cash import CashState
from chains.progmat.transactions.model import TransactionState
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class PaidCash:
    """Free coin in an account."""

    coin_id: str
    issuer: str
    amount_yen: int
    account: CashAccount


def paid_cash(state: TransactionState) -> PaidCash | None:
    """The coin of an output, None if it is locked. Raises ``CashViolation``, ``DecodeError`` for another contract's."""
    if state.encumbrance is not None:
        return None
    cash = CashState.of(state)
    return PaidCash(cash.coin_id, cash.issuer.name, cash.amount_yen, CashAccount(cash.node, cash.owner.encoded()))
