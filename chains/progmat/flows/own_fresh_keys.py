"""The fresh keys of the accounts kept here: made when asked for, found again from a transaction, kept nowhere.

A key follows from its account, from the node that asked for it, and from the tag of the output it is for (``identity``,
``transactions.fresh_keys``). What was made lately is remembered, so that a coin that comes in is known at once; after a
restart, or in the records of a restored node, the accounts are tried one after another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Final

from sqlalchemy import Connection

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import OwnerKind
from chains.progmat.contracts.names import CASH
from chains.progmat.flows.errors import AccountUnknown
from chains.progmat.flows.seams import AccountKeyRing
from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.fresh_keys import FreshKeyStatement
from chains.progmat.transactions.wire import WireTransaction
from chains.progmat.vault.fresh_keys import fresh_key_records
from primitives.errors import DecodeError
from primitives.public_key import PublicKey
from primitives.signatures import Signer

MAX_REMEMBERED: Final = 16_384


@dataclass(frozen=True, slots=True)
class Origin:
    """What a fresh key follows from."""

    account_key: PublicKey
    asker: str
    tag: bytes


class OwnFreshKeys:
    """One custodian's. For any thread."""

    def __init__(self, own_name: str, ledger_id: str, keys: AccountKeyRing) -> None:
        self.own_name = own_name
        self.ledger_id = ledger_id
        self._keys = keys
        self._made: OrderedDict[PublicKey, Origin] = OrderedDict()
        self._lock = Lock()

    def make(self, account_key: bytes, asker: str, tag: bytes) -> PublicKey:
        """The key of a payment by ``asker`` to an account; raises ``AccountUnknown``."""
        origin = Origin(self._account(account_key), asker, tag)
        fresh_key = self._signer(origin).public_key
        self._remember(fresh_key, origin)
        return fresh_key

    def statement(self, origin: Origin) -> FreshKeyStatement:
        """Both keys' word for it; raises ``AccountUnknown``, and what the gate before the keys raises."""
        account = self._keys.signer(origin.account_key)
        if account is None:
            raise AccountUnknown(origin.account_key.encoded())
        fresh = self._signer(origin)
        self._remember(fresh.public_key, origin)
        return FreshKeyStatement.agreed(self.ledger_id, self.own_name, account, fresh, origin.tag)

    def origin_of(self, account_key: bytes, asker: str, tag: bytes) -> Origin:
        """Of a key that ``asker`` wants; raises ``AccountUnknown``."""
        return Origin(self._account(account_key), asker, tag)

    def find(self, fresh_key: PublicKey, askers: Iterable[str], tag: bytes) -> Origin | None:
        """What a key of an output with this tag follows from; None if it is no account's of this node."""
        known = self._made.get(fresh_key)
        if known is not None and known.tag == tag:
            return known
        for asker in askers:
            for account_key in self._keys.account_keys():
                origin = Origin(account_key, asker, tag)
                if self._signer(origin).public_key == fresh_key:
                    self._remember(fresh_key, origin)
                    return origin
        return None

    def require_account(self, account_key: bytes) -> None:
        """Return if the account is kept here; raises ``AccountUnknown``."""
        self._account(account_key)

    def _account(self, account_key: bytes) -> PublicKey:
        try:
            key = decode_single_key(account_key)
        except DecodeError as error:
            raise AccountUnknown(account_key) from error
        if key not in self._keys.account_keys():
            raise AccountUnknown(account_key)
        return key

    def _signer(self, origin: Origin) -> Signer:
        signer = self._keys.fresh_signer(origin.account_key, origin.asker, origin.tag)
        if signer is None:
            raise AccountUnknown(origin.account_key.encoded())
        return signer

    def _remember(self, fresh_key: PublicKey, origin: Origin) -> None:
        with self._lock:
            self._made[fresh_key] = origin
            while len(self._made) > MAX_REMEMBERED:
                self._made.popitem(last=False)


def fresh_outputs(wire: WireTransaction) -> Iterator[tuple[int, CashState]]:
    """Coins that a transaction makes under fresh keys, by their indexes."""
    for index, state in enumerate(wire.outputs):
        if state.contract == CASH:
            cash = CashState.of(state)
            if cash.owner_kind is OwnerKind.FRESH:
                yield index, cash


def fresh_signers(
    connection: Connection, keys: AccountKeyRing, own_name: str, wanted: Iterable[PublicKey]
) -> list[Signer]:
    """Of those of some keys that are fresh keys of accounts kept here, and have received a coin."""
    found: list[Signer] = []
    for record in fresh_key_records(connection, [key.encoded() for key in wanted]).values():
        if record.node == own_name and record.asker:
            signer = keys.fresh_signer(decode_single_key(record.account_key), record.asker, record.tag)
            if signer is not None:
                found.append(signer)
    return found
