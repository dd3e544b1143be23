"""What a ledger transaction is called in the accounts' books: read off its commands, as the contracts name them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from chains.progmat.contracts import dvp_lock, dvp_receipt, native_dvp
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.distribution import PAY
from chains.progmat.contracts.holdings import ISSUE, MOVE, REDEEM
from chains.progmat.contracts.keeper_acts import CANCEL, FORCE, FREEZE, THAW
from chains.progmat.contracts.names import CASH, DISTRIBUTION, DVP_LOCK, DVP_RECEIPT, NATIVE_DVP, TOKENS
from chains.progmat.contracts.notary_change import CHANGE
from chains.progmat.contracts.package_upgrade import UPGRADE
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.other_notaries import NOTARY_CHANGE
from chains.progmat.transactions.replacing import PACKAGE_UPGRADE
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.entry_lines import EntryKind

_ACTS: Final = {
    FORCE: EntryKind.FORCE,
    FREEZE: EntryKind.FREEZE,
    THAW: EntryKind.THAW,
    CANCEL: EntryKind.CANCEL,
}
_KINDS: Final[Mapping[tuple[str, str], EntryKind]] = {
    (CASH, ISSUE): EntryKind.ISSUE,
    (CASH, MOVE): EntryKind.MOVE,
    (CASH, REDEEM): EntryKind.REDEEM,
    (DVP_LOCK, dvp_lock.LOCK): EntryKind.LOCK,
    (DVP_LOCK, dvp_lock.UNLOCK): EntryKind.UNLOCK,
    (DVP_RECEIPT, dvp_receipt.PAY): EntryKind.PAYMENT,
    (NOTARY_CHANGE, CHANGE): EntryKind.NOTARY_CHANGE,
    (PACKAGE_UPGRADE, UPGRADE): EntryKind.PACKAGE_UPGRADE,
    **{(contract, act): kind for contract in (CASH, *TOKENS) for act, kind in _ACTS.items()},
    **{(contract, ISSUE): EntryKind.ISSUE for contract in TOKENS},
    **{(contract, MOVE): EntryKind.MOVE for contract in TOKENS},
    **{(contract, REDEEM): EntryKind.REDEEM for contract in TOKENS},
}
_SETTLE: Final = (NATIVE_DVP, native_dvp.SETTLE)


AccountsOf = Callable[[Iterable[bytes]], Mapping[bytes, bytes]]
"""The account of each fresh key; an unknown one is its own."""


def entry_kind(
    wire: WireTransaction, inputs: Mapping[StateRef, TransactionState], accounts_of: AccountsOf
) -> EntryKind:
    """The kind of a transaction whose known inputs are ``inputs``."""
    done = {(command.contract, command.name) for command in wire.commands}
    if _SETTLE in done:
        return EntryKind.DVP
    if {(DISTRIBUTION, PAY), (CASH, MOVE)} <= done:
        return EntryKind.COUPON
    kinds = [_KINDS[named] for named in done if named in _KINDS]
    if len(kinds) != 1:
        return EntryKind.OTHER
    if kinds[0] is EntryKind.MOVE and len(wire.outputs) == 1 and _owners(wire, inputs, accounts_of) == 1:
        return EntryKind.MERGE
    return kinds[0]


def _owners(wire: WireTransaction, inputs: Mapping[StateRef, TransactionState], accounts_of: AccountsOf) -> int:
    states = (*inputs.values(), *wire.outputs)
    coins = [CashState.of(state) for state in states if state.contract == CASH]
    tokens = [TokenState.of(state) for state in states if state.contract in TOKENS]
    fresh = accounts_of(coin.owner.encoded() for coin in coins if coin.owner_kind is OwnerKind.FRESH)
    of_coins = {(fresh.get(key, key), coin.node) for coin in coins for key in (coin.owner.encoded(),)}
    return len(of_coins | {(token.owner.encoded(), token.node) for token in tokens})
