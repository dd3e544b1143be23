"""What a ledger transaction is called in the accounts' books: read off its commands, as the contracts name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from chains.progmat.contracts import cash, dvp_lock, native_dvp, token
from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.names import CASH, DVP_LOCK, NATIVE_DVP, TOKENS
from chains.progmat.contracts.token import TokenState
from chains.progmat.transactions.model import StateRef, TransactionState
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault import EntryKind

_KINDS: Final[Mapping[tuple[str, str], EntryKind]] = {
    (CASH, cash.ISSUE): EntryKind.ISSUE,
    (CASH, cash.MOVE): EntryKind.MOVE,
    (CASH, cash.REDEEM): EntryKind.REDEEM,
    (DVP_LOCK, dvp_lock.LOCK): EntryKind.LOCK,
    (DVP_LOCK, dvp_lock.UNLOCK): EntryKind.UNLOCK,
    **{(contract, token.ISSUE): EntryKind.ISSUE for contract in TOKENS},
    **{(contract, token.MOVE): EntryKind.MOVE for contract in TOKENS},
    **{(contract, token.REDEEM): EntryKind.REDEEM for contract in TOKENS},
}
_SETTLE: Final = (NATIVE_DVP, native_dvp.SETTLE)


def entry_kind(wire: WireTransaction, inputs: Mapping[StateRef, TransactionState]) -> EntryKind:
    """The kind of a transaction whose known inputs are ``inputs``."""
    done = {(command.contract, command.name) for command in wire.commands}
    if _SETTLE in done:
        return EntryKind.DVP
    kinds = [kind for named, kind in _KINDS.items() if named in done]
    if len(kinds) != 1:
        return EntryKind.OTHER
    if kinds[0] is EntryKind.MOVE and len(wire.outputs) == 1 and _owners(wire, inputs) == 1:
        return EntryKind.MERGE
    return kinds[0]


def _owners(wire: WireTransaction, inputs: Mapping[StateRef, TransactionState]) -> int:
    states = (*inputs.values(), *wire.outputs)
    held: list[CashState | TokenState] = [CashState.of(state) for state in states if state.contract == CASH]
    held += [TokenState.of(state) for state in states if state.contract in TOKENS]
    return len({(each.owner, each.node) for each in held})
