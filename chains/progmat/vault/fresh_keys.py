"""Whose account a fresh key belongs to, as far as this node knows, and which accounts want such keys.

An issuer knows it of every holder of its coin, by statements; a custodian of its own accounts, whose keys it can make
again. To everybody else such a key is an account of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final, TypeVar

from sqlalchemy import Connection, bindparam, delete, select, update

from chains.progmat.node.storage import Prepared, insert
from chains.progmat.vault.indexing import SC, Indexed, IndexedHolding
from chains.progmat.vault.schema import fresh_accounts, fresh_keys, holdings

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class FreshKeyRecord:
    """A row of ``vault_fresh_keys``. Keys as ``PublicKey.encoded``; ``statement`` as the peers' codec has it."""

    fresh_key: bytes
    node: str
    account_key: bytes
    asker: str
    tag: bytes
    statement: bytes


_COLUMNS = tuple(fresh_keys.c)
_OF_KEYS = Prepared(select(*_COLUMNS).where(fresh_keys.c.fresh_key.in_(bindparam("keys", expanding=True))))
_ENTER = Prepared(insert(fresh_keys), columns=fresh_keys.c.keys())
_FRESH_ACCOUNTS = Prepared(select(fresh_accounts.c.account_key))
_GROWING: Final = ("asker", "statement")
_HELD = Prepared(
    select(holdings.c.fresh_key)
    .distinct()
    .where(
        holdings.c.fresh_key.in_(bindparam("keys", expanding=True)),
        holdings.c.network == SC,
        holdings.c.issuer == bindparam("of_issuer"),
    )
)


def fresh_key_records(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, FreshKeyRecord]:
    """What is known of some fresh keys."""
    wanted = list(dict.fromkeys(keys))
    if not wanted:
        return {}
    return {row[0]: FreshKeyRecord(*row) for row in _OF_KEYS.rows(connection, {"keys": wanted})}


def enter_fresh_keys(
    connection: Connection, records: Iterable[FreshKeyRecord], known: Mapping[bytes, FreshKeyRecord]
) -> None:
    """Enter keys, or what is now known of them besides; whose a key is does not change.

    ``known`` is what ``fresh_key_records`` says of them.
    """
    fresh: dict[bytes, FreshKeyRecord] = {}
    for record in records:
        before = known.get(record.fresh_key)
        if before is None:
            fresh.setdefault(record.fresh_key, record)
        elif more := {name: getattr(record, name) for name in _GROWING if not getattr(before, name)}:
            connection.execute(update(fresh_keys).where(fresh_keys.c.fresh_key == record.fresh_key).values(**more))
    if fresh:
        _ENTER.change_all(connection, [asdict(record) for record in fresh.values()])


def fresh_keys_of_issuer(connection: Connection, keys: Iterable[bytes], issuer: str) -> frozenset[bytes]:
    """Those of some fresh keys that own, or owned, a coin of ``issuer`` in this vault."""
    wanted = list(dict.fromkeys(keys))
    return frozenset(row[0] for row in _HELD.rows(connection, {"keys": wanted, "of_issuer": issuer}))


def attributed(connection: Connection, indexed: Mapping[K, Indexed]) -> dict[K, Indexed]:
    """The same, cash under known fresh keys in the accounts these belong to."""
    held = (entry for entry in indexed.values() if isinstance(entry, IndexedHolding))
    under = [entry.fresh_key for entry in held if entry.fresh_key is not None]
    if not under:
        return dict(indexed)
    known = fresh_key_records(connection, under)
    return {place: _in_its_account(entry, known) for place, entry in indexed.items()}


def _in_its_account(entry: Indexed, known: Mapping[bytes, FreshKeyRecord]) -> Indexed:
    if not isinstance(entry, IndexedHolding) or entry.fresh_key is None:
        return entry
    record = known.get(entry.fresh_key)
    if record is None or record.node != entry.node:
        return entry
    return replace(entry, owner_key=record.account_key)


def account_keys_of(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, bytes]:
    """The account of each key: of a fresh key that is known here, or else the key itself."""
    wanted = tuple(keys)
    known = fresh_key_records(connection, wanted)
    return {key: known[key].account_key if key in known else key for key in wanted}


def set_fresh_account(connection: Connection, account_key: bytes) -> None:
    """From now on the account receives under fresh keys."""
    connection.execute(insert(fresh_accounts).values(account_key=account_key).on_conflict_do_nothing())


def unset_fresh_account(connection: Connection, account_key: bytes) -> None:
    """From now on it receives under its own."""
    connection.execute(delete(fresh_accounts).where(fresh_accounts.c.account_key == account_key))


def read_fresh_accounts(connection: Connection) -> frozenset[bytes]:
    """Accounts that receive under fresh keys."""
    return frozenset(key for (key,) in _FRESH_ACCOUNTS.rows(connection))
