"""Rule states in the vault: securities, gates, network controls, coins, by contract, key and keeper."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam

from chains.progmat.vault.indexing import IndexedRule
from chains.progmat.vault.queries import StatesBy, VaultState, find_states, making_transactions
from chains.progmat.vault.schema import rules

_NAMED = StatesBy(
    IndexedRule,
    and_(
        rules.c.contract == bindparam("of_contract"),
        rules.c.rule_key == bindparam("of_key"),
        rules.c.keeper == bindparam("of_keeper"),
        rules.c.consumed.is_(False),
    ),
    rules.c.tx_id.asc(),
)
_KEPT_BY = StatesBy(
    IndexedRule,
    and_(
        rules.c.contract == bindparam("of_contract"),
        rules.c.keeper == bindparam("of_keeper"),
        rules.c.consumed.is_(False),
    ),
    rules.c.rule_key.asc(),
    most=bindparam("most"),
)


def rules_of(connection: Connection, contract: str, key: str, keeper: str) -> list[VaultState[IndexedRule]]:
    """States of that name that this vault has not seen consumed, at any notary."""
    return _NAMED.rows(connection, {"of_contract": contract, "of_key": key, "of_keeper": keeper})


def rule(connection: Connection, contract: str, key: str, keeper: str, notary: str) -> VaultState[IndexedRule] | None:
    """The current state of that name at a notary."""
    found = [state for state in rules_of(connection, contract, key, keeper) if state.state.notary.name == notary]
    return found[0] if found else None


def rules_kept_by(connection: Connection, contract: str, keeper: str, limit: int) -> list[VaultState[IndexedRule]]:
    """Current states of one contract and keeper, by key."""
    return _KEPT_BY.rows(connection, {"of_contract": contract, "of_keeper": keeper, "most": limit})


def rules_of_contract(connection: Connection, contract: str, limit: int) -> list[VaultState[IndexedRule]]:
    """Current states of one contract, whoever keeps them, by key."""
    row = rules.c
    of_contract = and_(row.contract == contract, row.consumed.is_(False))
    return find_states(connection, IndexedRule, of_contract, row.rule_key.asc(), limit)


def rule_transactions(connection: Connection, contract: str, key: str, keepers: Sequence[str]) -> list[bytes]:
    """Ids of what made the present states of a contract and key, and of what consumed earlier ones for good."""
    row = rules.c
    named = and_(row.contract == contract, row.rule_key == key, row.keeper.in_(keepers))
    return making_transactions(connection, rules, named)
