"""A registrar's condition for countersigning a move of its tokens: neither side's account has frozen units of them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import TOKENS
from chains.progmat.contracts.token import TokenState
from chains.progmat.flows.recorded import RecordedStates
from chains.progmat.flows.securities_errors import AccountFrozen
from chains.progmat.transactions.model import TransactionState
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.keeping import frozen_among


def require_not_frozen(connection: Connection, recorded: RecordedStates, registrar: str, wire: WireTransaction) -> None:
    """Of a transaction whose inputs are recorded; raises ``AccountFrozen``."""
    if not any(command.contract in TOKENS and command.name == MOVE for command in wire.commands):
        return
    inputs = recorded.of(connection, wire.inputs)
    accounts = {*_accounts(registrar, inputs.values()), *_accounts(registrar, wire.outputs)}
    for account in frozen_among(connection, registrar, sorted(accounts)):
        raise AccountFrozen(registrar, account.asset_id, account.node, account.owner_key)


def _accounts(registrar: str, states: Iterable[TransactionState]) -> Iterable[AccountAsset]:
    for state in states:
        if state.contract in TOKENS:
            token = TokenState.of(state)
            if token.registrar.name == registrar:
                owner_key = token.owner.encoded()
                yield AccountAsset(token.network.name, token.token_id, registrar, token.node, owner_key)
